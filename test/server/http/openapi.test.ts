import { expect } from 'chai'
import { z } from 'zod'
import { apiDescriptionRoutes, openApiDocument } from '../../../server/http/openapi.ts'
import { defineRoute, integerText } from '../../../server/http/routes.ts'
import type { Route } from '../../../server/http/routes.ts'
import { openApiFaults } from './openapi-check.ts'
import { accessFor, startGateway } from './gateway.ts'
import type { Gateway } from './gateway.ts'

const ok = { zh: '成功', en: 'done' }
const info = { title: 'onceproof', version: '1', description: 'test' }
const certificate = z
  .strictObject({ identifier: z.string().regex(/^[0-9A-Z.]+$/), validUntil: z.string().optional() })
  .meta({ id: 'Certificate' })

const routes: Route<null>[] = [
  defineRoute({
    method: 'post',
    path: '/v1/certificates',
    operationId: 'issueCertificates',
    summary: ok,
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      certificates: z.array(certificate).min(1),
      mode: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('one'), first: certificate }),
        z.strictObject({ kind: z.literal('all') }),
      ]),
      notes: z.record(z.string(), z.int()).default({}),
    }),
    responses: { 201: { description: ok, schema: z.array(certificate) } },
    refusals: ['NO_PERMIT', 'DEPARTMENT_NOT_FOUND'],
    rateLimit: 'issue',
    handler: async () => ({ status: 201, body: [] }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/certificates/{identifier}/pages/{page*}',
    operationId: 'readPage',
    summary: ok,
    idempotent: false,
    params: z.strictObject({ identifier: z.string(), page: z.string() }),
    query: z.strictObject({
      limit: integerText(1, 9).default(3).describe('How many'),
      after: z.string().optional(),
    }),
    headers: z.strictObject({ 'x-matter': z.string() }),
    bodyKind: 'none',
    responses: {
      200: { description: ok, contentType: 'application/octet-stream' },
      204: { description: ok },
    },
    handler: async () => ({ status: 204 }),
  }),
  defineRoute({
    method: 'put',
    path: '/v1/files',
    operationId: 'putFile',
    summary: ok,
    idempotent: true,
    bodyKind: 'stream',
    mediaTypes: ['*/*'],
    responses: { 201: { description: ok, schema: certificate } },
    handler: async () => ({ status: 201 }),
  }),
]

type Operation = {
  security: unknown[]
  parameters: { name: string; in: string; required: boolean; description?: string; schema: object }[]
  responses: Record<string, { description: string; content?: Record<string, object> }>
  requestBody?: { content: Record<string, { schema: object }> }
}

