/**
 * Writing to the registry on chain: each verb is one intent, done when the contract says so, whoever did it.
 */
import { getBytes, id } from 'ethers'
import { toHex } from '../../protocol/bytes.ts'
import { covers } from '../../protocol/chain-view.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentId, statusListId } from '../../protocol/snapshot.ts'
import { INTERFACES, typedDigest } from '../chain/contracts.ts'
import { bringAbout, type Account } from '../chain/transactions.ts'
import { ContractRevert, contractReader } from '../chain/view.ts'
import type { ContractName } from '../../protocol/chain-view.ts'
import { addressOf, type SigningContext } from '../keys/provider.ts'
import { nowSeconds, presentTime, type World } from '../world.ts'

type RegistryWorld = Pick<World, 'chain' | 'keys' | 'clock'>

export const PURPOSE = { issuing: 1, authority: 2 } as const
export const ALGORITHM = { ES256: 1, EdDSA: 2, signer: 3 } as const
/** Type code of the permit to notarize records (docs/formats.md §13). */
export const RECORD_TYPE = 'RECORD'
/** How long a signed order stays good for the chain: longer than any outage that we promise to bridge. */
const ORDER_LIFETIME_SECONDS = 30 * 24 * 3600

/** Admits a department; a no-op when it is listed. */
export async function admitOnChain(
  world: RegistryWorld,
  department: { uscc: string; did: string },
): Promise<void> {
  const { uscc, did } = department
  await send(
    world,
    world.chain.governance,
    `admit:${uscc}`,
    'DepartmentRegistry',
    'admitDepartment',
    [uscc, did],
    async () => (await world.chain.view().departmentOf(departmentId(uscc))) !== null,
  )
}

/** Registers a public key in full; a no-op when it is registered. `keyId` is how it will be asked for. */
export async function addKeyOnChain(
  world: RegistryWorld,
  key: { uscc: string; purpose: number; algorithm: number; publicKey: Uint8Array; keyId: string },
): Promise<void> {
  const call = [departmentId(key.uscc), key.purpose, key.algorithm, toHex(key.publicKey), 0, 0]
  await send(
    world,
    world.chain.governance,
    `key:${key.keyId}`,
    'DepartmentRegistry',
    'addKey',
    call,
    async () => (await world.chain.view().keyOf(key.keyId)) !== null,
  )
}

/** Gives the permit for a type in a region; a no-op when the department holds it now. */
export async function grantPermitOnChain(
  world: RegistryWorld,
  uscc: string,
  typeCode: string,
  region: string,
): Promise<void> {
  const department = departmentId(uscc)
  const purpose = `permit:${region}:${typeCode}:${uscc}`
  await send(
    world,
    world.chain.governance,
    purpose,
    'DepartmentRegistry',
    'grantPermit',
    [department, typeCode, region],
    async () => {
      const view = world.chain.view()
      const time = await presentTime(world)
      const periods = await view.permitsOf(typeCode, region)
      return periods.some(period => period.department === department && covers(period, time))
    },
  )
}

/** Registers the committed next key; a no-op when it is registered. */
export async function activateKeyOnChain(
  world: RegistryWorld,
  key: { uscc: string; purpose: number; algorithm: number; publicKey: Uint8Array; keyId: string },
): Promise<void> {
  await send(
    world,
    world.chain.relayer,
    `key:${key.keyId}`,
    'DepartmentRegistry',
    'activateNextKey',
    [departmentId(key.uscc), key.purpose, key.algorithm, toHex(key.publicKey)],
    async () => (await world.chain.view().keyOf(key.keyId)) !== null,
  )
}

/** Commits the next key of a purpose; a no-op when it is committed. */
export async function commitKeyOnChain(
  world: RegistryWorld,
  { uscc, purpose, keyId }: { uscc: string; purpose: number; keyId: string },
): Promise<void> {
  const department = departmentId(uscc)
  await send(
    world,
    world.chain.governance,
    `next-key:${keyId}`,
    'DepartmentRegistry',
    'commitNextKey',
    [department, purpose, keyId],
    async () => {
      const read = contractReader(world.chain.rpc, world.chain.deployment.contracts, 'latest')
      const [committed] = await read('DepartmentRegistry', 'nextKeyOf', [department, purpose])
      return committed === keyId
    },
  )
}

/** Sets when a key ends; a no-op when it ends then. */
export async function retireKeyOnChain(
  world: RegistryWorld,
  { keyId, signUntil, anchorUntil }: { keyId: string; signUntil: number; anchorUntil: number },
): Promise<void> {
  await send(
    world,
    world.chain.governance,
    `retire:${keyId}:${signUntil}:${anchorUntil}`,
    'DepartmentRegistry',
    'retireKey',
    [keyId, signUntil, anchorUntil],
    async () => {
      const key = await world.chain.view().keyOf(keyId)
      return key?.signUntil === signUntil && key.anchorUntil === anchorUntil
    },
  )
}

/** Declares a key compromised; a no-op when it is, since then or earlier. */
export async function compromiseKeyOnChain(
  world: RegistryWorld,
  keyId: string,
  since: number,
): Promise<void> {
  await send(
    world,
    world.chain.governance,
    `compromise:${keyId}:${since}`,
    'DepartmentRegistry',
    'declareCompromised',
    [keyId, since],
    async () => {
      const declared = (await world.chain.view().keyOf(keyId))?.compromisedSince ?? 0
      return declared !== 0 && declared <= since
    },
  )
}

