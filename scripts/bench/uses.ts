/**
 * A use of a certificate against a bare read: the same fields of the same certificates are made into a file, with and without asking
 * the policy, signing the statement of the use and committing it durably with the counted use of the grant.
 */
import { createHash, randomUUID } from 'node:crypto'
import { computeAddress, id, SigningKey, TypedDataEncoder, type TypedDataField } from 'ethers'
import { toHex } from '../../protocol/bytes.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { issueCertificates } from '../../server/certificates/issue.ts'
import { certificateFile } from '../../server/certificates/read.ts'
import { admitDepartment } from '../../server/departments/admit.ts'
import { acceptConsent, grantToSign, openRequest } from '../../server/grants/answer.ts'
import { askConsent } from '../../server/grants/ask.ts'
import { bindKey, challengeKey } from '../../server/grants/keys.ts'
import { ensureHolder, holderId } from '../../server/holders/holders.ts'
import { plainCaller } from '../../server/http/auth.ts'
import { publishMatters } from '../../server/matters/matters.ts'
import { decide, type PolicyFacts } from '../../server/policy/decide.ts'
import type { CertificateRow, Once } from '../../server/store/store.ts'
import { recordDutyBasis } from '../../server/uses/duty-bases.ts'
import { readCertificate, type ReadRequest } from '../../server/uses/read-certificate.ts'
import { documents } from './documents.ts'
import type { Gateway } from './gateway.ts'
import { compare } from './measure.ts'
import { fasterThan, noDearerThan, type Row } from './rows.ts'

export interface UseOptions {
  /** Certificates, each with a grant of its own. */
  certificates: number
  /** Uses of a round, on each ground. */
  count: number
  /** Readings under way at once. */
  clients: number
  rounds: number
}

const FIELDS = ['name', 'trade', 'level', 'validTo']
const READER = 'ZJJ'
const NOTARY = 'ZSJ'
const BY_DUTY = 'BENCH1'
const BY_CONSENT = 'BENCH2'
const DAYS = 30
/** The most that a matter may allow. */
const MAX_USES = 1_000
const POLICY_REPEATS = 100

interface Granted {
  row: CertificateRow
  grant: string
}

export async function measureUses(gateway: Gateway, options: UseOptions): Promise<Row[]> {
  const { count, clients, rounds } = options
  const { world } = gateway
  const granted = await prepare(gateway, options.certificates)
  const at = (index: number) => granted[index % granted.length]!
  const indices = Array.from({ length: count }, (_, index) => index)

  const requestOf = (index: number, ground: 'duty' | 'consent'): ReadRequest => ({
    reader: { department: READER, officer: 'bench' },
    matter: ground === 'duty' ? BY_DUTY : BY_CONSENT,
    case: null,
    ground,
    identifier: at(index).row.identifier,
    fields: FIELDS,
    grant: ground === 'consent' ? at(index).grant : null,
    basis: null,
    presentation: null,
  })
  const use = (index: number, ground: 'duty' | 'consent') =>
    readCertificate(world, requestOf(index, ground), once())
  const oneByOne = async (work: (index: number) => Promise<unknown>) => {
    for (const index of indices) await work(index)
  }
  const together = async (work: (index: number) => Promise<unknown>) => {
    let next = 0
    const client = async () => {
      for (let index = next++; index < count; index = next++) await work(index)
    }
    await Promise.all(Array.from({ length: clients }, client))
  }

  const costs = await compare(
    {
      bare: {
        operations: count,
        run: () => oneByOne(index => certificateFile(world, at(index).row, FIELDS)),
      },
      duty: { operations: count, run: () => oneByOne(index => use(index, 'duty')) },
      consent: { operations: count, run: () => oneByOne(index => use(index, 'consent')) },
      together: { operations: count, run: () => together(index => use(index, 'consent')) },
      policy: {
        operations: count * POLICY_REPEATS,
        run: () => {
          for (let n = 0; n < count * POLICY_REPEATS; n++) decide(POLICY_FACTS)
        },
      },
    },
    { rounds },
  )

  const { bare, duty, consent, policy } = costs
  const rate = (each: number) => Math.round(1e6 / each).toLocaleString('en')
  const added = (wall: number) => Math.round(wall - bare.wall).toLocaleString('en')
  return [
    noDearerThan(
      {
        name: 'use by duty, against a bare read',
        ours: duty.wall,
        baseline: bare.wall,
        unit: 'µs wall a use',
        note: `policy, statement and durable commit add ${added(duty.wall)} µs; ${rate(duty.wall)} a second, one after the other`,
      },
      null,
    ),
    noDearerThan(
      {
        name: 'use with grant, against a bare read',
        ours: consent.wall,
        baseline: bare.wall,
        unit: 'µs wall a use',
        note: `the grant and the question to the chain add ${added(consent.wall)} µs; ${rate(consent.wall)} a second, one after the other`,
      },
      null,
    ),
    noDearerThan(
      {
        name: 'use by duty, CPU, against a bare read',
        ours: duty.cpu,
        baseline: bare.cpu,
        unit: 'µs CPU a use',
        note: 'all threads of this process',
      },
      null,
    ),
    noDearerThan(
      {
        name: 'use with grant, CPU, against a bare read',
        ours: consent.cpu,
        baseline: bare.cpu,
        unit: 'µs CPU a use',
        note: 'all threads of this process; the chain has a process of its own',
      },
      null,
    ),
    fasterThan(
      {
        name: `uses with grant, ${clients} at once, against one after the other`,
        ours: costs.together.wall,
        baseline: consent.wall,
        unit: 'µs wall a use',
        note: `${rate(costs.together.wall)} uses with grant a second; they share commits`,
      },
      null,
    ),
    noDearerThan(
      {
        name: 'policy alone, against a bare read',
        ours: policy.wall,
        baseline: bare.wall,
        unit: 'µs wall a decision',
        note: 'pure, facts at hand',
      },
      null,
    ),
  ]
}

