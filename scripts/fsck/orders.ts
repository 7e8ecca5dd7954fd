/**
 * I8: status. Every order on file is the one that was signed and says what its statement says; executed exactly when the chain
 * says so; and the bits of every list on chain are what the executed orders make of them.
 */
import { AbiCoder, keccak256, toUtf8Bytes, TypedDataEncoder } from 'ethers'
import { INTERFACES } from '../../server/chain/contracts.ts'
import { ChainUnreachable } from '../../server/chain/rpc.ts'
import type { ChainInView, Node } from './chain.ts'
import type { Audited } from './folder.ts'
import { signerOf } from './recovered.ts'
import type { Notes } from './scratch.ts'
import { claimsOf } from './statements.ts'

interface ChangeRecord {
  seq: number
  identifier: string
  action: string
  order_json: string
  order_digest: Buffer
  after_seq: number | null
  state: string
  block_number: number | null
  block_time: number | null
  refusal: string | null
  statement: string
  leaf: Buffer | null
}

interface Order {
  list: string
  action: number
  indices: number[]
  references: string[]
  statement: string
  salt: string
  deadline: number
}

/** What is signed (docs/formats.md §16), in the auditor's own words. */
const ORDER = {
  Order: [
    { name: 'list', type: 'bytes32' },
    { name: 'action', type: 'uint8' },
    { name: 'indices', type: 'uint32[]' },
    { name: 'references', type: 'bytes32[]' },
    { name: 'statement', type: 'bytes32' },
    { name: 'salt', type: 'bytes32' },
    { name: 'deadline', type: 'uint48' },
  ],
}

const ACTIONS = ['', 'revoke', 'suspend', 'resume', 'supersede']
const STATES = new Set(['accepted', 'executed', 'final', 'refused'])

/** Bits of an index: what the orders so far make of it. */
interface Bits {
  revoked: boolean
  suspended: boolean
  superseded: boolean
}

/** What the store expects of a place in a list, and whether an order about it may be in the chain already or not. */
interface Expected extends Bits {
  identifier: string
  isOpen: boolean
}

/** By the list's name on chain and the index in it. */
type ExpectedOf = Notes<Expected>

/** The whole of I8. */
export async function checkOrders(audited: Audited): Promise<void> {
  const { db, findings, chain, scratch } = audited
  const executed = chain?.node == null ? null : await executedOrders(audited, chain.node)
  const expected: ExpectedOf = scratch.notes('status')
  const rows = db.prepare<[], ChangeRecord>(
    `SELECT c.*, s.statement, (SELECT leaf FROM leaves WHERE seq = c.seq) AS leaf
     FROM status_changes c JOIN statements s ON s.seq = c.seq ORDER BY c.seq`,
  )
  if (chain === null) findings.unchecked('I8', 'status on chain', 'NO_CHAIN')
  else if (executed === null) findings.unchecked('I8', 'orders on chain', 'SNAPSHOT_ONLY')
  for (const row of rows.iterate()) {
    const at = { identifier: row.identifier, seq: row.seq, index: row.seq - 1 }
    const order = readOrder(audited, row, at)
    checkRow(audited, row, at)
    if (order === null) continue
    const digest = `0x${row.order_digest.toString('hex')}`
    const event = executed?.get(digest)
    executed?.delete(digest)
    const isNewer = chain !== null && row.block_number !== null && row.block_number > chain.asOf.number
    const claimed = row.state === 'executed' || row.state === 'final'
    if (executed !== null) {
      if (claimed && event === undefined && !isNewer)
        findings.violation('ORDER_NOT_ON_CHAIN', at, { found: row.state })
      if (row.state === 'refused' && event !== undefined) findings.violation('ORDER_REFUSED_ON_CHAIN', at)
      if (claimed && event !== undefined && !isNewer) await checkBlock(audited, row, event, at)
    }
    const counts = event !== undefined || (executed === null && claimed)
    note(expected, order, row, counts, counts ? false : row.state !== 'refused')
  }
  for (const [digest, event] of executed?.entries() ?? [])
    findings.violation('ORDER_UNKNOWN', { order: digest, block: event.block }, { found: event.list })
  if (chain !== null) await checkBits(audited, chain, expected)
}

