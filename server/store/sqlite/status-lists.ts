/**
 * Status lists in SQLite: the indices of a list are shuffled once, when it is opened, and handed out in that order, so that an
 * index says nothing about when or after whom a certificate was issued.
 */
import { randomFillSync } from 'node:crypto'
import { Refusal, invariant } from '../../../protocol/refusal.ts'
import type { StatusSlot, Store } from '../store.ts'
import type { Context } from './context.ts'

/** Bits of a list (formats.md §4): 16 KiB, the least that a W3C Bitstring Status List may have. */
const CAPACITY = 131_072
const INDICES_OF_A_CHUNK = 2048
const INDEX_BYTES = 4

interface ListRecord {
  id: number
  number: number
  used: number
  capacity: number
}

type StatusListVerbs = Pick<Store, 'openStatusList' | 'statusLists' | 'takeStatusSlots'>

export function statusListVerbs({ db, write }: Context): StatusListVerbs {
  const insertList = db.prepare<[string, number, number]>(
    'INSERT INTO status_lists (department, number, used, capacity) VALUES (?, ?, 0, ?) ON CONFLICT DO NOTHING',
  )
  const insertChunk = db.prepare<[number, number, Uint8Array]>('INSERT INTO status_order VALUES (?, ?, ?)')
  const all = db.prepare<[], { department: string; number: number; used: number; capacity: number }>(
    'SELECT department, number, used, capacity FROM status_lists ORDER BY department, number',
  )
  const newest = db.prepare<[string], ListRecord>(
    'SELECT id, number, used, capacity FROM status_lists WHERE department = ? ORDER BY number DESC LIMIT 1',
  )
  const chunkOf = db
    .prepare<[number, number], Buffer>('SELECT indices FROM status_order WHERE list = ? AND chunk = ?')
    .pluck()
  const use = db.prepare<[number, number]>('UPDATE status_lists SET used = ? WHERE id = ?')

  function open(department: string, number: number): void {
    const { changes, lastInsertRowid } = insertList.run(department, number, CAPACITY)
    if (changes === 0) return
    const order = shuffledIndices(CAPACITY)
    for (let chunk = 0; chunk * INDICES_OF_A_CHUNK < CAPACITY; chunk++) {
      const at = chunk * INDICES_OF_A_CHUNK
      const indices = Buffer.alloc(INDICES_OF_A_CHUNK * INDEX_BYTES)
      order
        .subarray(at, at + INDICES_OF_A_CHUNK)
        .forEach((index, i) => indices.writeUInt32LE(index, i * INDEX_BYTES))
      insertChunk.run(Number(lastInsertRowid), chunk, indices)
    }
  }

  function take(department: string, count: number): StatusSlot[] {
    const list = newest.get(department)
    const left = list === undefined ? 0 : list.capacity - list.used
    if (list === undefined || left < count) {
      throw new Refusal(
        'STATUS_LIST_FULL',
        `${department} has ${left} free status indices, ${count} are needed`,
        {
          expected: `at least ${count} free`,
          found: `${left} free`,
        },
      )
    }
    const slots: StatusSlot[] = []
    let indices: Buffer | undefined
    for (let at = list.used; at < list.used + count; at++) {
      const within = at % INDICES_OF_A_CHUNK
      if (indices === undefined || within === 0)
        indices = chunkOf.get(list.id, Math.floor(at / INDICES_OF_A_CHUNK))
      invariant(
        indices !== undefined,
        `the order of status list ${department}/${list.number} has a gap at ${at}`,
      )
      slots.push({ list: list.number, index: indices.readUInt32LE(within * INDEX_BYTES) })
    }
    use.run(list.used + count, list.id)
    return slots
  }

  return {
    openStatusList: (department, number) => write(() => open(department, number)),
    async statusLists() {
      return all.all()
    },
    takeStatusSlots: (department, count) => write(() => take(department, count)),
  }
}

/** 0 … count − 1 in random order: Fisher-Yates with numbers from the operating system, none of them biased. */
export function shuffledIndices(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const random = new Uint32Array(4096)
  let left = 0
  for (let i = count - 1; i > 0; i--) {
    const choices = i + 1
    // Numbers at or above the largest multiple of `choices` would favour the small ones.
    const limit = 2 ** 32 - (2 ** 32 % choices)
    let drawn: number
    do {
      if (left === 0) left = randomFillSync(random).length
      drawn = random[--left] ?? 0
    } while (drawn >= limit)
    const j = drawn % choices
    const moved = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = moved
  }
  return order
}