const POLICY_FACTS: PolicyFacts = {
  shareClass: 'conditional',
  useModes: ['duty', 'consent', 'present'],
  ground: 'consent',
  reader: { department: READER, takesPart: true, suspended: false },
  requirement: { modes: ['consent'], fields: FIELDS },
  requested: FIELDS,
  basis: null,
  officer: 'bench',
  consent: { given: true, fields: FIELDS },
  presented: null,
  standing: 'ACTIVE',
  withheld: false,
}

/** Departments, two matters, a legal basis; certificates of as many people, each with a grant. */
async function prepare({ world, type }: Gateway, certificates: number): Promise<Granted[]> {
  for (const wanted of [READER, NOTARY]) {
    const found = demoRegion().departments.find(({ code }) => code === wanted)!
    const { code, uscc, domain, zh, en, roles } = found
    await admitDepartment(world, { code, uscc, did: `did:web:${domain}`, zh, en, roles: [...roles] })
  }
  const matters = [matterOf(BY_DUTY, type, 'duty'), matterOf(BY_CONSENT, type, 'consent')]
  await publishMatters(world, matters, 'bench', once())
  const basis = { department: READER, matter: BY_DUTY, type, basis: '测试依据', recordedBy: 'bench' }
  await recordDutyBasis(world, basis, once())
  const rows = documents(certificates)
  const issued = await issueCertificates(world, { type, rows }, null)
  const granted: Granted[] = []
  for (const [index, row] of issued.entries()) {
    const holder = holderId(await ensureHolder(world, rows[index]!['idNo']!))
    granted.push({ row, grant: await grantOf({ world, holder, row, name: `bench ${index}` }) })
  }
  return granted
}

/** Asked, opened, signed and accepted, as a holder does. */
async function grantOf(about: {
  world: Gateway['world']
  holder: string
  row: CertificateRow
  name: string
}): Promise<string> {
  const { world, holder, row, name } = about
  const key = new SigningKey(id(name))
  const sign = (digest: string) => key.sign(digest).serialized
  const signer = computeAddress(key).toLowerCase()
  const { nonce, deadline, typedData } = await challengeKey(world, holder, signer)
  await bindKey(world, holder, { signer, nonce, deadline, signature: sign(hashOf(typedData)) }, once())

  const caller = { ...plainCaller('holder'), holder, person: holder }
  const item = { identifier: row.identifier, required: FIELDS, optional: [] }
  const asked = await askConsent(
    world,
    {
      department: READER,
      officer: 'bench',
      matter: BY_CONSENT,
      case: null,
      refusing: 'PAPER',
      term: { template: 'THIS_MATTER', days: DAYS, maxUses: MAX_USES },
      parties: [{ holder, role: null, needed: true, items: [item] }],
    },
    once(),
  )
  await openRequest(world, caller, asked.id)
  const picked = [{ certificate: toHex(row.leaf), fields: FIELDS }]
  const { typedData: grant, digest } = await grantToSign(world, caller, asked.id, picked)
  await acceptConsent(world, caller, asked.id, grant, sign(digest))
  return digest
}

const hashOf = (typedData: JsonObject): string => {
  const { EIP712Domain: _, ...types } = typedData['types'] as unknown as Record<string, TypedDataField[]>
  return TypedDataEncoder.hash(typedData['domain'] as object, types, typedData['message'] as object)
}

function matterOf(code: string, type: string, mode: 'duty' | 'consent') {
  return {
    code,
    version: 1,
    zh: '核对技能等级',
    en: 'Check a level of skill',
    purpose: 'GOV_SERVICE',
    leadDept: READER,
    collaborators: [],
    applicantType: 'natural',
    crossRegion: false,
    promisedWorkdays: 1,
    before: { materials: 1, visits: 1 },
    after: { materials: 0, visits: 0 },
    parties: [
      {
        role: 'applicant',
        zh: '申请人',
        en: 'Applicant',
        holderType: 'natural',
        consent: 'self',
        min: 1,
        max: 1,
      },
    ],
    conditions: [],
    requirements: [
      {
        cert: type,
        party: 'applicant',
        mode,
        required: true,
        fields: FIELDS,
        why: { zh: '技能等级', en: 'Level of skill' },
      },
    ],
    fallbacks: [],
    outputs: [],
    consent: { bundled: true, defaultValidityDays: DAYS, maxUses: MAX_USES, allPartiesNeeded: true },
    steps: [{ dept: READER, zh: '核对', en: 'Check' }],
    sensitive: false,
  }
}

function once(): Once {
  const key = randomUUID()
  return { key, request: createHash('sha256').update(key).digest() }
}
