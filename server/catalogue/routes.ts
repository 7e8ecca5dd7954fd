import { z } from 'zod'
import { toHex } from '../../protocol/bytes.ts'
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts'
import { receiptOf, statementState as stateOf } from '../anchoring/receipts.ts'
import { underKey } from '../http/idempotency.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { departmentCode, hex32, json, seconds, typeShort, statementState } from '../http/schemas.ts'
import type { TypeRow } from '../store/store.ts'
import { VERDICT_ICON, VERDICT_WORDS } from '../wording/verdict-words.ts'
import type { World } from '../world.ts'
import { publishType, typeOf, typeVersionOf } from './publish.ts'

const published = z.strictObject({
  code: typeShort,
  version: z.int(),
  typeCode: z.string(),
  department: departmentCode,
  digest: hex32,
  createdAt: seconds,
  definition: json,
})

const reason = z.strictObject({ code: z.string(), zh: z.string(), en: z.string() })

const view = (row: TypeRow) => ({
  code: row.code,
  version: row.version,
  typeCode: row.typeCode,
  department: row.department,
  digest: toHex(row.digest),
  createdAt: row.createdAt,
  definition: JSON.parse(row.definition) as z.infer<typeof json>,
})

async function publicationView(world: World, seq: number) {
  const { statement, leaf } = (await world.store.statementBySeq(seq))!
  const receipt = (await receiptOf(world, seq)) as unknown as z.infer<typeof json>
  return { statement, leaf: toHex(leaf), state: await stateOf(world, seq), receipt }
}

const verdictList = () =>
  Object.entries(VERDICT_WORDS).map(([name, words]) => {
    const code = name as Verdict
    return { code, tone: VERDICTS[code].tone, icon: VERDICT_ICON[code], ...words }
  })

export const catalogueRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/region',
    operationId: 'getRegion',
    summary: {
      zh: '本平台所在地区与核验结论用语',
      en: 'The region of this gateway and the wording of its verdicts',
    },
    tags: ['catalogue'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '地区', en: 'Region' },
        schema: z.strictObject({
          code: z.string(),
          isDemo: z.boolean().describe('Everybody and everything in it is invented'),
          region: json,
          verdicts: json,
          reasons: z
            .strictObject({ ending: z.array(reason), suspension: z.array(reason) })
            .describe('Why a certificate may be revoked or replaced; suspended or resumed'),
        }),
      },
    },
    handler: async (world: World) => ({
      status: 200,
      body: {
        code: world.region,
        isDemo: world.catalogue.synthetic && world.config.profile === 'demo',
        region: world.catalogue.region,
        verdicts: verdictList(),
        reasons: {
          ending: world.catalogue.revocationReasons,
          suspension: world.catalogue.suspensionReasons,
        },
      },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/types',
    operationId: 'listTypes',
    summary: { zh: '证照类型目录', en: 'Catalogue of certificate types' },
    tags: ['catalogue'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '类型', en: 'Types' },
        schema: z.strictObject({ types: z.array(published) }),
      },
    },
    handler: async (world: World) => ({
      status: 200,
      body: { types: (await world.store.types()).map(view) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/types/{code}',
    operationId: 'getType',
    summary: { zh: '一种证照类型', en: 'One certificate type' },
    tags: ['catalogue'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: typeShort }),
    responses: { 200: { description: { zh: '类型', en: 'The type' }, schema: published } },
    refusals: ['TYPE_NOT_FOUND'],
    handler: async (world: World, { params }) => ({
      status: 200,
      body: view((await typeOf(world, params.code)).row),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/types/{code}/versions',
    operationId: 'listTypeVersions',
    summary: {
      zh: '一种证照类型的各个版本，新者在前',
      en: 'Every version of a certificate type, newest first',
    },
    tags: ['catalogue'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: typeShort }),
    responses: {
      200: {
        description: { zh: '版本', en: 'Versions' },
        schema: z.strictObject({ versions: z.array(published) }),
      },
    },
    refusals: ['TYPE_NOT_FOUND'],
    handler: async (world: World, { params: { code } }) => {
      await typeOf(world, code)
      return { status: 200, body: { versions: (await world.store.typeVersions(code)).map(view) } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/types/{code}/versions/{version}',
    operationId: 'getTypeVersion',
    summary: {
      zh: '一个版本及其发布声明与回执',
      en: 'One version, the statement that published it, and its receipt once that is final',
    },
    tags: ['catalogue'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: typeShort, version: integerText(1, 999_999) }),
    responses: {
      200: {
        description: { zh: '版本', en: 'The version' },
        schema: z.strictObject({
          type: published,
          publication: z
            .strictObject({ statement: z.string(), leaf: hex32, state: statementState, receipt: json })
            .nullable(),
        }),
      },
    },
    refusals: ['TYPE_NOT_FOUND'],
    handler: async (world: World, { params: { code, version } }) => {
      const { row } = await typeVersionOf(world, code, version)
      const seq = await world.store.publicationOf(code, version)
      const publication = seq === null ? null : await publicationView(world, seq)
      return { status: 200, body: { type: view(row), publication } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/types',
    operationId: 'publishType',
    summary: {
      zh: '发布证照类型并将签发权限登记上链',
      en: 'Publish a certificate type and put its permit on chain',
    },
    tags: ['catalogue'],
    idempotent: true,
    bodyKind: 'json',
    // The definition has its own, stricter reader, which names what is wrong by column and field.
    body: z.strictObject({ definition: json }),
    responses: { 201: { description: { zh: '已发布', en: 'Published' }, schema: published } },
    refusals: [
      'TYPE_DEFINITION',
      'TYPE_VERSION_EXISTS',
      'DEPARTMENT_NOT_FOUND',
      'DEPARTMENT_NOT_ISSUER',
      'NOTARY_MISSING',
      'PERMIT_HELD',
    ],
    handler: async (world: World, { body, once }) => ({
      status: 201,
      body: view(await underKey(world.store, once, () => publishType(world, body.definition))),
    }),
  }),
]
