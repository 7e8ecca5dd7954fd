/** `backup`, `restore` and `rebuild` as an operator runs them, each in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { startGateway, type RunningGateway } from '../../scripts/drills/gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer } from '../../scripts/drills/hammer.ts'
import { untilFinal } from '../../scripts/drills/check-told.ts'
import { generateRows } from '../../scripts/generate/certificates.ts'
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { filesIn } from '../../server/recovery/backup.ts'
import { entriesOf } from '../../server/recovery/manifest.ts'
import { formsOf, searchFor } from '../../scripts/fsck/canaries.ts'

const LAUNCHER = join(import.meta.dirname, '../../scripts/onceproof.mjs')

describe('backup, restore and rebuild on the command line', function () {
  this.timeout(180_000)
  let gateway: RunningGateway
  let issued: { identifier: string }[]
  let row: Record<string, unknown>
  const at = (name: string) => join(gateway.scratch, name)

  async function run(
    args: string[],
  ): Promise<{ exit: number | null; data: Record<string, unknown>; text: string }> {
    const child = spawn(process.execPath, [LAUNCHER, ...args, '--json'], {
      cwd: gateway.scratch,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
        DATA_DIR: gateway.dataDir,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const [exit] = (await once(child, 'close')) as [number | null]
    return { exit, data: JSON.parse(stdout) as Record<string, unknown>, text: stdout + stderr }
  }
  async function done(args: string[]): Promise<Record<string, unknown>> {
    const { exit, data, text } = await run(args)
    expect(exit, text).to.equal(0)
    return data
  }
  async function refused(args: string[], code: string): Promise<Record<string, unknown>> {
    const { exit, data, text } = await run(args)
    expect([exit, data['code']], text).to.deep.equal([1, code])
    return data
  }
  /** A copy of the backup that may be spoiled. */
  const copyOf = (name: string, from = 'backup'): string => {
    cpSync(at(from), at(name), { recursive: true })
    return at(name)
  }
  const restoring = (from: string, ...more: string[]) => [
    'restore',
    '--from',
    from,
    '--keys',
    at('keys'),
    '--data',
    at('never'),
    '--without-mirror',
    ...more,
  ]
  const editManifest = (folder: string, edit: (manifest: Record<string, unknown>) => void) => {
    const path = join(folder, 'manifest.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    edit(manifest)
    writeFileSync(path, JSON.stringify(manifest))
  }

  before(async () => {
    gateway = await startGateway({ env: HAMMERED_ENV })
    await prepareForHammer(gateway)
    const rows = [...generateRows(typeIn(demoRegion(), 'RIC'), 3, 'canaries')] as Record<string, unknown>[]
    row = rows[0]!
    issued = []
    for (const fields of rows) {
      const answer = await gateway.post('/v1/certificates', { type: 'RIC', fields })
      issued.push((await answer.json()) as { identifier: string })
    }
    await untilFinal(gateway, 60_000)
    // The gateway runs.
    await done(['backup', '--out', at('backup'), '--keys-out', at('keys')])
  })
  after(() => gateway.stop({ andChain: true }))
  afterEach('a refusal writes nothing', () => {
    expect(readdirSync(gateway.scratch).filter(name => name.startsWith('never'))).to.deep.equal([])
  })

  it('backs up a running gateway, for its owner only, and keys apart', () => {
    expect(filesIn(at('backup'))).to.include.members([
      'manifest.json',
      'onceproof.db',
      'deployment.json',
      'chain/journal.db',
      'mirror/segment-000000000000.jsonl',
    ])
    expect(filesIn(at('keys'))).to.have.members(['keys.json', 'keystore.json', 'chain/genesis.json'])
    for (const folder of ['backup', 'keys']) {
      for (const name of filesIn(at(folder)))
        expect(statSync(join(at(folder), name)).mode & 0o077, name).to.equal(0)
    }
  })

  it('has no secret and no value of anybody in the clear, in any byte', () => {
    const secrets = ['operator.token', 'keystore.passphrase'].map(name =>
      readFileSync(join(gateway.dataDir, name), 'utf8').trim(),
    )
    const { relayerKey } = JSON.parse(readFileSync(join(gateway.dataDir, 'chain/genesis.json'), 'utf8')) as {
      relayerKey: string
    }
    const isLong = (value: string) => formsOf(value).every(([, bytes]) => bytes.length >= 12)
    // What the published type says itself (the name of an office) is nobody's value.
    const published = JSON.stringify(typeIn(demoRegion(), 'RIC'))
    const values = Object.values(row)
      .filter(value => typeof value === 'string')
      .filter(value => isLong(value) && !published.includes(value))
    expect(values.length).to.be.greaterThan(0)
    const search = searchFor([...values, ...secrets, relayerKey.slice(2)])
    expect(search(Buffer.from(`…${values[0]!}…`))).to.not.deep.equal([])
    for (const name of filesIn(at('backup')))
      expect(search(readFileSync(join(at('backup'), name))), name).to.deep.equal([])
    const keys = searchFor([...values, ...secrets])
    for (const name of filesIn(at('keys')))
      expect(keys(readFileSync(join(at('keys'), name))), name).to.deep.equal([])
  })

  it('does not write over a backup, and puts no keys into one', async () => {
    await refused(['backup', '--out', at('backup')], 'BACKUP_TARGET')
    const { exit, data } = await run(['backup', '--out', at('never-b'), '--keys-out', at('never-b/keys')])
    expect([exit, data['code']]).to.deep.equal([2, 'USAGE'])
  })

  it('refuses a backup that was cut short', async () => {
    const folder = copyOf('cut-short')
    rmSync(join(folder, 'manifest.json'))
    await refused(restoring(folder), 'BACKUP_INCOMPLETE')
  })

  it('refuses a truncated, an altered and a missing file, and names it', async () => {
    const folder = copyOf('truncated')
    const path = join(folder, 'onceproof.db')
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, -1))
    expect((await refused(restoring(folder), 'BACKUP_DAMAGED'))['field']).to.equal(path)
    bytes[9_000]! ^= 1
    writeFileSync(path, bytes)
    expect((await refused(restoring(folder), 'BACKUP_DAMAGED'))['field']).to.equal(path)
    rmSync(path)
    await refused(restoring(folder), 'BACKUP_DAMAGED')
  })

  it('refuses a backup of a later release', async () => {
    const folder = copyOf('newer')
    editManifest(folder, manifest => (manifest['format'] = 'onceproof-backup/2'))
    await refused(restoring(folder), 'BACKUP_NEWER')
    editManifest(folder, manifest => Object.assign(manifest, { format: 'onceproof-backup/1', schema: 999 }))
    await refused(restoring(folder), 'BACKUP_NEWER')
    editManifest(folder, manifest => Object.assign(manifest, { schema: 1, origin: 7 }))
    await refused(restoring(folder), 'BACKUP_FORMAT')
  })

  it('refuses what is mixed from two times, even where each file is whole', async () => {
    // Another backup, later: its database goes into the first, with its own digest.
    await gateway.post('/v1/records', { sha256: 'ab'.repeat(32) })
    await untilFinal(gateway, 60_000)
    await done(['backup', '--out', at('later')])
    const folder = copyOf('mixed')
    cpSync(join(at('later'), 'onceproof.db'), join(folder, 'onceproof.db'))
    const files = await entriesOf(
      folder,
      filesIn(folder).filter(name => name !== 'manifest.json'),
    )
    editManifest(folder, manifest => (manifest['files'] = files))
    await refused(restoring(folder), 'BACKUP_MIXED')
    // The other way round: a chain that is older than the database.
    const back = copyOf('mixed-chain', 'later')
    cpSync(join(at('backup'), 'chain/journal.db'), join(back, 'chain/journal.db'))
    const again = await entriesOf(
      back,
      filesIn(back).filter(name => name !== 'manifest.json'),
    )
    editManifest(back, manifest => (manifest['files'] = again))
    await refused(restoring(back), 'BACKUP_MIXED')
    // A chain that has the block of the database, and another one than that.
    const branch = copyOf('mixed-branch', 'later')
    const journal = new Database(join(branch, 'chain/journal.db'))
    journal.prepare('UPDATE block SET hash = zeroblob(32)').run()
    journal.close()
    const third = await entriesOf(
      branch,
      filesIn(branch).filter(name => name !== 'manifest.json'),
    )
    editManifest(branch, manifest => (manifest['files'] = third))
    await refused(restoring(branch), 'BACKUP_MIXED')
    // A file that nobody backed up.
    const more = copyOf('mixed-more')
    appendFileSync(join(more, 'mirror', 'segment-000000000099.jsonl'), '')
    await refused(restoring(more), 'BACKUP_MIXED')
  })

  it('refuses the keys of another log', async () => {
    const keys = copyOf('other-keys', 'keys')
    const path = join(keys, 'keys.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    writeFileSync(path, JSON.stringify({ ...manifest, origin: 'elsewhere.example/log' }))
    const args = [
      'restore',
      '--from',
      at('backup'),
      '--keys',
      keys,
      '--data',
      at('never'),
      '--without-mirror',
    ]
    await refused(args, 'BACKUP_KEYS')
  })

  it('overwrites nothing: neither a folder with something in it nor one that a gateway runs on', async () => {
    const args = ['restore', '--from', at('backup'), '--without-mirror', '--data']
    await refused([...args, gateway.dataDir], 'GATEWAY_RUNNING')
    mkdirSync(at('taken'))
    writeFileSync(join(at('taken'), 'something'), '')
    await refused([...args, at('taken')], 'RESTORE_TARGET')
    await refused(['rebuild', '--trust', gateway.trustPath, '--rpc', gateway.chainUrl], 'REBUILD_STORE')
  })

  it('wants to know where the mirror is, because erasures are in it', async () => {
    await refused(['restore', '--from', at('backup'), '--data', at('never')], 'RESTORE_MIRROR_NEEDED')
    const missing = ['restore', '--from', at('backup'), '--data', at('never'), '--mirror', at('nowhere')]
    await refused(missing, 'MIRROR_MISSING')
  })

  it('restores what was erased since without its values', async () => {
    const [{ identifier }] = issued as [{ identifier: string }]
    const erasure = await gateway.post(`/v1/certificates/${identifier}/erasure`, { reason: 'HOLDER_REQUEST' })
    expect(erasure.status).to.equal(200)
    const mirror = join(gateway.dataDir, 'mirror')
    const restored = ['restore', '--from', at('backup'), '--keys', at('keys'), '--data', at('restored')]
    expect(await done([...restored, '--mirror', mirror])).to.include({ erased: 1 })
    expect(existsSync(join(at('restored'), 'keystore.passphrase'))).to.equal(false)
  })

  it('does not rebuild from a mirror that ends before the chain, or from none', async () => {
    const cut = copyOf('old-mirror', 'backup/mirror')
    const args = ['rebuild', '--trust', gateway.trustPath, '--rpc', gateway.chainUrl, '--data', at('rebuilt')]
    const { expected } = await refused([...args, '--mirror', cut], 'REBUILD_INCOMPLETE')
    expect(expected).to.match(/^statements \d+ to \d+$/)
    expect(existsSync(join(at('rebuilt'), 'onceproof.db'))).to.equal(false)
    await refused([...args, '--mirror', at('nowhere')], 'MIRROR_MISSING')
    // The whole one is taken up from where the first try ended.
    await done([...args, '--mirror', join(gateway.dataDir, 'mirror')])
    expect(existsSync(join(at('rebuilt'), 'onceproof.db'))).to.equal(true)
  })
})
