/**
 * Issuing: rows checked, signed, encrypted, durable, logged, against what peers do with the same documents. The peers sign and
 * hash in memory; they check no rows, encrypt nothing and write nothing.
 */
import type { KeyObject } from 'node:crypto'
import { issueCertificates } from '../../server/certificates/issue.ts'
import { compare, type Side } from './measure.ts'
import { documents } from './documents.ts'
import type { Gateway } from './gateway.ts'
import { openAttestationDocument, sdJwt, type OpenAttestation } from './peers.ts'
import { atMost, fasterThan, type Row } from './rows.ts'

export interface IssuingOptions {
  /** Certificates in a batch, one series of rows for each. */
  batches: { size: number; goals: { openAttestation: number | null; sdJwt: number | null } }[]
  rounds: number
  keys: { privateKey: KeyObject; publicKey: KeyObject }
  openAttestation: OpenAttestation | null
}

export async function measureIssuing(gateway: Gateway, options: IssuingOptions): Promise<Row[]> {
  const rows: Row[] = []
  for (const [place, batch] of options.batches.entries()) {
    rows.push(...(await measureBatch(gateway, options, batch, place > 0)))
  }
  return rows
}

async function measureBatch(
  gateway: Gateway,
  { rounds, keys, openAttestation }: IssuingOptions,
  { size, goals }: IssuingOptions['batches'][number],
  warm: boolean,
): Promise<Row[]> {
  const all = documents(size)
  const wrapped = all.map(openAttestationDocument)
  const peer = sdJwt(keys.privateKey, keys.publicKey)
  const sides: Record<string, Side> = {
    ours: {
      operations: size,
      run: async () => {
        await issueCertificates(gateway.world, { type: gateway.type, rows: all }, null)
        await gateway.seal()
      },
    },
    sdJwt: {
      operations: size,
      run: async () => {
        for (const document of all) await peer.issue(document)
      },
    },
  }
  if (openAttestation !== null) {
    sides['openAttestation'] = { operations: size, run: () => openAttestation.wrapDocuments(wrapped) }
  }
  const costs = await compare(sides, { rounds, warm })
  const { ours, sdJwt: their } = costs as { ours: Costs; sdJwt: Costs }
  const attested = costs['openAttestation'] ?? null

  const count = size.toLocaleString('en')
  const note =
    'ours: rows checked, ES256, encrypted, synchronous=FULL, sealed into the log, with worker threads'
  const unit = 'µs a certificate'
  return [
    fasterThan(
      {
        name: `issue ${count}, wall, against OpenAttestation`,
        ours: ours.wall,
        baseline: attested?.wall ?? null,
        unit,
        note: `${note}; wrapDocuments: salted hashes and a tree, one thread, unsigned`,
      },
      goals.openAttestation,
    ),
    fasterThan(
      {
        name: `issue ${count}, wall, against @sd-jwt`,
        ours: ours.wall,
        baseline: their.wall,
        unit,
        note: `${note}; @sd-jwt: ES256 and SHA-256 by OpenSSL, one thread`,
      },
      goals.sdJwt,
    ),
    atMost(
      {
        name: `issue ${count}, CPU of all threads, beside OpenAttestation`,
        ours: ours.cpu,
        baseline: attested?.cpu ?? null,
        unit,
        note,
      },
      100,
    ),
    atMost(
      {
        name: `issue ${count}, CPU of all threads, beside @sd-jwt`,
        ours: ours.cpu,
        baseline: their.cpu,
        unit,
        note,
      },
      100,
    ),
  ].map(row => ({ ...row, unit }))
}

type Costs = { wall: number; cpu: number }
