/**
 * A verdict and its five answers in lines of text.
 */
import { QUESTIONS, type Answers, type Verdict } from '../../protocol/verdict.ts'
import { QUESTION_WORDS, verdictWords } from '../../server/wording/verdict-words.ts'
import { both, labels, reasonText } from './messages.ts'
import { printable } from './terminal.ts'

const MARK = { yes: '✔', no: '✘', unknown: '?' } as const

/** Headline, why and what to do next. */
export function verdictLines(verdict: Verdict, kind?: 'certificate' | 'record'): string[] {
  const { headline, why, next } = verdictWords(verdict, kind)
  return [`${both(headline)} [${verdict}]`, `  ${both(why)}`, `  ${both(labels.next)}: ${both(next)}`]
}

export function answerLines(answers: Answers): string[] {
  return QUESTIONS.map(question => {
    const { answer, because } = answers[question]
    const name = both(QUESTION_WORDS[question])
    return `  ${MARK[answer]} ${name}: ${printable(reasonText(because))} [${printable(because)}]`
  })
}
