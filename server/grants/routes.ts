import { z } from 'zod'
import { toBase64url } from '../../protocol/bytes.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import type { Owner } from '../http/access.ts'
import type { Caller } from '../http/auth.ts'
import { underKey } from '../http/idempotency.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { hex32, json, ulid } from '../http/schemas.ts'
import type { GrantRow } from '../store/grants.ts'
import { nowSeconds, type World } from '../world.ts'
import { acceptConsent, grantToSign, openRequest, refuseRequest } from './answer.ts'
import { consentRequestOf } from './ask.ts'
import { personBytes } from './keys.ts'
import { refreshGrant } from './on-chain.ts'
import {
  fieldName,
  grantView,
  openedView,
  requestView,
  signatureText,
  signerText,
  viewGrant,
  viewOpened,
  viewRequest,
} from './views.ts'
import { grantOf, withdrawAllGrants, withdrawGrant } from './withdraw.ts'

const requestParams = z.strictObject({ id: ulid })
const grantParams = z.strictObject({ digest: hex32 })
const picked = z
  .array(z.strictObject({ certificate: hex32, fields: z.array(fieldName).min(1).max(200) }))
  .min(1)
  .max(32)
const limit = integerText(1, 200).default(50)

export async function ownerOfRequest(world: World, { params }: { params: { id: string } }): Promise<Owner> {
  const { department, parties } = await consentRequestOf(world, params.id)
  return { departments: [department], holders: parties.map(({ holder }) => toBase64url(holder)) }
}

/** A grant belongs to who may read by it, to whose certificates it is about, and to who signed for him. */
async function ownerOfGrant(world: World, { params }: { params: { digest: string } }): Promise<Owner> {
  const { department, holder, person } = await grantOf(world, params.digest)
  return { departments: [department], holders: [toBase64url(holder), toBase64url(person)] }
}

/** What a list is limited to. */
const mine = ({ role, department, holder }: Caller): { department: string } | { holder: Uint8Array } =>
  role === 'holder' ? { holder: personBytes(holder ?? '') } : { department: department ?? '' }

const holderOf = ({ role, holder }: Caller): string | null => (role === 'holder' ? holder : null)

async function grantReply(world: World, row: GrantRow, status: number) {
  return { status, body: viewGrant(world, row, nowSeconds(world)) }
}