describe('the description of the API', () => {
  let gateway: Gateway
  let document: ReturnType<typeof openApiDocument>
  const own = [
    'openApiDescription',
    'apiPage',
    'apiPageScript',
    'apiPageStyle',
    'apiPageBundle',
    'apiPageIcon',
  ]
  const access = accessFor([...routes, ...own.map(operationId => ({ method: 'get' as const, operationId }))])
  const all = [...routes, ...apiDescriptionRoutes(routes, info, access)]

  before(async () => {
    gateway = await startGateway(all, null, { buckets: { issue: { burst: 1, perSecond: 1 } } })
    document = (await (await gateway.request('/openapi.json')).json()) as typeof document
  })
  after(() => gateway.close())

  const operation = (method: string, path: string) => document.paths[path]?.[method] as unknown as Operation

  it('is valid OpenAPI 3.1', () => {
    expect(openApiFaults(document)).to.deep.equal([])
  })

  it('has every route and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map(method => `${method} ${path}`),
    )
    expect(described).to.have.members(all.map(({ method, path }) => `${method} ${path.replace('*}', '}')}`))
  })

  it('names schemas once and refers to them', () => {
    expect(Object.keys(document.components.schemas)).to.have.members(['Problem', 'Certificate'])
    const { content } = operation('post', '/v1/certificates').requestBody ?? { content: {} }
    expect(JSON.stringify(content)).to.contain('"$ref":"#/components/schemas/Certificate"')
    expect(operation('put', '/v1/files').responses['201']?.content).to.deep.equal({
      'application/json': { schema: { $ref: '#/components/schemas/Certificate' } },
    })
  })

  it('says who may call, what a write needs and which refusals there are', () => {
    const issue = operation('post', '/v1/certificates')
    expect(issue.security).to.deep.equal([{ token: [] }, { session: [] }])
    expect(issue.parameters.map(({ name }) => name)).to.deep.equal(['Idempotency-Key'])
    for (const [status, code] of [
      ['400', 'JSON_DUPLICATE_KEY'],
      ['400', 'NO_PERMIT'],
      ['401', 'TOKEN_WRONG'],
      ['404', 'DEPARTMENT_NOT_FOUND'],
      ['413', 'BODY_TOO_LARGE'],
      ['415', 'BODY_TYPE'],
      ['422', 'INPUT_INVALID'],
      ['429', 'RATE_LIMITED'],
      ['500', 'INTERNAL'],
    ] as const) {
      expect(issue.responses[status]?.description, status).to.contain(`\`${code}\``)
      expect(issue.responses[status]?.content).to.deep.equal({
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      })
    }
    const read = operation('get', '/v1/certificates/{identifier}/pages/{page}')
    expect(read.security).to.deep.equal([])
    expect(read.responses).not.to.have.property('401')
    expect(read.parameters.map(({ name, in: place, required }) => [name, place, required])).to.deep.equal([
      ['identifier', 'path', true],
      ['page', 'path', true],
      ['limit', 'query', false],
      ['after', 'query', false],
      ['x-matter', 'header', true],
    ])
    expect(read.parameters[2]?.description).to.equal('How many')
  })

  it('would be found invalid if it were (the check is no sieve)', () => {
    const issue = ['paths', '/v1/certificates', 'post']
    const read = ['paths', '/v1/certificates/{identifier}/pages/{page}', 'get']
    const changes: readonly (readonly [readonly string[], unknown])[] = [
      [['info', 'version'], undefined],
      [['openapi'], '3.0.0'],
      [['extra'], 1],
      [['components', 'schemas', 'Certificate'], undefined],
      [['components', 'schemas', 'Problem', 'required'], ['nothing']],
      [['components', 'schemas', 'Problem', 'type'], 'text'],
      [[...issue, 'responses'], undefined],
      [[...issue, 'responses', '201', 'description'], ''],
      [[...issue, 'operationId'], 'readPage'],
      [[...issue, 'security'], [{ other: [] }]],
      [[...issue, 'parameters', '1'], operation('post', '/v1/certificates').parameters[0]],
      [[...read, 'parameters'], []],
      [[...read, 'parameters', '0', 'required'], false],
      [[...read, 'requestBody'], { required: true, content: {} }],
    ]
    for (const [path, value] of changes) {
      const copy = structuredClone(document)
      let node = copy as unknown as Record<string, unknown>
      for (const step of path.slice(0, -1)) node = node[step] as Record<string, unknown>
      const last = path.at(-1) ?? ''
      if (value === undefined) delete node[last]
      else node[last] = value
      expect(openApiFaults(copy), path.join(' ')).to.be.an('array').that.is.not.empty
    }
  })

  it('refuses a schema that JSON Schema cannot say, at start', () => {
    const strange = { ...(routes[2] as Route<null>), bodyKind: 'json' as const, body: z.bigint() }
    expect(() => openApiDocument([strange], info, accessFor([strange]))).to.throw()
  })

  describe('as a page to try', () => {
    it('loads everything from here and nothing from elsewhere', async () => {
      const response = await gateway.request('/docs')
      const html = await response.text()
      const policy = response.headers.get('content-security-policy') ?? ''
      expect(policy)
        .to.contain("default-src 'none'")
        .and.contain("script-src 'self';")
        .and.not.contain('unsafe')
      const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '')
      expect(links.length).to.equal(5)
      for (const link of links) {
        expect(link).to.match(/^\/[a-z]/)
        const asset = await gateway.request(link)
        expect(asset.status, link).to.equal(200)
        const bytes = await asset.text()
        expect(bytes.length).to.be.greaterThan(100)
        // Style sheets and pictures that would come from elsewhere.
        if (link.endsWith('.css')) expect(bytes).not.to.match(/url\(["']?(?!["']?data:)|@import/)
      }
      // Inline scripts, styles and handlers would be stopped by the policy.
      expect(html).not.to.match(/<style|style=|<script>|\son\w+=/)
    })

    it('does not send the description to a validator', async () => {
      expect(await (await gateway.request('/docs/start.js')).text()).to.contain('validatorUrl: null')
    })
  })
})
