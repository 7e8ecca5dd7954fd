/**
 * Fills the index of holders for certificates that an earlier release accepted without one. Safe to run again and to be cut
 * short: what is indexed stays, and the next start goes on.
 */
import { holderNumbersOf } from '../catalogue/type-definition.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { kindOfNumber, lookupOf } from '../holders/holders.ts'
import type { World } from '../world.ts'
import { fieldsToCompare } from './read.ts'

const SETTING = 'holders.indexed'
const AT_A_TIME = 200

/** Once for each data folder. Certificates whose type tells no holder, and erased ones, are left as they are. */
export async function indexHoldersOnce(world: World): Promise<void> {
  if ((await world.store.setting(SETTING)) !== null) return
  let before: number | null = null
  for (;;) {
    const rows = await world.store.certificates({}, { before, limit: AT_A_TIME })
    for (const row of rows) {
      if (row.sealed === null) continue
      const { definition } = await typeOfCertificate(world, row)
      const numbers = holderNumbersOf(definition, await fieldsToCompare(world, row))
      const sound = numbers.filter(number => kindOfNumber(number) !== null)
      const lookups = await Promise.all(sound.map(number => lookupOf(world, number)))
      await world.store.indexHolders(row.seq, lookups)
    }
    if (rows.length < AT_A_TIME) break
    before = rows.at(-1)!.seq
  }
  await world.store.saveSetting(SETTING, 'done')
}
