import { expect } from 'chai'
import { fromBase64url, fromHex, toBase64url } from '../../../protocol/bytes.ts'
import { chainHolder, withdrawAllDigest } from '../../../protocol/grant.ts'
import { isSignedBy, parseStatement } from '../../../protocol/statement.ts'
import { epochOnChain } from '../../../server/grants/on-chain.ts'
import { grantDomain } from '../../../server/grants/signature.ts'
import { issuingKey } from '../../../server/keys/names.ts'
import { accountSigner, p256Signer, passkeySigner, walletSigner } from '../../contracts/signers.ts'
import { answerOf, openGateway, untilAllFinal, type OpenedGateway } from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import {
  bind,
  challenge,
  closeSenders,
  deploy,
  digestOf,
  grantOf,
  newHolder,
  publishHousing,
  signersOfEveryKind,
  type BoundKey,
  type Holder,
} from './holders.ts'

const HOUR_MS = 3_600_000

describe('a holder’s key', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await openGateway()
    await publishHousing(gateway)
  })
  after(async () => {
    closeSenders()
    await gateway.close()
  })

  const somebody = () => newHolder(gateway)
  const codeOf = async (response: Promise<Response>) => (await problemIn(await response)).code
  const keysOf = async ({ asks }: Holder) =>
    (await answerOf<{ keys: BoundKey[] }>(asks.get('/v1/holder/keys'), 200)).keys

  it('of every kind is bound by a statement of the identity authority, written with it', async () => {
    const { uscc } = (await gateway.world.store.departments()).find(({ code }) => code === 'GAJ')!
    const authority = await gateway.world.keys.publicKey(issuingKey(uscc, 1))
    for (const [kind, signer] of Object.entries(await signersOfEveryKind(gateway))) {
      const holder = await somebody()
      const key = await answerOf<BoundKey>(bind(holder, signer), 201)
      expect([key.state, key.epoch, key.signer], kind).to.deep.equal(['active', 0, signer.signer])
      expect(key.chainHolder).to.equal(chainHolder(signer.signer))
      expect(await keysOf(holder)).to.deep.equal([key])

      const seq = (await gateway.world.store.seqOfLeaf(fromHex(key.leaf!)!))!
      const statement = parseStatement((await gateway.world.store.statementBySeq(seq))!.statement)
      expect(isSignedBy(statement, authority), kind).to.equal(true)
      const { holder: bound, signer: named, epoch } = statement.payload
      expect([statement.kind, bound, named, epoch]).to.deep.equal(['holder-key', holder.id, signer.signer, 0])
    }
  })

  it('is not bound without the signature of the very key, over this person’s own challenge, once and in time', async () => {
    const [holder, other] = [await somebody(), await somebody()]
    const key = accountSigner('a key of his own')
    const stranger = accountSigner('the key of a stranger')
    await untilAllFinal(gateway)
    const counts = () => ({ ...gateway.rowCounts(), key_challenges: 0 })
    const before = counts()
    const post = (who: Holder, body: object) => codeOf(who.asks.post('/v1/holder/keys', body))
    const { nonce, deadline, typedData } = await challenge(holder, key.signer)
    const proof = { signer: key.signer, nonce, deadline, signature: key.sign(digestOf(typedData)) }

    expect(await post(holder, { ...proof, signature: stranger.sign(digestOf(typedData)) })).to.equal(
      'SIGNATURE_WRONG',
    )
    expect(await post(holder, { ...proof, signature: `${proof.signature.slice(0, -2)}1d` })).to.equal(
      'SIGNATURE_FORM',
    )
    expect(await post(holder, { ...proof, deadline: deadline + 1 })).to.equal('SIGNATURE_WRONG')
    expect(await post(holder, { ...proof, signer: stranger.signer })).to.equal('SIGNATURE_WRONG')
    // Somebody else shows the same proof as his own.
    expect(await post(other, proof)).to.equal('SIGNATURE_WRONG')
    gateway.advanceClock(601_000)
    expect(await post(holder, proof)).to.equal('CHALLENGE_UNKNOWN')
    expect(counts()).to.deep.equal(before)

    await answerOf(bind(holder, key), 201)
    expect(await post(holder, proof)).to.equal('CHALLENGE_UNKNOWN')
    expect(await codeOf(bind(other, key))).to.equal('HOLDER_KEY_TAKEN')
  })

  it('is none of ours: another verifier, another length, the zero address, a wallet that reverts or burns its gas', async () => {
    const holder = await somebody()
    const { p256 } = gateway.world.chain.deployment.verifiers
    const foreign = p256Signer(`0x${'12'.repeat(20)}`)
    const signers = [foreign.signer, `${p256}${'00'.repeat(63)}`, `0x${'00'.repeat(20)}`]
    for (const signer of signers) {
      expect(await codeOf(holder.asks.post('/v1/holder/keys/challenge', { signer })), signer).to.equal(
        'SIGNER_UNKNOWN',
      )
    }
    const owner = accountSigner('an owner')
    for (const name of ['RevertingWallet', 'GasBurningWallet']) {
      const wallet = walletSigner(await deploy(gateway, name), owner)
      expect(await codeOf(bind(holder, wallet)), name).to.equal('SIGNATURE_WRONG')
    }
    const asleep = passkeySigner(gateway.world.chain.deployment.verifiers.webAuthn, {
      isUserVerified: false,
    })
    expect(await codeOf(bind(holder, asleep))).to.equal('SIGNATURE_WRONG')
    expect(await keysOf(holder)).to.deep.equal([])
  })

  it('is replaced after 72 hours, in which it can be cancelled; then every old grant has ended', async () => {
    const holder = await somebody()
    const [lost, found, second] = ['lost', 'found', 'second'].map(name => accountSigner(`a ${name} key`))
    await answerOf(bind(holder, lost!), 201)
    const { digest } = await grantOf(gateway, holder, lost!)
    const stateOf = async () =>
      await answerOf<{ state: string; withdrawn: { by: string } | null }>(
        holder.asks.get(`/v1/grants/${digest}`),
      )

    const waiting = await answerOf<BoundKey>(bind(holder, found!), 202)
    expect([waiting.state, waiting.epoch, waiting.leaf]).to.deep.equal(['waiting', 1, null])
    expect(await codeOf(bind(holder, second!))).to.equal('HOLDER_KEY_WAITING')
    await answerOf(holder.asks.post('/v1/holder/keys/cancellation', {}), 200)
    expect(await codeOf(holder.asks.post('/v1/holder/keys/cancellation', {}))).to.equal(
      'HOLDER_KEY_NOT_WAITING',
    )

    await answerOf<BoundKey>(bind(holder, second!), 202)
    gateway.advanceClock(72 * HOUR_MS - 60_000)
    expect((await keysOf(holder)).map(({ state }) => state)).to.deep.equal(['waiting', 'cancelled', 'active'])
    expect((await stateOf()).withdrawn).to.equal(null)
    gateway.advanceClock(60_000)
    expect((await stateOf()).withdrawn?.by).to.equal('key')
    // Whoever found the old key again can still end on chain what it granted.
    const { chainId, verifyingContract } = grantDomain(gateway.world)
    const message = withdrawAllDigest({ chainId, verifyingContract }, chainHolder(lost!.signer), 0n)
    const all = { signer: lost!.signer, epoch: 0, signature: lost!.sign(message) }
    await answerOf(holder.asks.post('/v1/grants/withdrawal', all), 200)
    await untilAllFinal(gateway)
    expect(await epochOnChain(gateway.world, fromHex(chainHolder(lost!.signer))!)).to.equal(1n)
    const [now, , before] = await keysOf(holder)
    expect([now!.state, now!.epoch, now!.signer]).to.deep.equal(['active', 1, second!.signer])
    expect(before!.state).to.equal('replaced')
    const seq = (await gateway.world.store.seqOfLeaf(fromHex(now!.leaf!)!))!
    const { payload } = parseStatement((await gateway.world.store.statementBySeq(seq))!.statement)
    expect([payload['holder'], payload['epoch']]).to.deep.equal([holder.id, 1])
  })

  it('tells its owner of a replacement at once', async () => {
    const holder = await somebody()
    const told: unknown[] = []
    const end = gateway.world.events.subscribe(`holder:${holder.id}`, data => told.push(data))
    await answerOf(bind(holder, accountSigner('first of two')), 201)
    await answerOf(bind(holder, accountSigner('second of two')), 202)
    end()
    expect(told.map(data => (data as { event: string }).event)).to.deep.equal([
      'key-bound',
      'key-replacement-waits',
    ])
  })

  it('is bound to nobody without a fresh sign-in', async () => {
    const holder = toBase64url(fromBase64url((await somebody()).id)!)
    const stale = gateway.as({ role: 'holder', holder, signedIn: null })
    const { signer } = accountSigner('a key')
    expect(await codeOf(stale.post('/v1/holder/keys/challenge', { signer }))).to.equal('STEP_UP_REQUIRED')
  })
})
