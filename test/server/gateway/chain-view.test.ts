/** What a view of a live chain says when the node fails, and that all its answers are of one block. */
import { expect } from 'chai'
import type { ChainView } from '../../../protocol/chain-view.ts'
import { departmentId } from '../../../protocol/snapshot.ts'
import { INTERFACES } from '../../../server/chain/contracts.ts'
import { ChainUnreachable, RpcFailure, toQuantity, type Rpc } from '../../../server/chain/rpc.ts'
import { liveView } from '../../../server/chain/view.ts'
import {
  applicationOf,
  issue,
  publish,
  sharedGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

const NOBODY = `0x${'ab'.repeat(32)}`

describe('a view of a live chain', () => {
  let gateway: OpenedGateway
  let uscc: string

  before(async () => {
    gateway = await sharedGateway()
    await publish(gateway, 'RIC')
    await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    uscc = applicationOf('GAJ').uscc
  })

  /** The gateway's own node, whose calls are seen, and fail where the test wants it. */
  function viewThrough(onCall: (method: string, params: readonly unknown[]) => void): ChainView {
    const { rpc, deployment } = gateway.world.chain
    const seen: Rpc = {
      node: rpc.node,
      call: async (method, params = []) => {
        onCall(method, params)
        return rpc.call(method, params)
      },
    }
    return liveView(seen, deployment.contracts)
  }

  const questions = (view: ChainView): Record<string, () => Promise<unknown>> => {
    const { origin } = gateway.world.log
    return {
      'the checkpoint of a size': () => view.checkpointOfSize(origin, 1),
      'the first checkpoint that covers': () => view.firstCovering(origin, 0),
      'a key': () => view.keyOf(NOBODY),
      'a department': () => view.departmentOf(departmentId(uscc)),
      'the permits': () => view.permitsOf('11990100MB9Y01166J001', gateway.world.region),
      'the status': () => view.statusOf(uscc, 0, 7),
    }
  }

  it('answers null for what the chain was asked about and does not have', async () => {
    const view = viewThrough(() => undefined)
    expect(await view.keyOf(NOBODY)).to.equal(null)
    expect(await view.departmentOf(NOBODY)).to.equal(null)
    expect(await view.statusOf(uscc, 4_000_000_000, 7)).to.equal(null)
    expect(await view.checkpointOfSize('nobody.example/log', 1)).to.equal(null)
    expect(await view.firstCovering(gateway.world.log.origin, 1_000_000)).to.equal(null)
  })

  const failures: Record<string, Error> = {
    'cannot be reached': new ChainUnreachable('no answer'),
    'answers with an error of its own': new RpcFailure(-32_000, 'header not found'),
    'reverts without saying why': new RpcFailure(3, 'execution reverted', '0x'),
    'reverts for another reason than absence': new RpcFailure(
      3,
      'execution reverted',
      INTERFACES.StatusRegistry.encodeErrorResult('InvalidPurpose', [9]),
    ),
  }
  for (const [what, failure] of Object.entries(failures)) {
    it(`rejects, and never says "there is none", when the node ${what}`, async () => {
      const view = viewThrough(method => {
        if (method === 'eth_call') throw failure
      })
      for (const [question, ask] of Object.entries(questions(view))) {
        const outcome = await ask().then(
          answer => ({ answer }),
          (error: unknown) => error,
        )
        expect(outcome, question).to.be.instanceOf(Error)
      }
    })
  }

  it('asks everything at the block that it named first, though the chain goes on', async () => {
    const blocks = new Set<unknown>()
    const view = viewThrough((method, params) => {
      if (method === 'eth_call') blocks.add(params[1])
    })
    const { number } = await view.head()
    await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    for (const ask of Object.values(questions(view))) await ask()
    expect([...blocks]).to.deep.equal([toQuantity(number)])
    expect((await view.head()).number).to.equal(number)
  })
})
