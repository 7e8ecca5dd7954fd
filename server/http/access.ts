/**
 * Who may do what: one row for each operation of the API, one cell for each role that may. A role without a cell may not; a
 * route without a row, and a row without a route, are defects found at start. A test walks every cell.
 */
import { invariant, Refusal } from '../../protocol/refusal.ts'
import type { Caller, Role } from './auth.ts'

/** `any`: whosever it is; `own`: what is the caller's department's, or the holder's own. */
export type Reach = 'any' | 'own'

export interface AccessRow {
  readonly cells: Readonly<Partial<Record<Role, Reach>>>
  /** The action that a machine client's scope must name. */
  readonly action?: string
  /** People must have shown who they are within the last minutes. */
  readonly stepUp?: true
}

export type AccessTable = Readonly<Record<string, AccessRow>>

/**
 * Whose the thing is that a request is about: codes of departments, the type, ids of holders. `caller`: the handler limits
 * itself to what is the caller's, as lists do.
 */
export interface Owner {
  readonly departments?: readonly string[]
  /** Short code of the certificate type, for the scopes of machine clients. */
  readonly type?: string
  readonly holders?: readonly string[]
}

/** How long a person counts as present after having shown who he is. */
export const STEP_UP_SECONDS = 300

const PUBLIC: AccessRow = { cells: { anyone: 'any' } }
const OPERATOR: AccessRow = { cells: { root: 'any', operator: 'any' } }
const HOLDER: AccessRow = { cells: { holder: 'own' } }
const ISSUING: AccessRow = { cells: { root: 'any', client: 'own' }, action: 'issue' }
const STATUS: AccessRow = { cells: { root: 'any', client: 'own' }, action: 'status' }
const VALUES: AccessRow = {
  cells: { root: 'any', client: 'own', maker: 'own', checker: 'own' },
  action: 'issue',
}
/** Who works as what: said by the operator, and by a department of its own people. */
const STAFF: AccessRow = { cells: { root: 'any', operator: 'any', supervisor: 'own' }, stepUp: true }
const PEOPLE = {
  guest: 'any',
  operator: 'any',
  auditor: 'any',
  maker: 'any',
  checker: 'any',
  officer: 'any',
  supervisor: 'any',
  holder: 'any',
} as const
/** Without values of certificates. */
const STATE: AccessRow = { cells: { ...VALUES.cells, supervisor: 'own', auditor: 'any' }, action: 'issue' }
/** A record names nobody and shows no content: whoever knows its id may see it. */
const RECORDS: AccessRow = {
  cells: {
    root: 'any',
    client: 'any',
    maker: 'any',
    checker: 'any',
    officer: 'any',
    supervisor: 'any',
    auditor: 'any',
    holder: 'any',
  },
  action: 'notarize',
}

const OWN_HOLDER: AccessRow = { cells: { holder: 'own' } }
const OWN_HOLDER_PRESENT: AccessRow = { cells: { holder: 'own' }, stepUp: true }
/** Who asks for consent, and who is asked. */
const CONSENT: AccessRow = {
  cells: { root: 'any', client: 'own', officer: 'own', supervisor: 'own', holder: 'own', auditor: 'any' },
  action: 'consent',
}
const CONSENT_LISTS: AccessRow = {
  cells: { client: 'own', officer: 'own', supervisor: 'own', holder: 'own' },
  action: 'consent',
}
/** Two persons are asked for by the verbs. */
const WITHHOLDING: AccessRow = { cells: { root: 'any', operator: 'any', supervisor: 'own' } }

/** The issuing desk: what makers of the department do, and its machines within their scopes. */
const MAKING: AccessRow = { cells: { root: 'any', client: 'own', maker: 'own' }, action: 'issue' }
const CHECKING: AccessRow = { cells: { root: 'any', checker: 'own' } }
const APPROVING: AccessRow = { ...CHECKING, stepUp: true }
const PROPOSING: AccessRow = { cells: { root: 'any', maker: 'own' } }
/** Without values. */
const BATCHES: AccessRow = { cells: { ...VALUES.cells, supervisor: 'own' }, action: 'issue' }
const PROPOSALS: AccessRow = { cells: { root: 'any', maker: 'own', checker: 'own' } }
const TEMPLATES: AccessRow = {
  cells: { root: 'any', client: 'any', maker: 'any', checker: 'any', supervisor: 'any' },
  action: 'issue',
}
const CASES: AccessRow = {
  cells: { root: 'any', client: 'own', officer: 'own', supervisor: 'own' },
  action: 'case',
}
const CASES_AND_PARTIES: AccessRow = { ...CASES, cells: { ...CASES.cells, holder: 'own' } }
const WEBHOOKS: AccessRow = { cells: { root: 'any', client: 'own', supervisor: 'own' }, action: 'webhook' }
const WEBHOOK_LISTS: AccessRow = { ...WEBHOOKS, cells: { ...WEBHOOKS.cells, operator: 'any' } }

