import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { chainDown, outOfOrder } from '../../scripts/drills/chain-down.ts'
import { runDrill } from '../../scripts/drills/run.ts'
import { temporaryFolder } from '../support/opened-gateway.ts'
import { serveJson } from './serve-json.ts'

describe('drill chain-down', () => {
  it('names an order that was executed after a later one', async () => {
    const leaves = ['11', '22', '33'].map(byte => `0x${byte.repeat(32)}`)
    const gateway = await serveJson(path => ({
      statement: { index: leaves.findIndex(leaf => path.endsWith(leaf)) },
    }))
    const file = join(temporaryFolder(), 'told.ndjson')
    const told = leaves.map((leaf, n) => ({ told: 'accepted', what: 'suspend', key: `k${n}`, leaf }))
    writeFileSync(file, told.map(line => `${JSON.stringify(line)}\n`).join(''))
    const [first, second, third] = leaves as [string, string, string]
    expect(await outOfOrder(gateway.url, file, leaves)).to.deep.equal([])
    expect(await outOfOrder(gateway.url, file, [second, first, third])).to.deep.equal([
      `order ${first} was executed after a later one`,
    ])
    await gateway.close()
  })

  it('loses nothing that was accepted without a chain, also over a crash, and anchors it oldest first', async function () {
    this.timeout(300_000)
    const { result } = await runDrill(chainDown, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures['backlog']).to.be.greaterThan(20)
    expect(result?.figures['acknowledged']).to.be.greaterThan(40)
  })
})
