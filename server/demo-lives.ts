/**
 * What the people of the demonstration region do with their certificates, so that every state has an example: readings on all three
 * grounds and one that is refused, consent that waits, is given, refused and withdrawn, batches at both desks, an open case of each
 * matter. All of it goes through the API, each step in the session of whose step it is, and what is done already is left as it is.
 */
import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { computeAddress, SigningKey, TypedDataEncoder, type TypedDataField } from 'ethers'
import { invariant } from '../protocol/refusal.ts'
import { demoRegion } from './catalogue/region.ts'
import { signInAs, write } from './demo-client.ts'
import type { ApiClient } from './http/client.ts'
import { DEMO_BATCH_TYPE, demoBatches } from './issuing/demo-batches.ts'
import { personaSub, staffSub } from './identity/demo-people.ts'
import { demoMatters } from './matters/demo.ts'

interface Stage {
  /** Holds the data folder's token. */
  root: ApiClient
  /** Somebody's session, begun when first asked for. */
  as: (sub: string) => Promise<ApiClient>
}

interface OwnCertificate {
  identifier: string
  type: { code: string }
  standing: string
}

interface ConsentRequest {
  id: string
  state: string
  parties: { state: string; grant: string | null; items: { identifier: string; type: string }[] }[]
}

/** Plays it all, on a region that is loaded; `today` is the day of its certificates. Refuses what the API refuses. */
export async function liveDemoLives(root: ApiClient, today: string): Promise<void> {
  const sessions = new Map<string, Promise<ApiClient>>()
  const as: Stage['as'] = sub => {
    const session = sessions.get(sub) ?? signInAs(root.url, sub)
    sessions.set(sub, session)
    return session
  }
  const stage: Stage = { root, as }
  await recordRepresentations(stage)
  const { department } = DEMO_BATCH_TYPE
  const [maker, checker] = [
    await as(staffSub(department, 'maker')),
    await as(staffSub(department, 'checker')),
  ]
  const { issued } = await demoBatches({ maker, checker }, today)
  await useByDuty(stage)
  await consent(stage)
  await present(stage)
  await openCases(stage)
  // Signed in the background since it was approved; whoever is told that the load is over finds it there.
  while ((await maker.get<{ state: string }>(`/v1/batches/${issued}`)).state === 'approved') await pause(50)
}

// ---- who may act for whom

async function recordRepresentations({ root, as }: Stage): Promise<void> {
  const { personas, organisations } = demoRegion()
  const numberOf = (id: string) => personas.find(persona => persona.id === id)!.idNo
  const record = (capacity: string, person: string, holder: string) =>
    write(root, '/v1/representations', { capacity, person: numberOf(person), holder })
  for (const { idNo, guardians = [], agents = [] } of personas) {
    for (const guardian of guardians) await record('guardian', guardian, idNo)
    for (const agent of agents) await record('agent', agent, idNo)
  }
  for (const { uscc, legalRepresentative } of organisations) {
    if (legalRepresentative !== undefined) await record('legal-representative', legalRepresentative, uscc)
  }
  // The representative of the restaurant appoints a manager, and she the one who runs the errands.
  const [company] = organisations
  const appoint = async (by: string, capacity: string, person: string) => {
    const client = await as(personaSub(by))
    await actFor(client, company!.name)
    await write(client, '/v1/representations/appointments', { capacity, person: numberOf(person) })
    await actAsOneself(client)
  }
  await appoint(company!.legalRepresentative!, 'manager', company!.managers![0]!)
  await appoint(company!.managers![0]!, 'operator', company!.operators![0]!)
}

interface Session {
  person: string
  actingFor: { holder: string; capacity: string }[]
}

/** Takes the side of the organisation; who represents several would have to choose. */
async function actFor(client: ApiClient, name: string): Promise<void> {
  const { actingFor } = await client.get<Session>('/v1/session')
  const option = actingFor.find(
    ({ capacity }) => capacity === 'legal-representative' || capacity === 'manager',
  )
  invariant(option !== undefined, `nobody acts for ${name}`)
  await takeRole(client, { role: 'holder', holder: option.holder })
}

async function actAsOneself(client: ApiClient): Promise<void> {
  const { person } = await client.get<Session>('/v1/session')
  await takeRole(client, { role: 'holder', holder: person })
}

const takeRole = (client: ApiClient, body: object) => client.ask('/v1/session/role', body)

// ---- readings by duty

interface Requirement {
  cert: string
  party: string
  mode: 'duty' | 'consent' | 'present'
  fields: string[]
}

interface Matter {
  code: string
  leadDept: string
  requirements: Requirement[]
}

const matters = (): Matter[] => demoMatters().matters as Matter[]
const matter = (code: string): Matter => matters().find(one => one.code === code)!

