/**
 * The scene of the vectors: departments, keys and permits whose windows all turn at one second (`TURN`), a log with
 * checkpoints anchored one second before, at, and after it, and what a verifier trusts.
 *
 * Statements are appended first, each to the stretch of the log that decides its anchored time; `seal` then makes the tree.
 */
import { sha256Base64url } from '#crypto'
import { toBase64, toBase64url, toHex, toUtf8 } from '../../protocol/bytes.ts'
import { assembleCertificate, certificatePayload } from '../../protocol/certificate.ts'
import { signCheckpoint } from '../../protocol/checkpoint.ts'
import { makeDisclosures } from '../../protocol/disclosure.ts'
import { formatCertificateIdentifier, formatUlid, isUscc } from '../../protocol/identifiers.ts'
import type { JsonObject, JsonValue } from '../../protocol/json.ts'
import { inclusionProof, leafHash, rootOf } from '../../protocol/log.ts'
import { signPromise } from '../../protocol/promise.ts'
import { formatLogProof, type Receipt } from '../../protocol/receipt.ts'
import { departmentId, statusListId, type Snapshot } from '../../protocol/snapshot.ts'
import { STATEMENT_TYP, type StatementKind } from '../../protocol/statement.ts'
import type { Trust } from '../../protocol/trust.ts'
import { edgeKey, edgeLogKey, mixedOrderKey, NOT_CANONICAL, SMALL_ORDER } from './ed25519-edges.ts'
import { ed25519Key, es256Key, jws, logKey, seedOf, type IssuingKey, type LogKey } from './keys.ts'

const at = (instant: string) => Date.parse(instant) / 1000

/** The second in which every window of the scene opens or closes. */
export const TURN = at('2026-03-01T00:00:00Z')
export const NOW = at('2026-06-01T00:00:00Z')
export const VALID_FROM = at('2026-01-31T16:00:00Z')
export const VALID_UNTIL = at('2036-01-31T15:59:59Z')
const EARLY = at('2025-01-01T00:00:00Z')
const HEAD_BLOCK = 300

function mapped<A, B>(values: Record<string, A>, map: (value: A, name: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]))
}

/** A unified social credit code of the fictional region, with both check characters. */
function usccOf(body: string): string {
  const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
  for (const organisation of '0123456789X') {
    for (const check of alphabet) {
      const code = `11990100${body}${organisation}${check}`
      if (isUscc(code)) return code
    }
  }
  throw new Error(`no USCC begins with ${body}`)
}

/** The USCC with another check character of its organisation code, and a last check character that fits. */
export function usccWithWrongOrganisation(uscc: string): string {
  const other = uscc.charAt(16) === '0' ? '1' : '0'
  return withUsccCheck(uscc.slice(0, 16) + other)
}

/** Appends the last check character to 17 characters. GB 32100-2015. */
function withUsccCheck(body: string): string {
  const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
  const sum = Array.from(body).reduce((total, c, i) => total + alphabet.indexOf(c) * (3 ** i % 31), 0)
  return body + alphabet.charAt((31 - (sum % 31)) % 31)
}

export interface Department {
  uscc: string
  did: string
  id: string
}

function department(name: string, body: string): Department {
  const uscc = usccOf(body)
  return { uscc, did: `did:web:${name}.gov.example`, id: departmentId(uscc) }
}

export const civilAffairs = department('civil-affairs', 'MB000001')
export const housing = department('housing', 'MB000002')
export const publicSecurity = department('public-security', 'MB000003')
export const notary = department('notary', 'MB000004')
const stranger = department('stranger', 'MB000005')

const MAX = 0
const registered = (
  key: IssuingKey,
  owner: Department,
  windows: Partial<Snapshot['keys'][number]> = {},
): Snapshot['keys'][number] => ({
  id: key.id,
  department: owner.id,
  purpose: 1,
  algorithm: key.alg === 'ES256' ? 1 : 2,
  addedAt: EARLY,
  signUntil: MAX,
  anchorUntil: MAX,
  compromisedSince: MAX,
  publicKey: toHex(key.publicKey),
  ...windows,
})

