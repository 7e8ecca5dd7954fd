import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Batch } from './shapes.ts'

const STAGES = ['checked', 'signed', 'logged', 'anchored', 'delivered'] as const
export type Stage = (typeof STAGES)[number]
export { STAGES }

/** After a stream that the browser itself gave up. */
const AGAIN_MS = 3_000

/**
 * Follows a batch by the gateway's events and keeps what the page knows of it up to date. True while the connection is lost. Nothing
 * hangs on being here: who comes back, or whose connection broke, is told everything again.
 */
export function useWatchedBatch(id: string, isWatched: boolean): boolean {
  const queries = useQueryClient()
  const [isLost, setLost] = useState(false)
  useEffect(() => {
    if (!isWatched) return
    let source: EventSource | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    const key = ['batch', id, 'itself']
    const follow = () => {
      source = new EventSource(`/v1/batches/${id}/events`)
      source.addEventListener('open', () => setLost(false))
      source.addEventListener('state', () => void queries.invalidateQueries({ queryKey: key }))
      for (const stage of STAGES) {
        source.addEventListener(stage, ({ data }: MessageEvent<string>) => {
          const count = JSON.parse(data) as { done: number; all: number }
          queries.setQueryData<Batch>(key, batch =>
            batch === undefined ? batch : { ...batch, progress: { ...batch.progress, [stage]: count } },
          )
          if (stage !== 'delivered') return
          // Nothing follows; a stream that the gateway ends would be asked for again.
          source?.close()
          void queries.invalidateQueries({ queryKey: ['batch', id] })
        })
      }
      source.addEventListener('error', () => {
        setLost(true)
        if (source?.readyState === EventSource.CLOSED) timer = setTimeout(follow, AGAIN_MS)
      })
    }
    follow()
    return () => {
      source?.close()
      clearTimeout(timer)
      setLost(false)
    }
  }, [id, isWatched, queries])
  return isLost
}
