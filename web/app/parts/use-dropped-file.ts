import { useEffect, useRef } from 'react'

/** A file that is dropped anywhere on the page; without this a browser would leave the page and open it. */
export function useDroppedFile(onDropped: (file: File) => void): void {
  const latest = useRef(onDropped)
  useEffect(() => {
    latest.current = onDropped
  })
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault()
    const drop = (event: DragEvent) => {
      event.preventDefault()
      const file = event.dataTransfer?.files[0]
      if (file !== undefined) latest.current(file)
    }
    addEventListener('dragover', over)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('drop', drop)
    }
  }, [])
}
