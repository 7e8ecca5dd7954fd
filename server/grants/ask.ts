/**
 * Asking for consent: what a department wants of whose certificates, for which matter, for how long. What each holder will be
 * shown is fixed here.
 */
import { randomBytes } from 'node:crypto'
import { equalBytes, toBase64url, toHex } from '../../protocol/bytes.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { typeOf, typeOfCertificate } from '../catalogue/publish.ts'
import { certificateOf, certificateState, notFound } from '../certificates/read.ts'
import { departmentOf } from '../departments/admit.ts'
import {
  certificatesOfHolder,
  ensureHolder,
  holderId,
  holderOf,
  holdersOfCertificate,
} from '../holders/holders.ts'
import type { CaseRow } from '../store/cases.ts'
import type { ConsentRequestRow, ConsentTerm, NewConsentParty, RequestedItem } from '../store/grants.ts'
import type { CertificateRow, Once } from '../store/store.ts'
import type { Matter } from '../matters/definition.ts'
import { matterIn } from '../matters/matters.ts'
import { nowSeconds, type World } from '../world.ts'
import { matterText, NOTICE_VERSION, noticeText, PURPOSES, type Purpose, type Refusing } from './notice.ts'

export interface AskedItem {
  /** Short code of the type: the holder's newest one that is in force; or one named by its identifier. */
  type?: string
  identifier?: string
  required: string[]
  optional: string[]
}

export interface AskedParty {
  /** Holder id; or his number, as somebody at the counter has it in hand. It is looked up and not kept. */
  holder?: string | undefined
  number?: string | undefined
  /** Party of the matter that he is, whose requirements then count; any when it is not said. */
  role: string | null
  needed: boolean
  items: AskedItem[]
}

export type Template =
  | { template: 'ONE_OFF' | 'SHORT_CODE' }
  | { template: 'THIS_MATTER'; days?: number | undefined; maxUses?: number | undefined }
  | { template: 'DATED'; from: number; until: number; maxUses: number }

export interface ConsentAsk {
  department: string
  /** Who asks there. */
  officer: string
  /** Code of the matter; it says the purpose. */
  matter: string
  case: string | null
  refusing: Refusing
  term: Template
  parties: AskedParty[]
}

const HOUR = 3600
const DAY = 24 * HOUR
/** How long a request may be answered; one for a counter code only as long as somebody stands there. */
const ANSWER_SECONDS = 30 * DAY
const SHORT_CODE_SECONDS = 10 * 60

/**
 * Writes a request for consent. When this returns it is on disk with the exact notice of every party, and waits in their
 * inboxes. A repetition with the same `once` changes nothing and gives the first one. Refuses DEPARTMENT_NOT_FOUND,
 * MATTER_NOT_FOUND, READER_NOT_IN_MATTER, CASE_NOT_FOUND (none of this department and matter), CASE_PARTY (who is asked is none of its
 * parties), PURPOSE_UNKNOWN, HOLDER_NOT_FOUND, HOLDER_NUMBER, CONSENT_PARTY_TWICE, TYPE_NOT_FOUND, CERTIFICATE_NOT_FOUND,
 * CERTIFICATE_NOT_OF_HOLDER, FIELD_NOT_IN_MATTER and TERM_TOO_LONG.
 */
export async function askConsent(
  world: World,
  ask: ConsentAsk,
  once: Once | null,
): Promise<ConsentRequestRow> {
  const department = await departmentOf(world, ask.department)
  const matter = await matterIn(world, ask.matter, ask.case)
  assertTakesPart(matter, ask.department)
  const of = await caseAsked(world, ask)
  const purpose = purposeOf(matter)
  const most = Math.max(1, ...ask.parties.map(({ items }) => items.length))
  const term = termOf(ask.term, matter, most, nowSeconds(world))
  const facts = { department, matter, purpose, refusing: ask.refusing, term }
  const parties: NewConsentParty[] = []
  for (const [number, party] of ask.parties.entries()) {
    const holder =
      party.number === undefined
        ? await holderOf(world, party.holder ?? '')
        : await ensureHolder(world, party.number)
    if (of !== null) assertConcerns(of, holder.id, party.role, `parties.${number}`)
    const items: Parameters<typeof noticeText>[0]['items'] = []
    for (const [place, item] of party.items.entries()) {
      const field = `parties.${number}.items.${place}`
      items.push(await itemOf(world, matter, { role: party.role, holder: holderId(holder) }, item, field))
    }
    const asked = items.map(
      ({ name: _name, fieldNames: _fieldNames, ...requested }): RequestedItem => requested,
    )
    const notice = noticeText({ ...facts, items })
    if (parties.some(other => equalBytes(other.holder, holder.id))) {
      throw new Refusal('CONSENT_PARTY_TWICE', 'each holder is asked once', { field: `parties.${number}` })
    }
    parties.push({ holder: holder.id, role: party.role, needed: party.needed, items: asked, notice })
  }
  const request = await world.store.saveConsentRequest(
    {
      id: formatUlid(world.clock(), randomBytes(10)),
      department: ask.department,
      officer: ask.officer,
      matter: matter.code,
      case: ask.case,
      purpose,
      matterText: matterText(matter),
      purposeText: PURPOSES[purpose].zh,
      term,
      refusing: ask.refusing,
      noticeVersion: NOTICE_VERSION,
      expiresAt: nowSeconds(world) + (term.template === 'SHORT_CODE' ? SHORT_CODE_SECONDS : ANSWER_SECONDS),
      parties,
    },
    once,
  )
  if (await isOpenCaseOf(world, request)) await world.store.noteConsentRequest(request.case!, request.id)
  announce(world, request, 'consent-asked')
  return request
}

