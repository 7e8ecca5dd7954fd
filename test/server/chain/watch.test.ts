import { expect } from 'chai'
import { ChainUnreachable, toQuantity, type Rpc } from '../../../server/chain/rpc.ts'
import { watchChain } from '../../../server/chain/watch.ts'

/** A node that says what it is set to say; `hash` tells branches apart. */
function sayingNode() {
  const node = { head: 10, branch: 'a', questions: 0, before: async () => undefined as void }
  const rpc: Rpc = {
    node: 'said',
    async call<Result>(method: string) {
      node.questions++
      const { head, branch } = node
      await node.before()
      const number = toQuantity(head)
      return (
        method === 'eth_blockNumber' ? number : { number, hash: `0x${branch}${number.slice(2)}` }
      ) as Result
    },
  }
  return { node, rpc }
}

const outcome = (asked: Promise<unknown>) =>
  asked.then(
    () => 'answered',
    (error: unknown) => (error instanceof ChainUnreachable ? error.message : error),
  )
const latest = (rpc: Rpc) => rpc.call('eth_getBlockByNumber', ['latest', false])

describe('the watch over what a chain says', () => {
  describe('of one node whose head stays', () => {
    it('is doubted from the answer on in which its head went back, until it is trusted again', async () => {
      const { node, rpc } = sayingNode()
      let doubted = 0
      const watched = watchChain(rpc, { headStays: true, clock: Date.now, onDoubt: () => doubted++ })
      expect(await outcome(latest(watched.rpc))).to.equal('answered')
      node.head = 9
      expect(await outcome(latest(watched.rpc))).to.contain('went back from block 10 to block 9')
      expect([doubted, watched.watch.doubts]).to.deep.equal([
        1,
        'its head went back from block 10 to block 9',
      ])
      // Nobody is told anything meanwhile, whatever he asks; the node is not even asked.
      node.head = 12
      const { questions } = node
      for (const method of ['eth_call', 'eth_blockNumber'])
        expect(await outcome(watched.rpc.call(method))).to.contain('cannot be relied on')
      expect(node.questions).to.equal(questions)
      watched.watch.trust()
      node.head = 3
      expect(await outcome(latest(watched.rpc))).to.equal('answered')
    })

    it('tells nobody either who asked before the doubt and is answered after it', async () => {
      const { node, rpc } = sayingNode()
      const watched = watchChain(rpc, { headStays: true, clock: Date.now })
      let answer = (): void => undefined
      node.before = () => new Promise(resolve => (answer = resolve))
      const asked = outcome(watched.rpc.call('eth_call'))
      watched.watch.doubt('it lost blocks')
      answer()
      expect(await asked).to.contain('it lost blocks')
      expect(watched.watch.doubts).to.equal('it lost blocks')
    })

    it('is not doubted where answers overtake each other', async () => {
      const { node, rpc } = sayingNode()
      const watched = watchChain(rpc, { headStays: true, clock: Date.now })
      let answer = (): void => undefined
      node.before = () => new Promise(resolve => (answer = resolve))
      const slow = outcome(latest(watched.rpc))
      const release = answer
      node.before = async () => undefined
      node.head = 11
      expect(await outcome(latest(watched.rpc))).to.equal('answered')
      release()
      expect(await slow).to.equal('answered')
      expect(watched.watch.doubts).to.equal(null)
    })
  })

  describe('of a network of nodes', () => {
    it('does not believe one that lags, for half a minute, and then does', async () => {
      const { node, rpc } = sayingNode()
      let now = 0
      const { rpc: watched, watch } = watchChain(rpc, { headStays: false, clock: () => now })
      expect(await outcome(latest(watched))).to.equal('answered')
      node.head = 8
      expect(await outcome(latest(watched))).to.contain('behind block 10')
      now = 29_999
      expect(await outcome(latest(watched))).to.contain('behind block 10')
      now = 30_000
      expect(await outcome(latest(watched))).to.equal('answered')
      expect(watch.doubts).to.equal(null)
    })

    it('believes at once that it was reorganised, where another block stands at a height that was seen', async () => {
      const { node, rpc } = sayingNode()
      const { rpc: watched } = watchChain(rpc, { headStays: false, clock: () => 0 })
      for (node.head = 8; node.head < 11; node.head++)
        expect(await outcome(latest(watched))).to.equal('answered')
      Object.assign(node, { head: 9, branch: 'b' })
      expect(await outcome(latest(watched))).to.equal('answered')
      node.head = 8
      expect(await outcome(latest(watched))).to.equal('answered')
    })
  })
})
