/**
 * Who was entitled to sign, and when: each certificate here is in the log and final, so what decides is what the registry on
 * chain says of its key, its department and its permit at the time when it was anchored.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { getBytes, Signature, Transaction } from 'ethers'
import { fromBase64url, fromUtf8, toHex } from '../../../protocol/bytes.ts'
import { thumbprint } from '../../../protocol/key.ts'
import { departmentId } from '../../../protocol/snapshot.ts'
import { statementHeader } from '../../../protocol/statement.ts'
import { parseTrust, type Trust } from '../../../protocol/trust.ts'
import { verify } from '../../../protocol/verify.ts'
import { typeOf } from '../../../server/catalogue/publish.ts'
import { buildCertificates } from '../../../server/certificates/build.ts'
import { errorName, INTERFACES } from '../../../server/chain/contracts.ts'
import { createRpc, quantityToNumber, RpcFailure } from '../../../server/chain/rpc.ts'
import { liveView, revertData } from '../../../server/chain/view.ts'
import { issuingKey } from '../../../server/keys/names.ts'
import {
  answerOf,
  applicationOf,
  exampleRow,
  fileOf,
  issue,
  publish,
  sharedGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

/** A department for each thing that can happen to one, with a type that it issues. */
const CASES = {
  permitEnded: { department: 'MZJ', type: 'LOW' },
  keyRetired: { department: 'GXX', type: 'DEG' },
  compromisedBefore: { department: 'CLH', type: 'DIS' },
  compromisedAfter: { department: 'JTJ', type: 'RTC' },
  suspended: { department: 'SWJ', type: 'TAX' },
} as const
type Case = keyof typeof CASES
const ALL = Object.keys(CASES) as Case[]

