/**
 * Gas of a checkpoint, with its consistency proof, on a large log, whatever it covers: a second log on the gateway's own chain whose leaves
 * are all alike, so that real proofs need no leaves.
 */
import { getBytes } from 'ethers'
import { toHex } from '../../protocol/bytes.ts'
import {
  consistencyProof,
  leafHash,
  nodeHash,
  proofFrom,
  rootNodes,
  type NodeRef,
} from '../../protocol/log.ts'
import { invariant } from '../../protocol/refusal.ts'
import { INTERFACES, typedDigest } from '../../server/chain/contracts.ts'
import { logId } from '../../server/chain/log-id.ts'
import { quantityToNumber } from '../../server/chain/rpc.ts'
import { bringAbout, type Account, type Intent } from '../../server/chain/transactions.ts'
import { LOG_KEY } from '../../server/keys/names.ts'
import { addressOf } from '../../server/keys/provider.ts'
import type { Gateway } from './gateway.ts'
import { atMost, type Row } from './rows.ts'

const ORIGIN = 'bench.example/log'

export async function measureGas(
  gateway: Gateway,
  { size: start, batches }: { size: number; batches: readonly number[] },
): Promise<Row[]> {
  const { chain, keys } = gateway.world
  const contract = chain.deployment.contracts.AnchorLog.address
  const encode = (method: string, args: unknown[]) => INTERFACES.AnchorLog.encodeFunctionData(method, args)
  const logKey = addressOf(await keys.publicKey(LOG_KEY))
  await gasOf(gateway, chain.governance, contract, encode('registerLog', [ORIGIN, logKey]))

  const anchor = async (from: number, size: number) => {
    const root = toHex(rootAt(size))
    const digest = typedDigest('Checkpoint', { log: logId(ORIGIN), size, root }, chain.deployment)
    const signature = toHex(await keys.signDigest(LOG_KEY, getBytes(digest)))
    const proof = from === 0 ? [] : consistencyProof(from, size, nodes)
    const call = encode('anchor', [logId(ORIGIN), size, root, proof.map(toHex), signature])
    return { gas: await gasOf(gateway, chain.relayer, contract, call), hashes: proof.length }
  }
  const plain = await gasOf(gateway, chain.relayer, chain.relayer.address, `0x${'11'.repeat(32)}`)
  await anchor(0, start)
  const rows: Row[] = []
  let from = start
  for (const batch of batches) {
    const { gas, hashes } = await anchor(from, from + batch)
    from += batch
    rows.push(
      atMost(
        {
          name: `checkpoint over ${batch.toLocaleString('en')} new leaves`,
          ours: gas,
          baseline: plain,
          unit: 'gas',
          note: `log of ${start.toLocaleString('en')} leaves, consistency proof of ${hashes} hashes; baseline: a plain transaction with 32 bytes`,
        },
        150_000,
      ),
    )
  }
  return rows
}

/** Gas used by a transaction that is alone in its block. */
async function gasOf(gateway: Gateway, account: Account, to: string, data: string): Promise<number> {
  const { rpc, transactions } = gateway.world.chain
  const sent = async () =>
    quantityToNumber(await rpc.call('eth_getTransactionCount', [account.address, 'latest']))
  const before = await sent()
  const purpose = `bench:${account.address}:${before}`
  const isDone: Intent['isDone'] = async () => (await sent()) > before
  await bringAbout(transactions, account, { purpose, to, data, isDone })
  const block = (await rpc.call('eth_getBlockByNumber', ['latest', false])) as {
    gasUsed: string
    transactions: string[]
  }
  const [hash] = block.transactions
  const receipt = (await rpc.call('eth_getTransactionReceipt', [hash])) as { status: string }
  invariant(
    block.transactions.length === 1 && receipt.status === '0x1',
    'the transaction succeeded, alone in its block',
  )
  return quantityToNumber(block.gasUsed)
}

/** Hashes of complete subtrees, by level: all leaves are alike. */
const levels: Uint8Array[] = [leafHash('a leaf like every other')]

function nodes(refs: NodeRef[]): Uint8Array[] {
  return refs.map(({ level }) => {
    while (levels.length <= level) levels.push(nodeHash(levels.at(-1)!, levels.at(-1)!))
    return levels[level]!
  })
}

function rootAt(size: number): Uint8Array {
  const plan = rootNodes(size)
  return proofFrom(plan, nodes(plan.flat()))[0]!
}
