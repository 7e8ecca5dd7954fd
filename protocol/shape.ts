/**
 * Shapes of JSON values: a shape tells where a value first departs from it. Objects are exact: a member that the shape does
 * not know is wrong, so that nothing unsigned or unread can pass as meant.
 */
import { fromBase64, fromBase64url } from './bytes.ts'
import { isObject, type JsonObject, type JsonValue } from './json.ts'

/** Null when the value fits, else the path of the first member that does not (`''` = the value itself). */
export type Shape = (value: JsonValue) => string | null

const test =
  (fits: (value: JsonValue) => boolean): Shape =>
  value =>
    fits(value) ? null : ''

export const string = (pattern: RegExp): Shape =>
  test(value => typeof value === 'string' && pattern.test(value))
export const text = (most: number): Shape =>
  test(value => typeof value === 'string' && value.length >= 1 && value.length <= most)
export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Shape =>
  test(value => typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
export const literal = (...allowed: JsonValue[]): Shape => test(value => allowed.includes(value))
export const base64urlBytes = (length: number): Shape =>
  test(value => typeof value === 'string' && fromBase64url(value)?.length === length)
export const base64Bytes = (length: number): Shape =>
  test(value => typeof value === 'string' && fromBase64(value)?.length === length)
/** 0x and lower-case hex of `length` bytes, or of `least` to `most` bytes. */
export const hex = (least: number, most = least): Shape =>
  string(new RegExp(`^0x([0-9a-f]{2}){${least},${most}}$`))
export const either =
  (a: Shape, b: Shape): Shape =>
  value =>
    a(value) === null ? null : b(value)

export function list(item: Shape, least: number, most: number): Shape {
  return value => {
    if (!Array.isArray(value) || value.length < least || value.length > most) return ''
    for (const [index, member] of value.entries()) {
      const wrong = item(member)
      if (wrong !== null) return `[${index}]${wrong === '' ? '' : `.${wrong}`}`
    }
    return null
  }
}

export const distinct =
  (items: Shape): Shape =>
  value =>
    items(value) ?? (new Set(value as JsonValue[]).size === (value as JsonValue[]).length ? null : '')

/** A list of objects of which no two agree in all of these members. */
export const unique =
  (items: Shape, ...members: string[]): Shape =>
  value => {
    const wrong = items(value)
    if (wrong !== null) return wrong
    const keys = (value as JsonObject[]).map(item => JSON.stringify(members.map(name => item[name])))
    return new Set(keys).size === keys.length ? null : ''
  }

export function object(required: Record<string, Shape>, optional: Record<string, Shape> = {}): Shape {
  return value => {
    if (!isObject(value)) return ''
    for (const [name, shape] of Object.entries(required)) {
      if (!Object.hasOwn(value, name)) return name
      const wrong = shape(value[name]!)
      if (wrong !== null) return join(name, wrong)
    }
    for (const [name, member] of Object.entries(value)) {
      if (Object.hasOwn(required, name)) continue
      const shape = Object.hasOwn(optional, name) ? optional[name] : undefined
      const wrong = shape === undefined ? '' : shape(member)
      if (wrong !== null) return join(name.slice(0, 40), wrong)
    }
    return null
  }
}

const join = (name: string, inner: string) =>
  inner === '' ? name : inner.startsWith('[') ? name + inner : `${name}.${inner}`