async function useByDuty({ root, as }: Stage): Promise<void> {
  const { identifier } = await newestOf(root, 'BIZ')
  const officer = await as(staffSub('SCJ', 'officer'))
  const { fields } = matter('M03').requirements.find(({ cert }) => cert === 'BIZ')!
  const reading = { identifier, matter: 'M03', ground: 'duty' }
  await write(officer, '/v1/uses', { ...reading, fields })
  // Outside the matter's list: refused, and the refused attempt is in the log.
  await write(officer, '/v1/uses', { ...reading, fields: [...fields, 'registeredCapital'] }).catch(
    () => undefined,
  )
}

async function newestOf(root: ApiClient, type: string): Promise<{ identifier: string }> {
  const { certificates } = await root.get<{ certificates: { identifier: string; standing: string }[] }>(
    `/v1/certificates?type=${type}`,
  )
  const found = certificates.find(({ standing }) => standing === 'ACTIVE')
  invariant(found !== undefined, `no certificate of ${type} is in force`)
  return found
}

// ---- consent

/**
 * The demonstration's wallets: who knows the name of the persona knows the key, as everybody here can sign in as anybody.
 */
export function walletOf(persona: string): SigningKey {
  return new SigningKey(`0x${createHash('sha256').update(`onceproof demo wallet ${persona}`).digest('hex')}`)
}

/** Binds the persona's key in a session of the persona's, once. */
export async function bindWallet(client: ApiClient, persona: string): Promise<void> {
  const signer = computeAddress(walletOf(persona).publicKey).toLowerCase()
  const { keys } = await client.get<{ keys: { signer: string }[] }>('/v1/holder/keys')
  if (keys.some(key => key.signer === signer)) return
  const { nonce, deadline, typedData } = await client.ask<{
    nonce: string
    deadline: number
    typedData: TypedData
  }>('/v1/holder/keys/challenge', { signer })
  const signature = walletOf(persona).sign(digestOf(typedData)).serialized
  await write(client, '/v1/holder/keys', { signer, nonce, deadline, signature })
}

export interface TypedData {
  types: Record<string, TypedDataField[]>
  domain: object
  message: Record<string, unknown>
}

/** What a wallet computes from what it shows. */
export function digestOf({ types: { EIP712Domain: _, ...types }, domain, message }: TypedData): string {
  return TypedDataEncoder.hash(domain, types, message)
}

async function consent(stage: Stage): Promise<void> {
  // The divorced tenant: one request waits, one is granted and used.
  const tenant = await stage.as(personaSub('P09'))
  await bindWallet(tenant, 'P09')
  await ask(stage, 'M05', 'ZJJ', 'P09', ['RIC', 'NOH', 'SIP'])
  const rent = await ask(stage, 'M07', 'GJJ', 'P09', ['RIC', 'NOH'])
  const granted = await agree(tenant, 'P09', rent)
  await useByConsent(stage, 'M07', 'GJJ', rent, granted)
  // The graduate agrees and thinks better of it; the seller of houses says no.
  const graduate = await stage.as(personaSub('P07'))
  await actAsOneself(graduate)
  await bindWallet(graduate, 'P07')
  const withdrawn = await agree(graduate, 'P07', await ask(stage, 'M10', 'JYJ', 'P07', ['RIC', 'DIP']))
  await withdraw(graduate, 'P07', withdrawn)
  const seller = await stage.as(personaSub('P12'))
  const refused = await ask(stage, 'M04', 'ZRJ', 'P12', ['RIC'])
  if (refused.parties[0]!.state === 'waiting') {
    await write(seller, `/v1/consent-requests/${refused.id}/opening`, {})
    await write(seller, `/v1/consent-requests/${refused.id}/refusal`, {})
  }
}

async function ask(
  { as }: Stage,
  code: string,
  department: string,
  persona: string,
  types: string[],
): Promise<ConsentRequest> {
  const { requirements } = matter(code)
  const { idNo } = demoRegion().personas.find(({ id }) => id === persona)!
  const items = types.map(type => {
    const { fields } = requirements.find(({ cert, mode }) => cert === type && mode === 'consent')!
    return { type, required: fields.slice(0, 2), optional: fields.slice(2) }
  })
  const role = requirements.find(({ cert }) => cert === types[0])!.party
  const request = {
    department,
    matter: code,
    refusing: 'PAPER',
    term: { template: 'THIS_MATTER' },
    parties: [{ number: idNo, role, items }],
  }
  return write(await as(staffSub(department, 'officer')), '/v1/consent-requests', request)
}