export const keys = {
  civilAffairs: es256Key('civil affairs'),
  civilAffairsEdDSA: ed25519Key('civil affairs EdDSA'),
  housing: es256Key('housing'),
  publicSecurity: ed25519Key('public security'),
  notary: ed25519Key('notary'),
  added: es256Key('added at the turn'),
  ended: es256Key('ended at the turn'),
  signingEnded: es256Key('signing ended at the turn'),
  compromised: es256Key('compromised at the turn'),
  compromisedAndEnded: es256Key('compromised and ended at the turn'),
  authority: es256Key('registered for authority'),
  misregistered: es256Key('registered under another thumbprint'),
  otherAlgorithm: es256Key('registered with another algorithm'),
  orphan: es256Key('of a department that was never admitted'),
  unregistered: es256Key('never registered'),
}

/** Encodings of points of small order, registered as if they were keys of civil affairs, by their names. */
const edges = { ...SMALL_ORDER, ...NOT_CANONICAL }
export const edgeKeys = mapped(edges, edgeKey)

export const types = {
  /** Civil affairs may issue it without end. */
  marriage: `${civilAffairs.uscc}001`,
  /** Permit begins at the turn. */
  fromTurn: `${civilAffairs.uscc}002`,
  /** Permit ends at the turn. */
  untilTurn: `${civilAffairs.uscc}003`,
  /** Housing until the turn, then civil affairs. */
  handedOver: `${civilAffairs.uscc}004`,
  /** No permit was ever given. */
  neverPermitted: `${civilAffairs.uscc}005`,
  /** Public security, which is suspended for one second at the turn. */
  residence: `${publicSecurity.uscc}001`,
}

export const regions = { live: '990100', someTypes: '990200', test: '990900', unknown: '990300' }

const contract = (name: string) => ({
  address: toHex(seedOf(`address ${name}`).slice(0, 20)),
  codeHash: toHex(seedOf(`code ${name}`)),
})
const contracts = {
  DepartmentRegistry: contract('DepartmentRegistry'),
  AnchorLog: contract('AnchorLog'),
  StatusRegistry: contract('StatusRegistry'),
  GrantRegistry: contract('GrantRegistry'),
}
const chain = { chainId: 31337, genesis: toHex(seedOf('genesis')) }

export const origins = {
  main: 'log.onceproof.example/990100',
  /** One statement only. */
  single: 'log.onceproof.example/single',
  /** Trusted and on chain, but signed by nobody here except its own key. */
  second: 'log.onceproof.example/second',
  /** In no trust file. */
  untrusted: 'log.elsewhere.example/1',
}

export const noteKeys = {
  main: logKey(origins.main),
  single: logKey(origins.single),
  second: logKey(origins.second),
  untrusted: logKey(origins.untrusted),
  /** Carries the main log's name, but is not its key. */
  impostor: logKey(origins.main, 'impostor'),
  witness: logKey('witness.example/w1'),
}

/** The same encodings as note keys of logs that one trust file lists. */
export const edgeLogKeys = mapped(edges, (publicKey, name) =>
  edgeLogKey(`log.onceproof.example/${name}`, publicKey),
)

export const trust: Trust = {
  chain: { ...chain, confirmations: 2 },
  contracts,
  logs: [
    { origin: origins.main, noteKey: noteKeys.main.text },
    { origin: origins.single, noteKey: noteKeys.single.text },
    { origin: origins.second, noteKey: noteKeys.second.text },
  ],
  regions: [
    { code: regions.live, types: '*', use: 'live' },
    { code: regions.someTypes, types: [types.marriage], use: 'live' },
    { code: regions.test, types: '*', use: 'test' },
  ],
}

