/**
 * A verdict and its five answers in the catalogue's words.
 */
import { QUESTIONS, type Answers, type Question, type Verdict } from '../../protocol/verdict.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { both, labels, reasonText, validRecord } from './messages.ts'
import { printable } from './terminal.ts'

const CATALOGUE_CODE: Record<Question, string> = {
  intact: 'intact',
  anchored: 'anchored',
  authorised: 'authorised',
  'in force': 'inForce',
  'not revoked': 'notRevoked',
}
const MARK = { yes: '✔', no: '✘', unknown: '?' } as const

/** Headline, why and what to do next. The catalogue speaks of certificates; a valid record has words of its own. */
export function verdictLines(verdict: Verdict, kind: 'certificate' | 'record' = 'certificate'): string[] {
  const text = demoRegion().verdicts.find(({ code }) => code === verdict)
  if (text === undefined) return [verdict]
  const { headline, next } = kind === 'record' && verdict === 'VALID' ? validRecord : text
  return [`${both(headline)} [${verdict}]`, `  ${both(text.why)}`, `  ${both(labels.next)}: ${both(next)}`]
}

export function answerLines(answers: Answers): string[] {
  const { questions } = demoRegion()
  return QUESTIONS.map(question => {
    const { answer, because } = answers[question]
    const asked = questions.find(({ code }) => code === CATALOGUE_CODE[question])
    const name = asked === undefined ? question : both(asked)
    return `  ${MARK[answer]} ${name}: ${printable(reasonText(because))} [${printable(because)}]`
  })
}
