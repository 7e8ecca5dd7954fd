import { z } from 'zod'
import { fromHex } from '../../protocol/bytes.ts'
import { EVENT_STREAM, eventStream } from '../http/events.ts'
import { defineRoute } from '../http/routes.ts'
import { hex32, ulid } from '../http/schemas.ts'
import type { World } from '../world.ts'
import { onceOf, resumeApproved } from './carry-out.ts'
import { batchOf, changed, recallBatch, rejectBatch, submitBatch, withdrawBatch } from './drafts.ts'
import { batchOwner } from './owner.ts'
import { EVENT_ID, eventsSince } from './progress.ts'
import { asBatch, batchNow, revision, summaryOf, summaryView } from './views.ts'

const params = z.strictObject({ id: ulid })

/** How two people decide about a batch, and how it goes on. */
export const decisionRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/batches/{id}/summary',
    operationId: 'summariseBatch',
    summary: {
      zh: '审核摘要：与将签章的内容绑定的摘要值、数量与抽样',
      en: 'What a checker approves: a digest bound to what will be signed, counts and samples',
    },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: { 200: { description: { zh: '摘要', en: 'Summary' }, schema: summaryView } },
    refusals: ['BATCH_NOT_FOUND'],
    owner: batchOwner,
    handler: async (world: World, { params: { id } }) => ({
      status: 200,
      body: await summaryOf(world, await batchOf(world, id)),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/batches/{id}/submit',
    operationId: 'submitBatch',
    summary: { zh: '提交审核', en: 'Submit a batch for approval' },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({
      leaveOut: z.boolean().optional().describe('Bad rows are left out; default: refused'),
      revision,
    }),
    responses: { 200: asBatch },
    refusals: [
      'BATCH_NOT_FOUND',
      'BATCH_BAD_ROWS',
      'BATCH_EMPTY',
      'BATCH_STATE',
      'BATCH_CHANGED',
      'BATCH_TYPE_CHANGED',
    ],
    owner: batchOwner,
    handler: async (world: World, { caller, params: { id }, body, once }) => {
      const found = await batchOf(world, id)
      const batch = { ...found, revision: body.revision ?? found.revision }
      await submitBatch(world, batch, body.leaveOut ?? false, caller.subject, once)
      return { status: 200, body: await batchNow(world, id) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/batches/{id}/approve',
    operationId: 'approveBatch',
    summary: {
      zh: '审核通过：由另一人在重新验证身份后进行；随后在后台签章',
      en: 'Approve a batch: by another person who has just signed in; it is then signed in the background',
    },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ digest: hex32.describe('The digest of the summary that was looked at') }),
    responses: { 202: asBatch },
    refusals: [
      'BATCH_NOT_FOUND',
      'BATCH_STATE',
      'BATCH_OWN_APPROVAL',
      'BATCH_DIGEST_DIFFERS',
      'STEP_UP_REQUIRED',
    ],
    owner: batchOwner,
    handler: async (world: World, { caller, params: { id }, body, once }) => {
      await world.store.approveBatch(id, caller.subject, fromHex(body.digest)!, once)
      changed(world, id)
      await resumeApproved(world)
      return { status: 202, body: await batchNow(world, id) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/batches/{id}/reject',
    operationId: 'rejectBatch',
    summary: { zh: '退回经办人，并说明原因', en: 'Give a batch back to its makers, with a reason' },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    responses: { 200: asBatch },
    refusals: ['BATCH_NOT_FOUND', 'BATCH_STATE', 'BATCH_OWN_APPROVAL'],
    owner: batchOwner,
    handler: async (world: World, { caller, params: { id }, body, once }) => {
      await rejectBatch(world, await batchOf(world, id), body.reason, caller.subject, once)
      return { status: 200, body: await batchNow(world, id) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/batches/{id}/withdraw',
    operationId: 'withdrawBatch',
    summary: { zh: '撤回批次，并删除其中的行', en: 'Give a batch up; its rows are erased' },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'none',
    params,
    responses: { 200: asBatch },
    refusals: ['BATCH_NOT_FOUND', 'BATCH_STATE'],
    owner: batchOwner,
    handler: async (world: World, { caller, params: { id }, once }) => {
      await withdrawBatch(world, await batchOf(world, id), caller.subject, once)
      return { status: 200, body: await batchNow(world, id) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/batches/{id}/recall',
    operationId: 'recallBatch',
    summary: {
      zh: '收回已审核而未能签发的批次，并说明原因；其中的行随即删除',
      en: 'Give up an approved batch of which nothing is issued, with a reason; its rows are erased',
    },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    responses: { 200: asBatch },
    refusals: ['BATCH_NOT_FOUND', 'BATCH_STATE'],
    owner: batchOwner,
    handler: async (world: World, { caller, params: { id }, body, once }) => {
      const request = { reason: body.reason, by: caller.subject, issuing: onceOf('batch', id) }
      await recallBatch(world, await batchOf(world, id), request, once)
      return { status: 200, body: await batchNow(world, id) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/batches/{id}/events',
    operationId: 'watchBatch',
    summary: {
      zh: '批次进度（服务器推送）：校验、签章、入账、上链、送达；断开后可续',
      en: 'Progress of a batch as server-sent events: checked, signed, logged, anchored, delivered; can be resumed',
    },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params,
    headers: z.strictObject({ 'last-event-id': z.string().regex(EVENT_ID).optional() }),
    responses: { 200: { description: { zh: '事件流', en: 'Events' }, contentType: EVENT_STREAM } },
    refusals: ['BATCH_NOT_FOUND'],
    owner: batchOwner,
    handler: async (world: World, { params: { id }, headers }) => ({
      status: 200,
      bytes: eventStream(world.events, `batch:${id}`, headers['last-event-id'] ?? null, lastId =>
        eventsSince(world, id, lastId),
      ),
    }),
  }),
]
