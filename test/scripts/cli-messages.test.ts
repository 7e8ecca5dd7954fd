import { globSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { differenceText, labels, refusalMessage } from '../../scripts/cli/messages.ts'

const sources = globSync('scripts/cli/*.ts').map(file => readFileSync(file, 'utf8'))
const codesIn = (find: RegExp): string[] =>
  sources.flatMap(text => [...text.matchAll(find)].map(([, code]) => code!))

describe('words of the command line', () => {
  it('has a sentence for every refusal of its own', () => {
    const codes = codesIn(/(?:new Refusal\(\s*|readSecret\([^;]*?, )'([A-Z][A-Z_]+)'/g)
    expect(codes).to.include.members(['FILE_MISSING', 'TOKEN_FILE', 'STORE_DAMAGED', 'USAGE'])
    expect(codes.filter(code => refusalMessage(code) === undefined)).to.deep.equal([])
  })

  it('has a sentence for every difference that an audit finds', () => {
    const codes = codesIn(/code: '([A-Z_]+)'/g)
    expect(codes).to.include.members(['ROOT_DIFFERS', 'LEAF_DIFFERS', 'NOT_ON_CHAIN'])
    expect(codes.filter(code => differenceText(code) === code)).to.deep.equal([])
  })

  it('says everything in Chinese and in English', () => {
    for (const [name, { zh, en }] of Object.entries(labels)) {
      expect(zh, name).to.match(/\p{Script=Han}/u)
      expect(en, name).to.not.match(/\p{Script=Han}/u)
    }
  })
})
