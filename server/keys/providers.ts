/**
 * Which departments keep their keys elsewhere, and where: one JSON file, named in ONCEPROOF_KEY_PROVIDERS (docs/keys.md).
 */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { isUscc } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { DepartmentProvider } from './keyring.ts'
import { pkcs11Provider } from './pkcs11.ts'
import { remoteSigner } from './remote.ts'

const uscc = z.string().refine(isUscc, 'a unified social credit code')
const file = z.string().min(1).max(1_000)
const provider = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('keystore') }),
  z.strictObject({
    kind: z.literal('remote'),
    uscc,
    url: z.string().regex(/^https?:\/\/[^/?#@\\\s]+$/),
    secretFile: file,
    timeoutMs: z.int().min(100).max(120_000).optional(),
  }),
  z.strictObject({
    kind: z.literal('pkcs11'),
    uscc,
    /** Path of the token's library. */
    module: file,
    /** Label of the token. */
    token: z.string().min(1).max(32),
    pinFile: file,
    /** Where the package pkcs11js lies, when it is not among ours. */
    driver: file.optional(),
  }),
])
const providers = z.record(z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/), provider)

/**
 * The providers that a file names, by code of the department; paths in it are relative to it. Refuses CONFIG_INVALID for a file that
 * is not there, is not as it should be, names one credit code twice, or a token that cannot be opened. A remote signer need not
 * answer yet; the public keys that it told before are kept in `dataDir`.
 */
export async function openProviders(
  path: string | null,
  { dataDir, clock }: { dataDir: string; clock: () => number },
): Promise<DepartmentProvider[]> {
  if (path === null) return []
  const parsed = providers.safeParse(jsonOf(read(path)))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(issue?.path.map(String).join('.') ?? '', issue?.message ?? 'another content')
  }
  const opened: DepartmentProvider[] = []
  for (const [code, settings] of Object.entries(parsed.data)) {
    if (settings.kind === 'keystore') continue
    const { uscc: department } = settings
    if (opened.some(one => one.department === department)) throw invalid(code, 'each credit code once')
    const beside = (name: string) => resolve(dirname(path), name)
    if (settings.kind === 'remote') {
      const { url, secretFile, timeoutMs } = settings
      const secret = secretIn(beside(secretFile), `${code}.secretFile`)
      const knownKeys = join(dataDir, `signer-keys-${department}.json`)
      opened.push(
        remoteSigner({ department, url, secret, knownKeys, clock, ...(timeoutMs && { timeoutMs }) }),
      )
    } else {
      const { module, token, pinFile, driver } = settings
      const pin = secretIn(beside(pinFile), `${code}.pinFile`, 4)
      opened.push(
        await pkcs11Provider({
          department,
          module: beside(module),
          token,
          pin,
          ...(driver !== undefined && { driver: beside(driver) }),
        }),
      )
    }
  }
  return opened
}

function secretIn(path: string, field: string, least = 32): string {
  const secret = read(path).trim()
  if (secret.length < least) throw invalid(field, `a file with a secret of at least ${least} characters`)
  return secret
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw invalid(path, 'a file that can be read')
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('', 'JSON')
  }
}

const invalid = (found: string, expected: string) =>
  new Refusal('CONFIG_INVALID', `ONCEPROOF_KEY_PROVIDERS: ${found}: expected ${expected}`, {
    field: 'ONCEPROOF_KEY_PROVIDERS',
    expected,
    found,
  })
