/** Consent while the chain is away: nobody is read who may have taken it back, and whoever wants to take it back can. */
import { expect } from 'chai'
import { startNode, type ControlledNode } from '../../../scripts/drills/controlled-node.ts'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import { RpcFailure } from '../../../server/chain/rpc.ts'
import { stateOnChain } from '../../../server/grants/on-chain.ts'
import { accountSigner, passkeySigner, type Signer } from '../../contracts/signers.ts'
import {
  answerOf,
  openGateway,
  temporaryFolder,
  until,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import { bind, digestOf, give, grantOf, ask, newHolder, prepare, publishHousing, read } from './holders.ts'
import type { GivenGrant, Holder } from './holders.ts'

describe('consent while the chain is away', () => {
  let node: ControlledNode
  let gateway: OpenedGateway
  const place = { dataDir: temporaryFolder(), url: '' }
  const open = async () => {
    gateway = await openGateway({ env: { CHAIN_RPC_URL: node.url }, after: place })
  }

  before(async () => {
    node = await startNode()
    place.url = `http://127.0.0.1:${await freePort()}`
    // Its first start waits for its chain, so that what it pays with can be paid in.
    node.isAway = true
    await open()
    node.isAway = false
    await node.request('hardhat_setBalance', [gateway.world.chain.relayer.address, '0x56bc75e2d63100000'])
    await until(async () => (await gateway.request('/readyz')).ok)
    await publishHousing(gateway)
  })
  after(async () => {
    await gateway.close()
    await node.close()
  })

  const codeOf = async (response: Promise<Response>) => {
    const answered = await response
    return [answered.status, (await problemIn(answered)).code]
  }
  const NOT_NOW = [503, 'CHAIN_UNREACHABLE']
  const withdraw = (
    { asks }: Pick<Holder, 'asks'>,
    { digest }: GivenGrant,
    signature: string | null = null,
  ) => asks.post(`/v1/grants/${digest}/withdrawal`, { signature })
  const signed = ({ sign }: Signer, { withdrawal }: GivenGrant) => sign(digestOf(withdrawal))
  const isWithdrawnOnChain = async ({ digest, typedData }: GivenGrant) => {
    const grant = await gateway.world.store.grantByDigest(Buffer.from(digest.slice(2), 'hex'))
    expect(grant, JSON.stringify(typedData)).to.not.equal(null)
    return (await stateOnChain(gateway.world, grant!.chainHolder, grant!.digest)).withdrawnAt !== 0
  }
  /** As the same person after the gateway was started again. */
  const again = (holder: Holder): Holder => ({ ...holder, asks: gateway.as(holder.who) })

  it('believes no signature that a node could not check, and ends nothing by it', async () => {
    const signer = passkeySigner(gateway.world.chain.deployment.verifiers.webAuthn)
    const someone = await newHolder(gateway)
    await answerOf(bind(someone, signer), 201)
    const grant = await grantOf(gateway, someone, signer)
    await untilAllFinal(gateway)
    const { rpc } = gateway.world.chain
    const { call } = rpc
    const busy: typeof call = async (method, params) => {
      if (method === 'eth_call') throw new RpcFailure(-32_000, 'header not found')
      return call(method, params)
    }
    Object.assign(rpc, { call: busy })
    try {
      for (const signature of [signed(signer, grant), `0x${'00'.repeat(300)}`])
        expect(await codeOf(withdraw(someone, grant, signature))).to.deep.equal(NOT_NOW)
    } finally {
      Object.assign(rpc, { call })
    }
    const { withdrawn } = await answerOf<GivenGrant>(someone.asks.get(`/v1/grants/${grant.digest}`), 200)
    expect(withdrawn).to.equal(null)
  })

  for (const [kind, signerOf] of [
    ['an account', () => accountSigner('without a chain')],
    ['a passkey', () => passkeySigner(gateway.world.chain.deployment.verifiers.webAuthn)],
  ] as const) {
    it(`reads nobody, takes no grant by ${kind}, and ends one at once for whoever has just signed in, over a restart too`, async () => {
      const signer = signerOf()
      const someone = await newHolder(gateway)
      await answerOf(bind(someone, signer), 201)
      const [ended, kept] = [await grantOf(gateway, someone, signer), await grantOf(gateway, someone, signer)]
      const { id: open3 } = await ask(gateway, [someone])
      const prepared = await prepare(someone, open3)
      await untilAllFinal(gateway)
      const before = gateway.rowCounts()
      node.isAway = true
      // What the chain said a moment ago is believed for two seconds.
      gateway.advanceClock(3_000)

      // What a wallet shows, so that there is something to take back.
      const { identifier } = someone.certificate
      for (const path of [
        '/v1/grants',
        `/v1/grants/${kept.digest}`,
        `/v1/consent-requests/${open3}`,
        '/v1/consent-requests',
        '/v1/holder/keys',
        '/v1/holder/certificates',
        `/v1/holder/certificates/${identifier}`,
        '/v1/holder/uses',
      ])
        expect((await someone.asks.get(path)).status, path).to.equal(200)
      for (const grant of [ended, kept])
        expect(await codeOf(read(gateway, someone, grant.digest)), 'reading').to.deep.equal(NOT_NOW)
      const giving = () => give(someone, open3, prepared.typedData, signer.sign(prepared.digest))
      expect(await codeOf(giving()), 'a grant').to.deep.equal(NOT_NOW)
      expect(await codeOf(withdraw(someone, ended, signed(signer, ended))), 'signed').to.deep.equal(NOT_NOW)
      expect(gateway.rowCounts()).to.deep.equal(before)

      const long = gateway.as({ ...someone.who, signedIn: null })
      expect(await codeOf(withdraw({ asks: long }, ended)), 'long ago').to.deep.equal([
        403,
        'STEP_UP_REQUIRED',
      ])
      const all = (signature: string | null) =>
        someone.asks.post('/v1/grants/withdrawal', { signer: signer.signer, epoch: 0, signature })
      expect(await codeOf(all(signer.sign(ended.digest))), 'all of them, signed').to.deep.equal(NOT_NOW)
      const { withdrawn } = await answerOf<GivenGrant>(withdraw(someone, ended), 200)
      expect(withdrawn?.by).to.equal('session')

      await gateway.close()
      await open()
      const { asks } = again(someone)
      const shown = await answerOf<GivenGrant>(asks.get(`/v1/grants/${ended.digest}`), 200)
      expect(shown.withdrawn).to.deep.equal(withdrawn)
      expect(await codeOf(read(gateway, someone, kept.digest)), 'after a restart').to.deep.equal(NOT_NOW)

      node.isAway = false
      await until(async () => (await gateway.request('/readyz')).ok)
      expect((await codeOf(read(gateway, someone, ended.digest)))[1]).to.equal('GRANT_WITHDRAWN')
      expect((await read(gateway, someone, kept.digest)).status).to.equal(201)
      // The chain learns of it once the key says it.
      await untilAllFinal(gateway)
      expect(await isWithdrawnOnChain(ended)).to.equal(false)
      await answerOf(withdraw(again(someone), ended, signed(signer, ended)), 200)
      await untilAllFinal(gateway)
      expect([await isWithdrawnOnChain(ended), await isWithdrawnOnChain(kept)]).to.deep.equal([true, false])
      await answerOf(give(again(someone), open3, prepared.typedData, signer.sign(prepared.digest)), 201)
    })
  }
})
