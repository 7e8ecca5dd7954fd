/**
 * Instants: RFC 3339 in UTC with whole seconds (docs/formats.md §1), as seconds since 1970 inside.
 */
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/

/** Seconds since 1970, or null when the text is not such an instant or names a date that does not exist. */
export function parseInstant(text: string): number | null {
  const match = INSTANT.exec(text)
  if (match === null || Number(match[1]) < 1900) return null
  const date = new Date(text)
  // Rolls 31 April and 24:00:00 over to the next day; a part that is out of range otherwise makes no date at all.
  return date.getUTCDate() === Number(match[3]) ? date.getTime() / 1000 : null
}

/** The instant of whole seconds since 1970. */
export function formatInstant(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
}
