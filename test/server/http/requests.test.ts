import { createHash } from 'node:crypto'
import { expect } from 'chai'
import express from 'express'
import { z } from 'zod'
import { Refusal } from '../../../protocol/refusal.ts'
import { plainCaller } from '../../../server/http/auth.ts'
import { Unavailable } from '../../../server/http/problem.ts'
import { defineRoute, integerText, mountRoutes, requestDigest } from '../../../server/http/routes.ts'
import type { Reply, Route } from '../../../server/http/routes.ts'
import type { Once } from '../../../server/store/store.ts'
import { TOKEN, accessFor, assertNoInsides, freshKey, problemIn, startGateway } from './gateway.ts'
import type { Gateway } from './gateway.ts'

const CANARY = '11010519491231002X'

interface World {
  written: { once: Once; body: unknown }[]
  failure: unknown
}

const ok = { zh: '成功', en: 'done' }
const word = z.string().regex(/^[a-z]{1,10}$/)
const draft = z.strictObject({
  name: z.string().min(1).max(20),
  count: z.int().min(0).max(9).optional(),
  rows: z
    .array(z.strictObject({ number: word }))
    .max(3)
    .optional(),
  kind: z.enum(['one', 'two']).optional(),
  notes: z.record(z.string(), z.int()).optional(),
})
const written = z.strictObject({ key: z.string(), request: z.string() })

const writeDraft = defineRoute({
  method: 'post',
  path: '/v1/drafts',
  operationId: 'writeDraft',
  summary: ok,
  idempotent: true,
  bodyKind: 'json',
  body: draft,
  maxBody: 4_096,
  responses: { 201: { description: ok, schema: written } },
  handler: async (world: World, { body, once }) => {
    world.written.push({ once, body })
    return { status: 201, body: { key: once.key, request: Buffer.from(once.request).toString('hex') } }
  },
})

const readDraft = defineRoute({
  method: 'get',
  path: '/v1/drafts/{name}',
  operationId: 'readDraft',
  summary: ok,
  idempotent: false,
  params: z.strictObject({ name: z.string().min(1).max(40) }),
  query: z.strictObject({ limit: integerText(1, 100).optional() }),
  headers: z.strictObject({ 'x-matter': word.optional() }),
  bodyKind: 'none',
  responses: { 200: { description: ok, schema: z.strictObject({ seen: z.string() }) } },
  handler: async (_world: World, { params, query, headers, caller }) => ({
    status: 200,
    body: { seen: `${caller.role} ${params.name} ${query.limit ?? '-'} ${headers['x-matter'] ?? '-'}` },
  }),
})

const notarize = defineRoute({
  method: 'post',
  path: '/v1/files',
  operationId: 'notarizeFile',
  summary: ok,
  idempotent: true,
  bodyKind: 'stream',
  mediaTypes: ['*/*'],
  maxBody: 3_000_000,
  responses: {
    201: {
      description: ok,
      schema: z.strictObject({ digest: z.string(), size: z.int(), request: z.string() }),
    },
  },
  handler: async (_world: World, { body, once }) => {
    const { digest, size } = await body.digest()
    const request = Buffer.from(once(digest).request).toString('hex')
    return { status: 201, body: { digest: Buffer.from(digest).toString('hex'), size, request } }
  },
})

const page = (path: `/${string}`, operationId: string, reply: Reply, contentType: string) =>
  defineRoute({
    method: 'get',
    path,
    operationId,
    summary: ok,
    idempotent: false,
    bodyKind: 'none',
    responses: { 200: { description: ok, contentType } },
    handler: async (_world: World) => reply,
  })

