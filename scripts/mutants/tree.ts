/**
 * A copy of the project in which sources may be spoilt: what is installed and compiled is linked, what is written is copied.
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { mutated, type Mutant } from './mutant.ts'

const COPIED = [
  '.mocharc.json',
  'contracts',
  'docs',
  'hardhat.config.ts',
  'package.json',
  'protocol',
  'README.md',
  'scripts',
  'server',
  'test',
  'tsconfig.json',
  'web',
]

export interface Tree {
  readonly folder: string
  /** Makes the change, compiles it when it is in a contract, runs `work` and undoes the change. */
  with<T>(mutant: Mutant, work: () => Promise<T>): Promise<T>
  /** Runs tests until one fails; see `TestRun`. */
  test(entry: string, patienceMs: number): Promise<TestRun>
  discard(): void
}

export interface TestRun {
  passed: number
  /** The first test that failed. `loaded` is false when no test ran at all, `ended` when the patience was too short. */
  failure: { title: string; message: string } | null
  loaded: boolean
  ended: boolean
  seconds: number
}

/** Copies the project under `root`. The copy is thrown away by `discard`. */
export function copyTree(root: string): Tree {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'onceproof-mutants-')))
  for (const name of COPIED) {
    if (existsSync(join(root, name))) copyFolder(join(root, name), join(folder, name))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  symlinkSync(join(root, 'artifacts'), join(folder, 'artifacts'))
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)

  return {
    folder,
    async with(mutant, work) {
      const path = join(folder, mutant.file)
      const source = readFileSync(path, 'utf8')
      const isContract = mutant.file.endsWith('.sol')
      writeFileSync(path, mutated(source, mutant))
      try {
        if (isContract) {
          rmSync(join(folder, 'artifacts'))
          copyFolder(join(root, 'artifacts'), join(folder, 'artifacts'))
          await compile(folder, mutant)
        }
        return await work()
      } finally {
        writeFileSync(path, source)
        if (isContract) {
          rmSync(join(folder, 'artifacts'), { recursive: true })
          symlinkSync(join(root, 'artifacts'), join(folder, 'artifacts'))
        }
      }
    },
    test: (entry, patienceMs) => runTests(folder, temporary, entry, patienceMs),
    discard() {
      endLeftovers(folder)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A link is followed: a copied link would have the spoilt contracts compiled into the project itself. */
function copyFolder(from: string, to: string): void {
  cpSync(realpathSync(from), to, { recursive: true, dereference: true })
}

/** A library is compiled through the contract that uses it. */
const COMPILED_AS: Record<string, string> = { 'contracts/Rfc6962.sol': 'contracts/AnchorLog.sol' }

async function compile(folder: string, { name, file }: Mutant): Promise<void> {
  const args = ['node_modules/hardhat/dist/src/cli.js', 'build', '--quiet', '--no-tests']
  const { code, output } = await run(folder, [...args, COMPILED_AS[file] ?? file], {}, 300_000)
  if (code !== 0) throw new Error(`${name} does not compile:\n${output}`)
}

async function runTests(
  folder: string,
  temporary: string,
  entry: string,
  patienceMs: number,
): Promise<TestRun> {
  const [file = '', title] = entry.split(' › ')
  const report = join(temporary, 'report.json')
  rmSync(report, { force: true })
  const args = ['node_modules/mocha/bin/mocha.js', '--bail', '--forbid-only', '--forbid-pending']
  args.push('--reporter', 'json', '--reporter-option', `output=${report}`)
  if (title !== undefined) args.push('--fgrep', title)
  const began = performance.now()
  const { ended } = await run(folder, [...args, file], { TMPDIR: temporary }, patienceMs)
  const seconds = (performance.now() - began) / 1000
  endLeftovers(folder)
  for (const left of readdirSync(temporary)) {
    if (left !== basename(report)) rmSync(join(temporary, left), { recursive: true, force: true })
  }
  if (!existsSync(report)) return { passed: 0, failure: null, loaded: false, ended, seconds }

  const { stats, failures } = JSON.parse(readFileSync(report, 'utf8')) as {
    stats: { passes: number; failures: number }
    failures: { fullTitle: string; err: { message?: string } }[]
  }
  const [first] = failures
  const failure =
    first === undefined ? null : { title: first.fullTitle, message: firstLine(first.err.message) }
  return { passed: stats.passes, failure, loaded: stats.passes + stats.failures > 0, ended, seconds }
}

const firstLine = (message = '') => (message.split('\n')[0] ?? '').slice(0, 160)

/** Runs Node in a process group of its own, so that nothing that a spoilt program started outlives it. */
function run(
  cwd: string,
  args: string[],
  env: Record<string, string>,
  patienceMs: number,
): Promise<{ code: number; ended: boolean; output: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd,
      env: { ...process.env, ...env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    let ended = true
    const keep = (piece: Buffer) => (output = (output + piece.toString()).slice(-4_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = () => {
      ended = false
      killGroup(child.pid!)
    }
    const timer = setTimeout(end, patienceMs)
    child.on('exit', code => {
      clearTimeout(timer)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code: code ?? 1, ended, output })
    })
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** An embedded chain is meant to outlive its gateway: those that were started in this copy's folder are ended here. */
function endLeftovers(folder: string): void {
  if (!existsSync('/proc')) return
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (command.includes(`${folder}/`) && Number(pid) !== process.pid) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // Gone meanwhile, or not ours to see.
    }
  }
}
