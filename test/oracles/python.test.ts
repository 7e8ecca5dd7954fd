import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const script = fileURLToPath(new URL('./python/onceproof_verify.py', import.meta.url))
const vectors = fileURLToPath(new URL('../vectors', import.meta.url))
const python = (...args: string[]) =>
  spawnSync('python3', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
const isHere = python('-c', 'import cryptography').status === 0
const reason = 'not run: python3 with the package cryptography is not here'

describe('the independent verifier in Python', function () {
  this.timeout(120_000)

  if (!isHere) {
    console.log(reason)
    it(reason, () => {
      expect(python('-c', 'import cryptography').status).not.to.equal(0)
    })
    return
  }

  it('agrees with every vector', () => {
    const files = readdirSync(vectors, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.json'),
    )
    const run = python(script, '--vectors', vectors)
    const summary = /^(\d+) vectors, (\d+) disagreements$/m.exec(run.stdout)
    expect(summary, run.stdout + run.stderr).not.to.equal(null)
    expect(Number(summary![2]), run.stdout).to.equal(0)
    expect(Number(summary![1])).to.be.at.least(files.length)
    expect(run.status).to.equal(0)
  })
})
