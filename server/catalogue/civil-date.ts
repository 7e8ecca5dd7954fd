/**
 * Dates of Chinese civil law, `YYYY-MM-DD` at UTC+8, and the instants that they stand for (docs/formats.md §1).
 */
/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6, with an offset and capital letters; no leap second. */
const DATETIME =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const LAST_DATE = '9999-12-31'
const EIGHT_HOURS = 8 * 60 * 60 * 1_000

export type TimeUnit = 'year' | 'month' | 'day'

/** Whether the text is a date that exists, in the years 1900-9999. */
export function isCivilDate(text: string): boolean {
  if (text.length !== 10 || text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return false
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  return year >= 1900 && month >= 1 && month <= 12 && day >= 1 && day <= monthLength(year, month)
}

/** Whether the text is an RFC 3339 date-time with an offset, of a date that exists. */
export function isDateTime(text: string): boolean {
  const match = DATETIME.exec(text)
  return match !== null && isCivilDate(match[1] ?? '')
}

/** The instant at which the day begins; null when that is before the year 1900 of UTC, which an instant cannot say. */
export function firstInstant(date: string): string | null {
  const before = daysLater(date, -1)
  return before < '1900' ? null : `${before}T16:00:00Z`
}

/** The last instant of the day. */
export function lastInstant(date: string): string {
  return `${date}T15:59:59Z`
}

/** The instant of a date-time, in whole seconds; null outside the years 1900-9999 of UTC. */
export function instantOf(datetime: string): string | null {
  const instant = new Date(datetime).toISOString()
  return /^\d{4}-/.test(instant) && instant >= '1900' ? `${instant.slice(0, 19)}Z` : null
}

/** The civil date at a date-time. */
export function civilDateOf(datetime: string): string {
  const there = new Date(Date.parse(datetime) + EIGHT_HOURS).toISOString()
  return there.startsWith('+') ? LAST_DATE : there.slice(0, 10)
}

/**
 * The last day of a term that begins with the day `first`: the day before the same day of a later month, and where that
 * month has no such day, its last day (Civil Code of China, article 202). Time ends with 9999-12-31.
 */
export function lastDayOf(first: string, amount: number, unit: TimeUnit): string {
  if (unit === 'day') return daysLater(first, amount - 1)
  const months = digits(first, 0, 4) * 12 + digits(first, 5, 7) - 1 + (unit === 'year' ? 12 * amount : amount)
  const year = Math.floor(months / 12)
  if (year > 9_999) return LAST_DATE
  const month = (months % 12) + 1
  const day = digits(first, 8, 10)
  const length = monthLength(year, month)
  const sameDay = `${String(year).padStart(4, '0')}-${pad(month)}-${pad(Math.min(day, length))}`
  return day > length ? sameDay : daysLater(sameDay, -1)
}

/** The date so many days later, at most 9999-12-31. */
export function daysLater(date: string, days: number): string {
  const day = digits(date, 8, 10) + days
  const year = digits(date, 0, 4)
  const month = digits(date, 5, 7)
  if (day >= 1 && day <= monthLength(year, month)) return `${date.slice(0, 8)}${pad(day)}`
  const later = new Date(Date.UTC(year, month - 1, day)).toISOString()
  return later.startsWith('+') ? LAST_DATE : later.slice(0, 10)
}

/** The number that the characters say; NaN when one is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (!(digit >= 0 && digit <= 9)) return NaN
    value = value * 10 + digit
  }
  return value
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function monthLength(year: number, month: number): number {
  const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return isLeap ? 29 : (MONTH_LENGTHS[month - 1] ?? 0)
}
