/** Sound requests for cases and webhooks: an identity is checked, in one step, by the department that issues identity cards. */
import { answerOf, type OpenedGateway } from '../../support/opened-gateway.ts'
import { newHolder, type Holder } from '../grants/holders.ts'
import { EXAMPLE_MATTER } from './example-matter.ts'
import type { Example, MakeExample } from './examples.ts'

interface Opened {
  id: string
  number: string
}

const openBody = ({ id: holder }: Holder) => ({
  matter: EXAMPLE_MATTER.code,
  channel: 'counter',
  parties: [{ role: 'applicant', holder }],
})

async function applicant(gateway: OpenedGateway): Promise<Holder> {
  const { code } = EXAMPLE_MATTER
  await answerOf(gateway.post('/v1/matters', { matters: [EXAMPLE_MATTER] }), 201)
  const basis = { department: 'GAJ', matter: code, type: 'RIC', basis: '《居民身份证法》第六条' }
  await answerOf(gateway.post('/v1/duty-bases', basis), 200)
  return newHolder(gateway)
}

const onCase =
  (
    make: (opened: Opened, gateway: OpenedGateway, holder: Holder) => Example | Promise<Example>,
  ): MakeExample =>
  async ({ gateway }) => {
    const holder = await applicant(gateway)
    const opened = await answerOf<Opened>(gateway.post('/v1/cases', openBody(holder)), 201)
    return make(opened, gateway, holder)
  }

const read = (path: string): Example => ({ path, method: 'GET', status: 200 })
const post = (path: string, body: unknown, status = 200): Example => ({ path, method: 'POST', body, status })

const ended = async ({ id }: Opened, gateway: OpenedGateway): Promise<void> => {
  await answerOf(gateway.post(`/v1/cases/${id}/close`, { reason: '申请人撤回' }), 200)
}

const WEBHOOK = { department: 'GAJ', url: 'http://127.0.0.1:9/told', events: ['case-done'] }
const webhook = async (gateway: OpenedGateway): Promise<string> =>
  (await answerOf<{ id: string }>(gateway.post('/v1/webhooks', WEBHOOK), 201)).id

export const CASE_EXAMPLES: Readonly<Record<string, MakeExample>> = {
  openCase: async ({ gateway }) => post('/v1/cases', openBody(await applicant(gateway)), 201),
  listCases: reading('/v1/cases?limit=2'),
  getCase: onCase(({ number }) => read(`/v1/cases/${number}`)),
  collectCase: onCase(({ id }) => post(`/v1/cases/${id}/collect`, {})),
  getCaseCopy: onCase(async ({ id }, gateway) => {
    await answerOf(gateway.post(`/v1/cases/${id}/collect`, {}), 200)
    return read(`/v1/cases/${id}/items/0/copy`)
  }),
  judgeCaseUse: onCase(async ({ id }, gateway, { certificate: { identifier } }) => {
    const { matter, fields } = { matter: EXAMPLE_MATTER.code, fields: EXAMPLE_MATTER.requirements[0]!.fields }
    const reading = { identifier, matter, ground: 'duty', fields, department: 'GAJ' }
    const { use } = await answerOf<{ use: { id: string } }>(gateway.post('/v1/uses', reading), 201)
    return post(`/v1/cases/${id}/items/0/judgement`, { outcome: 'adopt', use: use.id })
  }),
  askForPaper: onCase(({ id }) =>
    post(`/v1/cases/${id}/items/0/paper`, { override: true, reason: '窗口系统故障' }),
  ),
  declareInCase: async ({ gateway }) => {
    const holder = await applicant(gateway)
    const line = EXAMPLE_MATTER.requirements[0]!
    const optional = { ...line, required: false, oneOf: 'proof' }
    const matter = {
      ...EXAMPLE_MATTER,
      code: 'X02',
      parties: [...EXAMPLE_MATTER.parties, { ...EXAMPLE_MATTER.parties[0]!, role: 'other', min: 0 }],
      requirements: [optional, { ...optional, party: 'other' }],
      fallbacks: [{ group: 'proof', kind: 'declaration', zh: '书面声明', en: 'Declaration' }],
    }
    await answerOf(gateway.post('/v1/matters', { matters: [matter] }), 201)
    const { id } = await answerOf<Opened>(
      gateway.post('/v1/cases', { ...openBody(holder), matter: 'X02' }),
      201,
    )
    const path = `/v1/certificates/${holder.certificate.identifier}/status`
    await gateway.post(path, { action: 'revoke', reason: 'HOLDER_REQUEST' })
    return post(`/v1/cases/${id}/declarations`, { group: 'proof' })
  },
  actCaseStep: onCase(async ({ id }, gateway) => {
    await answerOf(gateway.post(`/v1/cases/${id}/collect`, {}), 200)
    return post(`/v1/cases/${id}/steps/1`, { outcome: 'complete' })
  }),
  closeCase: onCase(({ id }) => post(`/v1/cases/${id}/close`, { reason: '申请人撤回' })),
  // Of a case that has ended: the stream of an open one goes on.
  watchCase: onCase(async (opened, gateway) => {
    await ended(opened, gateway)
    return read(`/v1/cases/${opened.id}/events`)
  }),
  getCaseArchive: onCase(async (opened, gateway) => {
    await answerOf(gateway.post(`/v1/cases/${opened.id}/collect`, {}), 200)
    return read(`/v1/cases/${opened.id}/archive`)
  }),
  createWebhook: () => post('/v1/webhooks', WEBHOOK, 201),
  listWebhooks: reading('/v1/webhooks'),
  setWebhookState: async ({ gateway }) =>
    post(`/v1/webhooks/${await webhook(gateway)}/state`, { state: 'stopped' }),
  sendAgain: async ({ gateway }) => {
    const { id } = await answerOf<{ id: string }>(
      gateway.post('/v1/webhooks', { ...WEBHOOK, events: [] }),
      201,
    )
    await answerOf(gateway.post(`/v1/webhooks/${id}/state`, { state: 'approved' }), 200)
    await answerOf(gateway.post('/v1/cases', openBody(await applicant(gateway))), 201)
    await answerOf(gateway.post(`/v1/webhooks/${id}/state`, { state: 'stopped' }), 200)
    const [one] = await gateway.world.store.deliveries(id, null, null, 1)
    const outcome = { state: 'dead', nextAt: 0, status: null, error: 'UNREACHABLE' } as const
    await gateway.world.store.noteDelivery(one!.id, outcome)
    return post(`/v1/webhooks/${id}/deliveries/${one!.id}/again`, {})
  },
  listDeliveries: async ({ gateway }) => read(`/v1/webhooks/${await webhook(gateway)}/deliveries?state=dead`),
}

function reading(path: string): MakeExample {
  return () => read(path)
}
