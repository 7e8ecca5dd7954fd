/**
 * What a department's signer will sign: written by the department, read at start, out of the gateway's reach.
 */
import { z } from 'zod'
import { isUscc } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'

const STATEMENTS = [
  'record',
  'status',
  'use',
  'catalogue',
  'holder-key',
  'endorsement',
  'withholding',
] as const

const policy = z.strictObject({
  uscc: z.string().refine(isUscc, 'a unified social credit code'),
  did: z.string().regex(/^did:[a-z0-9]+:[A-Za-z0-9.:%_-]{1,200}$/),
  region: z.string().regex(/^\d{6}$/),
  /** 21-character codes of the types that it issues, or all. */
  types: z.union([z.literal('*'), z.array(z.string().regex(/^[0-9A-Z]{21}$/)).min(1)]),
  /** Longest validity of a certificate; null = any, and without end too. */
  maxValidityDays: z.int().min(1).nullable(),
  /** How long before its signing a certificate's validity may begin; null = any. */
  maxBackdatingDays: z.int().min(0).nullable(),
  /** Kinds of statements besides certificates. */
  statements: z.array(z.enum(STATEMENTS)),
  /** Where orders may be executed; null = it signs none. */
  statusRegistry: z
    .strictObject({ chainId: z.int().min(1), address: z.string().regex(/^0x[0-9a-f]{40}$/) })
    .nullable(),
  /** Whether the gateway may have a next key made here. */
  newKeys: z.boolean(),
})

export type SignerPolicy = z.infer<typeof policy>

/** Refuses SIGNER_POLICY with the path of what is wrong. */
export function parsePolicy(text: string): SignerPolicy {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('', 'JSON')
  }
  const parsed = policy.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw wrong(issue?.path.join('.') ?? '', issue?.message ?? 'another content')
}

const wrong = (field: string, expected: string) =>
  new Refusal('SIGNER_POLICY', `the policy of the signer is not as it should be: ${field}`, {
    field,
    expected,
  })
