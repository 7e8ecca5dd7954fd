/**
 * I9: grants are what holders signed, on chain when the store says so, and each use by consent had one in force. I11: the trail of
 * uses says what its statements say.
 */
import { keccak256, toUtf8Bytes, TypedDataEncoder } from 'ethers'
import { INTERFACES } from '../../server/chain/contracts.ts'
import { alteredUses } from '../../server/store/sqlite/uses.ts'
import type { ChainInView, Node } from './chain.ts'
import type { Place } from './finding.ts'
import type { Audited } from './folder.ts'
import { signerOf } from './recovered.ts'
import { claimsOf } from './statements.ts'

/** What holders sign (docs/formats.md §16), in the auditor's own words. */
const TYPES = {
  ReuseGrant: {
    ReuseGrant: [
      { name: 'holder', type: 'bytes32' },
      { name: 'terms', type: 'Terms' },
      { name: 'notBefore', type: 'uint48' },
      { name: 'notAfter', type: 'uint48' },
      { name: 'epoch', type: 'uint64' },
    ],
    Terms: [
      { name: 'items', type: 'Item[]' },
      { name: 'grantee', type: 'bytes32' },
      { name: 'matter', type: 'string' },
      { name: 'purpose', type: 'string' },
      { name: 'maxUses', type: 'uint32' },
      { name: 'notice', type: 'bytes32' },
      { name: 'salt', type: 'bytes32' },
    ],
    Item: [
      { name: 'certificate', type: 'bytes32' },
      { name: 'fields', type: 'string[]' },
    ],
  },
  Withdrawal: {
    Withdrawal: [
      { name: 'holder', type: 'bytes32' },
      { name: 'grant', type: 'bytes32' },
    ],
  },
  WithdrawAll: {
    WithdrawAll: [
      { name: 'holder', type: 'bytes32' },
      { name: 'epoch', type: 'uint64' },
    ],
  },
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
  state: string
  block_number: number | null
  block_time: number | null
  refusal: string | null
  uscc: string | null
  notice: string | null
  party_digest: Buffer | null
  party_holder: Buffer | null
  key_signer: Buffer | null
  key_person: Buffer | null
}

interface Message {
  holder: string
  terms: {
    items: { certificate: string; fields: string[] }[]
    grantee: string
    matter: string
    purpose: string
    maxUses: string
    notice: string
    salt: string
  }
  notBefore: string
  notAfter: string
  epoch: string
}

const GRANT_STATES = new Set(['accepted', 'granted', 'final', 'refused'])
const hex = (bytes: Buffer | null): string => `0x${bytes?.toString('hex') ?? ''}`

export async function checkGrants(audited: Audited): Promise<void> {
  const { db, findings, chain } = audited
  if (chain === null) findings.unchecked('I9', 'grants on chain', 'NO_CHAIN')
  else if (chain.node === null) findings.unchecked('I9', 'grants on chain', 'SNAPSHOT_ONLY')
  const rows = db.prepare<[], GrantRecord>(
    `SELECT g.*, d.uscc, p.notice, p.digest AS party_digest, p.holder AS party_holder,
       k.signer AS key_signer, k.person AS key_person
     FROM grants g LEFT JOIN departments d ON d.code = g.department
     LEFT JOIN consent_parties p ON p.request = g.request AND p.number = g.party
     LEFT JOIN holder_keys k ON k.id = g.key ORDER BY g.id`,
  )
  for (const row of rows.iterate()) {
    const at = { grant: hex(row.digest) }
    checkGrantRow(audited, row, at)
    if (chain?.node != null) await checkOnChain(audited, chain.node, row, at)
  }
  checkWithdrawals(audited)
  if (chain?.node != null) await checkWithdrawn(audited, chain.node)
  checkUsesByConsent(audited)
  for (const { index, what } of alteredUses(db)) {
    const id = db
      .prepare<[number], string>('SELECT identifier FROM uses WHERE seq = ?')
      .pluck()
      .get(index + 1)
    const at = { index, seq: index + 1, ...(id === undefined ? {} : { identifier: id }) }
    findings.violation(what === 'missing' ? 'USE_MISSING' : 'USE_DIFFERS', at)
  }
}

