import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { Problem } from './client.ts'

/**
 * A write that may be repeated: the same intention keeps its Idempotency-Key until the gateway has answered it, so pressing again after a
 * lost answer has no second effect. What was read before is read again afterwards.
 */
export function useWrite<Input, Output>(
  send: (input: Input, key: string) => Promise<Output>,
  options: { onDone?: (output: Output, input: Input) => void } = {},
) {
  const queries = useQueryClient()
  const pending = useRef<{ input: string; key: string } | null>(null)
  return useMutation<Output, Problem, Input>({
    mutationFn: async input => {
      const asked = JSON.stringify(input) ?? ''
      if (pending.current?.input !== asked) pending.current = { input: asked, key: crypto.randomUUID() }
      try {
        const output = await send(input, pending.current.key)
        pending.current = null
        return output
      } catch (error) {
        // Refused: nothing was done, and what is corrected is another request. Anything else may have been done.
        if (error instanceof Problem && error.body.status >= 400 && error.body.status < 500)
          pending.current = null
        throw error
      }
    },
    onSuccess: async (output, input) => {
      options.onDone?.(output, input)
      await queries.invalidateQueries()
    },
  })
}

/** The header of a write. */
export const once = (key: string) => ({ 'Idempotency-Key': key })
