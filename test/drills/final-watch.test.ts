import { expect } from 'chai'
import { startNode, type ControlledNode } from '../../scripts/drills/controlled-node.ts'
import { watchFinal } from '../../scripts/drills/final-watch.ts'
import { untilSome } from '../../scripts/drills/outside-chain.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { blockAt } from '../../server/chain/view.ts'
import { serveJson } from './serve-json.ts'

const DEPTH = 3

describe('the watch over what is called final', () => {
  let node: ControlledNode

  before(async () => {
    node = await startNode()
    await node.mine(5)
  })
  after(() => node.close())

  /** What is found when a gateway calls its first checkpoint final in this block. */
  async function foundOf(block: { number: number; hash: string }): Promise<readonly string[]> {
    const gateway = await serveJson(path => ({
      checkpoints: path.endsWith('from=0') ? [{ size: 1, state: 'final', block }] : [],
    }))
    const watch = watchFinal(gateway.url, node.url, DEPTH)
    await untilSome(() => (watch.told.size > 0 ? true : undefined))
    await watch.stop()
    await gateway.close()
    return watch.violations
  }
  const blockOf = (number: number) => blockAt(createRpc(node.url), number)

  it('finds nothing in a block that is deep enough', async () => {
    expect(await foundOf(await blockOf(3))).to.deep.equal([])
  })

  it('names one that is not deep enough', async () => {
    expect(await foundOf(await blockOf(4))).to.deep.equal(['checkpoint 1 was called final 2 blocks deep'])
  })

  it('names one in a block that the chain does not have', async () => {
    const gone = { number: 3, hash: `0x${'00'.repeat(32)}` }
    expect(await foundOf(gone)).to.deep.equal([
      'checkpoint 1 was called final in block 3, which the chain does not have',
    ])
  })
})
