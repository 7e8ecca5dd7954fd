/**
 * Checks input against a schema and says what is wrong with it. What is told names fields, kinds and lengths, never the value
 * itself: an ID number that was typed into the wrong field must not come back in an error that somebody files.
 */
import type { z } from 'zod'
import { Refusal } from '../../protocol/refusal.ts'
import type { FieldError } from '../../protocol/refusal.ts'

/** Where the checked input stands; `body` fields are named without it. */
export type Place = 'path' | 'query' | 'header' | 'body'

const MOST_ERRORS = 100

/** The value as the schema reads it. Refuses INPUT_INVALID with one entry for each field that is wrong. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  place: Place,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const errors = result.error.issues.slice(0, MOST_ERRORS).flatMap(issue => fieldErrors(issue, place, input))
  const [first] = errors
  throw new Refusal('INPUT_INVALID', `${first?.field ?? place} is not valid`, {
    ...(first && { field: first.field, expected: first.expected, found: first.found }),
    errors: errors.slice(0, MOST_ERRORS),
  })
}

/** Kind and size of a value, in place of the value. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `text of ${value.length} characters`
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (Array.isArray(value)) return `array of ${value.length}`
  return typeof value
}

type Issue = z.core.$ZodIssue

function fieldErrors(issue: Issue, place: Place, input: unknown): FieldError[] {
  const field = fieldName(place, issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      field: fieldName(place, [...issue.path, key]),
      code: 'UNKNOWN',
      expected: 'no such field',
      found: `field name of ${key.length} characters`,
    }))
  }
  const found = valueAt(input, issue.path)
  return [{ field, code: codeOf(issue, found), expected: expectedBy(issue), found: kindOf(found) }]
}

function codeOf(issue: Issue, found: unknown): string {
  if (found === undefined) return 'MISSING'
  const code = CODES[issue.code]
  return code ?? 'NOT_ALLOWED'
}

const CODES: Readonly<Record<string, string>> = {
  invalid_type: 'TYPE',
  too_big: 'TOO_LARGE',
  too_small: 'TOO_SMALL',
  invalid_format: 'FORMAT',
  invalid_value: 'VALUE',
  invalid_union: 'ALTERNATIVE',
}

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`
    case 'invalid_format':
      return issue.pattern === undefined ? issue.format : `text that matches ${issue.pattern}`
    case 'invalid_value':
      return issue.values.map(String).join(' or ')
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`
    case 'invalid_union':
      return 'one of the alternatives in the API description'
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
      return 'as in the API description'
    case 'custom':
      // Written by whoever wrote the schema, so it holds no input.
      return issue.message ?? 'as in the API description'
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' || origin === 'set' ? ' entries' : ''
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}

/** `rows[3].number`. A member name that could itself be a personal value (a record's keys) is shown as `?`. */
function fieldName(place: Place, path: readonly PropertyKey[]): string {
  let name = place === 'body' ? '' : place
  for (const step of path) {
    if (typeof step === 'number') name += `[${step}]`
    else {
      const member = typeof step === 'string' && SAFE_MEMBER.test(step) ? step : '?'
      name += name === '' ? member : `.${member}`
    }
  }
  return name === '' ? 'body' : name
}

/** `sha256` is a name; more digits could be a number of somebody. */
const SAFE_MEMBER = /^[A-Za-z_][A-Za-z_-]{0,39}\d{0,3}$/
