/**
 * The API description, printed from the routes themselves (OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.1), and a page to
 * try it on. The page comes wholly from this origin and asks no third party for anything.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { accessOf, isPublic } from './access.ts'
import type { AccessRow, AccessTable } from './access.ts'
import { LARGE_BYTES } from './large-requests.ts'
import { messageOf } from './messages.ts'
import type { Message } from './messages.ts'
import { statusOf } from './problem.ts'
import { defineRoute } from './routes.ts'
import type { Route, RouteResponse } from './routes.ts'

export interface ApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
type JsonObject = Record<string, Json>

export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: ApiInfo
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>
    readonly securitySchemes: JsonObject
  }
}

/** The schema of every refusal and failure (RFC 9457). */
export const problemSchema = z
  .strictObject({
    type: z.string().regex(/^urn:onceproof:problem:[A-Z][A-Z0-9_]*$/),
    title: z.string().describe('One sentence for people, in Chinese or by Accept-Language in English'),
    status: z.int(),
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/)
      .describe('Stable; programs decide by it'),
    requestId: z.string(),
    detail: z.string().optional(),
    field: z.string().optional(),
    expected: z.string().optional(),
    found: z.string().optional(),
    errors: z
      .array(
        z.strictObject({
          row: z.int().optional(),
          field: z.string(),
          code: z.string(),
          expected: z.string(),
          found: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' })

/** Describes the routes. Throws (a defect, found at start) when a schema cannot be written as JSON Schema. */
export function openApiDocument(
  routes: readonly Route<never>[],
  info: ApiInfo,
  access: AccessTable,
): OpenApiDocument {
  const schemas: Record<string, Json> = {}
  const schemaOf = (schema: z.ZodType): Json => jsonSchema(schema, schemas)
  schemaOf(problemSchema)

  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll('*}', '}')
    paths[path] = { ...paths[path], [route.method]: operation(route, access, schemaOf) }
  }
  return {
    openapi: '3.1.1',
    info,
    // Relative to where the description was fetched, so that it is right behind any proxy.
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-onceproof-session' },
      },
    },
  }
}

/** Routes for `/openapi.json` and the page at `/docs`; the description covers `routes` and these. */
export function apiDescriptionRoutes(
  routes: readonly Route<never>[],
  info: ApiInfo,
  access: AccessTable,
): Route<unknown>[] {
  let document: OpenApiDocument | null = null
  const own = [
    publicBytes('openApiDescription', '/openapi.json', 'application/json', DESCRIPTION, () =>
      JSON.stringify(document),
    ),
    publicBytes('apiPage', '/docs', 'text/html; charset=utf-8', PAGE_SUMMARY, () => PAGE),
    publicBytes('apiPageScript', '/docs/start.js', SCRIPT_TYPE, ASSET_SUMMARY, () => START_SCRIPT),
    ...ASSETS.map(([operationId, file, type]) => {
      const bytes = readFileSync(join(assetFolder(), file))
      return publicBytes(operationId, `/docs/${file}`, type, ASSET_SUMMARY, () => bytes)
    }),
  ]
  document = openApiDocument([...routes, ...own], info, access)
  return own
}

const SCRIPT_TYPE = 'text/javascript; charset=utf-8'
const ASSETS: readonly (readonly [string, string, string])[] = [
  ['apiPageStyle', 'swagger-ui.css', 'text/css; charset=utf-8'],
  ['apiPageBundle', 'swagger-ui-bundle.js', SCRIPT_TYPE],
  ['apiPageIcon', 'favicon-32x32.png', 'image/png'],
]

const DESCRIPTION: Message = { zh: '本接口的 OpenAPI 描述', en: 'The OpenAPI description of this API' }
const PAGE_SUMMARY: Message = { zh: '接口试用页', en: 'A page to try the API' }
const ASSET_SUMMARY: Message = { zh: '接口试用页的文件', en: 'A file of the page to try the API' }

const PAGE = `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>onceproof API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>此页需要 JavaScript；接口描述见 <a href="/openapi.json">/openapi.json</a>。This page needs JavaScript.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

// `validatorUrl: null`, or the page would send the description's address to a validator on the Internet.
const START_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  validatorUrl: null,
  queryConfigEnabled: false,
  persistAuthorization: false,
})
`

function assetFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
}

function publicBytes(
  operationId: string,
  path: `/${string}`,
  contentType: string,
  summary: Message,
  bytes: () => string | Uint8Array,
): Route<unknown> {
  return defineRoute({
    method: 'get',
    path,
    operationId,
    summary,
    idempotent: false,
    bodyKind: 'none',
    tags: ['description'],
    responses: { 200: { description: summary, contentType } },
    handler: async (_world: unknown) => {
      const content = bytes()
      return { status: 200, bytes: typeof content === 'string' ? Buffer.from(content) : content }
    },
  })
}

function operation(
  route: Route<never>,
  table: AccessTable,
  schemaOf: (schema: z.ZodType) => Json,
): JsonObject {
  const access = accessOf(table, route.operationId)
  return {
    operationId: route.operationId,
    summary: both(route.summary),
    ...(route.tags && { tags: route.tags }),
    security: isPublic(access) ? [] : [{ token: [] }, { session: [] }],
    ...(!isPublic(access) && { 'x-roles': { ...access.cells } }),
    parameters: [
      ...parameters(route.params, 'path', schemaOf),
      ...parameters(route.query, 'query', schemaOf),
      ...parameters(route.headers, 'header', schemaOf),
      ...(route.idempotent ? [IDEMPOTENCY_PARAMETER] : []),
    ],
    ...(route.bodyKind !== 'none' && {
      requestBody: { required: true, content: requestContent(route, schemaOf) },
    }),
    responses: { ...successes(route.responses, schemaOf), ...problems(route, access) },
  }
}

