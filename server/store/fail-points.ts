/**
 * Fail points: places in the writing path at which a drill ends the process as a crash would, to see what the next start finds. They do
 * nothing unless armed, which only the start of the program does (`ONCEPROOF_FAIL_POINT`, refused in production).
 */

/** Every place where a crash could part what belongs together; the drills kill at each of them. */
export const FAIL_POINTS = [
  // Issuing and accepting: places in a status list are taken, nothing is signed; then inside of the transaction; then the
  // commit is on the disk and nobody has been told.
  'after-slots-taken',
  'before-accept',
  'mid-batch',
  'before-commit',
  'after-accept',
  // Sealing: the checkpoint is signed; inside of the transaction, the tiles are written; it is on the disk.
  'before-seal',
  'mid-seal',
  'after-seal',
  // Every transaction to the chain, of anchors, orders and grants alike, and what is noted of it afterwards.
  'before-sign',
  'after-transaction-stored',
  'after-send',
  'after-mined',
  'before-mark',
  // A step of the schema has run and is not committed.
  'mid-migration',
] as const

export type FailPoint = (typeof FAIL_POINTS)[number]

export interface ArmedFailPoint {
  name: FailPoint
  /** The first time that it is passed is 1. */
  time: number
}

let armed: (ArmedFailPoint & { end: () => void }) | null = null

/** From now on `end` is called when the place is passed for that time. `end` does not return. */
export function armFailPoint(point: ArmedFailPoint, end: () => void): void {
  armed = { ...point, end }
}

/** Reads `after-send` or `after-send:3`; undefined when it is neither. */
export function readFailPoint(text: string): ArmedFailPoint | undefined {
  const [, word, time = '1'] = /^([a-z-]+)(?::([1-9]\d{0,5}))?$/.exec(text) ?? []
  const name = FAIL_POINTS.find(one => one === word)
  return name === undefined ? undefined : { name, time: Number(time) }
}

/** This place was passed. */
export function failPoint(name: FailPoint): void {
  if (armed?.name !== name) return
  armed.time -= 1
  if (armed.time === 0) armed.end()
}
