import { z } from 'zod'
import { underKey } from '../http/idempotency.ts'
import { defineRoute } from '../http/routes.ts'
import { certificateIdentifier, departmentCode, seconds, typeShort, ulid } from '../http/schemas.ts'
import { nowSeconds, type World } from '../world.ts'
import { askConsent, consentRequestOf, withdrawRequest, type AskedItem } from './ask.ts'
import { fieldName, holderIdText, refusing, requestView, viewRequest } from './views.ts'

const uses = z.int().min(1).max(1_000)
const fields = {
  required: z.array(fieldName).min(1).max(100),
  optional: z.array(fieldName).max(100).default([]),
}
const item = z.union([
  z.strictObject({ type: typeShort, ...fields }),
  z.strictObject({ identifier: certificateIdentifier, ...fields }),
])
const term = z.discriminatedUnion('template', [
  z.strictObject({ template: z.literal('ONE_OFF') }),
  z.strictObject({ template: z.literal('SHORT_CODE') }),
  z.strictObject({
    template: z.literal('THIS_MATTER'),
    days: z.int().min(1).max(365).optional(),
    maxUses: uses.optional(),
  }),
  z.strictObject({ template: z.literal('DATED'), from: seconds, until: seconds, maxUses: uses }),
])

export const askRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/consent-requests',
    operationId: 'askConsent',
    summary: {
      zh: '请求授权：向谁、办什么、用哪些证照的哪些项目、多久、不同意会怎样',
      en: 'Ask for consent: of whom, for which matter, which fields of which certificates, how long',
    },
    tags: ['consent'],
    owner: (_world: World, { body }) => ({ departments: [body.department] }),
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      department: departmentCode,
      matter: departmentCode.describe('Code of the matter'),
      case: ulid.nullable().default(null),
      refusing,
      term,
      parties: z
        .array(
          z
            .strictObject({
              holder: holderIdText.optional(),
              number: z
                .string()
                .max(18)
                .optional()
                .describe('Citizen number or credit code, in the place of the holder id; it is not kept'),
              role: z
                .string()
                .regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/)
                .nullable()
                .default(null),
              needed: z.boolean().default(true),
              items: z.array(item).min(1).max(32),
            })
            .refine(({ holder, number }) => (holder === undefined) !== (number === undefined), {
              message: 'either holder or number',
            }),
        )
        .min(1)
        .max(20),
    }),
    responses: {
      201: { description: { zh: '已发出', en: 'Asked' }, schema: requestView },
    },
    refusals: [
      'DEPARTMENT_NOT_FOUND',
      'MATTER_NOT_FOUND',
      'READER_NOT_IN_MATTER',
      'CASE_NOT_FOUND',
      'CASE_PARTY',
      'HOLDER_NOT_FOUND',
      'HOLDER_NUMBER',
      'CONSENT_PARTY_TWICE',
      'TYPE_NOT_FOUND',
      'CERTIFICATE_NOT_FOUND',
      'CERTIFICATE_NOT_OF_HOLDER',
      'FIELD_NOT_IN_MATTER',
      'TERM_TOO_LONG',
    ],
    handler: async (world: World, { caller, body, once }) => {
      const parties = body.parties.map(({ items, ...party }) => ({ ...party, items: items as AskedItem[] }))
      const ask = { ...body, parties, officer: caller.subject }
      return { status: 201, body: viewRequest(await askConsent(world, ask, once), nowSeconds(world), null) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/consent-requests/{id}/withdrawal',
    operationId: 'withdrawConsentRequest',
    summary: {
      zh: '撤回本部门尚待答复的授权请求；已作出的授权不受影响',
      en: 'Take back a request that waits for an answer; what was granted stands',
    },
    tags: ['consent'],
    owner: async (world: World, { params }) => ({
      departments: [(await consentRequestOf(world, params.id)).department],
    }),
    idempotent: true,
    bodyKind: 'json',
    params: z.strictObject({ id: ulid }),
    body: z.strictObject({}),
    responses: { 200: { description: { zh: '已撤回', en: 'Withdrawn' }, schema: requestView } },
    refusals: ['CONSENT_REQUEST_NOT_FOUND', 'CONSENT_ANSWERED', 'CONSENT_REQUEST_EXPIRED'],
    handler: async (world: World, { params, once }) => {
      const request = await underKey(world.store, once, () => withdrawRequest(world, params.id))
      return { status: 200, body: viewRequest(request, nowSeconds(world), null) }
    },
  }),
]