function note(
  expected: ExpectedOf,
  order: Order,
  { identifier, action }: ChangeRecord,
  counts: boolean,
  isOpen: boolean,
): void {
  for (const index of order.indices) {
    const place = `${order.list} ${index}`
    const bits = expected.get(place) ?? {
      revoked: false,
      suspended: false,
      superseded: false,
      identifier,
      isOpen: false,
    }
    if (counts && action === 'revoke') bits.revoked = true
    if (counts && action === 'supersede') bits.superseded = true
    if (counts && (action === 'suspend' || action === 'resume')) bits.suspended = action === 'suspend'
    bits.isOpen ||= isOpen
    expected.set(place, bits)
  }
}

/** Order and signature as stored; null when they cannot be read. */
function readOrder(
  { db, findings, chain }: Audited,
  row: ChangeRecord,
  at: Record<string, string | number>,
): Order | null {
  let order: Order
  let signer: string
  let signature: string
  try {
    ;[order, signer, signature] = JSON.parse(row.order_json) as [Order, string, string]
    if (JSON.stringify([order, signer, signature]) !== row.order_json || !Array.isArray(order.indices))
      throw new Error()
  } catch {
    findings.violation('ORDER_DIFFERS', { ...at, column: 'order_json' }, { found: row.order_json })
    return null
  }
  const differs = (what: string, expected: unknown, found: unknown) =>
    findings.violation('ORDER_DIFFERS', { ...at, column: 'order_json', what }, { expected, found })
  if (ACTIONS[order.action] !== row.action) differs('action', row.action, ACTIONS[order.action])
  const leaf = `0x${row.leaf?.toString('hex') ?? ''}`
  if (order.statement !== leaf) differs('statement', leaf, order.statement)
  const certificate = db.prepare<
    [Buffer, Buffer],
    { status_list: number; status_index: number; department: string }
  >(
    `SELECT c.status_list, c.status_index, s.department FROM leaves l JOIN certificates c ON c.seq = l.seq
     JOIN series s ON s.id = c.series WHERE substr(l.leaf, 1, 6) = ? AND l.leaf = ?`,
  )
  const claims = claimsOf(row.statement)
  const of = Buffer.from(String(claims['certificate']), 'base64url')
  const found = certificate.get(of.subarray(0, 6), of)
  if (found !== undefined) {
    const list = listId(found.department, found.status_list)
    if (order.list !== list) differs('list', list, order.list)
    if (order.indices.join() !== String(found.status_index))
      differs('indices', found.status_index, order.indices)
  }
  const successor = claims['successor']
  const references = [
    ...(typeof successor === 'string' ? [`0x${Buffer.from(successor, 'base64url').toString('hex')}`] : []),
    ...(typeof claims['lifts'] === 'string' ? [claims['lifts']] : []),
  ]
  if (order.references.join() !== references.join()) differs('references', references, order.references)
  if (chain !== null) {
    const domain = {
      name: 'onceproof StatusRegistry',
      version: '1',
      chainId: chain.chainId,
      verifyingContract: chain.addresses.StatusRegistry.address,
    }
    try {
      const digest = TypedDataEncoder.hash(domain, ORDER, order)
      if (digest !== `0x${row.order_digest.toString('hex')}`)
        findings.violation(
          'ORDER_DIFFERS',
          { ...at, column: 'order_digest' },
          { expected: digest, found: row.order_digest },
        )
      if (signer.length !== 42) findings.unchecked('I8', 'signatures by contracts', 'SIGNER_KIND')
      else if (signerOf(digest, signature) !== signer.toLowerCase())
        findings.violation('ORDER_SIGNATURE', at, { expected: signer })
    } catch {
      findings.violation('ORDER_SIGNATURE', at, { found: signature })
    }
  }
  return order
}

function checkRow({ findings }: Audited, row: ChangeRecord, at: Record<string, string | number>): void {
  const impossible = (column: string, found: unknown) =>
    findings.violation('VALUE_IMPOSSIBLE', { ...at, table: 'status_changes', column }, { found })
  if (!STATES.has(row.state)) impossible('state', row.state)
  if ((row.refusal !== null) !== (row.state === 'refused')) impossible('refusal', row.refusal)
  const claimed = row.state === 'executed' || row.state === 'final'
  if (claimed !== (row.block_number !== null) || claimed !== (row.block_time !== null))
    impossible('block_number', row.block_number)
}

/** The block on file is the one at which the gateway looked, not before the execution; the time is the execution's. */
async function checkBlock(
  { chain, findings, confirmations }: Audited,
  row: ChangeRecord,
  event: ExecutedOrder,
  at: Record<string, string | number>,
): Promise<void> {
  const [time] = await chain!.node!.read('StatusRegistry', 'orderUsedAt', [
    `0x${row.order_digest.toString('hex')}`,
  ])
  if (Number(time) !== row.block_time || row.block_number! < event.block)
    findings.violation('ANCHOR_DIFFERS', at, {
      expected: `block ${event.block} at ${Number(time)}`,
      found: `block ${row.block_number} at ${row.block_time}`,
    })
  if (row.state === 'final' && chain!.asOf.number - event.block + 1 < confirmations)
    findings.violation('FINAL_NOT_DEEP', at, { expected: `${confirmations} blocks` })
}

