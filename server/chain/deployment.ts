/**
 * Deployment: the contracts of one gateway on one chain, deployed once and described in a file that verifiers can check
 * (addresses, chain id, genesis hash, code hashes).
 */
import { concat, getCreateAddress, AbiCoder } from 'ethers'
import { existsSync, readFileSync } from 'node:fs'
import { CONTRACT_NAMES, type ChainIdentity, type ContractName } from '../../protocol/chain-view.ts'
import { parseJson } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { hex, integer, literal, object } from '../../protocol/shape.ts'
import { contractsShape } from '../../protocol/trust.ts'
import type { Store } from '../store/store.ts'
import { BYTECODE, ERC7913_BYTECODE } from './contracts.ts'
import { writeFileDurably } from '../store/durable-file.ts'
import { bytesOf, type Rpc } from './rpc.ts'
import { bringAbout, type Account, type TransactionContext } from './transactions.ts'
import { chainIdentity } from './view.ts'

export interface Deployment {
  chain: { chainId: number; genesis: string }
  contracts: ChainIdentity['contracts']
  /** ERC-7913 verifiers, for P-256 and WebAuthn signers. */
  verifiers: { p256: string; webAuthn: string }
}

const address = hex(20)
const shape = object({
  format: literal('onceproof-deployment/1'),
  chain: object({ chainId: integer(1), genesis: hex(32) }),
  contracts: contractsShape,
  verifiers: object({ p256: address, webAuthn: address }),
})

/** Reads a deployment file; null when there is none; refuses DEPLOYMENT_SYNTAX. */
export function readDeployment(path: string): Deployment | null {
  if (!existsSync(path)) return null
  const value = parseJson(readFileSync(path))
  const wrong = shape(value)
  if (wrong !== null)
    throw new Refusal('DEPLOYMENT_SYNTAX', `${path} is not a deployment file`, { field: wrong })
  const { format: _, ...deployment } = value as unknown as Deployment & { format: string }
  return deployment
}

/**
 * Refuses to go on when what the node says it is is not the chain of the deployment: CHAIN_ID_WRONG, CHAIN_GENESIS_WRONG or
 * CHAIN_CODE_WRONG, saying which.
 */
export function assertSameChain(found: ChainIdentity, deployment: Deployment): void {
  const { chainId, genesis } = deployment.chain
  if (found.chainId !== chainId)
    throw wrongChain('CHAIN_ID_WRONG', 'chain id', String(chainId), String(found.chainId))
  if (found.genesis !== genesis)
    throw wrongChain('CHAIN_GENESIS_WRONG', 'genesis block', genesis, found.genesis)
  for (const name of CONTRACT_NAMES) {
    const expected = deployment.contracts[name].codeHash
    const { codeHash } = found.contracts[name]
    if (codeHash !== expected) throw wrongChain('CHAIN_CODE_WRONG', `code of ${name}`, expected, codeHash)
  }
}

const wrongChain = (code: string, what: string, expected: string, found: string) =>
  new Refusal(code, `this is another chain: its ${what} is ${found}, the deployment file says ${expected}`, {
    field: what,
    expected,
    found,
  })

/**
 * Deploys what is not yet deployed and writes the file last. Every contract is one intent in the outbox, so a crash
 * anywhere is continued by the next call, and a second call changes nothing.
 */
export async function deploy(
  context: TransactionContext & { store: Store },
  deployer: Account,
  admin: string,
  path: string,
): Promise<Deployment> {
  const existing = readDeployment(path)
  if (existing !== null) return existing

  const abi = AbiCoder.defaultAbiCoder()
  const adminDelay = 0
  const withAdmin = abi.encode(['uint48', 'address'], [adminDelay, admin])
  const registry = await deployOne(
    context,
    deployer,
    'DepartmentRegistry',
    concat([BYTECODE.DepartmentRegistry, withAdmin]),
  )
  const log = await deployOne(context, deployer, 'AnchorLog', concat([BYTECODE.AnchorLog, withAdmin]))
  const statusArguments = abi.encode(['address', 'uint48', 'address'], [registry, adminDelay, admin])
  const status = await deployOne(
    context,
    deployer,
    'StatusRegistry',
    concat([BYTECODE.StatusRegistry, statusArguments]),
  )
  const grants = await deployOne(context, deployer, 'GrantRegistry', BYTECODE.GrantRegistry)
  const verifiers = {
    p256: await deployOne(context, deployer, 'ERC7913P256Verifier', ERC7913_BYTECODE.p256),
    webAuthn: await deployOne(context, deployer, 'ERC7913WebAuthnVerifier', ERC7913_BYTECODE.webAuthn),
  }

  const addresses: Record<ContractName, { address: string }> = {
    DepartmentRegistry: { address: registry },
    AnchorLog: { address: log },
    StatusRegistry: { address: status },
    GrantRegistry: { address: grants },
  }
  const { chainId, genesis, contracts } = await chainIdentity(context.rpc, addresses)
  const deployment: Deployment = { chain: { chainId, genesis }, contracts, verifiers }
  writeDeployment(path, deployment)
  return deployment
}

/** Writes a deployment file; durable when it returns. */
export function writeDeployment(path: string, deployment: Deployment): void {
  const text = `${JSON.stringify({ format: 'onceproof-deployment/1', ...deployment }, null, 2)}\n`
  writeFileDurably(path, text, 0o644)
}

async function deployOne(
  context: TransactionContext & { store: Store },
  deployer: Account,
  name: string,
  code: string,
): Promise<string> {
  const setting = `deployed:${name}`
  const known = await context.store.setting(setting)
  if (known !== null && (await hasCode(context.rpc, known))) return known
  let created: string | null = null
  await bringAbout(context, deployer, {
    purpose: `deploy:${name}`,
    to: null,
    data: code,
    isDone: async nonce => {
      if (nonce === null) return false
      created = getCreateAddress({ from: deployer.address, nonce }).toLowerCase()
      if (!(await hasCode(context.rpc, created))) return false
      // Noted before the attempt is settled: afterwards its nonce, and with it the address, would be forgotten.
      await context.store.saveSetting(setting, created)
      return true
    },
  })
  return created!
}

async function hasCode(rpc: Rpc, at: string): Promise<boolean> {
  return bytesOf(await rpc.call('eth_getCode', [at, 'latest'])) !== '0x'
}
