// Sets a fresh clone up: dependencies, the `npx onceproof` link, compiled contracts, built pages. Runs before `npm start` and
// `npm test`, on whatever Node the system has (20 or newer), with nothing installed: only `node:` imports here.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  chmodSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const say = text => process.stderr.write(`set-up: ${text}\n`)
const sha256 = text => createHash('sha256').update(text).digest('hex')
const readOr = (path, otherwise) => (existsSync(path) ? readFileSync(path, 'utf8') : otherwise)

if (Number(process.versions.node.split('.')[0]) < 20) {
  say(`this is Node ${process.versions.node}; Node 20 or newer is needed`)
  process.exit(1)
}

installDependencies()
linkCommand()
compileContracts()
buildPages()

/** Installs exactly what the lock file names. npm itself must run on Node 24: under Node 20 it leaves out native parts. */
function installDependencies() {
  const stamp = 'node_modules/.onceproof-installed'
  const want = sha256(readFileSync('package-lock.json'))
  if (readOr(stamp, '') === want && loadsNatively()) return
  say('installing dependencies (about half a minute, once)')
  const old = Number(process.versions.node.split('.')[0]) < 22
  const pinned = JSON.parse(readFileSync('package.json', 'utf8')).dependencies.node
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const [command, args] = old
    ? ['npx', ['-y', '-p', `node@${pinned}`, '--', 'npm', 'ci', ...quiet]]
    : ['npm', ['ci', ...quiet]]
  run(command, args)
  writeFileSync(stamp, want)
}

/** The native parts load under the Node that will run them. */
function loadsNatively() {
  const node = 'node_modules/node/bin/node'
  if (!existsSync(node)) return false
  const probe = "import('@nomicfoundation/edr').then(() => import('better-sqlite3'))"
  return spawnSync(node, ['--input-type=module', '-e', probe], { stdio: 'ignore' }).status === 0
}

/** `npx onceproof` finds its command in node_modules/.bin. */
function linkCommand() {
  const link = 'node_modules/.bin/onceproof'
  if (existsSync(link)) return
  mkdirSync(dirname(link), { recursive: true })
  rmSync(link, { force: true })
  chmodSync('scripts/onceproof.mjs', 0o755)
  symlinkSync(relative(dirname(link), 'scripts/onceproof.mjs'), link)
}

/** Compiles the contracts when they or the compiler's settings changed. */
function compileContracts() {
  const stamp = 'artifacts/.onceproof-compiled'
  const sources = ['contracts', 'test/contracts']
    .flatMap(folder => readdirSync(folder, { recursive: true }).map(name => join(folder, String(name))))
    .filter(name => name.endsWith('.sol'))
    .toSorted((a, b) => (a < b ? -1 : 1))
  const want = sha256(
    [...sources, 'hardhat.config.ts', 'package-lock.json'].map(f => sha256(readFileSync(f))).join(),
  )
  if (readOr(stamp, '') === want) return
  say('compiling contracts')
  run('node_modules/node/bin/node', ['node_modules/hardhat/dist/src/cli.js', 'build', '--quiet'])
  writeFileSync(stamp, want)
}

/** Builds what browsers get when it, or what it shares with the gateway, changed. */
function buildPages() {
  const stamp = 'web/dist/.onceproof-built'
  const sources = ['web', 'protocol', 'server/chain', 'server/wording', 'server/pages']
    .flatMap(folder => readdirSync(folder, { recursive: true }).map(name => join(folder, String(name))))
    .filter(name => !name.startsWith(join('web', 'dist')) && statSync(name).isFile())
    .toSorted((a, b) => (a < b ? -1 : 1))
  const inputs = [...sources, 'scripts/build-web.ts', 'package-lock.json']
  const want = sha256(inputs.map(name => name + sha256(readFileSync(name))).join())
  if (readOr(stamp, '') === want) return
  say('building pages')
  run('node_modules/node/bin/node', ['--disable-warning=ExperimentalWarning', 'scripts/build-web.ts'])
  writeFileSync(stamp, want)
}

function run(command, args) {
  const env = { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' }
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], env })
  if (status === 0) return
  say(`\`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`)
  process.exit(status ?? 1)
}
