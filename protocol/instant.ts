/**
 * Instants: RFC 3339 in UTC with whole seconds (docs/formats.md §1), as seconds since 1970 inside.
 */
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/

/** Seconds since 1970, or null when the text is not such an instant or names a date that does not exist. */
export function parseInstant(text: string): number | null {
  const match = INSTANT.exec(text)
  if (match === null || Number(match[1]) < 1900) return null
  const milliseconds = Date.parse(text)
  // Date.parse rolls 31 April over to 1 May: what it understood must print as what was written.
  return Number.isNaN(milliseconds) || formatInstant(milliseconds / 1000) !== text
    ? null
    : milliseconds / 1000
}

/** The instant of whole seconds since 1970. */
export function formatInstant(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
}
