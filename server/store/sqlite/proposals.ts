/** Proposals of a change of one certificate's status, in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type { BatchStore, ProposalRow, ProposalState } from '../batches.ts'
import type { Once, StatusAction } from '../store.ts'
import { appender } from './appending.ts'
import { sealedOf } from './batches.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

interface ProposalRecord {
  id: string
  identifier: string
  department: string
  action: StatusAction
  reason: string
  effective: string | null
  state: ProposalState
  maker: string
  checker: string | null
  digest: Buffer
  content_salt: Buffer | null
  content: Buffer | null
  remark_salt: Buffer | null
  remark: Buffer | null
  problem: string | null
  created_at: number
  decided_at: number | null
  change_seq: number | null
  successor_seq: number | null
}

type ProposalVerbs = Pick<
  BatchStore,
  | 'createProposal'
  | 'proposalById'
  | 'listProposals'
  | 'approveProposal'
  | 'rejectProposal'
  | 'withdrawProposal'
  | 'proposalsToCarryOut'
  | 'noteProposalProblem'
  | 'markProposalDone'
>

export function proposalVerbs(context: Context): ProposalVerbs {
  const { db, write, now } = context
  const { earlierAnswer, newAnswer } = appender(context)
  const insert = db.prepare<
    [
      string,
      string,
      string,
      string,
      string,
      string | null,
      string,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      number,
    ]
  >(
    `INSERT INTO proposals (id, identifier, department, action, reason, effective, state, maker, digest, content_salt, content,
       created_at) VALUES (?, ?, ?, ?, ?, ?, 'proposed', ?, ?, ?, ?, ?)`,
  )
  const open = db.prepare<[string], { id: string }>(
    "SELECT id FROM proposals WHERE identifier = ? AND state IN ('proposed', 'approved')",
  )
  const byId = db.prepare<[string], ProposalRecord>('SELECT * FROM proposals WHERE id = ?')
  const list = db.prepare<
    {
      department: string | null
      state: string | null
      identifier: string | null
      before: string
      limit: number
    },
    ProposalRecord
  >(
    `SELECT * FROM proposals WHERE id < @before AND (@department IS NULL OR department = @department)
     AND (@state IS NULL OR state = @state) AND (@identifier IS NULL OR identifier = @identifier)
     ORDER BY id DESC LIMIT @limit`,
  )
  const decide = db.prepare<[string, string | null, number, Uint8Array | null, Uint8Array | null, string]>(
    'UPDATE proposals SET state = ?, checker = ?, decided_at = ?, remark_salt = ?, remark = ? WHERE id = ?',
  )
  const erase = db.prepare<[string]>('UPDATE proposals SET content_salt = NULL, content = NULL WHERE id = ?')
  const toCarryOut = db.prepare<[], ProposalRecord>(
    "SELECT * FROM proposals WHERE state = 'approved' ORDER BY id",
  )
  const noteProblem = db.prepare<[string, string, string]>(
    "UPDATE proposals SET problem = ?, state = ? WHERE id = ? AND state = 'approved'",
  )
  const markDone = db.prepare<[number, number | null, string]>(
    "UPDATE proposals SET state = 'done', change_seq = ?, successor_seq = ?, problem = NULL WHERE id = ?",
  )

  function recordOf(id: string, ...states: ProposalState[]): ProposalRecord {
    const record = byId.get(id)
    if (record === undefined) {
      throw new Refusal('PROPOSAL_NOT_FOUND', 'there is no such proposal', { field: 'id', found: id })
    }
    if (!states.includes(record.state)) throw wrongState(states, record.state)
    return record
  }

  function assertNotOwn(record: ProposalRecord, by: string): void {
    if (record.maker !== by) return
    throw new Refusal('PROPOSAL_OWN_APPROVAL', 'whoever proposes a change does not check it', {
      field: 'id',
      expected: 'another account',
      found: 'the account that proposed it',
    })
  }

  const once = (key: Once | null, work: () => void): Promise<void> =>
    write(() => {
      if (earlierAnswer(key) !== null) return
      work()
      newAnswer(0, 0, now(), null, key)
    })

  return {
    createProposal: (proposal, key) =>
      write(() => {
        const earlier = earlierAnswer(key)
        if (earlier?.batch != null) return earlier.batch
        const { id, identifier, department, action, reason, effective, maker, digest, content } = proposal
        if (open.get(identifier) !== undefined) {
          throw new Refusal('PROPOSAL_OPEN', 'a change of this certificate is proposed already', {
            field: 'identifier',
            expected: 'the one before decided',
          })
        }
        const { keySalt, ciphertext } = content
        insert.run(
          id,
          identifier,
          department,
          action,
          reason,
          effective,
          maker,
          digest,
          keySalt,
          ciphertext,
          now(),
        )
        newAnswer(0, 0, now(), id, key)
        return id
      }),
    async proposalById(id) {
      const record = byId.get(id)
      return record === undefined ? null : toProposal(record)
    },
    async listProposals(filter, { before, limit }) {
      return list.all({ ...filter, before: before ?? '~', limit }).map(toProposal)
    },
    approveProposal: (id, by, digest, key) =>
      once(key, () => {
        const record = recordOf(id, 'proposed', 'approved', 'done')
        assertNotOwn(record, by)
        if (record.state !== 'proposed' && record.checker !== by) throw wrongState(['proposed'], record.state)
        if (Buffer.compare(record.digest, digest) !== 0) {
          throw new Refusal('PROPOSAL_DIGEST_DIFFERS', 'this is not what was proposed', {
            field: 'digest',
            expected: 'the digest of the proposal',
          })
        }
        if (record.state === 'proposed') decide.run('approved', by, now(), null, null, id)
      }),
    rejectProposal: (id, by, remark, key) =>
      once(key, () => {
        assertNotOwn(recordOf(id, 'proposed'), by)
        decide.run('rejected', by, now(), remark.keySalt, remark.ciphertext, id)
        erase.run(id)
      }),
    withdrawProposal: (id, _by, key) =>
      once(key, () => {
        recordOf(id, 'proposed')
        decide.run('withdrawn', null, now(), null, null, id)
        erase.run(id)
      }),
    async proposalsToCarryOut() {
      return toCarryOut.all().map(toProposal)
    },
    noteProposalProblem: (id, problem, isFinal) =>
      write(() => {
        noteProblem.run(problem, isFinal ? 'rejected' : 'approved', id)
        if (isFinal) erase.run(id)
      }),
    markProposalDone: (id, changeSeq, successorSeq) =>
      write(() => {
        recordOf(id, 'approved', 'done')
        markDone.run(changeSeq, successorSeq, id)
        erase.run(id)
      }),
  }
}

function wrongState(expected: ProposalState[], found: ProposalState): Refusal {
  return new Refusal('PROPOSAL_STATE', `the proposal is ${found}`, {
    field: 'id',
    expected: expected.join(' or '),
    found,
  })
}

function toProposal(record: ProposalRecord): ProposalRow {
  const { id, identifier, department, action, reason, effective, state, maker, checker, problem } = record
  return {
    id,
    identifier,
    department,
    action,
    reason,
    effective,
    state,
    maker,
    checker,
    problem,
    digest: bytes(record.digest),
    content: sealedOf(record.content_salt, record.content),
    remark: sealedOf(record.remark_salt, record.remark),
    createdAt: record.created_at,
    decidedAt: record.decided_at,
    changeSeq: record.change_seq,
    successorSeq: record.successor_seq,
  }
}
