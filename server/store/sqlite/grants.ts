/** Requests for consent, grants and their withdrawals in SQLite. */
import { invariant, Refusal } from '../../../protocol/refusal.ts'
import { fromHex, toHex } from '../../../protocol/bytes.ts'
import type {
  ConsentPartyRow,
  ConsentRequestRow,
  ConsumeGrant,
  GrantRow,
  GrantState,
  GrantStore,
  NewGrant,
  NewWithdrawal,
  WithdrawalRow,
  WithdrawnBy,
} from '../grants.ts'
import type { Appender } from './appending.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

interface RequestRecord {
  id: string
  department: string
  officer: string
  matter: string
  case_id: string | null
  purpose: string
  matter_text: string
  purpose_text: string
  term: string
  refusing: string
  notice_version: number
  expires_at: number
  created_at: number
  withdrawn_at: number | null
}

interface PartyRecord {
  request: string
  number: number
  holder: Buffer
  role: string | null
  needed: number
  items: string
  notice: string
  state: ConsentPartyRow['state']
  shown_at: number | null
  answered_at: number | null
  digest: Buffer | null
}

interface GrantRecord {
  id: number
  digest: Buffer
  holder: Buffer
  person: Buffer
  key: number
  chain_holder: Buffer
  request: string
  party: number
  department: string
  matter: string
  not_before: number
  not_after: number
  epoch: number
  max_uses: number
  typed_data: string
  terms_hash: Buffer
  signer: Buffer
  signature: Buffer
  accepted_at: number
  used: number
  state: GrantState
  block_number: number | null
  block_time: number | null
  refusal: string | null
  withdrawn: string | null
}

interface WithdrawalRecord {
  id: number
  chain_holder: Buffer
  signer: Buffer
  digest: Buffer | null
  epoch: number | null
  signature: Buffer
  accepted_at: number
  state: WithdrawalRow['state']
  refusal: string | null
}

/**
 * `withdrawn`: when and how it ended, in one text so that the three ways are one column: withdrawn itself, with its epoch, with
 * the key that signed it (a replacement whose day has come ends the old key even before its statement is written).
 */
const GRANT = `
  SELECT g.*, coalesce(
    (SELECT w.at || ' ' || w.by FROM withdrawn_grants w WHERE w.chain_holder = g.chain_holder AND w.digest = g.digest),
    (SELECT e.at || ' ' || e.by FROM ended_epochs e WHERE e.chain_holder = g.chain_holder AND e.epoch >= g.epoch),
    (SELECT k.ended_at || ' key' FROM holder_keys k WHERE k.id = g.key AND k.state <> 'active'),
    (SELECT k.due_at || ' key' FROM holder_keys k WHERE k.person = g.person AND k.state = 'waiting' AND k.due_at <= @now)
  ) AS withdrawn
  FROM grants g`

type RequestVerbs = Omit<
  GrantStore,
  | 'saveKeyChallenge'
  | 'acceptHolderKey'
  | 'activateHolderKey'
  | 'cancelHolderKey'
  | 'holderKeys'
  | 'dueHolderKeys'
>

