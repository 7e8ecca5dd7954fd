/**
 * Writes test/fixtures/upgrade: small data folders as earlier released states of this project wrote them, with the certificates that
 * people were given. `node scripts/write-upgrade-fixtures.ts`, in a clone that has its history. A file that is there is part of the tests
 * for ever and is not written again: further releases get a file of their own.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { brotliCompressSync, constants } from 'node:zlib'
import { zipSync } from 'fflate'
import { readEndpoint } from '../server/chain/embedded/endpoint.ts'
import type { Region } from '../server/catalogue/region.ts'
import { freePort, isChainAlive } from './drills/gateway-process.ts'

/** The last commit before the schema went on; 1 to 10 between the first and the third were never a state that ran elsewhere. */
const RELEASES = [
  { schema: 1, commit: '99e0d33' },
  { schema: 11, commit: '48a8c18' },
  { schema: 14, commit: '9e9280e' },
]
const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'test/fixtures/upgrade/schemas-1-11-14.br')
const SMALLEST = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 }
const PATIENCE_MS = 120_000

if (!existsSync(OUT)) {
  const all: Record<string, Uint8Array> = {}
  for (const { schema, commit } of RELEASES) {
    for (const [name, bytes] of Object.entries(await folderOf(commit)))
      all[`schema-${schema}/${name}`] = bytes
  }
  mkdirSync(dirname(OUT), { recursive: true })
  // In one piece, so that what the folders have in common (the chain's contracts) is there once.
  writeFileSync(
    OUT,
    brotliCompressSync(zipSync(all, { level: 0, mtime: '2026-01-01' }), { params: SMALLEST }),
  )
}

async function folderOf(commit: string): Promise<Record<string, Uint8Array>> {
  const scratch = mkdtempSync(join(tmpdir(), 'release-'))
  const tree = join(scratch, 'tree')
  execFileSync('git', ['-C', ROOT, 'worktree', 'add', '--detach', tree, commit], { stdio: 'inherit' })
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
    // The contracts have not changed since.
    cpSync(join(ROOT, 'artifacts'), join(tree, 'artifacts'), { recursive: true })
    return await runRelease(tree, scratch)
  } finally {
    execFileSync('git', ['-C', ROOT, 'worktree', 'remove', '--force', tree])
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Lets the release issue, notarize and revoke, waits until all is final, stops it, and takes its folder. */
async function runRelease(tree: string, scratch: string): Promise<Record<string, Uint8Array>> {
  const dataDir = join(scratch, 'folder')
  const port = await freePort()
  const url = `http://localhost:${port}`
  const gateway = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'server/main.ts'], {
    cwd: tree,
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATA_DIR: dataDir,
      ONCEPROOF_CHAIN_PORT: '0',
      ONCEPROOF_DEMO: 'false',
      ONCEPROOF_SEAL_AFTER_MS: '50',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await until(async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200)
  const token = readFileSync(join(dataDir, 'operator.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const post = async <T>(way: string, body: unknown): Promise<T> => {
    const key = randomBytes(16).toString('hex')
    const response = await fetch(url + way, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': key },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${way}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }
  const bytes = async (way: string) =>
    new Uint8Array(await (await fetch(url + way, { headers })).arrayBuffer())

  const region = JSON.parse(readFileSync(join(tree, 'server/catalogue/demo-region.json'), 'utf8')) as Region
  for (const { code, uscc, domain, zh, en } of region.departments) {
    // A status list takes a quarter of a megabyte that nothing compresses: one is enough.
    const roles = code === 'GAJ' ? ['issuer'] : ['operator']
    if (['GAJ', 'ZSJ'].includes(code))
      await post('/v1/departments', { code, uscc, did: `did:web:${domain}`, zh, en, roles })
  }
  const definition = region.certificateTypes.find(({ code }) => code === 'RIC')!
  await post('/v1/types', { definition })
  const fields = Object.fromEntries(definition.fields.map(({ key, example }) => [key, example]))
  const certificates = []
  for (let i = 0; i < 3; i++) {
    certificates.push(await post<{ identifier: string }>('/v1/certificates', { type: 'RIC', fields }))
  }
  const record = await post<{ id: string }>('/v1/records', { sha256: 'ab'.repeat(32), size: 3 })
  const revoked = certificates[2]!.identifier
  await post(`/v1/certificates/${revoked}/status`, { action: 'revoke', reason: 'HOLDER_REQUEST' }).catch(() =>
    post(`/v1/certificates/${revoked}/status`, {
      action: 'revoke',
      reason: region.revocationReasons[0]!.code,
    }),
  )
  await until(async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    return (
      value('onceproof_statements_accepted') >= 5 &&
      value('onceproof_statements_accepted') === value('onceproof_statements_sealed') &&
      value('onceproof_checkpoints_open') === 0 &&
      value('onceproof_orders_open') === 0
    )
  })
  const content: Record<string, Uint8Array> = {
    'given/trust.json': await bytes('/v1/trust'),
    'given/told.json': Buffer.from(
      JSON.stringify({
        valid: certificates.slice(0, 2).map(({ identifier }) => identifier),
        revoked,
        record: record.id,
      }),
    ),
  }
  for (const [i, { identifier }] of certificates.entries()) {
    content[`given/certificate-${i}.json`] = await bytes(
      `/v1/certificates/${encodeURIComponent(identifier)}/file`,
    )
  }
  gateway.kill('SIGTERM')
  await once(gateway, 'close')
  const chain = readEndpoint(join(dataDir, 'chain'))
  if (chain !== null) {
    process.kill(chain.pid, 'SIGTERM')
    await until(async () => !isChainAlive(chain.pid, join(dataDir, 'chain')))
  }
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.lock$|-(?:wal|shm)$/.test(entry.name)) continue
    const file = join(entry.parentPath, entry.name)
    content[`folder/${file.slice(dataDir.length + 1)}`] = new Uint8Array(readFileSync(file))
  }
  return content
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`waited in vain for ${holds.toString()}`)
    await pause(100)
  }
}
