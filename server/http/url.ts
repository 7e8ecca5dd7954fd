/**
 * Request targets, read strictly: one spelling for one path, so that what a proxy lets pass and what a route sees are the same.
 */
import { Refusal } from '../../protocol/refusal.ts'

/** What most requests look like, and what needs no decoding: no escapes, no dot segments. */
const PLAIN = /^(?:\/[\w~!$&'()*+,;=:@-][\w~!$&'()*+,;=:@.-]*|\/)+(?:\?[\w~!$&'()*,;=:@./-]*)?$/

/**
 * Refuses URL_INVALID: what is not an origin-form target (RFC 9112 §3.2.1), broken percent-encoding or UTF-8, control characters,
 * and segments that are or hide `.`, `..`, a slash or a backslash.
 */
export function assertCleanUrl(url: string): void {
  if (PLAIN.test(url)) return
  const { path, query } = splitUrl(url)
  if (!/^\/[!-~]*$/.test(path) || !/^[!-~]*$/.test(query))
    throw invalidUrl('characters outside visible ASCII')
  for (const segment of path.split('/')) {
    const text = decode(segment)
    if (text === '.' || text === '..' || /[/\\]/.test(text))
      throw invalidUrl('a dot segment or a hidden slash')
  }
  decode(query.replaceAll('+', ' '))
}

/** Query parameters as text. Refuses a name that comes twice (INPUT_INVALID): which one counts would be a guess. */
export function parseQuery(url: string): Record<string, string> {
  return parsePairs(splitUrl(url).query, 'query')
}

/** A body of `application/x-www-form-urlencoded`, by the same rules. */
export function parseForm(text: string): Record<string, string> {
  return parsePairs(text, 'body')
}

function parsePairs(text: string, place: 'query' | 'body'): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>
  for (const part of text.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
    const decoded = decode(name.replaceAll('+', ' '))
    if (decoded in parameters) {
      throw new Refusal('INPUT_INVALID', 'a parameter comes twice', {
        field: place,
        expected: 'each name once',
      })
    }
    parameters[decoded] = decode(value.replaceAll('+', ' '))
  }
  return parameters
}

export function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

function decode(text: string): string {
  let decoded
  try {
    decoded = decodeURIComponent(text)
  } catch {
    throw invalidUrl('broken percent-encoding')
  }
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(decoded)) throw invalidUrl('a control character')
  return decoded
}

const invalidUrl = (what: string) => new Refusal('URL_INVALID', `the URL holds ${what}`, { field: 'path' })
