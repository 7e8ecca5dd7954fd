/** Cases in SQLite. */
import { invariant, Refusal } from '../../../protocol/refusal.ts'
import type {
  Adoption,
  CaseEventName,
  CaseEventRow,
  CaseItemRow,
  CaseOutputRow,
  CaseRow,
  CaseState,
  CaseStepRow,
  CaseStore,
  Channel,
  Replacing,
} from '../cases.ts'
import type { Once, Sealed, StatusAction } from '../store.ts'
import type { Appender } from './appending.ts'
import { bytes, type Context } from './context.ts'
import type { Outbox } from './outbox.ts'

interface CaseRecord {
  id: string
  number: string
  matter: string
  version: number
  channel: Channel
  departments: string
  conditions: string
  assisted_by: string | null
  opened_by: string
  opened_at: number
  state: CaseState
  closed_at: number | null
  closed_reason: string | null
}

interface ItemRecord {
  number: number
  requirement: number
  party: number
  identifier: string | null
  ground: Adoption['ground'] | null
  use_id: string | null
  department: string | null
  adopted_by: string | null
  adopted_at: number | null
  copy_salt: Buffer | null
  copy: Buffer | null
  copy_expires_at: number | null
  flagged: StatusAction | null
  flagged_at: number | null
  paper_by: string | null
  paper_department: string | null
  paper_reason: string | null
  paper_at: number | null
}

interface OutputRecord {
  number: number
  step: number
  output: number
  cert: string
  request_salt: Buffer | null
  request: Buffer | null
  replaces: string | null
  how: Replacing | null
  reason: string | null
  record: string | null
  state: CaseOutputRow['state']
  identifier: string | null
}

/** How far the status changes have been looked at. */
const CURSOR = 'cases.statusSeq'

