/**
 * `npm test`: type check, lint, then every suite in a process of its own, each with its time. Fails when anything fails, when a
 * suite runs no test, or when a test is skipped.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'

const node = process.execPath

interface Step {
  name: string
  args: string[]
  isSuite: boolean
}

interface Outcome {
  name: string
  seconds: number
  ok: boolean
  passed: number
  failed: number
}

const check = (name: string, ...args: string[]): Step => ({ name, args, isSuite: false })
const suite = (name: string, ...patterns: string[]): Step => {
  const files = patterns.flatMap(pattern => globSync(pattern)).sort()
  return {
    name,
    args: ['node_modules/mocha/bin/mocha.js', '--forbid-only', '--forbid-pending', ...files],
    isSuite: true,
  }
}

const steps: Step[] = [
  check('types', 'node_modules/typescript/bin/tsc', '--noEmit'),
  check('lint', 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'),
  check('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  suite('protocol', 'test/protocol/**/*.test.ts'),
  suite('contracts', 'test/contracts/**/*.test.ts'),
  {
    name: 'contract invariants',
    args: ['node_modules/hardhat/dist/src/cli.js', 'test', 'solidity'],
    isSuite: true,
  },
  suite('oracles', 'test/oracles/**/*.test.ts'),
  suite('chain', 'test/server/chain/**/*.test.ts'),
  suite('store and keys', 'test/server/store/**/*.test.ts', 'test/server/keys/**/*.test.ts'),
  suite('catalogue', 'test/server/catalogue/**/*.test.ts', 'test/scripts/generate.test.ts'),
  suite('http', 'test/server/http/**/*.test.ts', 'test/server/config.test.ts'),
  suite('gateway', 'test/server/gateway/**/*.test.ts'),
  suite('command line', 'test/scripts/cli*.test.ts'),
  suite('benchmark', 'test/scripts/bench.test.ts'),
  suite('project', 'test/project/**/*.test.ts', 'test/docs/**/*.test.ts'),
]

const wanted = process.argv.slice(2)
const chosen =
  wanted.length === 0 ? steps : steps.filter(step => wanted.some(name => step.name.includes(name)))
const outcomes: Outcome[] = []
for (const step of chosen) outcomes.push(await run(step))
report(outcomes)
process.exit(outcomes.every(outcome => outcome.ok) ? 0 : 1)

async function run(step: Step): Promise<Outcome> {
  const began = performance.now()
  process.stdout.write(`\n— ${step.name}\n`)
  const { code, output } = await capture(step.args)
  const passed = Number(/(\d+) passing/.exec(output)?.[1] ?? 0)
  const failed = Number(/(\d+) failing/.exec(output)?.[1] ?? 0)
  const ok = code === 0 && (!step.isSuite || passed > 0)
  return {
    name: step.name,
    seconds: (performance.now() - began) / 1000,
    ok,
    passed,
    failed: ok ? failed : Math.max(failed, 1),
  }
}

function capture(args: string[]): Promise<{ code: number; output: string }> {
  return new Promise(resolve => {
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (piece: Buffer) => {
      output += piece.toString()
      process.stdout.write(piece)
    })
    child.on('close', code => resolve({ code: code ?? 1, output }))
  })
}

function report(outcomes: Outcome[]): void {
  process.stdout.write('\n')
  for (const { name, seconds, ok, passed, failed } of outcomes) {
    const counts = passed + failed > 0 && passed > 0 ? `${passed} passed` : ''
    process.stdout.write(
      `${ok ? '✓' : '✗'} ${name.padEnd(16)} ${seconds.toFixed(1).padStart(6)} s  ${counts}\n`,
    )
  }
  const sum = (pick: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + pick(outcome), 0)
  process.stdout.write(`total ${sum(outcome => outcome.seconds).toFixed(1)} s\n`)
  process.stdout.write(`${sum(o => o.passed)} passed, ${sum(o => o.failed)} failed\n`)
}
