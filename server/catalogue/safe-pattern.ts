/**
 * Patterns of a certificate type are data that somebody publishes, so they may not be any regular expression: one that
 * backtracks would let one row stop the gateway. Accepted is a small language of which every member is matched in a
 * time proportional to the text:
 *
 *     ^ sequence $        with characters, \d \w and escaped punctuation, ., [classes], (groups), (?:groups), |, ? * + {n} {n,} {n,m}
 *
 * No look-around, back-references, lazy quantifiers or inner anchors, and *deterministic*: wherever one is in the
 * pattern, the next character can be read, and reached, in one way only (strongly one-unambiguous; see
 * https://doi.org/10.1006/inco.1997.2688). Then every wrong turn ends at its first character.
 */
import { Refusal } from '../../protocol/refusal.ts'

/** Inclusive ranges of code points, ascending. */
type CharacterSet = readonly (readonly [number, number])[]

interface Fragment {
  /** Whether it matches the empty text. */
  nullable: boolean
  first: number[]
  last: number[]
}

const LAST_CODE_POINT = 0x10ffff
const DIGITS: CharacterSet = [[0x30, 0x39]]
const WORD: CharacterSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
/** What `.` does not match: https://tc39.es/ecma262/#prod-LineTerminator */
const LINE_ENDS: CharacterSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]
const PUNCTUATION = new Set('^$\\.*+?()[]{}|/')

const MAX_PATTERN_LENGTH = 500
/** Each repetition is written out, so `{500}` is 500 positions; the pairwise comparison below stays cheap up to this. */
const MAX_POSITIONS = 1_000
const MAX_DEPTH = 20

/**
 * The compiled pattern (flag `u`: one code point is one character).
 *
 * Refuses `TYPE_PATTERN_SYNTAX` (not a regular expression, or a construct outside the language above),
 * `TYPE_PATTERN_ANCHOR` (does not begin with `^` and end with `$`), `TYPE_PATTERN_UNSAFE` (ambiguous or too large).
 */
export function compilePattern(source: string): RegExp {
  if (source.length > MAX_PATTERN_LENGTH) {
    throw unsafe(`is longer than ${MAX_PATTERN_LENGTH} characters`)
  }
  if (!source.startsWith('^') || !/(?<!\\)(?:\\\\)*\$$/u.test(source)) {
    throw new Refusal('TYPE_PATTERN_ANCHOR', 'a pattern begins with ^ and ends with $')
  }
  assertDeterministic(source.slice(1, -1))
  try {
    return new RegExp(source, 'u')
  } catch (error) {
    throw syntax(error instanceof Error ? error.message : String(error))
  }
}

function syntax(why: string): Refusal {
  return new Refusal('TYPE_PATTERN_SYNTAX', `the pattern ${why}`)
}

function unsafe(why: string): Refusal {
  return new Refusal('TYPE_PATTERN_UNSAFE', `the pattern ${why}`)
}