export function caseVerbs({ db, write, now }: Context, answers: Appender, out: Outbox): CaseStore {
  const insertCase = db.prepare<
    [string, string, string, number, string, string, string, string | null, string, number]
  >("INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', NULL, NULL)")
  const insertParty = db.prepare<[string, number, string, Uint8Array]>(
    'INSERT INTO case_parties VALUES (?, ?, ?, ?)',
  )
  const insertDepartment = db.prepare<[string, string]>('INSERT INTO case_departments VALUES (?, ?)')
  const insertItem = db.prepare<[string, number, number, number]>(
    'INSERT INTO case_items (case_id, number, requirement, party) VALUES (?, ?, ?, ?)',
  )
  const insertStep = db.prepare<[string, number, string]>(
    "INSERT INTO case_steps VALUES (?, ?, ?, 'pending', NULL, NULL, NULL)",
  )
  const byId = db.prepare<[string], CaseRecord>('SELECT * FROM cases WHERE id = ?')
  const byNumber = db.prepare<[string], CaseRecord>('SELECT * FROM cases WHERE number = ?')
  const ofAll = db.prepare<[string, number], CaseRecord>(
    'SELECT * FROM cases WHERE id < ? ORDER BY id DESC LIMIT ?',
  )
  const ofDepartment = db.prepare<[string, string, number], CaseRecord>(
    `SELECT * FROM cases WHERE id IN (SELECT case_id FROM case_departments WHERE department = ? AND case_id < ?)
     ORDER BY id DESC LIMIT ?`,
  )
  const ofHolder = db.prepare<[Uint8Array, string, number], CaseRecord>(
    `SELECT * FROM cases WHERE id IN (SELECT case_id FROM case_parties WHERE holder = ? AND case_id < ?)
     ORDER BY id DESC LIMIT ?`,
  )
  const partiesOf = db.prepare<[string], { number: number; role: string; holder: Buffer }>(
    'SELECT number, role, holder FROM case_parties WHERE case_id = ? ORDER BY number',
  )
  const itemsOf = db.prepare<[string], ItemRecord>(
    'SELECT * FROM case_items WHERE case_id = ? ORDER BY number',
  )
  const stepsOf = db.prepare<[string], CaseStepRow>(
    'SELECT number, department, state, by, reason, at FROM case_steps WHERE case_id = ? ORDER BY number',
  )
  const outputsOf = db.prepare<[string], OutputRecord>(
    'SELECT * FROM case_outputs WHERE case_id = ? ORDER BY number',
  )
  const declarationsOf = db.prepare<[string], { group: string; by: string; at: number }>(
    'SELECT grouped AS "group", by, at FROM case_declarations WHERE case_id = ? ORDER BY at',
  )
  const consentsOf = db
    .prepare<[string], string>('SELECT request FROM case_consents WHERE case_id = ? ORDER BY request')
    .pluck()
  const adopt = db.prepare<
    [string, string, string, string, string, number, Uint8Array, Uint8Array, number, string, number]
  >(
    `UPDATE case_items SET identifier = ?, ground = ?, use_id = ?, department = ?, adopted_by = ?, adopted_at = ?,
       copy_salt = ?, copy = ?, copy_expires_at = ?, flagged = NULL, flagged_at = NULL
     WHERE case_id = ? AND number = ?`,
  )
  const erased = db.prepare<[string]>('SELECT 1 FROM erasures WHERE identifier = ?')
  const setPaper = db.prepare<[string, string, string | null, number, string, number]>(
    `UPDATE case_items SET paper_by = ?, paper_department = ?, paper_reason = ?, paper_at = ?
     WHERE case_id = ? AND number = ?`,
  )
  const insertDeclaration = db.prepare<[string, string, string, number]>(
    'INSERT INTO case_declarations VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const insertConsent = db.prepare<[string, string]>(
    'INSERT INTO case_consents VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const insertOutput = db.prepare<
    [
      string,
      number,
      number,
      number,
      string,
      Uint8Array | null,
      Uint8Array | null,
      string | null,
      string | null,
      string | null,
      string | null,
    ]
  >("INSERT INTO case_outputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intended', NULL)")
  const issueOutput = db.prepare<[string | null, string, number]>(
    `UPDATE case_outputs SET state = 'issued', identifier = ?, request_salt = NULL, request = NULL
     WHERE case_id = ? AND number = ? AND state = 'intended'`,
  )
  const giveUpOutputs = db.prepare<[string, number]>(
    `UPDATE case_outputs SET state = 'given-up', request_salt = NULL, request = NULL
     WHERE case_id = ? AND step = ? AND state = 'intended'`,
  )
  const setStep = db.prepare<[string, string, string | null, number, string, number]>(
    'UPDATE case_steps SET state = ?, by = ?, reason = ?, at = ? WHERE case_id = ? AND number = ?',
  )
  const reopenStep = db.prepare<[string, number]>(
    "UPDATE case_steps SET state = 'pending' WHERE case_id = ? AND number = ?",
  )
  const endCase = db.prepare<[string, number, string | null, string]>(
    'UPDATE cases SET state = ?, closed_at = ?, closed_reason = ? WHERE id = ?',
  )
  const issuing = db.prepare<[number], { id: string; step: number }>(
    "SELECT case_id AS id, number AS step FROM case_steps WHERE state = 'issuing' AND at <= ? ORDER BY case_id",
  )
  const insertEvent = db.prepare<[string, number, string, string]>(
    'INSERT INTO case_events VALUES (NULL, ?, ?, ?, ?)',
  )
  const eventsAfter = db.prepare<
    [string, number, number],
    { seq: number; case_id: string; at: number; event: CaseEventName; data: string }
  >('SELECT * FROM case_events WHERE case_id = ? AND seq > ? ORDER BY seq LIMIT ?')
  const cursor = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const moveCursor = db.prepare<[string, string]>(
    'INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const newChanges = db.prepare<[number], { seq: number; identifier: string; action: StatusAction }>(
    'SELECT seq, identifier, action FROM status_changes WHERE seq > ? ORDER BY seq LIMIT 500',
  )
  /** Not by the case itself: what it replaces, it changes on purpose. */
  const takenBy = db.prepare<{ identifier: string }, { case_id: string; number: number }>(
    `SELECT i.case_id, i.number FROM case_items i WHERE i.identifier = @identifier
       AND (SELECT state FROM cases WHERE id = i.case_id) = 'open'
       AND NOT EXISTS (SELECT 1 FROM case_outputs o WHERE o.case_id = i.case_id AND o.replaces = @identifier
         AND o.state <> 'given-up')`,
  )
  const flag = db.prepare<[string, number, string, number]>(
    'UPDATE case_items SET flagged = ?, flagged_at = ? WHERE case_id = ? AND number = ?',
  )
  const unflag = db.prepare<[string, number]>(
    'UPDATE case_items SET flagged = NULL, flagged_at = NULL WHERE case_id = ? AND number = ?',
  )
  const overrides = db.prepare<[], { department: string; count: number }>(
    `SELECT paper_department AS department, count(*) AS count FROM case_items
     WHERE paper_reason IS NOT NULL GROUP BY paper_department ORDER BY paper_department`,
  )
  const expiredCopy = db.prepare<[number]>(
    'SELECT 1 FROM case_items WHERE copy IS NOT NULL AND copy_expires_at <= ?',
  )
  const destroyCopies = db.prepare<[number]>(
    'UPDATE case_items SET copy_salt = NULL, copy = NULL WHERE copy IS NOT NULL AND copy_expires_at <= ?',
  )

  const whole = (record: CaseRecord): CaseRow => ({
    id: record.id,
    number: record.number,
    matter: record.matter,
    version: record.version,
    channel: record.channel,
    departments: JSON.parse(record.departments) as string[],
    conditions: JSON.parse(record.conditions) as Record<string, boolean>,
    assistedBy: record.assisted_by,
    openedBy: record.opened_by,
    openedAt: record.opened_at,
    state: record.state,
    closedAt: record.closed_at,
    closedReason: record.closed_reason,
    parties: partiesOf.all(record.id).map(({ holder, ...party }) => ({ ...party, holder: bytes(holder) })),
    items: itemsOf.all(record.id).map(toItem),
    steps: stepsOf.all(record.id),
    outputs: outputsOf.all(record.id).map(toOutput),
    declarations: declarationsOf.all(record.id),
    consentRequests: consentsOf.all(record.id),
  })

  function caseOf(id: string): CaseRow {
    const record = byId.get(id)
    invariant(record !== undefined, `no case ${id}`)
    return whole(record)
  }

  function openCaseOf(id: string): CaseRow {
    const found = caseOf(id)
    if (found.state === 'open') return found
    throw new Refusal('CASE_NOT_OPEN', 'the case has ended', { field: 'case', found: found.state })
  }

  function tell(of: CaseRow, event: CaseEventName, data: Record<string, unknown>): void {
    insertEvent.run(of.id, now(), event, JSON.stringify(data))
    out.tell(of.departments, event, { case: of.id, number: of.number, matter: of.matter, ...data })
  }

  /** Does `work` once; a repetition does nothing. */
  function under(once: Once | null, id: string, work: () => void): void {
    if (answers.earlierAnswer(once) !== null) return
    work()
    answers.newAnswer(0, 0, now(), id, once)
  }

  /** The step whose turn it is. Refuses CASE_STEP_NOT_NEXT. */
  function stepInTurn(of: CaseRow, number: number): CaseStepRow {
    const next = of.steps.find(step => step.state !== 'done')
    if (next?.number === number) return next
    throw new Refusal('CASE_STEP_NOT_NEXT', 'the steps of a case are done in their order', {
      field: 'step',
      expected: next === undefined ? 'none' : `step ${next.number}`,
      found: `step ${number}`,
    })
  }

  function assertNotFlagged({ items }: CaseRow): void {
    const flagged = items.filter(item => item.flagged !== null && item.paper === null)
    if (flagged.length === 0) return
    throw new Refusal('CASE_FLAGGED', 'a certificate that was taken has changed since', {
      field: 'items',
      found: flagged.map(({ number }) => number).join(', '),
    })
  }

  return {
    openCase: (opened, once) =>
      write(() => {
        const earlier = answers.earlierAnswer(once)
        if (earlier !== null) return caseOf(earlier.batch ?? '')
        if (byNumber.get(opened.number) !== undefined) {
          throw new Refusal('CASE_NUMBER_TAKEN', 'another case has this number', { field: 'number' })
        }
        insertCase.run(
          opened.id,
          opened.number,
          opened.matter,
          opened.version,
          opened.channel,
          JSON.stringify(opened.departments),
          JSON.stringify(opened.conditions),
          opened.assistedBy,
          opened.openedBy,
          now(),
        )
        for (const department of opened.departments) insertDepartment.run(department, opened.id)
        for (const { number, role, holder } of opened.parties)
          insertParty.run(opened.id, number, role, holder)
        for (const [number, item] of opened.items.entries())
          insertItem.run(opened.id, number, item.requirement, item.party)
        for (const [number, department] of opened.steps.entries())
          insertStep.run(opened.id, number + 1, department)
        const row = caseOf(opened.id)
        tell(row, 'case-opened', { channel: row.channel })
        answers.newAnswer(0, 0, now(), opened.id, once)
        return row
      }),
    async caseById(id) {
      const record = byId.get(id)
      return record === undefined ? null : whole(record)
    },
    async caseByNumber(number) {
      const record = byNumber.get(number)
      return record === undefined ? null : whole(record)
    },
    async cases(filter, before, limit) {
      const end = before ?? '~'
      if ('all' in filter) return ofAll.all(end, limit).map(whole)
      if ('department' in filter) return ofDepartment.all(filter.department, end, limit).map(whole)
      return ofHolder.all(filter.holder, end, limit).map(whole)
    },
    adoptItem: (id, number, adoption) =>
      write(() => {
        const row = openCaseOf(id)
        const item = row.items[number]
        invariant(item !== undefined, `case ${id} has no item ${number}`)
        if (item.adopted !== null && item.flagged === null) return
        const { identifier, ground, use, department, by, copy, copyExpiresAt } = adoption
        if (erased.get(identifier) !== undefined) {
          throw new Refusal('CERTIFICATE_ERASED', 'the values of this certificate have been erased')
        }
        const { keySalt, ciphertext } = copy
        adopt.run(
          identifier,
          ground,
          use,
          department,
          by,
          now(),
          keySalt,
          ciphertext,
          copyExpiresAt,
          id,
          number,
        )
        tell(row, 'item-adopted', { item: number, identifier, ground, use, department })
      }),
    noteReturn: (id, item, returned) =>
      write(() => tell(openCaseOf(id), 'item-returned', { item, ...returned })),
    noteConsentRequest: (id, request) =>
      write(() => {
        const row = openCaseOf(id)
        if (insertConsent.run(id, request).changes === 1) tell(row, 'consent-asked', { request })
      }),
    askPaper: (id, number, paper, once) =>
      write(() =>
        under(once, id, () => {
          const row = openCaseOf(id)
          setPaper.run(paper.by, paper.department, paper.reason, now(), id, number)
          const { department, reason } = paper
          tell(row, 'paper-asked', { item: number, department, override: reason !== null })
        }),
      ),
    declare: (id, group, by, once) =>
      write(() =>
        under(once, id, () => {
          const row = openCaseOf(id)
          insertDeclaration.run(id, group, by, now())
          tell(row, 'declared', { group })
        }),
      ),
    intendOutputs: (id, number, by, outputs) =>
      write(() => {
        const row = openCaseOf(id)
        const step = stepInTurn(row, number)
        if (step.state === 'issuing') return
        assertNotFlagged(row)
        for (const [place, output] of outputs.entries()) {
          const { request, replaces } = output
          insertOutput.run(
            id,
            row.outputs.length + place,
            number,
            output.output,
            output.cert,
            request?.keySalt ?? null,
            request?.ciphertext ?? null,
            replaces?.identifier ?? null,
            replaces?.how ?? null,
            replaces?.reason ?? null,
            output.record,
          )
        }
        setStep.run('issuing', by, null, now(), id, number)
        tell(row, 'step-issuing', { step: number, department: step.department })
      }),
    finishOutput: (id, number, identifier) =>
      write(() => {
        if (issueOutput.run(identifier, id, number).changes === 0) return
        const row = caseOf(id)
        const output = row.outputs[number]
        tell(row, 'output-issued', {
          cert: output?.cert,
          identifier,
          record: output?.record ?? null,
          replaces: output?.replaces?.identifier ?? null,
        })
      }),
    endStep: (id, number, { outcome, by, reason }, once) =>
      write(() =>
        under(once, id, () => {
          // Two may finish the same step at once: the request that began it and the round that looks after it.
          if (outcome === 'done' && caseOf(id).steps[number - 1]?.state === 'done') return
          const row = openCaseOf(id)
          const { department, state } = stepInTurn(row, number)
          const isLast = number === row.steps.length
          if (outcome !== 'done') giveUpOutputs.run(id, number)
          if (outcome === 'given-up') {
            if (state !== 'issuing') throw notIssuing(number)
            setStep.run('pending', by, reason, now(), id, number)
            tell(row, 'step-given-up', { step: number, department })
            return
          }
          if (outcome === 'returned') {
            setStep.run('returned', by, reason, now(), id, number)
            if (number > 1) reopenStep.run(id, number - 1)
            tell(row, 'step-returned', { step: number, department })
            return
          }
          if (isLast) assertNotFlagged(row)
          setStep.run('done', by, reason, now(), id, number)
          tell(row, 'step-done', { step: number, department })
          if (!isLast) return
          endCase.run('done', now(), null, id)
          tell(row, 'case-done', {})
        }),
      ),
    closeCase: (id, reason, by, once) =>
      write(() =>
        under(once, id, () => {
          const row = openCaseOf(id)
          if (row.steps.some(({ state }) => state === 'issuing')) {
            throw new Refusal('CASE_STEP_NOT_NEXT', 'a step of the case is issuing', { field: 'case' })
          }
          endCase.run('closed', now(), reason, id)
          tell(row, 'case-closed', { by })
        }),
      ),
    async issuingCases(since) {
      return issuing.all(since)
    },
    flagChangedCertificates: async () => {
      const seen = () => Number(cursor.get(CURSOR) ?? 0)
      // Nothing is written when nothing is new: this is asked several times a second.
      if (newChanges.get(seen()) === undefined) return []
      return write(() => {
        const changes = newChanges.all(seen())
        const flagged = new Map<string, string[]>()
        for (const { identifier, action } of changes) {
          for (const { case_id: id, number } of takenBy.all({ identifier })) {
            const row = caseOf(id)
            if (action === 'resume') unflag.run(id, number)
            else flag.run(action, now(), id, number)
            tell(row, 'certificate-changed', { item: number, identifier, action })
            flagged.set(id, row.departments)
          }
        }
        moveCursor.run(CURSOR, String(changes.at(-1)?.seq ?? seen()))
        return [...flagged].map(([id, departments]) => ({ id, departments }))
      })
    },
    async caseEvents(id, after, limit) {
      return eventsAfter.all(id, after, limit).map(({ seq, case_id, at, event, data }): CaseEventRow => ({
        seq,
        case: case_id,
        at,
        event,
        data: JSON.parse(data) as Record<string, unknown>,
      }))
    },
    async paperOverrides() {
      return overrides.all()
    },
    destroyExpiredCopies: async at =>
      expiredCopy.get(at) === undefined ? 0 : write(() => destroyCopies.run(at).changes),
  }
}

const notIssuing = (number: number): Refusal =>
  new Refusal('CASE_STEP_NOT_ISSUING', 'nothing of this step waits to be issued', {
    field: 'step',
    found: `step ${number}`,
  })

const sealedOf = (keySalt: Buffer | null, ciphertext: Buffer | null): Sealed | null =>
  keySalt === null || ciphertext === null ? null : { keySalt: bytes(keySalt), ciphertext: bytes(ciphertext) }

function toItem(record: ItemRecord): CaseItemRow {
  return {
    number: record.number,
    requirement: record.requirement,
    party: record.party,
    adopted:
      record.identifier === null
        ? null
        : {
            identifier: record.identifier,
            ground: record.ground!,
            use: record.use_id!,
            department: record.department!,
            by: record.adopted_by!,
            at: record.adopted_at!,
            copy: sealedOf(record.copy_salt, record.copy),
            copyExpiresAt: record.copy_expires_at!,
          },
    flagged: record.flagged === null ? null : { action: record.flagged, at: record.flagged_at! },
    paper:
      record.paper_at === null
        ? null
        : {
            reason: record.paper_reason,
            by: record.paper_by!,
            department: record.paper_department!,
            at: record.paper_at,
          },
  }
}

function toOutput(record: OutputRecord): CaseOutputRow {
  return {
    number: record.number,
    step: record.step,
    output: record.output,
    cert: record.cert,
    request: sealedOf(record.request_salt, record.request),
    replaces:
      record.replaces === null
        ? null
        : { identifier: record.replaces, how: record.how!, reason: record.reason! },
    record: record.record,
    state: record.state,
    identifier: record.identifier,
  }
}
