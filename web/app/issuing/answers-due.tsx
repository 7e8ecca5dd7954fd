import { Link } from 'react-router'
import { ToneTag } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import { useCorrections } from './correction-queue.ts'

const WORDS = {
  corrections: { open: 'correctionsOpen', late: 'correctionsLate' },
  objections: { open: 'objectionsOpen', late: 'objectionsLate' },
} as const

/** How many answers are owed, and whether one is late; nothing when none is. */
export function AnswersDue({ queue }: { queue: keyof typeof WORDS }) {
  const { say } = useWords('issuing')
  const open = useCorrections(queue, true).data ?? []
  const late = open.filter(({ overdue }) => overdue).length
  if (open.length === 0) return null
  return (
    <p className="due">
      <ToneTag tone={late > 0 ? 'error' : 'waiting'}>
        {say(late > 0 ? WORDS[queue].late : WORDS[queue].open, { count: open.length, late })}
      </ToneTag>{' '}
      <Link to="/issuing/corrections">{say('correctionsGo')}</Link>
    </p>
  )
}
