import { useEffect, useState } from 'react'

const PREFIX = 'onceproof-draft-'

/**
 * State that outlives the way to the sign-in and back, in this tab only. `clear` once it has been sent.
 */
export function useDraft<State>(
  name: string,
  initial: State,
): [State, (next: State | ((before: State) => State)) => void, () => void] {
  const [state, setState] = useState(() => (read(name) as State | null) ?? initial)
  useEffect(() => {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(state))
  }, [name, state])
  const clear = () => {
    setState(initial)
    sessionStorage.removeItem(PREFIX + name)
  }
  return [state, setState, clear]
}

/** What this very page left there. */
function read(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? 'null') as unknown
  } catch {
    return null
  }
}
