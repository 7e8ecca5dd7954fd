/** Sound requests for the pages, the reports and the relay. */
import { saveReport } from '../../../server/reports/report.ts'
import { paperAddress } from '../../../server/verification/paper-address.ts'
import type { OpenedGateway } from '../../support/opened-gateway.ts'
import type { Example, Scene } from './examples.ts'

type Make = (scene: Scene) => Example | Promise<Example>

/** What a browser sends for a form with one file. */
export async function multipart(
  content: Readonly<Record<string, string | Blob>>,
): Promise<{ body: Uint8Array<ArrayBuffer>; mediaType: string }> {
  const form = new FormData()
  for (const [name, value] of Object.entries(content)) {
    if (typeof value === 'string') form.set(name, value)
    else form.set(name, value, 'certificate.json')
  }
  const request = new Request('http://form.invalid/', { method: 'POST', body: form })
  return {
    body: new Uint8Array(await request.arrayBuffer()),
    mediaType: request.headers.get('content-type')!,
  }
}

/** Path and query of what the QR code of a certificate says. */
export async function paperPathOf(
  { world, url }: Pick<OpenedGateway, 'world' | 'url'>,
  shortCode: string,
): Promise<string> {
  return (await paperAddress(world, shortCode)).slice(url.length)
}

const reportIn = ({ world }: OpenedGateway): Promise<string> =>
  saveReport(world, { about: '7Q2K9MXA', detail: '有人出示伪造的证照' })

const page =
  (path: string): Make =>
  () => ({ path, method: 'GET', status: 200 })

const form = (path: string, body: string, status = 200): Example => ({
  path,
  method: 'POST',
  body: Buffer.from(body),
  mediaType: 'application/x-www-form-urlencoded',
  status,
})

export const PAGE_EXAMPLES: Readonly<Record<string, Make>> = {
  homePage: page('/'),
  verifyPage: page('/verify?lang=en&mode=elder'),
  verifyHelpPage: page('/verify/help'),
  verifyByNumberPage: ({ certificate, lastFour }) =>
    form('/verify', new URLSearchParams({ code: certificate.shortCode, lastFour }).toString()),
  verifyFilePage: async ({ file }) => ({
    path: '/verify/file',
    method: 'POST',
    ...(await multipart({ file: new Blob([new Uint8Array(file)]) })),
    status: 200,
  }),
  paperPage: async ({ gateway, certificate }) => ({
    path: await paperPathOf(gateway, certificate.shortCode),
    method: 'GET',
    status: 200,
  }),
  paperProof: async ({ gateway, certificate }) => ({
    path: (await paperPathOf(gateway, certificate.shortCode)).replace('?', '/proof?'),
    method: 'GET',
    status: 200,
  }),
  reportPage: page('/verify/report?code=7Q2K9MXA'),
  reportFakePage: async () => ({
    path: '/verify/report',
    method: 'POST',
    ...(await multipart({ code: '', detail: '二维码打开了别的网站' })),
    status: 200,
  }),
  reportStatePage: async ({ gateway }) => ({
    path: `/verify/report/${await reportIn(gateway)}`,
    method: 'GET',
    status: 200,
  }),
  listReports: page('/v1/reports?limit=1'),
  answerReport: async ({ gateway }) => ({
    path: `/v1/reports/${await reportIn(gateway)}/answer`,
    method: 'POST',
    body: { text: '已查实，相关网站已关闭' },
    status: 200,
  }),
  relayRpc: () => ({
    path: '/rpc',
    method: 'POST',
    body: { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] },
    status: 200,
  }),
}
