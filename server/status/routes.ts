import { z } from 'zod'
import { defineRoute, integerText } from '../http/routes.ts'
import type { World } from '../world.ts'
import { statusListCredential } from './list-credential.ts'

export const statusRoutes = [
  defineRoute({
    method: 'get',
    path: '/status-lists/{uscc}/{list}/{purpose}',
    operationId: 'getStatusList',
    summary: {
      zh: '状态列表（W3C Bitstring Status List），由链上状态推导',
      en: 'W3C Bitstring Status List, derived from the chain',
    },
    tags: ['status'],
    access: 'public',
    rateLimit: 'snapshot',
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({
      uscc: z.string().regex(/^[0-9A-Z]{18}$/),
      list: integerText(0, 2 ** 32),
      purpose: z.enum(['revocation', 'suspension', 'refresh']),
    }),
    responses: {
      200: {
        description: { zh: '状态列表凭证', en: 'Status list credential' },
        contentType: 'application/vc+jwt',
      },
    },
    refusals: ['STATUS_LIST_NOT_FOUND'],
    handler: async (world: World, { params: { uscc, list, purpose } }) => ({
      status: 200,
      bytes: Buffer.from(await statusListCredential(world, uscc, list, purpose)),
    }),
  }),
]
