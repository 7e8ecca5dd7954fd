/** What the API says of batches and proposals: shapes and how they are made. */
import { z } from 'zod'
import { toHex } from '../../protocol/bytes.ts'
import { fieldRow } from '../certificates/views.ts'
import {
  certificateIdentifier,
  departmentCode,
  hex32,
  json,
  seconds,
  typeShort,
  ulid,
} from '../http/schemas.ts'
import type { BatchRow, ProposalRow } from '../store/batches.ts'
import type { World } from '../world.ts'
import type { AssessedRow } from './assess.ts'
import { batchOf, nameOfBatch, remarkOf, samplePlaces, whatWillBeSigned, type GoodRow } from './drafts.ts'
import { progressOf, STAGES, type Stage } from './progress.ts'
import { fieldChanges, proposalOf, remarkOfProposal } from './proposals.ts'

const subject = z.string().describe('Stands for the account; never a name')
export const rowError = z.strictObject({
  row: z.int().optional(),
  field: z.string(),
  code: z.string(),
  expected: z.string(),
  found: z.string(),
})
const count = z.strictObject({ done: z.int(), all: z.int() })

/** Short, and no place for a citizen's or a card's number. */
export const batchName = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^(?!.*\d{15})\P{Cc}*$/u)
  .describe('What the maker calls the batch; not with a long number in it')

export const batchState = z.enum(['draft', 'submitted', 'rejected', 'approved', 'issued', 'withdrawn'])
export const batchView = z.strictObject({
  id: ulid,
  department: departmentCode,
  type: typeShort,
  version: z.int(),
  name: z.string().nullable().describe('What its maker calls it'),
  source: z.enum(['json', 'ndjson', 'csv', 'xlsx']),
  state: batchState,
  revision: z.int(),
  rows: z.int(),
  bad: z.int(),
  leaveOut: z.boolean(),
  maker: subject,
  checker: subject.nullable(),
  remark: z.string().nullable().describe('Why it was rejected'),
  problem: z.string().nullable().describe('Code of what keeps an approved batch from being issued'),
  createdAt: seconds,
  submittedAt: seconds.nullable(),
  decidedAt: seconds.nullable(),
  issuedAt: seconds.nullable(),
  deliveredAt: seconds.nullable(),
  progress: z.strictObject(
    Object.fromEntries(STAGES.map(stage => [stage, count])) as Record<Stage, typeof count>,
  ),
})

export const asBatch = { description: { zh: '批次', en: 'The batch' }, schema: batchView }
export const revision = z
  .int()
  .min(1)
  .optional()
  .describe('Refused with BATCH_CHANGED unless the batch is at it')

export async function viewOfBatch(world: World, batch: BatchRow): Promise<z.infer<typeof batchView>> {
  const { id, department, type, version, source, state, revision, rows, bad, leaveOut, maker, checker } =
    batch
  const { problem, createdAt, submittedAt, decidedAt, issuedAt, deliveredAt } = batch
  return {
    id,
    department,
    type,
    version,
    source,
    state,
    revision,
    rows,
    bad,
    leaveOut,
    maker,
    checker,
    problem,
    createdAt,
    submittedAt,
    decidedAt,
    issuedAt,
    deliveredAt,
    name: await nameOfBatch(world, batch),
    remark: await remarkOf(world, batch),
    progress: progressOf(batch, await world.store.logReach()),
  }
}

/** As it stands after a write. */
export const batchNow = async (world: World, id: string) => viewOfBatch(world, await batchOf(world, id))

export const rowView = z.strictObject({
  n: z.int().describe('Place in the batch, from 0'),
  line: z.int().describe('Line of the file, row of the sheet, place in the array, from 1'),
  fields: json,
  holders: z.array(z.string()),
  errors: z.array(rowError),
})

export const viewOfRow = ({ n, line, value, holders, errors }: AssessedRow): z.infer<typeof rowView> => ({
  n,
  line,
  fields: value as z.infer<typeof json>,
  holders,
  errors,
})

