/**
 * The rows of checkpoints (I3), and anchors against the chain (I4, I5, I7).
 */
import { AbiCoder, id, keccak256, toUtf8Bytes, TypedDataEncoder } from 'ethers'
import { INTERFACES } from '../../server/chain/contracts.ts'
import { ContractRevert } from '../../server/chain/view.ts'
import type { SignedCheckpoint } from '../cli/audit.ts'
import type { ChainInView, Node } from './chain.ts'
import type { Audited } from './folder.ts'
import { signerOf } from './recovered.ts'

interface CheckpointRecord {
  size: number
  root: Buffer
  note: string
  signature: Buffer
  sealed_at: number
  state: string
  block_number: number | null
  block_hash: string | null
  block_time: number | null
  reanchored: number
}

const PAGE = 500

/** What is signed for the contract (docs/formats.md §16), in the auditor's own words. */
const CHECKPOINT = {
  Checkpoint: [
    { name: 'log', type: 'bytes32' },
    { name: 'size', type: 'uint64' },
    { name: 'root', type: 'bytes32' },
  ],
}

function* stored({ db }: Audited): Iterable<CheckpointRecord> {
  const page = db.prepare<[number, number], CheckpointRecord>(
    'SELECT * FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?',
  )
  for (let from = -1; ;) {
    const rows = page.all(from, PAGE)
    if (rows.length === 0) return
    yield* rows
    from = rows.at(-1)!.size
  }
}

/** The checkpoints as `auditLog` takes them; on the way each row is compared with its note, and its signature checked. */
export async function* checkpointRows(audited: Audited): AsyncIterable<SignedCheckpoint> {
  const { findings, origin } = audited
  const logKeys = await logKeysOf(audited)
  for (const row of stored(audited)) {
    const at = { size: row.size }
    const [noted, size, root] = row.note.split('\n')
    if (root !== row.root.toString('base64') || size !== String(row.size) || noted !== origin)
      findings.violation('ROOT_STORED', at, {
        expected: `${noted} ${size} ${root}`,
        found: row.root.toString('base64'),
      })
    if (logKeys !== null && !logKeys.some(key => key === rowSigner(audited, row)))
      findings.violation('SIGNATURE_WRONG', at, { expected: logKeys.join(', ') })
    const isSealed = row.state === 'sealed'
    const hasBlock = row.block_number !== null && row.block_hash !== null && row.block_time !== null
    const hasAny = row.block_number !== null || row.block_hash !== null || row.block_time !== null
    if (!['sealed', 'anchored', 'final'].includes(row.state) || (isSealed ? hasAny : !hasBlock))
      findings.violation(
        'VALUE_IMPOSSIBLE',
        { table: 'checkpoints', row: row.size, column: 'state' },
        { found: row.state },
      )
    if (row.reanchored !== 0 && row.reanchored !== 1)
      findings.violation('VALUE_IMPOSSIBLE', { table: 'checkpoints', row: row.size, column: 'reanchored' })
    yield { size: row.size, note: row.note, blockNumber: isSealed ? null : row.block_number }
  }
}

/** Every key that the log has had, as the contract's events say; null when nobody can tell. */
async function logKeysOf({ chain, origin, findings }: Audited): Promise<string[] | null> {
  if (chain?.node == null || origin === null) {
    findings.unchecked('I3', 'signatures for the contract', chain === null ? 'NO_CHAIN' : 'SNAPSHOT_ONLY')
    return null
  }
  const keys: string[] = []
  for (const event of ['LogRegistered', 'LogKeyReplaced']) {
    const topic = INTERFACES.AnchorLog.getEvent(event)!.topicHash
    for await (const log of chain.node.events('AnchorLog', [topic, logIdOf(origin)])) {
      const values = INTERFACES.AnchorLog.parseLog(log)!.args
      keys.push((values['logKey'] as string).toLowerCase())
    }
  }
  if (keys.every(key => key.length === 42)) return keys
  findings.unchecked('I3', 'signatures for the contract', 'SIGNER_KIND')
  return null
}

const logIdOf = (origin: string): string => keccak256(toUtf8Bytes(origin))

function rowSigner({ chain, origin }: Audited, { size, root, signature }: CheckpointRecord): string | null {
  try {
    const { chainId, addresses } = chain!
    const domain = {
      name: 'onceproof AnchorLog',
      version: '1',
      chainId,
      verifyingContract: addresses.AnchorLog.address,
    }
    const digest = TypedDataEncoder.hash(domain, CHECKPOINT, { log: logIdOf(origin!), size, root })
    return signerOf(digest, `0x${signature.toString('hex')}`)
  } catch {
    return null
  }
}

interface OnChain {
  size: number
  root: Uint8Array
  blockNumber: number
  time: number
}

/**
 * Events against the contract's checkpoints, both against our rows. The contract's checkpoint i is the event of index i: same size,
 * root and block. Returns the newest on chain, root in base64.
 */
