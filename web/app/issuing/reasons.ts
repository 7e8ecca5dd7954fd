import { useWords } from '../words.ts'
import { nameIn, useReasons } from './types.ts'
import type { Action } from './shapes.ts'

/** A reason's words by its code. */
export function useReasonWord(): (code: string) => string {
  const { say, language } = useWords('issuing')
  const reasons = useReasons()
  return code => {
    const { ending = [], suspension = [] } = reasons.data ?? {}
    return (
      nameIn(
        [...ending, ...suspension].find(one => one.code === code),
        language,
      ) || say('reasonOther')
    )
  }
}

/** Which list of the region an action takes its reason from; what lifts a suspension names the reason that fell away. */
export const reasonsFor = (action: Action): 'ending' | 'suspension' =>
  action === 'revoke' || action === 'supersede' ? 'ending' : 'suspension'
