import { useEffect, useRef, useState } from 'react'
import type { DigestNews } from './digest-worker.ts'

export type Digesting =
  | { state: 'none' }
  | { state: 'running'; file: File; done: number }
  | { state: 'done'; file: File; digest: string }
  | { state: 'failed'; file: File }

/** The fingerprint of a file that somebody chose, as it is being computed; another file, or `cancel`, ends the one before. */
export function useDigest() {
  const [digesting, setDigesting] = useState<Digesting>({ state: 'none' })
  const worker = useRef<Worker | null>(null)
  const stop = () => {
    worker.current?.terminate()
    worker.current = null
  }
  useEffect(() => () => worker.current?.terminate(), [])
  const start = (file: File) => {
    stop()
    setDigesting({ state: 'running', file, done: 0 })
    const started = new Worker(new URL('./digest-worker.ts', import.meta.url), { type: 'module' })
    worker.current = started
    started.addEventListener('message', ({ data }: MessageEvent<DigestNews>) => {
      if ('done' in data) setDigesting({ state: 'running', file, done: data.done })
      else if ('digest' in data) setDigesting({ state: 'done', file, digest: data.digest })
      else setDigesting({ state: 'failed', file })
    })
    started.addEventListener('error', () => setDigesting({ state: 'failed', file }))
    started.postMessage(file)
  }
  const cancel = () => {
    stop()
    setDigesting({ state: 'none' })
  }
  return { digesting, start, cancel }
}
