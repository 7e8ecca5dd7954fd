/** Lets readers through together, and one writer alone. */
export interface Gate {
  /** Runs `work` beside other readers, never while the writer works or waits for its turn. */
  read<T>(work: () => Promise<T>): Promise<T>
  /**
   * Runs `work` alone. There is one writer: a second call before the first ended is a mistake of the caller. If `work`
   * throws, the gate stays closed: nobody reads what the writer left half-done.
   */
  write<T>(work: () => Promise<T>): Promise<T>
}

export function createGate(): Gate {
  let readers = 0
  let open: Promise<void> | null = null
  let lastReaderLeft = () => {}

  return {
    async read(work) {
      for (let closed = open; closed !== null; closed = open) await closed
      readers += 1
      try {
        return await work()
      } finally {
        readers -= 1
        if (readers === 0) lastReaderLeft()
      }
    },
    async write(work) {
      if (open !== null) throw new Error('the gate has one writer, and it is at work')
      const closed = Promise.withResolvers<void>()
      open = closed.promise
      if (readers > 0) await new Promise<void>(resolve => (lastReaderLeft = resolve))
      const result = await work()
      open = null
      closed.resolve()
      return result
    },
  }
}
