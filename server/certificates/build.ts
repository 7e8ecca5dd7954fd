/**
 * Making certificates from checked rows: disclosures, payload, signature, leaf, encryption. No store, no chain, no clock: the
 * same code runs in the gateway and in its workers.
 */
import { randomBytes, type KeyObject } from 'node:crypto'
import { toBase64url, utf8FromBase64url } from '../../protocol/bytes.ts'
import { certificatePayload } from '../../protocol/certificate.ts'
import { makeDisclosures, SEED_BYTES } from '../../protocol/disclosure.ts'
import { formatCertificateIdentifier, formatShortCode, formatUlid } from '../../protocol/identifiers.ts'
import { parseInstant } from '../../protocol/instant.ts'
import { leafHash } from '../../protocol/log.ts'
import { signingInput } from '../../protocol/statement.ts'
import type { SigningContext, ToSign } from '../keys/provider.ts'
import { sealDocument } from '../keys/sealing.ts'
import type { NewCertificate, StatusSlot } from '../store/store.ts'

/** What all certificates of one batch share. */
export interface Issuer {
  /** Base64url of the JWS header. */
  header64: string
  did: string
  uscc: string
  region: string
  /** 21 characters. */
  typeCode: string
  schema: { id: string; digestSRI: string }
  publicUrl: string
  /** Signs the bytes of a signing input; r‖s or Ed25519, 64 bytes. */
  sign: (data: Uint8Array, context: SigningContext) => Uint8Array | Promise<Uint8Array>
  /** The whole batch at once, for a key that lives elsewhere. */
  signMany?: ((items: readonly ToSign[]) => Promise<Uint8Array[]>) | undefined
  kek: KeyObject
}

export interface OriginalFile {
  id: string
  mediaType: string
  digestSRI: string
}

export interface Draft {
  values: [name: string, value: unknown][]
  /** Instants. */
  validFrom: string
  validUntil: string | null
  slot: StatusSlot
  /** A new version keeps the serial of the one before. */
  follows: { identifier: string; serial: string; version: number } | null
  originalFile: OriginalFile | null
}

/** 32 seed, 10 serial, 5 short code. */
const RANDOM_BYTES = SEED_BYTES + 15

/**
 * Signed and encrypted certificates, one for each draft, in order. `now` in milliseconds goes into the serial numbers. All
 * random numbers come from one draw of the operating system's generator.
 */
export async function buildCertificates(
  issuer: Issuer,
  drafts: Draft[],
  now: number,
): Promise<NewCertificate[]> {
  const random = randomBytes(RANDOM_BYTES * drafts.length)
  const unsigned = drafts.map((draft, i) =>
    buildUnsigned(issuer, draft, now, random.subarray(i * RANDOM_BYTES, (i + 1) * RANDOM_BYTES)),
  )
  // Each step for the whole batch: the tables of a signature do not fit into a cache beside everything else.
  const signatures =
    issuer.signMany === undefined
      ? await signEach(issuer, unsigned, drafts)
      : await issuer.signMany(unsigned.map((one, i) => toSign(one, drafts[i]!)))
  return unsigned.map((certificate, i) => finish(issuer, certificate, signatures[i]!))
}

async function signEach(issuer: Issuer, unsigned: Unsigned[], drafts: Draft[]): Promise<Uint8Array[]> {
  const signatures: Uint8Array[] = []
  for (const [i, one] of unsigned.entries()) {
    const { data, context } = toSign(one, drafts[i]!)
    const signed = issuer.sign(data, context)
    signatures.push(signed instanceof Uint8Array ? signed : await signed)
  }
  return signatures
}

/** The bytes, and the row and seed that the digests in them follow from. */
function toSign({ input, content }: Unsigned, { values, originalFile }: Draft): ToSign {
  const seed = content.subarray(0, SEED_BYTES)
  return {
    data: Buffer.from(input, 'latin1'),
    context: { kind: 'certificate', seed, values, relatedResource: originalFile },
  }
}

/** A certificate to be: what is signed, what is encrypted, and what is kept beside it. */
interface Unsigned {
  input: string
  content: Uint8Array
  kept: Pick<
    NewCertificate,
    'identifier' | 'shortCode' | 'statusList' | 'statusIndex' | 'validFrom' | 'validUntil'
  >
}

function buildUnsigned(issuer: Issuer, draft: Draft, now: number, random: Uint8Array): Unsigned {
  const { follows, slot } = draft
  const seed = random.subarray(0, SEED_BYTES)
  const { disclosures, subjectDigests, topDigest } = makeDisclosures(seed, draft.values, draft.originalFile)
  const identifier = formatCertificateIdentifier({
    type: issuer.typeCode,
    issuer: issuer.uscc,
    serial: follows?.serial ?? formatUlid(now, random.subarray(SEED_BYTES, SEED_BYTES + 10)),
    version: (follows?.version ?? 0) + 1,
  })
  const validFrom = parseInstant(draft.validFrom)!
  const validUntil = draft.validUntil === null ? null : parseInstant(draft.validUntil)!
  const payload = certificatePayload({
    identifier,
    associated: follows?.identifier ?? null,
    region: issuer.region,
    typeCode: issuer.typeCode,
    issuer: issuer.did,
    validFrom,
    validUntil,
    schema: issuer.schema,
    status: { urlPrefix: issuer.publicUrl, uscc: issuer.uscc, list: slot.list, index: slot.index },
    subjectDigests,
    topDigest,
  })
  return {
    input: signingInput(issuer.header64, payload),
    content: formatContent(seed, disclosures),
    kept: {
      identifier,
      shortCode: formatShortCode(random.subarray(SEED_BYTES + 10)),
      statusList: slot.list,
      statusIndex: slot.index,
      validFrom,
      validUntil,
    },
  }
}

function finish(
  { uscc, typeCode, kek }: Issuer,
  { input, content, kept }: Unsigned,
  signature: Uint8Array,
): NewCertificate {
  const statement = `${input}.${toBase64url(signature)}`
  return {
    kind: 'certificate',
    statement,
    leaf: leafHash(statement),
    department: uscc,
    typeCode,
    ...kept,
    sealed: sealDocument(kek, { department: uscc, id: kept.identifier }, content),
  }
}

/** What is encrypted: the seed, then the disclosures with `~` between them. */
function formatContent(seed: Uint8Array, disclosures: string[]): Uint8Array {
  const text = disclosures.join('~')
  const content = Buffer.allocUnsafe(SEED_BYTES + text.length)
  content.set(seed)
  // Base64url and ~ are ASCII.
  content.write(text, SEED_BYTES, 'latin1')
  return content
}

export function parseContent(content: Uint8Array): { seed: Uint8Array; disclosures: string[] } {
  const text = new TextDecoder().decode(content.subarray(SEED_BYTES))
  return { seed: content.subarray(0, SEED_BYTES), disclosures: text === '' ? [] : text.split('~') }
}

/** Name of the field in a disclosure of ours. */
export function disclosedName(disclosure: string): string {
  const parts = JSON.parse(utf8FromBase64url(disclosure)!) as [string, string, unknown]
  return parts[1]
}
