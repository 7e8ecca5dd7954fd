import { z } from 'zod'
import { METRICS_CONTENT_TYPE } from '../http/metrics.ts'
import { defineRoute } from '../http/routes.ts'
import type { World } from '../world.ts'

const readiness = z.strictObject({
  ready: z.boolean(),
  store: z.boolean(),
  chain: z.boolean(),
  anchoring: z.boolean(),
  chainLostBlocks: z
    .boolean()
    .describe('The chain lost blocks that were final; they are being brought back (docs/operations.md)'),
  waiting: z.int().describe('Statements accepted and not yet sealed'),
})

/** `anchoring` says what the anchorer last saw; asking the store and the chain is done anew. */
export const healthRoutes = (anchoring: () => { chainReachable: boolean; lastError: string | null }) => [
  defineRoute({
    method: 'get',
    path: '/healthz',
    operationId: 'getHealth',
    summary: { zh: '进程存活', en: 'The process is alive' },
    tags: ['health'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: { description: { zh: '存活', en: 'Alive' }, schema: z.strictObject({ alive: z.literal(true) }) },
    },
    handler: async (_world: World) => ({ status: 200, body: { alive: true } }),
  }),
  defineRoute({
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: { zh: '可以受理：数据库与区块链可用', en: 'Ready to serve: store and chain answer' },
    tags: ['health'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: { description: { zh: '可用', en: 'Ready' }, schema: readiness },
      503: { description: { zh: '不可用', en: 'Not ready' }, schema: readiness },
    },
    handler: async (world: World) => {
      const size = await world.store.logSize().catch(() => null)
      const chain = await world.chain.rpc.call('eth_blockNumber', []).then(
        () => true,
        () => false,
      )
      const { lastError } = anchoring()
      const body = {
        ready: size !== null && chain,
        store: size !== null,
        chain,
        anchoring: lastError === null,
        chainLostBlocks: world.chain.watch.doubts !== null,
        waiting: size === null ? 0 : size.accepted - size.sealed,
      }
      return { status: body.ready ? 200 : 503, body }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: { zh: '运行指标（Prometheus）', en: 'Metrics for Prometheus' },
    tags: ['health'],
    idempotent: false,
    bodyKind: 'none',
    responses: { 200: { description: { zh: '指标', en: 'Metrics' }, contentType: METRICS_CONTENT_TYPE } },
    handler: async (world: World) => ({ status: 200, bytes: Buffer.from(world.metrics.text()) }),
  }),
]