/** Opens, picks all that is asked or only certificates of these types, signs. The digest of the grant. */
export async function agree(
  client: ApiClient,
  persona: string,
  request: { id: string },
  types?: readonly string[],
): Promise<string> {
  const path = `/v1/consent-requests/${request.id}`
  const now = await client.get<ConsentRequest>(path)
  const [party] = now.parties
  if (party?.grant) return party.grant
  const { items } = await write<{
    items: { leaf: string; type: string; required: string[]; optional: string[] }[]
  }>(client, `${path}/opening`, {})
  const picked = items
    .filter(({ type }) => types?.includes(type) ?? true)
    .map(item => ({ certificate: item.leaf, fields: [...item.required, ...item.optional] }))
  const { typedData, digest } = await client.ask<{ typedData: TypedData; digest: string }>(
    `${path}/typed-data`,
    {
      items: picked,
    },
  )
  const signature = walletOf(persona).sign(digest).serialized
  await write(client, `${path}/grant`, { typedData, signature })
  return digest
}

async function withdraw(client: ApiClient, persona: string, digest: string): Promise<void> {
  const { withdrawn, withdrawal } = await client.get<{ withdrawn: unknown; withdrawal: TypedData }>(
    `/v1/grants/${digest}`,
  )
  if (withdrawn !== null) return
  const signature = walletOf(persona).sign(digestOf(withdrawal)).serialized
  await write(client, `/v1/grants/${digest}/withdrawal`, { signature })
}

async function useByConsent(
  { as }: Stage,
  code: string,
  department: string,
  request: ConsentRequest,
  grant: string,
): Promise<void> {
  const { fields } = matter(code).requirements.find(({ cert, mode }) => cert === 'RIC' && mode === 'consent')!
  const { identifier } = request.parties[0]!.items.find(({ type }) => type === 'RIC')!
  const reading = { identifier, matter: code, ground: 'consent', fields, grant }
  await write(await as(staffSub(department, 'officer')), '/v1/uses', reading)
}

async function ownCertificates(holder: ApiClient): Promise<OwnCertificate[]> {
  const { certificates } = await holder.get<{ certificates: OwnCertificate[] }>(
    '/v1/holder/certificates?limit=100',
  )
  return certificates
}

// ---- presentation

async function present({ as }: Stage): Promise<void> {
  const graduate = await as(personaSub('P07'))
  const { uses } = await graduate.get<{ uses: { ground: string }[] }>('/v1/holder/uses')
  if (uses.some(({ ground }) => ground === 'presentation')) return
  const clearance = (await ownCertificates(graduate)).find(
    ({ type, standing }) => type.code === 'NCR' && standing === 'ACTIVE',
  )
  invariant(clearance !== undefined, 'the graduate has a clearance')
  const { fields } = matter('M10').requirements.find(({ cert }) => cert === 'NCR')!
  // A code lives a minute: one that a crash left unread is replaced, not taken up.
  const { code } = await graduate.post<{ code: { digits: string } }>(
    '/v1/holder/presentations',
    { certificates: [{ identifier: clearance.identifier, fields }], verifier: 'JYJ', purpose: 'SERVICE' },
    `demo-${randomUUID()}`,
  )
  const officer = await as(staffSub('JYJ', 'officer'))
  const { presentation } = await officer.post<{ presentation: string }>(
    '/v1/presentations/resolve',
    { code: { digits: code.digits }, matter: 'M10' },
    `demo-${randomUUID()}`,
  )
  await write(officer, `/v1/presentations/${presentation}/reading`, { matter: 'M10' })
}

// ---- cases

/** Who applies in the demonstration, by the matter's roles of parties. */
const APPLICANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  M01: { mother: 'P02', father: 'P01', newborn: 'P03' },
  M02: { legalRep: 'P01', investor: 'P01', premisesOwner: 'P12' },
  M03: { company: 'O01', legalRep: 'P01' },
  M04: { seller: 'P12', buyer: 'P01' },
  M05: { applicant: 'P09' },
  M06: { child: 'P10', guardian: 'P09' },
  M07: { applicant: 'P09' },
  M08: { applicant: 'P08' },
  M09: { applicant: 'P08' },
  M10: { applicant: 'P07' },
  M11: { company: 'O02', driver: 'P11' },
  M12: { party: 'P12', company: 'O01' },
}

async function openCases({ as }: Stage): Promise<void> {
  const { personas, organisations } = demoRegion()
  const numberOf = (id: string) =>
    personas.find(persona => persona.id === id)?.idNo ?? organisations.find(one => one.id === id)!.uscc
  for (const { code, leadDept } of matters()) {
    const parties = Object.entries(APPLICANTS[code] ?? {}).map(([role, id]) => ({
      role,
      number: numberOf(id),
    }))
    invariant(parties.length > 0, `nobody applies for ${code}`)
    const officer = await as(staffSub(leadDept, 'officer'))
    const { id } = await write<{ id: string }>(officer, '/v1/cases', {
      matter: code,
      channel: 'counter',
      parties,
    })
    await write(officer, `/v1/cases/${id}/collect`, {})
  }
}
