#!/usr/bin/env node
// The `onceproof` command. Plain JavaScript, so that any Node 20 can start it; the command line itself runs on the
// Node 24 that comes with the dependencies, or on this one when it is new enough. `onceproof gateway` runs the gateway.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
const [first, ...rest] = process.argv.slice(2)
const [file, args] = first === 'gateway' ? ['server/main', rest] : ['scripts/cli/main', process.argv.slice(2)]

// Installed, the package is JavaScript and its dependencies lie beside it; in the repository it is TypeScript.
const main = ['.js', '.ts'].map(ending => join(root, file + ending)).find(path => existsSync(path))
const isNew = Number(process.versions.node.split('.')[0]) >= 24
const node = [join(root, 'node_modules/node/bin/node'), join(root, '../node/bin/node')].find(path =>
  existsSync(path),
)
const isBuilt = main?.endsWith('.js') || existsSync(join(root, 'artifacts/.onceproof-compiled'))
if (main === undefined || !isBuilt || (node === undefined && !isNew)) {
  process.stderr.write(
    main?.endsWith('.js')
      ? 'onceproof: Node 24 is needed\n'
      : 'onceproof: not set up yet; run `npm start` or `npm test` once in the project folder\n',
  )
  process.exit(2)
}
const child = spawn(node ?? process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
  stdio: 'inherit',
})
// A service manager speaks to this process, a terminal to both.
const signals = first === 'gateway' ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM']
for (const signal of signals) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => undefined)
child.on('close', (status, signal) => process.exit(signal ? 130 : (status ?? 1)))