describe('the authority behind a certificate', () => {
  let gateway: OpenedGateway
  let trust: Trust
  /** Certificate files from before the registry changed and from after, when the gateway had not yet noticed. */
  const issuedBefore = {} as Record<Case, Uint8Array>
  const issuedAfter = {} as Record<Case, Uint8Array>

  const usccOf = (one: Case) => applicationOf(CASES[one].department).uscc
  const keyIdOf = async (department: string) => {
    const key = await gateway.world.keys.publicKey(issuingKey(applicationOf(department).uscc, 1))
    return toHex(fromBase64url(thumbprint(key)!)!)
  }
  const typeCodeOf = async (type: string) => (await typeOf(gateway.world, type)).row.typeCode

  /** The registry's own word on an act by governance; nothing of the gateway stands between. */
  async function govern(method: string, ...args: unknown[]): Promise<void> {
    const { chain } = gateway.world
    const { address: to } = chain.deployment.contracts.DepartmentRegistry
    const data = INTERFACES.DepartmentRegistry.encodeFunctionData(method, args)
    const { address: from } = chain.governance
    try {
      await chain.rpc.call('eth_estimateGas', [{ from, to, data }])
    } catch (error) {
      const name = error instanceof RpcFailure ? errorName(revertData(error.data)) : null
      throw name === null ? error : new Error(name)
    }
    const nonce = quantityToNumber(await chain.rpc.call('eth_getTransactionCount', [from, 'latest']))
    const { chainId } = chain.deployment.chain
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n }
    const transaction = Transaction.from({ type: 2, chainId, nonce, to, data, gasLimit: 1_000_000n, ...fees })
    const signature = await chain.governance.signDigest(getBytes(transaction.unsignedHash))
    transaction.signature = Signature.from(toHex(signature))
    await chain.rpc.call('eth_sendRawTransaction', [transaction.serialized])
    const receipt = await chain.rpc.call<{ status: string }>('eth_getTransactionReceipt', [transaction.hash])
    expect(receipt.status, method).to.equal('0x1')
  }

  /** Verdict and reason, the gateway and a stranger with a bare node being of one mind. */
  async function verdictOf(file: Uint8Array, by: Trust = trust): Promise<string> {
    const view = liveView(createRpc(gateway.chainUrl), by.contracts)
    const { verdict, answers } = await verify(file, by, view, Math.floor(gateway.world.clock() / 1000))
    if (by === trust) {
      const report = await answerOf<{ verdict: string; answers: typeof answers }>(
        gateway.request('/v1/verify', {
          method: 'POST',
          headers: { 'content-type': 'application/vnd.onceproof+json' },
          body: new Uint8Array(file),
        }),
      )
      expect(report.verdict).to.equal(verdict)
      expect(report.answers).to.deep.equal(answers)
    }
    expect(answers.anchored).to.deep.equal({ answer: 'yes', because: 'FINAL' })
    return `${verdict} ${answers.authorised.because}`
  }

  async function finalFileOf(type: string): Promise<Uint8Array> {
    const { identifier } = await issue(gateway, type)
    await untilAllFinal(gateway)
    return fileOf(gateway, identifier)
  }

  const codeOfIssuing = async (one: Case) => {
    const { type } = CASES[one]
    return (await problemIn(await gateway.post('/v1/certificates', { type, fields: exampleRow(type) }))).code
  }

  before(async () => {
    gateway = await sharedGateway()
    await publish(gateway, 'RIC', ...ALL.map(one => CASES[one].type))
    trust = parseTrust(new Uint8Array(await (await gateway.request('/v1/trust')).arrayBuffer()))
    // The gateway asks the chain anew every few seconds of its clock: held, it goes on as in an outage.
    gateway.holdClock(true)
    for (const one of ALL) issuedBefore[one] = await finalFileOf(CASES[one].type)
    await theNextSecond()

    const ends = theSecond() + 1
    const { region } = gateway.world
    await govern('endPermit', await typeCodeOf(CASES.permitEnded.type), region, ends)
    await govern('retireKey', await keyIdOf(CASES.keyRetired.department), ends, ends)
    const blockTime = (file: Uint8Array) =>
      (JSON.parse(fromUtf8(file)!) as { receipt: { anchor: { blockTime: number } } }).receipt.anchor.blockTime
    await govern(
      'declareCompromised',
      await keyIdOf(CASES.compromisedBefore.department),
      blockTime(issuedBefore.compromisedBefore),
    )
    await govern(
      'declareCompromised',
      await keyIdOf(CASES.compromisedAfter.department),
      blockTime(issuedBefore.compromisedAfter) + 1,
    )
    await govern('suspendDepartment', departmentId(usccOf('suspended')))
    while (theSecond() < ends) await theNextSecond()
    for (const one of ALL) issuedAfter[one] = await finalFileOf(CASES[one].type)
  })
  after(() => gateway.holdClock(false))

  it('holds when the certificate was anchored before the permit ended, the key was retired, the department suspended', async () => {
    for (const one of ['permitEnded', 'keyRetired', 'suspended'] as const) {
      expect(await verdictOf(issuedBefore[one]), one).to.equal('VALID KEY_AND_PERMIT_IN_FORCE')
    }
  })

  it('does not hold when it was anchored after the permit ended', async () => {
    expect(await verdictOf(issuedAfter.permitEnded)).to.equal('PERMIT_NOT_IN_FORCE NO_PERMIT')
  })

  it('does not hold when it was anchored after the key’s end', async () => {
    expect(await verdictOf(issuedAfter.keyRetired)).to.equal('ISSUER_KEY_REVOKED KEY_ENDED')
  })

  it('does not hold when it was anchored from the second on in which the key was compromised', async () => {
    expect(await verdictOf(issuedBefore.compromisedBefore)).to.equal('KEY_COMPROMISED KEY_COMPROMISED')
    expect(await verdictOf(issuedAfter.compromisedBefore)).to.equal('KEY_COMPROMISED KEY_COMPROMISED')
    expect(await verdictOf(issuedAfter.compromisedAfter)).to.equal('KEY_COMPROMISED KEY_COMPROMISED')
  })

  it('holds for what was anchored a second before the compromise', async () => {
    expect(await verdictOf(issuedBefore.compromisedAfter)).to.equal('VALID KEY_AND_PERMIT_IN_FORCE')
  })

  it('does not hold when it was anchored while the department was suspended', async () => {
    expect(await verdictOf(issuedAfter.suspended)).to.equal('ISSUER_SUSPENDED DEPARTMENT_SUSPENDED')
  })

  it('an order that a suspended department signs changes nothing on chain, and the answer says so', async () => {
    const { certificate } = JSON.parse(fromUtf8(issuedBefore.suspended)!) as { certificate: string }
    const payload = Buffer.from(certificate.split('.')[1]!, 'base64url').toString()
    const identifier = (JSON.parse(payload) as { id: string }).id.split(':').at(-1)!
    const path = `/v1/certificates/${identifier}`
    const asked = gateway.post(`${path}/status`, { action: 'revoke', reason: 'ISSUED_IN_ERROR' })
    // Refused at once, or by the contract where the gateway still remembers the standing of a few seconds ago.
    expect((await problemIn(await asked)).code).to.be.oneOf(['DEPARTMENT_SUSPENDED', 'STATUS_ORDER_REFUSED'])
    expect(await verdictOf(issuedBefore.suspended)).to.equal('VALID KEY_AND_PERMIT_IN_FORCE')
    const { standing } = await answerOf<{ standing: string }>(gateway.get(`${path}/state`))
    expect(standing).to.equal('ACTIVE')
  })

  it('once the gateway has asked the chain again, it refuses to issue, each with its code', async () => {
    gateway.advanceClock(6_000)
    expect(await codeOfIssuing('permitEnded')).to.equal('PERMIT_NOT_HELD')
    expect(await codeOfIssuing('keyRetired')).to.equal('KEY_NOT_IN_FORCE')
    expect(await codeOfIssuing('compromisedBefore')).to.equal('KEY_NOT_IN_FORCE')
    expect(await codeOfIssuing('compromisedAfter')).to.equal('KEY_NOT_IN_FORCE')
    expect(await codeOfIssuing('suspended')).to.equal('DEPARTMENT_SUSPENDED')
  })

  it('permitted and resumed again, a department issues again; what was anchored in between stays without authority', async () => {
    const { permitEnded } = CASES
    // Times on chain are whole seconds: the new permit begins after what was anchored without one.
    await theNextSecond()
    await govern(
      'grantPermit',
      departmentId(usccOf('permitEnded')),
      await typeCodeOf(permitEnded.type),
      gateway.world.region,
    )
    await govern('resumeDepartment', departmentId(usccOf('suspended')))
    await theNextSecond()
    gateway.advanceClock(6_000)
    expect(await verdictOf(await finalFileOf(permitEnded.type))).to.equal('VALID KEY_AND_PERMIT_IN_FORCE')
    expect(await verdictOf(await finalFileOf(CASES.suspended.type))).to.equal('VALID KEY_AND_PERMIT_IN_FORCE')
    // Anchored before its permit, which is in force now.
    expect(await verdictOf(issuedAfter.permitEnded)).to.equal('PERMIT_NOT_IN_FORCE NO_PERMIT')
    expect(await verdictOf(issuedAfter.suspended)).to.equal('ISSUER_SUSPENDED DEPARTMENT_SUSPENDED')
  })

  it('is one department’s at a time: the registry refuses the permit to a second', async () => {
    const typeCode = await typeCodeOf('RIC')
    const grant = govern('grantPermit', departmentId(usccOf('keyRetired')), typeCode, gateway.world.region)
    expect(await grant.catch((error: Error) => error.message)).to.equal('PermitHeld')
    const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
    const periods = await view.permitsOf(typeCode, gateway.world.region)
    expect(periods.map(({ department }) => department)).to.deep.equal([
      departmentId(applicationOf('GAJ').uscc),
    ])
  })

  it('is of one key and one department for ever: the registry refuses both to be added again', async () => {
    const { uscc, did } = applicationOf('GAJ')
    const refusal = (act: Promise<void>) => act.then(() => 'done').catch((error: Error) => error.message)
    expect(await refusal(govern('admitDepartment', uscc, did))).to.equal('DepartmentAlreadyAdmitted')
    const key = toHex(await gateway.world.keys.publicKey(issuingKey(uscc, 1)))
    const add = govern('addKey', departmentId(usccOf('keyRetired')), 1, 1, key, 0, 0)
    expect(await refusal(add)).to.equal('KeyAlreadyRegistered')
    const keyId = await keyIdOf('CLH')
    const later = govern('declareCompromised', keyId, theSecond())
    expect(await refusal(later), 'a compromise only moves earlier').to.equal('InvalidCompromiseTime')
  })

  /** A certificate that this gateway would never issue, put into its log all the same. */
  async function smuggle(change: {
    did?: string
    region?: string
    typeCode?: string
    list?: number
    key?: { thumbprint: string; sign: (data: Uint8Array) => Uint8Array | Promise<Uint8Array> }
  }): Promise<Uint8Array> {
    const { world } = gateway
    const { uscc, did: own } = applicationOf('GAJ')
    const did = change.did ?? own
    const type = await typeOf(world, 'RIC')
    const row = type.check(exampleRow('RIC'), 0)
    if (Array.isArray(row)) throw new Error('the example is a good row')
    const name = issuingKey(uscc, 1)
    const key = change.key ?? {
      thumbprint: thumbprint(await world.keys.publicKey(name))!,
      sign: (data: Uint8Array) => world.keys.sign(name, data),
    }
    const [slot] = await world.store.takeStatusSlots(uscc, 1)
    const region = change.region ?? world.region
    const issuer = {
      header64: statementHeader('certificate', 'ES256', did, key.thumbprint),
      did,
      uscc,
      region,
      typeCode: change.typeCode ?? type.row.typeCode,
      schema: { ...type.schema, id: type.schema.id.replace(world.region, region) },
      publicUrl: gateway.url,
      sign: key.sign,
      kek: await world.keys.kek(uscc),
    }
    const draft = {
      ...row,
      slot: { list: change.list ?? slot!.list, index: slot!.index },
      follows: null,
      originalFile: null,
    }
    const certificates = await buildCertificates(issuer, [draft], world.clock())
    await world.store.acceptCertificates(certificates, null, null)
    world.wake()
    await untilAllFinal(gateway)
    return fileOf(gateway, certificates[0]!.identifier)
  }

  function newKey() {
    const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const raw = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
    return {
      raw,
      thumbprint: thumbprint(raw)!,
      sign: (data: Uint8Array) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
    }
  }

  it('is nobody’s when the key is in no registry, whatever receipt comes with it', async () => {
    expect(await verdictOf(await smuggle({ key: newKey() }))).to.equal('ISSUER_UNKNOWN KEY_NOT_REGISTERED')
  })

  it('did not begin before the key was registered', async () => {
    const key = newKey()
    const file = await smuggle({ key })
    await theNextSecond()
    await govern('addKey', departmentId(applicationOf('GAJ').uscc), 1, 1, toHex(key.raw), 0, 0)
    expect(await verdictOf(file)).to.equal('KEY_NOT_YET_VALID KEY_NOT_YET_VALID')
    await theNextSecond()
    expect(await verdictOf(await smuggle({ key }))).to.equal('VALID KEY_AND_PERMIT_IN_FORCE')
  })

  it('is not another department’s: its key signs for nobody else', async () => {
    const name = issuingKey(usccOf('permitEnded'), 1)
    const { keys } = gateway.world
    const key = {
      thumbprint: thumbprint(await keys.publicKey(name))!,
      sign: (data: Uint8Array) => keys.sign(name, data),
    }
    expect(await verdictOf(await smuggle({ key }))).to.equal('ISSUER_UNKNOWN KEY_OF_ANOTHER_DEPARTMENT')
    const { did } = applicationOf('MZJ')
    expect(await verdictOf(await smuggle({ key, did }))).to.equal('ISSUER_UNKNOWN KEY_OF_ANOTHER_DEPARTMENT')
    expect(await verdictOf(await smuggle({ did }))).to.equal('ISSUER_UNKNOWN KEY_OF_ANOTHER_DEPARTMENT')
  })

  it('does not reach to a type that another department has the permit for', async () => {
    const typeCode = await typeCodeOf('DEG')
    const { world } = gateway
    const rows = (await world.store.logSize()).accepted
    expect(await verdictOf(await smuggle({ typeCode }))).to.equal('PERMIT_NOT_IN_FORCE NO_PERMIT')
    expect((await world.store.logSize()).accepted).to.equal(rows + 1)
  })

  it('is asked in the regions that the verifier’s trust file recognises, and in no other', async () => {
    const elsewhere = await smuggle({ region: '990200' })
    expect(await verdictOf(elsewhere)).to.equal('NOT_RECOGNISED_HERE REGION_NOT_RECOGNISED')
    const regions = [...trust.regions, { code: '990200', types: '*' as const, use: 'live' as const }]
    expect(await verdictOf(elsewhere, { ...trust, regions })).to.equal('PERMIT_NOT_IN_FORCE NO_PERMIT')
    const here = await finalFileOf('RIC')
    const some = [{ ...trust.regions[0]!, types: ['11990100MB9Y01166J002'] }]
    expect(await verdictOf(here, { ...trust, regions: some })).to.equal(
      'NOT_RECOGNISED_HERE TYPE_NOT_RECOGNISED',
    )
    const test = [{ ...trust.regions[0]!, use: 'test' as const }]
    expect(await verdictOf(here, { ...trust, regions: test })).to.equal('TEST KEY_AND_PERMIT_IN_FORCE')
  })

  it('says nothing of a certificate whose status list nobody opened: that cannot be checked', async () => {
    const file = await smuggle({ list: 99 })
    expect(await verdictOf(file)).to.equal('CANNOT_CHECK KEY_AND_PERMIT_IN_FORCE')
  })

  it('is not told at all by a node of another chain or with other contracts', async () => {
    const file = await finalFileOf('RIC')
    for (const wrong of [
      { ...trust, chain: { ...trust.chain, chainId: 1 } },
      { ...trust, chain: { ...trust.chain, genesis: `0x${'11'.repeat(32)}` } },
      {
        ...trust,
        contracts: {
          ...trust.contracts,
          AnchorLog: { ...trust.contracts.AnchorLog, codeHash: `0x${'22'.repeat(32)}` },
        },
      },
    ]) {
      const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
      const { verdict, answers } = await verify(file, wrong, view, theSecond())
      expect([verdict, answers.anchored.because]).to.deep.equal(['CANNOT_CHECK', 'WRONG_CHAIN'])
    }
    const nowhere = liveView(createRpc('http://127.0.0.1:1'), trust.contracts)
    const { verdict, answers } = await verify(file, trust, nowhere, theSecond())
    expect([verdict, answers['not revoked'].because]).to.deep.equal(['CANNOT_CHECK', 'CHAIN_UNREACHABLE'])
  })
})

/** Blocks of the embedded chain have the time of the clock on the wall, in seconds. */
const theSecond = () => Math.floor(Date.now() / 1000)

async function theNextSecond(): Promise<void> {
  await pause(1_000 - (Date.now() % 1_000) + 5)
}
