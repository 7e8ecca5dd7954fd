/**
 * Stories of matters: people, departments and a case of theirs on a gateway with the whole demonstration region, told over HTTP. Each
 * verb below is a sentence of a story; what it does not say it checks.
 */
import { expect } from 'chai'
import { demoRegion } from '../../server/catalogue/region.ts'
import { loadDemo } from '../../server/demo.ts'
import { ensureHolder, holderId } from '../../server/holders/holders.ts'
import type { CaseView } from '../../server/cases/views.ts'
import { accountSigner, type Signer } from '../contracts/signers.ts'
import { bind, digestOf, type Holder } from '../server/grants/holders.ts'
import { problemIn } from '../server/http/gateway.ts'
import { answerOf, openGateway, type Asking, type OpenedGateway } from './opened-gateway.ts'

export type Item = CaseView['items'][number]

let opened: Promise<OpenedGateway> | undefined

/** One gateway with the demonstration region for all stories of a process. */
export function storyGateway(): Promise<OpenedGateway> {
  opened ??= (async () => {
    const gateway = await openGateway()
    await loadDemo({ url: gateway.url, token: gateway.token })
    return gateway
  })()
  return opened
}

/** Somebody of the region, or a body of it, signed in. */
export interface Person {
  /** P01 or O01; of somebody whom the region does not know, his number. */
  code: string
  number: string
  holder: string
  asks: Asking
}

const known = new Map<string, Promise<Person>>()

function personOf(gateway: OpenedGateway, code: string): Promise<Person> {
  const found = known.get(code) ?? makePerson(gateway, code)
  known.set(code, found)
  return found
}

async function makePerson(gateway: OpenedGateway, code: string): Promise<Person> {
  const { personas, organisations } = demoRegion()
  const number =
    personas.find(({ id }) => id === code)?.idNo ?? organisations.find(({ id }) => id === code)?.uscc ?? code
  const holder = holderId(await ensureHolder(gateway.world, number))
  return { code, number, holder, asks: gateway.as({ role: 'holder', holder }) }
}

const keys = new Map<string, Promise<Signer>>()

/** The key that somebody consents with, bound when it is first needed. */
function keyOf(person: Person): Promise<Signer> {
  const found = keys.get(person.code) ?? bindKey(person)
  keys.set(person.code, found)
  return found
}

async function bindKey({ code, asks }: Person): Promise<Signer> {
  const signer = accountSigner(`key of ${code}`)
  await answerOf(bind({ asks } as Holder, signer), 201)
  return signer
}

export class Story {
  readonly gateway: OpenedGateway
  readonly matter: string
  #case: CaseView | null = null
  readonly #officers = new Map<string, Asking>()

  constructor(gateway: OpenedGateway, matter: string) {
    this.gateway = gateway
    this.matter = matter
  }

  person(code: string): Promise<Person> {
    return personOf(this.gateway, code)
  }

  /** An officer of a department, signed in. */
  officer(department: string): Asking {
    const found = this.#officers.get(department) ?? this.gateway.as({ role: 'officer', department })
    this.#officers.set(department, found)
    return found
  }

