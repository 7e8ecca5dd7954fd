/**
 * What the verdict page is told: gathered from the store and the chain, with every value under its mask. The page only lays it out.
 */
import { assembleCertificate } from '../../protocol/certificate.ts'
import { parseFile } from '../../protocol/file.ts'
import { fromHex } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Answers, Verdict } from '../../protocol/verdict.ts'
import type { Subject, Verification } from '../../protocol/verify.ts'
import { maskValue } from '../catalogue/masking.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import type { Message } from '../http/messages.ts'
import { paperAddress } from '../verification/paper-address.ts'
import { sealedFile, type FoundCertificate } from '../verification/verify.ts'
import { nowSeconds, publicUrl, type World } from '../world.ts'

export interface ShownField {
  readonly key: string
  readonly name: Message
  readonly definition: TypeDefinition['fields'][number]
  /** Masked. */
  readonly value: unknown
}

/** How the text of a PDF compares with the certificate that is attached to it. */
export type Comparison =
  { readonly kind: 'same' | 'noText' } | { readonly kind: 'differs'; readonly fields: Message[] }

export interface Shown {
  readonly verdict: Verdict
  readonly kind: 'certificate' | 'record'
  readonly checkedAt: number
  /** Null where nothing was asked: there is none such, or an order withholds it. */
  readonly verification: Verification | null
  readonly type: TypeDefinition | null
  readonly department: Message | null
  readonly region: Message | null
  readonly fields: readonly ShownField[]
  readonly identifier: string | null
  readonly validFrom: number | null
  readonly validUntil: number | null
  /** Path of this very page, where it has one that can be opened again. */
  readonly path: string | null
  /** Path of the certificate file without values; null for an upload, which is its own proof. */
  readonly proofPath: string | null
  /** The certificate file without values, for the browser to check again. */
  readonly sealed: string | null
  readonly contract: string
  readonly chainId: number
  readonly upload: { readonly comparison: Comparison | null } | null
}

const nothing = (world: World, verdict: Verdict): Shown => ({
  verdict,
  kind: 'certificate',
  checkedAt: nowSeconds(world),
  verification: null,
  type: null,
  department: null,
  region: null,
  fields: [],
  identifier: null,
  validFrom: null,
  validUntil: null,
  path: null,
  proofPath: null,
  sealed: null,
  contract: world.chain.deployment.contracts.AnchorLog.address,
  chainId: world.chain.deployment.chain.chainId,
  upload: null,
})

/** Unknown and wrong alike. */
export const shownNotFound = (world: World): Shown => nothing(world, 'NOT_FOUND')

/** A certificate that was found by its number or paper. */
export async function shownCertificate(
  world: World,
  { row, definition, fields, verification }: FoundCertificate,
): Promise<Shown> {
  if (verification === null) return nothing(world, 'WITHHELD')
  const address = await paperAddress(world, row.shortCode)
  const path = address.slice(publicUrl(world).length)
  return {
    ...(await aboutVerification(world, verification)),
    type: definition,
    fields: isShowable(verification.answers) ? fieldsShown(definition, fields) : [],
    identifier: row.identifier,
    validFrom: row.validFrom,
    validUntil: row.validUntil,
    path,
    proofPath: path.replace('?', '/proof?'),
    sealed: await sealedFile(world, row),
  }
}

/** A file that somebody gave us. What it says is shown only as far as it was verified. */
export async function shownFile(
  world: World,
  file: Uint8Array,
  verification: Verification,
  comparisonOf: (definition: TypeDefinition, values: ReadonlyMap<string, unknown>) => Comparison | null,
): Promise<Shown> {
  const { subject } = verification
  const upload = { comparison: null }
  const about = await aboutVerification(world, verification)
  if (subject === null) return { ...about, upload }
  const leaf = fromHex(subject.leaf)
  if (leaf !== null && (await world.store.withheldLeaf(leaf)) !== null)
    return { ...nothing(world, 'WITHHELD'), upload }
  const sealed = withoutValues(file, subject)
  if (subject.kind === 'record') return { ...about, sealed, upload }
  const { certificate } = subject
  const { identifier, validFrom, validUntil, fields } = certificate
  const definition = await definitionOf(world, certificate)
  const isVerified = isShowable(verification.answers) && definition !== null
  const masked = isVerified
    ? definition.fields
        .filter(({ key }) => fields.has(key))
        .map((field): [string, unknown] => [field.key, maskValue(field, fields.get(field.key))])
    : []
  return {
    ...about,
    sealed,
    type: definition,
    fields: isVerified ? fieldsShown(definition, masked) : [],
    identifier,
    validFrom,
    validUntil,
    upload: { comparison: isVerified ? comparisonOf(definition, fields) : null },
  }
}

async function aboutVerification(world: World, verification: Verification): Promise<Shown> {
  const { issuer, subject } = verification
  const departments = await world.store.departments()
  const department = departments.find(({ uscc }) => uscc === issuer?.uscc) ?? null
  return {
    ...nothing(world, verification.verdict),
    kind: subject?.kind ?? 'certificate',
    verification,
    department,
    region: regionOf(world, subject),
  }
}

/** Verified data, and only that: the content is as it was signed, and nothing says that who signed it might not. */
const isShowable = (answers: Answers): boolean =>
  answers.intact.answer === 'yes' && answers.authorised.answer !== 'no'

function regionOf({ catalogue }: Pick<World, 'catalogue'>, subject: Subject | null): Message | null {
  if (subject === null) return null
  const code =
    subject.kind === 'certificate' ? subject.certificate.region : subject.statement.payload['region']
  const { region } = catalogue
  if (code !== region.code) return region.partnerRegions.find(partner => partner.code === code) ?? null
  return { zh: region.province.zh + region.city.zh, en: `${region.city.en}, ${region.province.en}` }
}

/** The type that the signed schema names, when it is published here. */
async function definitionOf(
  world: World,
  certificate: { statement: { text: string }; schema: { id: string; digestSRI: string } },
): Promise<TypeDefinition | null> {
  try {
    const type = await typeOfCertificate(world, { statement: certificate.statement.text })
    return type.schema.id === certificate.schema.id && type.schema.digestSRI === certificate.schema.digestSRI
      ? type.definition
      : null
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}

function fieldsShown(definition: TypeDefinition, fields: readonly [string, unknown][]): ShownField[] {
  return fields.flatMap(([key, value]) => {
    const field = definition.fields.find(one => one.key === key)
    // A fingerprint of a photo tells people nothing.
    return field === undefined || field.type === 'hash'
      ? []
      : [{ key, name: field, definition: field, value }]
  })
}

/** The same file with no disclosure in it, so that a page can carry it without carrying anybody's data. */
function withoutValues(file: Uint8Array, subject: Subject): string {
  const { kind: _, ...evidence } = parseFile(file).evidence
  const kept =
    subject.kind === 'certificate'
      ? {
          format: 'onceproof-certificate/1',
          certificate: assembleCertificate(subject.certificate.statement.text, []),
        }
      : { format: 'onceproof-record/1', record: subject.statement.text }
  return JSON.stringify({ ...kept, ...evidence })
}
