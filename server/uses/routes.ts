import { z } from 'zod'
import { toHex } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { receiptOf, statementState } from '../anchoring/receipts.ts'
import { typeOfCode } from '../catalogue/publish.ts'
import { certificateOf } from '../certificates/read.ts'
import { departmentOf } from '../departments/admit.ts'
import type { Caller } from '../http/auth.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import {
  certificateIdentifier,
  departmentCode,
  hex32,
  json,
  seconds,
  statementState as stateShape,
  typeShort,
  ulid,
} from '../http/schemas.ts'
import { matterOf } from '../matters/matters.ts'
import type { UseFilter } from '../store/uses.ts'
import type { World } from '../world.ts'
import { recordDutyBasis } from './duty-bases.ts'
import { listUses } from './list.ts'
import { readCertificate } from './read-certificate.ts'
import { useOf, useOwner } from './use-of.ts'
import { fieldNames, ground, MAX_PAGE, matterCode, use, useView } from './views.ts'

const page = {
  before: integerText(1, Number.MAX_SAFE_INTEGER).optional(),
  limit: integerText(1, MAX_PAGE).optional(),
}
const listing = z.strictObject({ uses: z.array(use), before: z.int().nullable() })
const department = z.strictObject({ code: departmentCode })
const dutyBasis = z.strictObject({
  department: departmentCode,
  matter: matterCode,
  type: typeShort,
  basis: z.string(),
  recordedBy: z.string(),
  recordedAt: seconds,
})
const lawText = z.string().trim().min(2).max(200)

/** Who reads: the caller's own department, or for whoever acts for all of them the one that he names. */
function readerOf(caller: Caller, named: string | undefined): { department: string; officer: string } {
  const code = caller.department ?? named
  if (code === undefined) {
    throw new Refusal('INPUT_INVALID', 'it is not said for which department', {
      field: 'department',
      expected: 'code of a department',
      found: 'nothing',
    })
  }
  return { department: code, officer: caller.subject }
}

