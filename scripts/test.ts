/**
 * `npm test`: type check, lint, then every suite in a process of its own, each with its time. Fails when anything fails, when a
 * suite runs no test, or when a test is skipped.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

const node = process.execPath
/** What is compiled once need not be by each of the many processes: that is most of the work of a short one. */
const COMPILE_CACHE = join(import.meta.dirname, '../node_modules/.cache/onceproof-tests')

interface Step {
  name: string
  args: string[]
  isSuite: boolean
  /** Opens ports or waits for time to pass: comes after those that do neither. Never more than two run at once. */
  alone: boolean
  /** Waits for a browser or another process most of the time: runs beside those that do not, as long as there are any. */
  beside?: boolean
}

interface Outcome {
  name: string
  seconds: number
  ok: boolean
  passed: number
  failed: number
  output: string
}

const check = (name: string, ...args: string[]): Step => ({ name, args, isSuite: false, alone: false })
const suite = (name: string, ...patterns: string[]): Step => {
  const files = patterns.flatMap(pattern => globSync(pattern)).sort()
  const mocha = ['node_modules/mocha/bin/mocha.js', '--forbid-only', '--forbid-pending']
  return { name, args: [...mocha, ...files], isSuite: true, alone: false }
}
const alone = (step: Step): Step => ({ ...step, alone: true })
const beside = (step: Step): Step => ({ ...step, alone: true, beside: true })

const steps: Step[] = [
  {
    name: 'contract invariants',
    args: ['node_modules/hardhat/dist/src/cli.js', 'test', 'solidity'],
    isSuite: true,
    alone: false,
  },
  check('types', 'node_modules/tsc/bin/tsc', '--noEmit'),
  check('types of pages', 'scripts/check-pages.ts'),
  check('lint', 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'),
  check('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  suite('protocol', 'test/protocol/**/*.test.ts'),
  suite('contracts', 'test/contracts/**/*.test.ts'),
  suite('oracles', 'test/oracles/**/*.test.ts'),
  suite(
    'catalogue',
    'test/server/catalogue/**/*.test.ts',
    'test/server/policy/**/*.test.ts',
    'test/server/matters/**/*.test.ts',
    'test/server/webhooks/**/*.test.ts',
    'test/server/oversight/**/*.test.ts',
    'test/scripts/generate.test.ts',
  ),
  suite('project', 'test/project/**/*.test.ts', 'test/docs/**/*.test.ts'),
  alone(suite('chain', 'test/server/chain/**/*.test.ts', 'test/server/continuity/**/*.test.ts')),
  alone(suite('store and keys', 'test/server/store/**/*.test.ts', 'test/server/keys/**/*.test.ts')),
  alone(suite('http', 'test/server/http/**/*.test.ts', 'test/server/config.test.ts')),
  alone(suite('identity', 'test/server/identity/**/*.test.ts')),
  alone(suite('signer', 'test/server/signer/**/*.test.ts')),
  alone(suite('desk', 'test/server/issuing/**/*.test.ts')),
  alone(suite('paper', 'test/server/paper/**/*.test.ts')),
  alone(suite('consent', 'test/server/grants/**/*.test.ts')),
  alone(suite('matters', 'test/server/gateway/matters/**/*.test.ts')),
  alone(suite('pages', 'test/server/pages/**/*.test.ts')),
  alone(suite('gateway', 'test/server/gateway/*.test.ts')),
  beside(suite('browser', 'test/browser/*.test.ts')),
  beside(suite('drills', 'test/drills/!(attack).test.ts')),
  alone(suite('command line', 'test/scripts/cli*.test.ts', 'test/scripts/fsck*.test.ts')),
  alone(suite('production', 'test/production/**/*.test.ts')),
  alone(suite('benchmark', 'test/scripts/bench.test.ts')),
  alone(suite('attack', 'test/drills/attack.test.ts')),
]

assertAllTestsAreInSuites()
const wanted = process.argv.slice(2)
const chosen =
  wanted.length === 0 ? steps : steps.filter(step => wanted.some(name => step.name.includes(name)))
const outcomes: Outcome[] = []
const began = performance.now()
const apart = chosen.filter(step => step.alone && step.beside !== true)
const pages = chosen.filter(step => step.beside)
const together = chosen.filter(step => !step.alone)
await Promise.all([nextOf([together]), nextOf([together])])
await Promise.all([nextOf([apart, pages], true), nextOf([pages, apart])])
report(outcomes)
process.exit(outcomes.every(outcome => outcome.ok) ? 0 : 1)

/** Takes steps off the first list that has one and runs them, one after the other, until none is left. */
async function nextOf(lists: Step[][], isShown = false): Promise<void> {
  const next = () => lists.find(list => list.length > 0)?.shift()
  for (let step = next(); step !== undefined; step = next()) outcomes.push(await run(step, isShown))
}

/** `isShown`: what it says is seen as it comes; else in one piece at its end, so that two do not mix. */
async function run(step: Step, isShown: boolean): Promise<Outcome> {
  const start = performance.now()
  if (isShown) process.stdout.write(`\n— ${step.name}\n`)
  const { code, output } = await capture(step, isShown)
  if (!isShown) process.stdout.write(`\n— ${step.name}\n${output}`)
  const passed = Number(/(\d+) passing/.exec(output)?.[1] ?? 0)
  const failed = Number(/(\d+) failing/.exec(output)?.[1] ?? 0)
  const ok = code === 0 && (!step.isSuite || passed > 0)
  return {
    name: step.name,
    seconds: (performance.now() - start) / 1000,
    ok,
    passed,
    failed: ok ? failed : Math.max(failed, 1),
    output,
  }
}

function capture({ args }: Step, isShown: boolean): Promise<{ code: number; output: string }> {
  return new Promise(resolve => {
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env },
    })
    let output = ''
    const take = (piece: Buffer) => {
      output += piece.toString()
      if (isShown) process.stdout.write(piece)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('close', code => resolve({ code: code ?? 1, output }))
  })
}

/** The times of all, and at the very end what failed: whoever sees only the last lines sees why. */
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
  process.stdout.write(`in all ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
  for (const { name, ok, output } of outcomes)
    if (!ok) process.stdout.write(`\n✗ ${name}\n${failuresOf(output)}\n`)
  process.stdout.write(`${sum(o => o.passed)} passed, ${sum(o => o.failed)} failed\n`)
}

/** Mocha lists its failures after their count; another tool's last lines say what is wrong. */
function failuresOf(output: string): string {
  const at = output.search(/^\s*(?:\S*m)?\s*\d+ failing/m)
  return (at === -1 ? output.slice(-3_000) : output.slice(at, at + 12_000)).trim()
}

/** A test file that no suite names would pass for ever. */
function assertAllTestsAreInSuites(): void {
  const named = new Set(steps.flatMap(({ args }) => args))
  const forgotten = globSync('test/**/*.test.ts').filter(file => !named.has(file))
  if (forgotten.length > 0) throw new Error(`in no suite: ${forgotten.join(', ')}`)
}
