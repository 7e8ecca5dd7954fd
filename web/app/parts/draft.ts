import { useRef, useState } from 'react'

const PREFIX = 'onceproof-draft-'

/**
 * What somebody filled in, kept in this tab until it was sent: it outlives the way to show again who one is, and ends with the
 * sign-out (`forgetDrafts`). `clear` once it has been sent.
 */
export function useDraft<State>(
  name: string,
  initial: State,
): [State, (next: State | ((before: State) => State)) => void, () => void] {
  const [state, setState] = useState(() => (read(name) as State | null) ?? initial)
  const latest = useRef(state)
  const set = (next: State) => {
    latest.current = next
    setState(next)
  }
  return [
    state,
    next => {
      set(typeof next === 'function' ? (next as (before: State) => State)(latest.current) : next)
      sessionStorage.setItem(PREFIX + name, JSON.stringify(latest.current))
    },
    () => {
      set(initial)
      forgetDraft(name)
    },
  ]
}

/** Whether something was begun under this name, as before a sign-in that it needed. */
export const hasDraft = (name: string): boolean => sessionStorage.getItem(PREFIX + name) !== null

export const forgetDraft = (name: string): void => sessionStorage.removeItem(PREFIX + name)

/** Every one whose name begins so. All of them: nothing of one person is there for the next one at the same machine. */
export function forgetDrafts(beginning = ''): void {
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(PREFIX + beginning)) sessionStorage.removeItem(key)
}

/** What this very page left there. */
function read(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? 'null') as unknown
  } catch {
    return null
  }
}
