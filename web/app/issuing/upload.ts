import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import type { Batch } from './shapes.ts'

/** Content types by the ends of names: what a browser says of a file depends on what is installed beside it. */
const KINDS = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
} as const

export const UPLOAD_ENDINGS = Object.keys(KINDS).map(ending => `.${ending}`)

/** null: no kind of file that can be uploaded. */
export function contentTypeOf(name: string): string | null {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(KINDS, ending) ? KINDS[ending as keyof typeof KINDS] : null
}

/** Uploads rows of a type as a draft, good rows and bad ones. */
export function useUpload(type: string, onDone: (batch: Batch) => void) {
  // A file has no text of its own: name, size and time of change tell one from another when a lost answer is asked for again.
  return useWrite(
    async (
      { body, contentType, name = '' }: { body: Blob; contentType: string; mark: string; name?: string },
      key,
    ) =>
      told(
        api.POST('/v1/batches', {
          params: { query: { type, ...(name !== '' && { name }) }, header: once(key) },
          headers: { 'Content-Type': contentType },
          body: body as never,
          bodySerializer: () => body,
        }),
      ),
    { onDone },
  )
}
