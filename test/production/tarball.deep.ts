import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { makePackage } from '../../scripts/package.ts'
import { freePort } from '../../scripts/drills/gateway-process.ts'
import { temporaryFolder, until } from '../support/opened-gateway.ts'

describe('the tarball', () => {
  const folder = temporaryFolder()

  it('installs into an empty folder and starts there', async function () {
    this.timeout(900_000)
    makePackage(join(folder, 'package'))
    execFileSync('npm', ['pack', './package'], { cwd: folder, stdio: 'ignore' })
    const [tarball] = globSync('onceproof-*.tgz', { cwd: folder })
    const place = join(folder, 'place')
    mkdirSync(place)
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', join('..', tarball!)], {
      cwd: place,
      stdio: 'inherit',
    })
    const command = join(place, 'node_modules/.bin/onceproof')
    const node = { PATH: process.env['PATH'] }
    const version = spawnSync(process.execPath, [command, '--version'], { encoding: 'utf8', env: node })
    expect([version.stdout.trim(), version.stderr]).to.deep.equal(['0.1.0', ''])
    const port = await freePort()
    const env = { ...node, PORT: String(port), DATA_DIR: join(place, 'kept'), ONCEPROOF_CHAIN_PORT: '0' }
    const gateway = spawn(process.execPath, [command, 'gateway'], {
      cwd: place,
      env: { ...env, ONCEPROOF_DEMO: 'false' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await until(
      async () => (await fetch(`http://localhost:${port}/readyz`).catch(() => null))?.status === 200,
      120_000,
    )
    gateway.kill('SIGTERM')
    const [status] = (await once(gateway, 'close')) as [number]
    expect(status).to.equal(0)
    spawnSync(process.execPath, [command, 'chain', 'stop', '--data', join(place, 'kept')])
  })
})
