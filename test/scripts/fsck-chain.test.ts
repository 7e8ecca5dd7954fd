import { expect } from 'chai'
import { persistent } from '../../scripts/fsck/chain.ts'
import { ChainUnreachable, RpcFailure, type Rpc } from '../../server/chain/rpc.ts'

/** A node that fails so often, and then answers with how often it was asked. */
function nodeFailing(times: number, failure: () => Error): Rpc & { asked: number } {
  const node = {
    node: 'test',
    asked: 0,
    async call<Result>(): Promise<Result> {
      if (++node.asked <= times) throw failure()
      return node.asked as Result
    },
  }
  return node
}

async function outcomeOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: unknown) => (error as Error).constructor.name)
}

describe('the chain that the auditor asks', () => {
  it('is asked again when a connection broke, and not for ever', async () => {
    const away = () => new ChainUnreachable('the connection is gone')
    expect(await outcomeOf(persistent(nodeFailing(2, away)).call('eth_call'))).to.equal(3)
    const gone = nodeFailing(9, away)
    expect(await outcomeOf(persistent(gone).call('eth_call'))).to.equal('ChainUnreachable')
    expect(gone.asked).to.equal(3)
  })

  it('is not asked again when it has answered that it will not', async () => {
    const refusing = nodeFailing(1, () => new RpcFailure(-32_000, 'no'))
    expect(await outcomeOf(persistent(refusing).call('eth_call'))).to.equal('RpcFailure')
    expect(refusing.asked).to.equal(1)
  })
})
