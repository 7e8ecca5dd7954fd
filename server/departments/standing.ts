/**
 * Whether a department may sign now: its key and its permit as the chain has them.
 *
 * The chain is asked at most every few seconds. When it cannot be asked, the last answer counts as long as our promises reach
 * (`maxDelaySeconds`); after that issuing stops with 503 rather than making certificates that may turn out worthless.
 */
import { covers } from '../../protocol/chain-view.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { Unavailable } from '../http/problem.ts'
import type { DepartmentRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { keyInForce, keysOf } from './department-keys.ts'

export interface Standing {
  keyName: string
  did: string
  uscc: string
  /** RFC 7638, base64url. */
  thumbprint: string
  /** Name of the authority key in force; null when there is none. */
  authority: string | null
}

const FRESH_MS = 5_000
const answers = new WeakMap<
  object,
  Map<string, { at: number; refusal: Refusal | null; standing: Standing }>
>()

/** To be called after keys or permits were changed: the next question goes to the chain. */
export function forgetStanding(world: Pick<World, 'store'>): void {
  answers.delete(world.store)
}

/**
 * The key to sign with, for certificates of a type; `typeCode` null asks for no permit (status orders outlive permits). Refuses KEY_NOT_IN_FORCE, DEPARTMENT_SUSPENDED or PERMIT_NOT_HELD; `Unavailable` CHAIN_UNREACHABLE
 * when nobody can say.
 */
export async function assertMayIssue(
  world: Pick<World, 'store' | 'keys' | 'chain' | 'clock' | 'config' | 'region'>,
  department: DepartmentRow,
  typeCode: string | null,
): Promise<Standing> {
  const known = answers.get(world.store) ?? new Map<string, never>()
  answers.set(world.store, known)
  const name = `${department.uscc} ${typeCode}`
  let last = known.get(name)
  if (last === undefined || world.clock() - last.at > FRESH_MS) {
    try {
      last = { at: world.clock(), ...(await askChain(world, department, typeCode)) }
      known.set(name, last)
    } catch (error) {
      const reach = world.config.maxDelaySeconds * 1000
      if (last === undefined || world.clock() - last.at > reach) {
        if (error instanceof ChainUnreachable) throw new Unavailable('CHAIN_UNREACHABLE', 10)
        throw error
      }
    }
  }
  if (last.refusal !== null) throw last.refusal
  return last.standing
}

async function askChain(
  world: Pick<World, 'keys' | 'chain' | 'region'>,
  { uscc, did, code }: DepartmentRow,
  typeCode: string | null,
): Promise<{ refusal: Refusal | null; standing: Standing }> {
  const view = world.chain.view()
  const [keys, authorities, listed, permits, { time }] = await Promise.all([
    keysOf(world, uscc, 'issuing'),
    keysOf(world, uscc, 'authority'),
    view.departmentOf(departmentId(uscc)),
    typeCode === null ? null : view.permitsOf(typeCode, world.region),
    view.head(),
  ])
  const key = keyInForce(keys, time)
  const { name: keyName, publicKey } = key ?? keys.at(-1)!
  const authority = keyInForce(authorities, time)?.name ?? null
  const standing = { keyName, did, uscc, thumbprint: thumbprint(publicKey)!, authority }
  const refuse = (reason: string, message: string) => ({
    refusal: new Refusal(reason, message, { field: 'department', found: code }),
    standing,
  })
  if (key === null) return refuse('KEY_NOT_IN_FORCE', 'the signing key of the department is not in force')
  if (listed === null || listed.suspensions.some(suspension => covers(suspension, time))) {
    return refuse('DEPARTMENT_SUSPENDED', 'the department is suspended')
  }
  const holds =
    permits === null ||
    permits.some(permit => permit.department === departmentId(uscc) && covers(permit, time))
  if (!holds)
    return refuse('PERMIT_NOT_HELD', 'the department does not hold the permit for this type in this region')
  return { refusal: null, standing }
}