  get case(): CaseView {
    if (this.#case === null) throw new Error('no case was opened')
    return this.#case
  }

  get path(): string {
    return `/v1/cases/${this.case.id}`
  }

  /** Opens the case at the counter of a department, or with `by` a person online. Parties: role and who they are. */
  async opens(
    by: string,
    parties: [role: string, code: string][],
    conditions: Record<string, boolean> = {},
    more: Record<string, unknown> = {},
  ): Promise<this> {
    const isOnline = /^[PO]\d/.test(by)
    const asks = isOnline ? (await this.person(by)).asks : this.officer(by)
    const named = []
    for (const [role, code] of parties) named.push({ role, number: (await this.person(code)).number })
    const body = {
      matter: this.matter,
      channel: isOnline ? 'online' : 'counter',
      parties: named,
      conditions,
      ...more,
    }
    const text = await answerOf<CaseView>(asks.post('/v1/cases', body), 201)
    this.#case = text
    // An applicant is told less than the department.
    await this.looks()
    for (const { number } of named) expect(JSON.stringify(text)).to.not.include(number)
    return this
  }

  /** The case as the lead department sees it now. */
  async looks(): Promise<CaseView> {
    const lead = this.case.departments[0]!
    this.#case = await answerOf<CaseView>(this.officer(lead).get(this.path), 200)
    return this.#case
  }

  item(cert: string, party?: string): Item {
    const found = this.case.items.find(
      item => item.cert === cert && (party === undefined || this.case.parties[item.party]?.role === party),
    )
    if (found === undefined) throw new Error(`the case has no item ${cert} ${party ?? ''}`)
    return found
  }

  /** The symbols of the items, as `RIC ✓ HKB ◔`. */
  get symbols(): string {
    return this.case.items.map(({ cert, symbol }) => `${cert} ${symbol}`).join(' ')
  }

  /** A department collects; the outcomes by certificate. */
  async collects(
    department: string,
    shown: { item: number; presentation: string }[] = [],
  ): Promise<Record<string, string>> {
    const { results } = await answerOf<{
      results: { item: number; outcome: string; code: string | null }[]
    }>(this.officer(department).post(`${this.path}/collect`, { shown }), 200)
    await this.looks()
    return Object.fromEntries(
      results.map(({ item, outcome, code }) => [
        `${this.case.items[item]!.cert} ${this.case.parties[this.case.items[item]!.party]!.role}`,
        code === null ? outcome : `${outcome} ${code}`,
      ]),
    )
  }

  /** Somebody is recorded as who acts for another: a guardian, an agent, a legal representative. */
  async records(capacity: string, person: string, holder: string): Promise<void> {
    const authority = this.officer(capacity === 'legal-representative' ? 'SCJ' : 'GAJ')
    const body = {
      capacity,
      person: (await this.person(person)).number,
      holder: (await this.person(holder)).number,
    }
    const response = await authority.post('/v1/representations', body)
    // Another story may have recorded it.
    if (response.status !== 201) expect((await problemIn(response)).code).to.equal('REPRESENTATION_EXISTS')
  }

  /** A person, or who acts for him, agrees to everything that this case asks of him, or to the certificates named. */
  async consents(code: string, { by = code, only }: { by?: string; only?: string[] } = {}): Promise<void> {
    const [holder, person] = [await this.person(code), await this.person(by)]
    const signer = await keyOf(person)
    const asks =
      by === code
        ? person.asks
        : this.gateway.as({ role: 'holder', holder: holder.holder, person: person.holder })
    const { requests } = await answerOf<{
      requests: { id: string; case: string | null; parties: { state: string }[] }[]
    }>(asks.get('/v1/consent-requests?limit=200'), 200)
    const own = requests.filter(
      request => request.case === this.case.id && request.parties.some(({ state }) => state === 'waiting'),
    )
    expect(own, `requests to ${code}`).to.have.length.greaterThan(0)
    for (const { id } of own) {
      const path = `/v1/consent-requests/${id}`
      const { items } = await answerOf<{
        items: { leaf: string; type: string; required: string[]; optional: string[] }[]
      }>(asks.post(`${path}/opening`, {}), 200)
      const picked = items
        .filter(({ type }) => only === undefined || only.includes(type))
        .map(({ leaf, required, optional }) => ({ certificate: leaf, fields: [...required, ...optional] }))
      const { typedData } = await answerOf<{ typedData: Parameters<typeof digestOf>[0] }>(
        asks.post(`${path}/typed-data`, { items: picked }),
        200,
      )
      const signature = signer.sign(digestOf(typedData))
      await answerOf(asks.post(`${path}/grant`, { typedData, signature }))
    }
    await this.looks()
  }

  /** A person refuses what this case asks of him. */
  async refuses(code: string): Promise<void> {
    const person = await this.person(code)
    const { requests } = await answerOf<{ requests: { id: string; case: string | null }[] }>(
      person.asks.get('/v1/consent-requests?limit=200'),
      200,
    )
    for (const { id } of requests.filter(request => request.case === this.case.id)) {
      await answerOf(person.asks.post(`/v1/consent-requests/${id}/refusal`, {}))
    }
    await this.looks()
  }

  /** The department acts the step whose turn it is; the case as it stands then. */
  async completes(department: string, outputs: Record<string, unknown>[] = []): Promise<CaseView> {
    const step = this.case.steps.find(({ state }) => state !== 'done')!
    expect(step.department, `step ${step.number}`).to.equal(department)
    const body = { outcome: 'complete', outputs }
    this.#case = await answerOf<CaseView>(
      this.officer(department).post(`${this.path}/steps/${step.number}`, body),
      200,
    )
    return this.#case
  }

  /** An officer asks for an item on paper, which nobody can pull. */
  async asksForPaper(department: string, item: number): Promise<void> {
    await answerOf(this.officer(department).post(`${this.path}/items/${item}/paper`, {}), 200)
    await this.looks()
  }

  /** A party declares what no certificate says. */
  async declares(code: string, group: string): Promise<void> {
    const { asks } = await this.person(code)
    await answerOf(asks.post(`${this.path}/declarations`, { group }), 200)
    await this.looks()
  }

  /** A certificate is issued whose fields do not say the number of its holder. */
  async issues(type: string, fields: Record<string, unknown>, holders: string[]): Promise<void> {
    await answerOf(this.gateway.post('/v1/certificates', { type, fields, holders }), 201)
  }

  /** The code with which something that is asked in this case is refused. */
  async refusal(response: Promise<Response>): Promise<string> {
    const answered = await response
    const { code } = await problemIn(answered)
    await this.looks()
    return code
  }

  /** Certificate that the case issued. */
  issued(cert: string): string {
    const output = this.case.outputs.find(one => one.cert === cert && one.state === 'issued')
    if (output?.identifier == null) throw new Error(`the case issued no ${cert}`)
    return output.identifier
  }

  /** What its issuer knows of a certificate. */
  async fields(identifier: string): Promise<Record<string, unknown>> {
    return (
      await answerOf<{ fields: Record<string, unknown> }>(
        this.gateway.get(`/v1/certificates/${identifier}`),
        200,
      )
    ).fields
  }

  /** Identifiers of somebody's certificates. */
  async certificatesOf(code: string): Promise<string[]> {
    const { holder } = await this.person(code)
    const { store } = this.gateway.world
    const { lookup } = (await store.holderById(new Uint8Array(Buffer.from(holder, 'base64url'))))!
    const rows = await store.certificatesOfHolder(lookup, { before: null, limit: 100 })
    return rows.map(({ identifier }) => identifier)
  }

  /** Today's date in the region. */
  get today(): string {
    return new Date(this.gateway.world.clock() + 8 * 3_600_000).toISOString().slice(0, 10)
  }

  /** Where a certificate stands. */
  async standing(identifier: string): Promise<string> {
    const { standing } = await answerOf<{ standing: string }>(
      this.gateway.get(`/v1/certificates/${identifier}/state`),
      200,
    )
    return standing
  }
}

export async function storyOf(matter: string): Promise<Story> {
  return new Story(await storyGateway(), matter)
}