const routes: Route<World>[] = [
  writeDraft,
  readDraft,
  notarize,
  page('/page', 'seePage', { status: 200, bytes: Buffer.from('<p>一证通认') }, 'text/html; charset=utf-8'),
  page(
    '/leaves',
    'readLeaves',
    { status: 200, bytes: piecesOf('ab', 'cd'), headers: { 'cache-control': 'public, max-age=1' } },
    'application/octet-stream',
  ),
  defineRoute({
    method: 'get',
    path: '/log/tile/{tile*}',
    operationId: 'readTile',
    summary: ok,
    idempotent: false,
    params: z.strictObject({ tile: z.string() }),
    bodyKind: 'none',
    responses: { 200: { description: ok, contentType: 'text/plain' } },
    handler: async (_world: World, { params }) => ({ status: 200, bytes: Buffer.from(params.tile) }),
  }),
  defineRoute({
    method: 'delete',
    path: '/v1/drafts/{name}',
    operationId: 'removeDraft',
    summary: ok,
    idempotent: true,
    params: z.strictObject({ name: z.string() }),
    bodyKind: 'none',
    responses: { 204: { description: ok } },
    handler: async () => ({ status: 204 }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/failing',
    operationId: 'fail',
    summary: ok,
    idempotent: false,
    bodyKind: 'none',
    responses: { 200: { description: ok, schema: z.strictObject({ right: z.boolean() }) } },
    handler: async (world: World): Promise<Reply> => {
      if (world.failure === 'wrong answer') return { status: 200, body: { right: 'perhaps' } }
      if (world.failure === 'undeclared') return { status: 202 }
      throw world.failure
    },
  }),
]

async function* piecesOf(...pieces: string[]) {
  for (const piece of pieces) yield Buffer.from(piece)
}

describe('a request to the gateway', () => {
  let gateway: Gateway
  let world: World

  before(async () => {
    world = { written: [], failure: null }
    gateway = await startGateway(routes, world)
  })
  after(() => gateway.close())

  const refused = async (response: Response, status: number, code: string) => {
    const problem = await problemIn(response)
    expect(`${problem.status} ${problem.code}`).to.equal(`${status} ${code}`)
    return problem
  }

  describe('that is well formed', () => {
    it('is answered, and the answer is safe to show and not kept by caches', async () => {
      const response = await gateway.request('/v1/drafts/a%20b?limit=7', { headers: { 'x-matter': 'house' } })
      expect(response.status).to.equal(200)
      expect(await response.json()).to.deep.equal({ seen: 'anyone a b 7 house' })
      expect(response.headers.get('content-type')).to.equal('application/json')
      expect(response.headers.get('x-content-type-options')).to.equal('nosniff')
      expect(response.headers.get('cache-control')).to.equal('no-store')
      expect(response.headers.get('content-security-policy')).to.contain("default-src 'none'")
      expect(response.headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/)
      for (const name of ['etag', 'x-powered-by', 'server', 'access-control-allow-origin']) {
        expect(response.headers.has(name), name).to.equal(false)
      }
    })

    it('may ask for the headers alone', async () => {
      const response = await gateway.request('/v1/drafts/a', { method: 'HEAD' })
      expect(response.status).to.equal(200)
      expect(Number(response.headers.get('content-length'))).to.be.greaterThan(10)
      expect(await response.text()).to.equal('')
    })

    it('gets pages that load only from here', async () => {
      const response = await gateway.request('/page', { headers: { accept: 'text/html,*/*;q=0.8' } })
      expect(await response.text()).to.equal('<p>一证通认')
      const policy = response.headers.get('content-security-policy')
      expect(policy).to.contain("script-src 'self'").and.not.contain('unsafe')
    })

    it('gets a stream whole, with the headers that the route chose', async () => {
      const response = await gateway.request('/leaves')
      expect(response.headers.get('cache-control')).to.equal('public, max-age=1')
      expect(await response.text()).to.equal('abcd')
    })

    it('may name a path of several segments where the route says so', async () => {
      expect(await (await gateway.request('/log/tile/0/x001/067')).text()).to.equal('0/x001/067')
    })

    it('may be answered without content', async () => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': freshKey() }
      const response = await gateway.request('/v1/drafts/a', { method: 'DELETE', headers })
      expect(response.status).to.equal(204)
      expect(response.headers.has('content-type')).to.equal(false)
    })
  })

  describe('that names no route', () => {
    it('is answered 404', async () => {
      for (const path of ['/nothing', '/v1/drafts/', '/V1/drafts/a', '/v1/drafts/a/', '//v1/drafts/a']) {
        await refused(await gateway.request(path), 404, 'NO_SUCH_PATH')
      }
    })

    it('is answered 405 with the methods that there are', async () => {
      const response = await gateway.request('/v1/drafts/a', { method: 'PUT', body: '{}' })
      expect(response.headers.get('allow')).to.equal('GET, HEAD, DELETE')
      await refused(response, 405, 'METHOD_NOT_ALLOWED')
      await refused(await gateway.request('/v1/drafts', { method: 'OPTIONS' }), 405, 'METHOD_NOT_ALLOWED')
    })
  })

  describe('with a URL that could mean two things', () => {
    const targets = [
      '/v1/drafts/%',
      '/v1/drafts/%zz',
      '/v1/drafts/%c3%28',
      '/v1/drafts/%ed%a0%80',
      '/v1/drafts/a%00b',
      '/v1/drafts/a%0d%0aSet-Cookie:x',
      '/v1/drafts/..%2fsecret',
      '/v1/drafts/..%5csecret',
      '/v1/drafts/%2e%2e/secret',
      '/v1/drafts/../secret',
      '/v1/./drafts/a',
      String.raw`/v1\drafts`,
      '/v1/drafts/a?limit=%',
      '/v1/drafts/a?limit=%00',
      '/v1/drafts/a?%ff=1',
      'http://elsewhere/v1/drafts/a',
      '*',
    ]
    for (const target of targets) {
      it(`refuses ${target}`, async () => {
        const answer = await gateway.raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
        expect(answer)
          .to.match(/^HTTP\/1\.1 400 /)
          .and.contain('"code":"URL_INVALID"')
        assertNoInsides(answer)
      })
    }

    it('keeps text in other scripts and dots inside names', async () => {
      const response = await gateway.request(`/v1/drafts/${encodeURIComponent('张三.v1..2')}`)
      expect(await response.json()).to.deep.equal({ seen: 'anyone 张三.v1..2 - -' })
    })
  })

  describe('that is no HTTP', () => {
    const requests: readonly (readonly [string, string])[] = [
      ['no request line', 'hello\r\n\r\n'],
      ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['no host', 'GET / HTTP/1.1\r\n\r\n'],
      [
        'two lengths',
        'POST /v1/drafts HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
      ],
      [
        'length and chunks',
        'POST /v1/drafts HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['a negative length', 'POST /v1/drafts HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\n{}'],
      ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\nB\r\n\r\n'],
      ['a control character in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n'],
      ['a bare line feed before the length', 'GET / HTTP/1.1\nHost: x\nContent-Length : 1\n\n'],
      ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001'],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ]
    for (const [what, bytes] of requests) {
      it(`refuses ${what}`, async () => {
        const answer = await gateway.raw(bytes)
        expect(answer).to.match(/^HTTP\/1\.1 4\d\d /)
        assertNoInsides(answer)
      })
    }

    it('refuses headers without end', async () => {
      const answer = await gateway.raw(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(40_000)}`)
      expect(answer)
        .to.match(/^HTTP\/1\.1 431 /)
        .and.contain('"code":"HEADERS_TOO_LARGE"')
    })

    it('refuses broken chunks of a body that it reads', async () => {
      const answer = await gateway.raw(
        `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nIdempotency-Key: ${freshKey()}\r\n`,
        'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n',
      )
      expect(answer)
        .to.match(/^HTTP\/1\.1 400 /)
        .and.contain('MALFORMED_REQUEST')
      assertNoInsides(answer)
    })

    it('goes on answering others', async () => {
      expect((await gateway.request('/v1/drafts/a')).status).to.equal(200)
    })
  })

  describe('with a JSON body', () => {
    const accepted = async (body: unknown) => {
      const response = await gateway.post('/v1/drafts', body)
      expect(response.status, await response.clone().text()).to.equal(201)
    }

    it('is read', async () => {
      await accepted({ name: '张三', count: 3, rows: [{ number: 'a' }], kind: 'one', notes: { a: 1 } })
      expect(world.written.at(-1)?.body).to.deep.equal({
        name: '张三',
        count: 3,
        rows: [{ number: 'a' }],
        kind: 'one',
        notes: { a: 1 },
      })
    })

    it('may say that it is UTF-8', async () => {
      for (const type of ['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"']) {
        expect((await gateway.post('/v1/drafts', { name: 'a' }, { 'content-type': type })).status).to.equal(
          201,
        )
      }
    })

    const texts: readonly (readonly [string, string | Uint8Array, string])[] = [
      ['nothing', '', 'JSON_SYNTAX'],
      ['half of it', '{"name":"a"', 'JSON_SYNTAX'],
      ['something behind it', '{"name":"a"}{}', 'JSON_SYNTAX'],
      ['a comment', '{"name":"a"/*b*/}', 'JSON_SYNTAX'],
      ['a member twice', '{"name":"a","name":"b"}', 'JSON_DUPLICATE_KEY'],
      ['a member twice, once escaped', String.raw`{"name":"a","n\u0061me":"a"}`, 'JSON_DUPLICATE_KEY'],
      [
        'a member twice, deep inside',
        '{"name":"a","rows":[{"number":"a","number":"a"}]}',
        'JSON_DUPLICATE_KEY',
      ],
      ['half a character in a value', String.raw`{"name":"\ud800"}`, 'JSON_LONE_SURROGATE'],
      ['half a character in a name', String.raw`{"name":"a","\udc00":1}`, 'JSON_LONE_SURROGATE'],
      ['a byte order mark', '\ufeff{"name":"a"}', 'JSON_NOT_UTF8'],
      ['UTF-16', Buffer.from('{"name":"a"}', 'utf16le'), 'JSON_SYNTAX'],
      ['bytes that are no UTF-8', Buffer.from('7b226e616d65223a22ff227d', 'hex'), 'JSON_NOT_UTF8'],
      ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 'JSON_TOO_DEEP'],
      ['2,000 levels', `${'['.repeat(2_000)}${']'.repeat(2_000)}`, 'JSON_TOO_DEEP'],
      ['a number beyond 2^53', '{"name":"a","count":9007199254740993}', 'JSON_NUMBER'],
      ['a number in another form', '{"name":"a","count":1.0}', 'JSON_NUMBER'],
      ['an infinite number', '{"name":"a","count":1e400}', 'JSON_NUMBER'],
      ['minus zero', '{"name":"a","count":-0}', 'JSON_NUMBER'],
    ]
    for (const [what, text, code] of texts) {
      it(`is refused with ${what}`, async () => {
        const before = world.written.length
        await refused(await gateway.post('/v1/drafts', text), 400, code)
        expect(world.written.length).to.equal(before)
      })
    }

    const inputs: readonly (readonly [string, unknown, string, string])[] = [
      ['nothing where text belongs', {}, 'name', 'MISSING'],
      ['null for nothing', { name: null }, 'name', 'TYPE'],
      ['a number for text', { name: 1 }, 'name', 'TYPE'],
      ['text for a number', { name: 'a', count: '1' }, 'count', 'TYPE'],
      ['a fraction', { name: 'a', count: 1.5 }, 'count', 'TYPE'],
      ['an array for an object', [], 'body', 'TYPE'],
      ['text for an object', 'null', 'body', 'TYPE'],
      ['an empty text', { name: '' }, 'name', 'TOO_SMALL'],
      ['a long text', { name: CANARY.repeat(2) }, 'name', 'TOO_LARGE'],
      ['a number out of range', { name: 'a', count: 10 }, 'count', 'TOO_LARGE'],
      [
        'another pattern',
        { name: 'a', rows: [{ number: 'a' }, { number: CANARY }] },
        'rows[1].number',
        'FORMAT',
      ],
      ['another choice', { name: 'a', kind: CANARY }, 'kind', 'VALUE'],
      [
        'too many rows',
        { name: 'a', rows: Array.from({ length: 4 }, () => ({ number: 'a' })) },
        'rows',
        'TOO_LARGE',
      ],
      ['an unknown member', { name: 'a', age: 3 }, 'age', 'UNKNOWN'],
      [
        'an unknown member deep inside',
        { name: 'a', rows: [{ number: 'a', age: 3 }] },
        'rows[0].age',
        'UNKNOWN',
      ],
      ['a personal value for a name', { name: 'a', [CANARY]: 1 }, '?', 'UNKNOWN'],
      [
        'a personal value for a name that is allowed',
        { name: 'a', notes: { [CANARY]: 'x' } },
        'notes.?',
        'TYPE',
      ],
      ['a method that JSON would call', { name: 'a', toJSON: 1 }, 'toJSON', 'UNKNOWN'],
    ]
    for (const [what, input, field, code] of inputs) {
      it(`is refused with ${what}, which is named but not repeated`, async () => {
        const response = await gateway.post('/v1/drafts', input)
        const problem = await refused(response, 422, 'INPUT_INVALID')
        expect(problem.field).to.equal(field)
        expect(problem.errors?.[0]?.code).to.equal(code)
        expect(problem.expected).to.be.a('string').that.is.not.empty
        expect(problem.found).to.be.a('string').that.is.not.empty
        expect(JSON.stringify(problem)).not.to.contain(CANARY)
      })
    }

    it('is told about every field that is wrong at once', async () => {
      const input = { name: '', count: 10, rows: [{ number: '1' }], kind: 'three', other: 1 }
      const { errors } = await refused(await gateway.post('/v1/drafts', input), 422, 'INPUT_INVALID')
      expect(errors?.map(error => error.field)).to.have.members([
        'name',
        'count',
        'rows[0].number',
        'kind',
        'other',
      ])
    })

    for (const text of [
      '{"name":"a","__proto__":{"polluted":1}}',
      String.raw`{"name":"a","\u005f_proto__":{"polluted":1}}`,
      '{"name":"a","notes":{"__proto__":1}}',
      '{"name":"a","notes":{"__proto__":{"polluted":1}}}',
    ]) {
      it(`cannot reach prototypes by ${text}`, async () => {
        await refused(await gateway.post('/v1/drafts', text), 422, 'INPUT_INVALID')
        expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
      })
    }

    it('cannot reach prototypes by constructor and prototype', async () => {
      const input = { name: 'a', constructor: { prototype: { polluted: 1 } } }
      await refused(await gateway.post('/v1/drafts', input), 422, 'INPUT_INVALID')
      expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
    })
  })

  describe('with a body of another kind', () => {
    it('is refused by type', async () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonp',
        'application/json; charset=utf-16',
        'application/json; charset=utf-8; a=b',
        'application/json, text/plain',
        'text/json',
        '',
      ]) {
        const response = await gateway.post('/v1/drafts', { name: 'a' }, { 'content-type': type })
        const problem = await refused(response, 415, 'BODY_TYPE')
        expect(problem.expected).to.equal('application/json')
      }
    })

    it('is refused when it is compressed', async () => {
      for (const encoding of ['gzip', 'br', 'identity, gzip']) {
        const response = await gateway.post('/v1/drafts', { name: 'a' }, { 'content-encoding': encoding })
        await refused(response, 415, 'BODY_ENCODING')
      }
      const response = await gateway.post('/v1/drafts', { name: 'a' }, { 'content-encoding': 'identity' })
      expect(response.status).to.equal(201)
    })

    it('is refused when there should be none', async () => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': freshKey() }
      const response = await gateway.request('/v1/drafts/a', { method: 'DELETE', headers, body: 'a' })
      await refused(response, 400, 'BODY_UNEXPECTED')
      const get = 'GET /v1/drafts/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
      expect(await gateway.raw(`${get}Content-Length: 1\r\n\r\na`)).to.contain('BODY_UNEXPECTED')
      expect(await gateway.raw(`${get}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).to.contain(
        'BODY_UNEXPECTED',
      )
      expect(await gateway.raw(`${get}Content-Length: 0\r\n\r\n`)).to.match(/^HTTP\/1\.1 200 /)
    })

    it('is refused when it is too large, by its announced length and by what comes', async () => {
      const large = JSON.stringify({ name: 'a'.repeat(5_000) })
      await refused(await gateway.post('/v1/drafts', large), 413, 'BODY_TOO_LARGE')
      const endless = new ReadableStream({
        pull: controller => controller.enqueue(Buffer.alloc(65_536, '[')),
      })
      const response = await gateway.request('/v1/drafts', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'application/json',
          'idempotency-key': freshKey(),
        },
        body: endless,
        duplex: 'half',
      })
      await refused(response, 413, 'BODY_TOO_LARGE')
    })

    it('is not read at all from a stranger', async () => {
      const answer = await gateway.raw(
        'POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n',
        'only the beginning',
      )
      expect(answer).to.match(/^HTTP\/1\.1 401 /)
    })
  })

  describe('with a file', () => {
    const send = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
      gateway.request('/v1/files', {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'idempotency-key': freshKey(), ...headers },
        body,
      })

    for (const size of [0, 1, 65_537, 3_000_000]) {
      it(`of ${size} bytes gets its digest without being kept`, async () => {
        const file = Buffer.alloc(size, 7)
        const response = await send(file)
        expect(response.status).to.equal(201)
        const digest = createHash('sha256').update(file).digest()
        expect(await response.json()).to.deep.equal({
          digest: digest.toString('hex'),
          size,
          request: Buffer.from(requestDigest('POST', '/v1/files', digest)).toString('hex'),
        })
      })
    }

    it('that is larger than allowed is refused', async () => {
      await refused(await send(Buffer.alloc(3_000_001)), 413, 'BODY_TOO_LARGE')
    })

    it('that breaks off leaves nothing but a line in the log', async () => {
      const lines = gateway.log.length
      const { connect } = await import('node:net')
      await new Promise<void>(resolve => {
        const socket = connect(gateway.port, '127.0.0.1', () => {
          const head = `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n`
          socket.write(`${head}Idempotency-Key: ${freshKey()}\r\nContent-Length: 100\r\n\r\nhalf`, () =>
            socket.destroy(),
          )
        })
        socket.on('close', () => resolve())
      })
      while (gateway.log.length === lines) await new Promise(resolve => setTimeout(resolve, 5))
      const line = JSON.parse(gateway.log.at(-1) ?? '') as Record<string, unknown>
      expect(line).to.include({ event: 'request', route: '/v1/files', aborted: true })
      expect((await gateway.request('/v1/drafts/a')).status).to.equal(200)
    })
  })

  describe('with parameters', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['an unknown one', '?offset=1', 'query.offset'],
      ['one twice', '?limit=1&limit=2', 'query'],
      ['one twice, once escaped', '?limit=1&l%69mit=1', 'query'],
      ['an array by brackets', '?limit[]=1', 'query.?'],
      ['a prototype', '?__proto__=1', 'query.__proto__'],
      ['no number', '?limit=ten', 'query.limit'],
      ['an empty number', '?limit=', 'query.limit'],
      ['a number in another form', '?limit=0x1', 'query.limit'],
      ['a number with a sign', '?limit=%2B1', 'query.limit'],
      ['a number out of range', '?limit=101', 'query.limit'],
    ]
    for (const [what, query, field] of cases) {
      it(`refuses ${what}`, async () => {
        const problem = await refused(await gateway.request(`/v1/drafts/a${query}`), 422, 'INPUT_INVALID')
        expect(problem.field).to.equal(field)
      })
    }

    it('refuses a path parameter and a header by their schema', async () => {
      const long = await gateway.request(`/v1/drafts/${'a'.repeat(41)}`)
      expect((await refused(long, 422, 'INPUT_INVALID')).field).to.equal('path.name')
      const header = await gateway.request('/v1/drafts/a', { headers: { 'x-matter': 'NO' } })
      expect((await refused(header, 422, 'INPUT_INVALID')).field).to.equal('header.x-matter')
    })
  })

  describe('that must not happen twice', () => {
    it('needs a key', async () => {
      const response = await gateway.request('/v1/drafts', {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: '{"name":"a"}',
      })
      await refused(response, 400, 'IDEMPOTENCY_KEY_MISSING')
    })

    it('needs a key that is well formed, and only one', async () => {
      for (const key of [
        '',
        'short',
        'with a space',
        'a'.repeat(129),
        'ключключ'.replaceAll(/./g, '\u00e9'),
        'key-0001, key-0002',
      ]) {
        const response = await gateway.post('/v1/drafts', { name: 'a' }, { 'idempotency-key': key })
        await refused(response, 400, 'IDEMPOTENCY_KEY_INVALID')
      }
      for (const key of ['12345678', '!'.repeat(128)]) {
        const response = await gateway.post('/v1/drafts', { name: 'a' }, { 'idempotency-key': key })
        expect(response.status).to.equal(201)
      }
    })

    it('is told apart by method, path, query and body, and by nothing else', async () => {
      const digestOf = async (body: unknown, headers: Record<string, string> = {}) => {
        const response = await gateway.post('/v1/drafts', body, headers)
        return ((await response.json()) as { request: string }).request
      }
      const first = await digestOf({ name: 'a' })
      expect(
        await digestOf({ name: 'a' }, { 'idempotency-key': 'another-key', 'accept-language': 'en' }),
      ).to.equal(first)
      expect(await digestOf({ name: 'b' })).not.to.equal(first)
      const empty = new Uint8Array(32)
      const digests = [
        requestDigest('POST', '/a', empty),
        requestDigest('PUT', '/a', empty),
        requestDigest('POST', '/a?b', empty),
        requestDigest('POST', '/ab', empty),
        requestDigest('POST', '/a', new Uint8Array(32).fill(1)),
        // The same words of two callers are two requests.
        requestDigest('POST', '/a', empty, { ...plainCaller('officer'), subject: 'A', department: 'GAJ' }),
        requestDigest('POST', '/a', empty, { ...plainCaller('officer'), subject: 'A', department: 'MZJ' }),
        requestDigest('POST', '/a', empty, { ...plainCaller('officer'), subject: 'B', department: 'GAJ' }),
      ].map(digest => Buffer.from(digest).toString('hex'))
      expect(new Set(digests).size).to.equal(digests.length)
    })
  })

  describe('by somebody who has to say who it is', () => {
    const get = (authorization: string | null) =>
      gateway.request('/v1/drafts/a', {
        method: 'DELETE',
        headers: { 'idempotency-key': freshKey(), ...(authorization !== null && { authorization }) },
      })

    it('is let in with the token, whatever the case of Bearer', async () => {
      for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
        expect((await get(`${scheme} ${TOKEN}`)).status).to.equal(204)
      }
    })

    it('is refused without a token', async () => {
      for (const header of [
        null,
        '',
        'Bearer',
        'Bearer ',
        `Basic ${btoa(`operator:${TOKEN}`)}`,
        TOKEN,
        `Bearer ${TOKEN} ${TOKEN}`,
      ]) {
        const response = await get(header)
        expect(response.headers.get('www-authenticate')).to.equal('Bearer realm="onceproof"')
        await refused(response, 401, 'TOKEN_MISSING')
      }
    })

    it('is refused with a wrong token', async () => {
      const unsigned = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcGVyYXRvciJ9.'
      for (const token of [
        TOKEN.slice(0, -1),
        `${TOKEN}x`,
        TOKEN.toUpperCase(),
        'x',
        unsigned,
        'a'.repeat(8_000),
      ]) {
        const response = await get(`Bearer ${token}`)
        expect(response.headers.get('www-authenticate')).to.contain('invalid_token')
        await refused(response, 401, 'TOKEN_WRONG')
      }
    })

    it('is not let in by a token in the query, a cookie or the body', async () => {
      const response = await gateway.request(`/v1/drafts/a?access_token=${TOKEN}`, {
        method: 'DELETE',
        headers: { 'idempotency-key': freshKey(), cookie: `token=${TOKEN}`, 'x-api-key': TOKEN },
      })
      await refused(response, 401, 'TOKEN_MISSING')
    })

    it('learns nothing about the input before that', async () => {
      const response = await gateway.request('/v1/drafts', { method: 'POST', body: 'no JSON' })
      await refused(response, 401, 'TOKEN_MISSING')
    })
  })

  describe('that wants another format', () => {
    it('is refused', async () => {
      for (const accept of ['text/html', 'application/xml, text/*;q=0.9', 'application/json;q=0']) {
        const problem = await refused(
          await gateway.request('/v1/drafts/a', { headers: { accept } }),
          406,
          'NOT_ACCEPTABLE',
        )
        expect(problem.expected).to.equal('application/json')
      }
    })

    it('is answered when it takes ours too', async () => {
      for (const accept of ['application/json', 'text/html, application/*;q=0.1', '*/*;q=0.5']) {
        expect((await gateway.request('/v1/drafts/a', { headers: { accept } })).status).to.equal(200)
      }
    })
  })

  describe('in the language of the reader', () => {
    const titles: readonly (readonly [string | null, string])[] = [
      [null, 'zh-CN'],
      ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
      ['en', 'en'],
      ['en-GB,en;q=0.9', 'en'],
      ['fr, de;q=0.9', 'zh-CN'],
      ['fr, en;q=0.1', 'en'],
      ['en;q=0.8, zh-TW;q=0.9', 'zh-CN'],
      ['en;q=0, zh;q=0', 'zh-CN'],
      ['en;q=2', 'zh-CN'],
      ['*', 'zh-CN'],
      [',;=;q=,,', 'zh-CN'],
    ]
    for (const [header, language] of titles) {
      it(`answers ${header ?? 'no preference'} in ${language}`, async () => {
        const response = await gateway.request('/nothing', { headers: { 'accept-language': header ?? '' } })
        expect(response.headers.get('content-language')).to.equal(language)
        expect(response.headers.get('vary')).to.contain('Accept-Language')
        const problem = await problemIn(response)
        expect(problem.title).to.equal(language === 'en' ? 'There is nothing at this path' : '没有这个地址')
      })
    }
  })

  describe('when something fails', () => {
    const failWith = async (failure: unknown) => {
      world.failure = failure
      return gateway.request('/v1/failing')
    }

    it('a refusal says everything that it knows', async () => {
      const details = {
        field: 'rows',
        expected: 'a certificate',
        found: 'none',
        errors: [
          { row: 0, field: 'number', code: 'FORMAT', expected: 'digits', found: 'text of 3 characters' },
        ],
      }
      const problem = await refused(
        await failWith(new Refusal('ROW_INVALID', 'a row is wrong', details)),
        400,
        'ROW_INVALID',
      )
      expect(problem).to.include({ detail: 'a row is wrong', title: '请求未被接受', field: 'rows' })
      expect(problem.errors).to.deep.equal(details.errors)
      const id = gateway.log.at(-1) ?? ''
      expect(id).to.contain(problem.requestId)
    })

    it('an outage says when to come again', async () => {
      const response = await failWith(new Unavailable('CHAIN_BEHIND', 2.2))
      expect(response.headers.get('retry-after')).to.equal('3')
      await refused(response, 503, 'CHAIN_BEHIND')
      const chain = await failWith(
        Object.assign(new Error('connect ECONNREFUSED'), { code: 'CHAIN_UNREACHABLE' }),
      )
      expect(chain.headers.get('retry-after')).to.equal('5')
      await refused(chain, 503, 'CHAIN_UNREACHABLE')
      for (const [cause, status, code] of [
        ['SQLITE_FULL', 507, 'DISK_FULL'],
        ['ENOSPC', 507, 'DISK_FULL'],
        ['SQLITE_IOERR_WRITE', 503, 'STORE_UNAVAILABLE'],
        ['SQLITE_READONLY', 503, 'STORE_UNAVAILABLE'],
        ['EMFILE', 503, 'STORE_UNAVAILABLE'],
      ] as const) {
        const disk = await failWith(Object.assign(new Error(CANARY), { code: cause }))
        expect(disk.headers.get('retry-after'), cause).to.equal('30')
        await refused(disk, status, code)
      }
      for (const cause of ['SQLITE_CORRUPT', 'SQLITE_CONSTRAINT', 'ENOENT'])
        expect((await failWith(Object.assign(new Error(CANARY), { code: cause }))).status, cause).to.equal(
          500,
        )
    })

    for (const [what, failure] of [
      ['an error of ours', new Error(`SELECT ${CANARY} FROM /srv/data`)],
      ['a broken invariant', new TypeError(`undefined is not ${CANARY}`)],
      ['a thrown text', `text ${CANARY}`],
      ['a thrown nothing', undefined],
      [
        'an error that claims a server status',
        Object.assign(new Error(CANARY), { status: 502, expose: true }),
      ],
      ['an answer that the route did not promise', 'wrong answer'],
      ['a status that the route did not promise', 'undeclared'],
    ] as const) {
      it(`${what} becomes 500 with a request id and nothing else`, async () => {
        for (const mode of ['development', 'production']) {
          const former = process.env['NODE_ENV']
          process.env['NODE_ENV'] = mode
          try {
            const problem = await refused(await failWith(failure), 500, 'INTERNAL')
            expect(Object.keys(problem)).to.have.members(['type', 'title', 'status', 'code', 'requestId'])
            const line = gateway.log.findLast(entry => entry.includes('request_failed')) ?? ''
            expect(line).to.contain(problem.requestId)
            expect(line + JSON.stringify(problem)).not.to.contain(CANARY)
          } finally {
            if (former === undefined) delete process.env['NODE_ENV']
            else process.env['NODE_ENV'] = former
          }
        }
      })
    }

    it('the log says where the error arose and what caused it', async () => {
      await failWith(
        new Error('outer', { cause: Object.assign(new RangeError('inner'), { code: 'SQLITE_FULL' }) }),
      )
      const line = gateway.log.findLast(entry => entry.includes('request_failed')) ?? ''
      const { error } = JSON.parse(line) as {
        error: { frames: string[]; cause: { name: string; code: string } }
      }
      expect(error.frames[0]).to.contain('requests.test.ts')
      expect(error.cause).to.include({ name: 'RangeError', code: 'SQLITE_FULL' })
    })
  })

  describe('as the log and the metrics tell it', () => {
    it('never leaves a personal value in the log or the metrics, wherever it stood', async () => {
      const inQuery = `/v1/drafts/${CANARY}?limit=${CANARY}`
      await gateway.request(inQuery, {
        headers: { 'x-matter': CANARY, referer: CANARY, 'user-agent': CANARY },
      })
      await gateway.request(`/${CANARY}`, { headers: { 'x-request-id': CANARY, cookie: CANARY } })
      await gateway.request('/v1/drafts/a', {
        method: 'DELETE',
        headers: { authorization: `Bearer ${CANARY}` },
      })
      await gateway.post('/v1/drafts', { name: CANARY, [CANARY]: CANARY }, { 'idempotency-key': CANARY })
      await gateway.post(`/v1/drafts?${CANARY}=${CANARY}`, `{"name":"${CANARY}"`)
      await gateway.raw(`GET /${CANARY} HTTP/1.1\r\nHost: ${CANARY}\r\n${CANARY}\r\n\r\n`)
      expect(gateway.log.length).to.be.greaterThan(100)
      expect(gateway.log.join('')).not.to.contain(CANARY)
      expect(gateway.log.join('')).not.to.contain(TOKEN)
      expect(gateway.log.join('')).not.to.contain('127.0.0.1')
      expect(gateway.metrics.text()).not.to.contain(CANARY)
      const line = JSON.parse(gateway.log.at(-1) ?? '') as Record<string, unknown>
      const known = ['time', 'level', 'event', 'requestId', 'method', 'route', 'status', 'durationMs', 'code']
      expect(known).to.include.members(Object.keys(line))
    })

    it('is counted by route template and status', async () => {
      const text = gateway.metrics.text()
      expect(text).to.match(
        /onceproof_http_requests_total\{method="GET",route="\/v1\/drafts\/\{name\}",status="200"\} \d+/,
      )
      expect(text).to.match(/onceproof_http_requests_total\{method="GET",route="none",status="404"\} \d+/)
      expect(text).to.match(/onceproof_http_problems_total\{code="JSON_DUPLICATE_KEY"\} 3/)
      expect(text).to.match(/onceproof_http_request_seconds_bucket\{route="\/v1\/drafts",le="\+Inf"\} \d+/)
    })
  })

  it('cannot reach a route that is stated twice, and a route must have a row in the access table', () => {
    const twice = [readDraft, { ...readDraft, operationId: 'readAgain' }]
    expect(() => mountRoutes(express(), twice, world, { access: accessFor(twice) } as never)).to.throw(
      /two routes answer/,
    )
    const sameName = [readDraft, { ...readDraft, path: '/elsewhere' as const }]
    expect(() => mountRoutes(express(), sameName, world, { access: accessFor(sameName) } as never)).to.throw(
      /two routes are named/,
    )
    const edge = { access: accessFor([readDraft]) } as never
    expect(() => mountRoutes(express(), [writeDraft], world, edge)).to.throw(/no row for writeDraft/)
    const own = { access: { readDraft: { cells: { holder: 'own' } } } } as never
    expect(() => mountRoutes(express(), [readDraft], world, own)).to.throw(/does not say whose/)
  })

  describe('whose route contradicts itself', () => {
    const base = {
      method: 'post' as const,
      path: '/a' as const,
      operationId: 'doIt',
      summary: ok,
      idempotent: false,
      bodyKind: 'none' as const,
      responses: { 200: { description: ok } },
      handler: async () => ({ status: 200 }),
    }
    const contradictions: readonly (readonly [string, object])[] = [
      ['a write by GET', { method: 'get', idempotent: true }],
      ['a JSON body without a schema', { bodyKind: 'json' }],
      ['a schema without a JSON body', { body: z.strictObject({}) }],
      ['a body that lets unknown fields pass', { bodyKind: 'json', body: z.object({}) }],
      ['parameters that let unknown fields pass', { query: z.object({}) }],
      ['a path parameter without a schema', { path: '/a/{b}' }],
      ['a schema without a path parameter', { params: z.strictObject({ b: z.string() }) }],
      ['a path in another notation', { path: '/a/:b' }],
      ['a header in upper case', { headers: z.strictObject({ 'X-A': z.string() }) }],
      ['no answer', { responses: {} }],
    ]
    for (const [what, change] of contradictions) {
      it(`is refused at start: ${what}`, () => {
        expect(() => defineRoute({ ...base, ...change })).to.throw(/invariant/)
      })
    }
    it('while the sound one is accepted', () => {
      expect(defineRoute(base).operationId).to.equal('doIt')
    })
  })
})
