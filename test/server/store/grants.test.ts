import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toHex } from '../../../protocol/bytes.ts'
import { leafHash } from '../../../protocol/log.ts'
import type { ConsumeGrant, GrantCheck, GrantStore, NewGrant } from '../../../server/store/grants.ts'
import { appender } from '../../../server/store/sqlite/appending.ts'
import { openConnection, type Db } from '../../../server/store/sqlite/connection.ts'
import { grantVerbs } from '../../../server/store/sqlite/grants.ts'
import { groupCommit } from '../../../server/store/sqlite/group-commit.ts'
import { holderKeyVerbs } from '../../../server/store/sqlite/holder-keys.ts'
import type { NewStatement } from '../../../server/store/store.ts'
import { refusalOf } from './behaviour.ts'
import { base32, ulid } from './samples.ts'

const START = 1_800_000_000
const DAY = 86_400
const fill = (byte: number) => new Uint8Array(32).fill(byte)

const statement = (n: number): NewStatement => {
  const text = `eyJ0eXAiOiJob2xkZXIta2V5In0.${base32(n, 12)}.c2lnbmF0dXJl`
  return { kind: 'holder-key', statement: text, leaf: leafHash(text) }
}

describe('grants in the store', () => {
  let folder: string
  let db: Db
  let now: number
  let store: GrantStore
  let use: (changed?: Partial<GrantCheck>) => Promise<string | null>
  let grant: NewGrant

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onceproof-grants-'))
    db = openConnection(join(folder, 'store.db'))
    now = START
    const { write } = groupCommit(db, () => undefined)
    const context = { db, write, accept: write, now: () => now, onUndo: () => undefined }
    const log = appender(context)
    const { verbs, consumeGrant } = grantVerbs(context, log)
    store = { ...verbs, ...holderKeyVerbs(context, log) }
    const consume: ConsumeGrant = consumeGrant
    grant = await agree(1)
    use = changed =>
      write(() =>
        consume({
          digest: toHex(grant.digest),
          leaf: fill(0xc1),
          department: 'MZJ',
          matter: 'M05',
          fields: ['name'],
          now,
          ...changed,
        }),
      )
  })
  afterEach(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })

  const refusals = async (act: Promise<unknown>) => (await refusalOf(act)).code

  async function addKey(n: number, dueAt = now, person = fill(0xaa)) {
    const [signer, nonce] = [new Uint8Array(20).fill(n), fill(n)]
    const expiresAt = now + 600
    await store.saveKeyChallenge({ nonce, person, signer, expiresAt })
    const key = { person, signer, chainHolder: fill(0x50 + n), epoch: n - 1, dueAt }
    return store.acceptHolderKey(key, { nonce, expiresAt }, dueAt > now ? null : statement(n), null)
  }

  async function request(n: number) {
    const items = [
      { leaf: toHex(fill(0xc1)), identifier: '1', type: 'RIC', required: ['name'], optional: [] },
    ]
    const party = { holder: fill(0xaa), role: 'applicant', needed: true, items, notice: 'a notice' }
    return store.saveConsentRequest(
      {
        id: ulid(n),
        department: 'MZJ',
        officer: ulid(90),
        matter: 'M05',
        case: null,
        purpose: 'GOV_SERVICE',
        matterText: 'M05 公租房',
        purposeText: '办理政务服务事项',
        term: { template: 'THIS_MATTER', seconds: 30 * DAY, maxUses: 3, from: null, until: null },
        refusing: 'PAPER',
        noticeVersion: 1,
        expiresAt: START + DAY,
        parties: [party],
      },
      null,
    )
  }

  const grantFor = (n: number, key = 1): NewGrant => ({
    digest: fill(n),
    holder: fill(0xaa),
    person: fill(0xaa),
    key,
    chainHolder: fill(0x51),
    request: ulid(n),
    party: 0,
    department: 'MZJ',
    matter: 'M05',
    notBefore: START,
    notAfter: START + 30 * DAY,
    epoch: 0,
    maxUses: 3,
    items: [
      { leaf: fill(0xc1), fields: ['name', 'address'] },
      { leaf: fill(0xc2), fields: ['name'] },
    ],
    typedData: '{}',
    termsHash: fill(7),
    signer: new Uint8Array(20).fill(1),
    signature: new Uint8Array(65),
    answer: 'agreed',
  })

  async function agree(n: number): Promise<NewGrant> {
    if ((await store.holderKeys(fill(0xaa))).length === 0) await addKey(1)
    await request(n)
    await store.noteShown(ulid(n), 0)
    const made = grantFor(n)
    await store.acceptGrant(made)
    return made
  }

  const used = async () => (await store.grantByDigest(grant.digest))!.used

  it('a grant is used as often as it says and no more, also by fifty at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => use()))
    expect(answers.filter(answer => answer === null)).to.have.length(3)
    expect(answers.filter(answer => answer === 'GRANT_USED_UP')).to.have.length(47)
    expect(await used()).to.equal(3)
  })

  it('every use that it does not cover is refused by name and counts nothing', async () => {
    const cases: [Partial<GrantCheck>, string][] = [
      [{ digest: toHex(fill(0xee)) }, 'GRANT_UNKNOWN'],
      [{ digest: 'a grant' }, 'GRANT_UNKNOWN'],
      [{ department: 'GAJ' }, 'GRANT_OTHER_DEPARTMENT'],
      [{ matter: 'M08' }, 'GRANT_OTHER_MATTER'],
      [{ leaf: fill(0xc3) }, 'GRANT_OTHER_CERTIFICATE'],
      [{ fields: ['name', 'idNo'] }, 'FIELD_NOT_GRANTED'],
      [{ leaf: fill(0xc2), fields: ['address'] }, 'FIELD_NOT_GRANTED'],
      [{ now: START - 1 }, 'GRANT_NOT_YET'],
      [{ now: START + 30 * DAY + 1 }, 'GRANT_EXPIRED'],
    ]
    for (const [changed, code] of cases) expect(await use(changed), code).to.equal(code)
    expect(await used()).to.equal(0)
    for (const at of [START, START + 30 * DAY]) expect(await use({ now: at })).to.equal(null)
  })

  it('a withdrawal between the check and the reading ends it', async () => {
    const withdrawing = store.withdrawGrant(grant.chainHolder, grant.digest, 'session', null)
    const using = use()
    await withdrawing
    expect(await using).to.equal('GRANT_WITHDRAWN')
    expect(await used()).to.equal(0)
    const row = (await store.grantByDigest(grant.digest))!
    expect([row.withdrawnAt, row.withdrawnBy]).to.deep.equal([now, 'session'])
  })

  it('the end of its epoch ends it and keeps later ones of that epoch away', async () => {
    await store.withdrawEpoch(grant.chainHolder, 0, 'epoch', null)
    expect(await use()).to.equal('GRANT_WITHDRAWN')
    await request(2)
    await store.noteShown(ulid(2), 0)
    expect(await refusals(store.acceptGrant(grantFor(2)))).to.equal('GRANT_WITHDRAWN')
    await store.acceptGrant({ ...grantFor(2), epoch: 1 })
  })

  it('one that was withdrawn before it came is refused; another chain holder cannot do that', async () => {
    await request(2)
    await store.noteShown(ulid(2), 0)
    await store.withdrawGrant(fill(0x66), fill(2), 'chain', null)
    await store.withdrawGrant(fill(0x51), fill(3), 'chain', null)
    await store.acceptGrant(grantFor(2))
    await request(3)
    await store.noteShown(ulid(3), 0)
    expect(await refusals(store.acceptGrant(grantFor(3)))).to.equal('GRANT_WITHDRAWN')
    expect((await store.consentRequest(ulid(3)))!.parties[0]!.state).to.equal('waiting')
  })

  it('one that the chain refused is not used', async () => {
    const { id } = (await store.grantByDigest(grant.digest))!
    await store.markGrant(id, 'refused', null, 'InvalidSignature')
    expect(await use()).to.equal('GRANT_NOT_ON_CHAIN')
    expect(await store.openGrants()).to.deep.equal([])
  })

  it('is accepted only after the notice was shown, once, in time and under the key in effect', async () => {
    await request(2)
    expect(await refusals(store.acceptGrant(grantFor(2)))).to.equal('NOTICE_NOT_SHOWN')
    await store.noteShown(ulid(2), 0)
    await addKey(2, now + DAY)
    expect(await refusals(store.acceptGrant(grantFor(2, 2)))).to.equal('HOLDER_KEY_NOT_ACTIVE')
    await store.acceptGrant(grantFor(2))
    const again = await store.acceptGrant(grantFor(2))
    expect(again.digest).to.deep.equal(fill(2))
    expect(await refusals(store.acceptGrant({ ...grantFor(2), digest: fill(9) }))).to.equal(
      'CONSENT_ANSWERED',
    )
    await request(3)
    await store.noteShown(ulid(3), 0)
    now = START + DAY + 1
    expect(await refusals(store.acceptGrant(grantFor(3)))).to.equal('CONSENT_REQUEST_EXPIRED')
  })

  it('a new key ends every grant of the old one on its day, before its statement is written', async () => {
    const waiting = await addKey(2, now + DAY)
    expect(await use()).to.equal(null)
    await request(2)
    await store.noteShown(ulid(2), 0)
    now += DAY
    expect(await use()).to.equal('GRANT_WITHDRAWN')
    // Nor does whoever found the old key grant anything now.
    expect(await refusals(store.acceptGrant(grantFor(2)))).to.equal('HOLDER_KEY_NOT_ACTIVE')
    expect((await store.dueHolderKeys(now)).map(({ id }) => id)).to.deep.equal([waiting.id])
    expect(await store.activateHolderKey(waiting.id, statement(2))).to.equal(true)
    expect(await store.activateHolderKey(waiting.id, statement(3))).to.equal(false)
    expect(await use()).to.equal('GRANT_WITHDRAWN')
    expect((await store.holderKeys(fill(0xaa))).map(({ state }) => state)).to.deep.equal([
      'active',
      'replaced',
    ])
  })

  it('a replacement can be cancelled until its day, and a challenge is good once', async () => {
    await addKey(2, now + DAY)
    expect(await refusals(addKey(3, now + DAY))).to.equal('HOLDER_KEY_WAITING')
    expect((await store.cancelHolderKey(fill(0xaa))).state).to.equal('cancelled')
    expect(await refusals(store.cancelHolderKey(fill(0xaa)))).to.equal('HOLDER_KEY_NOT_WAITING')
    expect(await refusals(addKey(4))).to.equal('HOLDER_KEY_EXISTS')
    expect(await refusals(addKey(1, now, fill(0xbb)))).to.equal('HOLDER_KEY_TAKEN')
    const key = { person: fill(0xbb), signer: new Uint8Array(20).fill(8), chainHolder: fill(0x58), epoch: 0 }
    const expiresAt = now + 1
    const take = (nonce: Uint8Array) =>
      store.acceptHolderKey({ ...key, dueAt: now }, { nonce, expiresAt }, statement(8), null)
    await store.saveKeyChallenge({ nonce: fill(8), person: fill(0xcc), signer: key.signer, expiresAt })
    expect(await refusals(take(fill(8)))).to.equal('CHALLENGE_UNKNOWN')
    await store.saveKeyChallenge({ nonce: fill(9), ...key, expiresAt: now })
    expect(await refusals(take(fill(9)))).to.equal('CHALLENGE_UNKNOWN')
    await store.saveKeyChallenge({ nonce: fill(11), ...key, expiresAt })
    now += 2
    expect(await refusals(take(fill(11)))).to.equal('CHALLENGE_UNKNOWN')
    now -= 1
    await store.saveKeyChallenge({ nonce: fill(10), ...key, expiresAt })
    await take(fill(10))
    expect(await refusals(take(fill(10)))).to.equal('CHALLENGE_UNKNOWN')
  })

  it('the same request under the same key of idempotence is one request', async () => {
    const once = { key: 'a key of a client', request: fill(1) }
    const { parties, createdAt: _, ...first } = (await store.consentRequest(ulid(1)))!
    const make = (id: string) => store.saveConsentRequest({ ...first, parties, id }, once)
    expect((await make(ulid(5))).id).to.equal(ulid(5))
    expect((await make(ulid(6))).id).to.equal(ulid(5))
    expect(await store.consentRequest(ulid(6))).to.equal(null)
    const mine = await store.consentRequests({ holder: fill(0xaa) }, null, 10)
    expect(mine.map(({ id }) => id)).to.deep.equal([ulid(5), ulid(1)])
    expect(await store.consentRequests({ department: 'GAJ' }, null, 10)).to.deep.equal([])
  })

  it('what is to be relayed is kept until it is final', async () => {
    const relay = {
      chainHolder: grant.chainHolder,
      signer: grant.signer,
      grant: grant.digest,
      epoch: null,
      signature: new Uint8Array(65),
    }
    await store.withdrawGrant(grant.chainHolder, grant.digest, 'signature', relay)
    await store.withdrawGrant(grant.chainHolder, grant.digest, 'signature', relay)
    const [open, ...more] = await store.openWithdrawals()
    expect(more).to.deep.equal([])
    expect(open!.grant).to.deep.equal(grant.digest)
    await store.markWithdrawal(open!.id, 'final', null)
    expect(await store.openWithdrawals()).to.deep.equal([])
  })
})
