import { createHash } from 'node:crypto'
import { z } from 'zod'
import { typeOf, typeVersionOf } from '../catalogue/publish.ts'
import { fieldRow } from '../certificates/views.ts'
import type { StreamedBody } from '../http/body.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { typeShort, ulid } from '../http/schemas.ts'
import type { World } from '../world.ts'
import { batchOf, checkUpload, correctRow, removeRow, rowsOfBatch, uploadBatch } from './drafts.ts'
import { rowsAsCsv } from './export-rows.ts'
import { batchOwner, departmentOfCaller, uploadOwner } from './owner.ts'
import { MAX_UPLOAD_BYTES, UPLOAD_TYPES, type UploadKind } from './read-upload.ts'
import { csvTemplate, workbookTemplate } from './template.ts'
import {
  asBatch,
  batchName,
  batchNow,
  batchState,
  batchView,
  previewOf,
  previewView,
  revision,
  rowError,
  rowView,
  viewOfBatch,
  viewOfRow,
} from './views.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const MAX_LISTED_ERRORS = 1_000
const params = z.strictObject({ id: ulid })
const rowParams = z.strictObject({ id: ulid, n: integerText(0, 9_999) })
const holders = z.array(z.string().min(1).max(40)).max(20)
const UPLOAD_REFUSALS = [
  'TYPE_NOT_FOUND',
  'SHEET_FORMAT',
  'SHEET_TOO_LARGE',
  'SHEET_MACRO',
  'SHEET_EXTERNAL_LINK',
  'SHEET_ENCODING',
  'SHEET_SYNTAX',
  'SHEET_EMPTY',
  'SHEET_TOO_MANY_ROWS',
  'SHEET_HEADING_UNKNOWN',
  'SHEET_HEADING_DUPLICATE',
  'SHEET_UNKNOWN',
  'SHEET_ROW_NUMBER',
]

const uploadHeaders = z.strictObject({ 'content-type': z.string().optional() })

/** What kind of file this is: the content type was checked before. */
function kindOf(headers: z.infer<typeof uploadHeaders>): UploadKind {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  return UPLOAD_TYPES[type.trim().toLowerCase() as keyof typeof UPLOAD_TYPES]
}

async function bytesOf(body: StreamedBody): Promise<{ bytes: Uint8Array; digest: Uint8Array }> {
  const pieces: Uint8Array[] = []
  await body.pipe(piece => void pieces.push(piece))
  const bytes = Buffer.concat(pieces)
  return { bytes, digest: createHash('sha256').update(bytes).digest() }
}

