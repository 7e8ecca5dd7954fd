/** Departments, certificate types and settings in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type { DepartmentRow, Store, TypeRow } from '../store.ts'
import type { Context } from './context.ts'
import type { Appender } from './appending.ts'
import { bytes } from './context.ts'

interface DepartmentRecord {
  code: string
  uscc: string
  did: string
  zh: string
  en: string
  roles: string
  created_at: number
}

interface TypeRecord {
  code: string
  version: number
  type_code: string
  department: string
  definition: string
  digest: Buffer
  created_at: number
}

type CatalogueVerbs = Pick<
  Store,
  | 'saveDepartment'
  | 'departments'
  | 'saveType'
  | 'publicationOf'
  | 'types'
  | 'typeVersion'
  | 'typeVersions'
  | 'setting'
  | 'saveSetting'
>

export function catalogueVerbs(
  { db, write, now, onUndo }: Context,
  { nextSeq, append }: Pick<Appender, 'nextSeq' | 'append'>,
): CatalogueVerbs & { forgetCatalogue: () => void } {
  const saveDepartment = db.prepare<[string, string, string, string, string, string, number]>(
    `INSERT INTO departments VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET
       uscc = excluded.uscc, did = excluded.did, zh = excluded.zh, en = excluded.en, roles = excluded.roles`,
  )
  const departments = db.prepare<[], DepartmentRecord>('SELECT * FROM departments ORDER BY code')
  const insertType = db.prepare<[string, number, string, string, string, Uint8Array, number]>(
    'INSERT INTO types VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const typeVersion = db.prepare<[string, number], TypeRecord>(
    'SELECT * FROM types WHERE code = ? AND version = ?',
  )
  const newestTypes = db.prepare<[], TypeRecord>(
    `SELECT * FROM types t WHERE version = (SELECT max(version) FROM types WHERE code = t.code) ORDER BY code`,
  )
  const typeVersions = db.prepare<[string], TypeRecord>(
    'SELECT * FROM types WHERE code = ? ORDER BY version DESC',
  )
  const publication = db
    .prepare<[string, number], number>('SELECT seq FROM type_publications WHERE code = ? AND version = ?')
    .pluck()
  const insertPublication = db.prepare<[string, number, number]>(
    'INSERT INTO type_publications VALUES (?, ?, ?)',
  )
  const setting = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const saveSetting = db.prepare<[string, string]>(
    'INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )

  // Both are small, asked for by every request and changed only through this connection.
  let knownDepartments: DepartmentRow[] | null = null
  let knownTypes: TypeRow[] | null = null
  const forget = () => {
    knownDepartments = null
    knownTypes = null
  }
  onUndo(forget)

  function addType(type: TypeRow): void {
    forget()
    const record = typeVersion.get(type.code, type.version)
    if (record === undefined) {
      const { code, version, typeCode, department, definition, digest, createdAt } = type
      insertType.run(code, version, typeCode, department, definition, digest, createdAt)
      return
    }
    const same =
      record.definition === type.definition &&
      record.type_code === type.typeCode &&
      record.department === type.department &&
      Buffer.compare(record.digest, type.digest) === 0
    if (!same) {
      throw new Refusal(
        'TYPE_VERSION_EXISTS',
        `version ${type.version} of type ${type.code} has other content`,
        {
          field: 'version',
          expected: `a version above ${type.version}`,
          found: String(type.version),
        },
      )
    }
  }

  return {
    forgetCatalogue: forget,
    saveDepartment: ({ code, uscc, did, zh, en, roles, createdAt }) =>
      write(() => {
        forget()
        saveDepartment.run(code, uscc, did, zh, en, JSON.stringify(roles), createdAt)
      }),
    async departments() {
      return (knownDepartments ??= departments.all().map(toDepartment))
    },
    saveType: (type, statement) =>
      write(() => {
        addType(type)
        if (publication.get(type.code, type.version) !== undefined) return
        const seq = nextSeq()
        append(seq, statement, now())
        insertPublication.run(type.code, type.version, seq)
      }),
    async publicationOf(code, version) {
      return publication.get(code, version) ?? null
    },
    async typeVersions(code) {
      return typeVersions.all(code).map(toType)
    },
    async types() {
      return (knownTypes ??= newestTypes.all().map(toType))
    },
    async typeVersion(code, version) {
      const record = typeVersion.get(code, version)
      return record === undefined ? null : toType(record)
    },
    async setting(name) {
      return setting.get(name) ?? null
    },
    saveSetting: (name, value) => write(() => void saveSetting.run(name, value)),
  }
}

function toDepartment({ roles, created_at: createdAt, ...rest }: DepartmentRecord): DepartmentRow {
  return { ...rest, roles: JSON.parse(roles) as string[], createdAt }
}

function toType({ type_code: typeCode, created_at: createdAt, digest, ...rest }: TypeRecord): TypeRow {
  return { ...rest, typeCode, digest: bytes(digest), createdAt }
}
