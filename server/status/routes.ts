import { z } from 'zod'
import { Refusal } from '../../protocol/refusal.ts'
import { certificateOwner } from '../certificates/owner.ts'
import { certificateOf } from '../certificates/read.ts'
import { change, changeView, fieldRow, identifierParams, issued, issuedView } from '../certificates/views.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import type { StatusChangeRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { changeStatus, isInstant, supersede } from './change.ts'
import { statusListCredential } from './list-credential.ts'
import { waitForOrder } from './wait.ts'

/** A reason code of the catalogue. */
const reason = z.string().regex(/^[A-Z_]{2,40}$/)

const refusedByChain = ({ refusal }: StatusChangeRow) =>
  new Refusal('STATUS_ORDER_REFUSED', 'the chain refused the order; the certificate is as it was', {
    field: 'action',
    found: refusal ?? 'REVERTED',
  })

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
  defineRoute({
    method: 'post',
    path: '/v1/certificates/{identifier}/status',
    operationId: 'orderStatus',
    summary: {
      zh: '暂停、恢复或注销：由发证部门的授权密钥签署指令并上链',
      en: 'Suspend, resume or revoke, by an order that the department’s authority key signs',
    },
    tags: ['certificates'],
    idempotent: true,
    bodyKind: 'json',
    params: identifierParams,
    body: z.strictObject({
      action: z.enum(['revoke', 'suspend', 'resume']),
      reason,
      effective: z.string().refine(isInstant, 'not an instant').optional(),
    }),
    responses: {
      200: { description: { zh: '已上链生效', en: 'Executed on chain' }, schema: change },
      202: { description: { zh: '已受理，尚未上链', en: 'Accepted, not on chain yet' }, schema: change },
    },
    refusals: [
      'CERTIFICATE_NOT_FOUND',
      'STATUS_REASON',
      'STATUS_ALREADY',
      'STATUS_NOT_SUSPENDED',
      'STATUS_ORDER_REFUSED',
    ],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params: { identifier }, body, once }) => {
      const certificate = await certificateOf(world, identifier)
      const request = { action: body.action, reason: body.reason, effective: body.effective ?? null }
      const order = await waitForOrder(world, await changeStatus(world, certificate, request, once))
      if (order.state === 'refused') throw refusedByChain(order)
      const done = order.state === 'executed' || order.state === 'final'
      return { status: done ? 200 : 202, body: changeView(order) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/certificates/{identifier}/successor',
    operationId: 'supersedeCertificate',
    summary: {
      zh: '换发：签发新版本，旧版本随后失效',
      en: 'Replace by a new version; the old one is then superseded',
    },
    tags: ['certificates'],
    idempotent: true,
    bodyKind: 'json',
    params: identifierParams,
    body: z.strictObject({ fields: fieldRow, reason }),
    maxBody: 262_144,
    responses: {
      201: {
        description: { zh: '已签发新版本', en: 'The new version is issued' },
        schema: z.strictObject({ certificate: issued, change }),
      },
    },
    refusals: [
      'CERTIFICATE_NOT_FOUND',
      'CERTIFICATE_OF_ANOTHER_DEPARTMENT',
      'STATUS_REASON',
      'STATUS_ALREADY',
      'ROWS_INVALID',
      'PERMIT_NOT_HELD',
    ],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params: { identifier }, body, once }) => {
      const certificate = await certificateOf(world, identifier)
      const result = await supersede(world, certificate, body.fields, body.reason, once)
      return {
        status: 201,
        body: { certificate: await issuedView(world, result.successor), change: changeView(result.change) },
      }
    },
  }),
]
