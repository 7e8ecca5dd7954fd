import { expect } from 'chai'
import { Contract, Signature, getBytes, hexlify } from 'ethers'
import { toHex } from '../../../protocol/bytes.ts'
import { chainHolder, withdrawAllDigest, withdrawalDigest } from '../../../protocol/grant.ts'
import type { JsonObject, JsonValue } from '../../../protocol/json.ts'
import { INTERFACES } from '../../../server/chain/contracts.ts'
import { ChainUnreachable } from '../../../server/chain/rpc.ts'
import { grantDomain } from '../../../server/grants/signature.ts'
import { accountSigner, walletSigner, type Signer } from '../../contracts/signers.ts'
import {
  admit,
  answerOf,
  issue,
  openGateway,
  until,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import {
  ask,
  bind,
  closeSenders,
  deploy,
  digestOf,
  give,
  grantOf,
  newHolder,
  prepare,
  publishHousing,
  read,
  sender,
  type GivenGrant,
  type Holder,
  type Prepared,
} from './holders.ts'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const DAY_MS = 86_400_000

describe('a grant under attack', () => {
  let gateway: OpenedGateway
  let keys = 0

  before(async () => {
    gateway = await openGateway()
    await publishHousing(gateway)
    await admit(gateway, 'MZJ')
  })
  after(async () => {
    closeSenders()
    await gateway.close()
  })

  const codeOf = async (response: Promise<Response>) => (await problemIn(await response)).code
  async function signing(signer: Signer = accountSigner(`attacked ${++keys}`)) {
    const holder = await newHolder(gateway)
    await answerOf(bind(holder, signer), 201)
    return { holder, signer }
  }
  async function prepared() {
    const { holder, signer } = await signing()
    const { id: request } = await ask(gateway, [holder])
    return { ...(await prepare(holder, request)), request, holder, signer }
  }
  async function granted(changed: object = {}) {
    const { holder, signer } = await signing()
    return { ...(await grantOf(gateway, holder, signer, changed)), holder, signer }
  }
  const stateOf = ({ asks }: Holder, digest: string) =>
    answerOf<GivenGrant>(asks.get(`/v1/grants/${digest}`), 200)
  async function refusedBy(code: string, what: string, act: () => Promise<Response>) {
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    expect(await codeOf(act()), what).to.equal(code)
    expect(gateway.rowCounts(), what).to.deep.equal(before)
  }
  /** A refused reading is written down and counts nothing. */
  async function cannotRead(code: string, holder: Holder, digest: string, changed = {}, department = 'ZJJ') {
    const { used } = (await gateway.world.store.grantByDigest(getBytes(digest)))!
    expect(await codeOf(read(gateway, holder, digest, changed, department))).to.equal(code)
    expect((await gateway.world.store.grantByDigest(getBytes(digest)))!.used, code).to.equal(used)
  }
  const registry = async (name: string) => {
    const { address } = gateway.world.chain.deployment.contracts.GrantRegistry
    return new Contract(address, INTERFACES.GrantRegistry, await sender(gateway, name)) as Contract &
      Record<string, (...args: unknown[]) => Promise<{ wait(): Promise<unknown> }>>
  }
  const sent = async (sending: Promise<{ wait(): Promise<unknown> }>) => void (await (await sending).wait())
  const callOf = async (digest: string) => {
    const row = (await gateway.world.store.grantByDigest(getBytes(digest)))!
    return [row.signer, row.termsHash, row.notBefore, row.notAfter, row.epoch, row.signature].map(part =>
      part instanceof Uint8Array ? toHex(part) : part,
    )
  }
  /** Keeps the gateway from sending anything until the work is done. */
  async function withoutSending<T>(work: () => Promise<T>): Promise<T> {
    const { rpc } = gateway.world.chain
    const { call } = rpc
    rpc.call = async (method, params) => {
      if (method === 'eth_sendRawTransaction') throw new ChainUnreachable('the test holds it back')
      return call(method, params)
    }
    try {
      return await work()
    } finally {
      rpc.call = call
      gateway.world.wake()
    }
  }

  describe('by its signature', () => {
    it('in six encodings is one grant (S1)', async () => {
      const { holder, signer, request, typedData, digest } = await prepared()
      const whole = signer.sign(digest)
      const zeroOne = `${whole.slice(0, -2)}${whole.endsWith('1b') ? '00' : '01'}`
      const compact = Signature.from(whole).compactSerialized
      const upper = (text: string) => `0x${text.slice(2).toUpperCase()}`
      const forms = [whole, zeroOne, compact, upper(whole), upper(zeroOne), upper(compact)]
      const digests = new Set<string>()
      for (const form of forms) {
        const given = await answerOf<GivenGrant>(give(holder, request, typedData, form), 201)
        expect(given.signature).to.equal(whole)
        digests.add(given.digest)
      }
      expect([...digests]).to.deep.equal([digest])
      const { grants } = await answerOf<{ grants: unknown[] }>(holder.asks.get('/v1/grants'), 200)
      expect(grants).to.have.length(1)
    })

    it('with a high s, a v of 29, cut, or of somebody else is refused (S1, S7)', async () => {
      const { holder, signer, request, typedData, digest } = await prepared()
      const bytes = getBytes(signer.sign(digest))
      const highS = bytes.slice()
      const s = ORDER - BigInt(hexlify(bytes.subarray(32, 64)))
      highS.set(getBytes(`0x${s.toString(16).padStart(64, '0')}`), 32)
      highS[64] = bytes[64] === 27 ? 28 : 27
      const v29 = bytes.slice()
      v29[64] = 29
      const other = accountSigner('somebody else').sign(digest)
      for (const [signature, code] of [
        [hexlify(highS), 'SIGNATURE_FORM'],
        [hexlify(v29), 'SIGNATURE_FORM'],
        [hexlify(bytes.subarray(0, 63)), 'SIGNATURE_FORM'],
        [other, 'SIGNATURE_WRONG'],
        [signer.sign(holder.certificate.leaf), 'SIGNATURE_WRONG'],
      ] as const) {
        await refusedBy(code, signature, () => give(holder, request, typedData, signature))
      }
    })

    it('of one owner counts for the wallet that is named, not for another of his (S6)', async () => {
      const owner = accountSigner('the owner of two wallets')
      const [one, two] = [
        await signing(walletSigner(await deploy(gateway, 'OwnedWallet', [owner.signer]), owner)),
        await signing(walletSigner(await deploy(gateway, 'OwnedWallet', [owner.signer]), owner)),
      ]
      const { id: first } = await ask(gateway, [one.holder])
      const { id: second } = await ask(gateway, [two.holder])
      const { typedData, digest } = await prepare(one.holder, first)
      await prepare(two.holder, second)
      await refusedBy('GRANT_MISMATCH', 'the other wallet', () =>
        give(two.holder, second, typedData, owner.sign(digest)),
      )
    })
  })

  it('by what was signed: another chain, contract, holder, epoch, department, matter, notice, extra members (S2, S3)', async () => {
    const { holder, signer, request, typedData } = await prepared()
    const change = (path: string, value: JsonValue) => {
      const changed = structuredClone(typedData) as JsonObject
      const names = path.split('.')
      const last = names.pop()!
      const owner = names.reduce<JsonObject>((inner, name) => inner[name] as JsonObject, changed)
      owner[last] = value
      return changed
    }
    const hash = `0x${'ab'.repeat(32)}`
    const far = String(Math.floor(gateway.world.clock() / 1000) + 61 * 86_400)
    const attacks: [string, JsonValue, string][] = [
      ['domain.chainId', 1, 'TYPED_DATA_DOMAIN'],
      ['domain.verifyingContract', `0x${'12'.repeat(20)}`, 'TYPED_DATA_DOMAIN'],
      ['domain.name', 'onceproof HolderKey', 'TYPED_DATA_DOMAIN'],
      ['message.holder', hash, 'GRANT_MISMATCH'],
      ['message.terms.grantee', hash, 'GRANT_MISMATCH'],
      ['message.terms.matter', 'X06 另一事项', 'GRANT_MISMATCH'],
      ['message.terms.purpose', '金融服务', 'GRANT_MISMATCH'],
      ['message.terms.notice', hash, 'GRANT_MISMATCH'],
      ['message.terms.items.0.certificate', hash, 'CERTIFICATE_NOT_OF_HOLDER'],
      ['message.terms.items.0.fields', ['name', 'idNo', 'sex'], 'FIELD_NOT_REQUESTED'],
      ['message.terms.items.0.fields', ['name'], 'REQUIRED_FIELD_MISSING'],
      ['message.terms.maxUses', '4', 'TERM_TOO_LONG'],
      ['message.terms.maxUses', '0', 'TERM_TOO_LONG'],
      ['message.notAfter', far, 'TERM_TOO_LONG'],
      ['message.notAfter', '281474976710655', 'TERM_TOO_LONG'],
      ['message.notAfter', '1700000000', 'GRANT_EXPIRED'],
      ['message.epoch', '1', 'EPOCH_WRONG'],
      ['message.note', 'what no type names', 'TYPED_DATA_SHAPE'],
      ['message.terms.note', '', 'TYPED_DATA_SHAPE'],
      ['message.terms.items.0.note', 1, 'TYPED_DATA_SHAPE'],
      ['note', null, 'TYPED_DATA_SHAPE'],
      ['primaryType', 'Terms', 'TYPED_DATA_TYPES'],
      ['types.Note', [], 'TYPED_DATA_TYPES'],
    ]
    for (const [path, value, code] of attacks) {
      const changed = change(path, value)
      const digest = code.startsWith('TYPED_DATA_') ? null : digestOf(changed)
      const signature = signer.sign(digest ?? holder.certificate.leaf)
      await refusedBy(code, `${path} = ${JSON.stringify(value)}`, () =>
        give(holder, request, changed, signature),
      )
    }
  })

  it('by replay: for another request, by another holder, in the place of a withdrawal (S3, S5, W5)', async () => {
    const { holder, signer, request, typedData, digest } = await prepared()
    const { id: again } = await ask(gateway, [holder])
    const stranger = await signing()
    await answerOf(give(holder, request, typedData, signer.sign(digest)), 201)
    await prepare(holder, again)
    // Word for word the same question, and yet another one.
    await refusedBy('GRANT_MISMATCH', 'another request', () =>
      give(holder, again, typedData, signer.sign(digest)),
    )
    await refusedBy('ACCESS_NOT_OWN', 'another holder', () =>
      give(stranger.holder, request, typedData, signer.sign(digest)),
    )
    const withdraw = ({ asks }: Holder, signature: string | null) =>
      asks.post(`/v1/grants/${digest}/withdrawal`, { signature })
    await refusedBy('SIGNATURE_WRONG', 'a grant for a withdrawal', () =>
      withdraw(holder, signer.sign(digest)),
    )
    const message = withdrawalDigest(grantDomain(gateway.world), chainHolder(signer.signer), digest)
    await refusedBy('SIGNATURE_WRONG', 'signed by somebody else', () =>
      withdraw(holder, stranger.signer.sign(message)),
    )
    await refusedBy('ACCESS_NOT_OWN', 'by somebody else', () => withdraw(stranger.holder, null))
    expect((await stateOf(holder, digest)).withdrawn).to.equal(null)
  })

  it('by whoever sends it first: it ends granted all the same, with one event (S8)', async () => {
    const contract = await registry('somebody in the mempool')
    const { holder, digest } = await withoutSending(async () => {
      const given = await granted()
      await sent(contract['grant']!(...(await callOf(given.digest))))
      return given
    })
    await untilAllFinal(gateway)
    expect((await stateOf(holder, digest)).state).to.equal('final')
    const events = await contract.queryFilter(contract.filters['Granted']!(null, digest))
    expect(events).to.have.length(1)
  })

  it('by a squatter: what a stranger withdraws in advance is not the holder’s', async () => {
    const { holder, signer, request, typedData, digest } = await prepared()
    await sent((await registry('a squatter'))['withdrawDirect']!(digest))
    await answerOf(give(holder, request, typedData, signer.sign(digest)), 201)
    await untilAllFinal(gateway)
    expect((await stateOf(holder, digest)).state).to.equal('final')
    await answerOf(read(gateway, holder, digest), 201)
  })

  describe('by its readers', () => {
    it('for another matter, by another department, of another certificate or field: refused, written down, not counted', async () => {
      const { holder, digest } = await granted()
      const { fields } = await answerOf<{ fields: Record<string, unknown> }>(
        gateway.get(`/v1/certificates/${holder.certificate.identifier}`),
      )
      const second = { ...holder, certificate: await issue(gateway, 'RIC', fields) }
      const uses = gateway.rowCounts()['uses']!
      await cannotRead('FIELD_NOT_GRANTED', holder, digest, { fields: ['name', 'address'] })
      await cannotRead('GRANT_OTHER_CERTIFICATE', second, digest)
      await cannotRead('READER_NOT_IN_MATTER', holder, digest, {}, 'MZJ')
      expect(gateway.rowCounts()['uses']).to.equal(uses + 3)
      await answerOf(read(gateway, holder, digest, { fields: ['idNo', 'name'] }), 201)
      const unknown = `0x${'ef'.repeat(32)}`
      expect(await codeOf(read(gateway, holder, unknown))).to.equal('GRANT_UNKNOWN')
    })

    it('fifty at once: three are let in, as it says, and the rest is refused', async () => {
      const { holder, digest } = await granted()
      const answers = await Promise.all(Array.from({ length: 50 }, () => read(gateway, holder, digest)))
      const codes = await Promise.all(
        answers.map(async answer => (answer.status === 201 ? 'read' : (await problemIn(answer)).code)),
      )
      expect(codes.filter(code => code === 'read')).to.have.length(3)
      expect(codes.filter(code => code === 'GRANT_USED_UP')).to.have.length(47)
      expect((await stateOf(holder, digest)).state).to.equal('used-up')
    })

    it('after its last second', async () => {
      const { holder, digest } = await granted({ term: { template: 'ONE_OFF' } })
      const { notAfter } = (await gateway.world.store.grantByDigest(getBytes(digest)))!
      await untilAllFinal(gateway)
      gateway.holdClock(true)
      gateway.advanceClock((notAfter + 1) * 1000 - gateway.world.clock())
      await cannotRead('GRANT_EXPIRED', holder, digest)
      expect((await stateOf(holder, digest)).state).to.equal('expired')
      // In its last second it is handed out, and the copy may be kept as long.
      gateway.advanceClock(-1000)
      const { copy } = await answerOf<{ copy: { expiresAt: number } }>(read(gateway, holder, digest), 201)
      expect(copy.expiresAt).to.equal(notAfter + 1)
      expect((await stateOf(holder, digest)).used).to.equal(1)
      gateway.holdClock(false)
    })

    it('between the check and the reading of a withdrawal: nobody reads after the withdrawal was acknowledged', async () => {
      for (let i = 0; i < 5; i++) {
        const { holder, digest } = await granted()
        const reading = read(gateway, holder, digest)
        await answerOf(holder.asks.post(`/v1/grants/${digest}/withdrawal`, { signature: null }), 200)
        await cannotRead('GRANT_WITHDRAWN', holder, digest)
        const { status } = await reading
        const { used } = (await gateway.world.store.grantByDigest(getBytes(digest)))!
        expect(used).to.equal(status === 201 ? 1 : 0)
      }
    })
  })

  describe('withdrawn', () => {
    it('with a signature: at once here, then on chain, also before the grant itself was sent', async () => {
      const { holder, signer, digest } = await withoutSending(async () => {
        const given = await granted()
        const message = withdrawalDigest(
          grantDomain(gateway.world),
          chainHolder(given.signer.signer),
          given.digest,
        )
        expect(digestOf(given.withdrawal)).to.equal(message)
        const path = `/v1/grants/${given.digest}/withdrawal`
        const answer = await answerOf<GivenGrant>(
          given.holder.asks.post(path, { signature: given.signer.sign(message) }),
          200,
        )
        expect([answer.state, answer.withdrawn!.by]).to.deep.equal(['withdrawn', 'signature'])
        await cannotRead('GRANT_WITHDRAWN', given.holder, given.digest)
        return given
      })
      await untilAllFinal(gateway)
      const contract = await registry('anybody')
      const state = await contract['stateOf']!(chainHolder(signer.signer), digest)
      expect((state as unknown as bigint[])[1]! > 0n).to.equal(true)
      const repeated = `/v1/grants/${digest}/withdrawal`
      await answerOf(holder.asks.post(repeated, { signature: null }), 200)
    })

    it('without the key: at this gateway, by whoever has just shown who he is', async () => {
      const { holder, digest } = await granted()
      await untilAllFinal(gateway)
      const stale = gateway.as({ ...holder.who, signedIn: null })
      const path = `/v1/grants/${digest}/withdrawal`
      await refusedBy('STEP_UP_REQUIRED', 'stale', () => stale.post(path, { signature: null }))
      const answer = await answerOf<GivenGrant>(holder.asks.post(path, { signature: null }), 200)
      expect([answer.withdrawn!.by, answer.chain.state]).to.deep.equal(['session', 'final'])
      await cannotRead('GRANT_WITHDRAWN', holder, digest)
    })

    it('directly on chain: no reading that begins two seconds later', async () => {
      const name = `a holder who sends himself ${++keys}`
      const account = accountSigner(name)
      const { holder } = await signing(account)
      const { digest } = await grantOf(gateway, holder, account)
      await untilAllFinal(gateway)
      await answerOf(read(gateway, holder, digest), 201)
      await sent((await registry(name))['withdrawDirect']!(digest))
      gateway.advanceClock(2_000)
      await cannotRead('GRANT_WITHDRAWN', holder, digest)
      expect((await stateOf(holder, digest)).withdrawn!.by).to.equal('chain')
    })

    it('directly on chain before it came: it is never accepted', async () => {
      const name = `a holder in a hurry ${++keys}`
      const account = accountSigner(name)
      const { holder } = await signing(account)
      const { id: request } = await ask(gateway, [holder])
      const { typedData, digest } = await prepare(holder, request)
      const contract = await registry(name)
      await sent(contract['withdrawDirect']!(digest))
      await refusedBy('GRANT_WITHDRAWN', 'withdrawn before', () =>
        give(holder, request, typedData, account.sign(digest)),
      )
    })

    it('directly on chain before it was relayed: the chain refuses it and so does the gateway', async () => {
      const name = `a holder in between ${++keys}`
      const account = accountSigner(name)
      const { holder } = await signing(account)
      const contract = await registry(name)
      const { digest } = await withoutSending(async () => {
        const given = await grantOf(gateway, holder, account)
        await sent(contract['withdrawDirect']!(given.digest))
        return given
      })
      await untilAllFinal(gateway)
      const { chain, withdrawn } = await stateOf(holder, digest)
      expect([chain.state, chain.refusal, withdrawn!.by]).to.deep.equal([
        'refused',
        'GrantWithdrawn',
        'chain',
      ])
      await cannotRead('GRANT_WITHDRAWN', holder, digest)
    })

    it('all at once, with a signature: every grant of the epoch ends and later ones of it are refused', async () => {
      const { holder, signer } = await signing()
      const first = await grantOf(gateway, holder, signer)
      const { id: request } = await ask(gateway, [holder])
      const late = await prepare(holder, request)
      await untilAllFinal(gateway)
      const message = withdrawAllDigest(grantDomain(gateway.world), chainHolder(signer.signer), 0n)
      const all = (epoch: number, signature: string) =>
        holder.asks.post('/v1/grants/withdrawal', { signer: signer.signer, epoch, signature })
      await refusedBy('EPOCH_WRONG', 'one that has not come', () => all(1, signer.sign(message)))
      await refusedBy('SIGNATURE_WRONG', 'another message', () => all(0, signer.sign(first.digest)))
      const { ended } = await answerOf<{ ended: GivenGrant[] }>(all(0, signer.sign(message)), 200)
      expect(ended.map(({ digest }) => digest)).to.deep.equal([first.digest])
      await cannotRead('GRANT_WITHDRAWN', holder, first.digest)
      expect(await codeOf(give(holder, request, late.typedData, signer.sign(late.digest)))).to.be.oneOf([
        'GRANT_WITHDRAWN',
        'EPOCH_WRONG',
      ])
      await untilAllFinal(gateway)
      await refusedBy('EPOCH_WRONG', 'of the epoch before', () =>
        give(holder, request, late.typedData, signer.sign(late.digest)),
      )
      const next: Prepared = await prepare(holder, request)
      expect(next.typedData.message['epoch']).to.equal('1')
      await answerOf(give(holder, request, next.typedData, signer.sign(next.digest)), 201)
      await answerOf(read(gateway, holder, next.digest), 201)
    })

    it('all at once, directly on chain: seen at the next reading', async () => {
      const name = `a holder who ends all himself ${++keys}`
      const account = accountSigner(name)
      const { holder } = await signing(account)
      const { digest } = await grantOf(gateway, holder, account)
      await untilAllFinal(gateway)
      await sent((await registry(name))['withdrawAllDirect']!())
      gateway.advanceClock(2_000)
      await cannotRead('GRANT_WITHDRAWN', holder, digest)
    })
  })

  it('by a wallet that changes its mind: the chain refuses it, and then it is of no use here', async () => {
    const wallet = walletSigner(await deploy(gateway, 'FickleWallet'), accountSigner('nobody in particular'))
    const { holder } = await signing(wallet)
    const anybody = await sender(gateway, 'whoever asks it to')
    const fickle = new Contract(wallet.signer, ['function refuse()'], anybody)
    const { digest } = await withoutSending(async () => {
      const given = await grantOf(gateway, holder, wallet)
      await sent(fickle['refuse']!() as Promise<{ wait(): Promise<unknown> }>)
      return given
    })
    await untilAllFinal(gateway)
    const { chain } = await stateOf(holder, digest)
    expect([chain.state, chain.refusal]).to.deep.equal(['refused', 'InvalidSignature'])
    await cannotRead('GRANT_NOT_ON_CHAIN', holder, digest)
  })

  it('is not read while the chain cannot be asked whether it was withdrawn', async () => {
    const { holder, digest } = await granted()
    await untilAllFinal(gateway)
    gateway.advanceClock(DAY_MS / 24)
    const { rpc } = gateway.world.chain
    const { call } = rpc
    rpc.call = async () => {
      throw new ChainUnreachable('the node is away')
    }
    try {
      const response = await read(gateway, holder, digest)
      expect(response.status).to.equal(503)
    } finally {
      rpc.call = call
    }
    expect((await gateway.world.store.grantByDigest(getBytes(digest)))!.used).to.equal(0)
    gateway.world.wake()
    await until(async () => (await read(gateway, holder, digest)).status === 201)
  })

  it('is sent after a restart when it was not sent before', async () => {
    const { holder, digest } = await withoutSending(async () => {
      const given = await granted()
      await gateway.close({ andChain: false })
      return given
    })
    const ahead = gateway.world.clock() - Date.now()
    gateway = await openGateway({ after: gateway })
    gateway.advanceClock(ahead)
    const asks = gateway.as(holder.who)
    await untilAllFinal(gateway)
    expect((await stateOf({ ...holder, asks }, digest)).state).to.equal('final')
    await answerOf(read(gateway, { ...holder, asks }, digest), 201)
  })
})
