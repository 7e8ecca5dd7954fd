/**
 * Strict reading of signed JSON (docs/formats.md §2): bytes in, a value or a Refusal out. Never repairs, never canonicalises.
 *
 * Two roads to one answer. A text that `JSON.stringify` would print again unchanged cannot hide a duplicate member, an odd
 * number or trailing bytes, so only depth and surrogates are left to check; any other text takes the slow road, a full scan.
 */
import { fromUtf8 } from './bytes.ts'
import { Refusal } from './refusal.ts'

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue }
export type JsonObject = { [name: string]: JsonValue }

export interface JsonLimits {
  maxBytes?: number
  maxDepth?: number
}

const DEFAULT_MAX_BYTES = 65_536
const DEFAULT_MAX_DEPTH = 32

/** Reads one JSON value from bytes; refuses with the codes of docs/formats.md §2. */
export function parseJson(bytes: Uint8Array, limits: JsonLimits = {}): JsonValue {
  const maxBytes = limits.maxBytes ?? DEFAULT_MAX_BYTES
  if (bytes.length > maxBytes) {
    throw new Refusal('JSON_TOO_LARGE', `JSON text is larger than ${maxBytes} bytes`, {
      expected: `at most ${maxBytes} bytes`,
      found: `${bytes.length} bytes`,
    })
  }
  const text = fromUtf8(bytes)
  if (text === null)
    throw new Refusal('JSON_NOT_UTF8', 'JSON text is not UTF-8, or begins with a byte order mark')
  return parseJsonText(text, limits)
}

/** As `parseJson`, for a text that was already decoded from UTF-8; counts its length in UTF-16 units only. */
export function parseJsonText(text: string, limits: JsonLimits = {}): JsonValue {
  const maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH
  const value = parsed(text, maxDepth)
  if (nestsDeeper(value, maxDepth)) throw tooDeep(maxDepth)
  if (JSON.stringify(value) !== text || !hasSafeNumbers(value)) {
    // A member that was named twice may have hidden more depth than the value shows.
    assertDepth(text, maxDepth)
    scan(text)
  }
  // JSON.stringify writes an unpaired surrogate as an escape, so a text with none of these holds none.
  else if (text.includes('\\ud') && !isWellFormed(value)) throw loneSurrogate()
  return value
}

/** An object, not an array or null. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string, maxDepth: number): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    assertDepth(text, maxDepth)
    throw syntax()
  }
}

function nestsDeeper(value: JsonValue, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (nestsDeeper(member, limit - 1)) return true
  }
  return false
}

/** A number beyond 2^53 may print again unchanged. */
function hasSafeNumbers(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) || !Number.isInteger(value)
  if (typeof value !== 'object' || value === null) return true
  return (Array.isArray(value) ? value : Object.values(value)).every(hasSafeNumbers)
}

function assertDepth(text: string, maxDepth: number): void {
  if (deepestNesting(text, maxDepth) > maxDepth) throw tooDeep(maxDepth)
}

/** Depth of brackets outside strings; stops counting once `limit` is passed. */
function deepestNesting(text: string, limit: number): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x22) {
      i = endOfString(text, i)
      if (i < 0) return deepest
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > deepest) deepest = depth
      if (deepest > limit) return deepest
    } else if (c === 0x5d || c === 0x7d) depth--
  }
  return deepest
}

/** Index of the closing quote of the string that opens at `start`; -1 when it never closes. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1)
  while (quote > 0) {
    let slash = quote - 1
    while (text.charCodeAt(slash) === 0x5c) slash--
    if ((quote - slash) % 2 === 1) return quote
    quote = text.indexOf('"', quote + 1)
  }
  return -1
}

function isWellFormed(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (Array.isArray(value)) return value.every(isWellFormed)
  if (value === null || typeof value !== 'object') return true
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member))
}

/** The slow road. `text` is known to be valid JSON (RFC 8259): only our own rules are checked. */
function scan(text: string): void {
  const names: (Set<string> | null)[] = []
  const token = /[^\s[\]{},:"]+/y
  let expectsName = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === '"') {
      const end = endOfString(text, i)
      const string = JSON.parse(text.slice(i, end + 1)) as string
      if (!string.isWellFormed()) throw loneSurrogate()
      if (expectsName) {
        const seen = names.at(-1)
        if (seen?.has(string)) throw new Refusal('JSON_DUPLICATE_KEY', 'a JSON object names a member twice')
        seen?.add(string)
        expectsName = false
      }
      i = end
    } else if (c === '{') {
      names.push(new Set())
      expectsName = true
    } else if (c === '[') names.push(null)
    else if (c === '}' || c === ']') {
      names.pop()
      expectsName = false
    } else if (c === ',') expectsName = names.at(-1) instanceof Set
    else if (c !== ':' && c !== ' ' && c !== '\n' && c !== '\r' && c !== '\t') {
      token.lastIndex = i
      const word = token.exec(text)?.[0] ?? ''
      assertNumber(word)
      i += word.length - 1
    }
  }
}

function assertNumber(word: string): void {
  if (word === 'true' || word === 'false' || word === 'null') return
  const number = Number(word)
  const exact = String(number) === word && Number.isFinite(number)
  if (!exact || (Number.isInteger(number) && !Number.isSafeInteger(number))) {
    throw new Refusal('JSON_NUMBER', 'a JSON number is not written in its shortest exact form', {
      expected: 'shortest form, integers within ±(2^53 − 1)',
    })
  }
}

const tooDeep = (maxDepth: number) =>
  new Refusal('JSON_TOO_DEEP', `JSON is nested deeper than ${maxDepth}`, { expected: `depth <= ${maxDepth}` })
const syntax = () => new Refusal('JSON_SYNTAX', 'not one JSON value (RFC 8259)')
const loneSurrogate = () => new Refusal('JSON_LONE_SURROGATE', 'JSON text holds an unpaired surrogate')
