import { z } from 'zod'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { randomBytes } from 'node:crypto'
import { receiptOf } from '../anchoring/receipts.ts'
import { typeOf } from '../catalogue/publish.ts'
import { departmentOf } from '../departments/admit.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { json, mediaType, sha256Hex, statementState, typeShort, ulid } from '../http/schemas.ts'
import type { World } from '../world.ts'
import type { OriginalFile } from './build.ts'
import { checkRows, issueCertificates, sortRows } from './issue.ts'
import { certificateOwner, typeOwner } from './owner.ts'
import { assertNotWithheld, certificateFile, certificateOf, certificateState, fieldsOrNone } from './read.ts'
import { findCertificates } from './find.ts'
import { fieldRow, identifierParams, issued, issuedView, standing, summary, summaryView } from './views.ts'

/** Rows in one request, and their bytes. */
const MAX_ROWS = 10_000
const MAX_BATCH_BYTES = 64 * 1024 * 1024
/** Certificates of one request that asks for those of a standing. */
const MOST_LOOKED_AT = 500

const rowError = z.strictObject({
  row: z.int().optional(),
  field: z.string(),
  code: z.string(),
  expected: z.string(),
  found: z.string(),
})
/** Numbers of holders that the fields do not tell; kept as keyed hashes only. */
const holderNumbers = z.array(z.string().min(1).max(40)).max(20)
const originalFile = z.strictObject({ sha256: sha256Hex, mediaType })
function fileReference(world: World, file: z.infer<typeof originalFile> | undefined): OriginalFile | null {
  if (file === undefined) return null
  const digestSRI = `sha256-${Buffer.from(file.sha256, 'hex').toString('base64')}`
  return {
    id: `urn:onceproof:file:${formatUlid(world.clock(), randomBytes(10))}`,
    mediaType: file.mediaType,
    digestSRI,
  }
}

