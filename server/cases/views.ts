/** What the API says of cases. */
import { z } from 'zod'
import { toBase64url } from '../../protocol/bytes.ts'
import { certificateIdentifier, departmentCode, seconds, typeShort, ulid } from '../http/schemas.ts'
import type { Matter } from '../matters/definition.ts'
import type { CaseRow } from '../store/cases.ts'
import type { World } from '../world.ts'
import { isHolder, matterOfCase } from './open.ts'
import { ITEM_STATES, itemStatuses, lackingItems, SYMBOL, type ItemStatus } from './requirements.ts'

export const caseNumberText = z.string().regex(/^[A-Z][A-Z0-9]{1,11}-\d{6}-[0-9A-Z]{8}$/)
export const caseName = z.union([ulid, caseNumberText])

const bilingual = { zh: z.string(), en: z.string() }

export const caseItem = z.strictObject({
  number: z.int(),
  cert: typeShort,
  party: z.int(),
  mode: z.enum(['duty', 'consent', 'present']),
  required: z.boolean(),
  group: z.string().nullable().describe('One of this group is enough'),
  why: z.strictObject(bilingual),
  fields: z.array(z.string()).describe('Names of the fields that may be taken'),
  state: z.enum(ITEM_STATES),
  symbol: z.string(),
  because: z.string().nullable(),
  lacking: z.boolean().describe('The case cannot end without it'),
  identifier: certificateIdentifier.nullable(),
  taken: z
    .strictObject({
      department: departmentCode,
      ground: z.enum(['duty', 'consent', 'presentation']),
      use: ulid,
      at: seconds,
      copyExpiresAt: seconds,
    })
    .nullable(),
  flagged: z.strictObject({ action: z.string(), at: seconds }).nullable(),
  paper: z.strictObject({ reason: z.string().nullable(), at: seconds }).nullable(),
})

export const caseStep = z.strictObject({
  number: z.int(),
  department: departmentCode,
  ...bilingual,
  state: z.enum(['pending', 'issuing', 'done', 'returned']),
  reason: z.string().nullable(),
  at: seconds.nullable(),
})

export const caseSummary = z.strictObject({
  id: ulid,
  number: caseNumberText,
  matter: z.string(),
  version: z.int(),
  ...bilingual,
  channel: z.enum(['online', 'counter', 'phone', 'paper']),
  state: z.enum(['open', 'done', 'closed']),
  departments: z.array(departmentCode),
  openedAt: seconds,
  closedAt: seconds.nullable(),
  assistedBy: z.string().nullable().describe('Who helped at the counter'),
})

export const caseView = caseSummary.extend({
  closedReason: z.string().nullable(),
  conditions: z.record(z.string(), z.boolean()),
  parties: z.array(
    z.strictObject({
      number: z.int(),
      role: z.string(),
      ...bilingual,
      holder: z.string().nullable().describe('Id of the holder; another party’s is not told to a holder'),
    }),
  ),
  items: z.array(caseItem),
  ready: z.boolean().describe('Everything that is required is there'),
  declarations: z.array(z.strictObject({ group: z.string(), at: seconds })),
  consentRequests: z.array(ulid),
  steps: z.array(caseStep),
  outputs: z.array(
    z.strictObject({
      cert: typeShort,
      step: z.int(),
      state: z.enum(['intended', 'issued', 'given-up']),
      identifier: certificateIdentifier.nullable(),
      record: ulid.nullable(),
      replaces: certificateIdentifier.nullable(),
    }),
  ),
})

export type CaseView = z.infer<typeof caseView>

export async function summaryOf(world: World, row: CaseRow): Promise<z.infer<typeof caseSummary>> {
  return summaryView(row, await matterOfCase(world, row))
}

const summaryView = (row: CaseRow, { zh, en }: Matter): z.infer<typeof caseSummary> => ({
  id: row.id,
  number: row.number,
  matter: row.matter,
  version: row.version,
  zh,
  en,
  channel: row.channel,
  state: row.state,
  departments: row.departments,
  openedAt: row.openedAt,
  closedAt: row.closedAt,
  assistedBy: row.assistedBy,
})

/**
 * A case as its departments see it, or with `holder` as one of its parties does: of the others he learns neither who they are nor
 * what is kept about them, only whether their part is done.
 */
export async function viewCase(world: World, row: CaseRow, holder: string | null): Promise<CaseView> {
  const matter = await matterOfCase(world, row)
  const statuses = await itemStatuses(world, row, matter)
  const lacking = new Set(lackingItems(statuses))
  return {
    ...summaryView(row, matter),
    closedReason: row.closedReason,
    conditions: row.conditions,
    parties: row.parties.map(party => {
      const { zh, en } = matter.parties.find(({ role }) => role === party.role)!
      const isTold = holder === null || isHolder(party.holder, holder)
      return {
        number: party.number,
        role: party.role,
        zh,
        en,
        holder: isTold ? toBase64url(party.holder) : null,
      }
    }),
    items: statuses.map(status =>
      viewItem(status, lacking, holder === null || isHolder(status.party.holder, holder)),
    ),
    ready: lacking.size === 0,
    declarations: row.declarations.map(({ group, at }) => ({ group, at })),
    consentRequests: row.consentRequests,
    steps: row.steps.map(({ number, department, state, reason, at }) => {
      const { zh, en } = matter.steps[number - 1]!
      return { number, department, zh, en, state, reason, at }
    }),
    outputs: row.outputs.map(({ cert, step, state, identifier, record, replaces }) => ({
      cert,
      step,
      state,
      identifier,
      record,
      replaces: replaces?.identifier ?? null,
    })),
  }
}

function viewItem(
  { item, requirement, state, because, certificate }: ItemStatus,
  lacking: ReadonlySet<number>,
  isTold: boolean,
): z.infer<typeof caseItem> {
  const isDone = ['have', 'paper', 'declared', 'notAsked'].includes(state)
  const shown = isTold || isDone ? state : 'waiting'
  return {
    number: item.number,
    cert: requirement.cert,
    party: item.party,
    mode: requirement.mode,
    required: requirement.required,
    group: requirement.oneOf ?? null,
    why: requirement.why,
    fields: requirement.fields,
    state: shown,
    symbol: SYMBOL[shown],
    because: isTold ? because : null,
    lacking: lacking.has(item.number),
    identifier: isTold ? (item.adopted?.identifier ?? certificate?.identifier ?? null) : null,
    taken: item.adopted === null || !isTold ? null : takenView(item.adopted),
    flagged: isTold ? item.flagged : null,
    paper: item.paper === null ? null : { reason: item.paper.reason, at: item.paper.at },
  }
}

const takenView = ({
  department,
  ground,
  use,
  at,
  copyExpiresAt,
}: NonNullable<ItemStatus['item']['adopted']>) => ({
  department,
  ground,
  use,
  at,
  copyExpiresAt,
})
