import { z } from 'zod'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { certificateOwner } from '../certificates/owner.ts'
import { certificateOf } from '../certificates/read.ts'
import { identifierParams } from '../certificates/views.ts'
import { attachmentNamed } from '../http/attachment.ts'
import { defineRoute } from '../http/routes.ts'
import { ulid } from '../http/schemas.ts'
import { recordOf } from '../records/notarize.ts'
import type { World } from '../world.ts'
import { certificatePaper } from './certificate-paper.ts'
import { recordPaper } from './record-paper.ts'

const PDF = 'application/pdf'
const query = z.strictObject({
  language: z.enum(['zh', 'en']).optional().describe('Which language comes first; zh unless it is said'),
})
const responses = { 200: { description: { zh: 'PDF 文件', en: 'PDF' }, contentType: PDF } }
const refusals = [
  'CERTIFICATE_NOT_FOUND',
  'CERTIFICATE_ERASED',
  'CERTIFICATE_VALUES_MISSING',
  'CERTIFICATE_NOT_IN_FORCE',
  'WITHHELD',
  'GLYPH_MISSING',
]

async function paperReply(world: World, identifier: string, language: 'zh' | 'en' = 'zh') {
  const row = await certificateOf(world, identifier)
  const { definition } = await typeOfCertificate(world, row)
  const bytes = await certificatePaper(world, row, language)
  // The short code tells two papers apart without naming anybody.
  const name = attachmentNamed(`${definition.zh}-${row.shortCode}.pdf`, `${identifier}.pdf`)
  return { status: 200, bytes, headers: { 'Content-Disposition': name } }
}

export const paperRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/certificates/{identifier}/paper',
    operationId: 'getCertificatePaper',
    summary: {
      zh: '证照的可打印文件（PDF），内附可独立核验的证照数据',
      en: 'The certificate as a PDF for print, the verifiable file attached inside',
    },
    tags: ['certificates'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    query,
    responses,
    refusals,
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: (world: World, { params, query: { language } }) =>
      paperReply(world, params.identifier, language),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/certificates/{identifier}/paper',
    operationId: 'getOwnPaper',
    summary: { zh: '下载我的证照（PDF）', en: 'One’s own certificate as a PDF for print' },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    query,
    responses,
    refusals,
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: (world: World, { params, query: { language } }) =>
      paperReply(world, params.identifier, language),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/records/{id}/paper',
    operationId: 'getRecordPaper',
    summary: {
      zh: '存证证书（PDF），内附声明与回执',
      en: 'Certificate of notarization as a PDF, statement and receipt inside',
    },
    tags: ['records'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ id: ulid }),
    query,
    responses,
    refusals: ['RECORD_NOT_FOUND', 'NOTARY_MISSING'],
    handler: async (world: World, { params: { id }, query: { language = 'zh' } }) => ({
      status: 200,
      bytes: await recordPaper(world, await recordOf(world, id), language),
      headers: { 'Content-Disposition': attachmentNamed(`存证证书-${id}.pdf`, `${id}.pdf`) },
    }),
  }),
]
