import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { makePackage } from '../../scripts/package.ts'
import { freePort } from '../../scripts/drills/gateway-process.ts'
import { temporaryFolder, until } from '../support/opened-gateway.ts'

const ROOT = join(import.meta.dirname, '../..')

describe('the package that is shipped', () => {
  const folder = temporaryFolder()
  /** As npm would lay it out: below node_modules, its dependencies beside it. */
  const packed = join(folder, 'node_modules/onceproof')
  let files: string[]

  before(() => {
    makePackage(packed)
    files = globSync('**/*', { cwd: packed, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(packed.length + 1))
  })

  it('has no tests, no sources with types, no secrets and no data', () => {
    const wrong = files.filter(
      name =>
        /(?:^|\/)(?:test|node_modules|data)\/|\.ts$|\.(?:env|pem|key|db|token)$|passphrase$/.test(name) &&
        !name.startsWith('web/dist/'),
    )
    expect(wrong).to.deep.equal([])
  })

  it('has everything that the gateway and the command line import', () => {
    const own = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
      bin: Record<string, string>
    }
    const missing: string[] = []
    for (const name of files.filter(file => /^(?:protocol|server|scripts)\/.*\.js$/.test(file))) {
      const text = readFileSync(join(packed, name), 'utf8')
      const specifiers = [
        ...text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'/gm),
        ...text.matchAll(/^import '([^']+)'/gm),
        ...text.matchAll(/import\('([^']+)'\)/g),
        ...text.matchAll(/new URL\('([^']+)', import\.meta\.url\)/g),
      ].map(([, specifier]) => specifier!)
      for (const specifier of specifiers) {
        if (specifier.startsWith('node:') || builtinModules.includes(specifier) || specifier === '#crypto')
          continue
        const isPath =
          specifier.startsWith('.') || (/\.(?:json|css|js)$/.test(specifier) && !specifier.includes('/'))
        const there = isPath
          ? existsSync(join(packed, dirname(name), specifier))
          : Object.hasOwn(own.dependencies, packageOf(specifier))
        if (!there) missing.push(`${name}: ${specifier}`)
      }
    }
    expect(missing).to.deep.equal([])
    for (const path of Object.values(own.bin)) expect(files).to.include(path)
  })

  it('is what npm packs, executable where it has to be', () => {
    const listed = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], {
        cwd: packed,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as
      | Record<string, { files: { path: string; mode: number }[] }>
      | { files: { path: string; mode: number }[] }[]
    const [{ files: inTarball }] = Object.values(listed) as [{ files: { path: string; mode: number }[] }]
    expect(inTarball.map(({ path }) => path).sort()).to.deep.equal([...files].sort())
    expect(inTarball.find(({ path }) => path === 'scripts/onceproof.mjs')!.mode & 0o111).to.not.equal(0)
  })

  it('starts below node_modules, where Node strips no types, and stops when it is told to', async () => {
    // Dependencies as they are here; a real installation is made by npm run test:deep.
    for (const name of Object.keys(
      (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }).dependencies,
    )) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
    }
    const command = join(packed, 'scripts/onceproof.mjs')
    const version = spawnSync(process.execPath, [command, '--version'], { encoding: 'utf8' })
    expect([version.stdout.trim(), version.status]).to.deep.equal(['0.1.0', 0])

    const port = await freePort()
    const gateway = spawn(process.execPath, [command, 'gateway'], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        DATA_DIR: join(folder, 'kept'),
        ONCEPROOF_CHAIN_PORT: '0',
        ONCEPROOF_DEMO: 'false',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    gateway.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    await until(() => said.includes('ready at') || gateway.exitCode !== null)
    expect(said, said).to.include('ready at')
    expect((await fetch(`http://localhost:${port}/readyz`)).status).to.equal(200)
    expect((await fetch(`http://localhost:${port}/`)).status).to.equal(200)
    gateway.kill('SIGTERM')
    const [status] = (await once(gateway, 'close')) as [number]
    expect(status).to.equal(0)
    spawnSync(process.execPath, [command, 'chain', 'stop', '--data', join(folder, 'kept')])
  })
})

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
