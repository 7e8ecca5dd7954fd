/**
 * Data to show and to try with: the demonstration region, and generated rows.
 */
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { loadDemo } from '../../server/demo.ts'
import { GENERATED_AS_OF, generateNdjson } from '../generate/certificates.ts'
import { isCivilDate } from '../../server/catalogue/civil-date.ts'
import { gatewayUrl, dataDirOf, type GatewayOptions } from './gateway.ts'
import { readSecret } from './files.ts'
import { both, labels } from './messages.ts'
import { line, usage, withProgress, type Outcome } from './terminal.ts'
import { join } from 'node:path'

/** Loads the demonstration region through the API. Again changes nothing. */
export async function demo(options: GatewayOptions): Promise<Outcome> {
  const token = await readSecret(
    options.tokenFile ?? join(dataDirOf(undefined), 'operator.token'),
    'TOKEN_FILE',
  )
  const counts = await withProgress(labels.loading, progress =>
    loadDemo({ url: gatewayUrl(options.url), token, onProgress: progress.to }),
  )
  return {
    data: counts,
    lines: [
      both(labels.loaded),
      line(labels.departments, counts.departments),
      line(labels.types, counts.types),
      line(labels.certificates, counts.certificates),
      line(labels.suspended, counts.suspended),
      line(labels.revoked, counts.revoked),
      line(labels.replaced, counts.superseded),
    ],
  }
}

export interface GenerateOptions {
  type: string
  count: string
  seed: string
  today?: string
}

/** Invented rows on stdout, NDJSON; one JSON array with `--json`. */
export async function generate(
  { type, count, seed, today }: GenerateOptions,
  asOneDocument: boolean,
): Promise<Outcome> {
  if (!/^\d{1,9}$/.test(count))
    throw usage('--count is a whole number from 0', { field: '--count', found: count })
  if (today !== undefined && !isCivilDate(today)) {
    throw usage('--today is a date', { field: '--today', expected: 'YYYY-MM-DD', found: today })
  }
  typeIn(demoRegion(), type)
  const rows = generateNdjson(type, Number(count), seed, today ?? GENERATED_AS_OF)
  return { data: null, lines: [], stream: asOneDocument ? asArray(rows) : rows }
}

async function* asArray(lines: AsyncIterable<string>): AsyncIterable<string> {
  let before = '['
  for await (const row of lines) {
    yield before + row.trimEnd()
    before = ',\n'
  }
  yield before === '[' ? '[]\n' : ']\n'
}
