/**
 * Trust file: whose chain, contracts, logs and regions a verifier trusts (docs/formats.md §11).
 */
import { sha256 } from '#crypto'
import { toHex } from './bytes.ts'
import { CONTRACT_NAMES, type ContractName, type DeployedContract } from './chain-view.ts'
import { parseJson } from './json.ts'
import { parseNoteKey } from './note.ts'
import { Refusal } from './refusal.ts'
import { either, hex, integer, list, literal, object, string, text, unique } from './shape.ts'

export interface Trust {
  chain: { chainId: number; genesis: string; confirmations: number }
  contracts: Record<ContractName, DeployedContract>
  logs: { origin: string; noteKey: string }[]
  regions: { code: string; types: '*' | string[]; use: 'live' | 'test' }[]
}

export const contractsShape = object(
  Object.fromEntries(CONTRACT_NAMES.map(name => [name, object({ address: hex(20), codeHash: hex(32) })])),
)
export const originShape = string(/^[\x21-\x2a\x2c-\x7e]{1,200}$/)

const shape = object({
  format: literal('onceproof-trust/1'),
  chain: object({ chainId: integer(1), genesis: hex(32), confirmations: integer(1, 1_000_000) }),
  contracts: contractsShape,
  logs: unique(list(object({ origin: originShape, noteKey: text(400) }), 1, 1000), 'origin'),
  regions: unique(
    list(
      object({
        code: string(/^\d{6}$/),
        types: either(literal('*'), list(text(64), 0, 100_000)),
        use: literal('live', 'test'),
      }),
      1,
      10_000,
    ),
    'code',
  ),
})

/** Reads a trust file; refuses TRUST_SYNTAX or a JSON code. */
export function parseTrust(bytes: Uint8Array): Trust {
  const trust = parseJson(bytes, { maxBytes: 4_194_304 })
  const wrong = shape(trust)
  if (wrong !== null) throw new Refusal('TRUST_SYNTAX', 'not a trust file', { field: wrong })
  const { format: _, ...rest } = trust as unknown as Trust & { format: string }
  for (const { origin, noteKey } of rest.logs) {
    if (!isKeyOf(noteKey, origin)) {
      throw new Refusal('TRUST_SYNTAX', 'a log has a note key of its own name', {
        field: 'logs.noteKey',
        found: noteKey,
      })
    }
  }
  return rest
}

function isKeyOf(noteKey: string, origin: string): boolean {
  try {
    return parseNoteKey(noteKey).name === origin
  } catch {
    return false
  }
}

/** The exact bytes of a trust file. */
export function formatTrust(trust: Trust): string {
  const { chain, contracts, logs, regions } = trust
  return `${JSON.stringify({ format: 'onceproof-trust/1', chain, contracts, logs, regions }, null, 2)}\n`
}

/** SHA-256 of the file's bytes as 16 groups of four hex characters: what two people compare aloud. */
export function fingerprint(bytes: Uint8Array): string {
  return toHex(sha256(bytes)).slice(2).match(/.{4}/g)!.join(' ')
}