function checkGrantRow({ db, findings, chain }: Audited, row: GrantRecord, at: Place): void {
  const compare = (column: string, found: unknown, expected: unknown) => {
    const [a, b] = [found, expected].map(value => (Buffer.isBuffer(value) ? hex(value) : (value ?? null)))
    if (a !== b) findings.violation('GRANT_DIFFERS', { ...at, column }, { expected: b, found: a })
  }
  let message: Message
  let types: unknown
  try {
    const typed = JSON.parse(row.typed_data) as {
      message: Message
      types: Record<string, unknown>
      primaryType: string
      domain: object
    }
    message = typed.message
    types = typed.types
    const { EIP712Domain: _, ...own } = typed.types
    compare('typed_data', sorted(own), sorted(TYPES.ReuseGrant))
    compare('typed_data', typed.primaryType, 'ReuseGrant')
    if (chain !== null) compare('typed_data', sorted(typed.domain), sorted(domainOf(chain)))
  } catch {
    findings.violation(
      'GRANT_DIFFERS',
      { ...at, column: 'typed_data' },
      { found: 'something that cannot be read' },
    )
    return
  }
  void types
  const { terms } = message
  compare('not_before', String(row.not_before), message.notBefore)
  compare('not_after', String(row.not_after), message.notAfter)
  compare('epoch', String(row.epoch), message.epoch)
  compare('chain_holder', hex(row.chain_holder), message.holder)
  compare('chain_holder', hex(row.chain_holder), keccak256(hex(row.signer)))
  compare('max_uses', String(row.max_uses), terms.maxUses)
  compare('matter', row.matter, terms.matter.split(' ')[0])
  compare('department', row.uscc === null ? null : keccak256(toUtf8Bytes(row.uscc)), terms.grantee)
  compare(
    'consent_parties.notice',
    row.notice === null ? null : keccak256(toUtf8Bytes(row.notice)),
    terms.notice,
  )
  compare('consent_parties.digest', row.party_digest, row.digest)
  compare('holder', row.holder, row.party_holder)
  compare('signer', row.signer, row.key_signer)
  compare('person', row.person, row.key_person)
  const items = db
    .prepare<[number], { leaf: Buffer; fields: string }>(
      'SELECT leaf, fields FROM grant_items WHERE grant_id = ?',
    )
    .all(row.id)
    .map(({ leaf, fields }) => `${hex(leaf)} ${fields}`)
  const signed = terms.items.map(({ certificate, fields }) => `${certificate} ${JSON.stringify(fields)}`)
  compare('grant_items', items.sort().join('\n'), signed.sort().join('\n'))
  const impossible = (column: string, found: unknown) =>
    findings.violation('VALUE_IMPOSSIBLE', { ...at, table: 'grants', column }, { found })
  if (!GRANT_STATES.has(row.state)) impossible('state', row.state)
  if ((row.refusal !== null) !== (row.state === 'refused')) impossible('refusal', row.refusal)
  const isOnChain = row.state === 'granted' || row.state === 'final'
  if (isOnChain !== (row.block_number !== null)) impossible('block_number', row.block_number)
  if (chain === null) return
  try {
    const digest = TypedDataEncoder.hash(domainOf(chain), TYPES.ReuseGrant, message)
    compare('digest', hex(row.digest), digest)
    const { ReuseGrant: _, ...structs } = TYPES.ReuseGrant
    compare('terms_hash', hex(row.terms_hash), TypedDataEncoder.hashStruct('Terms', structs, terms))
    checkSignature(digest, row, at)
  } catch {
    findings.violation(
      'GRANT_DIFFERS',
      { ...at, column: 'typed_data' },
      { found: 'something that cannot be encoded' },
    )
  }

  function checkSignature(digest: string, { signer, signature }: GrantRecord, where: Place): void {
    const holds = isSignedBy(digest, signer, signature)
    if (holds === null) findings.unchecked('I9', 'signatures of grants by passkeys', 'SIGNER_KIND')
    else if (!holds) findings.violation('GRANT_SIGNATURE', where)
  }
}