export const trustOtherChain: Trust = {
  ...trust,
  chain: { ...trust.chain, genesis: toHex(seedOf('genesis of another chain')) },
}

export const trustOtherCode: Trust = {
  ...trust,
  contracts: {
    ...contracts,
    AnchorLog: { ...contracts.AnchorLog, codeHash: toHex(seedOf('another code')) },
  },
}

const withConfirmations = (confirmations: number): Trust => ({
  ...trust,
  chain: { ...trust.chain, confirmations },
})
/** As many confirmations as the stretch `late` has, and one more. */
export const trustDeep = withConfirmations(101)
export const trustDeeper = withConfirmations(102)

export const trustEdgeNoteKeys: Trust = {
  ...trust,
  logs: [
    ...trust.logs,
    ...Object.values(edgeLogKeys).map(({ name, text }) => ({ origin: name, noteKey: text })),
  ],
}

/** Stretches of the main log. A statement's stretch decides when it was anchored. */
export const STRETCHES = {
  before: { blockNumber: 100, time: TURN - 1 },
  turn: { blockNumber: 101, time: TURN },
  after: { blockNumber: 102, time: TURN + 1 },
  late: { blockNumber: 200, time: at('2026-04-01T00:00:00Z') },
  /** Exactly as deep as the trust file asks. */
  justFinal: { blockNumber: HEAD_BLOCK - 1, time: NOW - 62 },
  head: { blockNumber: HEAD_BLOCK, time: NOW - 60 },
  /** Signed by the log, not on chain. */
  unanchored: null,
} as const
export type Stretch = keyof typeof STRETCHES

interface Tree {
  leaves: Uint8Array[]
  key: LogKey
}

const appended: Record<Stretch, string[]> = {
  before: [],
  turn: [],
  after: [],
  late: [],
  justFinal: [],
  head: [],
  unanchored: [],
}
let sealed: { tree: Tree; sizes: Record<Stretch, number> } | null = null

/** Puts a statement into a stretch of the main log. */
export function append(stretch: Stretch, statement: string): string {
  if (sealed !== null) throw new Error('the log is sealed')
  appended[stretch].push(statement)
  return statement
}

/** Ends appending: from here on there are receipts. */
export function seal(): void {
  const leaves: Uint8Array[] = []
  const sizes = {} as Record<Stretch, number>
  for (const [stretch, statements] of Object.entries(appended)) {
    leaves.push(...statements.map(leafHash))
    sizes[stretch as Stretch] = leaves.length
  }
  sealed = { tree: { leaves, key: noteKeys.main }, sizes }
}

function sealedLog() {
  if (sealed === null) throw new Error('the log is not sealed yet')
  return sealed
}

export const sizeAt = (stretch: Stretch) => sealedLog().sizes[stretch]
export const leavesAt = (stretch: Stretch) => sealedLog().tree.leaves.slice(0, sizeAt(stretch))

export function proofIn(leaves: Uint8Array[], index: number): Uint8Array[] {
  return inclusionProof(index, leaves.length, refs =>
    refs.map(({ level, index: at }) => rootOf(leaves.slice(at * 2 ** level, (at + 1) * 2 ** level))),
  )
}

/** The signed checkpoint of these leaves. */
export function checkpointOf(key: LogKey, leaves: Uint8Array[], origin = key.name): string {
  return signCheckpoint({ origin, size: leaves.length, root: rootOf(leaves) }, key, key.sign)
}

const anchorHint = (blockNumber: number, blockTime: number): Receipt['anchor'] => ({
  chainId: chain.chainId,
  contract: contracts.AnchorLog.address,
  blockNumber,
  blockTime,
})

