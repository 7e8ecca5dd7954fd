/**
 * Statements that a department signs beside certificates: what all of them have in common, and the signature.
 */
import { randomBytes } from 'node:crypto'
import { toBase64url, toUtf8 } from '../../protocol/bytes.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { leafHash } from '../../protocol/log.ts'
import { parseStatement, signingInput, statementHeader } from '../../protocol/statement.ts'
import type { NewStatement, StatementKind } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import type { Standing } from './standing.ts'

/**
 * A signed statement with the common claims (docs/formats.md §3) and these; `id` is the ULID inside its `jti`. Members that are
 * undefined are left out. It is read back by the rules for strangers, so nothing enters the log that they would refuse.
 */
export async function signStatement<Kind extends Exclude<StatementKind, 'certificate'>>(
  world: Pick<World, 'keys' | 'clock' | 'region'>,
  kind: Kind,
  standing: Standing,
  claims: Readonly<Record<string, unknown>>,
): Promise<NewStatement & { kind: Kind; id: string }> {
  const id = formatUlid(world.clock(), randomBytes(10))
  const payload = JSON.stringify({
    iss: standing.did,
    iat: nowSeconds(world),
    jti: `urn:onceproof:${kind}:${id}`,
    region: world.region,
    salt: toBase64url(randomBytes(16)),
    ...claims,
  })
  const input = signingInput(statementHeader(kind, 'ES256', standing.did, standing.thumbprint), payload)
  const statement = `${input}.${toBase64url(await world.keys.sign(standing.keyName, toUtf8(input), { kind: 'statement' }))}`
  parseStatement(statement)
  return { kind, statement, leaf: leafHash(statement), id }
}
