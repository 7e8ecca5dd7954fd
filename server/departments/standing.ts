/**
 * Whether a department may sign now: its key and its permit as the chain has them.
 *
 * The chain is asked at most every few seconds. When it cannot be asked, the last answer counts as long as our promises reach
 * (`maxDelaySeconds`); after that issuing stops with 503 rather than making certificates that may turn out worthless.
 */
import { fromBase64url, toHex } from '../../protocol/bytes.ts'
import { covers } from '../../protocol/chain-view.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { Unavailable } from '../http/problem.ts'
import { issuingKey } from '../keys/names.ts'
import type { DepartmentRow } from '../store/store.ts'
import type { World } from '../world.ts'

export interface Standing {
  keyName: string
  did: string
  uscc: string
  /** RFC 7638, base64url. */
  thumbprint: string
}

const FRESH_MS = 5_000
const answers = new WeakMap<
  object,
  Map<string, { at: number; refusal: Refusal | null; standing: Standing }>
>()

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
  const keyName = issuingKey(uscc, 1)
  const print = thumbprint(await world.keys.publicKey(keyName))!
  const standing = { keyName, did, uscc, thumbprint: print }
  const view = world.chain.view()
  const [key, listed, permits, { time }] = await Promise.all([
    view.keyOf(toHex(fromBase64url(print)!)),
    view.departmentOf(departmentId(uscc)),
    typeCode === null ? null : view.permitsOf(typeCode, world.region),
    view.head(),
  ])
  const refuse = (reason: string, message: string) => ({
    refusal: new Refusal(reason, message, { field: 'department', found: code }),
    standing,
  })
  const ended = key !== null && ((key.signUntil !== 0 && time >= key.signUntil) || key.compromisedSince !== 0)
  if (key === null || ended)
    return refuse('KEY_NOT_IN_FORCE', 'the signing key of the department is not in force')
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
