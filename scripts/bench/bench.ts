/**
 * The whole benchmark: one run, one report.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NewCertificate } from '../../server/store/store.ts'
import { issueCertificates } from '../../server/certificates/issue.ts'
import { documents } from './documents.ts'
import { measureGas } from './gas.ts'
import { openGateway, type Gateway } from './gateway.ts'
import { measureIssuing } from './issuing.ts'
import { machineOf } from './machine.ts'
import { measurePapers } from './papers.ts'
import type { OpenAttestation } from './peers.ts'
import { measureProofs } from './proofs.ts'
import type { Report, Row } from './rows.ts'
import { measureSingles } from './single.ts'
import { measureStoring } from './storing.ts'
import { measureTree } from './tree.ts'
import { measureUses } from './uses.ts'
import { measureVerifying } from './verifying.ts'

/** How much of everything. */
export interface Extent {
  rounds: number
  batches: readonly number[]
  verified: number
  tree: number
  proofs: { sizes: readonly [small: number, large: number]; count: number }
  stored: number
  singles: { sequential: number; clients: number; concurrent: number }
  uses: { certificates: number; count: number; clients: number }
  /** Papers of each type. */
  papers: number
  gas: { size: number; batches: readonly number[] }
}

export const FULL: Extent = {
  rounds: 5,
  batches: [1_000, 20_000],
  verified: 1_000,
  tree: 100_000,
  proofs: { sizes: [1_000_000, 10_000_000], count: 2_000 },
  stored: 10_000,
  singles: { sequential: 300, clients: 50, concurrent: 2_000 },
  uses: { certificates: 50, count: 500, clients: 50 },
  papers: 2,
  gas: { size: 10_000_000, batches: [1, 1_000, 100_000] },
}

/** For a look at one's own change: the same rows, less of everything, no long batch and no ten million leaves. */
export const QUICK: Extent = {
  ...FULL,
  batches: [1_000],
  proofs: { sizes: [100_000, 1_000_000], count: 1_000 },
  singles: { sequential: 200, clients: 50, concurrent: 1_000 },
  uses: { certificates: 20, count: 200, clients: 50 },
  papers: 1,
}

export interface BenchOptions {
  extent: Extent
  /** null: the rows against it have no baseline. */
  openAttestation: OpenAttestation | null
  say?: (text: string) => void
}

/** Runs everything on a temporary folder, which is gone afterwards. */
export async function runBench({
  extent,
  openAttestation,
  say = () => undefined,
}: BenchOptions): Promise<Report> {
  const date = new Date().toISOString()
  const machine = machineOf()
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { rounds } = extent
  const rows: Row[] = []
  try {
    say('starting a gateway with its chain')
    const gateway = await openGateway(folder)
    try {
      say('verifying')
      const verified = { count: extent.verified, rounds, keys, openAttestation }
      const verification = await measureVerifying(gateway, verified)
      say(`issuing ${extent.batches.join(' and ')}`)
      const batches = extent.batches.map(size => ({ size, goals: goalsFor(size) }))
      rows.push(...(await measureIssuing(gateway, { batches, rounds, keys, openAttestation })))
      rows.push(...verification)
      say(`building a tree of ${extent.tree}`)
      rows.push(...(await measureTree(extent.tree, rounds)))
      say('storing rows')
      rows.push(...(await measureStoring(await finished(gateway, extent.stored), rounds, folder)))
      say('issuing one by one over HTTP')
      rows.push(...(await measureSingles(gateway, { ...extent.singles, rounds, folder })))
      say('reading on a ground')
      rows.push(...(await measureUses(gateway, { ...extent.uses, rounds })))
      say('drawing papers')
      rows.push(...(await measurePapers({ each: extent.papers, rounds })))
      say('anchoring')
      rows.push(...(await measureGas(gateway, extent.gas)))
    } finally {
      await gateway.close()
    }
    const { sizes, count } = extent.proofs
    rows.push(...(await measureProofs({ sizes, proofs: count, rounds, folder, say })))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { date, machine, rows }
}

/** wrapDocuments is quadratic, so more is asked of us where the batch is long. */
function goalsFor(size: number) {
  return { openAttestation: size >= 20_000 ? 10 : 4, sdJwt: 5 }
}

/** Certificates as the store accepts them, taken out of the gateway's own store. */
async function finished(gateway: Gateway, count: number): Promise<NewCertificate[]> {
  const request = { type: gateway.type, rows: documents(count) }
  const issued = await issueCertificates(gateway.world, request, null)
  return issued.map(row => ({ ...row, kind: 'certificate', sealed: row.sealed! }))
}
