/**
 * A department as the registry on chain has it, and its permits. A permit is asked for by the short code of its type; the catalogue
 * says which long code that is.
 */
import { Refusal } from '../../protocol/refusal.ts'
import { covers } from '../../protocol/chain-view.ts'
import { contractReader } from '../chain/view.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import type { DepartmentRow } from '../store/store.ts'
import { presentTime, type World } from '../world.ts'
import { keyStates } from './change-keys.ts'
import { endPermitOnChain, grantPermitOnChain, PURPOSE, RECORD_TYPE } from './registry.ts'
import { changeStanding } from './standing.ts'

type RegistrationWorld = Pick<World, 'store' | 'keys' | 'chain' | 'clock' | 'region'>

/**
 * Keys (newest first), suspensions, and every tenure of a permit for a type of this catalogue. `keysElsewhere`: what the registry has of
 * the department and this gateway cannot sign with, because it is lost or another gateway has it. Refuses DEPARTMENT_NOT_FOUND.
 */
export async function registrationOf(world: RegistrationWorld, { uscc }: DepartmentRow) {
  const view = world.chain.view()
  const listed = await view.departmentOf(departmentId(uscc))
  const keys = [
    ...(await keyStates(world, { uscc }, 'issuing')),
    ...(await keyStates(world, { uscc }, 'authority')),
  ]
  const permits = []
  for (const { type, typeCode } of await typesWithPermits(world)) {
    for (const { department, from, until } of await view.permitsOf(typeCode, world.region)) {
      if (department === departmentId(uscc))
        permits.push({ type, typeCode, region: world.region, from, until })
    }
  }
  return {
    uscc,
    suspensions: listed?.suspensions ?? [],
    keys: keys.map(({ keyId, purpose, generation, state, registered }) => ({
      keyId,
      purpose,
      generation,
      state,
      addedAt: registered?.addedAt ?? 0,
      signUntil: registered?.signUntil ?? 0,
      anchorUntil: registered?.anchorUntil ?? 0,
      compromisedSince: registered?.compromisedSince ?? 0,
    })),
    keysElsewhere: await keysElsewhere(world, uscc, new Set(keys.map(({ keyId }) => keyId))),
    permits,
  }
}

/** Questions at once to the node. */
const AT_ONCE = 20

/** The registry counts keys and knows none by its department, so all of them are asked for. */
async function keysElsewhere(world: RegistrationWorld, uscc: string, onHand: ReadonlySet<string>) {
  const { rpc, deployment } = world.chain
  const read = contractReader(rpc, deployment.contracts, 'latest')
  const view = world.chain.view()
  const [count] = await read('DepartmentRegistry', 'keyCount', [])
  const found = []
  for (let from = 0; from < Number(count); from += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, Number(count) - from) }, (_, i) => from + i)
    const keys = await Promise.all(
      indices.map(async index => {
        const [keyId] = (await read('DepartmentRegistry', 'keyIdAt', [index])) as [string]
        return { keyId, registered: onHand.has(keyId) ? null : await view.keyOf(keyId) }
      }),
    )
    for (const { keyId, registered } of keys) {
      if (registered === null || registered.department !== departmentId(uscc)) continue
      const { purpose, addedAt, signUntil, anchorUntil, compromisedSince } = registered
      found.push({
        keyId,
        purpose: purpose === PURPOSE.issuing ? ('issuing' as const) : ('authority' as const),
        addedAt,
        signUntil,
        anchorUntil,
        compromisedSince,
      })
    }
  }
  return found
}

/** Gives a permit; a no-op when the department holds it. Refuses TYPE_NOT_FOUND and PERMIT_HELD. */
export async function givePermit(
  world: RegistrationWorld,
  { uscc }: DepartmentRow,
  type: string,
): Promise<void> {
  const typeCode = await typeCodeOf(world, type)
  await changeStanding(world, { uscc }, () => grantPermitOnChain(world, uscc, typeCode, world.region))
}

/** Ends a permit. Refuses TYPE_NOT_FOUND, PERMIT_NOT_HELD, and REGISTRY_REFUSED for an end in the past or after the one that is set. */
export async function endPermit(
  world: RegistrationWorld,
  { uscc }: DepartmentRow,
  type: string,
  until: number,
): Promise<void> {
  const typeCode = await typeCodeOf(world, type)
  const view = world.chain.view()
  const time = await presentTime(world)
  const periods = await view.permitsOf(typeCode, world.region)
  if (!periods.some(period => period.department === departmentId(uscc) && covers(period, time))) {
    throw new Refusal('PERMIT_NOT_HELD', 'the department does not hold this permit', { field: 'type' })
  }
  await changeStanding(world, { uscc }, () =>
    endPermitOnChain(world, { typeCode, region: world.region, until }),
  )
}

async function typesWithPermits(world: Pick<World, 'store'>): Promise<{ type: string; typeCode: string }[]> {
  const types = await world.store.types()
  return [
    ...types.map(({ code, typeCode }) => ({ type: code, typeCode })),
    { type: RECORD_TYPE, typeCode: RECORD_TYPE },
  ]
}

async function typeCodeOf(world: Pick<World, 'store'>, type: string): Promise<string> {
  const found = (await typesWithPermits(world)).find(one => one.type === type)
  if (found !== undefined) return found.typeCode
  throw new Refusal('TYPE_NOT_FOUND', `there is no certificate type ${type.slice(0, 40)}`, { field: 'type' })
}
