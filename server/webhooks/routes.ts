import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentOf } from '../departments/admit.ts'
import { underKey } from '../http/idempotency.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { departmentCode, seconds, ulid } from '../http/schemas.ts'
import type { DeliveryRow, WebhookRow } from '../store/webhooks.ts'
import type { World } from '../world.ts'
import { secretOf } from './deliver.ts'
import { parseTarget } from './target.ts'

const webhook = z.strictObject({
  id: ulid,
  department: departmentCode,
  url: z.string(),
  events: z.array(z.string()).describe('Names of events; empty = all'),
  state: z.enum(['pending', 'approved', 'stopped']),
  createdAt: seconds,
  approvedAt: seconds.nullable(),
})
const delivery = z.strictObject({
  id: z.int(),
  event: ulid,
  name: z.string(),
  state: z.enum(['waiting', 'delivered', 'dead']),
  attempts: z.int(),
  nextAt: seconds,
  createdAt: seconds,
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
})
const params = z.strictObject({ id: ulid })

const view = ({ id, department, url, events, state, createdAt, approvedAt }: WebhookRow) => ({
  id,
  department,
  url,
  events,
  state,
  createdAt,
  approvedAt,
})
const deliveryView = ({ webhook: _webhook, body: _body, ...row }: DeliveryRow) => row

async function webhookOf({ store }: Pick<World, 'store'>, id: string): Promise<WebhookRow> {
  const found = await store.webhookById(id)
  if (found === null) throw new Refusal('WEBHOOK_NOT_FOUND', 'there is no such webhook', { field: 'id' })
  return found
}

export const webhookRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/webhooks',
    operationId: 'createWebhook',
    summary: {
      zh: '登记部门的事件通知地址；运营者批准后生效',
      en: 'Register where a department wants to be told; it works once the operator approves',
    },
    tags: ['webhooks'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      department: departmentCode,
      url: z.string().max(500),
      events: z.array(z.string().regex(/^[a-z][a-z-]{1,39}$/)).max(40),
    }),
    responses: {
      201: {
        description: { zh: '已登记，附验签密钥', en: 'Registered, with the secret of its signatures' },
        schema: webhook.extend({
          secret: z.string().describe('whsec_… of Standard Webhooks; shown in this answer only'),
        }),
      },
    },
    refusals: ['WEBHOOK_URL', 'DEPARTMENT_NOT_FOUND'],
    owner: (_world: World, { body }) => Promise.resolve({ departments: [body.department] }),
    handler: async (world: World, { body, caller, once }) => {
      await departmentOf(world, body.department)
      const url = parseTarget(body.url, world.config.profile).href
      const id = formatUlid(world.clock(), randomBytes(10))
      const row = await world.store.saveWebhook(
        { id, department: body.department, url, events: body.events, createdBy: caller.subject },
        once,
      )
      const secret = `whsec_${Buffer.from(await secretOf(world, row.id)).toString('base64')}`
      return { status: 201, body: { ...view(row), secret } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/webhooks',
    operationId: 'listWebhooks',
    summary: { zh: '事件通知地址', en: 'Webhooks of a department, or for the operator of all' },
    tags: ['webhooks'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '通知地址', en: 'Webhooks' },
        schema: z.strictObject({ webhooks: z.array(webhook) }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller }) => ({
      status: 200,
      body: { webhooks: (await world.store.webhooks(caller.department)).map(view) },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/webhooks/{id}/state',
    operationId: 'setWebhookState',
    summary: { zh: '批准或停用通知地址', en: 'Approve or stop a webhook' },
    tags: ['webhooks'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ state: z.enum(['approved', 'stopped']) }),
    responses: { 200: { description: { zh: '通知地址', en: 'The webhook' }, schema: webhook } },
    refusals: ['WEBHOOK_NOT_FOUND'],
    handler: async (world: World, { params: { id }, body, caller, once }) => {
      await webhookOf(world, id)
      return {
        status: 200,
        body: view(await world.store.setWebhookState(id, body.state, caller.subject, once)),
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/webhooks/{id}/deliveries',
    operationId: 'listDeliveries',
    summary: {
      zh: '通知的送达情况；state=dead 为已放弃的',
      en: 'How deliveries stand; state=dead are those that were given up',
    },
    tags: ['webhooks'],
    idempotent: false,
    bodyKind: 'none',
    params,
    query: z.strictObject({
      state: z.enum(['waiting', 'delivered', 'dead']).optional(),
      before: integerText(1, Number.MAX_SAFE_INTEGER).optional(),
      limit: integerText(1, 200).optional(),
    }),
    responses: {
      200: {
        description: { zh: '送达情况', en: 'Deliveries, newest first' },
        schema: z.strictObject({ deliveries: z.array(delivery) }),
      },
    },
    refusals: ['WEBHOOK_NOT_FOUND'],
    owner: async (world: World, { params: { id } }) => ({
      departments: [(await webhookOf(world, id)).department],
    }),
    handler: async (world: World, { params: { id }, query }) => {
      const { state = null, before = null, limit = 50 } = query
      const rows = await world.store.deliveries(id, state, before, limit)
      return { status: 200, body: { deliveries: rows.map(deliveryView) } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/webhooks/{id}/deliveries/{delivery}/again',
    operationId: 'sendAgain',
    summary: {
      zh: '重发已放弃的通知；接收方凭同一标识识别重复',
      en: 'Send a delivery again that was given up; receivers know it by the same id',
    },
    tags: ['webhooks'],
    idempotent: true,
    bodyKind: 'json',
    params: params.extend({ delivery: integerText(1, Number.MAX_SAFE_INTEGER) }),
    body: z.strictObject({}),
    responses: { 200: { description: { zh: '将重发', en: 'It will be sent' }, schema: delivery } },
    refusals: ['WEBHOOK_NOT_FOUND', 'DELIVERY_NOT_FOUND', 'DELIVERY_STATE'],
    owner: async (world: World, { params: { id } }) => ({
      departments: [(await webhookOf(world, id)).department],
    }),
    handler: async (world: World, { params: { id, delivery: number }, once }) => {
      await webhookOf(world, id)
      // A repetition sends nothing that was given up anew meanwhile.
      const isRepeated = (await world.store.answered(once)) !== null
      const row = isRepeated
        ? ((await world.store.deliveries(id, null, number + 1, 1)).find(one => one.id === number) ?? null)
        : await underKey(world.store, once, () => world.store.sendAgain(id, number))
      if (row === null) {
        throw new Refusal('DELIVERY_NOT_FOUND', 'the webhook has no such delivery', { field: 'delivery' })
      }
      return { status: 200, body: deliveryView(row) }
    },
  }),
]
