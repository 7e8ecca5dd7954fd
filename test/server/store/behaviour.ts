/**
 * What every store must do, whatever stands behind it. Each backend runs this suite against the real thing.
 */
import { expect } from 'chai'
import {
  consistencyNodes,
  consistencyProof,
  inclusionNodes,
  inclusionProof,
  emptyRoot,
  nodeHash,
  proofFrom,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../protocol/log.ts'
import { Refusal } from '../../../protocol/refusal.ts'
import type { Block, NewStatement, NodeRef, Store, TypeRow } from '../../../server/store/store.ts'
import {
  OTHER_TYPE_CODE,
  TYPE_CODE,
  acceptRecords,
  certificate,
  certificates,
  checkpointOf,
  identifier,
  once,
  record,
  statusChange,
  transaction,
  ulid,
} from './samples.ts'

/** One store of a test: empty at first, opened again on the same data by `reopen`. */
export interface OpenedStore {
  store: Store
  reopen(): Promise<Store>
  discard(): Promise<void>
}

export type OpenStore = (clock: () => number) => Promise<OpenedStore>

const START = Date.UTC(2026, 0, 1)
const START_SECONDS = START / 1000
const block = (number: number, hash = `0x${String(number).padStart(64, '0')}`): Block => ({
  number,
  hash,
  time: 1_700_000_000 + number,
})

export async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(Refusal)
  return error as Refusal
}

export async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(Error)
  return (error as Error).message
}