export const consentRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/consent-requests',
    operationId: 'listConsentRequests',
    summary: {
      zh: '授权请求：部门看本部门发出的，个人看发给自己的',
      en: 'Requests for consent: a department’s own, or a holder’s inbox',
    },
    tags: ['consent'],
    owner: 'caller',
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ before: ulid.optional(), limit }),
    responses: {
      200: {
        description: { zh: '授权请求，新的在前', en: 'Requests, newest first' },
        schema: z.strictObject({ requests: z.array(requestView) }),
      },
    },
    handler: async (world: World, { caller, query }) => {
      const rows = await world.store.consentRequests(mine(caller), query.before ?? null, query.limit)
      const requests = rows.map(row => viewRequest(row, nowSeconds(world), holderOf(caller)))
      return { status: 200, body: { requests } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/consent-requests/{id}',
    operationId: 'getConsentRequest',
    summary: { zh: '一份授权请求的进展', en: 'How a request for consent stands, without any value' },
    tags: ['consent'],
    owner: ownerOfRequest,
    idempotent: false,
    bodyKind: 'none',
    params: requestParams,
    responses: { 200: { description: { zh: '授权请求', en: 'The request' }, schema: requestView } },
    refusals: ['CONSENT_REQUEST_NOT_FOUND'],
    handler: async (world: World, { caller, params }) => ({
      status: 200,
      body: viewRequest(await consentRequestOf(world, params.id), nowSeconds(world), holderOf(caller)),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/consent-requests/{id}/opening',
    operationId: 'openConsentRequest',
    summary: {
      zh: '打开告知书：显示要用的本人信息；打开后才能授权',
      en: 'Open the notice with one’s own values; nobody can consent before',
    },
    tags: ['consent'],
    owner: ownerOfRequest,
    idempotent: true,
    bodyKind: 'json',
    params: requestParams,
    body: z.strictObject({}),
    responses: {
      200: { description: { zh: '告知书与本人信息', en: 'Notice and values' }, schema: openedView },
    },
    refusals: ['CONSENT_REQUEST_NOT_FOUND', 'CONSENT_REQUEST_WITHDRAWN', 'NOT_REPRESENTED'],
    handler: async (world: World, { caller, params, once }) => {
      const opened = await underKey(world.store, once, () => openRequest(world, caller, params.id))
      const { request, party, items } = opened
      return { status: 200, body: viewOpened(request, party, items, nowSeconds(world)) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/consent-requests/{id}/typed-data',
    operationId: 'prepareGrant',
    summary: { zh: '按所选内容生成待签授权书（EIP-712）', en: 'The typed data to sign for what was picked' },
    tags: ['consent'],
    owner: ownerOfRequest,
    idempotent: false,
    bodyKind: 'json',
    params: requestParams,
    body: z.strictObject({ items: picked }),
    responses: {
      200: {
        description: { zh: '待签授权书', en: 'What the wallet shows' },
        schema: z.strictObject({ typedData: json, digest: hex32, signer: signerText }),
      },
    },
    refusals: [
      'CONSENT_REQUEST_NOT_FOUND',
      'CONSENT_REQUEST_WITHDRAWN',
      'HOLDER_KEY_MISSING',
      'FIELD_NOT_REQUESTED',
      'NOT_REPRESENTED',
    ],
    handler: async (world: World, { caller, params, body }) => ({
      status: 200,
      body: await grantToSign(world, caller, params.id, body.items),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/consent-requests/{id}/grant',
    operationId: 'giveConsent',
    summary: {
      zh: '提交已签的授权书：全部或部分',
      en: 'Hand in the signed grant, of all that was asked or of a part',
    },
    tags: ['consent'],
    owner: ownerOfRequest,
    idempotent: true,
    bodyKind: 'json',
    params: requestParams,
    body: z.strictObject({ typedData: json, signature: signatureText }),
    responses: {
      201: { description: { zh: '已受理，即时可用', en: 'Accepted, and good at once' }, schema: grantView },
    },
    refusals: [
      'TYPED_DATA_SHAPE',
      'TYPED_DATA_TYPES',
      'TYPED_DATA_DOMAIN',
      'GRANT_MISMATCH',
      'FIELD_NOT_REQUESTED',
      'REQUIRED_FIELD_MISSING',
      'CERTIFICATE_NOT_OF_HOLDER',
      'TERM_TOO_LONG',
      'GRANT_EXPIRED',
      'EPOCH_WRONG',
      'SIGNATURE_FORM',
      'SIGNATURE_WRONG',
      'GRANT_WITHDRAWN',
      'NOTICE_NOT_SHOWN',
      'CONSENT_ANSWERED',
      'CONSENT_REQUEST_EXPIRED',
      'CONSENT_REQUEST_WITHDRAWN',
      'HOLDER_KEY_MISSING',
      'HOLDER_KEY_NOT_ACTIVE',
      'NOT_REPRESENTED',
    ],
    handler: async (world: World, { caller, params, body, once }) => {
      const give = () => acceptConsent(world, caller, params.id, body.typedData, body.signature)
      return grantReply(world, await underKey(world.store, once, give), 201)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/consent-requests/{id}/refusal',
    operationId: 'refuseConsent',
    summary: { zh: '拒绝授权', en: 'Refuse' },
    tags: ['consent'],
    owner: ownerOfRequest,
    idempotent: true,
    bodyKind: 'json',
    params: requestParams,
    body: z.strictObject({}),
    responses: { 200: { description: { zh: '已拒绝', en: 'Refused' }, schema: requestView } },
    refusals: ['CONSENT_ANSWERED', 'CONSENT_REQUEST_EXPIRED', 'CONSENT_REQUEST_WITHDRAWN', 'NOT_REPRESENTED'],
    handler: async (world: World, { caller, params, once }) => {
      const request = await underKey(world.store, once, () => refuseRequest(world, caller, params.id))
      return { status: 200, body: viewRequest(request, nowSeconds(world), holderOf(caller)) }
    },
  }),
]

export const grantRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/grants',
    operationId: 'listGrants',
    summary: {
      zh: '授权：部门看给本部门的，个人看自己给出的',
      en: 'Grants: those to a department, or those that a holder gave',
    },
    tags: ['consent'],
    owner: 'caller',
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ before: integerText(1, Number.MAX_SAFE_INTEGER).optional(), limit }),
    responses: {
      200: {
        description: { zh: '授权，新的在前', en: 'Grants, newest first' },
        schema: z.strictObject({ grants: z.array(grantView), before: z.int().nullable() }),
      },
    },
    handler: async (world: World, { caller, query }) => {
      const page = { before: query.before ?? null, limit: query.limit }
      const rows = await world.store.grants(mine(caller), page)
      const grants = rows.map(row => viewGrant(world, row, nowSeconds(world)))
      return { status: 200, body: { grants, before: rows.length < query.limit ? null : rows.at(-1)!.id } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/grants/{digest}',
    operationId: 'getGrant',
    summary: {
      zh: '一份授权：签署原文、状态、已用次数',
      en: 'One grant: what was signed, how it stands, how often it was used',
    },
    tags: ['consent'],
    owner: ownerOfGrant,
    idempotent: false,
    bodyKind: 'none',
    params: grantParams,
    responses: { 200: { description: { zh: '授权', en: 'The grant' }, schema: grantView } },
    refusals: ['GRANT_NOT_FOUND'],
    handler: async (world: World, { params }) => {
      // Who looks is told what is known here while the chain is away, as in the list; nobody uses a grant by it.
      await refreshGrant(world, params.digest).catch((error: unknown) => {
        if (!(error instanceof ChainUnreachable)) throw error
      })
      return grantReply(world, await grantOf(world, params.digest), 200)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/grants/{digest}/withdrawal',
    operationId: 'withdrawGrant',
    summary: {
      zh: '撤回授权：立即生效；有签名时同时上链，无签名时仅在本网关生效',
      en: 'Withdraw a grant, at once: with a signature on chain too, without one at this gateway only',
    },
    tags: ['consent'],
    owner: ownerOfGrant,
    idempotent: true,
    bodyKind: 'json',
    params: grantParams,
    body: z.strictObject({ signature: signatureText.nullable() }),
    responses: { 200: { description: { zh: '已撤回', en: 'Withdrawn' }, schema: grantView } },
    refusals: ['GRANT_NOT_FOUND', 'SIGNATURE_FORM', 'SIGNATURE_WRONG', 'STEP_UP_REQUIRED'],
    handler: async (world: World, { caller, params, body, once }) => {
      const end = () => withdrawGrant(world, caller, params.digest, body.signature)
      return grantReply(world, await underKey(world.store, once, end), 200)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/grants/withdrawal',
    operationId: 'withdrawAllGrants',
    summary: {
      zh: '撤回一把密钥的全部授权',
      en: 'Withdraw everything that one key granted up to an epoch',
    },
    tags: ['consent'],
    owner: 'caller',
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      signer: signerText,
      epoch: z.int().min(0),
      signature: signatureText.nullable(),
    }),
    responses: {
      200: {
        description: { zh: '已全部撤回', en: 'All withdrawn' },
        schema: z.strictObject({ epoch: z.int(), ended: z.array(grantView) }),
      },
    },
    refusals: ['HOLDER_KEY_MISSING', 'EPOCH_WRONG', 'SIGNATURE_FORM', 'SIGNATURE_WRONG', 'STEP_UP_REQUIRED'],
    handler: async (world: World, { caller, body, once }) => {
      const { epoch, ended } = await underKey(world.store, once, () => withdrawAllGrants(world, caller, body))
      return {
        status: 200,
        body: { epoch, ended: ended.map(row => viewGrant(world, row, nowSeconds(world))) },
      }
    },
  }),
]
