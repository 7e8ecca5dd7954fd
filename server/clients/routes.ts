import { z } from 'zod'
import { Refusal } from '../../protocol/refusal.ts'
import { underKey } from '../http/idempotency.ts'
import { statusOf } from '../http/problem.ts'
import { defineRoute } from '../http/routes.ts'
import { departmentCode, json, seconds } from '../http/schemas.ts'
import type { ClientRow } from '../store/clients.ts'
import { nowSeconds, publicUrl, type World } from '../world.ts'
import { registerClient } from './register.ts'
import { ASSERTION_TYPE, issueToken, tokenKey, TOKEN_PATH, TOKEN_SECONDS } from './token.ts'

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const clientId = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const publicJwk = z.discriminatedUnion('crv', [
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate }),
])
const client = z.strictObject({
  id: clientId.describe('RFC 7638 thumbprint of its key'),
  department: departmentCode,
  scopes: z.array(z.string()),
  createdAt: seconds,
  disabledAt: seconds.nullable(),
})

const view = ({ id, department, scopes, createdAt, disabledAt }: ClientRow) => ({
  id,
  department,
  scopes,
  createdAt,
  disabledAt,
})

/** RFC 6749 §5.2 (https://www.rfc-editor.org/rfc/rfc6749#section-5.2), with our stable code beside it. */
const oauthError = z.strictObject({
  error: z.enum(['invalid_request', 'invalid_client', 'invalid_scope', 'unsupported_grant_type']),
  error_description: z.string(),
  code: z.string(),
})

function oauthErrorOf(code: string): z.infer<typeof oauthError>['error'] {
  if (code === 'SCOPE_INVALID') return 'invalid_scope'
  return statusOf(code) === 401 ? 'invalid_client' : 'invalid_request'
}

export const clientRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/clients',
    operationId: 'registerClient',
    summary: {
      zh: '登记部门的机器客户端（公钥）',
      en: 'Register a department’s machine client by its public key',
    },
    tags: ['clients'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      department: departmentCode,
      jwk: publicJwk,
      scopes: z
        .array(z.string().min(1).max(60))
        .min(1)
        .max(50)
        .describe('action:DEPARTMENT:TYPE, * = each type'),
    }),
    responses: { 201: { description: { zh: '已登记', en: 'Registered' }, schema: client } },
    refusals: ['DEPARTMENT_NOT_FOUND', 'CLIENT_KEY', 'CLIENT_EXISTS', 'SCOPE_INVALID'],
    handler: async (world: World, { body, once }) => ({
      status: 201,
      body: view(await underKey(world.store, once, () => registerClient(world, body))),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/clients',
    operationId: 'listClients',
    summary: { zh: '机器客户端', en: 'Machine clients' },
    tags: ['clients'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '客户端', en: 'Clients' },
        schema: z.strictObject({ clients: z.array(client) }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller }) => {
      const all = await world.store.clients()
      const own = all.filter(
        ({ department }) => caller.department === null || caller.department === department,
      )
      return { status: 200, body: { clients: own.map(view) } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/clients/{id}/disable',
    operationId: 'disableClient',
    summary: { zh: '停用机器客户端，即刻生效', en: 'Disable a machine client; its tokens end at once' },
    tags: ['clients'],
    idempotent: true,
    bodyKind: 'none',
    params: z.strictObject({ id: clientId }),
    responses: { 200: { description: { zh: '已停用', en: 'Disabled' }, schema: client } },
    refusals: ['CLIENT_NOT_FOUND'],
    handler: async (world: World, { params: { id }, once }) => {
      await underKey(world.store, once, async () => {
        if ((await world.store.clientById(id)) === null) {
          throw new Refusal('CLIENT_NOT_FOUND', 'there is no such client', { field: 'id' })
        }
        await world.store.disableClient(id, nowSeconds(world))
      })
      return { status: 200, body: view((await world.store.clientById(id))!) }
    },
  }),
  defineRoute({
    method: 'post',
    path: TOKEN_PATH,
    operationId: 'issueToken',
    summary: {
      zh: 'OAuth 2 令牌端点：客户端凭证，private_key_jwt',
      en: 'OAuth 2 token endpoint: client credentials with private_key_jwt',
    },
    tags: ['clients'],
    rateLimit: 'token',
    idempotent: false,
    bodyKind: 'form',
    body: z.strictObject({
      grant_type: z.string().max(100),
      client_assertion_type: z.literal(ASSERTION_TYPE),
      client_assertion: z.string().max(4_096),
      client_id: clientId.optional(),
      scope: z.string().min(1).max(2_000).optional(),
    }),
    maxBody: 16_384,
    responses: {
      200: {
        description: { zh: '访问令牌', en: 'An access token' },
        schema: z.strictObject({
          access_token: z.string(),
          token_type: z.literal('Bearer'),
          expires_in: z.int(),
          scope: z.string(),
        }),
      },
      400: { description: { zh: '请求有误', en: 'The request is wrong' }, schema: oauthError },
      401: {
        description: { zh: '未能确认客户端', en: 'Which client asks is not clear' },
        schema: oauthError,
      },
    },
    handler: async (world: World, { body }) => {
      if (body.grant_type !== 'client_credentials') {
        const description = 'only client_credentials is supported'
        return {
          status: 400,
          body: { error: 'unsupported_grant_type', error_description: description, code: 'GRANT_TYPE' },
        }
      }
      try {
        const { token, scope } = await issueToken(world, {
          assertion: body.client_assertion,
          scope: body.scope ?? null,
          clientId: body.client_id ?? null,
        })
        return {
          status: 200,
          body: { access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS, scope },
          headers: { Pragma: 'no-cache' },
        }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        const { code, message } = error
        const status = statusOf(code) === 401 ? 401 : 400
        return { status, body: { error: oauthErrorOf(code), error_description: message, code } }
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/oauth/jwks.json',
    operationId: 'getTokenKeys',
    summary: { zh: '核验访问令牌的公钥（JWK Set）', en: 'Keys that check access tokens (JWK Set)' },
    tags: ['clients'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: { description: { zh: '公钥', en: 'Keys' }, schema: z.strictObject({ keys: z.array(json) }) },
    },
    handler: async (world: World) => ({ status: 200, body: { keys: [await tokenKey(world)] } }),
  }),
  defineRoute({
    method: 'get',
    path: '/.well-known/oauth-authorization-server',
    operationId: 'getAuthorizationServer',
    summary: { zh: '授权服务器元数据（RFC 8414）', en: 'Authorization server metadata (RFC 8414)' },
    tags: ['clients'],
    idempotent: false,
    bodyKind: 'none',
    responses: { 200: { description: { zh: '元数据', en: 'Metadata' }, schema: json } },
    handler: async (world: World) => {
      const issuer = publicUrl(world)
      return {
        status: 200,
        body: {
          issuer,
          token_endpoint: `${issuer}${TOKEN_PATH}`,
          jwks_uri: `${issuer}/oauth/jwks.json`,
          grant_types_supported: ['client_credentials'],
          response_types_supported: [],
          token_endpoint_auth_methods_supported: ['private_key_jwt'],
          token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA'],
        },
      }
    },
  }),
]