export async function checkAnchors(audited: Audited): Promise<{ size: number; root: string } | null> {
  const { chain, origin, findings } = audited
  if (chain === null || origin === null) {
    for (const invariant of ['I4', 'I5', 'I7'] as const) findings.unchecked(invariant, 'anchors', 'NO_CHAIN')
    return null
  }
  if (chain.node === null) {
    findings.unchecked('I4', 'events', 'SNAPSHOT_ONLY')
    findings.unchecked('I5', 'events', 'SNAPSHOT_ONLY')
  }
  const events = chain.node === null ? null : anchorEvents(chain.node, origin)[Symbol.asyncIterator]()
  const rows = stored(audited)[Symbol.iterator]()
  const blocks = blockHashes(chain)
  let row = rows.next()
  let event = events === null ? null : await events.next()
  let [onChain, counted, anchoredHere] = [0, 0, 0]
  let latest: OnChain | null = null
  for await (const checkpoint of chain.log(origin).checkpoints() as AsyncIterable<OnChain>) {
    const index = onChain++
    const { size } = checkpoint
    latest = checkpoint
    if (event !== null) {
      let own = 0
      for (; event.done !== true && event.value.index <= index; event = await events!.next()) {
        counted++
        if (event.value.index < index || ++own > 1) {
          findings.violation('EVENT_TWICE', { size: event.value.size, index: event.value.index })
          continue
        }
        compareEvent(audited, checkpoint, event.value)
      }
      if (own === 0) findings.violation('EVENT_MISSING', { size })
    }
    for (; row.done !== true && row.value.size < size; row = rows.next())
      await compareRow(audited, row.value, null, blocks)
    if (row.done !== true && row.value.size === size) {
      anchoredHere++
      await compareRow(audited, row.value, checkpoint, blocks)
      row = rows.next()
    }
  }
  for (; row.done !== true; row = rows.next()) await compareRow(audited, row.value, null, blocks)
  for (; event !== null && event.done !== true; event = await events!.next()) {
    counted++
    findings.violation(
      'EVENT_DIFFERS',
      { size: event.value.size, index: event.value.index },
      { expected: null },
    )
  }
  const counter = chain.node === null ? onChain : await counterOf(chain.node, origin)
  if (counter === null)
    findings.violation(
      'SETTING_DIFFERS',
      { setting: 'log.origin' },
      { expected: 'a log that is registered on chain', found: origin },
    )
  const counts = {
    counter: counter ?? 0,
    events: events === null ? onChain : counted,
    checkpoints: onChain,
    stored: anchoredHere,
  }
  if (new Set(Object.values(counts)).size > 1)
    findings.violation('COUNTER_DIFFERS', { log: origin }, { expected: counter, found: counts })
  return latest === null ? null : { size: latest.size, root: Buffer.from(latest.root).toString('base64') }
}

/** Checkpoints of a log that the contract counts; null when it knows no such log. */
async function counterOf(node: Node, origin: string): Promise<number | null> {
  try {
    const [count] = await node.read('AnchorLog', 'checkpointCount', [logIdOf(origin)])
    return Number(count)
  } catch (error) {
    if (error instanceof ContractRevert && error.error === 'UnknownLog') return null
    throw error
  }
}

interface AnchoredEvent {
  index: number
  size: number
  root: string
  blockNumber: number
}

async function* anchorEvents(node: Node, origin: string): AsyncIterable<AnchoredEvent> {
  const topic = id('Anchored(bytes32,uint256,uint64,bytes32)')
  for await (const { data, blockNumber } of node.events('AnchorLog', [topic, logIdOf(origin)])) {
    const [index, size, root] = AbiCoder.defaultAbiCoder().decode(['uint256', 'uint64', 'bytes32'], data)
    yield { index: Number(index), size: Number(size), root: root as string, blockNumber }
  }
}

function compareEvent({ findings }: Audited, checkpoint: OnChain, event: AnchoredEvent): void {
  const expected = [
    checkpoint.size,
    `0x${Buffer.from(checkpoint.root).toString('hex')}`,
    checkpoint.blockNumber,
  ].join()
  const found = [event.size, event.root, event.blockNumber].join()
  if (expected !== found) findings.violation('EVENT_DIFFERS', { size: checkpoint.size }, { expected, found })
}

/** Hash and time of a block; the last that was asked for is remembered. Null = not to be had. */
function blockHashes({ node, asOf }: ChainInView) {
  let last: { number: number; hash: string; time: number } | null = asOf
  return async (number: number): Promise<{ hash: string; time: number } | null> => {
    if (last?.number === number) return last
    if (node === null) return null
    const block = await node.rpc.call<{ hash: string; timestamp: string } | null>('eth_getBlockByNumber', [
      toQuantityHex(number),
      false,
    ])
    last = block === null ? null : { number, hash: block.hash.toLowerCase(), time: Number(block.timestamp) }
    return last
  }
}

const toQuantityHex = (value: number): string => `0x${value.toString(16)}`

/** I7: what the row says of its block. A row that is newer than the chain's view is the next audit's. */
async function compareRow(
  { chain, findings, confirmations }: Audited,
  row: CheckpointRecord,
  onChain: OnChain | null,
  blockOf: ReturnType<typeof blockHashes>,
): Promise<void> {
  const at = { size: row.size }
  const { asOf, node } = chain!
  if (row.state === 'sealed' || row.block_number === null || row.block_number > asOf.number) return
  // Not on chain although it says so: told by I3.
  if (onChain === null) return
  if (onChain.blockNumber !== row.block_number || onChain.time !== row.block_time)
    findings.violation('ANCHOR_DIFFERS', at, {
      expected: `block ${onChain.blockNumber} at ${onChain.time}`,
      found: `block ${row.block_number} at ${row.block_time}`,
    })
  const block = await blockOf(row.block_number)
  if (block === null) {
    if (node === null) findings.unchecked('I7', 'hashes of blocks', 'SNAPSHOT_ONLY')
    else findings.violation('FINAL_BLOCK_DIFFERS', at, { found: row.block_hash })
  } else if (block.hash !== row.block_hash) {
    findings.violation(row.state === 'final' ? 'FINAL_BLOCK_DIFFERS' : 'ANCHOR_DIFFERS', at, {
      expected: block.hash,
      found: row.block_hash,
    })
  }
  if (row.state === 'final' && node !== null && asOf.number - row.block_number + 1 < confirmations)
    findings.violation('FINAL_NOT_DEEP', at, {
      expected: `${confirmations} blocks`,
      found: asOf.number - row.block_number + 1,
    })
}