/** Whether it is asked in an open case in which the department takes part: the case then counts what is answered. */
async function isOpenCaseOf(
  { store }: Pick<World, 'store'>,
  { case: id, matter, department }: ConsentRequestRow,
): Promise<boolean> {
  const of = id === null ? null : await store.caseById(id)
  return of !== null && of.state === 'open' && of.matter === matter && of.departments.includes(department)
}

/**
 * Takes a request back while somebody has not answered it: those see it as withdrawn and can no longer answer, and what others
 * granted stands. On disk when this returns; again is a no-op. Refuses CONSENT_REQUEST_NOT_FOUND, CONSENT_ANSWERED and
 * CONSENT_REQUEST_EXPIRED.
 */
export async function withdrawRequest(world: World, id: string): Promise<ConsentRequestRow> {
  const before = await consentRequestOf(world, id)
  const request = await world.store.withdrawConsentRequest(id)
  if (before.withdrawnAt === null) announce(world, request, 'consent-request-withdrawn')
  return request
}

/** The case in which it is asked; one of another department or matter is none. Refuses CASE_NOT_FOUND. */
async function caseAsked(
  { store }: Pick<World, 'store'>,
  { case: id, department, matter }: ConsentAsk,
): Promise<CaseRow | null> {
  if (id === null) return null
  const of = await store.caseById(id)
  if (of !== null && of.matter === matter && of.departments.includes(department)) return of
  throw new Refusal('CASE_NOT_FOUND', 'there is no such case of this matter and department', {
    field: 'case',
  })
}

/** A case is a reason to ask its parties, each as what he is in it, and nobody else. */
function assertConcerns(
  { parties, number }: CaseRow,
  holder: Uint8Array,
  role: string | null,
  field: string,
): void {
  const roles = parties.filter(party => equalBytes(party.holder, holder)).map(party => party.role)
  if (role === null ? roles.length > 0 : roles.includes(role)) return
  throw new Refusal('CASE_PARTY', `who is asked is not such a party of case ${number}`, {
    field,
    expected: `a party of case ${number}`,
    found: role ?? 'somebody else',
  })
}

/** Tells the department, the case and every party that something happened to a request. */
export function announce(world: Pick<World, 'events'>, request: ConsentRequestRow, event: string): void {
  const data = { event, request: request.id }
  world.events.publish(`department:${request.department}`, data)
  if (request.case !== null) world.events.publish(`case:${request.case}`, data)
  for (const { holder } of request.parties) world.events.publish(`holder:${toBase64url(holder)}`, data)
}

function assertTakesPart({ leadDept, collaborators, steps }: Matter, department: string): void {
  const all = [leadDept, ...collaborators, ...steps.map(({ dept }) => dept)]
  if (all.includes(department)) return
  throw new Refusal('READER_NOT_IN_MATTER', 'the department takes no part in this matter', {
    field: 'department',
    found: department,
  })
}

function purposeOf({ purpose }: Matter): Purpose {
  if (Object.hasOwn(PURPOSES, purpose)) return purpose as Purpose
  throw new Refusal('PURPOSE_UNKNOWN', 'the matter has a purpose that no notice can name', { found: purpose })
}

