/**
 * Fills the indexes of holders and of numbers for certificates that an earlier release accepted without them. Safe to run again and
 * to be cut short: what is indexed stays, and the next start goes on.
 */
import { holderNumbersOf, type TypeDefinition } from '../catalogue/type-definition.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { kindOfNumber, lookupOf } from '../holders/holders.ts'
import type { CertificateRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { numberToIndex } from './find.ts'
import { fieldsToCompare } from './read.ts'

const SETTING = 'holders.indexed'
const NUMBERS = 'numbers.indexed'
const AT_A_TIME = 200

/** Once for each data folder. Certificates whose type tells no holder, and erased ones, are left as they are. */
export async function indexHoldersOnce(world: World): Promise<void> {
  await once(world, SETTING, async (row, definition, fields) => {
    const numbers = holderNumbersOf(definition, fields)
    const sound = numbers.filter(number => kindOfNumber(number) !== null)
    const lookups = await Promise.all(sound.map(number => lookupOf(world, number)))
    await world.store.indexHolders(row.seq, lookups)
  })
}

/** The same for the numbers of certificates. */
export async function indexNumbersOnce(world: World): Promise<void> {
  await once(world, NUMBERS, async (row, definition, fields) => {
    const number = await numberToIndex(world, definition, fields)
    if (number !== undefined) await world.store.indexNumber(row.seq, number)
  })
}

async function once(
  world: World,
  setting: string,
  index: (row: CertificateRow, definition: TypeDefinition, fields: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  if ((await world.store.setting(setting)) !== null) return
  let before: number | null = null
  for (;;) {
    const rows: CertificateRow[] = await world.store.certificates({}, { before, limit: AT_A_TIME })
    for (const row of rows) {
      if (row.sealed === null) continue
      const { definition } = await typeOfCertificate(world, row)
      await index(row, definition, await fieldsToCompare(world, row))
    }
    if (rows.length < AT_A_TIME) break
    before = rows.at(-1)!.seq
  }
  await world.store.saveSetting(setting, 'done')
}
