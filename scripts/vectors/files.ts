/**
 * Writes the vectors of statements, files, trust, snapshots, tiles, messages and JSON into `test/vectors` (docs/formats.md §17). Run it with
 * `node scripts/vectors/files.ts`; keys, salts and nonces come from names, so it writes the same bytes every time.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatSnapshot } from '../../protocol/snapshot.ts'
import { formatTrust } from '../../protocol/trust.ts'
import { invalidCases } from './invalid.ts'
import { jsonVectors } from './json-texts.ts'
import { messageVectors } from './messages.ts'
import {
  seal,
  snapshot,
  trust,
  trustDeep,
  trustDeeper,
  trustEdgeNoteKeys,
  trustOtherChain,
  trustOtherCode,
} from './scene.ts'
import { statementVectors } from './statements.ts'
import { tileVectors } from './tiles.ts'
import { validCases } from './valid.ts'
import { snapshotVectors, trustFileVectors } from './verifier-files.ts'

const FOLDER = fileURLToPath(new URL('../../test/vectors/', import.meta.url))
let made: Map<string, string> | null = null

/** Every vector file of this generator, by its path below `test/vectors`. */
export function vectorFiles(): Map<string, string> {
  if (made !== null) return made
  const valid = validCases()
  const invalid = invalidCases()
  seal()
  const files = new Map([
    ['json.json', vectorText(jsonVectors())],
    ['statements.json', vectorText(statementVectors())],
    ['trust-files.json', vectorText(trustFileVectors())],
    ['snapshots.json', vectorText(snapshotVectors())],
    ['tiles.json', vectorText(tileVectors())],
    ['messages.json', vectorText(messageVectors())],
    ['trust.json', formatTrust(trust)],
    ['trust-other-chain.json', formatTrust(trustOtherChain)],
    ['trust-other-code.json', formatTrust(trustOtherCode)],
    ['trust-deep.json', formatTrust(trustDeep)],
    ['trust-deeper.json', formatTrust(trustDeeper)],
    ['trust-edge-note-keys.json', formatTrust(trustEdgeNoteKeys)],
    ['snapshot.json', formatSnapshot(snapshot())],
  ])
  for (const [folder, cases] of Object.entries({ valid, invalid })) {
    for (const { name, vector } of cases) {
      const path = `${folder}/${name}.json`
      if (files.has(path)) throw new Error(`two vectors are named ${path}`)
      files.set(path, vectorText(vector()))
    }
  }
  return (made = files)
}

const vectorText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

function write(): void {
  for (const folder of ['valid', 'invalid']) {
    mkdirSync(FOLDER + folder, { recursive: true })
    for (const name of readdirSync(FOLDER + folder)) rmSync(`${FOLDER}${folder}/${name}`)
  }
  for (const [path, text] of vectorFiles()) writeFileSync(FOLDER + path, text)
  const count = (folder: string) => readdirSync(FOLDER + folder).length
  console.log(`${vectorFiles().size} files: ${count('valid')} valid, ${count('invalid')} invalid`)
}

if (import.meta.main) write()
