/**
 * The gateway's own answers about certificates and records. They are the same code and the same chain that anybody can ask
 * without the gateway; only the trust is the gateway's.
 */
import { timingSafeEqual, createHash } from 'node:crypto'
import { fromHex } from '../../protocol/bytes.ts'
import type { ChainView } from '../../protocol/chain-view.ts'
import { normaliseShortCode } from '../../protocol/identifiers.ts'
import type { JsonValue } from '../../protocol/json.ts'
import { parseTrust, formatTrust, type Trust } from '../../protocol/trust.ts'
import { conclude, VERDICTS, type Answers, type Verdict } from '../../protocol/verdict.ts'
import { verify, type Verification } from '../../protocol/verify.ts'
import { publicView } from '../catalogue/masking.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import { certificateFile, fieldsToCompare, isInForce } from '../certificates/read.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { recordFile } from '../records/notarize.ts'
import type { CertificateRow, StatusChangeRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { isPaperKey } from './paper-address.ts'

/** The trust file of this gateway: its chain, contracts, log and region. */
export function trustOf(world: Pick<World, 'chain' | 'log' | 'region'>): Trust {
  const { chain, contracts } = world.chain.deployment
  return {
    chain: { chainId: chain.chainId, genesis: chain.genesis, confirmations: world.chain.confirmations },
    contracts,
    logs: [{ origin: world.log.origin, noteKey: world.log.noteKey }],
    regions: [{ code: world.region, types: '*', use: 'live' }],
  }
}

export const trustFile = (world: Pick<World, 'chain' | 'log' | 'region'>): string =>
  formatTrust(trustOf(world))

/**
 * The verdict on a certificate file or record file. Writes nothing and never throws for a bad file. From the moment an order to revoke
 * or suspend was accepted here, the gateway itself never calls the certificate valid: not while the order is on its way, and not from
 * a chain that does not have it any more. Its status is unknown then.
 */
export async function verifyFile(
  world: World,
  file: Uint8Array,
  digest: Uint8Array | null,
): Promise<Verification> {
  const trust = parseTrust(new TextEncoder().encode(trustFile(world)))
  const through = (view: ChainView) =>
    verify(file, trust, view, nowSeconds(world), digest === null ? {} : { digest })
  const verification = await through(world.chain.view())
  const order = await orderAgainst(world, verification)
  if (order === null) return verification
  // It may have been executed while this was asked: a view that begins now has it.
  const again = await through(world.chain.view())
  if ((await orderAgainst(world, again)) === null) return again
  if (order === 'accepted') {
    const answers: Answers = {
      ...again.answers,
      'not revoked': { answer: 'unknown', because: 'STATUS_ORDERED' },
    }
    return { ...again, answers, verdict: conclude(answers, 'live', 'live') }
  }
  world.logger.error('the chain does not have a status order that it had executed', {
    code: 'CHAIN_LOST_BLOCKS',
  })
  world.wake()
  return through({
    ...world.chain.view(),
    statusOf: () => Promise.reject(new ChainUnreachable('an order is lost')),
  })
}

/**
 * How far an order has come that ends or suspends what the chain calls clear; null when there is none. The orders are looked at after
 * the chain was asked, so none that was accepted before can be missed. One that waits for its successor is to leave the certificate in
 * force until then.
 */
async function orderAgainst(
  world: Pick<World, 'store'>,
  { subject, answers }: Verification,
): Promise<'accepted' | 'executed' | null> {
  if (subject?.kind !== 'certificate' || answers['not revoked'].answer !== 'yes') return null
  const changes = await world.store.statusChanges(subject.certificate.identifier)
  const isExecuted = ({ state }: StatusChangeRow) => state === 'executed' || state === 'final'
  if (isInForce(changes.filter(change => change.afterSeq === null || isExecuted(change)))) return null
  return isInForce(changes.filter(isExecuted)) ? 'accepted' : 'executed'
}

/**
 * The gateway's own word on a file: while an order withholds the certificate it says so and shows nothing of it. Whoever asks a node
 * of his own gets what the chain says.
 */
export async function reportFile(
  world: World,
  file: Uint8Array,
  digest: Uint8Array | null,
): Promise<VerificationReport> {
  const verification = await verifyFile(world, file, digest)
  const { subject } = verification
  const leaf = subject?.kind === 'certificate' ? fromHex(subject.leaf) : null
  if (leaf === null || (await world.store.withheldLeaf(leaf)) === null) return reportOf(verification)
  return reportOf({ ...verification, verdict: 'WITHHELD', subject: null })
}

export interface VerificationReport {
  verdict: Verdict
  exit: number
  tone: string
  answers: Verification['answers']
  asOf: Verification['asOf']
  anchor: Verification['anchor']
  issuer: Verification['issuer']
  successor: string | null
  subject: JsonValue
}

/** What is said of a verification: all of the metadata, values only of what the file itself disclosed. */
export function reportOf(verification: Verification): VerificationReport {
  const { verdict, answers, asOf, anchor, issuer, successor, subject } = verification
  const { exit, tone } = VERDICTS[verdict]
  return { verdict, exit, tone, answers, asOf, anchor, issuer, successor, subject: subjectOf(subject) }
}

function subjectOf(subject: Verification['subject']): JsonValue {
  if (subject === null) return null
  if (subject.kind === 'record')
    return { kind: 'record', leaf: subject.leaf, claims: subject.statement.payload }
  const { identifier, region, typeCode, issuer, validFrom, validUntil, fields } = subject.certificate
  return {
    kind: 'certificate',
    leaf: subject.leaf,
    identifier,
    region,
    typeCode,
    issuer,
    validFrom,
    validUntil,
    fields: Object.fromEntries(fields),
  }
}

export interface PublicState {
  verdict: Verdict
  answers: Verification['answers']
  asOf: Verification['asOf']
  anchor: Verification['anchor']
  type: { code: string; zh: string; en: string }
  validFrom: number
  validUntil: number | null
  /** Masked, only the type's public fields. */
  fields: [name: string, value: unknown][]
}

/** What is looked at in public of a certificate that somebody knows the number or has the paper of. */
export interface FoundCertificate {
  row: CertificateRow
  definition: TypeDefinition
  /** Masked, only the type's public fields; none while it is withheld. */
  fields: [name: string, value: unknown][]
  /** Null while an order withholds it. */
  verification: Verification | null
}

/**
 * What anybody with a printout may know: state and masked fields, for who types the short code (or the identifier) and the last four
 * characters of the number; when both are given they must be the same certificate's. Null for unknown and for wrong alike.
 */
export async function findByNumber(
  world: World,
  query: { identifier: string | null; shortCode: string | null; lastFour: string },
): Promise<FoundCertificate | null> {
  const row = await rowOf(world, query)
  const fields = row?.sealed ? await fieldsToCompare(world, row) : null
  const type = row === null ? null : await typeOfCertificate(world, row)
  const value = fields === null || type === null ? null : fields[type.definition.numberField]
  const number = typeof value === 'string' ? value : ''
  // Compared in constant time, also when there is nothing to compare with.
  const same = equalText(lastFourOf(number), query.lastFour.toUpperCase())
  if (row === null || fields === null || type === null || number === '' || !same) return null
  return found(world, row, type.definition, fields)
}

/** The same for who has the paper: its short code with the key that only the paper carries (paper-address.ts). */
export async function findByPaper(
  world: World,
  { shortCode, key }: { shortCode: string; key: string },
): Promise<FoundCertificate | null> {
  const isKey = await isPaperKey(world, shortCode, key)
  const row = await rowOf(world, { identifier: null, shortCode })
  if (!isKey || row?.sealed == null) return null
  const { definition } = await typeOfCertificate(world, row)
  return found(world, row, definition, await fieldsToCompare(world, row))
}

async function rowOf(
  world: Pick<World, 'store'>,
  { identifier, shortCode }: { identifier: string | null; shortCode: string | null },
): Promise<CertificateRow | null> {
  if (shortCode === null) return identifier === null ? null : world.store.certificateByIdentifier(identifier)
  const code = normaliseShortCode(shortCode)
  const row = code === null ? null : await world.store.certificateByShortCode(code)
  return row !== null && (identifier === null || identifier === row.identifier) ? row : null
}

async function found(
  world: World,
  row: CertificateRow,
  definition: TypeDefinition,
  fields: Readonly<Record<string, unknown>>,
): Promise<FoundCertificate> {
  if ((await world.store.withheldBy(row.seq)) !== null)
    return { row, definition, fields: [], verification: null }
  const verification = await verifyRow(world, row)
  return { row, definition, fields: publicView(definition, fields), verification }
}

/** `findByNumber` or `findByPaper` as data; only the verdict while it is withheld. */
export async function lookUp(
  world: World,
  query:
    | { identifier?: string | undefined; shortCode: string; lastFour: string }
    | { shortCode: string; key: string },
): Promise<PublicState | { verdict: 'WITHHELD' } | null> {
  const certificate =
    'key' in query
      ? await findByPaper(world, query)
      : await findByNumber(world, { ...query, identifier: query.identifier ?? null })
  if (certificate === null) return null
  const { row, definition, fields, verification } = certificate
  if (verification === null) return { verdict: 'WITHHELD' }
  const { verdict, answers, asOf, anchor } = verification
  const { code, zh, en } = definition
  const { validFrom, validUntil } = row
  return { verdict, answers, asOf, anchor, type: { code, zh, en }, validFrom, validUntil, fields }
}

/** The certificate file that says everything of a certificate but its values: what anybody may check again by himself. */
export async function sealedFile(world: World, row: CertificateRow): Promise<string> {
  return certificateFile(world, row, [])
}

async function verifyRow(world: World, row: CertificateRow): Promise<Verification> {
  const file = await sealedFile(world, row)
  return verifyFile(world, new TextEncoder().encode(file), null)
}

/** Whether a file of this digest is the one that was notarized under this id; null for unknown and for wrong alike. */
export async function verifyRecord(
  world: World,
  id: string,
  digest: Uint8Array,
): Promise<Verification | null> {
  const record = await world.store.recordById(id)
  if (record === null) return null
  const file = await recordFile(world, record)
  const verification = await verifyFile(world, new TextEncoder().encode(file), digest)
  return verification.answers.intact.because === 'DIGEST_DIFFERS' ? null : verification
}

/** The last four characters, counted as people count. */
const lastFourOf = (number: string): string => Array.from(number).slice(-4).join('').toUpperCase()

function equalText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