const IDEMPOTENCY_PARAMETER: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    'Chosen by the client, a new one for each new write; the same write again with the same key has no second effect',
  schema: { type: 'string', pattern: '^[!-~]{8,128}$' },
}

function parameters(
  schema: z.ZodObject,
  place: 'path' | 'query' | 'header',
  schemaOf: (schema: z.ZodType) => Json,
): JsonObject[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const type = field as z.ZodType
    return {
      name,
      in: place,
      required: place === 'path' || !type.safeParse(undefined).success,
      ...(type.description !== undefined && { description: type.description }),
      schema: schemaOf(type),
    }
  })
}

function requestContent(route: Route<never>, schemaOf: (schema: z.ZodType) => Json): JsonObject {
  const schema =
    route.bodyKind === 'json' || route.bodyKind === 'form'
      ? schemaOf(route.body)
      : { type: 'string', format: 'binary' }
  return Object.fromEntries(route.mediaTypes.map(mediaType => [mediaType, { schema }]))
}

function successes(
  responses: Readonly<Record<number, RouteResponse>>,
  schemaOf: (schema: z.ZodType) => Json,
): JsonObject {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, contentType }]) => {
      const content: JsonObject = {
        ...(schema && { 'application/json': { schema: schemaOf(schema) } }),
        ...(contentType !== undefined && { [contentType]: {} }),
      }
      const hasContent = Object.keys(content).length > 0
      return [status, { description: both(description), ...(hasContent && { content }) }]
    }),
  )
}

/** What any route of this kind may refuse, and what this route in particular does. */
function problems(route: Route<never>, access: AccessRow): JsonObject {
  const codes = ['URL_INVALID', 'INPUT_INVALID', 'NOT_ACCEPTABLE', 'INTERNAL', ...(route.refusals ?? [])]
  if (!isPublic(access)) codes.push('TOKEN_MISSING', 'TOKEN_WRONG', 'ACCESS_DENIED')
  if (Object.values(access.cells).includes('own')) codes.push('ACCESS_NOT_OWN')
  if (access.action !== undefined) codes.push('SCOPE_MISSING')
  if (access.stepUp === true) codes.push('STEP_UP_REQUIRED')
  if (route.idempotent) {
    codes.push('IDEMPOTENCY_KEY_MISSING', 'IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_REUSED')
    codes.push('LOG_BEHIND_CHAIN', 'STORE_UNAVAILABLE', 'DISK_FULL')
  }
  if (route.rateLimit !== undefined || (isPublic(access) && route.bodyKind !== 'none'))
    codes.push('RATE_LIMITED')
  if (route.bodyKind === 'none') codes.push('BODY_UNEXPECTED')
  else codes.push('BODY_TYPE', 'BODY_ENCODING', 'BODY_TOO_LARGE', 'REQUEST_TIMEOUT')
  if (route.bodyKind === 'json') codes.push(...JSON_CODES)
  if (route.bodyKind !== 'none' && route.maxBody >= LARGE_BYTES && !codes.includes('UNAVAILABLE'))
    codes.push('UNAVAILABLE')

  const byStatus = new Map<number, string[]>()
  for (const code of codes) {
    const status = statusOf(code, UNAVAILABLE_CODES.has(code) ? 503 : 400)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      {
        description: list.map(code => `\`${code}\` ${messageOf(code, 'en') ?? ''}`.trim()).join('; '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

const JSON_CODES = [
  'JSON_TOO_LARGE',
  'JSON_NOT_UTF8',
  'JSON_SYNTAX',
  'JSON_TOO_DEEP',
  'JSON_DUPLICATE_KEY',
  'JSON_LONE_SURROGATE',
  'JSON_NUMBER',
]
const UNAVAILABLE_CODES = new Set([
  'UNAVAILABLE',
  'CHAIN_UNREACHABLE',
  'STORE_UNAVAILABLE',
  'LOG_BEHIND_CHAIN',
])

/**
 * JSON Schema 2020-12, the dialect of OpenAPI 3.1, of what may be sent; schemas with a name go to `named`, once. (What we answer is
 * described in the same way: it is checked as if it were sent to us.)
 */
function jsonSchema(schema: z.ZodType, named: Record<string, Json>): Json {
  // A named schema is only referred to when it stands inside another.
  const { properties, $defs } = z.toJSONSchema(z.object({ root: schema }), { io: 'input' })
  for (const [name, definition] of Object.entries($defs ?? {})) named[name] = referToComponents(definition)
  return referToComponents(properties?.['root'])
}

function referToComponents(schema: unknown): Json {
  if (Array.isArray(schema)) return schema.map(referToComponents)
  if (typeof schema !== 'object' || schema === null) return schema as Json
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === '$ref' && typeof value === 'string'
        ? value.replace(/^#\/\$defs\//, '#/components/schemas/')
        : referToComponents(value),
    ]),
  )
}

const both = ({ zh, en }: Message) => `${zh} ${en}`
