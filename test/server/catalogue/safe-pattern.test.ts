import { expect } from 'chai'
import fc from 'fast-check'
import { Refusal } from '../../../protocol/refusal.ts'
import { compilePattern } from '../../../server/catalogue/safe-pattern.ts'
import { refusalOf } from './refusals.ts'

describe('patterns of a type', () => {
  it('match whole texts, a rare character being one', () => {
    const pattern = compilePattern('^示[A-Z]\\d{2,3}(-.)?$')
    expect(pattern.test('示A12')).to.equal(true)
    expect(pattern.test('示A123-𠮷')).to.equal(true)
    expect(pattern.test('示A1234')).to.equal(false)
    expect(pattern.test('x示A12')).to.equal(false)
    expect(compilePattern('^[^\\d\\-]{2}[\\w.]*$').test('何𠮷a_.')).to.equal(true)
  })

  const refusedAs: Record<string, string[]> = {
    TYPE_PATTERN_ANCHOR: ['a', '^a', 'a$', '^a\\$', '^a|b$', ''],
    TYPE_PATTERN_SYNTAX: [
      '^(a$',
      '^a)$',
      '^[a$',
      '^[]$',
      '^a**$',
      '^*a$',
      '^a{2,1}$',
      '^a{x}$',
      '^a{0}$',
      '^[b-a]$',
      '^[\\d-z]$',

      '^(?=a)a$',
      '^(?<n>a)$',
      '^(a)\\1$',
      '^a+?$',
      '^\\ba$',
      '^\\p{L}$',
      '^\\x41$',
      '^^a$',
      '^a$$',
      '^a]$',
    ],
    TYPE_PATTERN_UNSAFE: [
      '^(a+)+$',
      '^(a*)*$',
      '^(a|a)*$',
      '^(a|ab)*c$',
      '^a*a$',
      '^((ab)*)*$',
      '^(a+b?)+$',
      '^\\d*\\d*\\d*$',
      '^(a?){50}$',
      '^(.*)x$',
      '^([a-z]+)*$',
      '^(\\w|\\d)+$',
      '^a?a$',
      '^x{1001}$',
      '^((a{100}){100})$',
      `^${'a'.repeat(600)}$`,
      `^${'('.repeat(30)}a${')'.repeat(30)}$`,
    ],
  }
  for (const [code, patterns] of Object.entries(refusedAs)) {
    for (const pattern of patterns) {
      it(`refuses ${pattern.slice(0, 30)} as ${code}`, () => {
        expect(refusalOf(() => compilePattern(pattern))).to.include({ code })
      })
    }
  }

  for (const pattern of [
    '^(ab?)*$',
    '^a+b+c+$',
    '^(a|b)*$',
    '^(a{2,3}b)+$',
    '^(,?[A-Z][1-9])*$',
    '^a{3,}b$',
    '^$',
  ]) {
    it(`accepts ${pattern}`, () => {
      expect(compilePattern(pattern).source).to.have.length.of.at.least(2)
    })
  }

  it('accepts nothing that needs time out of proportion to the text', () => {
    const atoms = fc.constantFrom('a', 'b', '[ab]', '.', '(a|b)', '(ab)', '(a|bb?)', '(b[ab])')
    const quantifiers = fc.constantFrom('', '?', '*', '+', '{2}', '{1,3}', '{2,}')
    const part = fc.tuple(atoms, quantifiers).map(pair => pair.join(''))
    const group = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => `(${parts.join('')})`)
    const pattern = fc
      .array(fc.tuple(fc.oneof(part, group), quantifiers), { minLength: 1, maxLength: 3 })
      .map(parts => `^${parts.map(([one, times]) => (/[*+?}]$/.test(one) ? one : one + times)).join('')}$`)
    let accepted = 0
    fc.assert(
      fc.property(pattern, source => {
        let compiled: RegExp
        try {
          compiled = compilePattern(source)
        } catch (error) {
          expect(error).to.be.instanceOf(Refusal)
          return
        }
        accepted++
        // One that backtracks exponentially takes seconds for each of these, and the test its time limit.
        for (const text of ['a'.repeat(27), 'b'.repeat(27), 'ab'.repeat(14), 'abb'.repeat(9)]) {
          expect(compiled.test(text)).to.equal(new RegExp(source).test(text))
          expect(compiled.test(`${text}!\n`)).to.equal(false)
        }
      }),
      { seed: 20_260_601, numRuns: 400 },
    )
    expect(accepted).to.be.greaterThan(20)
  })
})
