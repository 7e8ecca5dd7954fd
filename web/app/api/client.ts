/**
 * The gateway's API as the pages call it: typed from its own description, answered in the language of the page, and refused as a
 * `Problem` that `ProblemNotice` can show.
 */
import createClient from 'openapi-fetch'
import { language } from '../language.ts'
import type { components, paths } from './schema.d.ts'

type ProblemBody = components['schemas']['Problem']

/** What the gateway refused or could not do; `code` is stable, `title` is a sentence in the language of the page. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly body: ProblemBody
  /** Seconds after which trying again makes sense, when the gateway said so. */
  readonly retryAfter: number | null

  constructor(body: ProblemBody, retryAfter: number | null = null) {
    super(body.title)
    this.body = body
    this.retryAfter = retryAfter
  }

  get code(): string {
    return this.body.code
  }
}

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })

api.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', language())
    return request
  },
})

interface Call<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/** The answer of a call, or a `Problem`: also when the gateway cannot be reached, which changes nothing here or there that we know of. */
export async function told<Data>(call: Promise<Call<Data>>): Promise<Data> {
  const { data, error, response } = await call.catch(() => {
    throw new Problem({ ...LOST, title: '' })
  })
  if (response.ok) return data as Data
  throw problemIn(error, response)
}

/** The bytes of a file, or a `Problem`. */
export async function toldBytes(path: string): Promise<{ blob: Blob; name: string | null }> {
  const response = await fetch(path, { headers: { 'Accept-Language': language() } }).catch(() => {
    throw new Problem({ ...LOST, title: '' })
  })
  if (!response.ok) throw problemIn(await response.json().catch(() => null), response)
  return { blob: await response.blob(), name: fileNameIn(response.headers.get('content-disposition')) }
}

/** An address of another origin than `told` reaches is not asked: a file is saved through a link of this page. */
export async function saveFile(path: string, otherwise: string): Promise<void> {
  const { blob, name } = await toldBytes(path)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name ?? otherwise
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

const LOST = { type: 'urn:onceproof:problem:UNREACHABLE', status: 0, code: 'UNREACHABLE', requestId: '' }

function problemIn(error: unknown, response: Response): Problem {
  const isProblem = typeof error === 'object' && error !== null && 'code' in error
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfter = Number.isFinite(after) ? after : null
  if (isProblem) return new Problem(error as ProblemBody, retryAfter)
  return new Problem({ ...LOST, code: 'INTERNAL', status: response.status, title: '' }, retryAfter)
}

/** RFC 6266 with RFC 8187's `filename*`. https://www.rfc-editor.org/rfc/rfc6266#section-4.3 */
function fileNameIn(header: string | null): string | null {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(header ?? '')?.[1]
  if (extended !== undefined) return decodeURIComponent(extended)
  return /filename="([^"]+)"/i.exec(header ?? '')?.[1] ?? null
}
