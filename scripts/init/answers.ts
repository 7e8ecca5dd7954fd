/**
 * What whoever sets a production gateway up has to say: one JSON document, `onceproof-init/1`, and what follows from it. All of it is
 * read and checked before anything is done, by the readers that the gateway itself uses.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { parseJson } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { assertRealRegion } from '../../server/catalogue/own-region.ts'
import { demoRegion, parseRegion, type Region } from '../../server/catalogue/region.ts'
import { parseTypeDefinition } from '../../server/catalogue/type-definition.ts'
import { configFromEnv, configVariables, type Config } from '../../server/config.ts'

const path = z.string().min(1).max(1_000)
const name = z.strictObject({ zh: z.string().min(1).max(100), en: z.string().min(1).max(100) })
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform(text => text.toLowerCase())
const addresses = z.strictObject({
  DepartmentRegistry: address,
  AnchorLog: address,
  StatusRegistry: address,
  GrantRegistry: address,
  p256: address,
  webAuthn: address,
})

const answers = z.strictObject({
  format: z.literal('onceproof-init/1'),
  dataDir: path,
  environmentFile: path,
  /** A region's file with its departments and types, or only what it is called. */
  region: z.union([path, z.strictObject({ code: z.string().regex(/^\d{6}$/), province: name, city: name })]),
  publicUrl: z.string(),
  chainRpcUrl: z.string(),
  /** A deployment file, or addresses, of contracts that are on the chain already; null deploys them. */
  contracts: z.union([path, addresses]).nullable().default(null),
  openid: z.strictObject({ issuer: z.string(), clientId: z.string(), clientSecretFile: path }),
  keyProvidersFile: path.nullable().default(null),
  passphraseFile: path,
  /** Makes the passphrase when its file is not there. */
  generatePassphrase: z.boolean().default(false),
  /** What the OpenID provider calls them (`sub`). */
  administrators: z.array(z.string().min(1).max(255)).min(2).max(20),
  types: z.array(path).default([]),
  matters: z.array(path).default([]),
  /** Further variables of docs/configuration.md. */
  environment: z.record(z.string(), z.string()).default({}),
})

export type Answers = z.input<typeof answers>
export type Addresses = z.output<typeof addresses>

/** What is to be done, checked as far as it can be without the chain. */
export interface Plan {
  /** The environment of the gateway; secrets only as paths. */
  settings: Record<string, string>
  config: Config
  environmentFile: string
  region: Region
  types: unknown[]
  matters: unknown[]
  /** Path of a deployment file, addresses, or null to deploy. */
  contracts: string | Addresses | null
  passphraseFile: string
  generatePassphrase: boolean
  administrators: string[]
}

/** A region's file is well below; types and matters too. */
const MAX_FILE = 16 * 1024 * 1024

/**
 * The plan that answers make; paths in them are relative to `folder`. Refuses INIT_ANSWERS by field, CONFIG_INVALID, what the readers of
 * regions, types and files refuse, and REGION_INVENTED.
 */
export function planOf(value: unknown, folder: string): Plan {
  const parsed = answers.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw wrong(issue?.path.map(String).join('.') ?? '', issue?.message ?? 'another content')
  }
  const given = parsed.data
  const at = (file: string) => resolve(folder, file)
  const { openid, keyProvidersFile, environment, administrators, contracts } = given
  const own: Record<string, string> = {
    PROFILE: 'production',
    DATA_DIR: at(given.dataDir),
    PUBLIC_URL: given.publicUrl,
    CHAIN_RPC_URL: given.chainRpcUrl,
    KEYSTORE_PASSPHRASE_FILE: at(given.passphraseFile),
    OPENID_ISSUER: openid.issuer,
    OPENID_CLIENT_ID: openid.clientId,
    OPENID_CLIENT_SECRET_FILE: at(openid.clientSecretFile),
    ...(keyProvidersFile !== null && { ONCEPROOF_KEY_PROVIDERS: at(keyProvidersFile) }),
  }
  const known = new Set(configVariables.map(variable => variable.name))
  for (const variable of Object.keys(environment)) {
    if (Object.hasOwn(own, variable)) throw wrong(`environment.${variable}`, 'an answer of its own, not here')
    if (!known.has(variable)) throw wrong(`environment.${variable}`, 'a variable of docs/configuration.md')
  }
  if (new Set(administrators).size !== administrators.length)
    throw wrong('administrators', 'different people')
  const settings = { ...own, ...environment }
  const config = configFromEnv(settings, { cwd: folder })
  for (const file of [own['OPENID_CLIENT_SECRET_FILE']!, own['ONCEPROOF_KEY_PROVIDERS']]) {
    if (file !== undefined && !existsSync(file))
      throw new Refusal('FILE_MISSING', `there is no ${file}`, { field: file })
  }
  const region = regionIn(given.region, at)
  assertRealRegion(region)
  return {
    settings,
    config,
    environmentFile: at(given.environmentFile),
    region,
    types: [
      ...region.certificateTypes,
      ...given.types.flatMap(file => listIn(at(file), 'types').map(parseTypeDefinition)),
    ],
    matters: given.matters.flatMap(file => listIn(at(file), 'matters')),
    contracts: typeof contracts === 'string' ? at(contracts) : contracts,
    passphraseFile: own['KEYSTORE_PASSPHRASE_FILE']!,
    generatePassphrase: given.generatePassphrase,
    administrators,
  }
}

/** A file's region, or one without departments and types that has the words of the demonstration region. */
function regionIn(given: z.output<typeof answers>['region'], at: (file: string) => string): Region {
  if (typeof given === 'string') return parseRegion(jsonIn(at(given)))
  return {
    ...demoRegion(),
    synthetic: false,
    region: { ...given, districts: [], partnerRegions: [] },
    departments: [],
    certificateTypes: [],
    personas: [],
    organisations: [],
  }
}

/** An array, an object with an array under this name, or one definition. */
function listIn(file: string, member: string): unknown[] {
  const value = jsonIn(file)
  if (Array.isArray(value)) return value
  const under = (value as Record<string, unknown> | null)?.[member]
  return Array.isArray(under) ? under : [value]
}

/** Refuses FILE_UNREADABLE and what `parseJson` refuses, with the file's name. */
export function jsonIn(file: string): unknown {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch {
    throw new Refusal('FILE_UNREADABLE', `${file} cannot be read`, { field: file })
  }
  try {
    return parseJson(bytes, { maxBytes: MAX_FILE })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal(error.code, `${file}: ${error.message}`, { ...error.details, field: file })
  }
}

const wrong = (field: string, expected: string) =>
  new Refusal('INIT_ANSWERS', `the answers cannot be used: ${field}: ${expected}`, { field, expected })
