/** What the gateway publishes for anybody, checked by other means than those that made it. */
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose'
import { fromBase64, fromBase64url, toHex } from '../../../protocol/bytes.ts'
import { openCheckpoint } from '../../../protocol/checkpoint.ts'
import { parseNoteKey } from '../../../protocol/note.ts'
import { verifyConsistency, verifyInclusion } from '../../../protocol/log.ts'
import { statusListId } from '../../../protocol/snapshot.ts'
import { parseTrust, type Trust } from '../../../protocol/trust.ts'
import { createRpc } from '../../../server/chain/rpc.ts'
import { contractReader, liveView, type Reader } from '../../../server/chain/view.ts'
import {
  answerOf,
  exampleRow,
  issue,
  publish,
  sharedGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { EXAMPLES, makeScene, type Scene } from './examples.ts'

interface Checkpoint {
  size: number
  root: string
  state: string
  note: string
  block: { number: number; time: number }
}

describe('what the gateway publishes', () => {
  let gateway: OpenedGateway
  let trust: Trust
  let scene: Scene
  let read: Reader

  const bytesAt = async (path: string): Promise<Uint8Array> => {
    const response = await gateway.request(path)
    expect(response.status, path).to.equal(200)
    return response.bytes()
  }

  before(async () => {
    gateway = await sharedGateway()
    scene = await makeScene(gateway)
    await publish(gateway, 'RIC')
    // More than one tile, and checkpoints at many sizes.
    const rows = Array.from({ length: 150 }, () => exampleRow('RIC'))
    for (let i = 0; i < 2; i++) {
      await answerOf(gateway.post('/v1/certificates/batch', { type: 'RIC', rows }), 201)
      await untilAllFinal(gateway)
    }
    trust = parseTrust(await bytesAt('/v1/trust'))
    read = contractReader(createRpc(gateway.chainUrl), trust.contracts, 'latest')
  })

  describe('as status lists', () => {
    let didDocument: {
      id: string
      verificationMethod: { id: string; publicKeyJwk: JWK }[]
      assertionMethod: string[]
    }

    const listOf = async (purpose: string) =>
      Buffer.from(await bytesAt(`/status-lists/${scene.uscc}/0/${purpose}`)).toString()

    before(async () => {
      didDocument = await answerOf(gateway.request('/v1/departments/GAJ/did.json'))
      for (const action of ['suspend', 'revoke']) {
        const { identifier } = await issue(gateway, 'RIC')
        const order = { action, reason: 'LAW_ENFORCEMENT' }
        await answerOf(gateway.post(`/v1/certificates/${identifier}/status`, order), 200)
      }
      const example = await EXAMPLES['supersedeCertificate']!(scene)
      await answerOf(gateway.post(example.path, example.body), 201)
      await untilAllFinal(gateway)
    })

    it('gives the key of a department exactly as the registry has it', async () => {
      const [method] = didDocument.verificationMethod
      const thumbprint = await calculateJwkThumbprint(method!.publicKeyJwk, 'sha256')
      expect(method!.id).to.equal(`${didDocument.id}#${thumbprint}`)
      expect(didDocument.assertionMethod).to.deep.equal([method!.id])
      const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
      const registered = await view.keyOf(toHex(fromBase64url(thumbprint)!))
      const { x = '', y = '' } = method!.publicKeyJwk
      const published = Buffer.concat([fromBase64url(x)!, fromBase64url(y)!])
      expect(toHex(registered!.publicKey)).to.equal(toHex(published))
    })

    for (const [number, purpose] of ['revocation', 'suspension', 'refresh'].entries()) {
      it(`says bit for bit what the chain says of ${purpose}, under a signature that jose accepts`, async () => {
        const [method] = didDocument.verificationMethod
        const key = await importJWK(method!.publicKeyJwk, 'ES256')
        const { payload, protectedHeader } = await compactVerify(await listOf(purpose), key)
        expect(protectedHeader).to.deep.equal({ alg: 'ES256', typ: 'vc+jwt', kid: method!.id })
        const credential = JSON.parse(Buffer.from(payload).toString()) as {
          id: string
          issuer: string
          type: string[]
          credentialSubject: { statusPurpose: string; encodedList: string; type: string }
        }
        expect(credential.type).to.include('BitstringStatusListCredential')
        expect(credential.issuer).to.equal(didDocument.id)
        expect(credential.id).to.equal(`${gateway.url}/status-lists/${scene.uscc}/0/${purpose}`)
        const { statusPurpose, encodedList, type } = credential.credentialSubject
        expect([statusPurpose, type]).to.deep.equal([purpose, 'BitstringStatusList'])
        expect(encodedList).to.match(/^u[A-Za-z0-9_-]+$/)
        const bits = gunzipSync(Buffer.from(encodedList.slice(1), 'base64url'))
        expect(bits).to.have.lengthOf(131_072 / 8)
        // The contract keeps index 0 as the left-most bit of the first word: its words, one after the other, are the list.
        const [words] = await read('StatusRegistry', 'words', [statusListId(scene.uscc, 0), number, 0, 512])
        const onChain = (words as bigint[]).map(word => word.toString(16).padStart(64, '0')).join('')
        expect(bits.toString('hex')).to.equal(onChain)
        expect(onChain).to.match(/[1-9a-f]/)
      })
    }

    it('gives a certificate’s own bit under the address and the index that stand in it', async () => {
      const { identifier } = await issue(gateway, 'RIC')
      const file = await answerOf<{ certificate: string }>(gateway.get(`/v1/certificates/${identifier}/file`))
      const payload = JSON.parse(Buffer.from(file.certificate.split('.')[1]!, 'base64url').toString()) as {
        credentialStatus: { statusPurpose: string; statusListIndex: string; statusListCredential: string }[]
      }
      const { statusListIndex, statusListCredential } = payload.credentialStatus.find(
        ({ statusPurpose }) => statusPurpose === 'suspension',
      )!
      const bit = async () => {
        const path = statusListCredential.slice(gateway.url.length)
        const jwt = Buffer.from(await bytesAt(path)).toString()
        const credential = JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as {
          credentialSubject: { encodedList: string }
        }
        const bits = gunzipSync(Buffer.from(credential.credentialSubject.encodedList.slice(1), 'base64url'))
        const index = Number(statusListIndex)
        return (bits[Math.floor(index / 8)]! >> (7 - (index % 8))) & 1
      }
      const path = `/v1/certificates/${identifier}/status`
      expect(await bit()).to.equal(0)
      await answerOf(gateway.post(path, { action: 'suspend', reason: 'UNDER_REVIEW' }), 200)
      expect(await bit()).to.equal(1)
      await answerOf(gateway.post(path, { action: 'resume', reason: 'UNDER_REVIEW' }), 200)
      expect(await bit()).to.equal(0)
    })
  })

  describe('as a log', () => {
    let latest: { origin: string; size: number; root: Uint8Array }
    let checkpoints: Checkpoint[]
    let leaves: Buffer[]

    before(async () => {
      await untilAllFinal(gateway)
      const [log] = trust.logs
      latest = openCheckpoint(
        Buffer.from(await bytesAt('/log/checkpoint')).toString(),
        parseNoteKey(log!.noteKey),
      )
      checkpoints = (await answerOf<{ checkpoints: Checkpoint[] }>(gateway.request('/v1/log/checkpoints')))
        .checkpoints
      leaves = await leavesFromTiles(latest.size)
    })

    /** Every leaf hash, from the tiles of the lowest level alone. https://c2sp.org/tlog-tiles */
    async function leavesFromTiles(size: number): Promise<Buffer[]> {
      const found: Buffer[] = []
      while (found.length < size) {
        const width = Math.min(256, size - found.length)
        const n = String(found.length / 256).padStart(3, '0')
        const tile = Buffer.from(await bytesAt(`/log/tile/0/${n}${width === 256 ? '' : `.p/${width}`}`))
        expect(tile).to.have.lengthOf(width * 32)
        for (let at = 0; at < tile.length; at += 32) found.push(tile.subarray(at, at + 32))
      }
      return found
    }

    it('gives tiles that rebuild the root of its latest checkpoint', () => {
      expect(latest.size).to.be.greaterThan(300)
      expect(naiveRoot(leaves).toString('hex')).to.equal(Buffer.from(latest.root).toString('hex'))
    })

    it('gives upper tiles that are the roots of the full tiles below', async () => {
      const full = Math.floor(latest.size / 256)
      const upper = Buffer.from(await bytesAt(`/log/tile/1/000.p/${full}`))
      for (let n = 0; n < full; n++) {
        const root = naiveRoot(leaves.slice(n * 256, (n + 1) * 256))
        expect(upper.subarray(n * 32, (n + 1) * 32).toString('hex')).to.equal(root.toString('hex'))
      }
    })

    it('keeps every checkpoint a prefix of the next, and each as the chain has it', async () => {
      expect(checkpoints.length).to.be.greaterThan(3)
      const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
      for (const { size, root, state, note, block } of checkpoints) {
        expect(naiveRoot(leaves.slice(0, size)).toString('base64')).to.equal(root)
        const opened = openCheckpoint(note, parseNoteKey(trust.logs[0]!.noteKey))
        expect([opened.size, toHex(opened.root)]).to.deep.equal([size, toHex(fromBase64(root)!)])
        const onChain = await view.checkpointOfSize(latest.origin, size)
        expect([state, onChain!.blockNumber, onChain!.time, toHex(onChain!.root)]).to.deep.equal([
          'final',
          block.number,
          block.time,
          toHex(opened.root),
        ])
      }
    })

    it('proves the consistency of any two checkpoints', async () => {
      const some = checkpoints.filter((_, i) => i % Math.ceil(checkpoints.length / 12) === 0)
      if (some.at(-1) !== checkpoints.at(-1)) some.push(checkpoints.at(-1)!)
      for (const [i, from] of some.entries()) {
        for (const to of some.slice(i)) {
          const path = `/v1/log/consistency?from=${from.size}&to=${to.size}`
          const { proof } = await answerOf<{ proof: string[] }>(gateway.request(path))
          const claim = {
            size1: from.size,
            root1: fromBase64(from.root)!,
            size2: to.size,
            root2: fromBase64(to.root)!,
            proof: proof.map(hash => fromBase64(hash)!),
          }
          expect(verifyConsistency(claim), path).to.equal(true)
          if (from.size < to.size) {
            expect(verifyConsistency({ ...claim, root1: new Uint8Array(32).fill(1) }), path).to.equal(false)
          }
        }
      }
    })

    it('proves that a leaf is in it, under any later checkpoint', async () => {
      for (const { size, root } of checkpoints.slice(-3)) {
        for (const index of [0, 1, 255, 256, Math.floor(size / 2), size - 1].filter(i => i < size)) {
          const path = `/v1/log/inclusion?index=${index}&size=${size}`
          const { proof } = await answerOf<{ proof: string[] }>(gateway.request(path))
          const claim = { index, size, root: fromBase64(root)!, proof: proof.map(hash => fromBase64(hash)!) }
          expect(verifyInclusion({ ...claim, leaf: leaves[index]! }), path).to.equal(true)
          expect(verifyInclusion({ ...claim, leaf: leaves[(index + 1) % size]! }), path).to.equal(false)
        }
      }
    })

    it('has the leaf of what was issued where it was promised, and nothing else of it', async () => {
      const issued = await issue(gateway, 'RIC')
      await untilAllFinal(gateway)
      const { accepted } = await answerOf<{ accepted: number }>(gateway.request('/v1/log'))
      const now = await leavesFromTiles(accepted)
      expect(toHex(now[issued.index]!)).to.equal(issued.leaf)
      expect(now.slice(0, leaves.length).map(leaf => leaf.toString('hex'))).to.deep.equal(
        leaves.map(leaf => leaf.toString('hex')),
      )
      for (const secret of [issued.identifier, issued.shortCode]) {
        expect(Buffer.concat(now).includes(secret)).to.equal(false)
      }
      expect((await gateway.request(`/log/entries/000`)).status).to.equal(404)
    })
  })
})

/** RFC 6962 §2.1, as it is written there. https://www.rfc-editor.org/rfc/rfc6962#section-2.1 */
function naiveRoot(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  const pair = [naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
  return createHash('sha256')
    .update(Buffer.concat([Buffer.of(1), ...pair]))
    .digest()
}
