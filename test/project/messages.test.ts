import { globSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { messages } from '../../server/http/messages.ts'

const codesIn = (patterns: string[], find: RegExp): string[] =>
  patterns.flatMap(pattern =>
    globSync(pattern).flatMap(file =>
      [...readFileSync(file, 'utf8').matchAll(find)].map(([, code]) => code!),
    ),
  )

describe('words for people', () => {
  it('has a sentence for every refusal that protocol and gateway can give, in Chinese and English', () => {
    const codes = codesIn(
      ['{protocol,server}/**/*.ts'],
      /new (?:Http)?(?:Refusal|Unavailable|StartRefusal)\(\s*'([A-Z][A-Z0-9_]+)'/g,
    )
    expect(codes.length).to.be.greaterThan(80)
    expect([...new Set(codes)].filter(code => messages[code] === undefined).sort()).to.deep.equal([])
  })

  it('has a sentence for every reason of an answer', () => {
    const codes = codesIn(['protocol/verify.ts'], /\b(?:yes|no|unknown)\('([A-Z_]+)'\)/g)
    expect(codes.length).to.be.greaterThan(20)
    expect([...new Set(codes)].filter(code => messages[code] === undefined).sort()).to.deep.equal([])
  })

  it('is Chinese where it says zh, and English where it says en', () => {
    for (const [code, { zh, en }] of Object.entries(messages)) {
      expect(zh, code).to.match(/\p{Script=Han}/u)
      expect(en, code).to.not.match(/\p{Script=Han}/u)
    }
  })
})
