/** What a verification found: one sentence across the page, five questions with their answers, and what only specialists ask for. */
import {
  CheckCircleFilled,
  CloseCircleFilled,
  InfoCircleFilled,
  QuestionCircleFilled,
  WarningFilled,
} from '@ant-design/icons'
import type { ReactNode } from 'react'
import { VERDICTS } from '../../../protocol/verdict.ts'
import { REASON_WORDS } from '../../../server/wording/reasons.ts'
import { QUESTION_WORDS, VERDICT_WORDS } from '../../../server/wording/verdict-words.ts'
import type { paths } from '../api/schema.d.ts'
import { useWords } from '../words.ts'
import { Moment } from './moment.tsx'
import { ToneTag } from './tone.tsx'
import './verdict.css'

type Report = paths['/v1/verify']['post']['responses'][200]['content']['application/json']
export type Verified = Pick<Report, 'verdict'> & Partial<Pick<Report, 'answers' | 'anchor' | 'asOf'>>

type Tone = (typeof VERDICTS)[keyof typeof VERDICTS]['tone']

const ICONS: Readonly<Record<Tone, ReactNode>> = {
  success: <CheckCircleFilled aria-hidden />,
  warning: <WarningFilled aria-hidden />,
  error: <CloseCircleFilled aria-hidden />,
  info: <InfoCircleFilled aria-hidden />,
  neutral: <QuestionCircleFilled aria-hidden />,
}

/** `what` names the thing that was verified; `words` are said in place of those for certificates. */
export function Verdict({
  verified,
  what,
  words,
}: {
  verified: Verified
  what?: ReactNode
  words?: { headline: string; text: string } | undefined
}) {
  const { language } = useWords('verdict')
  const { tone } = VERDICTS[verified.verdict]
  const { headline, why, next } = VERDICT_WORDS[verified.verdict]
  const isEnglish = language === 'en'
  return (
    <section className={`verdict verdict-${tone}`} aria-live="polite" data-verdict={verified.verdict}>
      <span className="verdict-icon">{ICONS[tone]}</span>
      <div>
        <p className="verdict-headline">
          {what !== undefined && <span>{what} · </span>}
          {words?.headline ?? (isEnglish ? headline.en : headline.zh)}
        </p>
        <p>{words?.text ?? (isEnglish ? `${why.en}. ${next.en}.` : `${why.zh}。${next.zh}。`)}</p>
        {verified.asOf != null && (
          <p className="small">
            <Checked at={verified.asOf.time} />
          </p>
        )}
      </div>
    </section>
  )
}

function Checked({ at }: { at: number }) {
  const { say } = useWords('verdict')
  return (
    <>
      {say('asOf')} <Moment seconds={at} precise />
    </>
  )
}

const QUESTIONS = ['intact', 'anchored', 'authorised', 'in force', 'not revoked'] as const
const TONES = { yes: 'success', no: 'error', unknown: 'neutral' } as const

/** The five questions; a thing is good when every one is passed. */
export function FiveChecks({ answers }: { answers: NonNullable<Verified['answers']> }) {
  const { say, language } = useWords('verdict')
  const inLanguage = (text: { zh: string; en: string } | undefined) =>
    language === 'en' ? text?.en : text?.zh
  return (
    <>
      <ul className="plain checks">
        {QUESTIONS.map(question => {
          const { answer, because } = answers[question]
          return (
            <li key={question} data-question={question} data-answer={answer}>
              <span>
                <strong>{inLanguage(QUESTION_WORDS[question])}</strong>
                <br />
                <span className="small">
                  {inLanguage((REASON_WORDS as Record<string, { zh: string; en: string }>)[because])}
                </span>
              </span>
              <ToneTag tone={TONES[answer]}>{say(`answer_${answer}`)}</ToneTag>
            </li>
          )
        })}
      </ul>
      <details>
        <summary className="fold">{say('how')}</summary>
        <dl className="facts">
          {QUESTIONS.map(question => (
            <div key={question}>
              <dt>{inLanguage(QUESTION_WORDS[question])}</dt>
              <dd>{inLanguage(QUESTION_WORDS[question].how)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  )
}

/** Folded: names and values as machines know them. */
export function Technical({ lines }: { lines: readonly (readonly [name: string, value: ReactNode])[] }) {
  const { say } = useWords('common')
  return (
    <details className="technical">
      <summary>{say('technical')}</summary>
      <dl className="facts">
        {lines.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code translate="no">{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
