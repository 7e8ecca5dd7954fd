/** One sound request for every operation of the API, on a scene that has something to ask about. */
import { createHash } from 'node:crypto'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { makeMachine, registerMachine } from '../../support/machine-client.ts'
import {
  admit,
  answerOf,
  applicationOf,
  exampleRow,
  fileOf,
  issue,
  publish,
  endSoon,
  until,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
  type Who,
} from '../../support/opened-gateway.ts'
import { CASE_EXAMPLES } from './case-examples.ts'
import { CONSENT_EXAMPLES } from './consent-examples.ts'
import { EXAMPLE_MATTER } from './example-matter.ts'
import { PAGE_EXAMPLES } from './page-examples.ts'
import { PRESENTATION_EXAMPLES } from './presentation-examples.ts'
import { USE_EXAMPLES } from './use-examples.ts'
import { IDENTITY_EXAMPLES } from './identity-examples.ts'
import { REPRESENTATION_EXAMPLES } from './representation-examples.ts'

export interface Scene {
  gateway: OpenedGateway
  /** Final on chain; its values are the canary's. */
  certificate: Issued
  /** Its file with no field disclosed. */
  file: Uint8Array
  /** Everything that the certificate's file discloses, as values and as the disclosures themselves. */
  secrets: string[]
  lastFour: string
  /** Final on chain. */
  record: { id: string; sha256: string }
  uscc: string
}

export interface Example {
  path: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as JSON, or as it is. */
  body?: unknown
  mediaType?: string
  status: number
  /** Who asks; without it the operator's token does. */
  as?: Who
  /** Sent whoever asks. */
  headers?: Record<string, string>
  /** Sent instead of a token, where only a session will do. */
  session?: Record<string, string>
}

export const sha256Hex = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

/** A person whose values occur nowhere else. */
export const CANARY = {
  ...exampleRow('RIC'),
  name: '金丝雀甲',
  birthDate: '1988-11-22',
  address: '示例省云岭市望山区金丝雀路77号',
  idNo: '990102198811227772',
}

/** Departments that issue and notarize, a certificate and a record that are final. */
export async function makeScene(gateway: OpenedGateway): Promise<Scene> {
  await publish(gateway, 'RIC')
  await admit(gateway, 'ZSJ')
  const certificate = await issue(gateway, 'RIC', CANARY)
  const sha256 = sha256Hex('a contract of sale')
  const { id } = await answerOf<{ id: string }>(
    gateway.post('/v1/records', { sha256, name: 'contract.pdf' }),
    201,
  )
  await untilAllFinal(gateway)
  const whole = JSON.parse(Buffer.from(await fileOf(gateway, certificate.identifier)).toString()) as {
    certificate: string
  }
  const disclosures = whole.certificate.split('~').slice(1).filter(Boolean)
  return {
    gateway,
    certificate,
    file: await fileOf(gateway, certificate.identifier, '?fields='),
    secrets: [CANARY.name, CANARY.birthDate, CANARY.address, CANARY.idNo, ...disclosures],
    lastFour: CANARY.idNo.slice(-4),
    record: { id, sha256 },
    uscc: applicationOf('GAJ').uscc,
  }
}

export type MakeExample = (scene: Scene) => Example | Promise<Example>

const read =
  (path: string | ((scene: Scene) => string)): MakeExample =>
  scene => ({ path: typeof path === 'string' ? path : path(scene), method: 'GET', status: 200 })
const ask =
  (path: string, body: (scene: Scene) => unknown): MakeExample =>
  scene => ({
    path,
    method: 'POST',
    body: body(scene),
    status: 200,
  })
const write =
  (path: string, body: unknown): MakeExample =>
  () => ({ path, method: 'POST', body, status: 201 })
const ofCertificate = (rest: string) =>
  read(({ certificate }) => `/v1/certificates/${certificate.identifier}${rest}`)
const ofRecord = (rest: string) => read(({ record }) => `/v1/records/${record.id}${rest}`)

