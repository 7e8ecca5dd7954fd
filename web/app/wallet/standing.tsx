import { ToneTag, type Tone } from '../parts/tone.tsx'
import { useWords } from '../words.ts'

export type Standing = 'NOT_YET_VALID' | 'ACTIVE' | 'EXPIRED' | 'SUSPENDED' | 'SUPERSEDED' | 'REVOKED'

const TONES: Readonly<Record<Standing, Tone>> = {
  NOT_YET_VALID: 'warning',
  ACTIVE: 'success',
  EXPIRED: 'warning',
  SUSPENDED: 'warning',
  SUPERSEDED: 'warning',
  REVOKED: 'error',
}

/** How a certificate stands, in words; one that is withheld shows nothing else. */
export function StandingTag({ standing, withheld }: { standing: Standing; withheld: boolean }) {
  const word = useStandingWord()
  return <ToneTag tone={withheld ? 'neutral' : TONES[standing]}>{word({ standing, withheld })}</ToneTag>
}

export function useStandingWord(): (card: { standing: Standing; withheld: boolean }) => string {
  const { say } = useWords('wallet')
  return ({ standing, withheld }) => (withheld ? say('standingWithheld') : say(`standing_${standing}`))
}
