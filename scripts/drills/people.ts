/**
 * The people of the demonstration in the drills: whoever signs in at the demo's identity provider, in sessions that are begun again when
 * they are old or gone.
 */
import { demoMatters } from '../../server/matters/demo.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { beginDemoSession, type DemoSession } from '../../server/demo-client.ts'
import { STEP_UP_SECONDS } from '../../server/http/access.ts'
import { demoAssignments, personaSub } from '../../server/identity/demo-people.ts'
import type { Asker } from './hands.ts'

/** The department that reads by consent. */
export const READING_DEPARTMENT = 'ZJJ'
/** The matter that it reads for. */
export const HOUSING = 'X05'
/** What is asked of the identity certificate; the first two are needed. */
export const HOUSING_FIELDS = ['name', 'idNo', 'address'] as const

/** Public housing, as much of it as one department needs of identity certificates. */
export function housingMatter(): object {
  const all = demoMatters().matters as { code: string; requirements: { cert: string; party: string }[] }[]
  const whole = all.find(({ code }) => code === 'M05')!
  const own = whole.requirements.find(({ cert, party }) => cert === 'RIC' && party === 'applicant')
  return {
    ...whole,
    code: HOUSING,
    collaborators: [],
    conditions: [],
    requirements: ['applicant', 'coapplicant'].map(party => ({ ...own, party, fields: HOUSING_FIELDS })),
    fallbacks: [],
    outputs: [],
    steps: [{ dept: READING_DEPARTMENT, zh: '受理', en: 'Accept' }],
  }
}

export interface Citizen {
  /** Of the persona. */
  id: string
  name: string
  idNo: string
  sub: string
}

/** Citizens who are holders as soon as they have signed in: they have no other role to choose. */
export function citizens(): Citizen[] {
  const employed = new Set(demoAssignments().map(({ sub }) => sub))
  return demoRegion()
    .personas.map(({ id, name, idNo }) => ({ id, name, idNo, sub: personaSub(id) }))
    .filter(({ sub }) => !employed.has(sub))
}

/** What is grave needs a sign-in that is not older than this; a request takes a while, too. */
const RENEWED_AFTER_MS = (STEP_UP_SECONDS * 1000) / 2

/** Somebody in a session of his own, signed in not long ago. `address` as a proxy says it. */
export function signedIn(gateway: { url: string }, sub: string, address: string): Asker {
  let session: Promise<DemoSession> | null = null
  let begunAt = 0
  return {
    async credentials() {
      if (session === null || performance.now() - begunAt > RENEWED_AFTER_MS) {
        begunAt = performance.now()
        session = beginDemoSession(gateway.url, sub, { 'x-forwarded-for': address })
      }
      const current = session
      try {
        return await current
      } catch (error) {
        if (session === current) session = null
        throw error
      }
    },
    renew() {
      session = null
    },
  }
}
