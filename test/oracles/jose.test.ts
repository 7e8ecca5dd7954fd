/**
 * Someone else's JOSE library (jose) and our statements: each verifies what the other signed.
 */
import { expect } from 'chai'
import { calculateJwkThumbprint, CompactSign, compactVerify, importJWK, type JWK } from 'jose'
import { fromUtf8, toBase64url, toUtf8 } from '../../protocol/bytes.ts'
import { parseCertificate } from '../../protocol/certificate.ts'
import { thumbprint } from '../../protocol/key.ts'
import { isSignedBy, parseStatement, STATEMENT_TYP } from '../../protocol/statement.ts'
import type { IssuingKey } from '../../scripts/vectors/keys.ts'
import { keys, makeCertificate, makeRecord, notary } from '../../scripts/vectors/scene.ts'
import { statementVectors } from '../../scripts/vectors/statements.ts'

const jwkOf = (key: IssuingKey): JWK =>
  key.alg === 'ES256'
    ? {
        kty: 'EC',
        crv: 'P-256',
        x: toBase64url(key.publicKey.slice(0, 32)),
        y: toBase64url(key.publicKey.slice(32)),
      }
    : { kty: 'OKP', crv: 'Ed25519', x: toBase64url(key.publicKey) }
const privateJwkOf = (key: IssuingKey): JWK => ({ ...jwkOf(key), d: toBase64url(key.secret) })

describe('Another JOSE library', function () {
  it('computes the same thumbprints', async () => {
    for (const key of Object.values(keys)) {
      expect(await calculateJwkThumbprint(jwkOf(key), 'sha256')).to.equal(thumbprint(key.publicKey))
    }
  })

  it('verifies every statement of the vectors that we read, with the same header and payload', async () => {
    const signers = Object.values(keys)
    let count = 0
    for (const vector of statementVectors()) {
      if (!('kind' in vector)) continue
      const statement = parseStatement(vector.text)
      const key = signers.find(candidate => candidate.thumbprint === statement.thumbprint)!
      const { payload, protectedHeader } = await compactVerify(
        vector.text,
        await importJWK(jwkOf(key), key.alg),
      )
      expect(JSON.parse(fromUtf8(payload)!)).to.deep.equal(statement.payload)
      expect(protectedHeader).to.deep.equal({
        alg: statement.alg,
        typ: STATEMENT_TYP[statement.kind],
        kid: `${statement.did}#${statement.thumbprint}`,
      })
      count++
    }
    expect(count).to.be.at.least(15)
  })

  it('refuses a statement whose signature is of another key, as we do', async () => {
    const text = makeRecord('another key', keys.notary, { sign: keys.publicSecurity.sign })
    const verified = await compactVerify(text, await importJWK(jwkOf(keys.notary), 'EdDSA')).then(
      () => true,
      () => false,
    )
    expect(verified).to.equal(false)
    expect(isSignedBy(parseStatement(text), keys.notary.publicKey)).to.equal(false)
  })

  for (const [suite, key] of Object.entries({ ES256: keys.civilAffairs, EdDSA: keys.civilAffairsEdDSA })) {
    it(`signs a certificate with ${suite} that we read and verify`, async () => {
      const { statement, disclosures } = makeCertificate({ name: `jose ${suite}`, key })
      const { payload, did } = parseStatement(statement)
      const signed = await new CompactSign(toUtf8(JSON.stringify(payload)))
        .setProtectedHeader({ alg: suite, typ: 'vc+sd-jwt', kid: `${did}#${key.thumbprint}` })
        .sign(await importJWK(privateJwkOf(key), suite))
      const certificate = parseCertificate([signed, ...disclosures, ''].join('~'))
      expect(isSignedBy(certificate.statement, key.publicKey)).to.equal(true)
      expect(certificate.fields.size).to.equal(3)
    })
  }

  it('signs a record that we read and verify', async () => {
    const { payload } = parseStatement(makeRecord('jose'))
    const signed = await new CompactSign(toUtf8(JSON.stringify(payload)))
      .setProtectedHeader({
        alg: 'EdDSA',
        typ: STATEMENT_TYP.record,
        kid: `${notary.did}#${keys.notary.thumbprint}`,
      })
      .sign(await importJWK(privateJwkOf(keys.notary), 'EdDSA'))
    // Ed25519 is deterministic: both sign the same bytes.
    expect(signed).to.equal(makeRecord('jose'))
    expect(isSignedBy(parseStatement(signed), keys.notary.publicKey)).to.equal(true)
  })
})