interface ExecutedOrder {
  list: string
  block: number
}

/** Digests of all orders that the contract executed. */
async function executedOrders({ scratch }: Audited, node: Node): Promise<Notes<ExecutedOrder>> {
  const topic = INTERFACES.StatusRegistry.getEvent('StatusChanged')!.topicHash
  const executed = scratch.notes<ExecutedOrder>('executed')
  for await (const { topics, blockNumber } of node.events('StatusRegistry', [topic]))
    executed.set(topics[2]!, { list: topics[1]!, block: blockNumber })
  return executed
}

const PURPOSES = ['revoked', 'suspended', 'superseded'] as const
const WORDS = 512

/** Every set bit of every list on chain is expected, and every expected one is set. */
async function checkBits(audited: Audited, chain: ChainInView, expected: ExpectedOf): Promise<void> {
  const { findings, db } = audited
  const lists = db
    .prepare<[], { department: string; number: number }>('SELECT department, number FROM status_lists')
    .all()
  const names = new Map(
    lists.map(({ department, number }) => [listId(department, number), `${department}/${number}`]),
  )
  for (const [list, name] of names) {
    const places = new Map<number, Expected>()
    for (const [place, bits] of expected.entries(`${list} `)) places.set(Number(place.split(' ')[1]), bits)
    const bits =
      chain.node === null
        ? await bitsByQuestions(audited, name, places)
        : await bitsOf(chain.node, audited, list)
    for (const [p, purpose] of PURPOSES.entries()) {
      const set = bits[p]!
      for (const index of set) {
        const place = places.get(index)
        if (place?.[purpose] === true || place?.isOpen === true) continue
        findings.violation(
          'STATUS_DIFFERS',
          { list: name, index, ...(place === undefined ? {} : { identifier: place.identifier }) },
          { expected: `not ${purpose}`, found: purpose },
        )
      }
      for (const [index, place] of places) {
        if (!place[purpose] || set.has(index) || place.isOpen) continue
        findings.violation(
          'STATUS_DIFFERS',
          { list: name, index, identifier: place.identifier },
          { expected: purpose, found: `not ${purpose}` },
        )
      }
    }
  }
}

/** The set bits of a list, read from the words as they come: offset and length, then the words. */
async function bitsOf({ rpc }: Node, { chain }: Audited, list: string): Promise<Set<number>[]> {
  const { address: to } = chain!.addresses.StatusRegistry
  const block = `0x${chain!.asOf.number.toString(16)}`
  const sets: Set<number>[] = []
  for (const purpose of PURPOSES.keys()) {
    const set = new Set<number>()
    const data = INTERFACES.StatusRegistry.encodeFunctionData('words', [list, purpose, 0, WORDS])
    const answer = await rpc.call<string>('eth_call', [{ to, data }, block])
    for (let w = 0; w < WORDS; w++) {
      const begin = 2 + (2 + w) * WORD_DIGITS
      const word = answer.slice(begin, begin + WORD_DIGITS)
      if (word.length !== WORD_DIGITS) throw new ChainUnreachable('StatusRegistry answers too few words')
      if (word === NO_BITS) continue
      const text = BigInt(`0x${word}`).toString(2).padStart(256, '0')
      for (let bit = 0; bit < 256; bit++) if (text[bit] === '1') set.add(w * 256 + bit)
    }
    sets.push(set)
  }
  return sets
}

const WORD_DIGITS = 64
const NO_BITS = '0'.repeat(WORD_DIGITS)

/** From a snapshot: the places that we know of. */
async function bitsByQuestions(
  { chain }: Audited,
  name: string,
  places: Map<number, Expected>,
): Promise<Set<number>[]> {
  const sets = PURPOSES.map(() => new Set<number>())
  const [uscc = '', number] = name.split('/')
  for (const index of places.keys()) {
    const status = await chain!.view.statusOf(uscc, Number(number), index)
    for (const [p, purpose] of PURPOSES.entries()) if (status?.[purpose] === true) sets[p]!.add(index)
  }
  return sets
}

const listId = (uscc: string, number: number): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint64'], [keccak256(toUtf8Bytes(uscc)), number]))
