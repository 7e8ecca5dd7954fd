import { useEffect, useRef } from 'react'

/** For what comes next after a step somebody has just taken: the keyboard goes on from there. */
export function useFirstFocus<Kind extends HTMLElement>() {
  const element = useRef<Kind>(null)
  useEffect(() => element.current?.focus(), [])
  return element
}
