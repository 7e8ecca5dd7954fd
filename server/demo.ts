/**
 * The demonstration region, loaded through the HTTP API like anybody's data: departments, types, certificates, and what
 * happens to some of them.
 */
import { invariant } from '../protocol/refusal.ts'
import { civilDateOf } from './catalogue/civil-date.ts'
import { demoCertificates, type Afterwards, type DemoCertificate } from './catalogue/demo-certificates.ts'
import { demoRegion } from './catalogue/region.ts'
import { write } from './demo-client.ts'
import { liveDemoLives } from './demo-lives.ts'
import { createClient, type ApiClient } from './http/client.ts'
import { demoMatters } from './matters/demo.ts'
import type { World } from './world.ts'

export interface DemoOptions {
  url: string
  token: string
  /** Also lets its people use what they have (demo-lives.ts); needs the demo's own identity provider. */
  lives?: boolean
  say?: (text: string) => void
  onProgress?: (done: number, all: number) => void
}

export interface DemoCounts {
  departments: number
  types: number
  certificates: number
  suspended: number
  revoked: number
  superseded: number
}

/** Requests in flight where their order does not matter. */
const AT_ONCE = 8
const SETTING = 'demo.region'
/** Measures on sharing between departments of government. */
const SHARING_LAW = '《政务信息资源共享管理暂行办法》（国发〔2016〕51号）'

/**
 * Loads the whole region and tells how much there is of it. Every write carries a key that follows from what it asks for, so a
 * load that was cut short is continued by the next, and a second load changes nothing; that holds across days too, because
 * short-lived proofs are dated from the day on which the first department was admitted. Superseded certificates become so on
 * chain when their successors are final, a little after this returns. Refuses whatever the API refuses.
 */
export async function loadDemo({
  url,
  token,
  lives = false,
  say,
  onProgress,
}: DemoOptions): Promise<DemoCounts> {
  const client = createClient({ url, token })
  const { departments, certificateTypes } = demoRegion()
  const steps = { done: 0, all: departments.length + certificateTypes.length }
  const tick = () => onProgress?.(++steps.done, steps.all)

  say?.(
    `loading the demonstration region: ${departments.length} departments, ${certificateTypes.length} types`,
  )
  const admitted = await eachAtOnce(departments, async ({ code, uscc, domain, zh, en, roles }) => {
    const body = { code, uscc, did: `did:web:${domain}`, zh, en, roles }
    const { createdAt } = await write<{ createdAt: number }>(client, '/v1/departments', body)
    tick()
    return createdAt
  })
  await eachAtOnce(certificateTypes, async definition => {
    await write(client, '/v1/types', { definition })
    tick()
  })
  await loadMatters(client)

  const today = civilDateOf(new Date(Math.min(...admitted) * 1000).toISOString())
  const certificates = demoCertificates(today)
  const changed = certificates.filter(({ afterwards }) => afterwards !== undefined)
  steps.all += certificates.length + changed.length
  say?.(`issuing ${certificates.length} certificates and changing the state of ${changed.length}`)
  await eachAtOnce(certificates, async certificate => {
    await issueAndChange(client, certificate)
    tick()
    if (certificate.afterwards !== undefined) tick()
  })

  if (lives) {
    say?.('letting its people use their certificates')
    await liveDemoLives(client, today)
  }

  const count = (action: Afterwards['action']) =>
    certificates.filter(({ afterwards }) => afterwards?.action === action).length
  return {
    departments: departments.length,
    types: certificateTypes.length,
    certificates: certificates.length,
    suspended: count('suspend'),
    revoked: count('revoke'),
    superseded: count('supersede'),
  }
}

/**
 * Loads the region into a data folder that is to have it: one without departments, or one whose first load did not come to its
 * end. Null when nothing was to be done.
 */
export async function loadDemoWhenEmpty(
  world: Pick<World, 'config' | 'store'>,
  options: DemoOptions,
): Promise<DemoCounts | null> {
  if (!world.config.demo) return null
  const state = await world.store.setting(SETTING)
  if (state === 'loaded') return null
  if (state === null && (await world.store.departments()).length > 0) return null
  await world.store.saveSetting(SETTING, 'loading')
  // With a provider of one's own nobody of the demonstration can sign in.
  const counts = await loadDemo({ ...options, lives: world.config.openidIssuer === null })
  await world.store.saveSetting(SETTING, 'loaded')
  return counts
}

interface DutyLines {
  code: string
  zh: string
  leadDept: string
  collaborators: string[]
  requirements: { cert: string; mode: string }[]
}

/** The matters, and the law by which their departments read what the matters take by duty. */
async function loadMatters(client: ApiClient): Promise<void> {
  const matters = demoMatters().matters as DutyLines[]
  await write(client, '/v1/matters', { matters })
  const bases = matters.flatMap(({ code, zh, leadDept, collaborators, requirements }) => {
    const types = new Set(requirements.filter(({ mode }) => mode === 'duty').map(({ cert }) => cert))
    return [leadDept, ...collaborators].flatMap(department =>
      [...types].map(type => ({ department, matter: code, type, basis: `${SHARING_LAW}：${zh}` })),
    )
  })
  await eachAtOnce(bases, basis => write(client, '/v1/duty-bases', basis))
}

async function issueAndChange(client: ApiClient, certificate: DemoCertificate): Promise<void> {
  const { type, row, afterwards } = certificate
  const { identifier } = await write<{ identifier: string }>(client, '/v1/certificates', {
    type,
    fields: row,
    holders: [numberOfHolder(certificate.holder)],
  })
  if (afterwards === undefined) return
  const path = `/v1/certificates/${identifier}`
  const { action, reason } = afterwards
  if (action === 'supersede') {
    await write(client, `${path}/successor`, { fields: { ...row, ...afterwards.changes }, reason })
  } else {
    await write(client, `${path}/status`, { action, reason })
  }
}

/** Of a persona or an organisation of the demonstration region. */
function numberOfHolder(id: string): string {
  const { personas, organisations } = demoRegion()
  const number =
    personas.find(persona => persona.id === id)?.idNo ??
    organisations.find(organisation => organisation.id === id)?.uscc
  invariant(number !== undefined, `nobody in the demonstration region is ${id}`)
  return number
}

/** Does the work for every item, a few at once; the results come in the items' order. The first failure ends it. */
async function eachAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}
