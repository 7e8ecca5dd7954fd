/**
 * I6: the transactions on file. Each is what was signed, each sender's nonces are without gaps, and no nonce and no purpose was
 * mined twice.
 */
import { hash } from 'node:crypto'
import { getCreateAddress, id, keccak256 } from 'ethers'
import { CONTRACT_NAMES } from '../../protocol/chain-view.ts'
import { INTERFACES } from '../../server/chain/contracts.ts'
import type { Audited } from './folder.ts'
import { keccakHex, transactionIn, type SignedTransaction } from './recovered.ts'

interface TransactionRecord {
  id: number
  purpose: string
  sender: string
  nonce: number
  raw: string
  hash: string
  recipient: string | null
  created_at: number
  state: string
}

const ADDRESS = /^0x[0-9a-f]{40}$/
const HASH = /^0x[0-9a-f]{64}$/
const STATES = new Set(['stored', 'settled', 'abandoned', 'former'])

export async function checkTransactions(audited: Audited): Promise<void> {
  const { db, findings, chain } = audited
  if (chain === null) findings.unchecked('I6', 'transactions on chain', 'NO_CHAIN')
  else if (chain.node === null) findings.unchecked('I6', 'transactions on chain', 'SNAPSHOT_ONLY')
  const rows = db.prepare<[], TransactionRecord>('SELECT * FROM transactions ORDER BY sender, nonce, id')
  let sender = ''
  let nonce = -1
  /** Of the present nonce: the hash that was mined. */
  let mined: string | null = null
  const succeeded = audited.scratch.notes<string>('purposes')
  const keys = new Map<string, number>()
  const elsewhere = noncesElsewhere(audited)
  for (const row of rows.iterate()) {
    const at = { transaction: row.hash, sender: row.sender, nonce: row.nonce, purpose: row.purpose }
    checkBytes(audited, row, at)
    if (row.sender !== sender) {
      await closeSender(audited, sender, nonce, { firsts: keys, elsewhere })
      sender = row.sender
      keys.set(sender, row.nonce)
    }
    const isGap = row.nonce > Math.max(nonce + 1, elsewhere.get(sender) ?? 0)
    if (row.sender === sender && isGap && keys.get(sender) !== row.nonce)
      findings.violation('NONCE_GAP', { sender, nonce: nonce + 1 }, { found: row.nonce })
    if (row.nonce !== nonce || keys.get(sender) === row.nonce) mined = null
    nonce = row.nonce
    const receipt = await receiptOf(audited, row.hash)
    if (receipt === null) continue
    if (mined !== null && mined !== row.hash) findings.violation('NONCE_TWICE', at, { found: mined })
    mined = row.hash
    if (Number(receipt.status) !== 1 || !isOnce(row.purpose)) continue
    const before = succeeded.get(row.purpose)
    if (before !== undefined && before !== row.hash)
      findings.violation('PURPOSE_TWICE', at, { found: before })
    succeeded.set(row.purpose, row.hash)
  }
  await closeSender(audited, sender, nonce, { firsts: keys, elsewhere })
}

/** Of each sender: nonces below this were used under a database that this one took the place of (docs/operations.md). */
function noncesElsewhere({ db }: Audited): ReadonlyMap<string, number> {
  const text = db
    .prepare<[], string>("SELECT value FROM settings WHERE name = 'nonces.elsewhere'")
    .pluck()
    .get()
  return new Map(Object.entries(JSON.parse(text ?? '{}') as Record<string, number>))
}

/** What is done once for ever; roles and permits may be given again after they ended. */
const isOnce = (purpose: string): boolean => /^(?:anchor|order|grant|withdraw|admit|key|log):/.test(purpose)

