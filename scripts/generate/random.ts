/**
 * Chance that can be repeated: the same seed gives the same values on every machine. For test and demonstration data
 * only, never for anything secret.
 */
export interface Chance {
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number
  /** One of the values. */
  pick<T>(values: readonly T[]): T
  /** True in about `share` of the cases, 0 to 1. */
  happens(share: number): boolean
  /** So many decimal digits. */
  digits(count: number): string
}

/** Sequence number `stream` of the seed: each row has its own, so row 7 is the same in a batch of 8 and of 8,000. */
export function chanceOf(seed: number | string, stream: number): Chance {
  let state = mix(hash(String(seed)) ^ mix(stream + 1))

  /** mulberry32: https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }

  const integer = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    integer,
    pick: <T>(values: readonly T[]): T => values[integer(0, values.length - 1)] as T,
    happens: share => next() < share,
    digits: count => Array.from({ length: count }, () => integer(0, 9)).join(''),
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value
}

/** The finaliser of MurmurHash3: neighbouring streams become unlike each other. */
function mix(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
