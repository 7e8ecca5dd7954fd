import { readFileSync, readdirSync } from 'node:fs'
import { expect } from 'chai'

const folder = new URL('./', import.meta.url)
const page = readFileSync(new URL('../../docs/contracts.md', folder), 'utf8')
const sourcesOf = (ending: string): string =>
  readdirSync(folder)
    .filter(name => name.endsWith(ending))
    .map(name => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n')

/** Names of the invariants and fuzz tests in a text, each once. */
function namesIn(text: string): string[] {
  return [...new Set(text.match(/\b(?:invariant|testFuzz)_\w+/g))].toSorted()
}

describe('The page about the contracts', () => {
  it('names exactly the invariants and fuzz tests that there are', () => {
    expect(namesIn(page)).to.deep.equal(namesIn(sourcesOf('.t.sol')))
  })

  it('quotes titles of tests that there are', () => {
    const titles = sourcesOf('.test.ts').replaceAll("\\'", "'")
    const upToGas = page.slice(0, page.indexOf('## Gas'))
    const quoted = [...upToGas.matchAll(/"([^"]+)"/g)].map(match => match[1]!.replaceAll(/\s+/g, ' '))
    expect(quoted.length).to.be.greaterThan(20)
    expect(quoted.filter(title => !titles.includes(title))).to.deep.equal([])
  })
})
