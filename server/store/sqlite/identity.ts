/** Accounts, assignments and sessions in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type {
  AccountRow,
  AssignmentRow,
  IdentityStore,
  SessionRole,
  SessionRow,
  StaffRole,
} from '../identity.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

interface AccountRecord {
  id: string
  lookup: Buffer
  created_at: number
}

interface AssignmentRecord {
  id: string
  account: string
  role: StaffRole
  department: string | null
  from_at: number
  until_at: number | null
  assigned_by: string
  created_at: number
  ended_at: number | null
  ended_by: string | null
}

interface SessionRecord {
  digest: Buffer
  account: string
  role: SessionRole
  department: string | null
  holder: string | null
  person: string | null
  authenticated_at: number
  created_at: number
  used_at: number
  expires_at: number
  sealed: Buffer
}

type Nullable = string | number | null

export function identityVerbs({ db, write, now }: Context): IdentityStore {
  const insertAccount = db.prepare<[string, Uint8Array, number]>(
    'INSERT INTO accounts VALUES (?, ?, ?) ON CONFLICT (lookup) DO NOTHING',
  )
  const accountByLookup = db.prepare<[Uint8Array], AccountRecord>('SELECT * FROM accounts WHERE lookup = ?')
  const accountById = db.prepare<[string], AccountRecord>('SELECT * FROM accounts WHERE id = ?')
  const insertAssignment = db.prepare<Nullable[]>(
    'INSERT INTO assignments VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)',
  )
  const assignmentById = db.prepare<[string], AssignmentRecord>('SELECT * FROM assignments WHERE id = ?')
  const openAssignment = db.prepare<[string, string, string], AssignmentRecord>(
    `SELECT * FROM assignments
       WHERE account = ? AND role = ? AND ifnull(department, '') = ? AND ended_at IS NULL`,
  )
  const endPast = db.prepare<[string, string, number]>(
    `UPDATE assignments SET ended_at = until_at, ended_by = ? WHERE account = ? AND ended_at IS NULL AND until_at <= ?`,
  )
  const assignmentsOf = db.prepare<[string, number, number], AssignmentRecord>(
    `SELECT * FROM assignments WHERE account = ? AND ended_at IS NULL AND from_at <= ?
       AND (until_at IS NULL OR until_at > ?) ORDER BY id`,
  )
  const list = db.prepare<[Record<string, Nullable>], AssignmentRecord>(
    `SELECT * FROM assignments WHERE (@account IS NULL OR account = @account)
       AND (@department IS NULL OR department = @department) AND id < @before ORDER BY id DESC LIMIT @limit`,
  )
  const endAssignment = db.prepare<[number, string, string]>(
    'UPDATE assignments SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL',
  )
  const insertSession = db.prepare<(Nullable | Uint8Array)[]>(
    'INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const session = db.prepare<[Uint8Array], SessionRecord>('SELECT * FROM sessions WHERE digest = ?')
  const deleteSession = db.prepare<[Uint8Array]>('DELETE FROM sessions WHERE digest = ?')
  const deleteIdle = db.prepare<[number]>('DELETE FROM sessions WHERE used_at < ?')
  const touch = db.prepare<[number, Uint8Array]>('UPDATE sessions SET used_at = ? WHERE digest = ?')
  const takeRole = db.prepare<[string, string | null, string | null, Uint8Array]>(
    'UPDATE sessions SET role = ?, department = ?, holder = ? WHERE digest = ?',
  )

  function assignOne(row: AssignmentRow): AssignmentRow {
    const { id, account, role, department, from, until, by, createdAt } = row
    if (accountById.get(account) === undefined) {
      throw new Refusal('ACCOUNT_NOT_FOUND', 'there is no such account', { field: 'account' })
    }
    endPast.run(by, account, now())
    const open = openAssignment.get(account, role, department ?? '')
    if (open === undefined) {
      insertAssignment.run(id, account, role, department, from, until, by, createdAt)
      return toAssignment(assignmentById.get(id)!)
    }
    if (open.until_at !== until || (open.from_at !== from && open.from_at > now())) {
      throw new Refusal('ASSIGNMENT_EXISTS', 'the account has this role already, with other dates', {
        field: 'until',
        expected: 'the assignment before ended first',
        found: open.id,
      })
    }
    return toAssignment(open)
  }

  return {
    ensureAccounts: accounts =>
      write(() =>
        accounts.map(({ id, lookup, createdAt }) => {
          insertAccount.run(id, lookup, createdAt)
          return toAccount(accountByLookup.get(lookup)!)
        }),
      ),
    async accountById(id) {
      const record = accountById.get(id)
      return record === undefined ? null : toAccount(record)
    },
    assign: rows => write(() => rows.map(assignOne)),
    async assignmentById(id) {
      const record = assignmentById.get(id)
      return record === undefined ? null : toAssignment(record)
    },
    async assignments({ account = null, department = null }, { before, limit }) {
      // `~` sorts behind every ULID.
      return list.all({ account, department, before: before ?? '~', limit }).map(toAssignment)
    },
    async assignmentsOf(account, at) {
      return assignmentsOf.all(account, at, at).map(toAssignment)
    },
    endAssignment: (id, at, by) =>
      write(() => {
        endAssignment.run(at, by, id)
        const record = assignmentById.get(id)
        if (record === undefined)
          throw new Refusal('ASSIGNMENT_NOT_FOUND', 'there is no such assignment', { field: 'path.id' })
        return toAssignment(record)
      }),
    beginSession: (row, replaces, idleSince) =>
      write(() => {
        deleteIdle.run(idleSince)
        if (replaces !== null) deleteSession.run(replaces)
        const { digest, account, role, department, holder, person } = row
        const { authenticatedAt, createdAt, usedAt, expiresAt, sealed } = row
        insertSession.run(
          digest,
          account,
          role,
          department,
          holder,
          person,
          authenticatedAt,
          createdAt,
          usedAt,
          expiresAt,
          sealed,
        )
      }),
    async sessionByDigest(digest) {
      const record = session.get(digest)
      return record === undefined ? null : toSession(record)
    },
    touchSession: (digest, usedAt) => write(() => void touch.run(usedAt, digest)),
    takeRole: (digest, { role, department, holder }) =>
      write(() => {
        takeRole.run(role, department, holder, digest)
        const record = session.get(digest)
        if (record === undefined) throw new Refusal('SESSION_ENDED', 'the session has ended')
        return toSession(record)
      }),
    endSession: digest => write(() => void deleteSession.run(digest)),
  }
}

function toAccount({ id, lookup, created_at: createdAt }: AccountRecord): AccountRow {
  return { id, lookup: bytes(lookup), createdAt }
}

function toAssignment(record: AssignmentRecord): AssignmentRow {
  const { id, account, role, department } = record
  return {
    id,
    account,
    role,
    department,
    from: record.from_at,
    until: record.until_at,
    by: record.assigned_by,
    createdAt: record.created_at,
    endedAt: record.ended_at,
    endedBy: record.ended_by,
  }
}

function toSession(record: SessionRecord): SessionRow {
  const { account, role, department, holder, person } = record
  return {
    digest: bytes(record.digest),
    account,
    role,
    department,
    holder,
    person,
    authenticatedAt: record.authenticated_at,
    createdAt: record.created_at,
    usedAt: record.used_at,
    expiresAt: record.expires_at,
    sealed: bytes(record.sealed),
  }
}