const domainOf = (chain: ChainInView) => ({
  name: 'onceproof GrantRegistry',
  version: '1',
  chainId: chain.chainId,
  verifyingContract: chain.addresses.GrantRegistry.address,
})

/** JSON with members in the order of their names. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

/** Null for signers that are no accounts: only the chain can check those. */
function isSignedBy(digest: string, signer: Buffer, signature: Buffer): boolean | null {
  return signer.length === 20 ? signerOf(digest, hex(signature)) === hex(signer) : null
}

async function checkOnChain(
  { chain, findings, confirmations }: Audited,
  { rpc, read }: Node,
  row: GrantRecord,
  at: Place,
): Promise<void> {
  void rpc
  const claimed = row.state === 'granted' || row.state === 'final'
  const isNewer = row.block_number !== null && row.block_number > chain!.asOf.number
  const [found] = await read('GrantRegistry', 'grantOf', [hex(row.chain_holder), hex(row.digest)])
  const { grantedAt, notBefore, notAfter, epoch } = found as Record<string, bigint | number>
  if (Number(grantedAt) === 0) {
    if (claimed && !isNewer) findings.violation('GRANT_NOT_ON_CHAIN', at, { found: row.state })
    return
  }
  if (row.state === 'refused')
    findings.violation('GRANT_NOT_ON_CHAIN', at, { expected: 'granted', found: 'refused' })
  const expected = [notBefore, notAfter, epoch].map(String).join()
  const stored = [row.not_before, row.not_after, row.epoch].join()
  if (expected !== stored) findings.violation('GRANT_DIFFERS', at, { expected, found: stored })
  if (claimed && !isNewer && row.block_time !== Number(grantedAt))
    findings.violation('ANCHOR_DIFFERS', at, { expected: Number(grantedAt), found: row.block_time })
  if (row.state !== 'final') return
  const deepest = chain!.asOf.number - confirmations + 1
  if (row.block_number! > chain!.asOf.number || deepest < 0) return
  const block = await rpc.call<{ timestamp: string } | null>('eth_getBlockByNumber', [
    `0x${Math.max(0, deepest).toString(16)}`,
    false,
  ])
  if (block !== null && Number(grantedAt) > Number(block.timestamp))
    findings.violation('FINAL_NOT_DEEP', at, { expected: `${confirmations} blocks` })
}

interface WithdrawalRecord {
  id: number
  chain_holder: Buffer
  signer: Buffer
  digest: Buffer | null
  epoch: number | null
  signature: Buffer
  state: string
  refusal: string | null
}

const WITHDRAWAL_STATES = new Set(['accepted', 'executed', 'final', 'refused'])

