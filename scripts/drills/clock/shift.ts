/**
 * A clock of processes that can be set while they run (`shift.c`).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilePreload, forChildren } from '../preload/preload.ts'

export interface ShiftedClock {
  /** For the environment of a process; what it starts has the same clock. */
  env: Record<string, string>
  /** From now on that clock is so many milliseconds before the machine's; below 0 it is behind. */
  set: (milliseconds: number) => void
}

const NANOSECONDS = 1_000_000n

/** A clock that goes as the machine's until it is set; its files stand in `folder`. Null when this machine has no C compiler. */
export function shiftedClock(folder: string): ShiftedClock | null {
  const library = compilePreload(join(import.meta.dirname, 'shift.c'), folder)
  if (library === null) return null
  const control = join(folder, 'shift')
  const set = (milliseconds: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(milliseconds) * NANOSECONDS)
    // In place: processes have mapped this file. Eight bytes at once are never seen half.
    writeFileSync(control, bytes, { flag: 'r+' })
  }
  writeFileSync(control, Buffer.alloc(8))
  const env = { LD_PRELOAD: library, SHIFT_CONTROL: control }
  return { env: { ...env, ...forChildren(env) }, set }
}
