import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'
import { anchorCheckpoint } from '../../../server/anchoring/anchor.ts'
import type { CheckpointRow } from '../../../server/store/store.ts'
import {
  issue,
  publish,
  sharedGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

/** What a bit that flipped between sealing and anchoring would do: the chain does not have the checkpoint yet. */
describe('a sealed checkpoint that is about to be anchored', () => {
  let gateway: OpenedGateway
  let sealed: CheckpointRow
  /** Calls that would have changed the chain. */
  const sent: string[] = []

  before(async () => {
    gateway = await sharedGateway()
    await publish(gateway, 'RIC')
    await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    sealed = (await gateway.world.store.latestCheckpoint())!
  })

  /** Anchors the row on a chain that does not have it. */
  async function anchor(row: CheckpointRow): Promise<unknown> {
    const { world } = gateway
    const view = { ...world.chain.view(), checkpointOfSize: () => Promise.resolve(null) }
    const rpc = {
      node: world.chain.rpc.node,
      call: <Result>(method: string, params?: readonly unknown[]) => {
        if (method !== 'eth_sendRawTransaction') return world.chain.rpc.call<Result>(method, params)
        sent.push(method)
        return Promise.reject<Result>(new Error('nothing may be sent'))
      },
    }
    const chain = {
      ...world.chain,
      rpc,
      view: () => view,
      transactions: { ...world.chain.transactions, rpc },
    }
    return anchorCheckpoint({ ...world, chain }, row).then(
      () => 'anchored',
      (error: unknown) => error,
    )
  }

  const flipped = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 7 ? byte ^ 16 : byte))
  const damages: [what: string, change: () => CheckpointRow][] = [
    ['root', () => ({ ...sealed, root: flipped(sealed.root) })],
    ['size', () => ({ ...sealed, size: sealed.size - 1 })],
    ['note, in its root', () => ({ ...sealed, note: replaceAt(sealed.note, sealed.note.indexOf('=') - 5) })],
    ['note, in its signature', () => ({ ...sealed, note: replaceAt(sealed.note, sealed.note.length - 20) })],
  ]
  const replaceAt = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`

  for (const [what, change] of damages) {
    it(`is refused when a bit flipped in its ${what}`, async () => {
      const refused = await anchor(change())
      expect(refused).to.be.instanceOf(Refusal)
      expect((refused as Refusal).code).to.equal('CHECKPOINT_DAMAGED')
      expect(sent).to.deep.equal([])
    })
  }

  it('passes this check when it is as it was sealed', async () => {
    const outcome = await anchor(sealed)
    // The contract has it, whatever this chain’s view says, so its own answer is what comes next.
    expect(outcome instanceof Refusal && outcome.code === 'CHECKPOINT_DAMAGED').to.equal(false)
  })
})
