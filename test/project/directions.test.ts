import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect } from 'chai'

/**
 * Where a file stands from left to right; it imports only what stands at its own place or further left. A domain folder sees
 * of another domain folder its verbs, never its routes.
 */
const PLACES: [pattern: RegExp, place: string, rank: number][] = [
  [/^protocol\//, 'protocol', 0],
  [/^server\/keys\/names\.ts$/, 'store', 1],
  [/^server\/(store|keys)\//, 'store', 1],
  [/^server\/http\/(logger|metrics|events|problem|messages|rate-limit|request-id)\.ts$/, 'http basics', 1],
  [/^server\/wording\//, 'wording', 1],
  [/^server\/config\.ts$/, 'config', 2],
  [/^server\/chain\//, 'chain', 2],
  [/^server\/(world|threads)\.ts$/, 'world', 3],
  [/^server\/http\//, 'http', 4],
  [/^server\/[a-z]+\//, 'domain', 5],
  [/^server\/(open-world|open-chain|app|demo|demo-lives|demo-client|anchorer|keeper)\.ts$/, 'app', 6],
  [/^server\/main\.ts$/, 'main', 7],
  [/^(scripts|web|test)\//, 'outside', 8],
]

const files = globSync('{protocol,server,scripts}/**/*.ts').sort()
const pages = globSync('web/**/*.{ts,tsx}').filter(file => !file.startsWith('web/dist/'))
/** What a page may know beside its own: the formats, and how to ask a chain. */
const KNOWN_TO_PAGES =
  /^(?:protocol|web)\/|^server\/chain\/(?:view|questions|rpc|contracts|log-id)\.ts$|^server\/wording\/|^server\/http\/messages\.ts$/

function placeOf(file: string): { place: string; rank: number } {
  const found = PLACES.find(([pattern]) => pattern.test(file))
  if (found === undefined) throw new Error(`${file} has no place in the direction of dependencies`)
  return { place: found[1], rank: found[2] }
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [
    ...text.matchAll(/^(?:import|export)[^'"]*from '([^']+)'/gm),
    ...text.matchAll(/import\('([^']+)'\)/g),
  ].map(([, target]) => target!)
}

describe('direction of dependencies', () => {
  it('knows a place for every source file', () => {
    expect(files.length).to.be.greaterThan(50)
    for (const file of files) placeOf(file)
  })

  it('imports only leftward', () => {
    const wrong: string[] = []
    for (const file of files) {
      const from = placeOf(file)
      for (const target of importsOf(file)) {
        if (!target.startsWith('.')) continue
        const path = relative('.', join(dirname(file), target))
        if (path.startsWith('artifacts/')) continue
        const to = placeOf(path)
        if (to.rank > from.rank) wrong.push(`${file} (${from.place}) imports ${path} (${to.place})`)
      }
    }
    expect(wrong).to.deep.equal([])
  })

  it('lets pages know the formats, the chain and the API, and nothing else of the gateway', () => {
    expect(pages.length).to.be.greaterThan(10)
    const wrong = pages.flatMap(file =>
      importsOf(file)
        .filter(target => target.startsWith('.'))
        .map(target => relative('.', join(dirname(file), target)))
        .filter(target => !KNOWN_TO_PAGES.test(target))
        .map(target => `${file} imports ${target}`),
    )
    expect(wrong).to.deep.equal([])
  })

  it('keeps protocol pure: no node modules, no packages but through #crypto', () => {
    const wrong = files
      .filter(file => file.startsWith('protocol/') && !file.startsWith('protocol/crypto/'))
      .flatMap(file => importsOf(file).map(target => [file, target] as const))
      .filter(([, target]) => !target.startsWith('./') && target !== '#crypto')
    expect(wrong).to.deep.equal([])
  })

  it('keeps clocks, randomness and environment out of protocol', () => {
    const wrong = files
      .filter(file => file.startsWith('protocol/') && !file.startsWith('protocol/crypto/'))
      .filter(file => /\bDate\.now\(|new Date\(\)|Math\.random|\bprocess\./.test(readFileSync(file, 'utf8')))
    expect(wrong).to.deep.equal([])
  })

  it('reads process.* in main and the scripts only', () => {
    const allowed = /^(scripts\/|server\/main\.ts|server\/chain\/embedded\/)/
    const wrong = files
      .filter(file => !allowed.test(file))
      .filter(file => /\bprocess\.(env|argv|exit|cwd|stdout|stderr)\b/.test(readFileSync(file, 'utf8')))
    expect(wrong).to.deep.equal([])
  })

  it('has no circle among the domain folders', () => {
    const folderOf = (file: string) => /^server\/((?!http|store|keys|chain)[a-z]+)\//.exec(file)?.[1]
    const uses = new Map<string, Set<string>>()
    for (const file of files) {
      const from = folderOf(file)
      if (from === undefined) continue
      const targets = importsOf(file).filter(target => target.startsWith('.'))
      const folders = targets.map(target => folderOf(relative('.', join(dirname(file), target))))
      const known = uses.get(from) ?? new Set<string>()
      uses.set(from, known)
      for (const folder of folders) if (folder !== undefined && folder !== from) known.add(folder)
    }
    expect(uses.size).to.be.greaterThan(6)
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      [...(uses.get(from) ?? [])].some(
        next => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
      )
    expect([...uses.keys()].filter(folder => reaches(folder, folder))).to.deep.equal([])
  })

  it('never imports routes across domains', () => {
    const wrong: string[] = []
    for (const file of files.filter(name => /^server\/(?!http)[a-z]+\//.test(name))) {
      for (const target of importsOf(file)) {
        if (target.endsWith('routes.ts') && !target.endsWith('http/routes.ts'))
          wrong.push(`${file}: ${target}`)
      }
    }
    expect(wrong).to.deep.equal([])
  })
})
