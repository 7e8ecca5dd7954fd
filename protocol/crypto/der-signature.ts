/**
 * ECDSA P-256 signatures between their two forms: DER, as OpenSSL writes them, and r‖s in 64 bytes, as JWS has them (RFC 7518 §3.4,
 * https://www.rfc-editor.org/rfc/rfc7518#section-3.4). Node converts on request, but takes half the time of a signature to do it.
 *
 *     0x30 length  0x02 length r  0x02 length s      each number as short as it can be, with 0x00 before a high first bit
 */
const SEQUENCE = 0x30
const INTEGER = 0x02
const NUMBER_BYTES = 32

/** r‖s of a DER signature that OpenSSL has made. */
export function signatureFromDer(der: Uint8Array): Uint8Array {
  const signature = new Uint8Array(2 * NUMBER_BYTES)
  let at = 2
  for (const end of [NUMBER_BYTES, 2 * NUMBER_BYTES]) {
    const length = der[at + 1] ?? 0
    const next = at + 2 + length
    const digits = Math.min(length, NUMBER_BYTES)
    signature.set(der.subarray(next - digits, next), end - digits)
    at = next
  }
  return signature
}

/** DER of r‖s. Whether the numbers can be a signature at all is for the verification to say. */
export function signatureToDer(signature: Uint8Array): Uint8Array {
  const der = new Uint8Array(2 * (NUMBER_BYTES + 3) + 2)
  let at = 2
  for (const start of [0, NUMBER_BYTES]) {
    const end = start + NUMBER_BYTES
    let first = start
    while (first < end - 1 && signature[first] === 0) first++
    const sign = (signature[first] ?? 0) >> 7
    der[at] = INTEGER
    der[at + 1] = sign + end - first
    der.set(signature.subarray(first, end), at + 2 + sign)
    at += 2 + sign + end - first
  }
  der[0] = SEQUENCE
  der[1] = at - 2
  return der.subarray(0, at)
}
