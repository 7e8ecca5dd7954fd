/**
 * Which points both doors accept in Ed25519, as a public key and as the R of a signature. RFC 8032 leaves room here, and libraries
 * use it differently: OpenSSL takes y ≥ p and points of small order, WebCrypto and Node's newer versions do not. Without one rule
 * the same file would be genuine in one place and not in another. Ours: the encoding is canonical, and the point is not of small
 * order (under such a key one signature holds for many messages).
 */

/** y of the points of order 1, 2, 4 and 8, little-endian without the sign bit. https://www.rfc-editor.org/rfc/rfc7748#section-6 */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]

/** Their last bytes, and that of y ≥ p. Nearly every point ends otherwise, so the rest is seldom looked at. */
const SUSPICIOUS_ENDS = new Set([0x00, 0x7f, 0x05, 0x7a])

/** Whether 32 bytes encode y < p and no point of small order. Does not check that the point is on the curve. */
export function isSoundEd25519Point(point: Uint8Array): boolean {
  if (point.length !== 32) return false
  if (!SUSPICIOUS_ENDS.has((point[31] ?? 0) & 0x7f)) return true
  let y = ''
  for (let i = 0; i < 32; i++) y += ((point[i] ?? 0) & (i === 31 ? 0x7f : 0xff)).toString(16).padStart(2, '0')
  return isBelowFieldPrime(y) && !SMALL_ORDER_Y.includes(y)
}

/** p = 2^255 − 19: in little-endian hex `ed ff … ff 7f`. */
function isBelowFieldPrime(y: string): boolean {
  return !(y.endsWith('ff'.repeat(30) + '7f') && Number.parseInt(y.slice(0, 2), 16) >= 0xed)
}