export const issuingRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/types/{code}/template.xlsx',
    operationId: 'getWorkbookTemplate',
    summary: { zh: '批量签发模板（XLSX）', en: 'Template for batches of a type, as a workbook' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: typeShort }),
    responses: { 200: { description: { zh: '模板', en: 'The template' }, contentType: XLSX } },
    refusals: ['TYPE_NOT_FOUND'],
    handler: async (world: World, { params: { code } }) => ({
      status: 200,
      bytes: workbookTemplate((await typeOf(world, code)).definition),
      headers: { 'Content-Disposition': `attachment; filename="${code}.xlsx"` },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/types/{code}/template.csv',
    operationId: 'getCsvTemplate',
    summary: { zh: '批量签发模板（CSV）', en: 'Template for batches of a type, as CSV' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: typeShort }),
    responses: {
      200: { description: { zh: '模板', en: 'The template' }, contentType: 'text/csv; charset=utf-8' },
    },
    refusals: ['TYPE_NOT_FOUND'],
    handler: async (world: World, { params: { code } }) => ({
      status: 200,
      bytes: csvTemplate((await typeOf(world, code)).definition),
      headers: { 'Content-Disposition': `attachment; filename="${code}.csv"` },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/batches/check',
    operationId: 'checkUpload',
    summary: { zh: '试校验一个文件：只检查，不保存', en: 'Check an upload without keeping anything' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'stream',
    mediaTypes: Object.keys(UPLOAD_TYPES),
    maxBody: MAX_UPLOAD_BYTES,
    headers: uploadHeaders,
    query: z.strictObject({ type: typeShort }),
    responses: {
      200: {
        description: { zh: '校验结果', en: 'What was found' },
        schema: z.strictObject({
          rows: z.int(),
          bad: z.int(),
          errors: z.array(rowError).describe('By row and field; at most 1,000'),
        }),
      },
    },
    refusals: UPLOAD_REFUSALS,
    owner: uploadOwner,
    handler: async (world: World, { query: { type }, headers, body }) => {
      const { bytes } = await bytesOf(body)
      const { rows } = await checkUpload(world, { type, kind: kindOf(headers), bytes })
      const errors = rows.flatMap(row => row.errors)
      const bad = rows.filter(row => row.errors.length > 0).length
      return { status: 200, body: { rows: rows.length, bad, errors: errors.slice(0, MAX_LISTED_ERRORS) } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/batches',
    operationId: 'uploadBatch',
    summary: {
      zh: '上传一批（JSON、NDJSON、CSV、XLSX）为草稿：合格与不合格的行都保存',
      en: 'Upload a batch as a draft, good rows and bad ones',
    },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'stream',
    mediaTypes: Object.keys(UPLOAD_TYPES),
    maxBody: MAX_UPLOAD_BYTES,
    headers: uploadHeaders,
    query: z.strictObject({ type: typeShort, name: batchName.optional() }),
    responses: { 201: asBatch },
    refusals: UPLOAD_REFUSALS,
    owner: uploadOwner,
    handler: async (world: World, { caller, query: { type, name }, headers, body, once }) => {
      const { bytes, digest } = await bytesOf(body)
      const id = await uploadBatch(
        world,
        caller.subject,
        { type, name, kind: kindOf(headers), bytes },
        once(digest),
      )
      return { status: 201, body: await batchNow(world, id) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/batches',
    operationId: 'listBatches',
    summary: { zh: '本部门的批次，新者在前', en: 'Batches of one’s department, newest first' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({
      state: batchState.optional(),
      before: ulid.optional(),
      limit: integerText(1, 100).optional(),
    }),
    responses: {
      200: {
        description: { zh: '批次', en: 'Batches' },
        schema: z.strictObject({ batches: z.array(batchView), before: ulid.nullable() }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller, query: { state = null, before = null, limit = 50 } }) => {
      const filter = { department: departmentOfCaller(caller), state }
      const rows = await world.store.listBatches(filter, { before, limit })
      const isSeen = (type: string) =>
        caller.role !== 'client' ||
        caller.scopes.some(scope => scope.action === 'issue' && ['*', type].includes(scope.type))
      const batches = []
      for (const batch of rows) if (isSeen(batch.type)) batches.push(await viewOfBatch(world, batch))
      return { status: 200, body: { batches, before: rows.length === limit ? rows.at(-1)!.id : null } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/batches/{id}',
    operationId: 'getBatch',
    summary: { zh: '一个批次及其进度', en: 'A batch and how far it has come' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: { 200: asBatch },
    refusals: ['BATCH_NOT_FOUND'],
    owner: batchOwner,
    handler: async (world: World, { params: { id } }) => ({ status: 200, body: await batchNow(world, id) }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/batches/{id}/rows',
    operationId: 'getBatchRows',
    summary: { zh: '批次的行及其错误', en: 'Rows of a batch and what is wrong with them' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params,
    query: z.strictObject({
      from: integerText(0, 9_999).optional(),
      limit: integerText(1, 500).optional(),
      only: z.enum(['bad']).optional(),
    }),
    responses: {
      200: {
        description: { zh: '行', en: 'Rows' },
        schema: z.strictObject({
          rows: z.array(rowView),
          next: z.int().nullable().describe('Where the next page begins'),
        }),
      },
    },
    refusals: ['BATCH_NOT_FOUND'],
    owner: batchOwner,
    handler: async (world: World, { params: { id }, query: { from = 0, limit = 100, only } }) => {
      const rows = await rowsOfBatch(world, await batchOf(world, id), {
        from,
        limit,
        onlyBad: only === 'bad',
      })
      const next = rows.length === limit ? rows.at(-1)!.n + 1 : null
      return { status: 200, body: { rows: rows.map(viewOfRow), next } }
    },
  }),
  defineRoute({
    method: 'put',
    path: '/v1/batches/{id}/rows/{n}',
    operationId: 'correctBatchRow',
    summary: { zh: '更正一行', en: 'Correct a row' },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params: rowParams,
    body: z.strictObject({ fields: fieldRow, holders: holders.optional(), revision }),
    maxBody: 262_144,
    responses: {
      200: {
        description: { zh: '更正后的行', en: 'The row as it is now' },
        schema: z.strictObject({ batch: batchView, row: rowView.nullable() }),
      },
    },
    refusals: ['BATCH_NOT_FOUND', 'BATCH_ROW_NOT_FOUND', 'BATCH_STATE', 'BATCH_CHANGED'],
    owner: batchOwner,
    handler: async (world: World, { caller, params: { id, n }, body, once }) => {
      const found = await batchOf(world, id)
      const batch = { ...found, revision: body.revision ?? found.revision }
      const correction = { n, value: body.fields, holders: body.holders ?? [] }
      await correctRow(world, batch, correction, caller.subject, once)
      const [row] = await rowsOfBatch(world, batch, { from: n, limit: 1 })
      return {
        status: 200,
        body: { batch: await batchNow(world, id), row: row?.n === n ? viewOfRow(row) : null },
      }
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/v1/batches/{id}/rows/{n}',
    operationId: 'removeBatchRow',
    summary: { zh: '移除一行', en: 'Take a row out of a batch' },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'none',
    params: rowParams,
    responses: { 200: asBatch },
    refusals: ['BATCH_NOT_FOUND', 'BATCH_ROW_NOT_FOUND', 'BATCH_STATE', 'BATCH_CHANGED'],
    owner: batchOwner,
    handler: async (world: World, { caller, params: { id, n }, once }) => {
      await removeRow(world, await batchOf(world, id), n, caller.subject, once)
      return { status: 200, body: await batchNow(world, id) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/batches/{id}/bad-rows.csv',
    operationId: 'getBadRows',
    summary: {
      zh: '下载不合格的行（CSV，可更正后再次上传）',
      en: 'The bad rows as CSV, to correct and upload again',
    },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: {
      200: { description: { zh: '不合格的行', en: 'Bad rows' }, contentType: 'text/csv; charset=utf-8' },
    },
    refusals: ['BATCH_NOT_FOUND'],
    owner: batchOwner,
    handler: async (world: World, { params: { id } }) => {
      const batch = await batchOf(world, id)
      const { definition } = await typeVersionOf(world, batch.type, batch.version)
      const rows = await rowsOfBatch(world, batch, { onlyBad: true })
      return {
        status: 200,
        bytes: rowsAsCsv(definition, rows),
        headers: { 'Content-Disposition': `attachment; filename="${id}.csv"` },
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/batches/{id}/preview',
    operationId: 'previewBatch',
    summary: {
      zh: '预览：第一行、随机一行、姓名最长的一行将签发的内容（未签章）',
      en: 'What the first row, one at random and the one with the longest name will say, unsigned',
    },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: { 200: { description: { zh: '预览', en: 'Preview' }, schema: previewView } },
    refusals: ['BATCH_NOT_FOUND'],
    owner: batchOwner,
    handler: async (world: World, { params: { id } }) => ({
      status: 200,
      body: await previewOf(world, await batchOf(world, id)),
    }),
  }),
]