/** Suspends a department, or ends its suspension, with the next block; a no-op when it is so. */
export async function suspendOnChain(
  world: RegistryWorld,
  uscc: string,
  shallBeSuspended: boolean,
): Promise<void> {
  const department = departmentId(uscc)
  const suspensions = async () => (await world.chain.view().departmentOf(department))?.suspensions ?? []
  const isSuspended = (intervals: { until: number }[]) => intervals.some(({ until }) => until === 0)
  await send(
    world,
    world.chain.governance,
    `${shallBeSuspended ? 'suspend' : 'resume'}:${uscc}:${(await suspensions()).length}`,
    'DepartmentRegistry',
    shallBeSuspended ? 'suspendDepartment' : 'resumeDepartment',
    [department],
    async () => isSuspended(await suspensions()) === shallBeSuspended,
  )
}

/** Sets when the present tenure of a permit ends; a no-op when it ends then or before. */
export async function endPermitOnChain(
  world: RegistryWorld,
  permit: { typeCode: string; region: string; until: number },
): Promise<void> {
  const { typeCode, region, until } = permit
  await send(
    world,
    world.chain.governance,
    `permit-end:${region}:${typeCode}:${until}`,
    'DepartmentRegistry',
    'endPermit',
    [typeCode, region, until],
    async () => {
      const last = (await world.chain.view().permitsOf(typeCode, region)).at(-1)
      return last !== undefined && last.until !== 0 && last.until <= until
    },
  )
}

/** Opens a status list by an order that the department's authority key signed; a no-op when it is open. */
export async function openListOnChain(
  world: RegistryWorld,
  uscc: string,
  number: number,
  authority: string,
): Promise<void> {
  const department = departmentId(uscc)
  const deadline = nowSeconds(world) + ORDER_LIFETIME_SECONDS
  const message = { department, number, deadline }
  const digest = typedDigest('OpenList', message, world.chain.deployment)
  const signer = await authoritySigner(world, authority)
  const context = orderContext(world, 'OpenList', message, number)
  const signature = await world.keys.signDigest(authority, getBytes(digest), context)
  const call = [department, number, signer, deadline, toHex(signature)]
  await send(
    world,
    world.chain.relayer,
    `list:${uscc}:${number}`,
    'StatusRegistry',
    'openList',
    call,
    async () => {
      const read = contractReader(world.chain.rpc, world.chain.deployment.contracts, 'latest')
      const [open] = await read('StatusRegistry', 'isOpen', [statusListId(uscc, number)])
      return open as boolean
    },
  )
}

/**
 * The lowest number, counted from `from`, under which the department has no list on chain. Another gateway may have opened lists of it: two
 * certificates must not share a place.
 */
export async function freeListNumber(
  { chain }: Pick<World, 'chain'>,
  uscc: string,
  from: number,
): Promise<number> {
  const read = contractReader(chain.rpc, chain.deployment.contracts, 'latest')
  for (let number = from; ; number++) {
    const [open] = await read('StatusRegistry', 'isOpen', [statusListId(uscc, number)])
    if (open !== true) return number
  }
}

/** Gives a role to an account; a no-op when it has it. */
export async function grantRoleOnChain(
  world: RegistryWorld,
  contract: ContractName,
  role: string,
  account: string,
): Promise<void> {
  const roleId = id(role)
  const read = contractReader(world.chain.rpc, world.chain.deployment.contracts, 'latest')
  await send(
    world,
    world.chain.governance,
    `role:${contract}:${role}:${account}`,
    contract,
    'grantRole',
    [roleId, account],
    async () => {
      const [has] = await read(contract, 'hasRole', [roleId, account])
      return has as boolean
    },
  )
}

/** The `signer` bytes (0x-hex) of an authority key: its account address. */
export async function authoritySigner(world: Pick<World, 'keys'>, authority: string): Promise<string> {
  return addressOf(await world.keys.publicKey(authority))
}

/** What a signer of its own mind is told of an order: the message itself, and where it is to be executed. */
export function orderContext(
  world: Pick<World, 'chain'>,
  type: 'Order' | 'OpenList',
  message: Readonly<Record<string, unknown>>,
  list: number,
): SigningContext {
  const { chain, contracts } = world.chain.deployment
  const { address: contract } = contracts.StatusRegistry
  return { kind: 'order', type, message, chainId: chain.chainId, contract, list }
}

export function orderDeadline(world: Pick<World, 'clock'>): number {
  return nowSeconds(world) + ORDER_LIFETIME_SECONDS
}

async function send(
  world: Pick<World, 'chain'>,
  account: Account,
  purpose: string,
  contract: ContractName,
  method: string,
  call: unknown[],
  isDone: () => Promise<boolean>,
): Promise<void> {
  try {
    await bringAbout(world.chain.transactions, account, {
      purpose,
      to: world.chain.deployment.contracts[contract].address,
      data: INTERFACES[contract].encodeFunctionData(method, call),
      isDone,
    })
  } catch (error) {
    if (!(error instanceof ContractRevert)) throw error
    if (error.error === 'PermitHeld') {
      throw new Refusal('PERMIT_HELD', 'another department holds this permit', { field: 'department' })
    }
    throw new Refusal('REGISTRY_REFUSED', `the registry on chain refused: ${error.error ?? 'no reason'}`, {
      found: error.error ?? 'REVERTED',
    })
  }
}