/** A report is about whoever forged, not about one department. */
const REPORTS: AccessRow = { cells: { root: 'any', operator: 'any', supervisor: 'any' } }

/** By operationId. */
export const ACCESS: AccessTable = {
  // Departments and catalogue
  listDepartments: PUBLIC,
  admitDepartment: OPERATOR,
  getDepartment: PUBLIC,
  getDidDocument: PUBLIC,
  getRegistration: PUBLIC,
  rotateKey: OPERATOR,
  commitNextKey: OPERATOR,
  retireKey: OPERATOR,
  declareCompromised: OPERATOR,
  suspendDepartment: OPERATOR,
  resumeDepartment: OPERATOR,
  grantPermit: OPERATOR,
  endPermit: OPERATOR,
  getRegion: PUBLIC,
  listTypes: PUBLIC,
  getType: PUBLIC,
  listTypeVersions: PUBLIC,
  getTypeVersion: PUBLIC,
  publishType: OPERATOR,
  // Certificates
  issueCertificate: ISSUING,
  issueBatch: ISSUING,
  checkRows: VALUES,
  listCertificates: STATE,
  // Whoever finds by a number learns what its holder has.
  findCertificates: { cells: { root: 'any', maker: 'own', checker: 'own' } },
  getCertificate: VALUES,
  getCertificateState: STATE,
  getCertificateFile: VALUES,
  getCertificatePaper: VALUES,
  getCertificateReceipt: STATE,
  orderStatus: STATUS,
  supersedeCertificate: STATUS,
  // Machine clients
  registerClient: OPERATOR,
  listClients: { cells: { root: 'any', operator: 'any', supervisor: 'own' } },
  disableClient: OPERATOR,
  issueToken: PUBLIC,
  getTokenKeys: PUBLIC,
  getAuthorizationServer: PUBLIC,
  // Issuing desk
  getWorkbookTemplate: TEMPLATES,
  getCsvTemplate: TEMPLATES,
  checkUpload: MAKING,
  uploadBatch: MAKING,
  listBatches: BATCHES,
  getBatch: BATCHES,
  watchBatch: BATCHES,
  getBatchRows: VALUES,
  getBadRows: VALUES,
  previewBatch: VALUES,
  summariseBatch: VALUES,
  correctBatchRow: MAKING,
  removeBatchRow: MAKING,
  submitBatch: MAKING,
  withdrawBatch: MAKING,
  approveBatch: APPROVING,
  rejectBatch: CHECKING,
  recallBatch: { cells: { root: 'any', checker: 'own', supervisor: 'own' } },
  proposeChange: PROPOSING,
  listProposals: { cells: { ...PROPOSALS.cells, supervisor: 'own' } },
  getProposal: PROPOSALS,
  approveProposal: APPROVING,
  rejectProposal: CHECKING,
  withdrawProposal: PROPOSING,
  // Records
  notarizeDigest: RECORDS,
  notarizeFile: RECORDS,
  getRecord: RECORDS,
  getRecordFile: RECORDS,
  getRecordPaper: RECORDS,
  getEvidencePackage: RECORDS,
  // Verification
  verifyFile: PUBLIC,
  lookUp: PUBLIC,
  verifyRecord: PUBLIC,
  getReceipt: PUBLIC,
  getTrust: PUBLIC,
  getSnapshot: PUBLIC,
  getStatusList: PUBLIC,
  // Pages that anybody may open
  homePage: PUBLIC,
  verifyPage: PUBLIC,
  verifyByNumberPage: PUBLIC,
  verifyFilePage: PUBLIC,
  verifyHelpPage: PUBLIC,
  paperPage: PUBLIC,
  paperProof: PUBLIC,
  reportPage: PUBLIC,
  reportFakePage: PUBLIC,
  reportStatePage: PUBLIC,
  listReports: REPORTS,
  answerReport: REPORTS,
  relayRpc: PUBLIC,
  // Uses
  readCertificate: { cells: { root: 'any', client: 'own', officer: 'own' }, action: 'read' },
  getUseReceipt: {
    cells: {
      root: 'any',
      client: 'own',
      checker: 'own',
      officer: 'own',
      supervisor: 'own',
      auditor: 'any',
      holder: 'own',
    },
    action: 'read',
  },
  listDepartmentUses: {
    cells: {
      root: 'any',
      client: 'own',
      checker: 'own',
      officer: 'own',
      supervisor: 'own',
      auditor: 'any',
    },
    action: 'read',
  },
  countDepartmentUses: { cells: { root: 'any', supervisor: 'own', auditor: 'any' } },
  recordDutyBasis: { cells: { root: 'any', operator: 'any', supervisor: 'own' } },
  listDutyBases: PUBLIC,
  // Presentations
  openPresentation: { cells: { holder: 'own' }, stepUp: true },
  listPresentations: HOLDER,
  getPresentation: HOLDER,
  renewPresentation: HOLDER,
  pausePresentation: HOLDER,
  cancelPresentation: HOLDER,
  resolvePresentation: { cells: { root: 'any', client: 'own', officer: 'own' }, action: 'read' },
  readPresentation: { cells: { root: 'any', client: 'own', officer: 'own' }, action: 'read' },
  showPresentation: PUBLIC,
  // Holders: certificates and their uses
  listOwnCertificates: OWN_HOLDER,
  getOwnCertificate: OWN_HOLDER,
  getOwnValues: OWN_HOLDER_PRESENT,
  getOwnFile: OWN_HOLDER_PRESENT,
  getOwnPaper: OWN_HOLDER_PRESENT,
  listOwnUses: OWN_HOLDER,
  exportOwnUses: OWN_HOLDER,
  exportOwnUsesJson: OWN_HOLDER,
  objectToUse: OWN_HOLDER,
  listOwnObjections: OWN_HOLDER,
  askCorrection: OWN_HOLDER,
  listOwnCorrections: OWN_HOLDER,
  // Oversight
  proposeWithholding: WITHHOLDING,
  confirmWithholding: { ...WITHHOLDING, stepUp: true },
  proposeRelease: WITHHOLDING,
  confirmRelease: { ...WITHHOLDING, stepUp: true },
  listWithholdings: { cells: { root: 'any', operator: 'any', supervisor: 'any', auditor: 'any' } },
  listObjections: { cells: { root: 'any', supervisor: 'own' } },
  answerObjection: { cells: { root: 'any', supervisor: 'own' } },
  // A maker proposes the version that says it right.
  listCorrections: { cells: { root: 'any', maker: 'own', checker: 'own', supervisor: 'own' } },
  answerCorrection: { cells: { root: 'any', checker: 'own', supervisor: 'own' } },
  eraseCertificate: { cells: { root: 'any', checker: 'own' }, stepUp: true },
  // Log
  getCheckpoint: PUBLIC,
  getTile: PUBLIC,
  getLog: PUBLIC,
  listCheckpoints: PUBLIC,
  getInclusionProof: PUBLIC,
  getConsistencyProof: PUBLIC,
  // Matters
  publishMatters: OPERATOR,
  listMatters: PUBLIC,
  getMatter: PUBLIC,
  // Cases
  openCase: CASES_AND_PARTIES,
  listCases: CASES_AND_PARTIES,
  getCase: CASES_AND_PARTIES,
  collectCase: CASES,
  getCaseCopy: CASES,
  judgeCaseUse: CASES,
  askForPaper: CASES,
  declareInCase: CASES_AND_PARTIES,
  actCaseStep: { ...CASES, stepUp: true },
  closeCase: CASES_AND_PARTIES,
  watchCase: CASES_AND_PARTIES,
  getCaseArchive: CASES,
  // Webhooks
  createWebhook: WEBHOOKS,
  listWebhooks: WEBHOOK_LISTS,
  setWebhookState: OPERATOR,
  listDeliveries: WEBHOOK_LISTS,
  sendAgain: WEBHOOK_LISTS,
  // Holders' keys, consent and grants
  listHolderKeys: OWN_HOLDER,
  challengeHolderKey: OWN_HOLDER_PRESENT,
  bindHolderKey: OWN_HOLDER_PRESENT,
  cancelHolderKeyReplacement: OWN_HOLDER,
  askConsent: { cells: { root: 'any', client: 'own', officer: 'own', supervisor: 'own' }, action: 'consent' },
  withdrawConsentRequest: {
    cells: { root: 'any', client: 'own', officer: 'own', supervisor: 'own' },
    action: 'consent',
  },
  listConsentRequests: CONSENT_LISTS,
  getConsentRequest: CONSENT,
  openConsentRequest: OWN_HOLDER,
  prepareGrant: OWN_HOLDER,
  giveConsent: OWN_HOLDER_PRESENT,
  refuseConsent: OWN_HOLDER,
  listGrants: CONSENT_LISTS,
  getGrant: CONSENT,
  // A signature is as good as being present, and without one the handler asks for it.
  withdrawGrant: OWN_HOLDER,
  withdrawAllGrants: OWN_HOLDER,
  // Who may act for whom
  recordRepresentation: { cells: { root: 'any', officer: 'own' }, stepUp: true },
  appointRepresentative: OWN_HOLDER_PRESENT,
  listRepresentations: {
    cells: { root: 'any', officer: 'own', supervisor: 'own', auditor: 'any', holder: 'own' },
  },
  endRepresentation: { cells: { root: 'any', officer: 'own', holder: 'own' } },
  // Sign-in
  signIn: PUBLIC,
  signInCallback: PUBLIC,
  signOut: PUBLIC,
  getSession: { cells: { ...PEOPLE, root: 'any' } },
  takeRole: { cells: PEOPLE },
  createAssignment: STAFF,
  listAssignments: { cells: STAFF.cells },
  endAssignment: STAFF,
  // Health and description
  getHealth: PUBLIC,
  getReadiness: PUBLIC,
  getMetrics: PUBLIC,
  openApiDescription: PUBLIC,
  apiPage: PUBLIC,
  apiPageScript: PUBLIC,
  apiPageStyle: PUBLIC,
  apiPageBundle: PUBLIC,
  apiPageIcon: PUBLIC,
}

