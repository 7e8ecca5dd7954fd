import { z } from 'zod'
import { fromBase64url, toBase64url } from '../../protocol/bytes.ts'
import { holderId } from '../holders/holders.ts'
import type { Caller } from '../http/auth.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { departmentCode, seconds, typeShort, ulid } from '../http/schemas.ts'
import { CAPACITIES, type RepresentationRow } from '../store/representations.ts'
import { nowSeconds, type World } from '../world.ts'
import { appointRepresentative, authorityOf, recordRepresentation } from './appoint.ts'
import { endRepresentation, representationOf } from './end.ts'
import { shownName } from './names.ts'

const MAX_PAGE = 200
const matterCode = z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/)
const number = z
  .string()
  .length(18)
  .describe('Citizen number (GB 11643) or unified social credit code (GB 32100); never kept')
const codes = <Code extends z.ZodType>(code: Code) =>
  z.array(code).min(1).max(100).nullable().default(null).describe('null = all')
const scope = {
  matters: codes(matterCode),
  types: codes(typeShort),
  until: seconds.nullable().default(null),
}
const representation = z.strictObject({
  id: ulid,
  capacity: z.enum(CAPACITIES),
  person: z.string().describe('Id of who acts'),
  holder: z.string().describe('Id of whom he acts for'),
  matters: z.array(z.string()).nullable(),
  types: z.array(z.string()).nullable(),
  since: seconds,
  until: seconds.nullable(),
  department: departmentCode.nullable().describe('Who recorded it; null when the holder’s side appointed'),
  appointedBy: z.string(),
  state: z.enum(['in-force', 'expired', 'ended']),
  endedAt: seconds.nullable(),
})

/** Of whom the caller is not: whoever acts for him, or for whom he acts. */
const other = z
  .strictObject({
    kind: z.enum(['natural', 'legal']),
    name: z.string().nullable().describe('As his own certificates have it, masked; null when none does'),
  })
  .nullable()
  .describe('Only for holders: the other side')

function view(world: World, row: RepresentationRow): z.infer<typeof representation> {
  const { id, capacity, matters, types, since, until, department, appointedBy, endedAt } = row
  const isOver = until !== null && until <= nowSeconds(world)
  return {
    id,
    capacity,
    person: toBase64url(row.person),
    holder: toBase64url(row.holder),
    matters,
    types,
    since,
    until,
    department,
    appointedBy,
    state: endedAt !== null ? 'ended' : isOver ? 'expired' : 'in-force',
    endedAt,
  }
}

/** What a caller may see: a holder his own, a department what it recorded, whoever oversees all. */
function filterOf({ role, holder, person, department }: Caller, side: 'represented' | 'representing') {
  if (role === 'holder') {
    const id = fromBase64url((side === 'represented' ? holder : person) ?? '') ?? new Uint8Array(32)
    return side === 'represented' ? { holder: id } : { person: id }
  }
  return department === null ? {} : { department }
}

export const representationRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/representations',
    operationId: 'recordRepresentation',
    summary: {
      zh: '登记监护人、代办人（身份认证部门）或法定代表人（登记机关）；法定代表人变更即废止原有全部授权',
      en: 'Record a guardian or an agent (identity authority) or a legal representative (business register), which voids whoever stood for the organisation before',
    },
    tags: ['representations'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      capacity: z.enum(['guardian', 'agent', 'legal-representative']),
      person: number,
      holder: number,
      ...scope,
    }),
    responses: { 201: { description: { zh: '已登记', en: 'Recorded' }, schema: representation } },
    refusals: ['REPRESENTATION_KIND', 'REPRESENTATION_TERM', 'REPRESENTATION_EXISTS', 'REPRESENTS_SELF'],
    owner: (world: World, { body: { capacity } }) => ({
      departments: [authorityOf(world, capacity)].filter(code => code !== null),
    }),
    handler: async (world, { caller, body, once }) => ({
      status: 201,
      body: view(world, await recordRepresentation(world, caller, body, once)),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/representations/appointments',
    operationId: 'appointRepresentative',
    summary: {
      zh: '委任：本人委托代办人；法定代表人委任管理员（至多 5 名）和经办人；管理员委任经办人',
      en: 'Appoint: a person an agent; a legal representative managers (at most 5) and operators; a manager operators',
    },
    tags: ['representations'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({ capacity: z.enum(['agent', 'manager', 'operator']), person: number, ...scope }),
    responses: { 201: { description: { zh: '已委任', en: 'Appointed' }, schema: representation } },
    refusals: [
      'APPOINTMENT_NOT_ALLOWED',
      'APPOINTMENT_TOO_WIDE',
      'MANAGERS_TOO_MANY',
      'REPRESENTATION_TERM',
      'REPRESENTATION_EXISTS',
    ],
    owner: 'caller',
    handler: async (world: World, { caller, body, once }) => ({
      status: 201,
      body: view(world, await appointRepresentative(world, caller, body, once)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/representations',
    operationId: 'listRepresentations',
    summary: {
      zh: '代表关系：谁可代表我、我可代表谁；部门所登记的',
      en: 'Who may act for me and for whom I may act; for a department, what it recorded',
    },
    tags: ['representations'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({
      side: z.enum(['represented', 'representing']).default('represented'),
      before: ulid.optional(),
      limit: integerText(1, MAX_PAGE).optional(),
    }),
    responses: {
      200: {
        description: { zh: '代表关系，新的在前', en: 'Newest first' },
        schema: z.strictObject({
          representations: z.array(representation.extend({ other })),
          before: ulid.nullable(),
        }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller, query: { side, before = null, limit = 50 } }) => {
      const rows = await world.store.representations(filterOf(caller, side), { before, limit })
      const next = rows.length === limit ? rows.at(-1)!.id : null
      const representations = []
      for (const row of rows) {
        const id = side === 'represented' ? row.person : row.holder
        const named = caller.role === 'holder' ? await shownName(world, id) : null
        representations.push({ ...view(world, row), other: named })
      }
      return { status: 200, body: { representations, before: next } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/representations/{id}/end',
    operationId: 'endRepresentation',
    summary: {
      zh: '终止代表关系，即刻生效；由其委任的一并终止',
      en: 'End a representation at once, with whatever was appointed by it',
    },
    tags: ['representations'],
    idempotent: true,
    bodyKind: 'none',
    params: z.strictObject({ id: ulid }),
    responses: { 200: { description: { zh: '已终止', en: 'Ended' }, schema: representation } },
    refusals: ['REPRESENTATION_NOT_FOUND', 'APPOINTMENT_NOT_ALLOWED'],
    owner: async (world: World, { params: { id } }) => {
      const { capacity, person, holder } = await representationOf(world, id)
      return {
        departments: [authorityOf(world, capacity)].filter(code => code !== null),
        holders: [holderId({ id: person }), holderId({ id: holder })],
      }
    },
    handler: async (world, { caller, params: { id }, once }) => ({
      status: 200,
      body: view(world, await endRepresentation(world, caller, id, once)),
    }),
  }),
]
