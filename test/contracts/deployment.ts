import { concat, keccak256, toUtf8Bytes } from 'ethers'
import type { BaseContract, BaseContractMethod, Result } from 'ethers'
import type { HardhatEthers, HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types'
import { domainOf } from './typed-data.ts'
import type { Signer } from './signers.ts'

type Act = BaseContractMethod<unknown[]>
type View = BaseContractMethod<unknown[], Result, Result>
type Methods<Acts extends string, Views extends string> = BaseContract &
  Record<Acts, Act> &
  Record<Views, View>

export type Registry = Methods<
  | 'admitDepartment'
  | 'suspendDepartment'
  | 'resumeDepartment'
  | 'addKey'
  | 'retireKey'
  | 'declareCompromised'
  | 'commitNextKey'
  | 'activateNextKey'
  | 'grantPermit'
  | 'endPermit'
  | 'grantRole'
  | 'beginDefaultAdminTransfer',
  | 'departmentOf'
  | 'suspensionsOf'
  | 'isSuspendedAt'
  | 'keyOf'
  | 'nextKeyOf'
  | 'permitsOf'
  | 'permitHolderAt'
  | 'isAuthorityAt'
  | 'departmentCount'
  | 'departmentAt'
  | 'keyCount'
  | 'keyIdAt'
  | 'permitKeyCount'
  | 'permitKeyAt'
  | 'hasRole'
  | 'defaultAdmin'
  | 'defaultAdminDelay'
>

export type Log = Methods<
  'registerLog' | 'replaceLogKey' | 'setSuccessor' | 'anchor' | 'notarize' | 'grantRole',
  | 'logOf'
  | 'head'
  | 'checkpointCount'
  | 'checkpointAt'
  | 'checkpointsFrom'
  | 'checkpointOfSize'
  | 'firstCovering'
  | 'verifyInclusion'
  | 'notarizedAt'
  | 'logCount'
  | 'logAt'
  | 'eip712Domain'
>

export type Status = Methods<
  'openList' | 'execute' | 'handOver' | 'grantRole',
  | 'ownerOf'
  | 'isOpen'
  | 'statusOf'
  | 'suspendedBy'
  | 'words'
  | 'digestOf'
  | 'orderUsedAt'
  | 'listCount'
  | 'listAt'
  | 'registry'
  | 'eip712Domain'
>

export type Grants = Methods<
  'grant' | 'withdraw' | 'withdrawDirect' | 'withdrawAll' | 'withdrawAllDirect',
  'stateOf' | 'grantOf' | 'epochOf' | 'isActive' | 'digestOf' | 'eip712Domain'
>

export const ADMIN_DELAY = 3 * 24 * 3600

export type Deployment = Awaited<ReturnType<typeof deployContracts>>

/** All contracts as they are deployed in earnest: the deployer keeps no role, and each role has its own account. */
export async function deployContracts(ethers: HardhatEthers) {
  const [deployer, admin, registrar, guardian, logAdmin, listAdmin, relayer, stranger] =
    await ethers.getSigners()
  const accounts = {
    deployer: deployer!,
    admin: admin!,
    registrar: registrar!,
    guardian: guardian!,
    logAdmin: logAdmin!,
    listAdmin: listAdmin!,
    relayer: relayer!,
    stranger: stranger!,
  }
  const deploy = async <T extends BaseContract>(name: string, ...args: unknown[]): Promise<T> => {
    const contract = await ethers.deployContract(name, args)
    return contract.connect(accounts.relayer) as unknown as T
  }
  const governance = [ADMIN_DELAY, accounts.admin.address]
  const registry = await deploy<Registry>('DepartmentRegistry', ...governance)
  const log = await deploy<Log>('AnchorLog', ...governance)
  const status = await deploy<Status>('StatusRegistry', await registry.getAddress(), ...governance)
  const grants = await deploy<Grants>('GrantRegistry')
  const p256Verifier = await (await deploy('ERC7913P256Verifier')).getAddress()
  const webAuthnVerifier = await (await deploy('ERC7913WebAuthnVerifier')).getAddress()

  await by(accounts.admin, registry).grantRole(role('REGISTRAR_ROLE'), accounts.registrar.address)
  await by(accounts.admin, registry).grantRole(role('GUARDIAN_ROLE'), accounts.guardian.address)
  await by(accounts.admin, log).grantRole(role('LOG_ADMIN_ROLE'), accounts.logAdmin.address)
  await by(accounts.admin, status).grantRole(role('LIST_ADMIN_ROLE'), accounts.listAdmin.address)

  const { chainId } = await ethers.provider.getNetwork()
  return {
    ethers,
    registry,
    log,
    status,
    grants,
    p256Verifier,
    webAuthnVerifier,
    accounts,
    domains: {
      log: await domainOf(log, 'onceproof AnchorLog', chainId),
      status: await domainOf(status, 'onceproof StatusRegistry', chainId),
      grants: await domainOf(grants, 'onceproof GrantRegistry', chainId),
    },
  }
}

/** The same contract, called from another account. */
export function by<T extends BaseContract>(account: HardhatEthersSigner, contract: T): T {
  return contract.connect(account) as T
}

export function role(name: string): string {
  return keccak256(toUtf8Bytes(name))
}

/** Block time of the latest block, in seconds. */
export async function present({ ethers }: Pick<Deployment, 'ethers'>): Promise<number> {
  const block = await ethers.provider.getBlock('latest')
  return block!.timestamp
}

export const CIVIL_AFFAIRS = { uscc: '11330000002482082P', did: 'did:web:mz.example.gov' }
export const MARKET_REGULATION = { uscc: '11330000MB1668303U', did: 'did:web:scjg.example.gov' }

/** Admits a department and returns its id. */
export async function admit(
  { registry, accounts }: Deployment,
  department: { uscc: string; did: string },
): Promise<string> {
  await by(accounts.registrar, registry).admitDepartment(department.uscc, department.did)
  return keccak256(toUtf8Bytes(department.uscc))
}

/** Registers an authority key of a department with open ends and returns its id. */
export async function addAuthority(
  { registry, accounts }: Deployment,
  department: string,
  { signer }: Signer,
): Promise<string> {
  await by(accounts.registrar, registry).addKey(department, 2, 3, signer, 0, 0)
  return keccak256(signer)
}

/** Bytes of ASCII text that stand for some digest. */
export function bytes32(name: string): string {
  return keccak256(toUtf8Bytes(name))
}

export const ZERO = `0x${'00'.repeat(32)}`

/** An account as a `bytes signer` of 20 bytes. */
export function accountBytes(account: HardhatEthersSigner): string {
  return concat([account.address])
}