/** The receipt of a statement of the main log, by its own stretch's checkpoint or a later one. */
export function receiptOf(statement: string, checkpoint?: Stretch): Receipt {
  const own = Object.keys(appended).find(name => appended[name as Stretch].includes(statement)) as Stretch
  const leaves = leavesAt(checkpoint ?? own)
  const leaf = toBase64(leafHash(statement))
  const index = leaves.findIndex(candidate => toBase64(candidate) === leaf)
  const { blockNumber, time } = STRETCHES[own] ?? { blockNumber: HEAD_BLOCK + 1, time: NOW }
  return receiptWith(leaves, index, checkpointOf(noteKeys.main, leaves), anchorHint(blockNumber, time))
}

export function receiptWith(
  leaves: Uint8Array[],
  index: number,
  signedCheckpoint: string,
  anchor: Receipt['anchor'] = anchorHint(STRETCHES.late.blockNumber, STRETCHES.late.time),
): Receipt {
  return { proof: formatLogProof({ index, hashes: proofIn(leaves, index), signedCheckpoint }), anchor }
}

export function promiseOf(statement: string, acceptedAt = NOW - 60, key: LogKey = noteKeys.main): string {
  return signPromise({ origin: key.name, leaf: leafHash(statement), acceptedAt, delay: 3600 }, key, key.sign)
}

// ---- statements

export type Edit = (value: JsonObject) => JsonObject

/** Sets one member, named by its path (`credentialStatus.0.type`). */
export const set =
  (path: string, value: JsonValue): Edit =>
  object =>
    change(object, path.split('.'), holder => name => {
      holder[name] = value
    })

/** Removes one member, named by its path. */
export const drop =
  (path: string): Edit =>
  object =>
    change(object, path.split('.'), holder => name => {
      if (Array.isArray(holder)) (holder as JsonValue[]).splice(Number(name), 1)
      else delete holder[name]
    })

function change(
  object: JsonObject,
  path: string[],
  act: (holder: JsonObject) => (name: string) => void,
): JsonObject {
  const copy = structuredClone(object)
  let holder = copy
  for (const name of path.slice(0, -1)) holder = holder[name] as JsonObject
  act(holder)(path.at(-1)!)
  return copy
}

export const edits =
  (...all: Edit[]): Edit =>
  object =>
    all.reduce((value, edit) => edit(value), object)

export const ulidOf = (name: string) => formatUlid(VALID_FROM * 1000, seedOf(`ulid ${name}`).slice(0, 10))

export interface CertificateOptions {
  /** Makes serial, salts and decoys. */
  name: string
  issuer?: Department
  key?: IssuingKey
  type?: string
  region?: string
  version?: number
  validFrom?: number
  validUntil?: number | null
  fields?: [string, JsonValue][]
  /** Disclosures made by hand: their digests are signed with the others. */
  extra?: string[]
  relatedResource?: JsonValue
  status?: { list?: number; index?: number }
  header?: Edit
  headerText?: (text: string) => string
  payload?: Edit
  payloadText?: (text: string) => string
  sign?: IssuingKey['sign']
}

export interface Made {
  statement: string
  disclosures: string[]
}

export const FIELDS: [string, JsonValue][] = [
  ['holderName', '张三'],
  ['certificateNumber', 'J990100-2026-000042'],
  ['registeredOn', '2026-02-01'],
]

export const relatedResource = (name: string): JsonObject => ({
  id: `urn:onceproof:file:${ulidOf(name)}`,
  mediaType: 'application/pdf',
  digestSRI: `sha256-${toBase64(seedOf(`file ${name}`))}`,
})

