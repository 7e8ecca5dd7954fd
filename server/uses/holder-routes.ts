import { z } from 'zod'
import { invariant } from '../../protocol/refusal.ts'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { certificateOwner } from '../certificates/owner.ts'
import { certificateFile, certificateOf } from '../certificates/read.ts'
import { fieldRow, identifierParams } from '../certificates/views.ts'
import { lookupOfHolder } from '../holders/holders.ts'
import type { Caller } from '../http/auth.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { certificateIdentifier, departmentCode, seconds, typeShort } from '../http/schemas.ts'
import type { UseFilter } from '../store/uses.ts'
import type { World } from '../world.ts'
import { exportUses } from './export.ts'
import { listUses } from './list.ts'
import { ownCertificate, ownCertificates, ownValues } from './own-certificates.ts'
import { ground, MAX_PAGE, use, useView } from './views.ts'

const named = z.strictObject({ code: z.string(), zh: z.string(), en: z.string() })
const card = z.strictObject({
  identifier: certificateIdentifier,
  type: z.strictObject({ code: typeShort, version: z.int(), zh: z.string(), en: z.string() }),
  department: named,
  standing: z.enum(['NOT_YET_VALID', 'ACTIVE', 'EXPIRED', 'SUSPENDED', 'SUPERSEDED', 'REVOKED']),
  validFrom: seconds,
  validUntil: seconds.nullable(),
  withheld: z.boolean(),
})
const listedCard = card.extend({
  apart: z
    .strictObject({ name: z.string(), numberEnd: z.string() })
    .nullable()
    .describe(
      'Where several of one type are listed: masked name and last four of the number; null for others, and where the values are withheld or erased',
    ),
})
const page = {
  before: integerText(1, Number.MAX_SAFE_INTEGER).optional(),
  limit: integerText(1, MAX_PAGE).optional(),
}
const filters = {
  department: departmentCode.optional(),
  ground: ground.optional(),
  refused: z.enum(['true', 'false']).optional(),
  certificate: certificateIdentifier.optional(),
}

/** The access table lets only holders come here. */
function holderIn(caller: Caller): string {
  invariant(caller.holder !== null, 'a holder is somebody')
  return caller.holder
}

async function filterOf(
  world: World,
  caller: Caller,
  query: {
    department?: string | undefined
    ground?: UseFilter['ground'] | undefined
    refused?: 'true' | 'false' | undefined
    certificate?: string | undefined
  },
): Promise<UseFilter> {
  return {
    // Always, whatever else is asked for: nobody sees the uses of another one's certificates.
    holder: await lookupOfHolder(world, holderIn(caller)),
    ...(query.department !== undefined && { department: query.department }),
    ...(query.ground !== undefined && { ground: query.ground }),
    ...(query.refused !== undefined && { refused: query.refused === 'true' }),
    ...(query.certificate !== undefined && {
      certificateSeq: (await certificateOf(world, query.certificate)).seq,
    }),
  }
}