export function describeStore(name: string, open: OpenStore): void {
  describe(`a store in ${name}`, () => {
    let opened: OpenedStore
    let store: Store
    let now: number

    beforeEach(async () => {
      now = START
      opened = await open(() => now)
      store = opened.store
    })
    afterEach(() => opened.discard())

    const reopen = async () => {
      store = await opened.reopen()
    }

    describe('departments and types', () => {
      const psb = {
        code: 'PSB',
        uscc: '11990100MB0000001X',
        did: 'did:web:psb.example',
        zh: '公安局',
        en: 'Public Security Bureau',
        roles: ['issuer', 'verifier'],
        createdAt: 1,
      }
      const type = (version: number, definition = '{"fields":["姓名"]}'): TypeRow => ({
        code: 'RIC',
        version,
        typeCode: TYPE_CODE,
        department: 'PSB',
        definition,
        digest: new Uint8Array(32).fill(version),
        createdAt: 2,
      })

      const publication = (n: number): NewStatement => ({ ...record(n), kind: 'catalogue' })

      it('keeps a department and its newer particulars, also after a restart', async () => {
        await store.saveDepartment(psb)
        await store.saveDepartment({ ...psb, en: 'Police', roles: ['issuer'] })
        await reopen()
        expect(await store.departments()).to.deep.equal([{ ...psb, en: 'Police', roles: ['issuer'] }])
      })

      it('keeps every version of a type and lists the newest', async () => {
        await store.saveDepartment(psb)
        await store.saveType(type(1), publication(1))
        await store.saveType(type(2, '{"fields":["姓名","性别"]}'), publication(2))
        await reopen()
        expect(await store.types()).to.deep.equal([type(2, '{"fields":["姓名","性别"]}')])
        expect(await store.typeVersion('RIC', 1)).to.deep.equal(type(1))
        expect(await store.typeVersion('RIC', 3)).to.equal(null)
        expect((await store.typeVersions('RIC')).map(({ version }) => version)).to.deep.equal([2, 1])
        const seqs = [await store.publicationOf('RIC', 1), await store.publicationOf('RIC', 2)]
        expect(seqs).to.deep.equal([1, 2])
        expect((await store.statementBySeq(2))!.leaf).to.deep.equal(publication(2).leaf)
      })

      it('takes the same version of a type again, and refuses other content under it', async () => {
        await store.saveDepartment(psb)
        await store.saveType(type(1), publication(1))
        await store.saveType(type(1), publication(1))
        expect((await refusalOf(store.saveType(type(1, '{}'), publication(1)))).code).to.equal(
          'TYPE_VERSION_EXISTS',
        )
        expect(await store.typeVersion('RIC', 1)).to.deep.equal(type(1))
        // One statement, however often it was published.
        expect((await store.logSize()).accepted).to.equal(1)
      })

      it('does not keep a type of a department that is not there', async () => {
        await failureOf(store.saveType(type(1), publication(1)))
        expect(await store.types()).to.deep.equal([])
      })
    })

    describe('status lists', () => {
      it('hands out every index of a list once, in no order, over restarts, and then refuses', async () => {
        await store.openStatusList('PSB', 1)
        const first = await store.takeStatusSlots('PSB', 100_000)
        await reopen()
        await store.openStatusList('PSB', 1)
        expect(await store.statusLists()).to.deep.equal([
          { department: 'PSB', number: 1, used: 100_000, capacity: 131_072 },
        ])
        const rest = await store.takeStatusSlots('PSB', 31_072)
        const indices = [...first, ...rest].map(slot => slot.index)
        expect(new Set(indices).size).to.equal(131_072)
        expect(Math.min(...indices.slice(0, 1000))).to.be.at.least(0)
        expect(indices.toSorted((a, b) => a - b).every((index, i) => index === i)).to.equal(true)
        expect(indices.filter((index, i) => index === i)).to.have.length.below(20)
        expect((await refusalOf(store.takeStatusSlots('PSB', 1))).code).to.equal('STATUS_LIST_FULL')
      })

      it('takes from the newest list of the department, and nothing when there are too few', async () => {
        expect((await refusalOf(store.takeStatusSlots('PSB', 1))).code).to.equal('STATUS_LIST_FULL')
        await store.openStatusList('PSB', 1)
        await store.openStatusList('PSB', 2)
        await store.openStatusList('MCA', 1)
        expect((await refusalOf(store.takeStatusSlots('PSB', 131_073))).code).to.equal('STATUS_LIST_FULL')
        expect((await store.takeStatusSlots('PSB', 3)).map(slot => slot.list)).to.deep.equal([2, 2, 2])
        expect(
          (await store.statusLists()).map(list => [list.department, list.number, list.used]),
        ).to.deep.equal([
          ['MCA', 1, 0],
          ['PSB', 1, 0],
          ['PSB', 2, 3],
        ])
      })

      it('never gives one index to two who ask together', async () => {
        await store.openStatusList('PSB', 1)
        const taken = await Promise.all(Array.from({ length: 50 }, () => store.takeStatusSlots('PSB', 20)))
        expect(new Set(taken.flat().map(slot => slot.index)).size).to.equal(1000)
      })
    })

    describe('certificates', () => {
      it('numbers them in the order of acceptance, without gaps, and finds each in every way', async () => {
        const batch = certificates(1, 3)
        const result = await store.acceptCertificates(batch, 'batch-1', null)
        expect(result).to.deep.equal({
          repeated: false,
          batch: 'batch-1',
          accepted: [1, 2, 3].map(seq => ({ seq, acceptedAt: START_SECONDS })),
        })
        now += 5000
        const single = await store.acceptCertificates([certificate(4)], null, null)
        expect(single.accepted).to.deep.equal([{ seq: 4, acceptedAt: START_SECONDS + 5 }])
        await reopen()

        const at = { acceptedAt: START_SECONDS, valuesMissing: false }
        const second = { ...certificate(2), seq: 2, ...at, batch: 'batch-1' }
        expect(await store.certificateBySeq(2)).to.deep.equal(second)
        expect(await store.certificateByIdentifier(identifier(2))).to.deep.equal(second)
        expect(await store.certificateByShortCode(certificate(2).shortCode)).to.deep.equal(second)
        expect(await store.seqOfLeaf(certificate(2).leaf)).to.equal(2)
        const { seq, acceptedAt, kind, statement, leaf } = second
        expect(await store.statementBySeq(2)).to.deep.equal({ seq, acceptedAt, kind, statement, leaf })
        expect((await store.certificateBySeq(4))?.batch).to.equal(null)
      })

      it('answers null for what it does not have', async () => {
        await store.acceptCertificates([certificate(1)], null, null)
        expect(await store.certificateBySeq(2)).to.equal(null)
        expect(await store.statementBySeq(2)).to.equal(null)
        expect(await store.certificateByIdentifier(identifier(2))).to.equal(null)
        expect(await store.certificateByIdentifier('1.2.156.3005.2.nonsense')).to.equal(null)
        expect(await store.certificateByIdentifier(identifier(1, OTHER_TYPE_CODE))).to.equal(null)
        expect(await store.certificateByIdentifier(identifier(1).replace(/.$/, 'Z'))).to.equal(null)
        expect(await store.certificateByShortCode('00000000')).to.equal(null)
        expect(await store.certificateByShortCode('U')).to.equal(null)
        expect(await store.seqOfLeaf(new Uint8Array(32))).to.equal(null)
        const alike = new Uint8Array(certificate(1).leaf)
        alike[31] = (alike[31] ?? 0) ^ 1
        expect(await store.seqOfLeaf(alike)).to.equal(null)
      })

      it('refuses a whole batch for one identifier that is taken, and says which row', async () => {
        await store.acceptCertificates([certificate(1)], null, null)
        const rows = [certificate(2), certificate(3), certificate(1, { shortCode: 'ZZZZZZZZ' })]
        const refusal = await refusalOf(store.acceptCertificates(rows, 'b', once('k')))
        expect(refusal.code).to.equal('IDENTIFIER_TAKEN')
        expect(refusal.details.errors?.[0]?.row).to.equal(2)
        expect(refusal.details.found).to.equal(identifier(1))
        expect((await store.logSize()).accepted).to.equal(1)
        expect(await store.certificateByIdentifier(identifier(2))).to.equal(null)
        expect(await store.answered(once('k'))).to.equal(null)
        expect(await store.certificates({ batch: 'b' }, { before: null, limit: 10 })).to.deep.equal([])
      })

      it('refuses a short code that is taken, within a batch too', async () => {
        const rows = [certificate(1), certificate(2, { shortCode: certificate(1).shortCode })]
        const refusal = await refusalOf(store.acceptCertificates(rows, null, null))
        expect(refusal.code).to.equal('SHORT_CODE_TAKEN')
        expect(refusal.details.errors?.[0]).to.include({ row: 1, field: 'shortCode' })
        expect((await store.logSize()).accepted).to.equal(0)
      })

      it('does not keep what is not an identifier, a short code or a leaf', async () => {
        for (const wrong of [
          certificate(1, { identifier: 'x' }),
          certificate(1, { identifier: identifier(1).replace('.001.', '.01.') }),
          certificate(1, { identifier: identifier(1, OTHER_TYPE_CODE), typeCode: TYPE_CODE }),
          certificate(1, { shortCode: 'ABCDEFGU' }),
          certificate(1, { leaf: new Uint8Array(31) }),
        ]) {
          await failureOf(store.acceptCertificates([certificate(2), wrong], null, null))
        }
        expect((await store.logSize()).accepted).to.equal(0)
      })

      it('lists by department, type and batch, newest first, page by page', async () => {
        const marriage = { department: 'MCA', typeCode: OTHER_TYPE_CODE }
        await store.acceptCertificates(certificates(1, 3), 'b', null)
        await store.acceptCertificates([certificate(4, marriage)], null, null)
        await store.acceptCertificates(
          [certificate(5), certificate(6, { typeCode: OTHER_TYPE_CODE })],
          'b',
          null,
        )
        await store.acceptCertificates([certificate(7)], null, null)
        const seqs = async (
          filter: Parameters<Store['certificates']>[0],
          before: number | null,
          limit: number,
        ) => (await store.certificates(filter, { before, limit })).map(row => row.seq)
        expect(await seqs({}, null, 3)).to.deep.equal([7, 6, 5])
        expect(await seqs({}, 5, 3)).to.deep.equal([4, 3, 2])
        expect(await seqs({ department: 'PSB' }, null, 10)).to.deep.equal([7, 6, 5, 3, 2, 1])
        expect(await seqs({ department: 'PSB' }, 6, 3)).to.deep.equal([5, 3, 2])
        expect(await seqs({ typeCode: OTHER_TYPE_CODE }, null, 10)).to.deep.equal([6, 4])
        expect(await seqs({ department: 'PSB', typeCode: OTHER_TYPE_CODE }, null, 10)).to.deep.equal([6])
        expect(await seqs({ department: 'SSB' }, null, 10)).to.deep.equal([])
        expect(await seqs({ batch: 'b' }, null, 10)).to.deep.equal([6, 5, 3, 2, 1])
        expect(await seqs({ batch: 'b' }, 6, 2)).to.deep.equal([5, 3])
        expect(await seqs({ batch: 'b', typeCode: TYPE_CODE }, 4, 10)).to.deep.equal([3, 2, 1])
        expect(await seqs({ batch: 'c' }, null, 10)).to.deep.equal([])
      })

      it('erases seed and values of a certificate for ever; statement, leaf and proof stay', async () => {
        await store.acceptCertificates(certificates(1, 2), null, null)
        await store.sealCheckpoint(await checkpointOf(store, 2))
        await store.eraseCertificate(identifier(1))
        await store.eraseCertificate(identifier(1))
        await store.eraseCertificate(identifier(9))
        await reopen()
        const erased = await store.certificateByIdentifier(identifier(1))
        expect(erased?.sealed).to.equal(null)
        expect(erased?.statement).to.equal(certificate(1).statement)
        expect((await store.certificateBySeq(2))?.sealed).to.deep.equal(certificate(2).sealed)
        expect(await store.nodes([{ level: 0, index: 0 }])).to.deep.equal([certificate(1).leaf])
        expect(await store.checkIntegrity()).to.deep.equal([])
      })
    })

    describe('repeated requests', () => {
      it('have one effect when a hundred come together', async () => {
        const results = await Promise.all(
          Array.from({ length: 100 }, () => store.acceptCertificates(certificates(1, 2), 'b', once('k'))),
        )
        expect(results.filter(result => !result.repeated)).to.have.length(1)
        for (const { batch, accepted } of results) {
          expect(batch).to.equal('b')
          expect(accepted.map(one => one.seq)).to.deep.equal([1, 2])
        }
        expect((await store.logSize()).accepted).to.equal(2)
      })

      it('are answered as the first time, also after a restart and at a later hour', async () => {
        const first = await store.acceptRecord(record(1), once('k'))
        now += 3_600_000
        await reopen()
        const repeated = { ...first, repeated: true }
        expect(await store.acceptRecord(record(1), once('k'))).to.deep.equal(repeated)
        expect(await store.answered(once('k'))).to.deep.equal(repeated)
        expect(await store.answered(once('other'))).to.equal(null)
      })

      it('are refused when the key comes with another request', async () => {
        await store.acceptCertificates([certificate(1)], null, once('k', 1))
        const other = once('k', 2)
        const refusals = await Promise.all(
          [
            store.acceptCertificates([certificate(2)], null, other),
            store.acceptRecord(record(3), other),
            store.acceptStatusChange(statusChange(4), other),
            store.answered(other),
          ].map(refusalOf),
        )
        expect(refusals.map(refusal => refusal.code)).to.deep.equal(
          Array.from({ length: 4 }, () => 'IDEMPOTENCY_KEY_REUSED'),
        )
        expect((await store.logSize()).accepted).to.equal(1)
      })

      it('that leave no statement keep their key all the same', async () => {
        await store.rememberAnswer(once('k'))
        await store.rememberAnswer(once('k'))
        await reopen()
        expect(await store.answered(once('k'))).to.deep.equal({ repeated: true, batch: null, accepted: [] })
        const other = { ...once('k'), request: new Uint8Array(32).fill(9) }
        for (const reused of [store.answered(other), store.rememberAnswer(other)]) {
          expect((await refusalOf(reused)).code).to.equal('IDEMPOTENCY_KEY_REUSED')
        }
        expect((await store.logSize()).accepted).to.equal(0)
      })
    })

    describe('records and status changes', () => {
      it('keeps a record once', async () => {
        await store.acceptRecord(record(1), null)
        expect((await refusalOf(store.acceptRecord(record(1), null))).code).to.equal('RECORD_ID_TAKEN')
        await reopen()
        expect(await store.recordById(ulid(1))).to.deep.equal({
          ...record(1),
          seq: 1,
          acceptedAt: START_SECONDS,
        })
        expect(await store.recordById(ulid(2))).to.equal(null)
        expect(await store.recordById('not an id')).to.equal(null)
        expect((await store.logSize()).accepted).to.equal(1)
      })

      it('keeps a status change with its order, and follows it to the end', async () => {
        const change = statusChange(1, { action: 'supersede', afterSeq: 7 })
        await store.acceptStatusChange(change, null)
        expect((await refusalOf(store.acceptStatusChange(change, null))).code).to.equal(
          'STATUS_CHANGE_ID_TAKEN',
        )
        const row = {
          ...change,
          seq: 1,
          acceptedAt: START_SECONDS,
          state: 'accepted',
          blockNumber: null,
          blockTime: null,
          refusal: null,
        }
        await reopen()
        expect(await store.openOrders()).to.deep.equal([row])
        expect(await store.statusChanges(identifier(1))).to.deep.equal([row])
        expect(await store.statusChanges(identifier(2))).to.deep.equal([])

        await store.markOrder(1, 'executed', block(9), null)
        const executed = { ...row, state: 'executed', blockNumber: 9, blockTime: block(9).time }
        expect(await store.openOrders()).to.deep.equal([executed])
        await store.markOrder(1, 'sent', null, null)
        expect((await store.statusChangeBySeq(1))?.blockNumber).to.equal(null)
        await store.markOrder(1, 'final', block(10), null)
        expect(await store.openOrders()).to.deep.equal([])
        await reopen()
        expect((await store.statusChangeBySeq(1))?.state).to.equal('final')
        expect(await store.statusChangeBySeq(2)).to.equal(null)
      })

      it('keeps why the chain refused an order, and does not offer it again', async () => {
        await store.acceptStatusChange(statusChange(1), null)
        await store.acceptStatusChange(statusChange(2), null)
        await store.markOrder(1, 'refused', null, 'AlreadyRevoked')
        expect((await store.openOrders()).map(order => order.seq)).to.deep.equal([2])
        expect((await store.statusChangeBySeq(1))?.refusal).to.equal('AlreadyRevoked')
        await failureOf(store.markOrder(3, 'final', block(1), null))
      })
    })

    describe('writes that arrive together', () => {
      it('do not fail for one bad neighbour', async () => {
        await store.acceptCertificates([certificate(1)], null, null)
        const together = await Promise.allSettled([
          store.acceptCertificates([certificate(2)], null, null),
          store.acceptCertificates([certificate(3), certificate(1)], null, null),
          store.acceptRecord(record(4), null),
          store.acceptCertificates(
            [certificate(5, { department: 'NEW', leaf: new Uint8Array(3) })],
            null,
            null,
          ),
          store.acceptCertificates([certificate(6, { department: 'NEW' })], null, null),
        ])
        expect(together.map(one => one.status)).to.deep.equal([
          'fulfilled',
          'rejected',
          'fulfilled',
          'rejected',
          'fulfilled',
        ])
        await reopen()
        expect((await store.statements(0, 10)).map(one => [one.seq, one.statement])).to.deep.equal([
          [1, certificate(1).statement],
          [2, certificate(2).statement],
          [3, record(4).statement],
          [4, certificate(6).statement],
        ])
        expect((await store.certificateBySeq(4))?.department).to.equal('NEW')
        expect(await store.checkIntegrity()).to.deep.equal([])
      })
    })

    describe('the log', () => {
      it('says how far it is and since when something waits', async () => {
        expect(await store.logSize()).to.deep.equal({ accepted: 0, sealed: 0, oldestUnsealedAt: null })
        expect(await store.latestCheckpoint()).to.equal(null)
        expect(await store.rootAt(0)).to.deep.equal(emptyRoot)
        await acceptRecords(store, 1, 3)
        now += 10_000
        await acceptRecords(store, 4, 2)
        expect(await store.logSize()).to.deep.equal({
          accepted: 5,
          sealed: 0,
          oldestUnsealedAt: START_SECONDS,
        })
        await store.sealCheckpoint(await checkpointOf(store, 3))
        expect(await store.logSize()).to.deep.equal({
          accepted: 5,
          sealed: 3,
          oldestUnsealedAt: START_SECONDS + 10,
        })
      })

      it('gives leaves and statements in order, from where and as many as asked', async () => {
        await acceptRecords(store, 1, 5)
        const expected = Buffer.concat([record(3).leaf, record(4).leaf])
        expect(Buffer.from(await store.leaves(2, 2)).equals(expected)).to.equal(true)
        expect(await store.leaves(4, 10)).to.have.length(32)
        expect(await store.leaves(5, 10)).to.have.length(0)
        expect((await store.statements(3, 10)).map(one => one.seq)).to.deep.equal([4, 5])
      })

      it('refuses to seal another root, what it does not hold, or a smaller size, and then is as before', async () => {
        await acceptRecords(store, 1, 10)
        await store.sealCheckpoint(await checkpointOf(store, 5))
        const six = await checkpointOf(store, 6)
        await failureOf(store.sealCheckpoint({ ...six, root: new Uint8Array(32) }))
        await failureOf(store.sealCheckpoint({ ...six, size: 7 }))
        await failureOf(store.sealCheckpoint({ ...six, size: 11 }))
        await failureOf(store.sealCheckpoint(await checkpointOf(store, 5)))
        await failureOf(store.rootAt(11))
        expect((await store.logSize()).sealed).to.equal(5)
        expect(await failureOf(store.nodes([{ level: 0, index: 5 }]))).to.contain('not complete')
        await store.sealCheckpoint(six)
        expect((await store.latestCheckpoint())?.root).to.deep.equal(six.root)
      })

      it('has no node of an incomplete subtree', async () => {
        await acceptRecords(store, 1, 7)
        await store.sealCheckpoint(await checkpointOf(store, 7))
        expect(await store.nodes([])).to.deep.equal([])
        await failureOf(store.nodes([{ level: 2, index: 1 }]))
        await failureOf(store.nodes([{ level: 3, index: 0 }]))
      })

      it('publishes tiles of sealed leaves only', async () => {
        await acceptRecords(store, 1, 260)
        expect(await store.tile(0, 0)).to.equal(null)
        await store.sealCheckpoint(await checkpointOf(store, 255))
        expect(await store.tile(0, 0)).to.deep.equal(await store.leaves(0, 255))
        expect(await store.tile(1, 0)).to.equal(null)
        await store.sealCheckpoint(await checkpointOf(store, 258))
        expect(await store.tile(0, 0)).to.deep.equal(await store.leaves(0, 256))
        expect(await store.tile(0, 1)).to.deep.equal(await store.leaves(256, 2))
        expect(await store.tile(1, 0)).to.deep.equal(await store.rootAt(256))
        expect(await store.tile(0, 2)).to.equal(null)
        expect(await store.tile(2, 0)).to.equal(null)
      })

      it('keeps checkpoints with what the chain said of them', async () => {
        await acceptRecords(store, 1, 9)
        for (const size of [3, 5, 9]) await store.sealCheckpoint(await checkpointOf(store, size))
        const row = async (size: number) => ({ ...(await checkpointOf(store, size)), reanchored: false })
        await store.markCheckpoint(3, 'final', block(1))
        await store.markCheckpoint(5, 'anchored', block(2))
        await reopen()
        const three = { ...(await row(3)), state: 'final', block: block(1) }
        const five = { ...(await row(5)), state: 'anchored', block: block(2) }
        const nine = { ...(await row(9)), state: 'sealed', block: null }
        expect(await store.checkpoints(0, 10)).to.deep.equal([three, five, nine])
        expect(await store.checkpoints(3, 1)).to.deep.equal([five])
        expect(await store.openCheckpoints()).to.deep.equal([five, nine])
        expect(await store.latestCheckpoint()).to.deep.equal(nine)
        expect(await store.checkpointOfSize(5)).to.deep.equal(five)
        expect(await store.checkpointOfSize(4)).to.equal(null)
        expect(await store.anchoredCovering(2)).to.deep.equal(three)
        expect(await store.anchoredCovering(3)).to.deep.equal(five)
        expect(await store.anchoredCovering(5)).to.equal(null)
        await failureOf(store.markCheckpoint(4, 'final', block(1)))
        await failureOf(store.markCheckpoint(9, 'final', null))
      })

      it('remembers that a reorganisation undid an anchor', async () => {
        await acceptRecords(store, 1, 4)
        for (const size of [1, 2, 3]) {
          await store.sealCheckpoint(await checkpointOf(store, size))
          await store.markCheckpoint(size, 'anchored', block(size))
        }
        await store.markCheckpoint(1, 'final', block(1))
        await store.markCheckpoint(2, 'sealed', null)
        await store.markCheckpoint(2, 'anchored', block(7))
        await store.markCheckpoint(3, 'anchored', block(8))
        const rows = await store.checkpoints(0, 9)
        expect(rows.map(one => [one.size, one.state, one.block?.number, one.reanchored])).to.deep.equal([
          [1, 'final', 1, false],
          [2, 'anchored', 7, true],
          [3, 'anchored', 8, true],
        ])
      })
    })

    describe('transactions', () => {
      const sender = transaction('x', 0).from

      it('keeps the signed bytes before anything is sent, and replacements beside them', async () => {
        const first = await store.storeTransaction(transaction('anchor:4', 0))
        expect(await store.storeTransaction(transaction('anchor:4', 0))).to.deep.equal(first)
        const second = await store.storeTransaction(transaction('anchor:4', 0, 1))
        await reopen()
        expect(await store.openTransactions()).to.deep.equal([first, second])
        expect(first).to.deep.equal({ ...transaction('anchor:4', 0), id: first.id, state: 'stored' })
        await store.settleTransactions('anchor:4', 'settled')
        expect(await store.openTransactions()).to.deep.equal([])
      })

      it('refuses a nonce that waits for another purpose, and a second nonce for one purpose', async () => {
        await store.storeTransaction(transaction('a', 0))
        const sameNonce = store.storeTransaction(transaction('bb', 0))
        expect((await refusalOf(sameNonce)).code).to.equal('NONCE_TAKEN')
        const samePurpose = store.storeTransaction(transaction('a', 1))
        expect((await refusalOf(samePurpose)).code).to.equal('PURPOSE_UNSETTLED')
        await store.storeTransaction({ ...transaction('bb', 0), from: `0x${'cd'.repeat(20)}` })
        await store.settleTransactions('a', 'settled')
        await store.storeTransaction(transaction('ccc', 0))
      })

      it('gives back what was signed from a nonce on, settled or not, without what was given up', async () => {
        await store.storeTransaction(transaction('a', 0))
        await store.settleTransactions('a', 'settled')
        const settled = await store.storeTransaction(transaction('bb', 1))
        await store.settleTransactions('bb', 'settled')
        await store.storeTransaction(transaction('ccc', 2))
        await store.settleTransactions('ccc', 'abandoned')
        const first = await store.storeTransaction(transaction('dddd', 2))
        const second = await store.storeTransaction(transaction('dddd', 2, 1))
        await store.storeTransaction({ ...transaction('e', 9), from: `0x${'cd'.repeat(20)}` })
        await reopen()
        expect(await store.transactionsFrom(sender, 1)).to.deep.equal([
          { ...settled, state: 'settled' },
          first,
          second,
        ])
        expect(await store.transactionsFrom(sender, 3)).to.deep.equal([])
      })

      it('counts nonces for each sender, without those given up', async () => {
        expect(await store.highestNonce(sender)).to.equal(null)
        await store.storeTransaction(transaction('a', 4))
        await store.settleTransactions('a', 'settled')
        await store.storeTransaction(transaction('bb', 5))
        expect(await store.highestNonce(sender)).to.equal(5)
        expect(await store.highestNonce(`0x${'cd'.repeat(20)}`)).to.equal(null)
        await store.settleTransactions('bb', 'abandoned')
        expect(await store.highestNonce(sender)).to.equal(4)
        const again = await store.storeTransaction(transaction('bb', 5))
        expect(again.state).to.equal('stored')
      })
    })

    describe('settings and integrity', () => {
      it('keeps a setting and its newest value', async () => {
        expect(await store.setting('origin')).to.equal(null)
        await store.saveSetting('origin', 'a')
        await store.saveSetting('origin', 'onceproof.example/log')
        await reopen()
        expect(await store.setting('origin')).to.equal('onceproof.example/log')
      })

      it('finds nothing wrong with itself', async () => {
        await store.acceptCertificates(certificates(1, 300), 'b', null)
        await store.sealCheckpoint(await checkpointOf(store, 270))
        expect(await store.checkIntegrity()).to.deep.equal([])
      })

      it('commits what waits when it is closed, and takes nothing afterwards', async () => {
        const waiting = store.acceptRecord(record(1), null)
        await store.close()
        expect((await waiting).accepted[0]?.seq).to.equal(1)
        await failureOf(store.acceptRecord(record(2), null))
        await reopen()
        expect((await store.logSize()).accepted).to.equal(1)
      })
    })

    describe('proofs from the stored tiles', () => {
      it('are those of RFC 6962 at every size up to 600', async function () {
        const last = 600
        await acceptRecords(store, 1, last)
        const leaves = Array.from({ length: last }, (_, i) => record(i + 1).leaf)
        const roots = [emptyRoot]
        for (let size = 1; size <= last; size++) {
          await store.sealCheckpoint(await checkpointOf(store, size))
          roots.push(rootOf(leaves.slice(0, size)))
          expect((await store.latestCheckpoint())?.root).to.deep.equal(roots[size])
        }
        const naive = naiveTree(leaves)
        for (let size = 1; size <= last; size++) {
          expect(await store.rootAt(size)).to.deep.equal(roots[size])
          const dense = size <= 40 || (size > 253 && size < 260) || size > 598
          for (const index of dense ? leaves.slice(0, size).keys() : edges(size)) {
            const plan = inclusionNodes(index, size)
            const proof = proofFrom(plan, await store.nodes(plan.flat()))
            expect(proof).to.deep.equal(naive.path(index, 0, size))
          }
          for (const smaller of edges(size).map(index => index + 1)) {
            const plan = consistencyNodes(smaller, size)
            const proof = proofFrom(plan, await store.nodes(plan.flat()))
            expect(proof).to.deep.equal(naive.subproof(smaller, 0, size, true))
          }
        }
      })

      it('are right where a third level of tiles begins', async function () {
        const around = [65_534, 65_535, 65_536, 65_537, 65_538]
        await acceptRecords(store, 1, 65_538)
        const flat = await store.leaves(0, 65_538)
        const leaves = Array.from({ length: 65_538 }, (_, i) => flat.slice(i * 32, i * 32 + 32))
        const roots = new Map(around.map(size => [size, rootOf(leaves.slice(0, size))]))
        for (const size of [300, ...around]) await store.sealCheckpoint(await checkpointOf(store, size))
        await reopen()
        for (const [size, root] of roots) {
          expect((await store.checkpointOfSize(size))?.root).to.deep.equal(root)
          for (const index of [0, 1, 255, 256, 32_767, 32_768, 65_279, 65_533, 65_535, 65_537]) {
            if (index >= size) continue
            const plan = inclusionNodes(index, size)
            const hashes = await store.nodes(plan.flat())
            const proof = inclusionProof(index, size, () => hashes)
            expect(verifyInclusion({ leaf: leaves[index] ?? emptyRoot, index, size, proof, root })).to.equal(
              true,
            )
          }
          for (const size1 of [300, ...around.filter(other => other <= size)]) {
            const hashes = await store.nodes(consistencyNodes(size1, size).flat())
            const proof = consistencyProof(size1, size, () => hashes)
            const root1 = await store.rootAt(size1)
            expect(verifyConsistency({ size1, root1, size2: size, root2: root, proof })).to.equal(true)
          }
        }
        const complete: NodeRef = { level: 16, index: 0 }
        expect(await store.nodes([complete])).to.deep.equal([roots.get(65_536)])
        expect(await store.tile(2, 0)).to.deep.equal(roots.get(65_536))
      })
    })
  })
}

