/**
 * What the API says of uses.
 */
import { z } from 'zod'
import { toHex } from '../../protocol/bytes.ts'
import { certificateIdentifier, departmentCode, hex32, seconds, ulid } from '../http/schemas.ts'
import type { UseRow } from '../store/uses.ts'

/** Uses in one answer. */
export const MAX_PAGE = 200
export const matterCode = z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/)
export const ground = z.enum(['duty', 'consent', 'presentation'])
/** Names of fields as a disclosure has them (docs/formats.md §5). */
export const fieldNames = z
  .array(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/))
  .min(1)
  .max(200)
  .refine(names => new Set(names).size === names.length, 'each name once')

export const use = z.strictObject({
  id: ulid,
  identifier: certificateIdentifier,
  issuer: departmentCode,
  department: departmentCode,
  officer: z.string(),
  matter: z.string(),
  ground,
  fields: z.array(z.string()).describe('Names of fields, never values'),
  case: ulid.nullable(),
  grant: hex32.nullable(),
  basis: z.string().nullable().describe('The law that a duty rests on'),
  refused: z.string().nullable().describe('Code of the refusal; null when the values were handed out'),
  at: seconds,
  leaf: hex32,
  index: z.int().describe('Index in the log'),
  copy: z
    .strictObject({
      expiresAt: seconds,
      kept: z.boolean().describe('The gateway itself keeps the copy, encrypted'),
      destroyedAt: seconds.nullable(),
      why: z.enum(['expired', 'erased']).nullable(),
    })
    .nullable(),
})

export function useView(row: UseRow): z.infer<typeof use> {
  const { id, identifier, issuer, department, officer, matter, ground: on, fields, grant, basis } = row
  return {
    id,
    identifier,
    issuer,
    department,
    officer,
    matter,
    ground: on,
    fields,
    case: row.case,
    grant,
    basis,
    refused: row.refused,
    at: row.acceptedAt,
    leaf: toHex(row.leaf),
    index: row.seq - 1,
    copy: row.copy,
  }
}
