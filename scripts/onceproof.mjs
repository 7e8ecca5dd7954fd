#!/usr/bin/env node
// The `onceproof` command. Plain JavaScript, so that any Node 20 can start it; the command line itself runs on the
// Node 24 that comes with the dependencies.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
const node = join(root, 'node_modules/node/bin/node')
if (!existsSync(node) || !existsSync(join(root, 'artifacts/.onceproof-compiled'))) {
  process.stderr.write(
    'onceproof: not set up yet; run `npm start` or `npm test` once in the project folder\n',
  )
  process.exit(2)
}
const main = join(root, 'scripts/cli/main.ts')
const { status, signal } = spawnSync(
  node,
  ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
)
process.exit(signal ? 130 : (status ?? 1))