/** The row of an operation. Throws (a defect) when there is none. */
export function accessOf(table: AccessTable, operationId: string): AccessRow {
  const row = Object.hasOwn(table, operationId) ? table[operationId] : undefined
  invariant(row, `the access table has no row for ${operationId}`)
  return row
}

export const isPublic = (row: AccessRow): boolean => row.cells.anyone !== undefined

/** Before anything of the request is read. `now` in seconds. Refuses ACCESS_DENIED, SCOPE_MISSING and STEP_UP_REQUIRED. */
export function assertRole(row: AccessRow, caller: Caller, now: number): void {
  if (row.cells[caller.role] === undefined) {
    throw new Refusal('ACCESS_DENIED', 'this role may not do this', {
      expected: Object.keys(row.cells).join(' or '),
      found: caller.role,
    })
  }
  if (caller.role === 'client' && !caller.scopes.some(scope => scope.action === row.action))
    throw noScope(row)
  // Nor is there a person behind the operator's token, by which the first people are assigned.
  const isToken = caller.role === 'root' || (caller.role === 'operator' && caller.subject === 'operator')
  const isPerson = !isToken && caller.role !== 'client'
  const since = caller.authenticatedAt
  if (row.stepUp === true && isPerson && (since === null || now - since > STEP_UP_SECONDS)) {
    throw new Refusal('STEP_UP_REQUIRED', 'this needs a fresh sign-in', {
      expected: `a sign-in within ${STEP_UP_SECONDS} seconds`,
    })
  }
}

/** Once the request is read. Refuses ACCESS_NOT_OWN and SCOPE_MISSING. */
export function assertOwn(row: AccessRow, caller: Caller, owner: Owner): void {
  if (row.cells[caller.role] !== 'own') return
  const { departments = [], holders = [], type } = owner
  const own =
    caller.role === 'holder'
      ? caller.holder !== null && holders.includes(caller.holder)
      : caller.department !== null && departments.includes(caller.department)
  if (!own) throw new Refusal('ACCESS_NOT_OWN', 'this belongs to somebody else', { found: caller.role })
  if (caller.role !== 'client') return
  const isScoped = caller.scopes.some(
    scope =>
      scope.action === row.action &&
      scope.department === caller.department &&
      (scope.type === '*' || type === undefined || scope.type === type),
  )
  if (!isScoped) throw noScope(row)
}

const noScope = ({ action = 'no' }: AccessRow) =>
  new Refusal('SCOPE_MISSING', 'the client has no scope for this', { expected: `a scope for ${action}` })