function checkWithdrawals({ db, findings, chain }: Audited): void {
  const rows = db.prepare<[], WithdrawalRecord>('SELECT * FROM withdrawals ORDER BY id')
  const withdrawn = db
    .prepare<[Buffer, Buffer], number>('SELECT 1 FROM withdrawn_grants WHERE chain_holder = ? AND digest = ?')
    .pluck()
  const ended = db.prepare<[Buffer], number>('SELECT epoch FROM ended_epochs WHERE chain_holder = ?').pluck()
  for (const row of rows.iterate()) {
    const at = {
      table: 'withdrawals',
      row: row.id,
      holder: hex(row.chain_holder),
      ...(row.digest === null ? {} : { grant: hex(row.digest) }),
    }
    const differs = (column: string, found: unknown) =>
      findings.violation('WITHDRAWAL_DIFFERS', { ...at, column }, { found })
    if (keccak256(hex(row.signer)) !== hex(row.chain_holder)) differs('chain_holder', row.chain_holder)
    if ((row.digest === null) === (row.epoch === null)) differs('digest', row.digest)
    if (!WITHDRAWAL_STATES.has(row.state) || (row.refusal !== null) !== (row.state === 'refused'))
      differs('state', row.state)
    if (row.state !== 'refused') {
      if (row.digest !== null && withdrawn.get(row.chain_holder, row.digest) === undefined)
        differs('digest', row.digest)
      if (row.epoch !== null && (ended.get(row.chain_holder) ?? -1) < row.epoch) differs('epoch', row.epoch)
    }
    if (chain === null) continue
    const [name, message] =
      row.digest === null
        ? (['WithdrawAll', { holder: hex(row.chain_holder), epoch: row.epoch }] as const)
        : (['Withdrawal', { holder: hex(row.chain_holder), grant: hex(row.digest) }] as const)
    try {
      const digest = TypedDataEncoder.hash(domainOf(chain), TYPES[name], message)
      const holds = isSignedBy(digest, row.signer, row.signature)
      if (holds === null) findings.unchecked('I9', 'signatures of withdrawals by passkeys', 'SIGNER_KIND')
      else if (!holds) findings.violation('GRANT_SIGNATURE', at)
    } catch {
      differs('digest', row.digest)
    }
  }
}

/** What was withdrawn on chain is withdrawn here, and what we say we relayed is there. */
async function checkWithdrawn({ db, findings, chain, scratch }: Audited, node: Node): Promise<void> {
  const known = db
    .prepare<[Buffer, Buffer], number>('SELECT 1 FROM withdrawn_grants WHERE chain_holder = ? AND digest = ?')
    .pluck()
  const ours = db.prepare<[Buffer], number>('SELECT 1 FROM grants WHERE digest = ?').pluck()
  const onChain = scratch.notes<true>('withdrawn')
  const topic = INTERFACES.GrantRegistry.getEvent('Withdrawn')!.topicHash
  const bytes = (word: string) => Buffer.from(word.slice(2), 'hex')
  for await (const { topics } of node.events('GrantRegistry', [topic])) {
    const [, holder = '', digest = ''] = topics
    onChain.set(`${holder} ${digest}`, true)
    // A withdrawal that a holder made past us is taken over before the next use of that grant.
    if (ours.get(bytes(digest)) === 1 && known.get(bytes(holder), bytes(digest)) === undefined) {
      const used = db
        .prepare<[Buffer], number>('SELECT used FROM grants WHERE digest = ?')
        .pluck()
        .get(bytes(digest))
      findings.unchecked(
        'I9',
        `a withdrawal past the gateway of ${digest} (${used ?? 0} uses)`,
        'KEY_UNKNOWN',
      )
    }
  }
  const relayed = db.prepare<
    [],
    { chain_holder: Buffer; digest: Buffer | null; epoch: number | null; state: string }
  >("SELECT chain_holder, digest, epoch, state FROM withdrawals WHERE state IN ('executed', 'final')")
  for (const row of relayed.iterate()) {
    const at = { holder: hex(row.chain_holder), ...(row.digest === null ? {} : { grant: hex(row.digest) }) }
    if (row.digest !== null) {
      // The contract may have been told by the holder's own account, which gives the same event.
      if (
        onChain.get(`${hex(row.chain_holder)} ${hex(row.digest)}`) === undefined &&
        !(await isWithdrawn(node, row.chain_holder, row.digest))
      )
        findings.violation('GRANT_NOT_ON_CHAIN', at, {
          expected: 'withdrawn',
          found: `not at block ${chain!.asOf.number}`,
        })
    } else {
      const [epoch] = await node.read('GrantRegistry', 'epochOf', [hex(row.chain_holder)])
      if (Number(epoch) <= (row.epoch ?? 0))
        findings.violation('GRANT_NOT_ON_CHAIN', at, {
          expected: `epoch above ${row.epoch}`,
          found: Number(epoch),
        })
    }
  }
}

