import { globSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { FAULTS, METHODS } from '../../scripts/drills/fault-proxy.ts'
import { CALLS_ALONE, rpcFaults } from '../../scripts/drills/rpc-faults.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('drill rpc-faults', () => {
  it('knows every method that the gateway asks of its own accord', () => {
    const asked = globSync('server/**/*.ts')
      .filter(file => !file.startsWith('server/chain/embedded/') && !file.endsWith('verification/relay.ts'))
      .flatMap(file => [...readFileSync(file, 'utf8').matchAll(/'(eth_\w+)'/g)].map(([, method]) => method))
    expect([...new Set(asked)]).to.have.members([...METHODS])
  })

  it('neither loses, doubles nor calls final too early, whatever the node answers', async function () {
    this.timeout(300_000)
    const { result } = await runDrill(rpcFaults, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures['cells']).to.equal(FAULTS.length + CALLS_ALONE.length)
    expect(result?.figures['cellsNeverAsked']).to.equal(0)
    expect(result?.figures['acknowledged']).to.be.greaterThan(20)
    expect(result?.figures['executedOrders']).to.be.greaterThan(0)
    expect(result?.figures['calledFinal']).to.be.greaterThan(3)
  })
})
