/**
 * Whether what a scanner read is an address of this gateway that shows a certificate; the path to go to, or null. Nothing else is ever
 * followed: a code stuck over ours must not lead anybody elsewhere.
 */
export function ownPath(scanned: string, origin: string): string | null {
  if (!scanned.startsWith(`${origin}/`)) return null
  const path = scanned.slice(origin.length)
  return /^\/(?:v\/[0-9A-Za-z-]{1,40}(?:\?k=[\w-]{1,100})?|p\/[\w-]{1,200})$/.test(path) ? path : null
}
