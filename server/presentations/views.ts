/** What the API says of presentations. */
import { z } from 'zod'
import {
  certificateIdentifier,
  departmentCode,
  json,
  seconds,
  typeShort,
  ulid,
  verdictName,
} from '../http/schemas.ts'
import type { PresentationRow } from '../store/presentations.ts'
import { NO_MATTER } from '../matters/definition.ts'
import { fieldNames, matterCode } from '../uses/views.ts'
import { nowSeconds, type World } from '../world.ts'
import { PURPOSES, RENEWED_SECONDS, type Presented } from './present.ts'

export const purpose = z.enum(PURPOSES)

const states = z.enum(['waiting', 'taken', 'used', 'expired', 'cancelled'])
const item = z.strictObject({
  identifier: certificateIdentifier,
  type: typeShort,
  fields: fieldNames,
  readAt: seconds.nullable(),
  readFields: z.int().describe('How many fields were read'),
})
export const presentation = z.strictObject({
  id: ulid,
  state: states.describe('`taken`: a department has the code and has read nothing yet'),
  purpose,
  verifier: departmentCode.nullable(),
  openedAt: seconds,
  codeExpiresAt: seconds,
  isHeld: z.boolean(),
  renewableUntil: seconds.describe('From then on renewing needs a fresh sign-in'),
  certificates: z.array(item),
  reader: z
    .strictObject({
      department: departmentCode,
      zh: z.string(),
      en: z.string(),
      matter: matterCode,
      takenAt: seconds,
      fields: z.int().describe('How many fields were read in all'),
    })
    .nullable(),
})
export const code = z.strictObject({
  url: z.string().describe('For the QR code'),
  digits: z.string().describe('Eight digits, to be said at the counter'),
  expiresAt: seconds,
})
export const presented = z.strictObject({ presentation, code })

/** For the counter: names, no values. */
export const taken = z.strictObject({
  presentation: ulid,
  purpose,
  matter: matterCode,
  readUntil: seconds,
  certificates: z.array(
    z.strictObject({
      identifier: certificateIdentifier,
      type: typeShort,
      fields: fieldNames,
      readAt: seconds.nullable(),
    }),
  ),
})

export const shown = z.strictObject({
  verdict: z.enum(['SHOWN', 'NOT_FOUND']),
  expiresAt: seconds.optional(),
  certificates: z
    .array(
      z.strictObject({
        type: z.strictObject({ code: typeShort, zh: z.string(), en: z.string() }),
        verdict: verdictName,
        validFrom: seconds,
        validUntil: seconds.nullable(),
        fields: z.array(z.tuple([z.string(), json])),
      }),
    )
    .optional(),
})

export async function presentationView(
  world: Pick<World, 'store' | 'clock'>,
  row: PresentationRow,
): Promise<z.infer<typeof presentation>> {
  const { reader } = row
  const department = (await world.store.departments()).find(({ code: known }) => known === reader?.department)
  return {
    id: row.id,
    state: stateOf(row, nowSeconds(world)),
    purpose: purpose.parse(row.purpose),
    verifier: row.verifier,
    openedAt: row.openedAt,
    codeExpiresAt: row.codeExpiresAt,
    isHeld: row.pausedAt !== null,
    renewableUntil: row.steppedUpAt + RENEWED_SECONDS,
    certificates: row.items.map(({ identifier, type, fields, usedAt, usedFields }) => ({
      identifier,
      type,
      fields,
      readAt: usedAt,
      readFields: usedFields,
    })),
    reader:
      reader === null || department === undefined
        ? null
        : {
            department: reader.department,
            zh: department.zh,
            en: department.en,
            matter: reader.matter ?? NO_MATTER,
            takenAt: row.resolvedAt!,
            fields: row.items.reduce((sum, { usedFields }) => sum + usedFields, 0),
          },
  }
}

export async function presentedView(
  world: Pick<World, 'store' | 'clock'>,
  { row, code: shownCode }: Presented,
): Promise<z.infer<typeof presented>> {
  return { presentation: await presentationView(world, row), code: shownCode }
}

export function takenView({
  id,
  purpose: what,
  reader,
  readUntil,
  items,
}: PresentationRow): z.infer<typeof taken> {
  return {
    presentation: id,
    purpose: purpose.parse(what),
    matter: reader?.matter ?? NO_MATTER,
    readUntil: readUntil!,
    certificates: items.map(({ identifier, type, fields, usedAt }) => ({
      identifier,
      type,
      fields,
      readAt: usedAt,
    })),
  }
}

function stateOf(row: PresentationRow, now: number): z.infer<typeof states> {
  if (row.cancelledAt !== null) return 'cancelled'
  if (row.items.some(({ usedAt }) => usedAt !== null)) return 'used'
  if (row.readUntil !== null) return now < row.readUntil ? 'taken' : 'expired'
  return now < row.codeExpiresAt ? 'waiting' : 'expired'
}
