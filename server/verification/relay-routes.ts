/** The read-only relay to the chain's node, as JSON-RPC over HTTP. */
import { defineRoute } from '../http/routes.ts'
import { json } from '../http/schemas.ts'
import type { World } from '../world.ts'
import { relay, rpcRequest } from './relay.ts'

export const relayRoutes = [
  defineRoute({
    method: 'post',
    path: '/rpc',
    operationId: 'relayRpc',
    summary: {
      zh: '只读转发到本平台的链节点（JSON-RPC），供浏览器自行核验；只答本平台的合约',
      en: 'Read-only JSON-RPC relay to this gateway’s node, for browsers that verify by themselves; only its own contracts',
    },
    tags: ['verification'],
    rateLimit: 'relay',
    idempotent: false,
    bodyKind: 'json',
    maxBody: 32_768,
    body: rpcRequest,
    responses: {
      200: { description: { zh: '节点的答复', en: 'The node’s answer' }, schema: json },
    },
    refusals: ['RPC_METHOD', 'RPC_ADDRESS', 'RPC_SHAPE', 'CHAIN_UNREACHABLE'],
    handler: async (world: World, { body }) => ({ status: 200, body: await relay(world, body) }),
  }),
]