/** A draft by a maker of its department; `to` brings it further. */
async function batchOf({ gateway }: Scene, to: 'draft' | 'submitted' | 'delivered' = 'draft', type = 'RIC') {
  const maker = gateway.as({ role: 'maker', department: 'GAJ' })
  const { id } = await answerOf<{ id: string }>(
    maker.post(`/v1/batches?type=${type}`, [exampleRow(type)]),
    201,
  )
  const path = `/v1/batches/${id}`
  if (to === 'draft') return { path, digest: '' }
  await answerOf(maker.post(`${path}/submit`, {}), 200)
  const { digest } = await answerOf<{ digest: string }>(maker.get(`${path}/summary`))
  if (to === 'submitted') return { path, digest }
  await answerOf(gateway.post(`${path}/approve`, { digest }), 202)
  const isDelivered = async () =>
    (await answerOf<{ deliveredAt: number | null }>(maker.get(path))).deliveredAt !== null
  await until(isDelivered)
  return { path, digest }
}

/** Ends a permit, unless it has ended. */
async function withoutPermit(gateway: OpenedGateway, department: string, type: string) {
  const path = `/v1/departments/${department}`
  const { permits } = await answerOf<{ permits: { type: string; until: number }[] }>(
    gateway.get(`${path}/registration`),
  )
  if (permits.findLast(permit => permit.type === type)!.until === 0)
    await endSoon(end => gateway.post(`${path}/permits/${type}/end`, { until: end }))
}

async function proposalOf({ gateway }: Scene) {
  const maker = gateway.as({ role: 'maker', department: 'GAJ' })
  const { identifier } = await issue(gateway, 'RIC')
  const proposal = { action: 'suspend', reason: 'UNDER_REVIEW' }
  const { id, digest } = await answerOf<{ id: string; digest: string }>(
    maker.post(`/v1/certificates/${identifier}/proposals`, proposal),
    201,
  )
  return { path: `/v1/proposals/${id}`, digest }
}

type Prepared = Awaited<ReturnType<typeof batchOf>>

const ofBatch =
  (
    rest: string,
    example: Omit<Example, 'path'> | ((prepared: Prepared) => Omit<Example, 'path'>),
    to?: 'draft' | 'submitted' | 'delivered',
  ): MakeExample =>
  async scene => {
    const prepared = await batchOf(scene, to)
    const made = typeof example === 'function' ? example(prepared) : example
    return { path: prepared.path + rest, ...made }
  }
const ofProposal =
  (rest: string, example: (prepared: Prepared) => Omit<Example, 'path'>): MakeExample =>
  async scene => {
    const prepared = await proposalOf(scene)
    return { path: prepared.path + rest, ...example(prepared) }
  }
const READ = { method: 'GET', status: 200 } as const
interface RegisteredKey {
  keyId: string
  purpose: string
  generation: number
  addedAt: number
}

const registrationOfDepartment = (gateway: OpenedGateway, code: string) =>
  answerOf<{ keys: RegisteredKey[] }>(gateway.request(`/v1/departments/${code}/registration`), 200)