/** A grant counts every reading, so for several certificates it allows the matter's uses of each. */
function termOf(asked: Template, matter: Matter, certificates: number, now: number): ConsentTerm {
  const { defaultValidityDays: days } = matter.consent
  const maxUses = matter.consent.maxUses * certificates
  const most = { seconds: days * DAY, maxUses }
  const open = { template: asked.template, from: null, until: null }
  switch (asked.template) {
    case 'ONE_OFF':
      return { ...open, seconds: Math.min(DAY, most.seconds), maxUses: 1 }
    case 'SHORT_CODE':
      return { ...open, seconds: SHORT_CODE_SECONDS, maxUses: 1 }
    case 'THIS_MATTER': {
      const term = {
        seconds: (asked.days ?? days) * DAY,
        maxUses: asked.maxUses ?? maxUses,
      }
      assertWithin(term, most)
      return { ...open, ...term }
    }
    case 'DATED': {
      const term = { seconds: asked.until - asked.from, maxUses: asked.maxUses }
      // Who asks today for a year that begins next year asks for two years.
      assertWithin({ ...term, seconds: Math.max(term.seconds, asked.until - now) }, most)
      if (term.seconds < 0 || asked.until < now) {
        throw new Refusal('TERM_TOO_LONG', 'a term ends after it begins, and not in the past', {
          field: 'term.until',
        })
      }
      return { template: 'DATED', ...term, from: asked.from, until: asked.until }
    }
  }
}

function assertWithin(term: { seconds: number; maxUses: number }, most: typeof term): void {
  if (term.seconds <= most.seconds && term.maxUses <= most.maxUses) return
  throw new Refusal('TERM_TOO_LONG', 'the matter allows no such term', {
    field: 'term',
    expected: `at most ${most.seconds / DAY} days and ${most.maxUses} uses`,
    found: `${term.seconds / DAY} days and ${term.maxUses} uses`,
  })
}

async function itemOf(
  world: World,
  matter: Matter,
  party: { holder: string; role: string | null },
  asked: AskedItem,
  field: string,
) {
  const row = await certificateFor(world, party.holder, asked, field)
  const { definition } = await typeOfCertificate(world, row)
  const lines = matter.requirements.filter(
    line => line.cert === definition.code && (party.role === null || line.party === party.role),
  )
  const allowed = new Set(lines.flatMap(line => line.fields))
  const known = new Set(definition.fields.map(({ key }) => key))
  for (const name of [...asked.required, ...asked.optional]) {
    if (allowed.has(name) && known.has(name)) continue
    throw new Refusal('FIELD_NOT_IN_MATTER', 'the matter does not need this field of this type', {
      field,
      expected: [...allowed].join(', '),
      found: name,
    })
  }
  return {
    leaf: toHex(row.leaf),
    identifier: row.identifier,
    type: definition.code,
    required: asked.required,
    optional: asked.optional.filter(name => !asked.required.includes(name)),
    name: { zh: definition.zh, en: definition.en },
    fieldNames: Object.fromEntries(definition.fields.map(({ key, zh }) => [key, zh])),
  }
}

/** How many certificates of a holder are looked through for one of a type. */
const SEARCHED = 1_000

async function certificateFor(
  world: World,
  holder: string,
  { type, identifier }: AskedItem,
  field: string,
): Promise<CertificateRow> {
  if (identifier !== undefined) {
    const row = await certificateOf(world, identifier)
    if ((await holdersOfCertificate(world, row)).includes(holder)) return row
    throw new Refusal('CERTIFICATE_NOT_OF_HOLDER', 'the certificate is not about this holder', { field })
  }
  const { typeCode } = (await typeOf(world, type ?? '')).row
  for (const row of await certificatesOfHolder(world, holder, { before: null, limit: SEARCHED })) {
    if (row.typeCode !== typeCode || row.sealed === null) continue
    if ((await certificateState(world, row)).standing === 'ACTIVE') return row
  }
  throw notFound()
}

/** Refuses CONSENT_REQUEST_NOT_FOUND. */
export async function consentRequestOf(world: Pick<World, 'store'>, id: string): Promise<ConsentRequestRow> {
  const request = await world.store.consentRequest(id)
  if (request !== null) return request
  throw new Refusal('CONSENT_REQUEST_NOT_FOUND', 'there is no such request for consent', { field: 'id' })
}

/** The part of a request that is one holder's. Refuses CONSENT_REQUEST_NOT_FOUND, as if there were none. */
export function partyOf(request: ConsentRequestRow, holder: string | null) {
  const party = request.parties.find(one => holderId({ id: one.holder }) === holder)
  if (party !== undefined) return party
  throw new Refusal('CONSENT_REQUEST_NOT_FOUND', 'there is no such request for consent', { field: 'id' })
}
