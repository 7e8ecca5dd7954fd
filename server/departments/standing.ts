/**
 * Whether a department may sign now: its key and its permit as the chain has them, at the later of the newest block's time and
 * our clock. A chain on which nothing happens makes no blocks, and an end of a key or permit comes all the same.
 *
 * The chain is asked at most every few seconds, once for all who ask meanwhile. What is kept is what it said and not what
 * followed from it, so no end is passed by. When it cannot be asked, what it last said counts as long as our promises reach
 * (`maxDelaySeconds`); after that issuing stops with 503 rather than making certificates that may turn out worthless.
 */
import { covers, type PermitPeriod, type RegisteredDepartment } from '../../protocol/chain-view.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { Unavailable } from '../http/problem.ts'
import type { DepartmentRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { keyInForce, keysOf, type DepartmentKey } from './department-keys.ts'

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
  blockTime: number
  keys: DepartmentKey[]
  authorities: DepartmentKey[]
  listed: RegisteredDepartment | null
  permits: PermitPeriod[] | null
}

interface Known {
  last: Facts | null
  /** The question that is on its way. */
  asking: Promise<Facts> | null
}

const FRESH_MS = 5_000
const answers = new WeakMap<object, Map<string, Known>>()

/**
 * To be called after keys or permits were changed: the next question goes to the chain, and an answer that is on its way is not kept.
 */
export function forgetStanding(world: Pick<World, 'store'>): void {
  answers.delete(world.store)
}

/**
 * The key to sign with, for certificates of a type; `typeCode` null asks for no permit (status orders outlive permits). Refuses KEY_NOT_IN_FORCE, DEPARTMENT_SUSPENDED or PERMIT_NOT_HELD; `Unavailable` CHAIN_UNREACHABLE
 * when nobody can say.
 */
export async function assertMayIssue(
  world: StandingWorld,
  department: DepartmentRow,
  typeCode: string | null,
): Promise<Standing> {
  return standingBy(await factsOf(world, department, typeCode), department, nowSeconds(world))
}

async function factsOf(
  world: StandingWorld,
  department: DepartmentRow,
  typeCode: string | null,
): Promise<Facts> {
  const known = answers.get(world.store) ?? new Map<string, Known>()
  answers.set(world.store, known)
  const name = `${department.uscc} ${typeCode}`
  const entry = known.get(name) ?? { last: null, asking: null }
  known.set(name, entry)
  const isWithin = (milliseconds: number) =>
    entry.last !== null && world.clock() - entry.last.askedAt <= milliseconds
  if (entry.last !== null && isWithin(FRESH_MS)) return entry.last
  entry.asking ??= askChain(world, department, typeCode)
    .then(facts => (entry.last = facts))
    .finally(() => {
      entry.asking = null
    })
  try {
    return await entry.asking
  } catch (error) {
    if (entry.last !== null && isWithin(world.config.maxDelaySeconds * 1000)) return entry.last
    if (error instanceof ChainUnreachable) throw new Unavailable('CHAIN_UNREACHABLE', 10)
    throw error
  }
}

async function askChain(
  world: StandingWorld,
  { uscc }: DepartmentRow,
  typeCode: string | null,
): Promise<Facts> {
  const askedAt = world.clock()
  const view = world.chain.view()
  const [keys, authorities, listed, permits, { time: blockTime }] = await Promise.all([
    keysOf(world, uscc, 'issuing'),
    keysOf(world, uscc, 'authority'),
    view.departmentOf(departmentId(uscc)),
    typeCode === null ? null : view.permitsOf(typeCode, world.region),
    view.head(),
  ])
  return { askedAt, blockTime, keys, authorities, listed, permits }
}

function standingBy(facts: Facts, { uscc, did, code }: DepartmentRow, now: number): Standing {
  const { keys, authorities, listed, permits } = facts
  const time = Math.max(facts.blockTime, now)
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
