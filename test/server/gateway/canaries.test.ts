import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { generateRows } from '../../../scripts/generate/certificates.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { keepCopy } from '../../../server/uses/copies.ts'
import { accountSigner } from '../../contracts/signers.ts'
import { formsOf, searchFor } from '../../../scripts/fsck/canaries.ts'
import {
  answerOf,
  exampleRow,
  freshKey,
  openGateway,
  untilAllFinal,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { bind, grantOf, newHolder, publishHousing, read, type Holder } from '../grants/holders.ts'
import { present, tokenOf } from './presentation-examples.ts'
import { sha256Hex } from './examples.ts'

const PEOPLE = 3_300
const AT_A_TIME = 1_100
/** People who also sign in, consent, show, object and ask for corrections. */
const HOLDERS = 24
const HAN = Array.from('云舒若川景和书言禾白子文思嘉雨晨一诺知行安然清远伟强磊军洋勇杰涛')

/** A name that nobody else has: six characters, so that no other text is it by chance. */
const nameOf = (n: number): string => `金雀${[n, n >> 5, n >> 10].map(part => HAN[part & 31]).join('')}丝`
const addressOf = (n: number): string => `示例省云岭市望山区金丝雀路${n}号院${(n * 7) % 90}室`
const wordsOf = (what: string, n: number): string => `金丝雀说的话：${what}，第${n}次，请保密`

describe('ten thousand personal values', function () {
  this.timeout(600_000)
  let gateway: OpenedGateway
  const planted = new Set<string>()
  const plant = (value: string): string => {
    planted.add(value)
    return value
  }
  /** Every refusal that was answered. */
  const problems: string[] = []

  const rows = () =>
    [...generateRows(typeIn(demoRegion(), 'RIC'), PEOPLE, 'canaries')].map((row, n) => {
      const idNo = plant(row['idNo'] as string)
      return { ...row, idNo, name: plant(nameOf(n)), address: plant(addressOf(n)) }
    })

  before(async () => {
    gateway = await openGateway()
    await publishHousing(gateway)
  })
  after(() => gateway.close())

  const refused = async (response: Promise<Response>) => {
    const answered = await response
    const text = await answered.text()
    expect(answered.status, text.slice(0, 200)).to.be.at.least(400)
    expect(answered.status, text.slice(0, 200)).to.not.equal(500)
    problems.push(text, ...[...answered.headers].flat())
  }

  it('are issued, drafted, read, shown, granted, objected to and corrected', async () => {
    const people = rows()
    for (let from = 0; from < people.length; from += AT_A_TIME) {
      const batch = { type: 'RIC', rows: people.slice(from, from + AT_A_TIME) }
      await answerOf(gateway.post('/v1/certificates/batch', batch), 201)
    }
    const maker = gateway.as({ role: 'maker', department: 'GAJ' })
    const drafted = people.slice(0, 50).map((row, n) => ({ ...row, name: plant(nameOf(PEOPLE + n)) }))
    await answerOf(maker.post('/v1/batches?type=RIC', drafted), 201)

    for (let n = 0; n < HOLDERS; n++) {
      const holder = await newHolder(gateway, plant(nameOf(PEOPLE + 100 + n)))
      const { fields } = await answerOf<{ fields: { idNo: string } }>(
        holder.asks.get(`/v1/holder/certificates/${holder.certificate.identifier}/values`),
      )
      plant(fields.idNo)
      await useIn(holder, n)
    }
    await untilAllFinal(gateway)
    expect(planted.size).to.be.at.least(10_000)
  })

  /** Everything that a holder can do or have done to him. */
  async function useIn(holder: Holder, n: number): Promise<void> {
    const { asks, certificate } = holder
    const signer = accountSigner(`canary ${n}`)
    await answerOf(bind(holder, signer), 201)
    const grant = await grantOf(gateway, holder, signer)
    const { use } = await answerOf<{ use: { id: string } }>(read(gateway, holder, grant.digest), 201)
    const row = (await gateway.world.store.useById(use.id))!
    await keepCopy(gateway.world, row, Buffer.from(plant(wordsOf('副本', n))), row.copyExpiresAt!)
    await refused(read(gateway, holder, grant.digest, { fields: ['sex'] }))

    const says = { says: plant(wordsOf('异议', n)) }
    const { id } = await answerOf<{ id: string }>(asks.post(`/v1/holder/uses/${use.id}/objection`, says), 201)
    const answer = { outcome: 'explained', answer: plant(wordsOf('答复', n)) }
    await answerOf(gateway.post(`/v1/objections/${id}/answer`, answer), 200)
    await refused(gateway.post(`/v1/objections/${id}/answer`, answer))
    const correction = {
      field: 'address',
      says: plant(wordsOf('更正', n)),
      evidence: plant(wordsOf('证据', n)),
    }
    const own = `/v1/holder/certificates/${certificate.identifier}`
    const asked = await answerOf<{ id: string }>(asks.post(`${own}/corrections`, correction), 201)
    await answerOf(
      gateway.post(`/v1/corrections/${asked.id}/answer`, {
        outcome: 'refused',
        answer: plant(wordsOf('理由', n)),
      }),
      200,
    )
    await refused(asks.post(`${own}/corrections`, { ...correction, field: 'shoeSize' }))
    const { code } = await present(holder)
    const officer = gateway.as({ role: 'officer', department: 'ZJJ' })
    await answerOf(officer.post('/v1/presentations/resolve', { code: { token: tokenOf(code) } }), 200)
  }

  it('are typed into every wrong place, and refused', async () => {
    const people = rows().slice(0, 600)
    const misplaced = people.map(row => ({
      ...exampleRow('RIC'),
      sex: row.name,
      validFrom: row.idNo,
      ethnicity: row.address,
      idNo: row.name,
      [row.idNo]: row.address,
    }))
    await refused(gateway.post('/v1/certificates/batch', { type: 'RIC', rows: misplaced }))
    await refused(gateway.post('/v1/certificates/check', { type: 'RIC', rows: misplaced }))
    const holders = people.map(row => [row.name])
    const good = people.map(() => exampleRow('RIC'))
    await refused(gateway.post('/v1/certificates/batch', { type: 'RIC', rows: good, holders }))

    const officer = gateway.as({ role: 'officer', department: 'ZJJ' })
    const holder = (await newHolder(gateway)).asks
    for (const { idNo, name, address } of people.slice(0, 40)) {
      const text = encodeURIComponent(name)
      const body = { identifier: idNo, matter: name, ground: address, fields: [idNo], grant: name }
      const wrong: [Asking | OpenedGateway, string, unknown?][] = [
        [gateway, `/v1/certificates/${idNo}`],
        [gateway, `/v1/certificates?type=${text}&department=${idNo}&${idNo}=${text}`],
        [gateway, `/v1/departments/${text}/uses?side=${idNo}`],
        [gateway, `/v1/types/${idNo}`],
        [gateway, `/v1/${text}/${idNo}`],
        [gateway, `/v1/certificates`, { type: name, fields: { [idNo]: address } }],
        [
          gateway,
          `/v1/certificates`,
          { type: 'RIC', fields: { ...exampleRow('RIC'), idNo: name, name: idNo } },
        ],
        [officer, '/v1/uses', body],
        [officer, `/v1/uses/${idNo}/receipt`],
        [officer, '/v1/presentations/resolve', { code: { digits: idNo } }],
        [officer, '/v1/consent-requests', { department: name, matter: idNo, parties: [address] }],
        [holder, `/v1/holder/uses/${idNo}/objection`, { says: '' }],
        [holder, `/v1/holder/certificates/${idNo}/corrections`, { field: name, says: address }],
        [gateway, '/v1/withholdings', { identifier: idNo, reason: name }],
        [gateway, '/v1/duty-bases', { department: name, matter: idNo, type: address, basis: idNo }],
        [gateway, '/v1/verify/record', { id: idNo, sha256: name }],
      ]
      for (const [by, path, content] of wrong) {
        await refused(content === undefined ? by.get(path) : by.post(path, content))
      }
      await refused(
        gateway.request('/v1/certificates', {
          method: 'POST',
          headers: {
            authorization: `Bearer ${gateway.token}`,
            'content-type': 'application/json',
            'idempotency-key': freshKey(),
          },
          body: `{"name":"${name}","idNo":${idNo}, ${address}`,
        }),
      )
      await refused(
        gateway.request(`/v1/certificates/${idNo}`, { headers: { authorization: `Bearer ${idNo}` } }),
      )
    }
    expect(problems.length).to.be.greaterThan(700)
  })

  /** Places in which something was found, without what is large. */
  async function places(values: Iterable<string>): Promise<string[]> {
    const search = searchFor(values)
    const found: string[] = []
    const look = async (place: string, content: Uint8Array | string) => {
      for (const hit of search(typeof content === 'string' ? Buffer.from(content) : content)) {
        found.push(`${place}: ${hit}`)
      }
      // The chain's process and this one share two cores.
      await turn()
    }
    await look('service log', gateway.log.join(''))
    await look('problems', problems.join('\n'))
    await look('metrics', await (await gateway.request('/metrics')).text())
    await look('API description', await (await gateway.request('/openapi.json')).text())
    for (const [place, content] of await chainContents()) await look(place, content)
    const files = readdirSync(gateway.dataDir, { recursive: true })
      .map(name => join(gateway.dataDir, String(name)))
      .filter(path => statSync(path).isFile())
    expect(files).to.include.members(
      ['onceproof.db', 'onceproof.db-wal'].map(name => join(gateway.dataDir, name)),
    )
    for (const path of files) await look(path, readFileSync(path))
    return found
  }

  /** Calldata of every transaction, topics and data of every event, of the whole chain. */
  async function chainContents(): Promise<[string, Buffer][]> {
    const { rpc } = gateway.world.chain
    const head = Number(await rpc.call<string>('eth_blockNumber', []))
    const contents: [string, Buffer][] = []
    const bytes = (hex: string) => Buffer.from(hex.slice(2), 'hex')
    for (let number = 0; number <= head; number++) {
      const at = `0x${number.toString(16)}`
      const { transactions } = await rpc.call<{ transactions: { input: string }[] }>('eth_getBlockByNumber', [
        at,
        true,
      ])
      for (const { input } of transactions) contents.push([`calldata in block ${number}`, bytes(input)])
    }
    const logs = await rpc.call<{ data: string; topics: string[] }[]>('eth_getLogs', [
      { fromBlock: '0x0', toBlock: 'latest' },
    ])
    for (const { data, topics } of logs)
      contents.push(['event', bytes(data + topics.map(topic => topic.slice(2)).join(''))])
    expect(head).to.be.greaterThan(20)
    expect(logs.length).to.be.greaterThan(20)
    expect(contents.length).to.be.greaterThan(60)
    return contents
  }

  it('are in no calldata, event, log line, metric, refusal or file, in no encoding and under no plain hash', async () => {
    await untilAllFinal(gateway)
    expect(await places(planted)).to.deep.equal([])
  })

  it('would be found: a value written into the name of a record is, and each form of a value is', async () => {
    const control = nameOf(PEOPLE + 200) + '的合同'
    expect(await places([control])).to.deep.equal([])
    await answerOf(gateway.post('/v1/records', { sha256: sha256Hex('a contract'), name: control }), 201)
    const found = await places([control])
    expect(found.filter(hit => hit.includes('onceproof.db'))).to.not.deep.equal([])
    // What is logged is only a hash of all that the notary signed, with a salt in it.
    expect(found.some(hit => hit.startsWith('calldata') || hit.startsWith('event'))).to.equal(false)

    const [value] = planted
    const search = searchFor(planted)
    for (const [form, bytes] of formsOf(value!)) {
      const hidden = Buffer.concat([Buffer.alloc(1_000, 7), bytes, Buffer.alloc(1_000, 9)])
      expect(search(hidden).join(), form).to.include(`${value} as ${form}`)
    }
  })
})
