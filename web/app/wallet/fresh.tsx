import type { ReactNode } from 'react'
import { StepUpNotice } from '../parts/problem-notice.tsx'
import { useSession } from '../session.tsx'

/** The gateway's own limit is 300; what is left is for reading and for the key. */
const FRESH_SECONDS = 285

/**
 * Whether the sign-in is fresh enough for what is grave, asked before somebody is troubled for a signature. The gateway decides; this only
 * saves a step where the clocks agree.
 */
export function useIsFresh(): { isFresh: () => boolean; notice: ReactNode } {
  const at = useSession().data?.authenticatedAt ?? null
  return {
    isFresh: () => at === null || Date.now() / 1_000 - at <= FRESH_SECONDS,
    notice: <StepUpNotice />,
  }
}
