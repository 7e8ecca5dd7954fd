/**
 * Working days, by which authorities promise to answer: Monday to Friday at UTC+8, without the public holidays and with the
 * weekend days on which people work instead. Which those are is announced year by year, so they are data (`holidays.json`);
 * in a year without an announcement only the weekends are free.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** Days as `YYYY-MM-DD`. */
export interface Holidays {
  /** Free although it is Monday to Friday (weekend days may stand here too). */
  readonly off: ReadonlySet<string>
  /** Worked although it is a weekend. */
  readonly on: ReadonlySet<string>
}

const DAY_SECONDS = 86_400
/** Chinese civil time has had one offset all year round since 1992. */
const OFFSET_SECONDS = 8 * 3_600

/**
 * The last second of the `count`-th working day after the day of `from` (seconds). A day that has begun does not count: whoever asks
 * on Friday evening and is promised one working day may wait until the end of Monday.
 */
export function endOfWorkingDay(from: number, count: number, holidays: Holidays): number {
  let day = Math.floor((from + OFFSET_SECONDS) / DAY_SECONDS)
  for (let left = count; left > 0;) if (isWorkingDay(++day, holidays)) left--
  return (day + 1) * DAY_SECONDS - OFFSET_SECONDS - 1
}

/** How many working days begin after the day of `now`, up to the day of `dueAt`: 0 on the last day itself, and when it has passed. */
export function workingDaysLeft(now: number, dueAt: number, holidays: Holidays): number {
  const last = Math.floor((dueAt + OFFSET_SECONDS) / DAY_SECONDS)
  let left = 0
  for (let day = Math.floor((now + OFFSET_SECONDS) / DAY_SECONDS) + 1; day <= last; day++)
    if (isWorkingDay(day, holidays)) left++
  return left
}

/** `day` counts civil days since 1970-01-01. */
function isWorkingDay(day: number, { off, on }: Holidays): boolean {
  const text = new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10)
  if (on.has(text)) return true
  if (off.has(text)) return false
  // 1970-01-01 was a Thursday.
  return (day + 3) % 7 < 5
}

const days = z.array(z.iso.date())
const announced = z.record(z.string().regex(/^\d{4}$/), z.strictObject({ off: days, on: days }))

let known: Holidays | undefined

/** The announced holidays, read once. */
export function announcedHolidays(): Holidays {
  const path = new URL('holidays.json', import.meta.url)
  const years = () => Object.values(announced.parse(JSON.parse(readFileSync(path, 'utf8'))))
  known ??= {
    off: new Set(years().flatMap(({ off }) => off)),
    on: new Set(years().flatMap(({ on }) => on)),
  }
  return known
}