/** What a certificate of a row will say, unsigned. */
export const sampleView = z.strictObject({
  n: z.int(),
  fields: fieldRow,
  validFrom: z.string(),
  validUntil: z.string().nullable(),
  holders: z.array(z.string()),
})

function viewOfSample({ n, checked, holders }: GoodRow): z.infer<typeof sampleView> {
  const { values, validFrom, validUntil } = checked
  return {
    n,
    fields: Object.fromEntries(values) as z.infer<typeof fieldRow>,
    validFrom,
    validUntil,
    holders,
  }
}

export const summaryView = z.strictObject({
  id: ulid,
  department: departmentCode,
  type: typeShort,
  version: z.int(),
  rows: z.int(),
  leftOut: z.int(),
  digest: hex32.describe('What an approval is bound to (docs/issuing.md)'),
  samples: z.array(sampleView).describe('The first, some at random, the one with the longest name'),
})

const RANDOM_SAMPLES = 3

/** Of a batch whose rows are kept. */
export async function summaryOf(world: World, batch: BatchRow): Promise<z.infer<typeof summaryView>> {
  const { type, rows, digest } = await whatWillBeSigned(world, batch)
  return {
    id: batch.id,
    department: batch.department,
    type: batch.type,
    version: batch.version,
    rows: rows.length,
    leftOut: batch.leaveOut ? batch.bad : 0,
    digest: toHex(digest),
    samples: samplePlaces(type, rows, RANDOM_SAMPLES).map(place => viewOfSample(rows[place]!)),
  }
}

export const previewView = z.strictObject({ samples: z.array(sampleView) })

export async function previewOf(world: World, batch: BatchRow): Promise<z.infer<typeof previewView>> {
  const { type, rows } = await whatWillBeSigned(world, batch)
  return { samples: samplePlaces(type, rows, 1).map(place => viewOfSample(rows[place]!)) }
}

// ---- proposals

export const proposalState = z.enum(['proposed', 'approved', 'done', 'rejected', 'withdrawn'])
export const proposalView = z.strictObject({
  id: ulid,
  identifier: certificateIdentifier,
  department: departmentCode,
  action: z.enum(['revoke', 'suspend', 'resume', 'supersede']),
  reason: z.string(),
  effective: z.string().nullable(),
  state: proposalState,
  maker: subject,
  checker: subject.nullable(),
  remark: z.string().nullable(),
  problem: z.string().nullable(),
  digest: hex32.describe('What an approval is bound to (docs/issuing.md)'),
  createdAt: seconds,
  decidedAt: seconds.nullable(),
  /** Of the successor, once it is issued. */
  successor: certificateIdentifier.nullable(),
})
/** With the fields that differ from the certificate that is replaced. */
export const proposalDetail = proposalView.extend({
  changes: z.array(z.strictObject({ field: z.string(), before: json, after: json })),
})

export async function viewOfProposal(
  world: World,
  proposal: ProposalRow,
): Promise<z.infer<typeof proposalView>> {
  const { id, identifier, department, action, reason, effective, state, maker, checker, problem } = proposal
  const { createdAt, decidedAt, successorSeq } = proposal
  const successor = successorSeq === null ? null : await world.store.certificateBySeq(successorSeq)
  return {
    id,
    identifier,
    department,
    action,
    reason,
    effective,
    state,
    maker,
    checker,
    problem,
    createdAt,
    decidedAt,
    digest: toHex(proposal.digest),
    remark: await remarkOfProposal(world, proposal),
    successor: successor?.identifier ?? null,
  }
}

export async function proposalNow(world: World, id: string): Promise<z.infer<typeof proposalDetail>> {
  const proposal = await proposalOf(world, id)
  const changes = await fieldChanges(world, proposal)
  return {
    ...(await viewOfProposal(world, proposal)),
    changes: changes as z.infer<typeof proposalDetail>['changes'],
  }
}
