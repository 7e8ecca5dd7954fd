/**
 * Flipped bits: one bit at a time flips in a value of a row, or in a byte of a file, on a copy of a data folder with real content; the
 * auditor is run; the bit flips back. Whatever is not found, or not named, has to stand in the list below with its reason.
 */
import Database from 'better-sqlite3'
import { cpSync, existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../../protocol/refusal.ts'
import { parseTrust, type Trust } from '../../protocol/trust.ts'
import type { Rpc } from '../../server/chain/rpc.ts'
import { loadDemo } from '../../server/demo.ts'
import { openKeystore, type Keystore } from '../../server/keys/keystore.ts'
import { fsck, type FsckReport } from '../fsck/fsck.ts'
import { findings as newFindings, type Violation } from '../fsck/finding.ts'
import { remembering } from '../fsck/chain.ts'
import { checkJournal } from '../fsck/journal.ts'
import { tablesOf } from '../fsck/private.ts'
import type { Chance } from '../generate/random.ts'
import { untilFinal } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'

const FINAL_PATIENCE_MS = 600_000
const FLIPS = { short: 40, long: 2_000 } as const
/** Every so many flips, one is of a byte of a file and not of a value of a row. */
const FILE_EVERY = 8

/** What may flip without being noticed, and why nothing is lost by it. */
export const UNNOTICED: Readonly<Record<string, string>> = {
  'statements.accepted_at':
    'within an hour of the signed time, of a statement that no request is on file for: until it is anchored, the time of acceptance is the gateway’s word, and the client has it in a signed promise',
  'certificates.short_code':
    'random, and in no statement: a wrong one finds nothing, or is refused by the check of the key on paper',
  'file chain/genesis.json': 'white space of the JSON text; every member is compared with the journal',
  'file deployment.json': 'white space of the JSON text; every member is compared with the chain',
  'file onceproof.db': 'bytes between the rows of a page, which no row stands in',
  'file chain/journal.db': 'bytes between the rows of a page, which no row stands in',
}

/** Files whose flips are tried; the token and the passphrase are secrets that nothing can be compared with but their use. */
const FILES = [
  'onceproof.db',
  'chain/journal.db',
  'keystore.json',
  'deployment.json',
  'chain/genesis.json',
] as const

export const flippedBits: Drill = {
  name: 'flipped-bits',
  title: { zh: '翻转的比特：逐一翻转，由审计指名', en: 'Flipped bits, one at a time, named by the auditor' },
  event: 'audit',
  promise:
    'A flipped bit in any row, tile, ciphertext, stored transaction, checkpoint, note, signature, leaf, setting or block of the chain’s journal is found and named.',
  missing: () => null,
  run: async context => {
    const stage = await prepare(context)
    return flipAll(context, stage)
  },
}

interface Stage {
  dataDir: string
  trust: Trust
  node: Rpc
  keystore: Keystore
}

/** A data folder with the demonstration region in it, at rest, and its chain replayed in this process. */
async function prepare({ folder, say }: DrillContext): Promise<Stage> {
  say('loading a region to flip bits in')
  const gateway = await startGateway()
  // Not as part of the start: on a busy machine it takes longer than a start may.
  await loadDemo({ url: gateway.url, token: gateway.token, lives: true })
  await addMore(gateway)
  await untilFinal(gateway, FINAL_PATIENCE_MS)
  const trust = parseTrust(readFileSync(gateway.trustPath))
  await gateway.stop({ andChain: true })
  const dataDir = join(folder, 'data')
  cpSync(gateway.dataDir, dataDir, { recursive: true })
  const node = await checkJournal(join(dataDir, 'chain'), null, newFindings())
  if (node === null) throw new Error('the journal of an untouched folder cannot be replayed')
  const passphrase = readFileSync(join(dataDir, 'keystore.passphrase'), 'utf8').trim()
  const keystore = await openKeystore({ path: realpathSync(join(dataDir, 'keystore.json')), passphrase })
  return { dataDir, trust, node: remembering(node), keystore }
}

/** What the demonstration region has none of. */
async function addMore(gateway: RunningGateway): Promise<void> {
  for (const digit of ['1', '2', '3'])
    await done(gateway.post('/v1/records', { sha256: digit.repeat(64), size: 3, mediaType: 'text/plain' }))
  const { certificates } = (await done(gateway.get('/v1/certificates?limit=5'))) as {
    certificates: { identifier: string }[]
  }
  const [first, second] = certificates
  await done(gateway.post(`/v1/certificates/${first!.identifier}/erasure`, { reason: 'HOLDER_REQUEST' }))
  await done(gateway.post('/v1/withholdings', { identifier: second!.identifier, reason: 'LAW_ENFORCEMENT' }))
}

async function done(asked: Promise<Response>): Promise<unknown> {
  const response = await asked
  const text = await response.text()
  if (response.ok) return JSON.parse(text)
  throw new Error(`${response.url} answered ${response.status}: ${text}`)
}

interface Flip {
  /** `table.column`, or `file <path>`. */
  place: string
  /** For people. */
  name: string
  /** Does the report name the place? */
  isNamed: (violations: readonly Violation[]) => boolean
  undo: () => void
}

async function flipAll({ form, chance, isTimeUp, say }: DrillContext, stage: Stage): Promise<DrillResult> {
  const violations: string[] = []
  const figures = { flips: 0, found: 0, named: 0, allowed: 0, ofRows: 0, ofFiles: 0, places: 0 }
  const places = new Set<string>()
  const first = await audit(stage)
  for (const violation of first.violations)
    violations.push(`before anything flipped: ${JSON.stringify(violation)}`)
  if (violations.length > 0) return { figures, violations, rpo: null, rtoMs: null }

  const draw = chance(1)
  let row = draw.integer(0, 1_000)
  for (let n = 0; n < FLIPS[form] && !isTimeUp(); n++) {
    const ofFile = n % FILE_EVERY === FILE_EVERY - 1
    const flip = ofFile ? flipInFile(stage, draw) : flipInRow(stage, draw, row++)
    figures.flips++
    figures[ofFile ? 'ofFiles' : 'ofRows']++
    places.add(flip.place)
    const { found, named } = await look(stage, flip)
    if (found) figures.found++
    if (named) figures.named++
    const reason = UNNOTICED[flip.place]
    if (!found && reason !== undefined) figures.allowed++
    else if (!found) violations.push(`not noticed: ${flip.name}`)
    else if (!named) violations.push(`found, and not named: ${flip.name}`)
    flip.undo()
    if ((n + 1) % 100 === 0) say(`${n + 1} of ${FLIPS[form]}: ${figures.found} found`)
  }
  const last = await audit(stage)
  for (const violation of last.violations)
    violations.push(`after the last bit flipped back: ${JSON.stringify(violation)}`)
  return { figures: { ...figures, places: places.size }, violations, rpo: null, rtoMs: null }
}

/** A refusal is found, too: the auditor could not even begin, and says why. */
async function look(stage: Stage, flip: Flip): Promise<{ found: boolean; named: boolean }> {
  try {
    const { violations } = await audit(stage)
    return { found: violations.length > 0, named: flip.isNamed(violations) }
  } catch (error) {
    if (!(error instanceof Refusal))
      throw new Error(`the auditor broke off at ${flip.name}`, { cause: error })
    return { found: true, named: flip.place.startsWith('file ') && error.details.found !== undefined }
  }
}

const audit = ({ dataDir, trust, node, keystore }: Stage): Promise<FsckReport> =>
  fsck({
    dataDir,
    trust,
    rpc: node,
    snapshot: null,
    passphrase: null,
    keystore,
    confirmations: trust.chain.confirmations,
    clientLog: null,
    canaries: null,
  })

// ---- rows

interface Cell {
  table: string
  column: string
  type: string
}

const STEP = 101

/** A bit of a value of a row: of each column in turn, so that none is left out; row and bit by chance. */
function flipInRow({ dataDir }: Stage, draw: Chance, turn: number): Flip {
  const db = openToFlip(dataDir)
  try {
    const cells = cellsOf(db)
    for (let tries = 0; ; tries++) {
      if (tries > 1_000) throw new Error('no bit can be flipped')
      // A step that has no factor in common with their number comes by every column before the first comes again.
      const cell = cells[(turn * STEP + tries) % cells.length]!
      const flip = flipCell(db, dataDir, cell, draw)
      if (flip !== null) return flip
    }
  } finally {
    db.close()
  }
}

function openToFlip(dataDir: string): Database.Database {
  const db = new Database(join(dataDir, 'onceproof.db'))
  db.pragma('synchronous = OFF')
  db.pragma('foreign_keys = OFF')
  db.pragma('ignore_check_constraints = ON')
  return db
}

function cellsOf(db: Database.Database): Cell[] {
  return tablesOf(db).flatMap(({ table, columns }) =>
    db.prepare(`SELECT 1 FROM "${table}"`).get() === undefined
      ? []
      : columns.map(({ name, type }) => ({ table, column: name, type })),
  )
}

/** Null when the row has no such value, or the flipped one may not stand there (a unique index forbids it). */
function flipCell(
  db: Database.Database,
  dataDir: string,
  { table, column, type }: Cell,
  draw: Chance,
): Flip | null {
  const count = db.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get()!
  const primary = tablesOf(db)
    .find(one => one.table === table)!
    .columns.filter(({ pk }) => pk > 0)
    .map(({ name }) => name)
  const keys = primary.length === 0 ? ['rowid'] : primary
  const names = keys.map(key => `"${key}"`).join(', ')
  const row = db
    .prepare<[number], Record<string, unknown>>(
      `SELECT ${names}, "${column}" AS flipped FROM "${table}" LIMIT 1 OFFSET ?`,
    )
    .get(draw.integer(0, count - 1))!
  const before = row['flipped']
  const after = flipped(before, draw)
  if (after === null) return null
  const value = type === 'TEXT' ? 'CAST(? AS TEXT)' : '?'
  const keyBefore = keys.map(key => row[key])
  const keyAfter = keys.map(key => (key === column ? after : row[key]))
  const set = (to: unknown, of: unknown[]) => {
    // A flipped key that is text may be no UTF-8, so it is bound as the bytes that it is.
    const bound = of.map(one => (typeof one === 'string' ? Buffer.from(one) : one))
    const conditions = of.map((one, i) =>
      typeof one === 'string' || isText(keys[i]!) ? `CAST("${keys[i]}" AS BLOB) = ?` : `"${keys[i]}" = ?`,
    )
    return (writer: Database.Database) =>
      writer
        .prepare(`UPDATE "${table}" SET "${column}" = ${value} WHERE ${conditions.join(' AND ')}`)
        .run(typeof to === 'string' ? Buffer.from(to) : to, ...bound).changes
  }
  const isText = (key: string): boolean =>
    (db
      .prepare<[string, string], string>('SELECT type FROM pragma_table_info(?) WHERE name = ?')
      .pluck()
      .get(table, key) ?? '') === 'TEXT'
  try {
    if (set(after, keyBefore)(db) !== 1) return null
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT')) return null
    throw error
  }
  const undo = set(before, keyAfter)
  const texts = new Set([...keyBefore, ...keyAfter].map(keyText))
  return {
    place: `${table}.${column}`,
    name: `${table}.${column} of ${keyBefore.map(keyText).join(' ')}: ${keyText(before).slice(0, 60)} became ${keyText(after).slice(0, 60)}`,
    isNamed: violations => violations.some(violation => isNameOf(violation, table, texts)),
    undo: () => {
      const writer = openToFlip(dataDir)
      try {
        if (undo(writer) !== 1) throw new Error(`${table}.${column} did not flip back`)
      } finally {
        writer.close()
      }
    },
  }
}

/** Numbers by bits of their least width, texts and blobs by bits of their bytes. Null = nothing there that could flip. */
function flipped(value: unknown, draw: Chance): number | Buffer | null {
  if (typeof value === 'number') {
    const width = Math.max(8, Math.ceil(Math.log2(Math.abs(value) + 1) / 8) * 8)
    const bit = draw.integer(0, Math.min(width, 52) - 1)
    const changed = (Math.floor(value / 2 ** bit) % 2 === 0 ? 1 : -1) * 2 ** bit + value
    return Number.isSafeInteger(changed) ? changed : null
  }
  const bytes =
    typeof value === 'string' ? Buffer.from(value) : Buffer.isBuffer(value) ? Buffer.from(value) : null
  if (bytes === null || bytes.length === 0) return null
  const at = draw.integer(0, bytes.length - 1)
  bytes[at] = bytes[at]! ^ (1 << draw.integer(0, 7))
  return bytes
}

const keyText = (value: unknown): string =>
  Buffer.isBuffer(value) ? value.toString('hex').toUpperCase() : String(value)

/** Whether a violation names this row: by its key, its place in the log, or what it is called. */
function isNameOf({ at }: Violation, table: string, keys: ReadonlySet<string>): boolean {
  const said = new Set(
    Object.values(at).flatMap(value => [String(value).toUpperCase(), ...String(value).split(/[[\]",\s/]+/)]),
  )
  if (at['table'] === table && [...keys].some(key => said.has(key) || String(at['row']).includes(key)))
    return true
  const places = [at['seq'], at['index'] === undefined ? undefined : Number(at['index']) + 1].map(String)
  if ([...keys].some(key => places.includes(key))) return true
  return BY_OTHER_NAMES[table]?.some(name => at[name] !== undefined) ?? false
}

/** Tables whose rows are named by what they hold. */
const BY_OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  tiles: ['tile'],
  status_order: ['list'],
  checkpoints: ['size'],
  row_sums: ['row'],
}

// ---- files

/** A bit of a byte of a file. */
function flipInFile({ dataDir }: Stage, draw: Chance): Flip {
  const file = draw.pick(FILES)
  const path = join(dataDir, file)
  // What a closed database keeps beside itself belongs to it.
  if (file.endsWith('.db')) {
    const db = new Database(path)
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.close()
    if (existsSync(`${path}-wal`) && readFileSync(`${path}-wal`).length > 0)
      throw new Error(`${file} is in use`)
  }
  const before = readFileSync(path)
  const after = Buffer.from(before)
  const at = draw.integer(0, before.length - 1)
  const bit = draw.integer(0, 7)
  after[at] = after[at]! ^ (1 << bit)
  writeFileSync(path, after)
  return {
    place: `file ${file}`,
    name: `bit ${bit} of byte ${at} of ${file}`,
    // A damaged page is named by what cannot be read any more.
    isNamed: violations => violations.length > 0,
    undo: () => writeFileSync(path, before),
  }
}