export const certificateRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/certificates',
    operationId: 'issueCertificate',
    summary: { zh: '签发一张证照', en: 'Issue one certificate' },
    tags: ['certificates'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      type: typeShort,
      fields: fieldRow,
      holders: holderNumbers.optional(),
      originalFile: originalFile.optional(),
    }),
    maxBody: 262_144,
    responses: {
      201: { description: { zh: '已签发，待上链', en: 'Issued, to be anchored' }, schema: issued },
    },
    refusals: [
      'ROWS_INVALID',
      'TYPE_NOT_FOUND',
      'KEY_NOT_IN_FORCE',
      'PERMIT_NOT_HELD',
      'DEPARTMENT_SUSPENDED',
    ],
    owner: async (world: World, { body }) => typeOwner((await typeOf(world, body.type)).definition),
    handler: async (world: World, { body, once }) => {
      const originalFiles = [fileReference(world, body.originalFile)]
      const [certificate] = await issueCertificates(
        world,
        {
          type: body.type,
          rows: [body.fields],
          originalFiles,
          ...(body.holders !== undefined && { holders: [body.holders] }),
        },
        once,
      )
      return { status: 201, body: await issuedView(world, certificate!) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/certificates/batch',
    operationId: 'issueBatch',
    summary: {
      zh: '批量签发：默认全部签发或全部不签发；badRows 为 leaveOut 时签发合格的行',
      en: 'Issue a batch: all rows or none, unless badRows says leaveOut',
    },
    tags: ['certificates'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      type: typeShort,
      rows: z.array(json).min(1).max(MAX_ROWS),
      holders: z.array(holderNumbers).max(MAX_ROWS).optional().describe('One list for each row'),
      badRows: z.enum(['refuse', 'leaveOut']).optional().describe('refuse: all or none, the default'),
    }),
    maxBody: MAX_BATCH_BYTES,
    responses: {
      201: {
        description: { zh: '已签发，待上链', en: 'Issued, to be anchored' },
        schema: z.strictObject({
          batch: ulid.nullable(),
          certificates: z.array(issued),
          leftOut: z
            .strictObject({ rows: z.array(z.int()), errors: z.array(rowError) })
            .optional()
            .describe('With leaveOut: places of the rows that were issued, and the errors of the others'),
        }),
      },
    },
    refusals: [
      'ROWS_INVALID',
      'TYPE_NOT_FOUND',
      'KEY_NOT_IN_FORCE',
      'PERMIT_NOT_HELD',
      'DEPARTMENT_SUSPENDED',
    ],
    owner: async (world: World, { body }) => typeOwner((await typeOf(world, body.type)).definition),
    handler: async (world: World, { body, once }) => {
      const leaveOut = body.badRows === 'leaveOut'
      const { good, errors } = leaveOut
        ? sortRows(await typeOf(world, body.type), body.rows)
        : { good: [], errors: [] }
      // When no row is good there is nothing to leave the others out of.
      const rows = good.length > 0 ? good.map(place => body.rows[place]) : body.rows
      const holders = good.length > 0 ? good.map(place => body.holders?.[place] ?? []) : (body.holders ?? [])
      const certificates = await issueCertificates(world, { type: body.type, rows, holders }, once)
      const views = []
      for (const certificate of certificates) views.push(await issuedView(world, certificate))
      const { batch } = certificates[0]!
      return {
        status: 201,
        body: { batch, certificates: views, ...(leaveOut && { leftOut: { rows: good, errors } }) },
      }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/certificates/check',
    operationId: 'checkRows',
    summary: { zh: '试校验：只检查，不签发', en: 'Check rows without issuing' },
    tags: ['certificates'],
    idempotent: false,
    bodyKind: 'json',
    body: z.strictObject({ type: typeShort, rows: z.array(json).min(1).max(MAX_ROWS) }),
    maxBody: MAX_BATCH_BYTES,
    responses: {
      200: {
        description: { zh: '全部合格', en: 'All rows are good' },
        schema: z.strictObject({ good: z.int() }),
      },
    },
    refusals: ['ROWS_INVALID', 'TYPE_NOT_FOUND'],
    owner: async (world: World, { body }) => typeOwner((await typeOf(world, body.type)).definition),
    handler: async (world: World, { body }) => {
      const good = checkRows(await typeOf(world, body.type), body.rows).length
      return { status: 200, body: { good } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/certificates',
    operationId: 'listCertificates',
    summary: {
      zh: '证照列表（不含字段值），新者在前',
      en: 'Certificates without their values, newest first',
    },
    tags: ['certificates'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({
      type: typeShort.optional(),
      department: z
        .string()
        .regex(/^[0-9A-Z]{18}$/)
        .optional(),
      batch: ulid.optional(),
      standing: standing.optional(),
      before: integerText(1, Number.MAX_SAFE_INTEGER).optional(),
      limit: integerText(1, 200).optional(),
    }),
    responses: {
      200: {
        description: { zh: '证照', en: 'Certificates' },
        schema: z.strictObject({
          certificates: z.array(summary),
          before: z
            .int()
            .nullable()
            .describe('Where the next page begins; with a standing a page may be short'),
        }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { query, caller }) => {
      const { type, batch, before, limit = 50 } = query
      // Whoever acts for a department sees its own, whatever he asks for.
      const department =
        caller.department === null ? query.department : (await departmentOf(world, caller.department)).uscc
      const typeCode = type === undefined ? undefined : (await typeOf(world, type)).row.typeCode
      const filter = {
        ...(typeCode !== undefined && { typeCode }),
        ...(department !== undefined && { department }),
        ...(batch !== undefined && { batch }),
      }
      // The standing follows from orders and dates and is in no index: so many are looked at, however few of them have it.
      const looked = query.standing === undefined ? limit : MOST_LOOKED_AT
      const rows = await world.store.certificates(filter, { before: before ?? null, limit: looked })
      const certificates = []
      let last: number | null = null
      for (const certificate of rows) {
        if (certificates.length === limit) break
        last = certificate.seq
        const view = await summaryView(world, certificate)
        if (query.standing === undefined || view.standing === query.standing) certificates.push(view)
      }
      const isMore = certificates.length === limit || rows.length === looked
      return { status: 200, body: { certificates, before: isMore ? last : null } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/certificates/find',
    operationId: 'findCertificates',
    summary: {
      zh: '按证照上的标识、短码、编号，或持证主体的号码查找（不含字段值）',
      en: 'Certificates by what is on them: identifier, short code, number, or their holder’s number; without values',
    },
    tags: ['certificates'],
    idempotent: false,
    bodyKind: 'json',
    // Not in the address: a number may be a person's.
    body: z.strictObject({ text: z.string().trim().min(1).max(200) }),
    responses: {
      200: {
        description: { zh: '找到的证照，新者在前', en: 'What was found, newest first' },
        schema: z.strictObject({ certificates: z.array(summary) }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { body: { text }, caller }) => {
      const department =
        caller.department === null ? null : (await departmentOf(world, caller.department)).uscc
      const certificates = []
      for (const row of await findCertificates(world, text, department))
        certificates.push(await summaryView(world, row))
      return { status: 200, body: { certificates } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/certificates/{identifier}',
    operationId: 'getCertificate',
    summary: { zh: '一张证照：字段值与状态', en: 'One certificate with its values and state' },
    tags: ['certificates'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    responses: {
      200: {
        description: { zh: '证照', en: 'The certificate' },
        schema: summary.extend({
          shortCode: z.string(),
          fields: fieldRow.nullable(),
          noValues: z
            .enum(['erased', 'missing'])
            .nullable()
            .describe(
              'Why `fields` is null: they were erased, or they are missing: the database was brought back from the log, or their key is lost',
            ),
        }),
      },
    },
    refusals: ['CERTIFICATE_NOT_FOUND', 'WITHHELD'],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params: { identifier } }) => {
      const certificate = await certificateOf(world, identifier)
      const values = await fieldsOrNone(world, certificate)
      const { shortCode } = certificate
      const body = { ...(await summaryView(world, certificate)), shortCode, ...values }
      return { status: 200, body }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/certificates/{identifier}/state',
    operationId: 'getCertificateState',
    summary: { zh: '一张证照的状态（不含字段值）', en: 'State of a certificate, without its values' },
    tags: ['certificates'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    responses: { 200: { description: { zh: '状态', en: 'The state' }, schema: summary } },
    refusals: ['CERTIFICATE_NOT_FOUND'],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params: { identifier } }) => ({
      status: 200,
      body: await summaryView(world, await certificateOf(world, identifier)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/certificates/{identifier}/file',
    operationId: 'getCertificateFile',
    summary: {
      zh: '证照文件；可只出示所选字段',
      en: 'The certificate file, with all or some fields disclosed',
    },
    tags: ['certificates'],
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
    path: '/v1/certificates/{identifier}/receipt',
    operationId: 'getCertificateReceipt',
    summary: { zh: '回执：上链最终确认后才完整', en: 'The receipt, complete once the certificate is final' },
    tags: ['certificates'],
    idempotent: false,
    bodyKind: 'none',
    params: identifierParams,
    responses: {
      200: {
        description: { zh: '回执，或尚无', en: 'The receipt, or none yet' },
        schema: z.strictObject({ statement: statementState, receipt: json }),
      },
    },
    refusals: ['CERTIFICATE_NOT_FOUND', 'WITHHELD'],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params: { identifier } }) => {
      const certificate = await certificateOf(world, identifier)
      await assertNotWithheld(world, certificate)
      const { statement } = await certificateState(world, certificate)
      const receipt = await receiptOf(world, certificate.seq)
      return { status: 200, body: { statement, receipt: receipt as unknown as z.infer<typeof json> } }
    },
  }),
]
