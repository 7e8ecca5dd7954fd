import { expect } from 'chai'
import { fromUtf8 } from '../../protocol/bytes.ts'
import {
  conclude,
  QUESTIONS,
  VERDICTS,
  type Answer,
  type Answers,
  type Verdict,
} from '../../protocol/verdict.ts'
import { vectorBytes } from '../support/vectors.ts'

const page = fromUtf8(vectorBytes('../../docs/formats.md'))!
const section = (number: number) =>
  page.slice(page.indexOf(`\n## ${number} `), page.indexOf(`\n## ${number + 1} `))

/** Every answer that §13 can give to each question. */
const POSSIBLE: Record<keyof Answers, string[]> = {
  intact: [
    'yes UNCHANGED',
    'no THUMBPRINT_WRONG',
    'no ALGORITHM_WRONG',
    'no SIGNATURE_WRONG',
    'no DIGEST_DIFFERS',
    'unknown KEY_NOT_REGISTERED',
    'unknown FILE_NOT_GIVEN',
    'unknown CHAIN_UNREACHABLE',
    'unknown WRONG_CHAIN',
  ],
  anchored: [
    'yes FINAL',
    'no RECEIPT_SYNTAX',
    'no NOTE_SIGNATURE',
    'no PROOF_WRONG',
    'no ROOT_DIFFERS',
    'no PROMISE_FOR_ANOTHER',
    'unknown LOG_NOT_TRUSTED',
    'unknown CHAIN_UNREACHABLE',
    'unknown CHECKPOINT_NOT_ON_CHAIN',
    'unknown NOT_IN_SNAPSHOT',
    'unknown NOT_FINAL',
    'unknown RECEIPT_ANCHOR_DIFFERS',
    'unknown PROMISE_OVERDUE',
    'unknown PROMISED',
  ],
  authorised: [
    'yes KEY_AND_PERMIT_IN_FORCE',
    'no REGION_NOT_RECOGNISED',
    'no TYPE_NOT_RECOGNISED',
    'no KEY_NOT_REGISTERED',
    'no KEY_OF_ANOTHER_DEPARTMENT',
    'no KEY_WRONG_PURPOSE',
    'no KEY_COMPROMISED',
    'no KEY_NOT_YET_VALID',
    'no KEY_ENDED',
    'no DEPARTMENT_SUSPENDED',
    'no NO_PERMIT',
    'unknown ANCHOR_TIME_UNKNOWN',
    'unknown NOT_IN_SNAPSHOT',
    'unknown CHAIN_UNREACHABLE',
  ],
  'in force': ['yes WITHIN_DATES', 'yes WITHOUT_END', 'no NOT_YET_VALID', 'no EXPIRED', 'unknown NOT_ASKED'],
  'not revoked': [
    'yes STATUS_CLEAR',
    'yes NO_STATUS',
    'no REVOKED',
    'no SUPERSEDED',
    'no SUSPENDED',
    'unknown STATUS_LIST_UNKNOWN',
    'unknown CHAIN_UNREACHABLE',
  ],
}

const answerOf = (text: string): Answer => {
  const [answer, because] = text.split(' ') as [Answer['answer'], string]
  return { answer, because }
}

function* combinations(): Generator<Answers> {
  for (const intact of POSSIBLE.intact.map(answerOf))
    for (const anchored of POSSIBLE.anchored.map(answerOf))
      for (const authorised of POSSIBLE.authorised.map(answerOf))
        for (const inForce of POSSIBLE['in force'].map(answerOf))
          for (const notRevoked of POSSIBLE['not revoked'].map(answerOf))
            yield { intact, anchored, authorised, 'in force': inForce, 'not revoked': notRevoked }
}

/** The rows of docs/formats.md §14 below UNREADABLE, one after the other. */
function byTheTable(answers: Answers, kind: 'live' | 'snapshot', use: 'live' | 'test'): Verdict {
  const is = (question: keyof Answers, answer: string, ...because: string[]) =>
    answers[question].answer === answer &&
    (because.length === 0 || because.includes(answers[question].because))
  const unknown = Object.values(answers).filter(answer => answer.answer === 'unknown')
  const pending = unknown.filter(a =>
    ['PROMISED', 'CHECKPOINT_NOT_ON_CHAIN', 'NOT_FINAL'].includes(a.because),
  )
  const noTime = unknown.filter(a => a.because === 'ANCHOR_TIME_UNKNOWN')

  if (is('intact', 'no') || is('anchored', 'no')) return 'TAMPERED'
  if (is('authorised', 'no', 'KEY_NOT_REGISTERED', 'KEY_OF_ANOTHER_DEPARTMENT', 'KEY_WRONG_PURPOSE'))
    return 'ISSUER_UNKNOWN'
  if (is('authorised', 'no', 'REGION_NOT_RECOGNISED', 'TYPE_NOT_RECOGNISED')) return 'NOT_RECOGNISED_HERE'
  if (is('authorised', 'no', 'KEY_COMPROMISED')) return 'KEY_COMPROMISED'
  if (is('authorised', 'no', 'KEY_ENDED')) return 'ISSUER_KEY_REVOKED'
  if (is('authorised', 'no', 'KEY_NOT_YET_VALID')) return 'KEY_NOT_YET_VALID'
  if (is('authorised', 'no', 'DEPARTMENT_SUSPENDED')) return 'ISSUER_SUSPENDED'
  if (is('authorised', 'no', 'NO_PERMIT')) return 'PERMIT_NOT_IN_FORCE'
  if (is('not revoked', 'no', 'REVOKED')) return 'REVOKED'
  if (unknown.length > pending.length + noTime.length) return 'CANNOT_CHECK'
  if (noTime.length > 0 && pending.length === 0) return 'CANNOT_CHECK'
  if (unknown.length > 0) return 'PENDING_ANCHOR'
  if (is('not revoked', 'no', 'SUPERSEDED')) return 'SUPERSEDED'
  if (is('not revoked', 'no', 'SUSPENDED')) return 'SUSPENDED'
  if (is('in force', 'no', 'EXPIRED')) return 'EXPIRED'
  if (is('in force', 'no', 'NOT_YET_VALID')) return 'NOT_YET_VALID'
  if (use === 'test') return 'TEST'
  return kind === 'snapshot' ? 'OFFLINE_OK' : 'VALID'
}