export const useRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/uses',
    operationId: 'readCertificate',
    summary: {
      zh: '用证：按依职能或授权读取证照字段；每次读取与每次被拒都记入存证日志',
      en: 'Read fields of a certificate by duty or by consent; every reading and every refused attempt enters the log',
    },
    tags: ['uses'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      identifier: certificateIdentifier,
      matter: matterCode,
      ground: z.enum(['duty', 'consent']),
      fields: fieldNames,
      grant: hex32.optional().describe('Digest of the grant, on the ground of consent'),
      department: departmentCode.optional().describe('Only for a caller who acts for every department'),
    }),
    responses: {
      201: {
        description: { zh: '已用证', en: 'Read' },
        schema: z.strictObject({
          use,
          copy: z
            .strictObject({
              requester: departmentCode,
              officer: z.string(),
              matter: z.string(),
              purpose: z.string(),
              expiresAt: seconds,
            })
            .describe('What every copy of the file has to say beside it'),
          file: z
            .string()
            .describe('Certificate file with exactly the fields of the use (docs/formats.md §10)'),
        }),
      },
    },
    refusals: [
      'CERTIFICATE_NOT_FOUND',
      'MATTER_NOT_FOUND',
      'FIELD_UNKNOWN',
      'WITHHELD',
      'READER_SUSPENDED',
      'READER_NOT_IN_MATTER',
      'SHARE_REFUSED',
      'GROUND_NOT_ALLOWED',
      'FIELD_NOT_IN_MATTER',
      'REQUIREMENT_NONE',
      'BASIS_MISSING',
      'NO_CONSENT',
      'FIELD_NOT_GRANTED',
      'CERTIFICATE_NOT_IN_FORCE',
      'CERTIFICATE_ERASED',
      'CERTIFICATE_VALUES_MISSING',
      'COPY_GONE',
    ],
    owner: async (world: World, { body, caller }) => {
      const { typeCode } = await certificateOf(world, body.identifier)
      const { definition } = await typeOfCode(world, typeCode)
      return { departments: [body.department ?? caller.department ?? ''], type: definition.code }
    },
    handler: async (world: World, { body, caller, once }) => {
      const { identifier, matter, ground: on, fields, grant = null } = body
      const reader = readerOf(caller, body.department)
      const reading = await readCertificate(
        world,
        {
          reader,
          matter,
          case: null,
          ground: on,
          identifier,
          fields,
          grant,
          basis: null,
          presentation: null,
        },
        once,
      )
      const { department: requester, officer } = reading.use
      const purpose = (await matterOf(world, matter)).zh
      const copy = { requester, officer, matter, purpose, expiresAt: reading.copyExpiresAt }
      return { status: 201, body: { use: useView(reading.use), copy, file: reading.file } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/uses/{id}/receipt',
    operationId: 'getUseReceipt',
    summary: {
      zh: '用证回执：证明某部门当时凭什么认了这张证照',
      en: 'Receipt of a use: proves later why a department recognised a certificate',
    },
    tags: ['uses'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ id: ulid }),
    responses: {
      200: {
        description: { zh: '声明与回执', en: 'Statement and receipt' },
        schema: z.strictObject({
          use,
          statement: z.string().describe('The statement as it stands in the log (docs/formats.md §3)'),
          certificate: hex32.describe('Leaf of the certificate'),
          grant: hex32.nullable(),
          state: stateShape,
          receipt: json.describe('Complete once the statement is final, null before (docs/formats.md §9)'),
        }),
      },
    },
    refusals: ['USE_NOT_FOUND'],
    owner: (world: World, { params }) => useOwner(world, params.id),
    handler: async (world: World, { params }) => {
      const found = await useOf(world, params.id)
      const certificate = (await world.store.certificateBySeq(found.certificateSeq))!
      return {
        status: 200,
        body: {
          use: useView(found),
          statement: found.statement,
          certificate: toHex(certificate.leaf),
          grant: found.grant,
          state: await statementState(world, found.seq),
          receipt: (await receiptOf(world, found.seq)) as unknown as z.infer<typeof json>,
        },
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/departments/{code}/uses',
    operationId: 'listDepartmentUses',
    summary: {
      zh: '本部门签发的证照被谁用过（issued），或本部门用过哪些证照（read）',
      en: 'Who used what a department issued, or what it read itself',
    },
    tags: ['uses'],
    idempotent: false,
    bodyKind: 'none',
    params: department,
    query: z.strictObject({
      side: z.enum(['issued', 'read']),
      officer: z.string().min(1).max(100).optional(),
      ground: ground.optional(),
      refused: z.enum(['true', 'false']).optional(),
      ...page,
    }),
    responses: { 200: { description: { zh: '用证记录', en: 'Uses, newest first' }, schema: listing } },
    refusals: ['DEPARTMENT_NOT_FOUND'],
    owner: async (world: World, { params }) => ({
      departments: [(await departmentOf(world, params.code)).code],
    }),
    handler: async (world: World, { params, query }) => {
      const { side, officer, ground: on, refused, before, limit } = query
      const filter: UseFilter = {
        ...(side === 'issued' ? { issuer: params.code } : { department: params.code }),
        ...(officer !== undefined && { officer }),
        ...(on !== undefined && { ground: on }),
        ...(refused !== undefined && { refused: refused === 'true' }),
      }
      const found = await listUses(world, filter, { before, limit })
      return { status: 200, body: { uses: found.uses.map(useView), before: found.before } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/departments/{code}/uses/counts',
    operationId: 'countDepartmentUses',
    summary: { zh: '本部门每位经办人的用证次数', en: 'How often each officer of a department read' },
    tags: ['uses'],
    idempotent: false,
    bodyKind: 'none',
    params: department,
    responses: {
      200: {
        description: { zh: '次数', en: 'Counts' },
        schema: z.strictObject({
          officers: z.array(z.strictObject({ officer: z.string(), used: z.int(), refused: z.int() })),
        }),
      },
    },
    refusals: ['DEPARTMENT_NOT_FOUND'],
    owner: async (world: World, { params }) => ({
      departments: [(await departmentOf(world, params.code)).code],
    }),
    handler: async (world: World, { params }) => ({
      status: 200,
      body: { officers: await world.store.useCounts(params.code) },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/duty-bases',
    operationId: 'recordDutyBasis',
    summary: {
      zh: '登记依职能用证的法律依据；basis 为 null 即撤销',
      en: 'Record the law by which a department reads by duty; null takes it back',
    },
    tags: ['uses'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      department: departmentCode,
      matter: matterCode,
      type: typeShort,
      basis: lawText.nullable(),
    }),
    responses: {
      200: {
        description: { zh: '已登记', en: 'Recorded' },
        schema: z.strictObject({ basis: dutyBasis.nullable() }),
      },
    },
    refusals: ['DEPARTMENT_NOT_FOUND', 'MATTER_NOT_FOUND', 'TYPE_NOT_FOUND'],
    owner: async (_world: World, { body }) => ({ departments: [body.department] }),
    handler: async (world: World, { body, caller, once }) => ({
      status: 200,
      body: { basis: await recordDutyBasis(world, { ...body, recordedBy: caller.subject }, once) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/duty-bases',
    operationId: 'listDutyBases',
    summary: { zh: '依职能用证的法律依据', en: 'Laws by which departments read by duty' },
    tags: ['uses'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '法律依据', en: 'Legal bases' },
        schema: z.strictObject({ bases: z.array(dutyBasis) }),
      },
    },
    handler: async (world: World) => ({
      status: 200,
      body: { bases: await world.store.dutyBases(null) },
    }),
  }),
]