/** Signs a certificate; nothing in it is checked, so that a wrong one can be signed too. */
export function makeCertificate(options: CertificateOptions): Made {
  const { name, issuer = civilAffairs, key = keys.civilAffairs, type = types.marriage, version = 1 } = options
  const region = options.region ?? regions.live
  const made = makeDisclosures(seedOf(`seed ${name}`), options.fields ?? FIELDS, options.relatedResource)
  const extra = options.extra ?? []
  const identifierOf = (of: number) =>
    formatCertificateIdentifier({ type, issuer: issuer.uscc, serial: ulidOf(name), version: of })
  const payload = certificatePayload({
    identifier: identifierOf(version),
    associated: version === 1 ? null : identifierOf(version - 1),
    region,
    typeCode: type,
    issuer: issuer.did,
    validFrom: options.validFrom ?? VALID_FROM,
    validUntil: options.validUntil === undefined ? VALID_UNTIL : options.validUntil,
    schema: {
      id: `urn:onceproof:schema:${region}:JHZ:1`,
      digestSRI: `sha256-${toBase64(seedOf('schema'))}`,
    },
    status: {
      urlPrefix: 'https://proof.onceproof.example',
      uscc: issuer.uscc,
      list: options.status?.list ?? 1,
      index: options.status?.index ?? 42,
    },
    subjectDigests: [...made.subjectDigests, ...extra.map(sha256Base64url)].sort(),
    topDigest: made.topDigest,
  })
  const statement = sign('certificate', issuer, key, JSON.parse(payload) as JsonObject, options)
  return { statement, disclosures: [...made.disclosures, ...extra] }
}

/** A statement of any kind with the header and payload edited as asked, then signed. */
export function sign(
  kind: StatementKind,
  issuer: Department,
  key: IssuingKey,
  claims: JsonObject,
  options: Pick<CertificateOptions, 'header' | 'headerText' | 'payload' | 'payloadText' | 'sign'> = {},
): string {
  const same = <T>(value: T) => value
  const header = { alg: key.alg, typ: STATEMENT_TYP[kind], kid: `${issuer.did}#${key.thumbprint}` }
  const headerText = JSON.stringify((options.header ?? same)(header))
  const payloadText = JSON.stringify((options.payload ?? same)(claims))
  return jws(
    (options.headerText ?? same)(headerText),
    (options.payloadText ?? same)(payloadText),
    options.sign ?? key.sign,
  )
}

export const commonClaims = (kind: StatementKind, name: string, issuer: Department): JsonObject => ({
  iss: issuer.did,
  iat: VALID_FROM,
  jti: `urn:onceproof:${kind}:${ulidOf(name)}`,
  region: regions.live,
  salt: toBase64url(seedOf(`salt ${name}`).slice(0, 16)),
})

/** A file that was notarized, and its digest. */
export const contractText = 'Lease of flat 12-3, signed on 2026-02-28.\n'
export const contractDigest = sha256Base64url(contractText)

export function makeRecord(
  name: string,
  key = keys.notary,
  options: Parameters<typeof sign>[4] = {},
): string {
  const claims: JsonObject = {
    ...commonClaims('record', name, notary),
    record: {
      digest: contractDigest,
      size: toUtf8(contractText).length,
      mediaType: 'text/plain',
      name: '租赁合同.txt',
    },
  }
  return sign('record', notary, key, claims, options)
}

export const certificateText = ({ statement, disclosures }: Made) =>
  assembleCertificate(statement, disclosures)

// ---- what the chain says

/** Logs beside the main one that have checkpoints on chain. */
export const otherLogs: { key: LogKey; leaves: Uint8Array[] }[] = []

/** Lists of civil affairs beside list 1. */
export const statusLists = { first: 0, tenDigits: 9_999_999_998 }

export const statusIndexes = {
  clear: 42,
  revoked: 7,
  suspended: 8,
  superseded: 9,
  revokedAndSuperseded: 10,
  supersededAndSuspended: 11,
  last: 131_071,
}

