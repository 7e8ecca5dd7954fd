/** A department's own signer in the test's process, and things for it to sign. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { getBytes } from 'ethers'
import { toBase64url, toHex } from '../../protocol/bytes.ts'
import { certificatePayload } from '../../protocol/certificate.ts'
import { makeDisclosures } from '../../protocol/disclosure.ts'
import { formatCertificateIdentifier, formatUlid } from '../../protocol/identifiers.ts'
import { thumbprint } from '../../protocol/key.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { signingInput, statementHeader } from '../../protocol/statement.ts'
import { typedDigest } from '../../server/chain/contracts.ts'
import type { SigningContext, ToSign } from '../../server/keys/provider.ts'
import type { SignerPolicy } from '../../server/signer/policy.ts'

export const USCC = '11990100MB9Y01166J'
export const DID = 'did:web:gaj.example'
const TYPE = `${USCC}001`
export const REGISTRY = { chainId: 31_337, address: `0x${'5e'.repeat(20)}` }

export const POLICY: SignerPolicy = {
  uscc: USCC,
  did: DID,
  region: '990100',
  types: '*',
  maxValidityDays: null,
  maxBackdatingDays: null,
  statements: ['status', 'record'],
  statusRegistry: REGISTRY,
  newKeys: true,
}

export function signerFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'onceproof-signer-'))
  return { folder: join(folder, 'signer'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface CertificateChange {
  uscc?: string
  did?: string
  region?: string
  typeCode?: string
  validFrom?: number
  validUntil?: number | null
  /** Digests of other values than the ones that are shown. */
  digestsOf?: [string, unknown][]
  kid?: string
}

const VALUES: [string, unknown][] = [
  ['name', '张三'],
  ['validTo', '2046-01-01'],
]

/** A certificate to be signed, with its row; `change` makes it one that should not be. */
export function certificateToSign(
  publicKey: Uint8Array,
  change: CertificateChange = {},
): ToSign & { context: Extract<SigningContext, { kind: 'certificate' }> } {
  const { uscc = USCC, did = DID, region = '990100', typeCode = TYPE } = change
  const now = Math.floor(Date.now() / 1000)
  const seed = randomBytes(32)
  const { subjectDigests, topDigest } = makeDisclosures(seed, change.digestsOf ?? VALUES)
  const payload = certificatePayload({
    identifier: formatCertificateIdentifier({
      type: typeCode,
      issuer: uscc,
      serial: formatUlid(Date.now(), randomBytes(10)),
      version: 1,
    }),
    associated: null,
    region,
    typeCode,
    issuer: did,
    validFrom: change.validFrom ?? now,
    validUntil: change.validUntil === undefined ? now + 86_400 * 365 : change.validUntil,
    schema: {
      id: `urn:onceproof:schema:${region}:RIC:1`,
      digestSRI: `sha256-${Buffer.alloc(32).toString('base64')}`,
    },
    status: { urlPrefix: 'https://op.example', uscc, list: 0, index: 7 },
    subjectDigests,
    topDigest,
  })
  const header = statementHeader('certificate', 'ES256', did, change.kid ?? thumbprint(publicKey)!)
  const data = Buffer.from(signingInput(header, payload), 'latin1')
  return { data, context: { kind: 'certificate', seed, values: VALUES, relatedResource: null } }
}

/** A status statement to be signed. */
export function revocationToSign(publicKey: Uint8Array, action = 'revoke'): ToSign {
  const payload = JSON.stringify({
    iss: DID,
    iat: Math.floor(Date.now() / 1000),
    jti: `urn:onceproof:status:${formatUlid(Date.now(), randomBytes(10))}`,
    region: '990100',
    salt: toBase64url(randomBytes(16)),
    certificate: toBase64url(randomBytes(32)),
    action,
    reason: 'ISSUED_IN_ERROR',
  })
  const header = statementHeader('status', 'ES256', DID, thumbprint(publicKey)!)
  return { data: Buffer.from(signingInput(header, payload), 'latin1'), context: { kind: 'statement' } }
}

export type OrderContext = Extract<SigningContext, { kind: 'order' }>

/** An order with its digest. */
export function orderOf(
  type: OrderContext['type'],
  message: Record<string, unknown>,
  change: Partial<OrderContext> = {},
): { digest: Uint8Array; context: OrderContext } {
  const { chainId, address } = REGISTRY
  const context: OrderContext = {
    kind: 'order',
    type,
    message,
    chainId,
    contract: address,
    list: 0,
    ...change,
  }
  const where = {
    chain: { chainId: context.chainId },
    contracts: { StatusRegistry: { address: context.contract } },
  }
  return { digest: getBytes(typedDigest(type, message, where)), context }
}

let lists = 0
export const openListOrder = () => {
  const list = ++lists
  const deadline = Math.floor(Date.now() / 1000) + 3_600
  return orderOf('OpenList', { department: departmentId(USCC), number: list, deadline }, { list })
}

export const orderMessage = (
  list: string,
  leaf: Uint8Array | string,
  change: Record<string, unknown> = {},
) => ({
  list,
  action: 1,
  indices: [7],
  references: [],
  statement: typeof leaf === 'string' ? leaf : toHex(leaf),
  salt: toHex(randomBytes(32)),
  deadline: Math.floor(Date.now() / 1000) + 3_600,
  ...change,
})
