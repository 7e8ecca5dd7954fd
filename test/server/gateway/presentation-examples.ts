/** Sound requests for what concerns presentations; each by a holder whom no other example knows. */
import { admit, answerOf, type OpenedGateway } from '../../support/opened-gateway.ts'
import { newHolder, type Holder } from '../grants/holders.ts'
import type { Example, MakeExample } from './examples.ts'

export interface Code {
  url: string
  digits: string
  expiresAt: number
}
export interface Presented {
  presentation: { id: string; state: string }
  code: Code
}

export const presentBody = ({ certificate }: Pick<Holder, 'certificate'>, more: object = {}) => ({
  certificates: [{ identifier: certificate.identifier, fields: ['name', 'validTo'] }],
  purpose: 'IDENTITY',
  ...more,
})

export const present = (holder: Holder, more: object = {}): Promise<Presented> =>
  answerOf(holder.asks.post('/v1/holder/presentations', presentBody(holder, more)), 201)

export const tokenOf = ({ url }: Code): string => url.slice(url.lastIndexOf('/') + 1)

const officer = { role: 'officer', department: 'MZJ', subject: '01ARZ3NDEKTSV4RRFFQ69G5FAV' } as const
const newPresenter = async (gateway: OpenedGateway) => {
  await admit(gateway, 'MZJ', 'ZSJ')
  return newHolder(gateway)
}
const ofPresentation =
  (method: Example['method'], rest = ''): MakeExample =>
  async ({ gateway }) => {
    const holder = await newPresenter(gateway)
    const { id } = (await present(holder)).presentation
    return { path: `/v1/holder/presentations/${id}${rest}`, method, status: 200, as: holder.who }
  }

export const PRESENTATION_EXAMPLES: Readonly<Record<string, MakeExample>> = {
  openPresentation: async ({ gateway }) => {
    const holder = await newPresenter(gateway)
    const body = presentBody(holder, { verifier: 'MZJ' })
    return { path: '/v1/holder/presentations', method: 'POST', body, status: 201, as: holder.who }
  },
  listPresentations: async ({ gateway }) => {
    const holder = await newPresenter(gateway)
    await present(holder)
    return { path: '/v1/holder/presentations?limit=5', method: 'GET', status: 200, as: holder.who }
  },
  getPresentation: ofPresentation('GET'),
  renewPresentation: ofPresentation('POST', '/renewal'),
  pausePresentation: ofPresentation('POST', '/pause'),
  cancelPresentation: ofPresentation('POST', '/cancellation'),
  resolvePresentation: async ({ gateway }) => {
    const { digits } = (await present(await newPresenter(gateway))).code
    const body = { code: { digits } }
    return { path: '/v1/presentations/resolve', method: 'POST', body, status: 200, as: officer }
  },
  readPresentation: async ({ gateway }) => {
    const { code, presentation } = await present(await newPresenter(gateway))
    const token = tokenOf(code)
    await answerOf(gateway.as(officer).post('/v1/presentations/resolve', { code: { token } }), 200)
    const path = `/v1/presentations/${presentation.id}/reading`
    return { path, method: 'POST', body: {}, status: 201, as: officer }
  },
  showPresentation: async ({ gateway }) => {
    const { code } = await present(await newPresenter(gateway))
    return { path: new URL(code.url).pathname, method: 'GET', status: 200 }
  },
}
