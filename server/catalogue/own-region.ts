/**
 * The region that a data folder is of: `DATA_DIR/region.json`, written once when a gateway is set up. Its departments, types and matters
 * are in the store; the file has the rest, in the same format.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Config } from '../config.ts'
import { writeFileDurably } from '../store/durable-file.ts'
import { demoRegion, parseRegion, type Region } from './region.ts'

export const REGION_FILE = 'region.json'
const pathIn = (dataDir: string): string => join(dataDir, REGION_FILE)

/** Codes from 99 on are of no place: GB/T 2260 has none, and papers made there are marked as samples. */
const INVENTED = /^99/

/** The region of a data folder; null when it has no file of its own. Refuses REGION_INVALID and the codes of `parseJson`. */
export function readRegion(dataDir: string): Region | null {
  const path = pathIn(dataDir)
  return existsSync(path) ? parseRegion(parseJson(readFileSync(path))) : null
}

/**
 * The region that a gateway works in. A demo without a file works in the demonstration region; production refuses REGION_MISSING
 * and REGION_INVENTED.
 */
export function regionOf({ dataDir, profile }: Pick<Config, 'dataDir' | 'profile'>): Region {
  const own = readRegion(dataDir)
  if (profile === 'demo') return own ?? demoRegion()
  if (own === null) {
    throw new Refusal(
      'REGION_MISSING',
      `${dataDir} has no region yet; run onceproof init --profile production`,
      {
        field: 'DATA_DIR',
        expected: 'region.json in it',
      },
    )
  }
  assertRealRegion(own)
  return own
}

/** Refuses REGION_INVENTED: nothing valid is issued in a region that says of itself, or by its code, that it is invented. */
export function assertRealRegion({ synthetic, region }: Region): void {
  if (!synthetic && !INVENTED.test(region.code)) return
  throw new Refusal('REGION_INVENTED', `the region ${region.code} is invented`, {
    field: synthetic ? 'synthetic' : 'region.code',
    expected: synthetic ? 'false' : 'a code that does not begin with 99',
    found: synthetic ? 'true' : region.code,
  })
}

/**
 * Makes the data folder one of this region; a no-op when it is. Durable when it returns. Refuses REGION_DIFFERS when the folder is
 * already of a region with another code, name or words.
 */
export function saveRegion(dataDir: string, region: Region): void {
  const own: Region = { ...region, departments: [], certificateTypes: [], personas: [], organisations: [] }
  const known = readRegion(dataDir)
  if (known === null) return writeFileDurably(pathIn(dataDir), `${JSON.stringify(own, null, 2)}\n`, 0o644)
  const differing = Object.keys(own).find(
    key => JSON.stringify(own[key as keyof Region]) !== JSON.stringify(known[key as keyof Region]),
  )
  if (differing === undefined) return
  throw new Refusal('REGION_DIFFERS', `${pathIn(dataDir)} says something else of the region: ${differing}`, {
    field: differing,
    expected: `what ${pathIn(dataDir)} says`,
  })
}
