/**
 * Writes `docs/example`, the worked example of docs/formats.md §18: a certificate with two fields, third in a log of five
 * statements, with what its verifier trusts and knows. Run it with `node scripts/vectors/example.ts`.
 */
import { createPublicKey } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toBase64, toBase64url, toHex } from '../../protocol/bytes.ts'
import { formatFile } from '../../protocol/file.ts'
import { leafHash, rootOf } from '../../protocol/log.ts'
import { formatSnapshot, statusListId, type Snapshot } from '../../protocol/snapshot.ts'
import { formatTrust, type Trust } from '../../protocol/trust.ts'
import { seedOf } from './keys.ts'
import {
  certificateText,
  checkpointOf,
  civilAffairs,
  keys,
  makeCertificate,
  makeRecord,
  noteKeys,
  receiptWith,
  regions,
  trust as sceneTrust,
  TURN,
  types,
  VALID_FROM,
} from './scene.ts'

const BLOCK = { number: 12, time: TURN }

/** The files of the example by name. The same bytes every time. */
export function exampleFiles(): Map<string, string> {
  const made = makeCertificate({
    name: 'worked example',
    fields: [
      ['holderName', '张三'],
      ['registeredOn', '2026-02-01'],
    ],
  })
  const statements = ['first', 'second', 'fourth', 'fifth'].map(name => makeRecord(`example ${name}`))
  const leaves = statements.toSpliced(2, 0, made.statement).map(leafHash)
  const receipt = receiptWith(leaves, 2, checkpointOf(noteKeys.main, leaves), {
    chainId: sceneTrust.chain.chainId,
    contract: sceneTrust.contracts.AnchorLog.address,
    blockNumber: BLOCK.number,
    blockTime: BLOCK.time,
  })
  return new Map([
    ['certificate.json', formatFile({ certificate: certificateText(made) }, { receipt })],
    ['trust.json', formatTrust(exampleTrust())],
    ['snapshot.json', formatSnapshot(exampleSnapshot(leaves))],
    ['issuer.pem', issuerPem()],
  ])
}

function exampleTrust(): Trust {
  return {
    ...sceneTrust,
    chain: { ...sceneTrust.chain, confirmations: 1 },
    logs: sceneTrust.logs.slice(0, 1),
    regions: [{ code: regions.live, types: '*', use: 'live' }],
  }
}

function exampleSnapshot(leaves: Uint8Array[]): Snapshot {
  const { chainId, genesis } = sceneTrust.chain
  const { id: department, uscc, did } = civilAffairs
  const { id, publicKey } = keys.civilAffairs
  return {
    chain: { chainId, genesis },
    contracts: sceneTrust.contracts,
    block: { number: BLOCK.number, hash: toHex(seedOf('example block')), time: BLOCK.time },
    departments: [{ id: department, uscc, did, admittedAt: VALID_FROM, suspensions: [] }],
    keys: [
      {
        id,
        department,
        purpose: 1,
        algorithm: 1,
        addedAt: VALID_FROM,
        signUntil: 0,
        anchorUntil: 0,
        compromisedSince: 0,
        publicKey: toHex(publicKey),
      },
    ],
    permits: [
      { type: types.marriage, region: regions.live, periods: [{ department, from: VALID_FROM, until: 0 }] },
    ],
    logs: [
      {
        origin: noteKeys.main.name,
        checkpoints: [
          {
            size: leaves.length,
            root: toBase64(rootOf(leaves)),
            time: BLOCK.time,
            blockNumber: BLOCK.number,
          },
        ],
      },
    ],
    statusLists: [
      { id: statusListId(uscc, 1), department, number: 1, revoked: [], suspended: [], superseded: [] },
    ],
  }
}

function issuerPem(): string {
  const { publicKey } = keys.civilAffairs
  const x = toBase64url(publicKey.slice(0, 32))
  const y = toBase64url(publicKey.slice(32))
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  return key.export({ type: 'spki', format: 'pem' }) as string
}

if (import.meta.main) {
  const folder = fileURLToPath(new URL('../../docs/example/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of exampleFiles()) writeFileSync(folder + name, text)
}
