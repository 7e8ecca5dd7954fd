import { evidenceOf } from '../anchoring/receipts.ts'
import type { UseFilter, UseRow } from '../store/uses.ts'
import type { World } from '../world.ts'
import { listUses } from './list.ts'
import { useView } from './views.ts'

const AT_A_TIME = 100

/**
 * Every use of a filter, newest first, with its exact statement and its receipt (the signed promise until it is final): whoever has
 * the file needs nothing of this gateway to verify it.
 */
export async function* exportUses(
  world: World,
  filter: UseFilter,
  form: 'json' | 'ndjson',
): AsyncGenerator<Uint8Array> {
  if (form === 'json') yield Buffer.from('[')
  let separator = ''
  for (let before: number | null | undefined = undefined; before !== null;) {
    const page: Awaited<ReturnType<typeof listUses>> = await listUses(world, filter, {
      before,
      limit: AT_A_TIME,
    })
    for (const row of page.uses) {
      yield Buffer.from(separator + (await lineOf(world, row)) + (form === 'ndjson' ? '\n' : ''))
      if (form === 'json') separator = ',\n'
    }
    before = page.before
  }
  if (form === 'json') yield Buffer.from(']\n')
}

async function lineOf(world: World, row: UseRow): Promise<string> {
  const { statement } = row
  return JSON.stringify({ use: useView(row), statement, ...(await evidenceOf(world, row)) })
}