export const holderUseRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/holder/certificates',
    operationId: 'listOwnCertificates',
    summary: { zh: '我的证照：各部门签发的都在一处', en: 'One’s own certificates, of all departments' },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject(page),
    responses: {
      200: {
        description: { zh: '证照，新者在前', en: 'Certificates, newest first' },
        schema: z.strictObject({ certificates: z.array(listedCard), before: z.int().nullable() }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { query, caller }) => {
      const { before = null, limit = 50 } = query
      const found = await ownCertificates(world, holderIn(caller), { before, limit })
      return { status: 200, body: found }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/certificates/{identifier}',
    operationId: 'getOwnCertificate',
    summary: { zh: '我的一张证照（字段值已遮蔽）', en: 'One of one’s own certificates, masked' },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    responses: {
      200: {
        description: { zh: '证照', en: 'The certificate' },
        schema: card.extend({ fields: fieldRow }),
      },
    },
    refusals: ['CERTIFICATE_NOT_FOUND', 'CERTIFICATE_ERASED', 'CERTIFICATE_VALUES_MISSING', 'WITHHELD'],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params }) => ({
      status: 200,
      body: (await ownCertificate(world, params.identifier)) as z.infer<typeof card> & {
        fields: z.infer<typeof fieldRow>
      },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/certificates/{identifier}/values',
    operationId: 'getOwnValues',
    summary: { zh: '我的一张证照的全部字段值', en: 'All values of one of one’s own certificates' },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    responses: {
      200: {
        description: { zh: '字段值', en: 'The values' },
        schema: z.strictObject({ identifier: certificateIdentifier, fields: fieldRow }),
      },
    },
    refusals: ['CERTIFICATE_NOT_FOUND', 'CERTIFICATE_ERASED', 'CERTIFICATE_VALUES_MISSING', 'WITHHELD'],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params: { identifier } }) => {
      const fields = (await ownValues(world, identifier)) as z.infer<typeof fieldRow>
      return { status: 200, body: { identifier, fields } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/certificates/{identifier}/file',
    operationId: 'getOwnFile',
    summary: {
      zh: '下载我的证照文件；可只含所选字段',
      en: 'One’s own certificate file, with all or some fields',
    },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    query: z.strictObject({
      fields: z
        .string()
        .regex(/^([A-Za-z0-9]{1,64}(,[A-Za-z0-9]{1,64})*)?$/)
        .optional(),
    }),
    responses: { 200: { description: { zh: '证照文件', en: 'Certificate file' }, contentType: MEDIA_TYPE } },
    refusals: [
      'CERTIFICATE_NOT_FOUND',
      'CERTIFICATE_ERASED',
      'CERTIFICATE_VALUES_MISSING',
      'FIELD_UNKNOWN',
      'WITHHELD',
    ],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params: { identifier }, query: { fields } }) => {
      const shown = fields === undefined ? null : fields === '' ? [] : fields.split(',')
      const text = await certificateFile(world, await certificateOf(world, identifier), shown)
      const headers = { 'Content-Disposition': `attachment; filename="${identifier}.json"` }
      return { status: 200, bytes: Buffer.from(text), headers }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/uses',
    operationId: 'listOwnUses',
    summary: {
      zh: '使用记录：谁、何时、为何事、凭什么用了我的证照，被拒的也在内',
      en: 'Who used one’s certificates, when, for what and on which ground; refused attempts too',
    },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ ...filters, ...page }),
    responses: {
      200: {
        description: { zh: '用证记录，新者在前', en: 'Uses, newest first' },
        schema: z.strictObject({ uses: z.array(use), before: z.int().nullable() }),
      },
    },
    refusals: ['CERTIFICATE_NOT_FOUND'],
    owner: 'caller',
    handler: async (world: World, { query, caller }) => {
      const found = await listUses(world, await filterOf(world, caller, query), query)
      return { status: 200, body: { uses: found.uses.map(useView), before: found.before } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/uses/export',
    operationId: 'exportOwnUses',
    summary: {
      zh: '导出使用记录（NDJSON，每行附声明与回执，可自行核验）',
      en: 'Export one’s uses as NDJSON, each with its statement and receipt, for anybody to verify',
    },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject(filters),
    responses: {
      200: {
        description: { zh: '使用记录', en: 'Uses' },
        contentType: 'application/x-ndjson; charset=utf-8',
      },
    },
    refusals: ['CERTIFICATE_NOT_FOUND'],
    owner: 'caller',
    handler: async (world: World, { query, caller }) => ({
      status: 200,
      bytes: exportUses(world, await filterOf(world, caller, query), 'ndjson'),
      headers: { 'Content-Disposition': 'attachment; filename="uses.ndjson"' },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/uses/export.json',
    operationId: 'exportOwnUsesJson',
    summary: { zh: '导出使用记录（JSON）', en: 'The same export as one JSON array' },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject(filters),
    responses: {
      200: { description: { zh: '使用记录', en: 'Uses' }, contentType: 'application/json' },
    },
    refusals: ['CERTIFICATE_NOT_FOUND'],
    owner: 'caller',
    handler: async (world: World, { query, caller }) => ({
      status: 200,
      bytes: exportUses(world, await filterOf(world, caller, query), 'json'),
      headers: { 'Content-Disposition': 'attachment; filename="uses.json"' },
    }),
  }),
]
