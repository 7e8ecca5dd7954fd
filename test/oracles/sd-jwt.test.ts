/**
 * Someone else's SD-JWT library (@sd-jwt/core) and our certificates: each verifies what the other issued.
 */
import { SDJwtInstance } from '@sd-jwt/core'
import { expect } from 'chai'
import { createHash, createPrivateKey, createPublicKey, sign, verify as verifySignature } from 'node:crypto'
import { fromBase64url, toBase64, toBase64url, toUtf8, utf8FromBase64url } from '../../protocol/bytes.ts'
import { parseCertificate } from '../../protocol/certificate.ts'
import { disclosureDigest } from '../../protocol/disclosure.ts'
import { formatFile } from '../../protocol/file.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { leafHash, rootOf } from '../../protocol/log.ts'
import { formatLogProof } from '../../protocol/receipt.ts'
import { snapshotView } from '../../protocol/snapshot.ts'
import { parseStatement } from '../../protocol/statement.ts'
import { verify } from '../../protocol/verify.ts'
import { parseSnapshot } from '../../protocol/snapshot.ts'
import type { IssuingKey } from '../../scripts/vectors/keys.ts'
import {
  certificateText,
  checkpointOf,
  civilAffairs,
  FIELDS,
  keys,
  makeCertificate,
  noteKeys,
  NOW,
  relatedResource,
  STRETCHES,
  trust,
} from '../../scripts/vectors/scene.ts'
import { vectorBytes } from '../support/vectors.ts'

const jwkOf = (key: IssuingKey) =>
  key.alg === 'ES256'
    ? {
        kty: 'EC',
        crv: 'P-256',
        x: toBase64url(key.publicKey.slice(0, 32)),
        y: toBase64url(key.publicKey.slice(32)),
      }
    : { kty: 'OKP', crv: 'Ed25519', x: toBase64url(key.publicKey) }

