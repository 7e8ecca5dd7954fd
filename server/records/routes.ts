import { z } from 'zod'
import { toHex } from '../../protocol/bytes.ts'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { promiseFor, statementState as stateOf } from '../anchoring/receipts.ts'
import { defineRoute } from '../http/routes.ts'
import { hex32, mediaType, seconds, sha256Hex, statementState, ulid } from '../http/schemas.ts'
import type { RecordRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { notarize, recordFile, recordOf } from './notarize.ts'

const fileName = z.string().min(1).max(255)
const record = z.strictObject({
  id: ulid,
  leaf: hex32,
  index: z.int(),
  acceptedAt: seconds,
  statement: statementState,
  promise: z.string(),
})
const params = z.strictObject({ id: ulid })

async function view(world: World, row: RecordRow): Promise<z.infer<typeof record>> {
  return {
    id: row.id,
    leaf: toHex(row.leaf),
    index: row.seq - 1,
    acceptedAt: row.acceptedAt,
    statement: await stateOf(world, row.seq),
    promise: await promiseFor(world, row.leaf, row.acceptedAt),
  }
}

export const recordRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/records',
    operationId: 'notarizeDigest',
    summary: {
      zh: '存证：登记文件指纹（文件不离开本地）',
      en: 'Notarize the fingerprint of a file that stays where it is',
    },
    tags: ['records'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      sha256: sha256Hex,
      size: z.int().min(0).optional(),
      mediaType: mediaType.optional(),
      name: fileName.optional(),
    }),
    responses: {
      201: { description: { zh: '已受理，待上链', en: 'Accepted, to be anchored' }, schema: record },
    },
    refusals: ['NOTARY_MISSING', 'KEY_NOT_IN_FORCE', 'PERMIT_NOT_HELD'],
    handler: async (world: World, { body, once }) => {
      const { sha256, size = null, mediaType: type = null, name = null } = body
      const digest = new Uint8Array(Buffer.from(sha256, 'hex'))
      return {
        status: 201,
        body: await view(world, await notarize(world, { digest, size, mediaType: type, name }, once)),
      }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/records/file',
    operationId: 'notarizeFile',
    summary: {
      zh: '存证：上传文件流，只计算指纹，不保存',
      en: 'Notarize a streamed file; it is hashed and not kept',
    },
    tags: ['records'],
    idempotent: true,
    bodyKind: 'stream',
    query: z.strictObject({ name: fileName.optional(), mediaType: mediaType.optional() }),
    responses: {
      201: { description: { zh: '已受理，待上链', en: 'Accepted, to be anchored' }, schema: record },
    },
    refusals: ['NOTARY_MISSING', 'KEY_NOT_IN_FORCE', 'PERMIT_NOT_HELD'],
    handler: async (world: World, { query, body, once }) => {
      const { digest, size } = await body.digest()
      const { name = null, mediaType: type = null } = query
      const row = await notarize(world, { digest, size, mediaType: type, name }, once(digest))
      return { status: 201, body: await view(world, row) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/records/{id}',
    operationId: 'getRecord',
    summary: { zh: '一条存证的状态', en: 'State of a record' },
    tags: ['records'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: { 200: { description: { zh: '存证', en: 'The record' }, schema: record } },
    refusals: ['RECORD_NOT_FOUND'],
    handler: async (world: World, { params: { id } }) => ({
      status: 200,
      body: await view(world, await recordOf(world, id)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/records/{id}/file',
    operationId: 'getRecordFile',
    summary: { zh: '存证文件（声明与回执）', en: 'The record file: statement and receipt' },
    tags: ['records'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: { 200: { description: { zh: '存证文件', en: 'Record file' }, contentType: MEDIA_TYPE } },
    refusals: ['RECORD_NOT_FOUND'],
    handler: async (world: World, { params: { id } }) => ({
      status: 200,
      bytes: Buffer.from(await recordFile(world, await recordOf(world, id))),
    }),
  }),
]
