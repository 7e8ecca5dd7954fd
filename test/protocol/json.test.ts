import { expect } from 'chai'
import * as fc from 'fast-check'
import { toUtf8 } from '../../protocol/bytes.ts'
import { isObject, parseJson, parseJsonText, type JsonValue } from '../../protocol/json.ts'
import { codeOf } from '../support/refusals.ts'

const SEED = { seed: 20200501, numRuns: 1000 }

/** What reading a text comes to: its value or the code that refuses it. */
function outcome(text: string): { value: JsonValue } | { refused: string } {
  let value: JsonValue = null
  const refused = codeOf(() => (value = parseJsonText(text)))
  return refused === null ? { value } : { refused }
}

/** Numbers as people write them, many of them not in their shortest form. */
const anyNumber = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,5})?([eE][+-]?\d{1,3})?$/),
)
/** Texts as JSON writes them, with any escapes and surrogates. */
const anyString = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'b', '证', '😀', '\\n', '\\\\', '\\"', '\\/', '\\u0061'),
      fc.constantFrom('\\ud83d', '\\ude00', '\\uD83D', '\\\\ud800', '{', '[', ']', '}', ',', ':', '1e5'),
    ),
    { maxLength: 4 },
  )
  .map(parts => `"${parts.join('')}"`)
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r')

const { value: anyText } = fc.letrec<{ value: string; array: string; object: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    anyNumber,
    anyString,
    tie('array'),
    tie('object'),
  ),
  array: fc
    .array(fc.tuple(space, tie('value'), space), { maxLength: 3 })
    .map(items => `[${items.map(item => item.join('')).join(',')}]`),
  object: fc
    .array(fc.tuple(space, anyString, space, fc.constant(':'), space, tie('value'), space), { maxLength: 3 })
    .map(members => `{${members.map(member => member.join('')).join(',')}}`),
}))

describe('Reading signed JSON', function () {
  it('reads back whatever JSON.stringify prints, unless a number is unsafe', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), value => {
        const text = JSON.stringify(value)
        const read = outcome(text)
        if ('value' in read) expect(JSON.stringify(read.value)).to.equal(text)
        else expect(read.refused).to.be.oneOf(['JSON_NUMBER', 'JSON_LONE_SURROGATE'])
      }),
      SEED,
    )
  })

  it('comes to the same by both roads: a text, and the same text after a space', () => {
    fc.assert(
      fc.property(anyText, text => {
        // With the space, JSON.stringify cannot print it again: it takes the slow road.
        expect(outcome(text)).to.deep.equal(outcome(` ${text}`))
      }),
      SEED,
    )
  })

  it('comes to the same by both roads when a text is damaged', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.nat(),
        fc.constantFrom('"', '\\', '{', ',', '0', '-', 'e', ''),
        (text, n, by) => {
          const at = n % (text.length + 1)
          const damaged = text.slice(0, at) + by + text.slice(at + 1)
          expect(outcome(damaged)).to.deep.equal(outcome(` ${damaged}`))
        },
      ),
      SEED,
    )
  })

  it('agrees with JSON.parse about every value that it does not refuse', () => {
    fc.assert(
      fc.property(anyText, text => {
        const read = outcome(text)
        if ('value' in read) expect(read.value).to.deep.equal(JSON.parse(text))
      }),
      SEED,
    )
  })

  it('refuses a second member of the same name wherever it stands and however it is escaped', () => {
    const name = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '_', '0') })
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.jsonValue({ maxDepth: 1 }), { minKeys: 1, maxKeys: 4 }),
        fc.nat(),
        (object, n) => {
          const names = Object.keys(object)
          const again = names[n % names.length]!
          const escaped = Array.from(again, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(
            '',
          )
          for (const second of [JSON.stringify(again), `"${escaped}"`]) {
            const text = `[${JSON.stringify(object).slice(0, -1)},${second}:0}]`
            expect(codeOf(() => parseJsonText(text))).to.be.oneOf([
              'JSON_DUPLICATE_KEY',
              'JSON_NUMBER',
              'JSON_LONE_SURROGATE',
            ])
          }
        },
      ),
      SEED,
    )
  })

  it('keeps to the limits that its caller sets', () => {
    expect(codeOf(() => parseJson(toUtf8('[1]'), { maxBytes: 2 }))).to.equal('JSON_TOO_LARGE')
    expect(codeOf(() => parseJson(toUtf8('[1]'), { maxBytes: 3 }))).to.equal(null)
    expect(codeOf(() => parseJson(toUtf8('[[1]]'), { maxDepth: 1 }))).to.equal('JSON_TOO_DEEP')
    expect(codeOf(() => parseJson(toUtf8('[[1]]'), { maxDepth: 2 }))).to.equal(null)
  })

  it('reads a text of a megabyte of brackets, quotes or backslashes in time that grows with its length', () => {
    const million = 1_000_000
    for (const text of [
      '['.repeat(million),
      '"'.repeat(million),
      `"${'\\'.repeat(million)}"`,
      '{"a":'.repeat(million / 5),
    ]) {
      expect(codeOf(() => parseJsonText(text))).to.be.oneOf(['JSON_TOO_DEEP', 'JSON_SYNTAX', null])
    }
  })

  it('tells objects from arrays and null', () => {
    expect([{}, [], null, 'x', 0, undefined].map(value => isObject(value as JsonValue))).to.deep.equal([
      true,
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