/** Reads the pattern into its position automaton (Glushkov) and looks for two ways to read one character. */
function assertDeterministic(body: string): void {
  const characters = Array.from(body)
  const sets: CharacterSet[] = []
  /** With repeats: two loops that lead to the same position, as in (a+)+, are two ways to get there. */
  const follow: number[][] = []
  let at = 0
  let depth = 0

  const whole = alternatives()
  if (at < characters.length) throw syntax('has a closing bracket without an opening one')
  if (whole.alternatives > 1) {
    // ^a|b$ is anchored at one end of each branch only.
    throw new Refusal('TYPE_PATTERN_ANCHOR', 'alternatives stand in a group: ^(a|b)$')
  }
  assertDisjoint(whole.first)
  for (const next of follow) assertDisjoint(next)

  function alternatives(): Fragment & { alternatives: number } {
    const branches = [sequence()]
    while (characters[at] === '|') {
      at++
      branches.push(sequence())
    }
    return {
      nullable: branches.some(branch => branch.nullable),
      first: branches.flatMap(branch => branch.first),
      last: branches.flatMap(branch => branch.last),
      alternatives: branches.length,
    }
  }

  function sequence(): Fragment {
    let read: Fragment = { nullable: true, first: [], last: [] }
    while (at < characters.length && characters[at] !== '|' && characters[at] !== ')') {
      read = then(read, repeated())
    }
    return read
  }

  function repeated(): Fragment {
    const start = at
    const one = atom()
    const times = quantifier()
    if (times === null) return one
    if (characters[at] === '?') throw syntax('has a lazy quantifier')
    if (times.most === 0) throw syntax('repeats something zero times')
    if (one.nullable) throw unsafe('repeats something that may be empty')

    // Written out as x(x(x)?)?: each copy is reached from the one before it only.
    const after = at
    const copies = times.most === Infinity ? Math.max(times.least, 1) : times.most
    const last = times.least <= 1 ? [...one.last] : []
    let copy = one
    for (let count = 2; count <= copies; count++) {
      at = start
      const next = atom()
      link(copy.last, next.first)
      if (count >= times.least) last.push(...next.last)
      copy = next
    }
    at = after
    if (times.most === Infinity) link(copy.last, copy.first)
    return { nullable: times.least === 0, first: one.first, last }
  }

  function then(left: Fragment, right: Fragment): Fragment {
    link(left.last, right.first)
    return {
      nullable: left.nullable && right.nullable,
      first: left.nullable ? [...left.first, ...right.first] : left.first,
      last: right.nullable ? [...left.last, ...right.last] : right.last,
    }
  }

  function link(from: readonly number[], to: readonly number[]): void {
    for (const position of from) follow[position]?.push(...to)
  }

  function quantifier(): { least: number; most: number } | null {
    const character = characters[at]
    if (character === '?' || character === '*' || character === '+') {
      at++
      return { least: character === '+' ? 1 : 0, most: character === '?' ? 1 : Infinity }
    }
    if (character !== '{') return null
    const match = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/u.exec(characters.slice(at, at + 12).join(''))
    if (match === null) throw syntax('has a { that is no quantifier')
    at += match[0].length
    const least = Number(match[1])
    const most = match[2] === undefined ? least : match[3] === undefined ? Infinity : Number(match[3])
    if (most < least) throw syntax('has a quantifier whose upper bound is the smaller one')
    return { least, most }
  }

  function atom(): Fragment {
    const character = characters[at]
    if (character === '(') return group()
    if (character === '[') return position(characterClass())
    if (character === '.') {
      at++
      return position(complement(LINE_ENDS))
    }
    if (character === '\\') return position(escape())
    if (character === undefined || '*+?{}]^$)'.includes(character)) {
      throw syntax(`has a misplaced ${character ?? 'end'}`)
    }
    at++
    return position(single(character))
  }

  function group(): Fragment {
    if (++depth > MAX_DEPTH) throw unsafe('is nested too deep')
    at++
    if (characters[at] === '?') {
      if (characters[at + 1] !== ':') throw syntax('looks around, names a group or sets flags')
      at += 2
    }
    const inside = alternatives()
    if (characters[at] !== ')') throw syntax('has an opening bracket without a closing one')
    at++
    depth--
    return inside
  }

  function position(set: CharacterSet): Fragment {
    if (sets.length >= MAX_POSITIONS) throw unsafe(`has more than ${MAX_POSITIONS} positions`)
    sets.push(set)
    follow.push([])
    const here = sets.length - 1
    return { nullable: false, first: [here], last: [here] }
  }

  function escape(): CharacterSet {
    const escaped = characters[at + 1]
    at += 2
    if (escaped === 'd') return DIGITS
    if (escaped === 'w') return WORD
    if (escaped === undefined || !PUNCTUATION.has(escaped)) {
      throw syntax(`has the escape \\${escaped ?? ''}, which is not accepted`)
    }
    return single(escaped)
  }

  function characterClass(): CharacterSet {
    at++
    const negated = characters[at] === '^'
    if (negated) at++
    const ranges: [number, number][] = []
    while (characters[at] !== ']') {
      if (at >= characters.length) throw syntax('has a class without its end')
      const from = classMember()
      if (characters[at] === '-' && characters[at + 1] !== ']') {
        at++
        const to = classMember()
        const low = from[0]?.[0] ?? 0
        const high = to[0]?.[0] ?? 0
        if (isRange(from) || isRange(to) || high < low) throw syntax('has a range that is none')
        ranges.push([low, high])
      } else {
        for (const [low, high] of from) ranges.push([low, high])
      }
    }
    at++
    if (ranges.length === 0) throw syntax('has an empty class')
    ranges.sort((a, b) => a[0] - b[0])
    return negated ? complement(ranges) : ranges
  }

  function classMember(): CharacterSet {
    const character = characters[at]
    if (character === undefined) throw syntax('has a class without its end')
    if (character === '\\') {
      if (characters[at + 1] === '-') {
        at += 2
        return single('-')
      }
      return escape()
    }
    at++
    return single(character)
  }

  function assertDisjoint(positions: readonly number[]): void {
    const ranges = positions.flatMap(here => merged(sets[here] ?? [])).sort((a, b) => a[0] - b[0])
    for (let i = 1; i < ranges.length; i++) {
      const [low] = ranges[i] ?? [0, 0]
      const [, high] = ranges[i - 1] ?? [0, 0]
      if (low <= high) throw unsafe('can read the same character in two ways')
    }
  }
}

function single(character: string): CharacterSet {
  const codePoint = character.codePointAt(0) ?? 0
  return [[codePoint, codePoint]]
}

function isRange(set: CharacterSet): boolean {
  const [first] = set
  return set.length !== 1 || first === undefined || first[0] !== first[1]
}

/** The same set without overlaps: [\dA-Z0] is one way to read a 0, not two. */
function merged(set: CharacterSet): [number, number][] {
  const out: [number, number][] = []
  for (const [low, high] of set) {
    const before = out.at(-1)
    if (before !== undefined && low <= before[1] + 1) before[1] = Math.max(before[1], high)
    else out.push([low, high])
  }
  return out
}

function complement(set: CharacterSet): CharacterSet {
  const out: [number, number][] = []
  let next = 0
  for (const [low, high] of merged(set)) {
    if (low > next) out.push([next, low - 1])
    next = high + 1
  }
  if (next <= LAST_CODE_POINT) out.push([next, LAST_CODE_POINT])
  return out
}
