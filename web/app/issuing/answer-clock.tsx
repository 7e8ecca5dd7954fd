import { Day } from '../parts/moment.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import type { Correction } from './shapes.ts'

/** How long there is to answer, in working days. */
export function AnswerClock({
  queued,
}: {
  queued: Pick<Correction, 'overdue' | 'workingDaysLeft' | 'dueAt'>
}) {
  const { say } = useWords('issuing')
  const { overdue, workingDaysLeft: left, dueAt } = queued
  if (overdue) {
    return (
      <ToneTag tone="error">
        {say('clockOver')} <Day seconds={dueAt} />
      </ToneTag>
    )
  }
  if (left === null) return null
  return (
    <ToneTag tone={left <= 1 ? 'warning' : 'waiting'}>
      {left === 0 ? say('clockToday') : say('clockLeft', { count: left })} <Day seconds={dueAt} />
    </ToneTag>
  )
}