/** By operationId. An operation without an example here fails the test that walks the API description. */
export const EXAMPLES: Readonly<Record<string, MakeExample>> = {
  listDepartments: read('/v1/departments'),
  admitDepartment: write('/v1/departments', applicationOf('GAJ')),
  getDepartment: read('/v1/departments/GAJ'),
  getDidDocument: read('/v1/departments/GAJ/did.json'),
  getRegistration: read('/v1/departments/GAJ/registration'),
  rotateKey: async ({ gateway }) => {
    const { keys } = await registrationOfDepartment(gateway, 'GAJ')
    const newest = Math.max(...keys.filter(key => key.purpose === 'authority').map(key => key.generation))
    return {
      path: '/v1/departments/GAJ/keys',
      method: 'POST',
      body: { purpose: 'authority', generation: newest + 1, overlapSeconds: 3_600 },
      status: 200,
    }
  },
  commitNextKey: async ({ gateway }) => {
    const { keys } = await registrationOfDepartment(gateway, 'ZSJ')
    const made = keys.filter(key => key.purpose === 'authority' && key.addedAt > 0)
    const generation = Math.max(...made.map(key => key.generation)) + 1
    return {
      path: '/v1/departments/ZSJ/keys/next',
      method: 'POST',
      body: { purpose: 'authority', generation },
      status: 200,
    }
  },
  retireKey: async ({ gateway }) => {
    const { keys } = await registrationOfDepartment(gateway, 'ZSJ')
    const { keyId } = keys.find(key => key.purpose === 'authority' && key.addedAt > 0)!
    return {
      path: `/v1/departments/ZSJ/keys/${keyId}/retire`,
      method: 'POST',
      body: { signUntil: 4_000_000_000, anchorUntil: 4_000_000_000 },
      status: 200,
    }
  },
  declareCompromised: async ({ gateway }) => {
    // A department of its own, so that nobody misses its key.
    await admit(gateway, 'FY')
    const { keys } = await registrationOfDepartment(gateway, 'FY')
    return {
      path: `/v1/departments/FY/keys/${keys[0]!.keyId}/compromise`,
      method: 'POST',
      body: { since: 1_700_000_000 },
      status: 200,
    }
  },
  suspendDepartment: async ({ gateway }) => {
    await admit(gateway, 'FY')
    return { path: '/v1/departments/FY/suspend', method: 'POST', status: 200 }
  },
  resumeDepartment: async ({ gateway }) => {
    await admit(gateway, 'FY')
    return { path: '/v1/departments/FY/resume', method: 'POST', status: 200 }
  },
  grantPermit: () => ({
    path: '/v1/departments/GAJ/permits',
    method: 'POST',
    body: { type: 'RIC' },
    status: 200,
  }),
  endPermit: () => ({
    path: '/v1/departments/ZSJ/permits/RECORD/end',
    method: 'POST',
    body: { until: 4_000_000_000 },
    status: 200,
  }),
  registerClient: async ({ gateway }) => ({
    path: '/v1/clients',
    method: 'POST',
    body: { department: 'GAJ', jwk: (await makeMachine(gateway)).jwk, scopes: ['issue:GAJ:RIC'] },
    status: 201,
  }),
  listClients: read('/v1/clients'),
  disableClient: async ({ gateway }) => ({
    path: `/v1/clients/${(await registerMachine(gateway, 'GAJ', ['issue:GAJ:RIC'])).id}/disable`,
    method: 'POST',
    status: 200,
  }),
  issueToken: async ({ gateway }) => ({
    path: '/oauth/token',
    method: 'POST',
    body: Buffer.from(
      new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await (await registerMachine(gateway, 'GAJ', ['issue:GAJ:RIC'])).assertion(),
      }).toString(),
    ),
    mediaType: 'application/x-www-form-urlencoded',
    status: 200,
  }),
  getTokenKeys: read('/oauth/jwks.json'),
  getAuthorizationServer: read('/.well-known/oauth-authorization-server'),
  getRegion: read('/v1/region'),
  listTypes: read('/v1/types'),
  getType: read('/v1/types/RIC'),
  listTypeVersions: read('/v1/types/RIC/versions'),
  getTypeVersion: read('/v1/types/RIC/versions/1'),
  publishType: write('/v1/types', { definition: typeIn(demoRegion(), 'RIC') }),
  issueCertificate: write('/v1/certificates', {
    type: 'RIC',
    fields: exampleRow('RIC'),
    originalFile: { sha256: sha256Hex('scan'), mediaType: 'application/pdf' },
  }),
  issueBatch: write('/v1/certificates/batch', { type: 'RIC', rows: [exampleRow('RIC'), exampleRow('RIC')] }),
  publishMatters: write('/v1/matters', { matters: [EXAMPLE_MATTER] }),
  listMatters: read('/v1/matters'),
  getMatter: async ({ gateway }) => {
    await answerOf(gateway.post('/v1/matters', { matters: [EXAMPLE_MATTER] }), 201)
    return { path: `/v1/matters/${EXAMPLE_MATTER.code}`, method: 'GET', status: 200 }
  },
  ...USE_EXAMPLES,
  findCertificates: ask('/v1/certificates/find', ({ certificate }) => ({ text: certificate.shortCode })),
  checkRows: ask('/v1/certificates/check', () => ({ type: 'RIC', rows: [exampleRow('RIC')] })),
  listCertificates: read(({ uscc }) => `/v1/certificates?type=RIC&department=${uscc}&limit=1`),
  getCertificate: ofCertificate(''),
  getCertificateState: ofCertificate('/state'),
  getCertificateFile: ofCertificate('/file?fields=name,validTo'),
  getCertificatePaper: ofCertificate('/paper?language=en'),
  getCertificateReceipt: ofCertificate('/receipt'),
  orderStatus: async ({ gateway }) => ({
    path: `/v1/certificates/${(await issue(gateway, 'RIC')).identifier}/status`,
    method: 'POST',
    body: { action: 'suspend', reason: 'LAW_ENFORCEMENT', effective: '2026-01-01T00:00:00Z' },
    status: 200,
  }),
  supersedeCertificate: async ({ gateway }) => ({
    path: `/v1/certificates/${(await issue(gateway, 'RIC')).identifier}/successor`,
    method: 'POST',
    body: { fields: exampleRow('RIC'), reason: 'HOLDER_CHANGE' },
    status: 201,
  }),
  getWorkbookTemplate: read('/v1/types/RIC/template.xlsx'),
  getCsvTemplate: read('/v1/types/RIC/template.csv'),
  checkUpload: ask('/v1/batches/check?type=RIC', () => [exampleRow('RIC')]),
  uploadBatch: write('/v1/batches?type=RIC', [exampleRow('RIC')]),
  listBatches: read('/v1/batches?state=draft&limit=1'),
  getBatch: ofBatch('', READ),
  getBatchRows: ofBatch('/rows?from=0&limit=10', READ),
  correctBatchRow: ofBatch('/rows/0', { method: 'PUT', body: { fields: exampleRow('RIC') }, status: 200 }),
  removeBatchRow: ofBatch('/rows/0', { method: 'DELETE', status: 200 }),
  getBadRows: ofBatch('/bad-rows.csv', READ),
  previewBatch: ofBatch('/preview', READ),
  summariseBatch: ofBatch('/summary', READ, 'submitted'),
  submitBatch: ofBatch('/submit', { method: 'POST', body: { leaveOut: false }, status: 200 }),
  approveBatch: ofBatch(
    '/approve',
    ({ digest }) => ({ method: 'POST', body: { digest }, status: 202 }),
    'submitted',
  ),
  rejectBatch: ofBatch('/reject', { method: 'POST', body: { reason: '住址不全' }, status: 200 }, 'submitted'),
  recallBatch: async scene => {
    const { gateway } = scene
    await publish(gateway, 'RES')
    const { path, digest } = await batchOf(scene, 'submitted', 'RES')
    await withoutPermit(gateway, 'GAJ', 'RES')
    await answerOf(gateway.post(`${path}/approve`, { digest }), 202)
    await until(async () => (await answerOf<{ problem: string | null }>(gateway.get(path))).problem !== null)
    return { path: `${path}/recall`, method: 'POST', body: { reason: '许可已失' }, status: 200 }
  },
  withdrawBatch: ofBatch('/withdraw', { method: 'POST', status: 200 }),
  watchBatch: ofBatch('/events', READ, 'delivered'),
  proposeChange: async ({ gateway }) => ({
    path: `/v1/certificates/${(await issue(gateway, 'RIC')).identifier}/proposals`,
    method: 'POST',
    body: { action: 'revoke', reason: 'HOLDER_REQUEST', effective: '2026-01-01T00:00:00Z' },
    status: 201,
  }),
  listProposals: read('/v1/proposals?state=proposed&limit=1'),
  getProposal: ofProposal('', () => READ),
  approveProposal: ofProposal('/approve', ({ digest }) => ({
    method: 'POST',
    body: { digest },
    status: 202,
  })),
  rejectProposal: ofProposal('/reject', () => ({
    method: 'POST',
    body: { reason: '理由不足' },
    status: 200,
  })),
  withdrawProposal: ofProposal('/withdraw', () => ({ method: 'POST', status: 200 })),
  notarizeDigest: write('/v1/records', {
    sha256: sha256Hex('minutes'),
    size: 7,
    mediaType: 'text/plain',
    name: 'minutes.txt',
  }),
  notarizeFile: () => ({
    path: '/v1/records/file?name=minutes.txt&mediaType=text/plain',
    method: 'POST',
    body: Buffer.from('minutes'),
    mediaType: 'application/octet-stream',
    status: 201,
  }),
  getRecord: ofRecord(''),
  getRecordFile: ofRecord('/file'),
  getRecordPaper: ofRecord('/paper'),
  getEvidencePackage: ofRecord('/evidence'),
  verifyFile: ({ file }) => ({
    path: '/v1/verify',
    method: 'POST',
    body: file,
    mediaType: 'application/vnd.onceproof+json',
    status: 200,
  }),
  lookUp: ask('/v1/verify/lookup', ({ certificate: { identifier, shortCode }, lastFour }) => ({
    identifier,
    shortCode,
    lastFour,
  })),
  verifyRecord: ask('/v1/verify/record', ({ record }) => record),
  getReceipt: read(({ certificate }) => `/v1/receipts/${certificate.leaf}`),
  getTrust: read('/v1/trust'),
  getSnapshot: read('/v1/snapshot'),
  getCheckpoint: read('/log/checkpoint'),
  getTile: read('/log/tile/0/000.p/1'),
  getLog: read('/v1/log'),
  listCheckpoints: read('/v1/log/checkpoints?from=0&limit=10'),
  getInclusionProof: read('/v1/log/inclusion?index=0&size=1'),
  getConsistencyProof: read('/v1/log/consistency?from=1&to=1'),
  getStatusList: read(({ uscc }) => `/status-lists/${uscc}/0/revocation`),
  ...CASE_EXAMPLES,
  ...CONSENT_EXAMPLES,
  ...PAGE_EXAMPLES,
  ...PRESENTATION_EXAMPLES,
  ...REPRESENTATION_EXAMPLES,
  ...IDENTITY_EXAMPLES,
  getHealth: read('/healthz'),
  getReadiness: read('/readyz'),
  getMetrics: read('/metrics'),
  openApiDescription: read('/openapi.json'),
  apiPage: read('/docs'),
  apiPageScript: read('/docs/start.js'),
  apiPageStyle: read('/docs/swagger-ui.css'),
  apiPageBundle: read('/docs/swagger-ui-bundle.js'),
  apiPageIcon: read('/docs/favicon-32x32.png'),
}

