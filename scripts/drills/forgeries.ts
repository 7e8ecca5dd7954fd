/**
 * Forgeries: certificate files that are wrong in one place, by every bit, by every member, and by parts of other genuine files.
 */
import { fromUtf8, toUtf8, utf8FromBase64url, utf8ToBase64url } from '../../protocol/bytes.ts'
import type { JsonObject, JsonValue } from '../../protocol/json.ts'
import type { Verdict } from '../../protocol/verdict.ts'
import type { Chance } from '../generate/random.ts'

/** Refused, or undetermined: what a changed file may come to. Neither dates nor status can excuse a change. */
export const NOT_ACCEPTED: readonly Verdict[] = ['UNREADABLE', 'TAMPERED', 'CANNOT_CHECK']

type Path = (string | number)[]

/** Every member and element inside a JSON value, by its path. */
export function* membersOf(value: JsonValue, path: Path = []): Generator<Path> {
  if (typeof value !== 'object' || value === null) return
  const names: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  for (const name of names) {
    yield [...path, name]
    yield* membersOf((value as JsonObject)[name]!, [...path, name])
  }
}

export function changedAt(
  value: JsonValue,
  path: Path,
  change: (holder: JsonObject, name: string) => void,
): JsonValue {
  const copy = structuredClone(value)
  let holder = copy as JsonObject
  for (const name of path.slice(0, -1)) holder = holder[name] as JsonObject
  change(holder, String(path.at(-1)))
  return copy
}

const valueAt = (value: JsonValue, path: Path): JsonValue =>
  path.reduce<JsonValue>((inner, name) => (inner as JsonObject)[name]!, value)

/** Texts of a JSON value in which one member is replaced, removed, retyped or named twice. */
export function* variantsOf(value: JsonValue): Generator<[what: string, text: string]> {
  for (const path of membersOf(value)) yield* variantsAt(value, path)
}

/** Those that change the member at `path`. */
function* variantsAt(value: JsonValue, path: Path): Generator<[what: string, text: string]> {
  const others: JsonValue[] = [null, true, 0, 1, -1, '', 'x', [], {}, [null], { a: 1 }]
  const own = valueAt(value, path)
  const replacements: JsonValue[] = [
    ...others,
    ...(typeof own === 'string' ? [`${own}x`, own.slice(1), own.toUpperCase(), [own]] : []),
    ...(typeof own === 'number' ? [own + 1, own - 1, String(own), own + 0.5] : []),
    ...(Array.isArray(own) ? [[...own, ...own], own.slice(1), [...own].reverse()] : []),
  ]
  for (const replacement of replacements) {
    const text = JSON.stringify(changedAt(value, path, (holder, name) => (holder[name] = replacement)))
    if (text !== JSON.stringify(value)) yield [`${path.join('.')} = ${JSON.stringify(replacement)}`, text]
  }
  yield [
    `${path.join('.')} removed`,
    JSON.stringify(
      changedAt(value, path, (holder, name) => {
        if (Array.isArray(holder)) holder.splice(Number(name), 1)
        else delete holder[name]
      }),
    ),
  ]
  const inArray = Array.isArray(valueAt(value, path.slice(0, -1)))
  const twice = changedAt(value, path, (holder, name) => {
    if (inArray) (holder as unknown as JsonValue[]).splice(Number(name), 0, own)
    else holder['a member named twice'] = own
  })
  yield [
    `${path.join('.')} twice`,
    JSON.stringify(twice).replace('"a member named twice"', JSON.stringify(path.at(-1))),
  ]
  yield [
    `unknown member beside ${path.join('.')}`,
    JSON.stringify(
      changedAt(value, path, holder => {
        if (Array.isArray(holder)) holder.push('unknown')
        else holder['unknown'] = 1
      }),
    ),
  ]
}

/** The file with one bit flipped; the same `bit` flips it back. */
export function withBitFlipped(file: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(file)
  changed[bit >> 3]! ^= 1 << (bit & 7)
  return changed
}

interface Parts {
  file: JsonObject
  statement: [header: string, payload: string, signature: string]
  disclosures: string[]
}

function partsOf(bytes: Uint8Array): Parts {
  const file = JSON.parse(fromUtf8(bytes)!) as JsonObject
  const [statement = '', ...disclosures] = (file['certificate'] as string).split('~').slice(0, -1)
  const [header = '', payload = '', signature = ''] = statement.split('.')
  return { file, statement: [header, payload, signature], disclosures }
}

