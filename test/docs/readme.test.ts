import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { toHex } from '../../protocol/bytes.ts'
import { leafHash } from '../../protocol/log.ts'

const readme = readFileSync('README.md', 'utf8')
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> })
  .scripts

const snippet = (language: string): string => {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)
  expect(found, `a ${language} snippet in README.md`).to.not.equal(null)
  return found![1]!
}

describe('README.md', () => {
  it('names only npm scripts that are there', () => {
    const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name]) => name!)
    expect(named).to.include.members(['start', 'test', 'bench', 'test:mutants', 'test:deep'])
    for (const name of named) expect(Object.keys(scripts), `npm ${name}`).to.include(name)
  })

  it('links only to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path]) => path!)
    expect(links.length).to.be.greaterThan(3)
    for (const link of links) expect(existsSync(link), link).to.equal(true)
  })

  it('shows a check with merkletreejs that a stranger can run as it stands', () => {
    const path = 'readme-snippet.mjs'
    writeFileSync(path, snippet('js'))
    try {
      const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' })
      expect(stderr).to.equal('')
      expect(status).to.equal(0)
      expect(stdout.trim().split('\n').at(-1)).to.equal('true')
    } finally {
      rmSync(path)
    }
  })

  it('shows the leaf with openssl, and it is ours', () => {
    const { certificate } = JSON.parse(readFileSync('docs/example/certificate.json', 'utf8')) as {
      certificate: string
    }
    const { stdout } = spawnSync('sh', ['-c', snippet('sh')], { encoding: 'utf8' })
    expect(`0x${stdout.trim().split(' ').at(-1)}`).to.equal(toHex(leafHash(certificate.split('~')[0]!)))
  })
})
