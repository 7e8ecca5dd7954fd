import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toUtf8 } from '../../protocol/bytes.ts'
import { parseSnapshot, snapshotView } from '../../protocol/snapshot.ts'
import { parseTrust } from '../../protocol/trust.ts'
import { verify } from '../../protocol/verify.ts'
import { exampleFiles } from '../../scripts/vectors/example.ts'

const top = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(`${top}docs/formats.md`, 'utf8')
const section = page.slice(page.indexOf('\n## 18 Worked example'))

/** The fenced block of this language in §18. */
function block(language: string): string {
  const found = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))]
  expect(found.length, `${language} blocks in docs/formats.md §18`).to.equal(1)
  return found[0]![1]!
}

describe('Worked example of docs/formats.md', function () {
  it('has the files that its script writes, byte for byte, and no others', () => {
    expect(readdirSync(`${top}docs/example`).sort()).to.deep.equal([...exampleFiles().keys()].sort())
    for (const [name, text] of exampleFiles()) {
      expect(readFileSync(`${top}docs/example/${name}`, 'utf8') === text, name).to.equal(true)
    }
  })

  it('prints what the page says, with bash and openssl and nothing of ours', () => {
    for (const [tool, version] of [
      ['bash', '--version'],
      ['openssl', 'version'],
    ] as const) {
      expect(spawnSync(tool, [version]).status, `${tool} must be installed`).to.equal(0)
    }
    const printed = execFileSync('bash', ['-euo', 'pipefail', '-c', block('bash')], {
      cwd: top,
      encoding: 'utf8',
    })
    expect(printed).to.equal(block('text'))
    for (const line of [
      'Verified OK',
      'Signature Verified Successfully',
      'this public key is on chain',
      'this size and root are on chain',
    ]) {
      expect(printed).to.include(`${line}\n`)
    }
    expect(printed.match(/ is in _sd$/gm)).to.have.length(2)
  })

  it('notices a changed certificate', () => {
    const commands = block('bash').replace(
      "cut -d'\"' -f8 certificate.json",
      "cut -d'\"' -f8 certificate.json | tr IJ JI",
    )
    expect(commands).to.not.equal(block('bash'))
    const printed = execFileSync('bash', ['-c', commands], {
      cwd: top,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(printed).to.not.include('Verified OK')
    expect(printed).to.not.include('this size and root')
  })

  it('is OFFLINE_OK to our own verification', async () => {
    const bytes = (name: string) => toUtf8(readFileSync(`${top}docs/example/${name}`, 'utf8'))
    const view = snapshotView(parseSnapshot(bytes('snapshot.json')))
    const now = Date.parse('2026-06-01T00:00:00Z') / 1000
    const { verdict, answers } = await verify(
      bytes('certificate.json'),
      parseTrust(bytes('trust.json')),
      view,
      now,
    )
    expect(verdict, JSON.stringify(answers)).to.equal('OFFLINE_OK')
  })
})