export function snapshot(): Snapshot {
  const checkpoints = Object.entries(STRETCHES).flatMap(([stretch, block]) =>
    block === null
      ? []
      : [
          {
            size: sizeAt(stretch as Stretch),
            root: toBase64(rootOf(leavesAt(stretch as Stretch))),
            time: block.time,
            blockNumber: block.blockNumber,
          },
        ],
  )
  const anchoredLate = ({ key, leaves }: (typeof otherLogs)[number]) => ({
    origin: key.name,
    checkpoints: [{ size: leaves.length, root: toBase64(rootOf(leaves)), ...STRETCHES.late }],
  })
  const admitted = (who: Department, suspensions: { from: number; until: number }[] = []) => ({
    id: who.id,
    uscc: who.uscc,
    did: who.did,
    admittedAt: EARLY,
    suspensions,
  })
  const permit = (
    type: string,
    periods: [Department, number, number][],
    region: string = regions.live,
  ): Snapshot['permits'][number] => ({
    type,
    region,
    periods: periods.map(([who, from, until]) => ({ department: who.id, from, until })),
  })
  const successor = (name: string) => toHex(leafHash(name))

  return {
    chain,
    contracts,
    block: { number: HEAD_BLOCK, hash: toHex(seedOf('head')), time: NOW - 60 },
    departments: [
      admitted(civilAffairs),
      admitted(housing),
      admitted(publicSecurity, [
        { from: TURN, until: TURN + 1 },
        { from: NOW - 62, until: 0 },
      ]),
      admitted(notary),
    ],
    keys: [
      registered(keys.civilAffairs, civilAffairs),
      registered(keys.civilAffairsEdDSA, civilAffairs),
      registered(keys.housing, housing),
      registered(keys.publicSecurity, publicSecurity),
      registered(keys.notary, notary),
      registered(keys.added, civilAffairs, { addedAt: TURN }),
      registered(keys.ended, civilAffairs, { signUntil: TURN - 3600, anchorUntil: TURN }),
      registered(keys.signingEnded, civilAffairs, { signUntil: TURN }),
      registered(keys.compromised, civilAffairs, { compromisedSince: TURN }),
      registered(keys.compromisedAndEnded, civilAffairs, { anchorUntil: TURN, compromisedSince: TURN }),
      registered(keys.authority, civilAffairs, { purpose: 2 }),
      registered(keys.misregistered, civilAffairs, { publicKey: toHex(keys.housing.publicKey) }),
      registered(keys.otherAlgorithm, civilAffairs, { algorithm: 2 }),
      registered(keys.orphan, stranger),
      registered(mixedOrderKey, civilAffairs),
      ...Object.values(edgeKeys).map(key => registered(key, civilAffairs)),
    ],
    permits: [
      permit(types.marriage, [[civilAffairs, EARLY, 0]]),
      permit(types.marriage, [[civilAffairs, EARLY, 0]], regions.someTypes),
      permit(types.marriage, [[civilAffairs, EARLY, 0]], regions.test),
      permit(types.fromTurn, [[civilAffairs, TURN, 0]]),
      permit(types.untilTurn, [[civilAffairs, EARLY, TURN]]),
      permit(types.handedOver, [
        [housing, EARLY, TURN],
        [civilAffairs, TURN, 0],
      ]),
      permit(types.residence, [[publicSecurity, EARLY, 0]]),
      permit('RECORD', [[notary, EARLY, 0]]),
    ],
    logs: [{ origin: origins.main, checkpoints }, ...otherLogs.map(anchoredLate)],
    statusLists: (
      [
        [civilAffairs, 1],
        [housing, 1],
        [publicSecurity, 1],
        [civilAffairs, statusLists.first],
        [civilAffairs, statusLists.tenDigits],
      ] as const
    ).map(([owner, number]) => ({
      id: statusListId(owner.uscc, number),
      department: owner.id,
      number,
      revoked: [statusIndexes.revoked, statusIndexes.revokedAndSuperseded],
      suspended: [statusIndexes.suspended, statusIndexes.supersededAndSuspended],
      superseded: [
        statusIndexes.superseded,
        statusIndexes.revokedAndSuperseded,
        statusIndexes.supersededAndSuspended,
      ].map(index => ({ index, successor: successor(`successor ${index}`) })),
    })),
  }
}