async function isWithdrawn(node: Node, holder: Buffer, digest: Buffer): Promise<boolean> {
  const [, withdrawnAt] = await node.read('GrantRegistry', 'stateOf', [hex(holder), hex(digest)])
  return Number(withdrawnAt) !== 0
}

interface ConsentUse {
  seq: number
  identifier: string
  department: string
  matter: string
  accepted_at: number
  statement: string
  certificate_leaf: Buffer | null
}

/** Each reading by consent: its grant covers it and was in force; as many readings as the grant counts. */
function checkUsesByConsent({ db, findings, scratch }: Audited): void {
  const uses = db.prepare<[], ConsentUse>(
    `SELECT u.seq, u.identifier, u.department, u.matter, s.accepted_at, s.statement,
       (SELECT leaf FROM leaves WHERE seq = u.certificate_seq) AS certificate_leaf
     FROM uses u JOIN statements s ON s.seq = u.seq WHERE u.refused IS NULL AND u.ground = 'consent' ORDER BY u.seq`,
  )
  const grantOf = db.prepare<[Buffer], GrantRecord>('SELECT * FROM grants WHERE digest = ?')
  const itemOf = db
    .prepare<[number, Buffer], string>('SELECT fields FROM grant_items WHERE grant_id = ? AND leaf = ?')
    .pluck()
  const withdrawnAt = db
    .prepare<[Buffer, Buffer], number>(
      'SELECT at FROM withdrawn_grants WHERE chain_holder = ? AND digest = ?',
    )
    .pluck()
  const endedAt = db
    .prepare<[Buffer, number], number>('SELECT at FROM ended_epochs WHERE chain_holder = ? AND epoch >= ?')
    .pluck()
  for (const use of uses.iterate()) {
    const claims = claimsOf(use.statement)
    const digest = Buffer.from(String(claims['grant']).slice(2), 'hex')
    const at = { index: use.seq - 1, identifier: use.identifier, grant: hex(digest) }
    const grant = grantOf.get(digest)
    if (grant === undefined) {
      findings.violation('GRANT_MISSING', at)
      continue
    }
    const signedAt = Number(claims['iat'])
    const ended =
      withdrawnAt.get(grant.chain_holder, digest) ?? endedAt.get(grant.chain_holder, grant.epoch) ?? Infinity
    // A use and a withdrawal of the same second were put in order by the store; the second does not say how.
    if (use.accepted_at < grant.not_before || signedAt > grant.not_after || use.accepted_at > ended)
      findings.violation('GRANT_NOT_IN_FORCE', at, {
        expected: `${grant.not_before} to ${Math.min(grant.not_after, ended)}`,
        found: use.accepted_at,
      })
    const fields = use.certificate_leaf === null ? undefined : itemOf.get(grant.id, use.certificate_leaf)
    const granted = new Set(fields === undefined ? [] : fieldsIn(fields))
    const read = Array.isArray(claims['fields']) ? (claims['fields'] as string[]) : []
    if (
      grant.department !== use.department ||
      grant.matter !== use.matter ||
      !read.every(field => granted.has(field))
    )
      findings.violation('GRANT_DOES_NOT_COVER', at, { expected: [...granted].join(), found: read.join() })
  }
  checkCounts()

  function checkCounts(): void {
    const counted = scratch.notes<number>('uses')
    for (const { statement } of uses.iterate()) {
      const grant = String(claimsOf(statement)['grant'])
      counted.set(grant, (counted.get(grant) ?? 0) + 1)
    }
    const grants = db.prepare<[], { digest: Buffer; used: number; max_uses: number }>(
      'SELECT digest, used, max_uses FROM grants',
    )
    for (const { digest, used, max_uses: most } of grants.iterate()) {
      const expected = counted.get(hex(digest)) ?? 0
      if (used !== expected || used > most)
        findings.violation(
          'GRANT_COUNT',
          { grant: hex(digest) },
          { expected: Math.min(expected, most), found: used },
        )
    }
  }
}

function fieldsIn(text: string): string[] {
  try {
    return JSON.parse(text) as string[]
  } catch {
    return []
  }
}