const GOOD: readonly Verdict[] = ['VALID', 'OFFLINE_OK', 'TEST']

describe('Verdicts', function () {
  it('follow the table of docs/formats.md for every combination of answers', () => {
    let count = 0
    for (const answers of combinations()) {
      for (const kind of ['live', 'snapshot'] as const) {
        for (const use of ['live', 'test'] as const) {
          const verdict = conclude(answers, kind, use)
          count++
          if (verdict !== byTheTable(answers, kind, use))
            expect(verdict, JSON.stringify(answers)).to.equal(byTheTable(answers, kind, use))
        }
      }
    }
    expect(count).to.equal(4 * 9 * 14 * 14 * 5 * 7)
  })

  it('are good for five yes only: any no and any unknown, of whatever reason, never is', () => {
    const reasons = ['yes', 'no', 'unknown'].flatMap(answer =>
      ['UNCHANGED', 'REVOKED', 'PROMISED', 'ANCHOR_TIME_UNKNOWN', 'NEVER_HEARD_OF'].map(
        reason => `${answer} ${reason}`,
      ),
    )
    const choices = reasons.map(answerOf)
    let good = 0
    for (const intact of choices)
      for (const anchored of choices)
        for (const authorised of choices)
          for (const inForce of choices)
            for (const notRevoked of choices) {
              const answers = { intact, anchored, authorised, 'in force': inForce, 'not revoked': notRevoked }
              const allYes = QUESTIONS.every(question => answers[question].answer === 'yes')
              const verdict = conclude(answers, 'live', 'live')
              if (allYes !== (verdict === 'VALID') || (!allYes && GOOD.includes(verdict)))
                expect.fail(`${verdict} for ${JSON.stringify(answers)}`)
              if (allYes) good++
            }
    expect(good).to.equal(5 ** 5)
  })

  it('from a snapshot are never VALID, and of a test region are TEST', () => {
    const five = Object.fromEntries(QUESTIONS.map(question => [question, answerOf('yes X')])) as Answers
    expect(conclude(five, 'live', 'live')).to.equal('VALID')
    expect(conclude(five, 'snapshot', 'live')).to.equal('OFFLINE_OK')
    expect(conclude(five, 'live', 'test')).to.equal('TEST')
    expect(conclude(five, 'snapshot', 'test')).to.equal('TEST')
  })

  it('have the exit codes and tones that docs/formats.md lists, each exit code once', () => {
    const rows = [...section(14).matchAll(/^\| \d+ \| `(\w+)` \|.*\| (\d+) \| (\w+) \|$/gm)]
    expect(rows.length).to.equal(19)
    expect(rows.map(([, verdict]) => verdict)).to.deep.equal(Object.keys(VERDICTS).slice(0, 19))
    for (const [, verdict, exit, tone] of rows) {
      expect(VERDICTS[verdict as Verdict]).to.deep.equal({ exit: Number(exit), tone })
    }
    for (const [, verdict, exit] of section(14).matchAll(/`(\w+)` (\d+)[,.]/g)) {
      expect(VERDICTS[verdict as Verdict].exit).to.equal(Number(exit))
    }
    const exits = Object.values(VERDICTS).map(({ exit }) => exit)
    expect(new Set(exits).size).to.equal(exits.length)
    expect(exits).to.not.include(1)
    expect(exits).to.not.include(2)
  })

  it('know every reason that docs/formats.md §13 names', () => {
    const named = new Set(
      [...section(13).matchAll(/`(?:no|unknown|yes)` `([A-Z_]+)`/g)].map(([, reason]) => reason),
    )
    const ours = new Set(
      Object.values(POSSIBLE)
        .flat()
        .map(text => answerOf(text).because),
    )
    const fromOtherSections = [
      'RECEIPT_SYNTAX',
      'WRONG_CHAIN',
      'CHAIN_UNREACHABLE',
      'NOT_ASKED',
      'WITHOUT_END',
    ]
    expect([...named].filter(reason => !ours.has(reason!))).to.deep.equal([])
    expect(
      [...ours].filter(reason => !named.has(reason) && !fromOtherSections.includes(reason)),
    ).to.deep.equal([])
  })
})
