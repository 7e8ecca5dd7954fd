import { expect } from 'chai'
import { sharedGateway, type OpenedGateway } from '../../support/opened-gateway.ts'

describe('the health of a gateway', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await sharedGateway()
  })

  const ready = async () => {
    const response = await gateway.request('/readyz')
    return { status: response.status, ...((await response.json()) as Record<string, unknown>) }
  }
  const metric = async () =>
    /^onceproof_store_writable (.+)$/m.exec(await (await gateway.get('/metrics')).text())?.[1]

  it('says that the store cannot be written, while it answers and the chain is there', async () => {
    const { store } = gateway.world
    const { canWrite, isWritable } = store
    expect(await ready()).to.include({ status: 200, ready: true, store: true, storeWritable: true })
    expect(await metric()).to.equal('1')
    Object.assign(store, { canWrite: async () => false, isWritable: () => false })
    try {
      expect(await ready()).to.include({
        status: 503,
        ready: false,
        store: true,
        storeWritable: false,
        chain: true,
        accepting: true,
      })
      expect(await metric()).to.equal('0')
    } finally {
      Object.assign(store, { canWrite, isWritable })
    }
    expect(await ready()).to.include({ status: 200, ready: true, storeWritable: true })
  })
})
