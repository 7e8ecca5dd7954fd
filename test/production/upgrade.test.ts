import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { unzipSync } from 'fflate'
import { parseJson } from '../../protocol/json.ts'
import type { Refusal } from '../../protocol/refusal.ts'
import { parseTrust, type Trust } from '../../protocol/trust.ts'
import { verify } from '../../protocol/verify.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { liveView } from '../../server/chain/view.ts'
import { assertOurs, migrations } from '../../server/store/migrations.ts'
import { openSqliteStore } from '../../server/store/sqlite.ts'
import { freePort } from '../../scripts/drills/gateway-process.ts'
import {
  fileOf,
  issue,
  openGateway,
  temporaryFolder,
  untilAllFinal,
  type OpenedGateway,
} from '../support/opened-gateway.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/upgrade/schemas-1-11-14.br')
/** Of the releases of this project: the last states before the schema went on. */
const SCHEMAS = [1, 11, 14]
const files = unzipSync(brotliDecompressSync(readFileSync(FIXTURES)))
const NEWEST = migrations.at(-1)!.version

describe('upgrading a data folder that an earlier release wrote', () => {
  for (const schema of SCHEMAS) {
    describe(`of schema ${schema}`, () => {
      const folder = temporaryFolder()
      const dataDir = join(folder, 'folder')
      let gateway: OpenedGateway
      let trust: Trust
      const given = (name: string) => readFileSync(join(folder, 'given', name))

      before(async () => {
        unpack(schema, folder)
        trust = parseTrust(given('trust.json'))
        const after = { dataDir, url: `http://localhost:${await freePort()}` }
        gateway = await openGateway({ after, host: 'localhost' })
        await untilAllFinal(gateway)
      })
      after(() => gateway.close())

      const verdictOf = async (file: Uint8Array) => {
        const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
        return (await verify(file, trust, view, Math.floor(Date.now() / 1000))).verdict
      }

      it('was copied before, and is of the present schema now', () => {
        const [copy, ...more] = readdirSync(join(dataDir, 'backups'))
        expect(more).to.deep.equal([])
        expect(copy).to.match(new RegExp(`^before-schema-${NEWEST}-\\d{4}-.*\\.db$`))
        const path = join(dataDir, 'backups', copy!)
        expect(statSync(path).mode & 0o777).to.equal(0o600)
        expect(schemaIn(path)).to.equal(schema)
        expect(schemaIn(join(dataDir, 'onceproof.db'))).to.equal(NEWEST)
        const count = (from: string) => {
          const db = new Database(from, { readonly: true })
          const found = db.prepare('SELECT count(*), max(seq) FROM statements').raw().get()
          db.close()
          return found
        }
        expect(count(path)).to.deep.equal(count(join(dataDir, 'onceproof.db')))
      })

      it('has every certificate that was given, as valid or revoked as it was', async () => {
        const { valid } = parseJson(given('told.json')) as { valid: string[] }
        expect(valid).to.have.length(2)
        expect(await verdictOf(given('certificate-0.json'))).to.equal('VALID')
        expect(await verdictOf(given('certificate-1.json'))).to.equal('VALID')
        expect(await verdictOf(given('certificate-2.json'))).to.equal('REVOKED')
        expect(await gateway.world.store.checkIntegrity()).to.deep.equal([])
      })

      it('issues on, under the same trust', async () => {
        const { identifier } = await issue(gateway, 'RIC')
        await untilAllFinal(gateway)
        expect(await verdictOf(await fileOf(gateway, identifier))).to.equal('VALID')
      })
    })
  }

  it('copies nothing when the schema is the present one', async () => {
    const folder = temporaryFolder()
    for (let i = 0; i < 2; i++)
      await (await openSqliteStore(join(folder, 'onceproof.db'), { clock: Date.now })).close()
    expect(readdirSync(folder)).to.not.include('backups')
  })

  it('refuses one that a later release wrote, and leaves it as it was', async () => {
    const path = join(temporaryFolder(), 'onceproof.db')
    await (await openSqliteStore(path, { clock: Date.now })).close()
    const db = new Database(path)
    db.pragma(`user_version = ${NEWEST + 1}`)
    db.close()
    const before = readFileSync(path)
    expect((await refusalOf(path)).code).to.equal('STORE_NEWER')
    expect(readFileSync(path).equals(before)).to.equal(true)
    expect(readdirSync(dirname(path))).to.not.include('backups')
  })

  it('goes no further when it cannot be copied', async () => {
    const folder = temporaryFolder()
    unpack(1, folder)
    const path = join(folder, 'folder/onceproof.db')
    writeFileSync(join(folder, 'folder/backups'), 'no folder')
    expect((await refusalOf(path)).code).to.equal('UPGRADE_BACKUP_FAILED')
    expect(schemaIn(path)).to.equal(1)
  })
})

const refusalOf = (path: string): Promise<Refusal> =>
  openSqliteStore(path, { clock: Date.now }).then(
    () => expect.fail('opened'),
    (error: unknown) => error as Refusal,
  )

function schemaIn(path: string): number {
  const db = new Database(path, { readonly: true })
  assertOurs(db)
  const version = Number(db.pragma('user_version', { simple: true }))
  db.close()
  return version
}

function unpack(schema: number, folder: string): void {
  const prefix = `schema-${schema}/`
  for (const [name, bytes] of Object.entries(files)) {
    if (!name.startsWith(prefix)) continue
    const path = join(folder, name.slice(prefix.length))
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, bytes, { mode: 0o600 })
  }
}