/** The sender's nonces end where the chain's count does, and begin at 0. */
async function closeSender(
  { chain, findings }: Audited,
  sender: string,
  last: number,
  { firsts, elsewhere }: { firsts: Map<string, number>; elsewhere: ReadonlyMap<string, number> },
): Promise<void> {
  if (sender === '') return
  const first = firsts.get(sender) ?? 0
  if (first > (elsewhere.get(sender) ?? 0))
    findings.violation('NONCE_GAP', { sender, nonce: 0 }, { found: first })
  // Another text than an address was named with its row; a node is asked about addresses.
  if (chain?.node == null || !ADDRESS.test(sender)) return
  const tag = `0x${chain.asOf.number.toString(16)}`
  const count = Number(await chain.node.rpc.call('eth_getTransactionCount', [sender, tag]))
  if (count > Math.max(last + 1, elsewhere.get(sender) ?? 0))
    findings.violation(
      'NONCE_GAP',
      { sender, nonce: last + 1 },
      { expected: `${count} transactions`, found: `${last + 1} on file` },
    )
}

async function receiptOf({ chain }: Audited, hash: string): Promise<{ status: unknown } | null> {
  if (chain?.node == null || !HASH.test(hash)) return null
  return chain.node.rpc.call<{ status: unknown } | null>('eth_getTransactionReceipt', [hash])
}

function checkBytes(audited: Audited, row: TransactionRecord, at: Record<string, string | number>): void {
  const { findings, chain } = audited
  const transaction = transactionIn(row.raw)
  if (transaction === null) {
    findings.violation('TRANSACTION_UNREADABLE', at)
    return
  }
  const compare = (column: string, found: unknown, expected: unknown) => {
    if (found !== expected) findings.violation('TRANSACTION_DIFFERS', { ...at, column }, { expected, found })
  }
  compare('raw', row.raw, transaction.serialized)
  compare('hash', row.hash, keccakHex(Buffer.from(row.raw.slice(2), 'hex')))
  compare('sender', row.sender, transaction.from)
  compare('nonce', row.nonce, transaction.nonce)
  compare('recipient', row.recipient?.toLowerCase() ?? null, transaction.to)
  if (chain !== null) compare('chainId', transaction.chainId, chain.chainId)
  if (!STATES.has(row.state))
    findings.violation(
      'VALUE_IMPOSSIBLE',
      { table: 'transactions', row: row.id, column: 'state' },
      { found: row.state },
    )
  checkPurpose(audited, row, transaction, at)
}

/** The call that a purpose stands for, as far as its name tells. */
function checkPurpose(
  audited: Audited,
  row: TransactionRecord,
  transaction: SignedTransaction,
  at: Record<string, string | number>,
): void {
  const { findings, db, chain } = audited
  const { purpose } = row
  const { to } = transaction
  const wrong = (found: unknown) =>
    findings.violation('TRANSACTION_PURPOSE', at, { expected: purpose, found })
  const [what = '', name = ''] = purpose.split(':')
  if (what === 'fund') {
    if (to !== name) wrong(to)
    return
  }
  if (what === 'fill') {
    if (to?.toLowerCase() !== row.sender) wrong(to)
    return
  }
  if (what === 'deploy') {
    const address = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
    const { from, nonce } = transaction
    const created = from === null ? null : getCreateAddress({ from, nonce }).toLowerCase()
    const isOpen = row.state !== 'settled'
    if (to !== null || (!isOpen && address.get(`deployed:${name}`) !== created)) wrong(created)
    return
  }
  const methods = METHODS[what]
  const call = callOf(row.raw, transaction, chain)
  if (methods === undefined || call === null || !methods.includes(call.name)) {
    wrong(call?.name ?? 'no call of ours')
    return
  }
  const missing = wordsOf(audited, purpose, call).find(word => !call.said.includes(word))
  if (missing !== undefined) wrong(missing)
}

const METHODS: Readonly<Record<string, readonly string[]>> = {
  anchor: ['anchor'],
  order: ['execute'],
  grant: ['grant'],
  withdraw: ['withdraw'],
  'withdraw-all': ['withdrawAll'],
  log: ['registerLog'],
  admit: ['admitDepartment'],
  key: ['addKey', 'activateNextKey'],
  permit: ['grantPermit'],
  'permit-end': ['endPermit'],
  'next-key': ['commitNextKey'],
  retire: ['retireKey'],
  compromise: ['declareCompromised'],
  suspend: ['suspendDepartment'],
  resume: ['resumeDepartment'],
  list: ['openList'],
  role: ['grantRole'],
}