/** The verbs, and apart from them what only another verb's transaction may call. */
export function grantVerbs(
  { db, write, accept, now }: Context,
  answers: Pick<Appender, 'earlierAnswer' | 'newAnswer'>,
): { verbs: RequestVerbs; consumeGrant: ConsumeGrant } {
  const insertRequest = db.prepare<(string | number | null)[]>(
    'INSERT INTO consent_requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)',
  )
  const insertParty = db.prepare<(string | number | Uint8Array | null)[]>(
    "INSERT INTO consent_parties VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', NULL, NULL, NULL)",
  )
  const requestById = db.prepare<[string], RequestRecord>('SELECT * FROM consent_requests WHERE id = ?')
  const partiesOf = db.prepare<[string], PartyRecord>(
    'SELECT * FROM consent_parties WHERE request = ? ORDER BY number',
  )
  const requestsOfDepartment = db.prepare<[string, string, number], RequestRecord>(
    'SELECT * FROM consent_requests WHERE department = ? AND id < ? ORDER BY id DESC LIMIT ?',
  )
  const requestsOfHolder = db.prepare<[Uint8Array, string, number], RequestRecord>(
    `SELECT * FROM consent_requests WHERE id IN (SELECT request FROM consent_parties WHERE holder = ?)
     AND id < ? ORDER BY id DESC LIMIT ?`,
  )
  const withdrawRequest = db.prepare<[number, string]>(
    'UPDATE consent_requests SET withdrawn_at = ? WHERE id = ?',
  )
  const show = db.prepare<[number, string, number]>(
    'UPDATE consent_parties SET shown_at = ? WHERE request = ? AND number = ? AND shown_at IS NULL',
  )
  const answerParty = db.prepare<[string, number, Uint8Array | null, string, number]>(
    'UPDATE consent_parties SET state = ?, answered_at = ?, digest = ? WHERE request = ? AND number = ?',
  )
  const insertGrant = db.prepare<(string | number | Uint8Array)[]>(
    `INSERT INTO grants VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'accepted', NULL, NULL, NULL)`,
  )
  const insertItem = db.prepare<[number, Uint8Array, string]>('INSERT INTO grant_items VALUES (?, ?, ?)')
  const itemsOf = db.prepare<[number], { leaf: Buffer; fields: string }>(
    'SELECT leaf, fields FROM grant_items WHERE grant_id = ?',
  )
  const fieldsOf = db
    .prepare<[number, Uint8Array], string>('SELECT fields FROM grant_items WHERE grant_id = ? AND leaf = ?')
    .pluck()
  const byDigest = db.prepare<{ now: number; digest: Uint8Array }, GrantRecord>(
    `${GRANT} WHERE g.digest = @digest`,
  )
  const ofDepartment = db.prepare<
    { now: number; department: string; before: number; limit: number },
    GrantRecord
  >(`${GRANT} WHERE g.department = @department AND g.id < @before ORDER BY g.id DESC LIMIT @limit`)
  const ofHolder = db.prepare<
    { now: number; holder: Uint8Array; before: number; limit: number },
    GrantRecord
  >(
    `${GRANT} WHERE (g.holder = @holder OR g.person = @holder) AND g.id < @before ORDER BY g.id DESC LIMIT @limit`,
  )
  const open = db.prepare<{ now: number }, GrantRecord>(
    `${GRANT} WHERE g.state IN ('accepted', 'granted') ORDER BY g.id`,
  )
  const mark = db.prepare<[string, number | null, number | null, string | null, number]>(
    'UPDATE grants SET state = ?, block_number = ?, block_time = ?, refusal = ? WHERE id = ?',
  )
  const countUse = db.prepare<[number]>('UPDATE grants SET used = used + 1 WHERE id = ? AND used < max_uses')
  const keyState = db
    .prepare<[number, number], string>(
      `SELECT CASE WHEN EXISTS (
         SELECT 1 FROM holder_keys w WHERE w.person = k.person AND w.state = 'waiting' AND w.due_at <= ?
       ) THEN 'replaced' ELSE k.state END FROM holder_keys k WHERE k.id = ?`,
    )
    .pluck()

  const isWithdrawn = db
    .prepare<[Uint8Array, Uint8Array], number>(
      'SELECT 1 FROM withdrawn_grants WHERE chain_holder = ? AND digest = ?',
    )
    .pluck()
  const endedEpoch = db
    .prepare<[Uint8Array], number>('SELECT epoch FROM ended_epochs WHERE chain_holder = ?')
    .pluck()
  const insertWithdrawn = db.prepare<[Uint8Array, Uint8Array, number, string]>(
    'INSERT INTO withdrawn_grants VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const insertWithdrawnOf = db.prepare<[number, string, Uint8Array]>(
    `INSERT INTO withdrawn_grants SELECT chain_holder, digest, ?, ? FROM grants WHERE chain_holder = ?
     ON CONFLICT DO NOTHING`,
  )
  const insertEnded = db.prepare<[Uint8Array, number, number, string]>(
    `INSERT INTO ended_epochs VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       epoch = excluded.epoch, at = excluded.at, by = excluded.by WHERE excluded.epoch > epoch`,
  )
  const sameWithdrawal = db
    .prepare<[Uint8Array, Uint8Array | null, number | null], number>(
      `SELECT 1 FROM withdrawals WHERE chain_holder = ? AND digest IS ? AND epoch IS ? AND state <> 'refused'`,
    )
    .pluck()
  const insertWithdrawal = db.prepare<
    [Uint8Array, Uint8Array, Uint8Array | null, number | null, Uint8Array, number]
  >("INSERT INTO withdrawals VALUES (NULL, ?, ?, ?, ?, ?, ?, 'accepted', NULL)")
  const openRelays = db.prepare<[], WithdrawalRecord>(
    "SELECT * FROM withdrawals WHERE state IN ('accepted', 'executed') ORDER BY id",
  )
  const markRelay = db.prepare<[string, string | null, number]>(
    'UPDATE withdrawals SET state = ?, refusal = ? WHERE id = ?',
  )

  const consumeGrant: ConsumeGrant = ({ digest, leaf, department, matter, fields, now: at }) => {
    const name = fromHex(digest)
    const grant = name === null ? undefined : byDigest.get({ now: at, digest: name })
    if (grant === undefined) return 'GRANT_UNKNOWN'
    // Who is not meant learns nothing further of it.
    if (grant.department !== department) return 'GRANT_OTHER_DEPARTMENT'
    if (grant.matter !== matter) return 'GRANT_OTHER_MATTER'
    if (grant.withdrawn !== null) return 'GRANT_WITHDRAWN'
    if (grant.state === 'refused') return 'GRANT_NOT_ON_CHAIN'
    if (at < grant.not_before) return 'GRANT_NOT_YET'
    if (at > grant.not_after) return 'GRANT_EXPIRED'
    const granted = fieldsOf.get(grant.id, leaf)
    if (granted === undefined) return 'GRANT_OTHER_CERTIFICATE'
    const allowed = new Set(JSON.parse(granted) as string[])
    if (!fields.every(field => allowed.has(field))) return 'FIELD_NOT_GRANTED'
    return countUse.run(grant.id).changes === 1 ? null : 'GRANT_USED_UP'
  }

  function requestOf(record: RequestRecord | undefined): ConsentRequestRow | null {
    return record === undefined ? null : toRequest(record, partiesOf.all(record.id))
  }

  function openParty(request: string, number: number): PartyRecord {
    const record = requestById.get(request)
    const party = partiesOf.all(request).find(one => one.number === number)
    invariant(record !== undefined && party !== undefined, `no party ${number} of ${request}`)
    if (party.state !== 'waiting') {
      throw new Refusal('CONSENT_ANSWERED', 'this request has been answered', { found: party.state })
    }
    if (record.withdrawn_at !== null) {
      throw new Refusal('CONSENT_REQUEST_WITHDRAWN', 'the department has taken this request back')
    }
    if (now() > record.expires_at) throw expired()
    return party
  }

  function acceptOne(grant: NewGrant): GrantRow {
    const before = byDigest.get({ now: now(), digest: grant.digest })
    if (before !== undefined) {
      if (before.request === grant.request && before.party === grant.party)
        return toGrant(before, itemsOf.all(before.id))
      throw new Refusal('GRANT_MISMATCH', 'this grant answers another request')
    }
    const party = openParty(grant.request, grant.party)
    if (party.shown_at === null)
      throw new Refusal('NOTICE_NOT_SHOWN', 'the notice has not been opened by this party')
    if (keyState.get(now(), grant.key) !== 'active')
      throw new Refusal('HOLDER_KEY_NOT_ACTIVE', 'this key is not in effect')
    if (
      isWithdrawn.get(grant.chainHolder, grant.digest) === 1 ||
      (endedEpoch.get(grant.chainHolder) ?? -1) >= grant.epoch
    ) {
      throw new Refusal('GRANT_WITHDRAWN', 'this grant was withdrawn before it came')
    }
    insertGrant.run(
      grant.digest,
      grant.holder,
      grant.person,
      grant.key,
      grant.chainHolder,
      grant.request,
      grant.party,
      grant.department,
      grant.matter,
      grant.notBefore,
      grant.notAfter,
      grant.epoch,
      grant.maxUses,
      grant.typedData,
      grant.termsHash,
      grant.signer,
      grant.signature,
      now(),
    )
    const record = byDigest.get({ now: now(), digest: grant.digest })
    invariant(record !== undefined, 'the grant was just written')
    for (const { leaf, fields } of grant.items) insertItem.run(record.id, leaf, JSON.stringify(fields))
    answerParty.run(grant.answer, now(), grant.digest, grant.request, grant.party)
    return toGrant(record, itemsOf.all(record.id))
  }

  function relay(withdrawal: NewWithdrawal | null): void {
    if (withdrawal === null) return
    const { chainHolder, signer, grant, epoch, signature } = withdrawal
    if (sameWithdrawal.get(chainHolder, grant, epoch) === 1) return
    insertWithdrawal.run(chainHolder, signer, grant, epoch, signature, now())
  }

  const verbs: RequestVerbs = {
    saveConsentRequest: (request, once) =>
      write(() => {
        // Noted like the answer for statements; where those have the name of their batch is the id of the request.
        const earlier = answers.earlierAnswer(once)
        if (earlier !== null) return requestOf(requestById.get(earlier.batch ?? ''))!
        insertRequest.run(
          request.id,
          request.department,
          request.officer,
          request.matter,
          request.case,
          request.purpose,
          request.matterText,
          request.purposeText,
          JSON.stringify(request.term),
          request.refusing,
          request.noticeVersion,
          request.expiresAt,
          now(),
        )
        for (const [number, { holder, role, needed, items, notice }] of request.parties.entries()) {
          insertParty.run(request.id, number, holder, role, needed ? 1 : 0, JSON.stringify(items), notice)
        }
        answers.newAnswer(0, 0, now(), request.id, once)
        return requestOf(requestById.get(request.id))!
      }),
    async consentRequest(id) {
      return requestOf(requestById.get(id))
    },
    async consentRequests(filter, before, limit) {
      const end = before ?? '~'
      const records =
        'department' in filter
          ? requestsOfDepartment.all(filter.department, end, limit)
          : requestsOfHolder.all(filter.holder, end, limit)
      return records.map(record => toRequest(record, partiesOf.all(record.id)))
    },
    noteShown: (id, party) => write(() => void show.run(now(), id, party)),
    withdrawConsentRequest: id =>
      write(() => {
        const record = requestById.get(id)
        invariant(record !== undefined, `no request ${id}`)
        if (record.withdrawn_at === null) {
          if (partiesOf.all(id).every(({ state }) => state !== 'waiting')) {
            throw new Refusal('CONSENT_ANSWERED', 'everybody has answered this request')
          }
          if (now() > record.expires_at) throw expired()
          withdrawRequest.run(now(), id)
        }
        return requestOf(requestById.get(id))!
      }),
    refuseConsent: (id, party) =>
      write(() => {
        const known = partiesOf.all(id).find(one => one.number === party)
        if (known?.state === 'refused') return
        openParty(id, party)
        answerParty.run('refused', now(), null, id, party)
      }),

    acceptGrant: grant => accept(() => acceptOne(grant)),
    async grantByDigest(digest) {
      const record = byDigest.get({ now: now(), digest })
      return record === undefined ? null : toGrant(record, itemsOf.all(record.id))
    },
    async grants(filter, { before, limit }) {
      const page = { now: now(), before: before ?? Number.MAX_SAFE_INTEGER, limit }
      const records =
        'department' in filter
          ? ofDepartment.all({ ...page, department: filter.department })
          : ofHolder.all({ ...page, holder: filter.holder })
      return records.map(record => toGrant(record, itemsOf.all(record.id)))
    },
    async openGrants() {
      return open.all({ now: now() }).map(record => toGrant(record, itemsOf.all(record.id)))
    },
    markGrant: (id, state, block, refusal) =>
      write(() => {
        const { changes } = mark.run(state, block?.number ?? null, block?.time ?? null, refusal, id)
        invariant(changes === 1, `no grant ${id}`)
      }),
    withdrawGrant: (chainHolder, digest, by, withdrawal) =>
      write(() => {
        insertWithdrawn.run(chainHolder, digest, now(), by)
        relay(withdrawal)
      }),
    withdrawEpoch: (chainHolder, epoch, by, withdrawal) =>
      write(() => {
        insertEnded.run(chainHolder, epoch, now(), by)
        relay(withdrawal)
      }),
    withdrawKnownGrants: (chainHolder, by) => write(() => void insertWithdrawnOf.run(now(), by, chainHolder)),
    async openWithdrawals() {
      return openRelays.all().map(toWithdrawal)
    },
    markWithdrawal: (id, state, refusal) =>
      write(() => {
        const { changes } = markRelay.run(state, refusal, id)
        invariant(changes === 1, `no withdrawal ${id}`)
      }),
  }
  return { verbs, consumeGrant }
}

