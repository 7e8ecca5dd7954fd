/**
 * The gateway's own answers about certificates and records. They are the same code and the same chain that anybody can ask
 * without the gateway; only the trust is the gateway's.
 */
import { timingSafeEqual, createHash } from 'node:crypto'
import { fromHex } from '../../protocol/bytes.ts'
import { normaliseShortCode } from '../../protocol/identifiers.ts'
import type { JsonValue } from '../../protocol/json.ts'
import { parseTrust, formatTrust, type Trust } from '../../protocol/trust.ts'
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts'
import { verify, type Verification } from '../../protocol/verify.ts'
import { publicView } from '../catalogue/masking.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { certificateFile, fieldsToCompare } from '../certificates/read.ts'
import { recordFile } from '../records/notarize.ts'
import type { CertificateRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'

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

/** The verdict on a certificate file or record file. Writes nothing and never throws for a bad file. */
export async function verifyFile(
  world: World,
  file: Uint8Array,
  digest: Uint8Array | null,
): Promise<Verification> {
  const trust = parseTrust(new TextEncoder().encode(trustFile(world)))
  return verify(file, trust, world.chain.view(), nowSeconds(world), digest === null ? {} : { digest })
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

/**
 * What anybody with a printout may know: state and masked fields, for who types the short code and the last four characters of
 * the number; an identifier, when given, must be that certificate's. Null for unknown and for wrong alike; only the verdict while it
 * is withheld.
 */
export async function lookUp(
  world: World,
  query: { identifier: string | null; shortCode: string; lastFour: string },
): Promise<PublicState | { verdict: 'WITHHELD' } | null> {
  const code = normaliseShortCode(query.shortCode)
  const row = code === null ? null : await world.store.certificateByShortCode(code)
  const match =
    row !== null && (query.identifier === null || query.identifier === row.identifier) ? row : null
  const fields = match?.sealed ? await fieldsToCompare(world, match) : null
  const type = match === null ? null : await typeOfCertificate(world, match)
  const value = fields === null || type === null ? null : fields[type.definition.numberField]
  const number = typeof value === 'string' ? value : ''
  // Compared in constant time, also when there is nothing to compare with.
  const same = equalText(lastFourOf(number), query.lastFour.toUpperCase())
  if (match === null || fields === null || type === null || number === '' || !same) return null

  if ((await world.store.withheldBy(match.seq)) !== null) return { verdict: 'WITHHELD' }
  const verification = await verifyRow(world, match)
  const { verdict, answers, asOf, anchor } = verification
  const { code: typeShort, zh, en } = type.definition
  return {
    verdict,
    answers,
    asOf,
    anchor,
    type: { code: typeShort, zh, en },
    validFrom: match.validFrom,
    validUntil: match.validUntil,
    fields: publicView(type.definition, fields),
  }
}

async function verifyRow(world: World, row: CertificateRow): Promise<Verification> {
  const file = await certificateFile(world, row, [])
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