function edges(size: number): number[] {
  const middle = Math.floor(size / 2)
  return [...new Set([0, 1, middle, 255, 256, size - 2, size - 1])].filter(
    index => index >= 0 && index < size,
  )
}

/** RFC 6962 §2.1 as it is written there: recursive, over all leaves; remembers the subtrees that it has hashed. */
function naiveTree(leaves: readonly Uint8Array[]) {
  const known = new Map<string, Uint8Array>()
  const split = (count: number) => 2 ** (Math.ceil(Math.log2(count)) - 1)

  function mth(start: number, end: number): Uint8Array {
    const name = `${start}-${end}`
    const hash =
      known.get(name) ??
      (end - start === 1
        ? (leaves[start] ?? emptyRoot)
        : nodeHash(mth(start, start + split(end - start)), mth(start + split(end - start), end)))
    known.set(name, hash)
    return hash
  }

  function path(m: number, start: number, end: number): Uint8Array[] {
    if (end - start === 1) return []
    const middle = start + split(end - start)
    return m < middle
      ? [...path(m, start, middle), mth(middle, end)]
      : [...path(m, middle, end), mth(start, middle)]
  }

  function subproof(m: number, start: number, end: number, isWhole: boolean): Uint8Array[] {
    if (m === end) return isWhole ? [] : [mth(start, end)]
    const middle = start + split(end - start)
    return m <= middle
      ? [...subproof(m, start, middle, isWhole), mth(middle, end)]
      : [...subproof(m, middle, end, false), mth(start, middle)]
  }

  return { path, subproof }
}