/** What must stand among the arguments of the call for this purpose. */
function wordsOf({ db }: Audited, purpose: string, call: Call): string[] {
  const [what = '', ...names] = purpose.split(':')
  const [first = '', second = '', third = ''] = names
  const departmentId = (uscc: string) => id(uscc)
  const bytes = (hex: string) => Buffer.from(hex.slice(2), 'hex')
  const hexOf = (value: Buffer | undefined) =>
    value === undefined ? 'a row of ours' : `0x${value.toString('hex')}`
  switch (what) {
    case 'anchor': {
      const root = db.prepare<[number], Buffer>('SELECT root FROM checkpoints WHERE size = ?').pluck()
      return [first, hexOf(root.get(Number(first)))]
    }
    case 'order': {
      const order = db
        .prepare<[Buffer], string>('SELECT order_json FROM status_changes WHERE order_digest = ?')
        .pluck()
      return wordsIn(order.get(bytes(first)))
    }
    case 'grant': {
      const terms = db.prepare<[Buffer], Buffer>('SELECT terms_hash FROM grants WHERE digest = ?').pluck()
      return [hexOf(terms.get(bytes(first)))]
    }
    case 'withdraw':
    case 'next-key':
      return [first]
    case 'withdraw-all':
      return [second]
    case 'log':
      return call.said.some(word => id(word) === first) ? [] : [first]
    case 'key':
      return keyIdsOf(call.said).includes(first) ? [] : [first]
    case 'admit':
      return [first]
    case 'permit':
      return [first, second, departmentId(third)]
    case 'permit-end':
    case 'retire':
    case 'compromise':
      return names
    case 'suspend':
    case 'resume':
      return [departmentId(first)]
    case 'list':
      return [departmentId(first), second]
    default:
      return [id(second), third]
  }
}

/** Every word of a stored order, as they stand in the call. */
function wordsIn(order: string | undefined): string[] {
  try {
    return flatten(Object.values(JSON.parse(order ?? 'null') as object).map(valuesOf))
  } catch {
    return ['an order of ours']
  }
}

const valuesOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(valuesOf)
    : typeof value === 'object' && value !== null
      ? Object.values(value).map(valuesOf)
      : value

/** What a public key among the arguments may be registered as: its thumbprint (RFC 7638), or the hash of a signer. */
function keyIdsOf(said: readonly string[]): string[] {
  return said.flatMap(word => {
    if (!word.startsWith('0x')) return []
    const raw = Buffer.from(word.slice(2), 'hex')
    const part = (from: number, to: number) => raw.subarray(from, to).toString('base64url')
    const jwk =
      raw.length === 64
        ? `{"crv":"P-256","kty":"EC","x":"${part(0, 32)}","y":"${part(32, 64)}"}`
        : raw.length === 32
          ? `{"crv":"Ed25519","kty":"OKP","x":"${part(0, 32)}"}`
          : null
    return [...(jwk === null ? [] : [`0x${hash('sha256', jwk)}`]), keccak256(word)]
  })
}

interface Call {
  name: string
  /** Its arguments as texts, hex and hashes in lower case. */
  said: string[]
}

/** Calls by the bytes that hold them: taking one apart costs more than all else about it. */
const calls = new Map<string, Call | null>()
const MOST_REMEMBERED = 4_000

/** Contracts share the functions of their access control, so the address says whose call it is. */
function callOf(raw: string, { data, to }: SignedTransaction, chain: Audited['chain']): Call | null {
  const known = chain === null ? undefined : calls.get(raw)
  if (known !== undefined) return known
  const call = parsedCall(data, to, chain)
  if (calls.size >= MOST_REMEMBERED) calls.clear()
  if (chain !== null) calls.set(raw, call)
  return call
}

function parsedCall(data: string, to: string | null, chain: Audited['chain']): Call | null {
  for (const contract of CONTRACT_NAMES) {
    if (chain !== null && to !== chain.addresses[contract].address) continue
    const call = INTERFACES[contract].parseTransaction({ data })
    if (call !== null) return { name: call.name, said: flatten(call.args) }
  }
  return null
}

function flatten(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(flatten)
  const text = String(value)
  return [text.startsWith('0x') ? text.toLowerCase() : text]
}
