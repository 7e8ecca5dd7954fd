/** Reports of fakes, for those who look after them; the form is a page (server/pages). */
import { z } from 'zod'
import { underKey } from '../http/idempotency.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { seconds, ulid } from '../http/schemas.ts'
import type { World } from '../world.ts'
import { answerReport, openReport } from './report.ts'

const MAX_PAGE = 100

const report = z.strictObject({
  id: ulid,
  about: z.string().describe('Short code, identifier or address that it is about; may be empty'),
  detail: z.string(),
  receivedAt: seconds,
  answer: z.strictObject({ text: z.string(), at: seconds }).nullable(),
})

export const reportRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/reports',
    operationId: 'listReports',
    summary: { zh: '假证举报，最新在前', en: 'Reports of fakes, newest first' },
    tags: ['reports'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ before: ulid.optional(), limit: integerText(1, MAX_PAGE).optional() }),
    responses: {
      200: {
        description: { zh: '举报', en: 'Reports' },
        schema: z.strictObject({ reports: z.array(report), before: ulid.nullable() }),
      },
    },
    handler: async (world: World, { query: { before = null, limit = 20 } }) => {
      const rows = await world.store.reports(before, limit)
      const reports = await Promise.all(rows.map(row => openReport(world, row)))
      return { status: 200, body: { reports, before: rows.length === limit ? rows.at(-1)!.id : null } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/reports/{id}/answer',
    operationId: 'answerReport',
    summary: {
      zh: '答复举报；凭举报编号可见',
      en: 'Answer a report; whoever has its number can read the answer',
    },
    tags: ['reports'],
    idempotent: true,
    bodyKind: 'json',
    params: z.strictObject({ id: ulid }),
    body: z.strictObject({ text: z.string().trim().min(1).max(2_000) }),
    responses: { 200: { description: { zh: '已答复', en: 'Answered' }, schema: report } },
    refusals: ['REPORT_NOT_FOUND', 'REPORT_ANSWERED'],
    handler: async (world: World, { params: { id }, body: { text }, caller, once }) => ({
      status: 200,
      body: await underKey(world.store, once, () => answerReport(world, id, { text, by: caller.subject })),
    }),
  }),
]
