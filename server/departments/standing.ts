/**
 * Whether a department may sign now: its key and its permit as the chain has them, at the later of the newest block's time and
 * our clock. A chain on which nothing happens makes no blocks, and an end of a key or permit comes all the same.
 *
 * The chain is asked at most every few seconds, once for all who ask meanwhile. What is kept is what it said and not what
 * followed from it, so no end is passed by; it is kept in the store too, with the block that it is from, so that a gateway which is
 * started while the chain is away knows it. When the chain cannot be asked, what it last said counts as long as we accept without
 * a chain; what it never said is refused.
 */
import { fromHex, toHex } from '../../protocol/bytes.ts'
import {
  covers,
  type PermitPeriod,
  type RegisteredDepartment,
  type RegisteredKey,
} from '../../protocol/chain-view.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { Unavailable } from '../http/problem.ts'
import type { DepartmentRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { assertAccepting, downTooLong } from './accepting.ts'
import { keyInForce, keysOf, keysOnHand, type DepartmentKey, type KeyOnHand } from './department-keys.ts'
import { RECORD_TYPE } from './registry.ts'

export interface Standing {
  keyName: string
  did: string
  uscc: string
  /** RFC 7638, base64url. */
  thumbprint: string
  /** Name of the authority key in force; null when there is none. */
  authority: string | null
}

type StandingWorld = Pick<World, 'store' | 'keys' | 'chain' | 'clock' | 'config' | 'region'>

/** What the chain said of a department and, unless no permit was asked for, of the permit of a type. */
interface Facts {
  /** When it was asked, by our clock. */
  askedAt: number
  /** At which it was asked. */
  block: { number: number; hash: string; time: number }
  keys: DepartmentKey[]
  authorities: DepartmentKey[]
  listed: RegisteredDepartment | null
  permits: PermitPeriod[] | null
}

interface Known {
  /** From the chain, or from the store when the chain was not asked yet. */
  last: Facts | null
  /** The question that is on its way. */
  asking: Promise<Facts> | null
  /** When the chain could not be asked the last time, by our clock. */
  failedAt: number | null
  /** What the store has, and since when. */
  saved: { text: string; askedAt: number } | null
}

const FRESH_MS = 5_000
/** A chain that could not be asked is left alone this long by those who have an answer. */
const FAILED_MS = 2_000
/** Who has an answer waits no longer for a newer one. */
const PATIENCE_MS = 1_000
/** How often everything that was ever asked is asked again, so that what counts during an outage is not from long before it. */
export const REFRESH_MS = 300_000
/** The store is not written for each time that the chain said the same again. */
const SAVE_EVERY_MS = 60_000

const sweptAt = new WeakMap<object, number>()
const answers = new WeakMap<object, Map<string, Known>>()
const nameOf = (uscc: string, typeCode: string | null) => `${uscc}:${typeCode ?? ''}`
const epochSetting = (uscc: string) => `standing.epoch:${uscc}`

/**
 * Changes keys or permits of a department on chain. What was kept of the chain's word counts neither after this returned nor when it is
 * cut short: the next question goes to the chain, and an answer that is on its way is not kept.
 */
export async function changeStanding<T>(
  world: Pick<World, 'store'>,
  { uscc }: Pick<DepartmentRow, 'uscc'>,
  change: () => Promise<T>,
): Promise<T> {
  await forgetStanding(world, uscc)
  try {
    return await change()
  } finally {
    await forgetStanding(world, uscc)
  }
}

/** From now on nothing that the chain said of any department before counts. */
export async function forgetStandings(world: Pick<World, 'store'>): Promise<void> {
  for (const { uscc } of await world.store.departments()) await forgetStanding(world, uscc)
}

/** From now on nothing that the chain said of a department before counts, here and after a restart. */
export async function forgetStanding({ store }: Pick<World, 'store'>, uscc: string): Promise<void> {
  const forget = () => {
    for (const name of answers.get(store)?.keys() ?? [])
      if (name.startsWith(`${uscc}:`)) answers.get(store)?.delete(name)
  }
  forget()
  sweptAt.delete(store)
  const epoch = Number((await store.setting(epochSetting(uscc))) ?? 0)
  await store.saveSetting(epochSetting(uscc), String(epoch + 1))
  forget()
}

/**
 * The key to sign with, for certificates of a type; `typeCode` null asks for no permit (status orders outlive permits). Refuses KEY_NOT_IN_FORCE, DEPARTMENT_SUSPENDED or PERMIT_NOT_HELD; `Unavailable` CHAIN_UNREACHABLE
 * when nobody can say, and CHAIN_DOWN_TOO_LONG when the chain has been away for longer than we accept without it.
 */
export async function assertMayIssue(
  world: StandingWorld,
  department: DepartmentRow,
  typeCode: string | null,
): Promise<Standing> {
  await assertAccepting(world)
  return standingBy(await factsOf(world, department, typeCode), department, nowSeconds(world))
}

/**
 * Asks the chain again for every department and type of this gateway whose last answer is old; what is asked for the first time is
 * asked here before anybody needs it. Stops at the first question that the chain cannot answer.
 */
export async function refreshStandings(world: StandingWorld): Promise<void> {
  const last = sweptAt.get(world.store)
  if (last !== undefined && Math.abs(world.clock() - last) < FRESH_MS) return
  sweptAt.set(world.store, world.clock())
  const types = await world.store.types()
  for (const department of await world.store.departments()) {
    const own = types.filter(type => type.department === department.code).map(({ typeCode }) => typeCode)
    const notary = department.roles.includes('operator') ? [RECORD_TYPE] : []
    for (const typeCode of [null, ...own, ...notary]) {
      const entry = await entryOf(world, department, typeCode)
      const age = entry.last === null ? Infinity : Math.abs(world.clock() - entry.last.askedAt)
      if (age >= REFRESH_MS) await ask(world, entry, department, typeCode)
    }
  }
}

async function factsOf(
  world: StandingWorld,
  department: DepartmentRow,
  typeCode: string | null,
): Promise<Facts> {
  const entry = await entryOf(world, department, typeCode)
  const { last } = entry
  if (last === null) return ask(world, entry, department, typeCode).catch(asUnavailable)
  // A clock that was set back makes an answer old, not new for ever.
  const within = (since: number, ms: number) => world.clock() - since <= ms && world.clock() >= since
  if (within(last.askedAt, FRESH_MS)) return last

  const counts = world.clock() - last.askedAt <= world.config.acceptWithoutChainSeconds * 1000 + REFRESH_MS
  if (counts && entry.failedAt !== null && within(entry.failedAt, FAILED_MS)) return last
  const asked = ask(world, entry, department, typeCode)
  if (!counts) {
    return asked.catch(error => {
      if (!(error instanceof ChainUnreachable)) throw error
      throw downTooLong(
        'what the chain last said of the department is too old; nothing was accepted or changed',
      )
    })
  }
  return Promise.race([asked.catch(() => last), afterPatience(last)])
}

/** What is known of a department and type; at first what the store has from before the start. */
async function entryOf(
  world: StandingWorld,
  { uscc }: DepartmentRow,
  typeCode: string | null,
): Promise<Known> {
  const known = answers.get(world.store) ?? new Map<string, Known>()
  answers.set(world.store, known)
  const name = nameOf(uscc, typeCode)
  const there = known.get(name)
  if (there !== undefined) return there
  const entry: Known = { last: null, asking: null, failedAt: null, saved: null }
  known.set(name, entry)
  const text = await world.store.setting(settingOf(name))
  const facts = text === null ? null : await readFacts(world, uscc, text)
  if (entry.last === null && facts !== null) {
    entry.last = facts
    entry.saved = { text: contentOf(facts), askedAt: facts.askedAt }
  }
  return entry
}

/** Asks the chain, once for all who ask meanwhile, and keeps what it says. */
function ask(
  world: StandingWorld,
  entry: Known,
  department: DepartmentRow,
  typeCode: string | null,
): Promise<Facts> {
  entry.asking ??= askAndKeep(world, entry, department, typeCode).finally(() => {
    entry.asking = null
  })
  return entry.asking
}

async function askAndKeep(
  world: StandingWorld,
  entry: Known,
  department: DepartmentRow,
  typeCode: string | null,
): Promise<Facts> {
  const { uscc } = department
  const name = nameOf(uscc, typeCode)
  const isKept = () => answers.get(world.store)?.get(name) === entry
  try {
    const epoch = await world.store.setting(epochSetting(uscc))
    const facts = await askChain(world, department, typeCode)
    entry.last = facts
    entry.failedAt = null
    const text = contentOf(facts)
    const isOld = entry.saved === null || Math.abs(facts.askedAt - entry.saved.askedAt) >= SAVE_EVERY_MS
    if (isKept() && (isOld || entry.saved?.text !== text)) {
      await world.store.saveSetting(settingOf(name), formatFacts(facts, epoch))
      entry.saved = { text, askedAt: facts.askedAt }
    }
    return facts
  } catch (error) {
    entry.failedAt = world.clock()
    throw error
  }
}

const afterPatience = <T>(value: T) =>
  new Promise<T>(resolve => {
    setTimeout(() => resolve(value), PATIENCE_MS).unref()
  })

function asUnavailable(error: unknown): never {
  if (error instanceof ChainUnreachable) throw new Unavailable('CHAIN_UNREACHABLE', 10)
  throw error
}

async function askChain(
  world: StandingWorld,
  { uscc }: DepartmentRow,
  typeCode: string | null,
): Promise<Facts> {
  const askedAt = world.clock()
  const view = world.chain.view()
  const [keys, authorities, listed, permits, block] = await Promise.all([
    keysOf(world, uscc, 'issuing'),
    keysOf(world, uscc, 'authority'),
    view.departmentOf(departmentId(uscc)),
    typeCode === null ? null : view.permitsOf(typeCode, world.region),
    view.head(),
  ])
  return { askedAt, block, keys, authorities, listed, permits }
}

function standingBy(facts: Facts, { uscc, did, code }: DepartmentRow, now: number): Standing {
  const { keys, authorities, listed, permits } = facts
  const time = Math.max(facts.block.time, now)
  const refusal = (reason: string, message: string) =>
    new Refusal(reason, message, { field: 'department', found: code })
  const key = keyInForce(keys, time)
  if (key === null) throw refusal('KEY_NOT_IN_FORCE', 'the signing key of the department is not in force')
  if (listed === null || listed.suspensions.some(suspension => covers(suspension, time))) {
    throw refusal('DEPARTMENT_SUSPENDED', 'the department is suspended')
  }
  const holds =
    permits === null ||
    permits.some(permit => permit.department === departmentId(uscc) && covers(permit, time))
  if (!holds)
    throw refusal('PERMIT_NOT_HELD', 'the department does not hold the permit for this type in this region')
  const { name: keyName, publicKey } = key
  const authority = keyInForce(authorities, time)?.name ?? null
  return { keyName, did, uscc, thumbprint: thumbprint(publicKey)!, authority }
}

// ---- in the store

const settingOf = (name: string) => `standing:${name}`

/** Keys by their id, as the chain has them; which of them are on hand, the keystore says. */
interface SavedFacts {
  epoch: string | null
  askedAt: number
  block: Facts['block']
  keys: Record<string, SavedKey>
  listed: RegisteredDepartment | null
  permits: PermitPeriod[] | null
}

type SavedKey = Omit<RegisteredKey, 'publicKey'> & { publicKey: string }

function savedKeys({ keys, authorities }: Facts): SavedFacts['keys'] {
  return Object.fromEntries(
    [...keys, ...authorities].flatMap(({ keyId, registered }) =>
      registered === null ? [] : [[keyId, { ...registered, publicKey: toHex(registered.publicKey) }]],
    ),
  )
}

/** What is the same as long as the chain says the same. */
const contentOf = (facts: Facts): string => JSON.stringify([savedKeys(facts), facts.listed, facts.permits])

function formatFacts(facts: Facts, epoch: string | null): string {
  const { askedAt, block, listed, permits } = facts
  const saved: SavedFacts = { epoch, askedAt, block, keys: savedKeys(facts), listed, permits }
  return JSON.stringify(saved)
}

/** Null when something was changed on chain by us since. */
async function readFacts(
  world: Pick<World, 'store' | 'keys'>,
  uscc: string,
  text: string,
): Promise<Facts | null> {
  const { epoch, askedAt, block, keys: saved, listed, permits } = JSON.parse(text) as SavedFacts
  if (epoch !== (await world.store.setting(epochSetting(uscc)))) return null
  const registered = (key: KeyOnHand): DepartmentKey => {
    const found = saved[key.keyId]
    return {
      ...key,
      registered: found === undefined ? null : { ...found, publicKey: fromHex(found.publicKey)! },
    }
  }
  const keys = (await keysOnHand(world, uscc, 'issuing')).map(registered)
  const authorities = (await keysOnHand(world, uscc, 'authority')).map(registered)
  return { askedAt, block, keys, authorities, listed, permits }
}
