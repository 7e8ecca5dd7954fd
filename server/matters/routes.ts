import { z } from 'zod'
import { toHex } from '../../protocol/bytes.ts'
import { defineRoute } from '../http/routes.ts'
import { hex32, json, seconds } from '../http/schemas.ts'
import type { MatterRow } from '../store/matters.ts'
import type { World } from '../world.ts'
import { matterRowOf, publishMatters } from './matters.ts'

const matterCode = z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/)
/** A few hundred matters with their texts. */
const MAX_IMPORT_BYTES = 8 * 1024 * 1024

const listed = z.strictObject({
  code: matterCode,
  version: z.int(),
  zh: z.string(),
  en: z.string(),
  leadDept: z.string(),
  certificates: z.array(z.string()).describe('Short codes of the certificate types that it asks for'),
  digest: hex32,
  createdAt: seconds,
})

interface Listed {
  zh: string
  en: string
  leadDept: string
  requirements: { cert: string }[]
}

const view = (row: MatterRow): z.infer<typeof listed> => {
  const { zh, en, leadDept, requirements } = JSON.parse(row.definition) as Listed
  return {
    code: row.code,
    version: row.version,
    zh,
    en,
    leadDept,
    certificates: [...new Set(requirements.map(({ cert }) => cert))],
    digest: toHex(row.digest),
    createdAt: row.createdAt,
  }
}

export const matterRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/matters',
    operationId: 'publishMatters',
    summary: { zh: '发布或批量导入事项', en: 'Publish one matter or import many' },
    tags: ['matters'],
    idempotent: true,
    bodyKind: 'json',
    // The definitions have their own, stricter reader, which names what is wrong by row and field.
    body: z.strictObject({ matters: z.array(json).min(1).max(500) }),
    maxBody: MAX_IMPORT_BYTES,
    responses: {
      201: {
        description: { zh: '已发布', en: 'Published' },
        schema: z.strictObject({ matters: z.array(listed) }),
      },
    },
    refusals: ['MATTER_DEFINITION', 'MATTER_VERSION_EXISTS'],
    handler: async (world: World, { body, caller, once }) => ({
      status: 201,
      body: { matters: (await publishMatters(world, body.matters, caller.subject, once)).map(view) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/matters',
    operationId: 'listMatters',
    summary: { zh: '事项清单', en: 'Matters' },
    tags: ['matters'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '事项', en: 'Matters' },
        schema: z.strictObject({ matters: z.array(listed) }),
      },
    },
    handler: async (world: World) => ({
      status: 200,
      body: { matters: (await world.store.matters()).map(view) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/matters/{code}',
    operationId: 'getMatter',
    summary: {
      zh: '一个事项：当事人、所需证照与字段、步骤',
      en: 'One matter: parties, certificates and fields asked for, steps',
    },
    tags: ['matters'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: matterCode }),
    responses: {
      200: { description: { zh: '事项', en: 'The matter' }, schema: listed.extend({ definition: json }) },
    },
    refusals: ['MATTER_NOT_FOUND'],
    handler: async (world: World, { params }) => {
      const row = await matterRowOf(world, params.code)
      const definition = JSON.parse(row.definition) as z.infer<typeof json>
      return { status: 200, body: { ...view(row), definition } }
    },
  }),
]
