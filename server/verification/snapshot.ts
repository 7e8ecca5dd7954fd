import { formatSnapshot } from '../../protocol/snapshot.ts'
import { takeSnapshot } from '../chain/export.ts'
import { blockAt } from '../chain/view.ts'
import type { World } from '../world.ts'
import { trustOf } from './verify.ts'

const last = new WeakMap<object, { head: string; text: Promise<string> }>()

/** The snapshot of the present final block; the chain is read once for each block, however many ask. */
export async function snapshotText(world: Pick<World, 'chain' | 'log' | 'region'>): Promise<string> {
  const head = await blockAt(world.chain.rpc, 'latest')
  const known = last.get(world.chain)
  if (known?.head === head.hash) return known.text
  const text = takeSnapshot(world.chain.rpc, trustOf(world)).then(formatSnapshot)
  last.set(world.chain, { head: head.hash, text })
  text.catch(() => last.delete(world.chain))
  return text
}