const expired = () => new Refusal('CONSENT_REQUEST_EXPIRED', 'this request can no longer be answered')

function toRequest(record: RequestRecord, parties: PartyRecord[]): ConsentRequestRow {
  return {
    id: record.id,
    department: record.department,
    officer: record.officer,
    matter: record.matter,
    case: record.case_id,
    purpose: record.purpose,
    matterText: record.matter_text,
    purposeText: record.purpose_text,
    term: JSON.parse(record.term) as ConsentRequestRow['term'],
    refusing: record.refusing,
    noticeVersion: record.notice_version,
    expiresAt: record.expires_at,
    createdAt: record.created_at,
    withdrawnAt: record.withdrawn_at,
    parties: parties.map(party => ({
      number: party.number,
      holder: bytes(party.holder),
      role: party.role,
      needed: party.needed === 1,
      items: JSON.parse(party.items) as ConsentPartyRow['items'],
      notice: party.notice,
      state: party.state,
      shownAt: party.shown_at,
      answeredAt: party.answered_at,
      grant: party.digest === null ? null : toHex(party.digest),
    })),
  }
}

function toGrant(record: GrantRecord, items: { leaf: Buffer; fields: string }[]): GrantRow {
  const [at, by] = record.withdrawn?.split(' ') ?? []
  return {
    id: record.id,
    digest: bytes(record.digest),
    holder: bytes(record.holder),
    person: bytes(record.person),
    key: record.key,
    chainHolder: bytes(record.chain_holder),
    request: record.request,
    party: record.party,
    department: record.department,
    matter: record.matter,
    notBefore: record.not_before,
    notAfter: record.not_after,
    epoch: record.epoch,
    maxUses: record.max_uses,
    items: items.map(({ leaf, fields }) => ({ leaf: bytes(leaf), fields: JSON.parse(fields) as string[] })),
    typedData: record.typed_data,
    termsHash: bytes(record.terms_hash),
    signer: bytes(record.signer),
    signature: bytes(record.signature),
    acceptedAt: record.accepted_at,
    used: record.used,
    state: record.state,
    block: record.block_number === null ? null : { number: record.block_number, time: record.block_time! },
    refusal: record.refusal,
    withdrawnAt: at === undefined ? null : Number(at),
    withdrawnBy: (by as WithdrawnBy | undefined) ?? null,
  }
}

function toWithdrawal(record: WithdrawalRecord): WithdrawalRow {
  return {
    id: record.id,
    chainHolder: bytes(record.chain_holder),
    signer: bytes(record.signer),
    grant: record.digest === null ? null : bytes(record.digest),
    epoch: record.epoch,
    signature: bytes(record.signature),
    acceptedAt: record.accepted_at,
    state: record.state,
    refusal: record.refusal,
  }
}