/** The library with Node's own cryptography: nothing of ours signs, hashes or verifies here. */
function library(key: IssuingKey) {
  const jwk = jwkOf(key)
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  const privateKey = createPrivateKey({ key: { ...jwk, d: toBase64url(key.secret) }, format: 'jwk' })
  const digest = key.alg === 'ES256' ? 'sha256' : null
  let salts = 0
  return new SDJwtInstance({
    omitTyp: true,
    hashAlg: 'sha-256',
    hasher: (data, alg) => {
      expect(alg).to.equal('sha-256')
      return new Uint8Array(
        createHash('sha256')
          .update(typeof data === 'string' ? data : new Uint8Array(data))
          .digest(),
      )
    },
    saltGenerator: () =>
      createHash('sha256').update(`salt ${salts++}`).digest().subarray(0, 16).toString('base64url'),
    signAlg: key.alg,
    signer: data =>
      sign(digest, Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
    verifier: (data, signature) =>
      verifySignature(
        digest,
        Buffer.from(data),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      ),
  })
}

/** The payload of one of our certificates, with its fields in clear: what an issuer hands to the library. */
function claimsInClear(name: string, withResource: boolean): JsonObject {
  const { payload } = parseStatement(makeCertificate({ name }).statement)
  const { _sd: _, _sd_alg: _alg, credentialSubject: _subject, ...claims } = payload
  return {
    ...claims,
    credentialSubject: Object.fromEntries(FIELDS),
    ...(withResource ? { relatedResource: relatedResource(name) } : {}),
  }
}

/** A certificate file around a statement that is alone in a log. */
function inLogOfItsOwn(certificate: string) {
  const leaf = leafHash(certificate.split('~')[0]!)
  const snapshot = parseSnapshot(vectorBytes('snapshot.json'))
  const { blockNumber, time } = STRETCHES.late
  const log = {
    origin: noteKeys.main.name,
    checkpoints: [{ size: 1, root: toBase64(rootOf([leaf])), time, blockNumber }],
  }
  const proof = formatLogProof({
    index: 0,
    hashes: [],
    signedCheckpoint: checkpointOf(noteKeys.main, [leaf]),
  })
  const anchor = {
    chainId: trust.chain.chainId,
    contract: trust.contracts.AnchorLog.address,
    blockNumber,
    blockTime: time,
  }
  return {
    file: toUtf8(formatFile({ certificate }, { receipt: { proof, anchor } })),
    view: snapshotView({ ...snapshot, logs: [log] }, 'live'),
  }
}

for (const [suite, key] of Object.entries({ ES256: keys.civilAffairs, EdDSA: keys.civilAffairsEdDSA })) {
  describe(`Another SD-JWT library and ${suite}`, function () {
    it('verifies our certificate and reads the same fields', async () => {
      const made = makeCertificate({
        name: `library ${suite}`,
        key,
        relatedResource: relatedResource('library'),
      })
      const text = certificateText(made)
      const { payload, header } = (await library(key).verify(text)) as {
        payload: JsonObject
        header: JsonObject
      }
      const ours = parseCertificate(text)
      expect(header).to.deep.equal({
        alg: suite,
        typ: 'vc+sd-jwt',
        kid: `${civilAffairs.did}#${key.thumbprint}`,
      })
      expect(payload['credentialSubject']).to.deep.equal(Object.fromEntries(ours.fields))
      expect(payload['relatedResource']).to.deep.equal(ours.relatedResource)
      expect(payload['id']).to.equal(`urn:onceproof:certificate:${ours.identifier}`)
    })

    it('computes the same digest for every disclosure', async () => {
      const text = certificateText(makeCertificate({ name: `digests ${suite}`, key }))
      const decoded = await library(key).decode(text)
      const disclosures = text.split('~').slice(1, -1)
      expect(decoded.disclosures?.length).to.equal(disclosures.length)
      const hasher = (data: string | ArrayBuffer) =>
        new Uint8Array(
          createHash('sha256')
            .update(data as string)
            .digest(),
        )
      for (const [i, disclosure] of decoded.disclosures!.entries()) {
        expect(await disclosure.digest({ hasher, alg: 'sha-256' })).to.equal(
          disclosureDigest(disclosures[i]!),
        )
        expect([disclosure.key, disclosure.value]).to.deep.equal(FIELDS[i])
        expect(fromBase64url(disclosure.salt)?.length).to.equal(16)
      }
    })

    it('presents one field of our certificate, and we read just that', async () => {
      const text = certificateText(makeCertificate({ name: `present ${suite}`, key }))
      const shown = await library(key).present(text, { credentialSubject: { holderName: true } })
      expect([...parseCertificate(shown).fields]).to.deep.equal([FIELDS[0]])
      expect(shown.split('~')[0]).to.equal(text.split('~')[0])
    })

    it('refuses our certificate when it was changed, as we do', async () => {
      const text = certificateText(makeCertificate({ name: `changed ${suite}`, key }))
      const [header = '', payload = '', rest = ''] = text.split('.')
      const later = utf8FromBase64url(payload)!.replace('2036-', '2046-')
      const changed = [header, toBase64url(toUtf8(later)), rest].join('.')
      const refused = await library(key)
        .verify(changed)
        .then(
          () => false,
          () => true,
        )
      expect(refused).to.equal(true)
      const { file, view } = inLogOfItsOwn(changed)
      expect((await verify(file, trust, view, NOW)).answers.intact).to.deep.equal({
        answer: 'no',
        because: 'SIGNATURE_WRONG',
      })
    })

    for (const withResource of [true, false]) {
      const what = withResource ? 'with the original file' : 'without an original file'
      it(`issues a certificate ${what} by our profile, and we accept it`, async () => {
        const frame = {
          credentialSubject: { _sd: FIELDS.map(([name]) => name), _sd_decoy: 5 },
          ...(withResource ? { _sd: ['relatedResource'] } : { _sd_decoy: 1 }),
        }
        const text = await library(key).issue(
          claimsInClear(`issued ${suite} ${what}`, withResource),
          frame as never,
          {
            header: { typ: 'vc+sd-jwt', kid: `${civilAffairs.did}#${key.thumbprint}` },
          },
        )
        const certificate = parseCertificate(text)
        expect(Object.fromEntries(certificate.fields)).to.deep.equal(Object.fromEntries(FIELDS))
        expect(certificate.subjectDigestCount).to.equal(8)
        expect(certificate.relatedResource !== null).to.equal(withResource)
        const { file, view } = inLogOfItsOwn(text)
        const { verdict, answers } = await verify(file, trust, view, NOW)
        expect(verdict, JSON.stringify(answers)).to.equal('VALID')
      })
    }
  })
}
