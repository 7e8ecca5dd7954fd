/**
 * Rows for tests, benchmarks and demonstrations: invented, valid by every check of the catalogue, and the same for the
 * same seed.
 */
import { Refusal } from '../../protocol/refusal.ts'
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import type { TypeDefinition } from '../../server/catalogue/type-definition.ts'
import { chanceOf } from './random.ts'
import { makers, type Row } from './rows.ts'

/** The day that generated rows are as of, unless another is named: dates of issue lie before it, most last days after. */
export const GENERATED_AS_OF = '2026-06-01'

/**
 * `count` rows of a certificate type, one at a time, so that a million cost no memory. A row depends on seed and place only:
 * a longer batch begins with the rows of a shorter one. Numbers of certificates do not repeat within a batch as far as their
 * digits reach; people do not up to 74 million. Refuses `GENERATOR_TYPE` for a type that is not of the demonstration region.
 */
export function* generateRows(
  definition: TypeDefinition,
  count: number,
  seed: number | string,
  today: string = GENERATED_AS_OF,
): Generator<Row, void, undefined> {
  const make = Object.hasOwn(makers, definition.code) ? makers[definition.code] : undefined
  if (make === undefined) {
    throw new Refusal('GENERATOR_TYPE', `there is no generator for the type ${definition.code}`, {
      expected: Object.keys(makers).join(', '),
      found: definition.code,
    })
  }
  const start = chanceOf(seed, -1).integer(0, 99_999_999)
  for (let index = 0; index < count; index++) {
    yield make({ chance: chanceOf(seed, index), index, start, today })
  }
}

/**
 * The same as NDJSON, one line with its line feed for each row. Gives way to other work now and then, so that a gateway or
 * a pipe is served meanwhile. Refuses `TYPE_NOT_FOUND`, and `GENERATOR_COUNT` for a count that is no whole number from 0.
 */
export async function* generateNdjson(
  type: string,
  count: number,
  seed: number | string,
  today: string = GENERATED_AS_OF,
): AsyncGenerator<string, void, undefined> {
  const definition = typeIn(demoRegion(), type)
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new Refusal('GENERATOR_COUNT', 'the count is a whole number from 0', { found: String(count) })
  }
  let lines = 0
  for (const row of generateRows(definition, count, seed, today)) {
    yield `${JSON.stringify(row)}\n`
    if (++lines % 1_000 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}
