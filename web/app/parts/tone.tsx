import {
  CheckCircleFilled,
  ClockCircleFilled,
  CloseCircleFilled,
  ExclamationCircleFilled,
  InfoCircleFilled,
  MinusCircleFilled,
  QuestionCircleFilled,
} from '@ant-design/icons'
import type { ReactNode } from 'react'

/** *neutral*: not known · *past*: over, and nothing is wrong with that. */
export type Tone = 'success' | 'warning' | 'error' | 'info' | 'neutral' | 'waiting' | 'past'

const ICONS: Readonly<Record<Tone, ReactNode>> = {
  success: <CheckCircleFilled aria-hidden />,
  warning: <ExclamationCircleFilled aria-hidden />,
  error: <CloseCircleFilled aria-hidden />,
  info: <InfoCircleFilled aria-hidden />,
  neutral: <QuestionCircleFilled aria-hidden />,
  waiting: <ClockCircleFilled aria-hidden />,
  past: <MinusCircleFilled aria-hidden />,
}

/** A state as a word with an icon and a colour: never by colour alone. */
export function ToneTag({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={`tone tone-${tone}`}>
      {ICONS[tone]}
      <span>{children}</span>
    </span>
  )
}
