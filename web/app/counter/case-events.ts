import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

/** Everything that may happen to a case; a name that is not listed here would not be heard. */
const EVENTS = [
  'case-opened',
  'consent-asked',
  'consent-changed',
  'item-adopted',
  'item-returned',
  'paper-asked',
  'declared',
  'step-issuing',
  'step-done',
  'step-returned',
  'step-given-up',
  'output-issued',
  'certificate-changed',
  'case-done',
  'case-closed',
]

/** Asks again for a case and its requests whenever the gateway says that something happened, as long as the case is open. */
export function useCaseEvents(id: string, isOpen: boolean): void {
  const queries = useQueryClient()
  useEffect(() => {
    if (!isOpen) return undefined
    const source = new EventSource(`/v1/cases/${id}/events`)
    const ask = () => {
      void queries.invalidateQueries({ queryKey: ['case', id] })
      void queries.invalidateQueries({ queryKey: ['consent'] })
    }
    // Also after a connection that was lost: what was missed meanwhile is asked for.
    source.addEventListener('open', ask)
    for (const event of EVENTS) source.addEventListener(event, ask)
    return () => source.close()
  }, [queries, id, isOpen])
}