/** The bytes of an example's body; undefined when it has none. */
export function bodyOf({ body }: Example): Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined) return undefined
  return new Uint8Array(body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body)))
}

export function headersOf(
  example: Example,
  token: string | null,
  key: string | null,
): Record<string, string> {
  return {
    ...example.headers,
    ...(token !== null && { authorization: `Bearer ${token}` }),
    ...(example.body !== undefined && { 'content-type': example.mediaType ?? 'application/json' }),
    ...(key !== null && { 'idempotency-key': key }),
  }
}

export interface Operation {
  operationId: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  isPublic: boolean
  parameters: { name: string; in: string; required: boolean }[]
  body: 'json' | 'form' | 'stream' | 'none'
}

function bodyKindOf(
  content: [mediaType: string, { schema: { format?: string } }] | undefined,
): Operation['body'] {
  if (content === undefined) return 'none'
  const [mediaType, { schema }] = content
  if (mediaType === 'application/x-www-form-urlencoded') return 'form'
  return schema.format === 'binary' ? 'stream' : 'json'
}

/** Every operation of the API description that the gateway serves. */
export async function operationsOf(gateway: OpenedGateway): Promise<Operation[]> {
  interface Described {
    operationId: string
    security: unknown[]
    parameters: Operation['parameters']
    requestBody?: { content: Record<string, { schema: { format?: string } }> }
  }
  const { paths } = await answerOf<{ paths: Record<string, Record<string, Described>> }>(
    gateway.request('/openapi.json'),
  )
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security, parameters, requestBody }]) => {
      const [content] = Object.entries(requestBody?.content ?? {})
      const body = bodyKindOf(content)
      return {
        operationId,
        method: method.toUpperCase() as Operation['method'],
        path,
        isPublic: security.length === 0,
        parameters,
        body,
      }
    }),
  )
}
