/**
 * The oracle of the issuing desk: a batch that was uploaded is there, one whose approval was acknowledged is issued whole and once, and
 * of one that nobody approved nothing is.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { eachAtOnce, LOOK_EVERY_MS, read, type PartCheck } from './asking.ts'
import type { HammeredGateway } from './hammer.ts'
import type { Told } from './told.ts'

interface Batch {
  state: string
  problem: string | null
}

interface Listed {
  identifier: string
  leaf: string
  statement: { index: number | null }
}

/** Waits until what was approved is issued. Returns its certificates as statements that were told. */
export async function checkDesk(
  gateway: HammeredGateway,
  lines: readonly Told[],
  patienceMs: number,
): Promise<PartCheck> {
  const check: PartCheck = { violations: [], lost: 0, statements: [] }
  const byBatch = Map.groupBy(lines.filter(isOfDesk), ({ id }) => id!)
  await eachAtOnce([...byBatch], async ([id, about]) => {
    const wrong = await checkBatch(gateway, { id, about, patienceMs }, check.statements)
    if (wrong.length > 0) check.lost++
    check.violations.push(...wrong)
  })
  return check
}

const isOfDesk = ({ told, what, id }: Told): boolean =>
  id !== undefined &&
  (what === 'approval' || (told === 'stored' && (what === 'draft' || what === 'submission')))

async function checkBatch(
  gateway: HammeredGateway,
  { id, about, patienceMs }: { id: string; about: readonly Told[]; patienceMs: number },
  statements: Told[],
): Promise<string[]> {
  const approvals = about.filter(({ what }) => what === 'approval')
  const isApproved = approvals.some(({ told }) => told === 'stored')
  const wanted = about.find(({ rows }) => rows !== undefined)?.rows ?? 0
  const contents = about.find(({ told, contents }) => told === 'stored' && contents !== undefined)?.contents
  const name = `batch ${id} of the desk`

  const batch = isApproved ? await untilIssued(gateway, id, patienceMs) : await batchOf(gateway, id)
  if (batch === null) return [`${name}: the gateway does not have it`]
  const { state, problem } = batch
  if (isApproved && state !== 'issued')
    return [`${name}: its approval was acknowledged, and it is ${state}${problem ? ` (${problem})` : ''}`]
  if (state === 'draft' && about.some(({ what }) => what !== 'draft'))
    return [`${name}: it was acknowledged as submitted, and is a draft`]
  if (approvals.length === 0 && (state === 'approved' || state === 'issued'))
    return [`${name}: nobody approved it, and it is ${state}`]

  const issued = await untilPlaced(gateway, id, patienceMs)
  const isWhole = issued.length === wanted || (!isApproved && issued.length === 0)
  if (!isWhole) return [`half a batch of the desk: ${id}, ${issued.length} of ${wanted} rows`]
  const indices = issued.flatMap(({ statement: { index } }) => index ?? [])
  const first = Math.min(...indices)
  if (new Set(indices).size !== issued.length || indices.some(index => index >= first + issued.length))
    return [`${name}: its rows do not stand one after the other`]
  for (const { identifier, leaf, statement } of issued) {
    statements.push({
      told: 'accepted',
      what: 'certificate',
      key: `desk ${id}`,
      asked: 0,
      at: 0,
      identifier,
      leaf,
      index: statement.index ?? -1,
      content: contents?.[(statement.index ?? -1) - first] ?? 'of no row that was uploaded',
    })
  }
  return []
}

async function batchOf(gateway: HammeredGateway, id: string): Promise<Batch | null> {
  const answer = await read(gateway, `/v1/batches/${id}`)
  return answer === null ? null : (JSON.parse(answer.toString()) as Batch)
}

async function untilIssued(gateway: HammeredGateway, id: string, patienceMs: number): Promise<Batch | null> {
  const began = performance.now()
  for (;;) {
    const batch = await batchOf(gateway, id)
    if (batch?.state !== 'approved' || performance.now() - began > patienceMs) return batch
    await pause(LOOK_EVERY_MS)
  }
}

/** What was issued of it, once each has its place in the log: what was accepted a moment ago is not sealed yet. */
async function untilPlaced(gateway: HammeredGateway, id: string, patienceMs: number): Promise<Listed[]> {
  const began = performance.now()
  for (;;) {
    const issued = await issuedIn(gateway, id)
    const isPlaced = issued.every(({ statement: { index } }) => index !== null)
    if (isPlaced || performance.now() - began > patienceMs) return issued
    await pause(LOOK_EVERY_MS)
  }
}

/** In any order. */
async function issuedIn(gateway: HammeredGateway, id: string): Promise<Listed[]> {
  const answer = await read(gateway, `/v1/certificates?batch=${id}&limit=200`)
  return (JSON.parse(answer?.toString() ?? '{"certificates":[]}') as { certificates: Listed[] }).certificates
}
