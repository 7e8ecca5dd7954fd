import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { leafHash } from '../../../protocol/log.ts'
import type {
  GuessLimits,
  NewPresentation,
  PresentationCheck,
  PresentationStore,
} from '../../../server/store/presentations.ts'
import { appender, type Appender } from '../../../server/store/sqlite/appending.ts'
import { openConnection, type Db } from '../../../server/store/sqlite/connection.ts'
import { groupCommit } from '../../../server/store/sqlite/group-commit.ts'
import { presentationVerbs } from '../../../server/store/sqlite/presentations.ts'
import { refusalOf } from './behaviour.ts'
import { base32, ulid } from './samples.ts'

const START = 1_800_000_000
const LIMITS: GuessLimits = { windowSeconds: 600, ofOfficer: 3, ofDepartment: 5 }
const fill = (byte: number) => new Uint8Array(32).fill(byte)
const OFFICER = { department: 'GAJ', officer: 'A', matter: null }
const OTHER = { department: 'MZJ', officer: 'B', matter: null }

describe('presentations in the store', () => {
  let folder: string
  let db: Db
  let now: number
  let store: PresentationStore
  let use: (changed?: Partial<PresentationCheck>) => Promise<string | null>

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onceproof-presentations-'))
    db = openConnection(join(folder, 'store.db'))
    now = START
    const { write } = groupCommit(db, () => undefined)
    const context = { db, write, accept: write, now: () => now, onUndo: () => undefined }
    const log: Appender = appender(context)
    const { verbs, consumePresentation } = presentationVerbs(context, log)
    store = verbs
    await write(() => {
      for (const n of [1, 2]) {
        const text = `eyJ0eXAiOiJ2YyJ9.${base32(n, 12)}.c2lnbmF0dXJl`
        log.append(n, { kind: 'certificate', statement: text, leaf: leafHash(text) }, START)
      }
    })
    use = changed =>
      write(() =>
        consumePresentation({
          id: ulid(1),
          leaf: fill(0xc1),
          department: 'GAJ',
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

  const item = (n: number) => ({
    certificateSeq: n,
    leaf: fill(0xc0 + n),
    identifier: `1.2.156.3005.2.${n}`,
    type: 'RIC',
    fields: ['name', 'validTo'],
  })
  const presentation = (n: number, changed: Partial<NewPresentation> = {}): NewPresentation => ({
    id: ulid(n),
    holder: fill(0xaa),
    person: fill(0xaa),
    verifier: null,
    purpose: 'IDENTITY',
    items: [item(1), item(2)],
    code: code(n),
    ...changed,
  })
  const code = (n: number, seconds = 60) => ({
    token: fill(n),
    digits: fill(0x80 + n),
    expiresAt: now + seconds,
  })
  const open = (n: number, changed: Partial<NewPresentation> = {}) =>
    store.openPresentation(presentation(n, changed), 5, null)
  const byToken = (n: number, reader = OFFICER) =>
    store.resolvePresentation({ token: fill(n) }, reader, now + 600, LIMITS, null)
  const byDigits = (n: number, reader = OFFICER) =>
    store.resolvePresentation({ digits: fill(0x80 + n) }, reader, now + 600, LIMITS, null)
  const answerOf = async (resolution: ReturnType<typeof byToken>) => {
    const result = await resolution
    return 'refused' in result ? result.refused : 'guessing' in result ? result.guessing : result.found.id
  }
  const refusals = async (act: Promise<unknown>) => (await refusalOf(act)).code

  it('is read once, each certificate of it, by whom its code was shown to', async () => {
    await open(1)
    expect(await use()).to.equal('PRESENTATION_UNKNOWN')
    expect(await answerOf(byDigits(1))).to.equal(ulid(1))
    expect(await use({ department: 'MZJ' })).to.equal('PRESENTATION_OTHER_DEPARTMENT')
    expect(await use({ fields: ['name', 'idNo'] })).to.equal('FIELD_NOT_PRESENTED')
    expect(await use({ leaf: fill(0xc9) })).to.equal('FIELD_NOT_PRESENTED')
    expect(await use({ id: ulid(9) })).to.equal('PRESENTATION_UNKNOWN')
    expect(await use()).to.equal(null)
    expect(await use()).to.equal('CODE_USED')
    expect(await use({ leaf: fill(0xc2), fields: ['name', 'validTo'] })).to.equal(null)
    const row = await store.presentation(ulid(1))
    expect(row!.items.map(({ usedAt, usedFields }) => [usedAt, usedFields])).to.deep.equal([
      [START, 1],
      [START, 2],
    ])
    expect(await refusals(store.cancelPresentation(ulid(1)))).to.equal('CODE_USED')
  })

  it('gives one code to exactly one of those who are shown it together', async () => {
    await open(1)
    const answers = await Promise.all([answerOf(byToken(1)), answerOf(byToken(1, OTHER))])
    expect(answers).to.have.members([ulid(1), 'CODE_USED'])
    expect(answers[0]).to.equal(ulid(1))
  })

  it('lets a code live to the second, and its successor end it', async () => {
    await open(1)
    now += 60
    expect(await answerOf(byToken(1))).to.equal('CODE_EXPIRED')
    expect(await answerOf(byDigits(1))).to.equal('PRESENTATION_UNKNOWN')
    await store.renewPresentation(ulid(1), code(2), null)
    expect(await answerOf(byToken(1))).to.equal('PRESENTATION_UNKNOWN')
    now += 59
    expect(await answerOf(byToken(2))).to.equal(ulid(1))
    expect(await refusals(store.renewPresentation(ulid(1), code(3), null))).to.equal('CODE_USED')
    now += 600
    expect(await use()).to.equal('CODE_EXPIRED')
  })

  it('is held and ended by its holder, also between showing and reading', async () => {
    await open(1)
    await store.pausePresentation(ulid(1), now + 600)
    now += 599
    expect((await store.pausePresentation(ulid(1), now + 600)).codeExpiresAt).to.equal(START + 600)
    expect(await answerOf(byToken(1))).to.equal(ulid(1))
    await store.cancelPresentation(ulid(1))
    expect((await store.cancelPresentation(ulid(1))).cancelledAt).to.equal(now)
    expect(await use()).to.equal('PRESENTATION_CANCELLED')
    await open(2)
    now += 60
    expect(await refusals(store.pausePresentation(ulid(2), now + 600))).to.equal('CODE_EXPIRED')
  })

  it('is not for another department than the one it names', async () => {
    await open(1, { verifier: 'MZJ' })
    expect(await answerOf(byToken(1))).to.equal('PRESENTATION_OTHER_DEPARTMENT')
    expect(await use()).to.equal('PRESENTATION_OTHER_DEPARTMENT')
    expect(await answerOf(byDigits(1))).to.equal('PRESENTATION_OTHER_DEPARTMENT')
    expect(await answerOf(byDigits(1, OTHER))).to.equal(ulid(1))
  })

  it('never has the same digits alive twice, and gives free ones to the next', async () => {
    await open(1)
    const same = { ...code(2), digits: fill(0x81) }
    expect(await refusals(open(2, { code: same }))).to.equal('DIGITS_TAKEN')
    expect(await store.presentation(ulid(2))).to.equal(null)
    now += 60
    await open(2, { code: { ...same, expiresAt: now + 60 } })
    expect(await answerOf(byToken(1))).to.equal('CODE_EXPIRED')
    expect(await answerOf(byDigits(1))).to.equal(ulid(2))
  })

  it('bears few wrong digits of an officer and of a department, and takes them up again after a while', async () => {
    await open(1)
    const wrong = async (officer: string) => answerOf(byDigits(99, { ...OFFICER, officer }))
    for (const officer of ['A', 'A', 'A']) expect(await wrong(officer)).to.equal('PRESENTATION_UNKNOWN')
    now += 100
    expect(await wrong('A')).to.equal(500)
    expect(await answerOf(byDigits(1))).to.equal(500)
    for (const officer of ['C', 'C']) expect(await wrong(officer)).to.equal('PRESENTATION_UNKNOWN')
    // Another colleague has to wait until the first wrong digits are old enough.
    expect(await wrong('D')).to.equal(500)
    expect(await answerOf(byToken(1))).to.equal('CODE_EXPIRED')
    now += 500
    expect(await wrong('D')).to.equal('PRESENTATION_UNKNOWN')
    expect(db.prepare('SELECT count(*) FROM presentation_guesses').pluck().get()).to.equal(3)
  })

  it('opens one for one key, and bears only so many alive', async () => {
    const once = { key: 'a-key-of-a-holder', request: fill(1) }
    const first = await store.openPresentation(presentation(1), 2, once)
    const again = await store.openPresentation(presentation(2), 2, once)
    expect([first.repeated, again.repeated, again.row.id]).to.deep.equal([false, true, ulid(1)])
    await store.openPresentation(presentation(2), 2, null)
    expect(await refusals(store.openPresentation(presentation(3), 2, null))).to.equal(
      'PRESENTATIONS_TOO_MANY',
    )
    await store.cancelPresentation(ulid(2))
    await store.openPresentation(presentation(3), 2, null)
    const mine = await store.presentations(fill(0xaa), null, 2)
    expect(mine.map(({ id }) => id)).to.deep.equal([ulid(3), ulid(2)])
    expect(await store.presentations(fill(0xbb), null, 2)).to.deep.equal([])
  })
})
