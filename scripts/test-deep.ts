/**
 * `npm run test:deep`: what takes longer or needs more than npm. Each part runs, or says `not run: why`.
 */
import { spawnSync } from 'node:child_process'

interface Part {
  name: string
  /** Why it cannot run here; null = it can. */
  missing: () => string | null
  command: [program: string, ...args: string[]]
  env?: Record<string, string>
}

const has = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const node = process.execPath

const parts: Part[] = [
  {
    name: 'independent verifier in Python, every vector',
    missing: () =>
      has('python3', '-c', 'import cryptography')
        ? null
        : 'python3 with the package cryptography is not here',
    command: ['python3', 'test/oracles/python/onceproof_verify.py', '--vectors', 'test/vectors'],
  },
  {
    name: 'coverage of the contracts',
    missing: () => null,
    command: [node, 'node_modules/hardhat/dist/src/cli.js', 'test', 'mocha', '--coverage'],
  },
  {
    name: 'invariants and fuzzing of the contracts, at length',
    missing: () => null,
    command: [node, 'node_modules/hardhat/dist/src/cli.js', 'test', 'solidity'],
    env: { ONCEPROOF_TEST_DEEP: '1' },
  },
  {
    name: 'keys on a PKCS#11 token (SoftHSM2)',
    missing: () => {
      if (!has('softhsm2-util', '--version')) return 'softhsm2-util is not here'
      const driver = process.env['PKCS11_DRIVER'] ?? 'pkcs11js'
      return has(node, '--input-type=module', '-e', `await import(${JSON.stringify(driver)})`)
        ? null
        : 'the package pkcs11js is not here (PKCS11_DRIVER names its main file)'
    },
    command: [node, 'node_modules/mocha/bin/mocha.js', 'test/server/keys/pkcs11.deep.ts'],
  },
  {
    name: 'pages at every width, papers of every type against their attachment',
    missing: () => null,
    command: [node, 'scripts/test.ts', 'browser', 'paper'],
    env: { ONCEPROOF_TEST_DEEP: '1' },
  },
  {
    name: 'tarball: packed, installed into an empty folder and started',
    missing: () => (has('npm', '--version') ? null : 'npm is not here'),
    command: [node, 'node_modules/mocha/bin/mocha.js', 'test/production/tarball.deep.ts'],
  },
  {
    name: 'mutants',
    missing: () => null,
    command: [node, 'scripts/mutants.ts'],
  },
]

let failed = 0
let ran = 0
for (const { name, missing, command, env } of parts) {
  const why = missing()
  if (why !== null) {
    process.stdout.write(`— ${name}\nnot run: ${why}\n`)
    continue
  }
  const began = performance.now()
  process.stdout.write(`— ${name}\n`)
  const [program, ...args] = command
  const ok = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status === 0
  ran++
  if (!ok) failed++
  process.stdout.write(`${ok ? '✓' : '✗'} ${name} ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
}
process.stdout.write(`${ran - failed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
