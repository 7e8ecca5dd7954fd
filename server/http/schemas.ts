/**
 * Shapes that several routes share.
 */
import { z } from 'zod'
import { QUESTIONS, VERDICTS } from '../../protocol/verdict.ts'

export const hex32 = z.string().regex(/^0x[0-9a-f]{64}$/)
/** SHA-256 of a file as 64 lower-case hex digits, as every tool prints it. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/)
export const ulid = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
export const seconds = z.int().min(0).describe('Seconds since 1970-01-01T00:00:00Z')
export const certificateIdentifier = z.string().regex(/^1\.2\.156\.3005\.2\.[0-9A-Z.]{52,80}$/)
export const departmentCode = z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/)
export const typeShort = z.string().regex(/^[A-Z0-9]{2,12}$/)
export const mediaType = z.string().regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/)
export const json = z.json()

export const block = z.strictObject({ number: z.int(), hash: hex32, time: seconds })

export const statementState = z.strictObject({
  state: z.enum(['accepted', 'logged', 'anchored', 'final']),
  index: z.int().nullable(),
  block: block.nullable(),
  size: z.int().optional(),
})

export const verdictName = z.enum(Object.keys(VERDICTS) as [keyof typeof VERDICTS])
const answer = z.strictObject({ answer: z.enum(['yes', 'no', 'unknown']), because: z.string() })
export const answers = z.strictObject(
  Object.fromEntries(QUESTIONS.map(question => [question, answer])) as Record<
    (typeof QUESTIONS)[number],
    typeof answer
  >,
)
export const anchorFacts = z.strictObject({
  blockNumber: z.int(),
  blockTime: seconds,
  size: z.int(),
  index: z.int(),
})

export const verificationReport = z.strictObject({
  verdict: verdictName,
  exit: z.int(),
  tone: z.string(),
  answers,
  asOf: block.nullable(),
  anchor: anchorFacts.nullable(),
  issuer: z
    .strictObject({
      did: z.string(),
      uscc: z.string(),
      keyAddedAt: seconds,
      keyEndsAt: seconds,
      compromisedSince: seconds,
    })
    .nullable(),
  successor: hex32.nullable(),
  subject: json,
})
