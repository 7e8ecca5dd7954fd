import { z } from 'zod'
import { isAccepting, oldestUnanchoredSeconds } from '../departments/accepting.ts'
import { METRICS_CONTENT_TYPE } from '../http/metrics.ts'
import { defineRoute } from '../http/routes.ts'
import type { World } from '../world.ts'

/** Who watches us waits no longer for a node that hangs. */
const CHAIN_PATIENCE_MS = 2_000

const readiness = z.strictObject({
  ready: z.boolean(),
  store: z.boolean().describe('The store answers'),
  storeWritable: z
    .boolean()
    .describe('False from the first write that the disk does not take until one is on it again'),
  chain: z.boolean(),
  anchoring: z.boolean(),
  chainLostBlocks: z
    .boolean()
    .describe('The chain lost blocks that were final; they are being brought back (docs/operations.md)'),
  accepting: z
    .boolean()
    .describe(
      'As far as the chain goes, statements are accepted: with it or for a while without (CHAIN_DOWN_TOO_LONG)',
    ),
  waiting: z.int().describe('Statements accepted and not yet sealed'),
  unanchoredSeconds: z.int().describe('Age of the oldest statement that is in no block; 0 = there is none'),
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
    summary: {
      zh: '可以受理：数据库可读可写，且区块链可用或中断未过久',
      en: 'Ready to accept: the store answers and can be written, and the chain answers or has not been away for too long',
    },
    tags: ['health'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: { description: { zh: '可用', en: 'Ready' }, schema: readiness },
      503: { description: { zh: '不可用', en: 'Not ready' }, schema: readiness },
    },
    handler: async (world: World) => {
      const size = await world.store.logSize().catch(() => null)
      const storeWritable = await world.store.canWrite()
      const chain = await Promise.race([
        world.chain.rpc.call('eth_blockNumber', []).then(
          () => true,
          () => false,
        ),
        new Promise<false>(resolve => setTimeout(() => resolve(false), CHAIN_PATIENCE_MS).unref()),
      ])
      const { lastError } = anchoring()
      const unanchoredSeconds = size === null ? 0 : await oldestUnanchoredSeconds(world)
      const accepting = size !== null && world.chain.isDeployed() && (await isAccepting(world))
      const body = {
        ready: accepting && storeWritable,
        store: size !== null,
        storeWritable,
        chain,
        anchoring: lastError === null,
        chainLostBlocks: world.chain.watch.doubts !== null,
        accepting,
        waiting: size === null ? 0 : size.accepted - size.sealed,
        unanchoredSeconds,
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