const assembled = ({ file, statement, disclosures }: Parts): JsonObject => ({
  ...file,
  certificate: `${[statement.join('.'), ...disclosures].join('~')}~`,
})

/** One structural forgery of a genuine file, with parts of another one where it needs them; says how it was made. */
export function forged(
  own: Uint8Array,
  other: Uint8Array,
  chance: Chance,
): { how: string; bytes: Uint8Array } {
  const mine = partsOf(own)
  const theirs = partsOf(other)
  const [how, make] = chance.pick(FORGERIES)
  const made = make(mine, theirs, chance)
  return { how, bytes: toUtf8(typeof made === 'string' ? made : JSON.stringify(made)) }
}

type Forgery = (mine: Parts, theirs: Parts, chance: Chance) => JsonObject | string

const FORGERIES: readonly [how: string, make: Forgery][] = [
  ['a member of the file changed', ({ file }, _, chance) => variantOf(file, chance)],
  [
    'a member of the header changed',
    ({ file, statement: [header, payload, signature], disclosures }, _, chance) =>
      assembled({ file, statement: [variantInBase64url(header, chance), payload, signature], disclosures }),
  ],
  [
    'a member of the payload changed',
    ({ file, statement: [header, payload, signature], disclosures }, _, chance) =>
      assembled({ file, statement: [header, variantInBase64url(payload, chance), signature], disclosures }),
  ],
  [
    'a member of a disclosure changed',
    ({ file, statement, disclosures }, _, chance) => {
      const at = chance.integer(0, disclosures.length - 1)
      const changed = variantInBase64url(disclosures[at]!, chance)
      return assembled({ file, statement, disclosures: disclosures.with(at, changed) })
    },
  ],
  [
    'the signature of another',
    (mine, { statement }) =>
      assembled({ ...mine, statement: [mine.statement[0], mine.statement[1], statement[2]] }),
  ],
  [
    'the payload of another',
    (mine, { statement }) =>
      assembled({ ...mine, statement: [mine.statement[0], statement[1], mine.statement[2]] }),
  ],
  [
    'a disclosure of another',
    (mine, { disclosures }, chance) => {
      const at = chance.integer(0, mine.disclosures.length - 1)
      return assembled({ ...mine, disclosures: mine.disclosures.with(at, chance.pick(disclosures)) })
    },
  ],
  [
    'a disclosure of another added',
    (mine, { disclosures }, chance) =>
      assembled({ ...mine, disclosures: [...mine.disclosures, chance.pick(disclosures)] }),
  ],
  [
    'a disclosure twice',
    (mine, _, chance) =>
      assembled({ ...mine, disclosures: [...mine.disclosures, chance.pick(mine.disclosures)] }),
  ],
  ['the receipt of another', ({ file }, theirs) => ({ ...file, receipt: theirs.file['receipt']! })],
  ['the statement of another under its own receipt', ({ file }, theirs) => assembled({ ...theirs, file })],
  [
    'a line of the proof removed, doubled or exchanged',
    ({ file }, _, chance) => {
      const receipt = file['receipt'] as JsonObject
      const lines = (receipt['proof'] as string).split('\n')
      const at = chance.integer(0, lines.length - 2)
      const changed = chance.pick([
        lines.toSpliced(at, 1),
        lines.with(at, `${lines[at]} `),
        lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!),
      ])
      return { ...file, receipt: { ...receipt, proof: changed.join('\n') } }
    },
  ],
  [
    'cut off',
    ({ file }, _, chance) => {
      const text = JSON.stringify(file)
      return text.slice(0, chance.integer(0, text.length - 1))
    },
  ],
  [
    'a piece moved',
    ({ file }, _, chance) => {
      const text = JSON.stringify(file)
      const [from, length] = [chance.integer(0, text.length), chance.integer(1, 60)]
      const without = text.slice(0, from) + text.slice(from + length)
      const at = chance.integer(0, without.length)
      return without.slice(0, at) + text.slice(from, from + length) + without.slice(at)
    },
  ],
]

function variantOf(value: JsonValue, chance: Chance): string {
  const [, text] = chance.pick([...variantsAt(value, chance.pick([...membersOf(value)]))])
  return text
}

const variantInBase64url = (part: string, chance: Chance): string =>
  utf8ToBase64url(variantOf(JSON.parse(utf8FromBase64url(part)!) as JsonValue, chance))
