/** How the oracles of the drills ask a gateway. */
import type { HammeredGateway } from './hammer.ts'
import type { Told } from './told.ts'

export interface CheckedGateway extends HammeredGateway {
  readonly chainUrl: string
  /** The trust file of the day on which the gateway was new. */
  readonly trustPath: string
}

/** What an oracle of one kind of operations found. */
export interface PartCheck {
  violations: string[]
  /** Of what was acknowledged, how much is not there as it was told. */
  lost: number
  /** Statements that follow from what was told, to be held against the log as if each had been told itself. */
  statements: Told[]
}

export const LOOK_EVERY_MS = 50
const FILES_AT_ONCE = 8

/** Null when it is not there. Rejects when the gateway does not answer. */
export async function read(gateway: HammeredGateway, path: string): Promise<Buffer | null> {
  const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${gateway.token}` } })
  const body = Buffer.from(await response.arrayBuffer())
  if (response.ok) return body
  if (response.status === 404) return null
  throw new Error(`${path} answered ${response.status}: ${body.toString().slice(0, 300)}`)
}

/** Several at a time. */
export async function eachAtOnce<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) await work(items[i]!)
  }
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, worker))
}
