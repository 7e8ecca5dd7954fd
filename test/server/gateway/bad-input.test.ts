import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { expect } from 'chai'
import type { FieldError } from '../../../protocol/refusal.ts'
import type { Problem } from '../../../server/http/problem.ts'
import {
  answerOf,
  applicationOf,
  exampleRow,
  freshKey,
  issue,
  sharedGateway,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import {
  bodyOf,
  EXAMPLES,
  headersOf,
  makeScene,
  operationsOf,
  sha256Hex,
  type Example,
  type Operation,
  type Scene,
} from './examples.ts'

interface Attempt {
  what: string
  body?: string | Uint8Array
  path?: string
  headers?: Record<string, string>
  /** Leaves a header of the example out. */
  without?: string
  code: string | RegExp
}

/** Members that a protocol of their own is checked by. */
const CODES_OF_MEMBERS: Record<string, RegExp> = {
  definition: /^(INPUT_INVALID|TYPE_DEFINITION)$/,
  typedData: /^(INPUT_INVALID|TYPED_DATA_SHAPE)$/,
}
const JSON_TOO_BIG = 2 ** 31

/** Parameters that any text may be: a name, something to report, a key that is answered like an unknown code when it is none. */
const FREE_TEXT = new Set(['notarizeFile name', 'reportPage code', 'paperPage k', 'paperProof k'])
const ANSWERED_AS_UNKNOWN = new Set(['showPresentation', 'paperPage', 'paperProof'])

describe('bad input', () => {
  let gateway: OpenedGateway
  let scene: Scene
  let prepared: { operation: Operation; example: Example }[]
  let rows: Record<string, number>
  let lines: number

  before(async () => {
    gateway = await sharedGateway()
    scene = await makeScene(gateway)
    prepared = []
    for (const operation of await operationsOf(gateway)) {
      prepared.push({ operation, example: await EXAMPLES[operation.operationId]!(scene) })
    }
    await untilAllFinal(gateway)
    rows = gateway.rowCounts()
    lines = gateway.log.length
  })

  afterEach('nothing is written, and nothing of ours broke', async () => {
    await untilAllFinal(gateway)
    expect(gateway.rowCounts()).to.deep.equal(rows)
    expect(gateway.log.slice(lines).filter(line => line.includes('"level":"error"'))).to.deep.equal([])
  })

  /** An empty object has nothing that could be spoilt. */
  const withJson = () =>
    prepared.filter(
      ({ operation, example }) => operation.body === 'json' && Object.keys(example.body as object).length > 0,
    )
  const tokenOf = ({ as }: Example) => (as === undefined ? gateway.token : gateway.as(as).token)
  const isWrite = ({ parameters }: Operation) => parameters.some(({ name }) => name === 'Idempotency-Key')

  async function refuse(
    { operation, example }: (typeof prepared)[number],
    attempt: Attempt,
  ): Promise<Problem> {
    const body = attempt.body ?? bodyOf(example)
    const headers: Record<string, string> = {
      ...headersOf(example, tokenOf(example), isWrite(operation) ? freshKey() : null),
      ...attempt.headers,
    }
    if (attempt.without !== undefined) delete headers[attempt.without]
    const response = await gateway.request(attempt.path ?? example.path, {
      method: operation.method,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    })
    const told = `${operation.operationId}, ${attempt.what}: ${response.status}`
    expect(response.status, told).to.be.within(400, 499)
    const problem = await problemIn(response)
    if (typeof attempt.code === 'string') expect(problem.code, told).to.equal(attempt.code)
    else expect(problem.code, told).to.match(attempt.code)
    return problem
  }

  it('is refused as JSON by every endpoint that takes JSON: empty, malformed, ambiguous, in another encoding, too deep', async () => {
    for (const one of withJson()) {
      const sound = Buffer.from(bodyOf(one.example)!).toString()
      const attempts: Attempt[] = [
        { what: 'an empty body', body: '', code: 'JSON_SYNTAX' },
        { what: 'white space', body: ' \n', code: 'JSON_SYNTAX' },
        { what: 'a body cut short', body: sound.slice(0, -1), code: 'JSON_SYNTAX' },
        { what: 'something after the value', body: `${sound}x`, code: 'JSON_SYNTAX' },
        { what: 'single quotes', body: sound.replaceAll('"', "'"), code: 'JSON_SYNTAX' },
        { what: 'a trailing comma', body: `${sound.slice(0, -1)},}`, code: 'JSON_SYNTAX' },
        { what: 'NaN', body: '{"type":NaN}', code: 'JSON_SYNTAX' },
        {
          what: 'a name twice',
          body: sound.replace('{', '{"twice":1,"twice":2,'),
          code: 'JSON_DUPLICATE_KEY',
        },
        {
          what: 'a name twice, spelt in two ways',
          body: sound.replace('{', '{"twice":1,"tw\\u0069ce":2,'),
          code: 'JSON_DUPLICATE_KEY',
        },
        {
          what: 'half a surrogate pair',
          body: sound.replace('{', '{"x":"\\ud800",'),
          code: 'JSON_LONE_SURROGATE',
        },
        {
          what: 'half a pair in a name',
          body: sound.replace('{', '{"\\udc00":1,'),
          code: 'JSON_LONE_SURROGATE',
        },
        {
          what: 'GB18030 bytes',
          body: Buffer.from([0x7b, 0x22, 0xc1, 0xd6, 0x22, 0x3a, 0x31, 0x7d]),
          code: 'JSON_NOT_UTF8',
        },
        { what: 'a byte order mark', body: `\ufeff${sound}`, code: 'JSON_NOT_UTF8' },
        { what: 'UTF-16', body: Buffer.from(sound, 'utf16le'), code: /^JSON_(NOT_UTF8|SYNTAX)$/ },
        { what: 'nesting without end', body: '['.repeat(20_000), code: 'JSON_TOO_DEEP' },
        {
          what: 'nested objects',
          body: `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
          code: 'JSON_TOO_DEEP',
        },
        {
          what: 'a number of another form',
          body: sound.replace('{', '{"x":1.0,'),
          code: /^(JSON_NUMBER|INPUT_INVALID)$/,
        },
        {
          what: 'a member __proto__',
          body: sound.replace('{', '{"__proto__":{"a":1},'),
          code: 'INPUT_INVALID',
        },
        ...['null', 'true', '1', '"text"', '[]', `[${sound}]`].map(body => ({
          what: `${body.slice(0, 10)} for an object`,
          body,
          code: 'INPUT_INVALID',
        })),
        { what: 'an unknown field', body: sound.replace('{', '{"unheardOf":1,'), code: 'INPUT_INVALID' },
      ]
      for (const attempt of attempts) await refuse(one, attempt)
    }
  })

  it('is refused field by field: each one missing, null, of every other kind', async () => {
    for (const one of withJson()) {
      const sound = one.example.body as Record<string, unknown>
      for (const [name, value] of Object.entries(sound)) {
        for (const wrong of [null, 0, -1, 1.5, '', 'x'.repeat(5_000), true, [], {}, [[]], { a: 1 }]) {
          if (kindOf(wrong) === kindOf(value)) continue
          // Without a basis the one before is taken back.
          if (one.operation.operationId === 'recordDutyBasis' && name === 'basis' && wrong === null) continue
          const body = JSON.stringify({ ...sound, [name]: wrong })
          const code = CODES_OF_MEMBERS[name] ?? 'INPUT_INVALID'
          const problem = await refuse(one, { what: `${name} is ${body.slice(0, 80)}`, body, code })
          if (problem.code === 'INPUT_INVALID') {
            const fields = problem.errors?.map(({ field }) => field) ?? []
            expect(
              // Where one of several members is needed, the body as a whole is what is wrong.
              fields.every(field => field.startsWith(name) || field === 'body'),
              `${name}: ${fields.join()}`,
            ).to.equal(true)
          }
        }
      }
    }
  })

  it('is refused when it is too large, whether it says so or not', async () => {
    for (const one of prepared.filter(({ operation }) => operation.body !== 'none')) {
      const { operation, example } = one
      const key = isWrite(operation) ? freshKey() : null
      const declared = httpRequest(gateway.url + example.path, {
        method: operation.method,
        headers: { ...headersOf(example, tokenOf(example), key), 'content-length': JSON_TOO_BIG + 1 },
      })
      declared.on('error', () => undefined)
      declared.flushHeaders()
      const [answer] = (await once(declared, 'response')) as [IncomingMessage]
      answer.resume()
      expect(answer.statusCode, operation.operationId).to.equal(413)
      declared.destroy()
    }
    for (const operationId of ['issueCertificate', 'admitDepartment', 'lookUp', 'verifyFile']) {
      const one = prepared.find(({ operation }) => operation.operationId === operationId)!
      const body = Buffer.alloc(3 * 2 ** 20, ' ')
      await refuse(one, { what: 'three megabytes', body, code: 'BODY_TOO_LARGE' })
    }
  })

  it('is refused in another media type or compressed', async () => {
    for (const one of prepared.filter(({ operation }) => operation.body !== 'none')) {
      for (const type of [
        'text/html',
        'multipart/form-data; boundary=x',
        'application/json; charset=gb18030',
        '',
      ]) {
        // Forms with a file are what these take.
        if (type.startsWith('multipart') && one.example.mediaType?.startsWith('multipart') === true) continue
        await refuse(one, { what: `as ${type}`, headers: { 'content-type': type }, code: 'BODY_TYPE' })
      }
      await refuse(one, { what: 'as gzip', headers: { 'content-encoding': 'gzip' }, code: 'BODY_ENCODING' })
    }
  })

  it('is refused in the Idempotency-Key of every write: none, too short, too long, not of visible ASCII, two of them', async () => {
    const writes = prepared.filter(({ operation }) => isWrite(operation))
    expect(writes).to.have.length.greaterThan(7)
    for (const one of writes) {
      await refuse(one, { what: 'no key', without: 'idempotency-key', code: 'IDEMPOTENCY_KEY_MISSING' })
      for (const key of [
        '',
        'short',
        'x'.repeat(129),
        'with a space',
        'é-é-é-é-é',
        'one-key-1, other-key-2',
      ]) {
        const headers = { 'idempotency-key': key }
        await refuse(one, { what: `the key ${key}`, headers, code: 'IDEMPOTENCY_KEY_INVALID' })
      }
    }
  })

  it('is refused in paths and queries: unknown, twice, of another form, in a hidden spelling', async () => {
    for (const one of prepared) {
      const { path } = one.example
      const and = path.includes('?') ? '&' : '?'
      await refuse(one, {
        what: 'an unknown parameter',
        path: `${path}${and}unheardOf=1`,
        code: 'INPUT_INVALID',
      })
      await refuse(one, { what: 'broken percent-encoding', path: `${path}${and}x=%zz`, code: 'URL_INVALID' })
      await refuse(one, { what: 'broken UTF-8', path: `${path}${and}x=%ff`, code: 'URL_INVALID' })
      await refuse(one, { what: 'a control character', path: `${path}${and}x=%00`, code: 'URL_INVALID' })
      for (const { name, in: place } of one.operation.parameters) {
        if (place === 'query') {
          const twice = `${path.split('?')[0]}?${name}=1&${name}=1`
          await refuse(one, { what: `${name} twice`, path: twice, code: 'INPUT_INVALID' })
          if (FREE_TEXT.has(`${one.operation.operationId} ${name}`)) continue
          const wrong = `${path.split('?')[0]}?${name}=${encodeURIComponent('不对 -1')}`
          // A callback whose state is nobody's is refused before its other parameters are looked at.
          const code = /^(INPUT_INVALID|SIGN_IN_STATE)$/
          await refuse(one, { what: `${name} of another form`, path: wrong, code })
        }
        // A code that is none is answered like one that nobody has, so that trying tells nothing.
        if (place === 'path' && !ANSWERED_AS_UNKNOWN.has(one.operation.operationId)) {
          for (const wrong of ['不对', '-', '..%2f..%2fetc', 'x'.repeat(300), "'%20OR%201=1--"]) {
            const pattern = new RegExp(`^${one.operation.path.replace(/\{(\w+)\}/g, '([^?]+?)')}(?=$|\\?)`)
            expect(path).to.match(pattern)
            const encoded = wrong.includes('%') ? wrong : encodeURIComponent(wrong)
            const changed = fillPath(one.operation.path, path.split('?')[0]!, name, encoded)
            await refuse(one, {
              what: `${name} is ${wrong.slice(0, 20)}`,
              path: changed,
              code: /^(INPUT_INVALID|URL_INVALID|TILE_NOT_FOUND)$/,
            })
          }
        }
      }
      if (one.operation.method === 'GET') {
        const response = await gateway.request(path, { method: 'DELETE' })
        expect((await problemIn(response)).code, path).to.equal('METHOD_NOT_ALLOWED')
        expect(response.headers.get('allow'), path).to.include('GET')
      }
    }
  })

  it('is refused when it names what does not exist', async () => {
    const { identifier } = scene.certificate
    const nobody = `${identifier.slice(0, -1)}${identifier.endsWith('A') ? 'B' : 'A'}`
    const refusalOf = async (response: Promise<Response>, status: number) => {
      const answered = await response
      const problem = await problemIn(answered)
      expect(answered.status, problem.code).to.equal(status)
      return problem.code
    }
    const fields = exampleRow('RIC')
    expect(await refusalOf(gateway.post('/v1/certificates', { type: 'ZZZ', fields }), 404)).to.equal(
      'TYPE_NOT_FOUND',
    )
    const batch = { type: 'ZZZ', rows: [fields] }
    expect(await refusalOf(gateway.post('/v1/certificates/batch', batch), 404)).to.equal('TYPE_NOT_FOUND')
    expect(await refusalOf(gateway.get('/v1/types/ZZZ'), 404)).to.equal('TYPE_NOT_FOUND')
    expect(await refusalOf(gateway.get('/v1/certificates?type=ZZZ'), 404)).to.equal('TYPE_NOT_FOUND')
    expect(await refusalOf(gateway.get('/v1/departments/NOBODY'), 404)).to.equal('DEPARTMENT_NOT_FOUND')
    expect(await refusalOf(gateway.get('/v1/departments/NOBODY/did.json'), 404)).to.equal(
      'DEPARTMENT_NOT_FOUND',
    )
    for (const rest of ['', '/state', '/file', '/receipt']) {
      expect(await refusalOf(gateway.get(`/v1/certificates/${nobody}${rest}`), 404)).to.equal(
        'CERTIFICATE_NOT_FOUND',
      )
    }
    const order = { action: 'revoke', reason: 'ISSUED_IN_ERROR' }
    const ordered = gateway.post(`/v1/certificates/${nobody}/status`, order)
    expect(await refusalOf(ordered, 404)).to.equal('CERTIFICATE_NOT_FOUND')
    const successor = gateway.post(`/v1/certificates/${nobody}/successor`, {
      fields,
      reason: 'HOLDER_CHANGE',
    })
    expect(await refusalOf(successor, 404)).to.equal('CERTIFICATE_NOT_FOUND')
    const unknownField = gateway.get(`/v1/certificates/${identifier}/file?fields=name,shoeSize`)
    expect(await refusalOf(unknownField, 400)).to.equal('FIELD_UNKNOWN')
    const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    for (const rest of ['', '/file', '/evidence']) {
      expect(await refusalOf(gateway.get(`/v1/records/${ulid}${rest}`), 404)).to.equal('RECORD_NOT_FOUND')
    }
    const noLeaf = gateway.request(`/v1/receipts/0x${'00'.repeat(32)}`)
    expect(await refusalOf(noLeaf, 404)).to.equal('NOT_FOUND')
    const { accepted } = await gateway.world.store.logSize()
    for (const path of [
      `/v1/log/inclusion?index=${accepted}&size=${accepted}`,
      `/v1/log/inclusion?index=0&size=${accepted + 1}`,
      `/v1/log/inclusion?index=0&size=0`,
      `/v1/log/consistency?from=0&to=1`,
      `/v1/log/consistency?from=2&to=1`,
      `/v1/log/consistency?from=1&to=${accepted + 1}`,
    ]) {
      expect(await refusalOf(gateway.request(path), 400), path).to.equal('LOG_RANGE')
    }
    for (const path of [
      '/log/tile/0/001',
      '/log/tile/9/000',
      '/log/tile/0/000.p/0',
      '/log/tile/0/0',
      '/log/tile/0/000.p/999',
    ]) {
      expect(await refusalOf(gateway.request(path), 404), path).to.equal('TILE_NOT_FOUND')
    }
    for (const path of [
      `/status-lists/${scene.uscc}/7/revocation`,
      // A department that issues nothing has no list.
      '/status-lists/11990100MB9Y01174D/0/revocation',
    ]) {
      expect(await refusalOf(gateway.request(path), 404), path).to.equal('STATUS_LIST_NOT_FOUND')
    }
    expect(await refusalOf(gateway.request('/v1/nothing'), 404)).to.equal('NO_SUCH_PATH')
    expect(await refusalOf(gateway.request('/v1/Types'), 404)).to.equal('NO_SUCH_PATH')
  })

  it('of a department is refused: wrong check character, another body under a known code', async () => {
    const application = applicationOf('GAJ')
    const codeOf = async (body: object) => (await problemIn(await gateway.post('/v1/departments', body))).code
    expect(await codeOf({ ...application, code: 'NEW', uscc: '11990100MB9Y010005' })).to.equal('USCC_WRONG')
    expect(await codeOf({ ...application, zh: '另一个局' })).to.equal('DEPARTMENT_EXISTS')
    expect(await codeOf({ ...application, code: 'NEW' })).to.equal('DEPARTMENT_EXISTS')
    expect(await codeOf({ ...application, uscc: '11990100MB9Y01027U' })).to.equal('DEPARTMENT_EXISTS')
  })

  it('of a type is refused: other content under a published version, an issuer that does not issue or does not exist', async () => {
    const { definition } = (EXAMPLES['publishType']!(scene) as Example).body as {
      definition: Record<string, unknown>
    }
    const codeOf = async (change: object) => {
      const response = await gateway.post('/v1/types', { definition: { ...definition, ...change } })
      return (await problemIn(response)).code
    }
    expect(await codeOf({ shortZh: '别的' })).to.equal('TYPE_VERSION_EXISTS')
    expect(await codeOf({ version: 2, issuer: 'NOBODY' })).to.equal('DEPARTMENT_NOT_FOUND')
    expect(await codeOf({ version: 2, issuer: 'ZSJ' })).to.equal('DEPARTMENT_NOT_ISSUER')
    expect(await codeOf({ version: 2, unheardOf: 1 })).to.equal('TYPE_DEFINITION')
    expect(await codeOf({ version: 2, numberField: 'nothing' })).to.equal('TYPE_DEFINITION')
  })

  it('in rows comes back by row, field, code, expected and found, and of the batch nothing is issued', async () => {
    const good = exampleRow('RIC')
    const wrong: [change: Record<string, unknown>, field: string, code: string][] = [
      [{ idNo: '990102199003071015' }, 'idNo', 'FIELD_CHECK_DIGIT'],
      [{ idNo: '990102199002301018' }, 'idNo', 'FIELD_CHECK_DIGIT'],
      [{ idNo: 'ABC' }, 'idNo', 'FIELD_PATTERN'],
      [{ birthDate: '1990-02-30' }, 'birthDate', 'FIELD_DATE'],
      [{ birthDate: '1990/03/07' }, 'birthDate', 'FIELD_DATE'],
      [{ validTo: '2020-13-01' }, 'validTo', 'FIELD_DATE'],
      [{ validTo: '2019-01-01' }, 'validTo', 'FIELD_DATE_ORDER'],
      [{ birthDate: '2021-01-01' }, 'validFrom', 'FIELD_DATE_ORDER'],
      [{ sex: '不详' }, 'sex', 'FIELD_ENUM'],
      [{ name: 7 }, 'name', 'FIELD_TYPE'],
      [{ name: null }, 'name', 'FIELD_REQUIRED'],
      [{ name: ['林知行'] }, 'name', 'FIELD_TYPE'],
      [{ name: '' }, 'name', 'FIELD_REQUIRED'],
      [{ name: '林\u200b知行' }, 'name', 'FIELD_CHARACTER'],
      [{ name: '长'.repeat(5_000) }, 'name', 'FIELD_TOO_LONG'],
      [{ photoHash: 'sha256:xyz' }, 'photoHash', 'FIELD_PATTERN'],
      [{ shoeSize: 42 }, 'shoeSize', 'FIELD_UNKNOWN'],
    ]
    const bad = [...wrong.map(([change]) => ({ ...good, ...change })), null, [], 'row', 7]
    const rowsSent = bad.flatMap(row => [good, row])
    for (const path of ['/v1/certificates/batch', '/v1/certificates/check']) {
      const response = await gateway.post(path, { type: 'RIC', rows: rowsSent })
      expect(response.status).to.equal(422)
      const { code, errors = [], found } = await problemIn(response)
      expect(code).to.equal('ROWS_INVALID')
      expect(found).to.equal(`${bad.length} bad rows`)
      for (const [i, [, field, expectedCode]] of wrong.entries()) {
        const ofRow = errors.filter(({ row }) => row === 2 * i + 1)
        expect(ofRow.map(codeOfError), JSON.stringify(ofRow)).to.include(`${field} ${expectedCode}`)
        for (const error of ofRow) {
          expect(error.expected).to.be.a('string').that.is.not.empty
          expect(error.found).to.be.a('string').that.is.not.empty
        }
      }
      for (let i = wrong.length; i < bad.length; i++) {
        const ofRow = errors.filter(({ row }) => row === 2 * i + 1)
        expect(ofRow.map(({ code }) => code)).to.deep.equal(['ROW_NOT_OBJECT'])
      }
      // Good rows are not complained about.
      expect(errors.filter(({ row }) => row! % 2 === 0)).to.deep.equal([])
    }
    for (const [change, field, code] of wrong) {
      const response = await gateway.post('/v1/certificates', { type: 'RIC', fields: { ...good, ...change } })
      const { errors = [] } = await problemIn(response)
      expect(errors.map(codeOfError)).to.include(`${field} ${code}`)
      const { identifier } = scene.certificate
      const next = { fields: { ...good, ...change }, reason: 'HOLDER_CHANGE' }
      const replaced = await gateway.post(`/v1/certificates/${identifier}/successor`, next)
      expect((await problemIn(replaced)).errors?.map(codeOfError)).to.include(`${field} ${code}`)
    }
  })

  it('counts 10,000 bad rows without listing more than a thousand, and takes no more rows at once', async () => {
    const bad = Array.from({ length: 10_000 }, () => ({}))
    const response = await gateway.post('/v1/certificates/batch', { type: 'RIC', rows: bad })
    const { code, found, errors } = await problemIn(response)
    expect([code, found]).to.deep.equal(['ROWS_INVALID', '10000 bad rows'])
    expect(errors).to.have.lengthOf(1_000)
    const more = await gateway.post('/v1/certificates/batch', { type: 'RIC', rows: [...bad, {}] })
    expect((await problemIn(more)).code).to.equal('INPUT_INVALID')
    const none = await gateway.post('/v1/certificates/batch', { type: 'RIC', rows: [] })
    expect((await problemIn(none)).code).to.equal('INPUT_INVALID')
  })

  it('as a file to verify gets a verdict and no refusal, whatever the bytes are', async () => {
    const verdictOf = async (body: Uint8Array | string) => {
      const response = await gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: typeof body === 'string' ? body : new Uint8Array(body),
      })
      return (await answerOf<{ verdict: string }>(response, 200)).verdict
    }
    for (const body of [
      '',
      'null',
      '[]',
      '{}',
      '{"format":"onceproof-certificate/1"}',
      '%PDF-1.7',
      '['.repeat(10_000),
    ]) {
      expect(await verdictOf(body), body.slice(0, 20)).to.equal('UNREADABLE')
    }
    expect(await verdictOf(Buffer.from([0xff, 0xfe, 0x00]))).to.equal('UNREADABLE')
    const file = JSON.parse(Buffer.from(scene.file).toString()) as { certificate: string; receipt: unknown }
    expect(await verdictOf(JSON.stringify({ ...file, certificate: 'a.b.c~' }))).to.equal('TAMPERED')
    expect(await verdictOf(JSON.stringify({ ...file, receipt: {} }))).to.equal('TAMPERED')
  })
})

describe('repeating a write', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await sharedGateway()
    await makeScene(gateway)
  })

  it('issues once when a hundred requests with one Idempotency-Key arrive together', async () => {
    const before = (await gateway.world.store.logSize()).accepted
    const headers = { 'idempotency-key': freshKey() }
    const body = { type: 'RIC', fields: exampleRow('RIC') }
    const all = Array.from({ length: 100 }, () => gateway.post('/v1/certificates', body, headers))
    const issued = await Promise.all(all.map(response => answerOf<Issued>(response, 201)))
    for (const one of issued) expect(one).to.deep.equal(issued[0])
    expect((await gateway.world.store.logSize()).accepted).to.equal(before + 1)
  })

  it('has one effect for every other write too', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const content = new Uint8Array(Buffer.from('minutes'))
    const fields = exampleRow('RIC')
    const writes: [name: string, effects: number, send: (key: string) => Promise<Response>][] = [
      [
        'a batch',
        2,
        key =>
          gateway.post(
            '/v1/certificates/batch',
            { type: 'RIC', rows: [fields, fields] },
            { 'idempotency-key': key },
          ),
      ],
      [
        'a record',
        1,
        key => gateway.post('/v1/records', { sha256: sha256Hex('once') }, { 'idempotency-key': key }),
      ],
      [
        'a streamed record',
        1,
        key =>
          gateway.request('/v1/records/file', {
            method: 'POST',
            headers: {
              authorization: `Bearer ${gateway.token}`,
              'content-type': 'application/octet-stream',
              'idempotency-key': key,
            },
            body: content,
          }),
      ],
      [
        'a suspension',
        1,
        key =>
          gateway.post(
            `/v1/certificates/${identifier}/status`,
            { action: 'suspend', reason: 'UNDER_REVIEW' },
            { 'idempotency-key': key },
          ),
      ],
      [
        'a replacement',
        2,
        key =>
          gateway.post(
            `/v1/certificates/${identifier}/successor`,
            { fields, reason: 'HOLDER_CHANGE' },
            { 'idempotency-key': key },
          ),
      ],
    ]
    for (const [name, effects, send] of writes) {
      const before = (await gateway.world.store.logSize()).accepted
      const key = freshKey()
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const response = await send(key)
          expect(response.status, `${name}: ${response.status}`).to.be.within(200, 202)
          return pick(await response.json())
        }),
      )
      answers.push(pick(await (await send(key)).json()))
      for (const answer of answers) expect(answer, name).to.equal(answers[0])
      expect((await gateway.world.store.logSize()).accepted, name).to.equal(before + effects)
    }
  })

  it('with the same key and another body, or for another thing, is refused 422 and does nothing', async () => {
    const fields = exampleRow('RIC')
    const key = freshKey()
    const headers = { 'idempotency-key': key }
    const first = await answerOf<Issued>(
      gateway.post('/v1/certificates', { type: 'RIC', fields }, headers),
      201,
    )
    await untilAllFinal(gateway)
    const rows = gateway.rowCounts()
    const others: [path: string, body: unknown][] = [
      ['/v1/certificates', { type: 'RIC', fields: { ...fields, ethnicity: '回族' } }],
      ['/v1/certificates/batch', { type: 'RIC', rows: [fields] }],
      ['/v1/records', { sha256: sha256Hex('other') }],
      [`/v1/certificates/${first.identifier}/status`, { action: 'revoke', reason: 'ISSUED_IN_ERROR' }],
      [`/v1/certificates/${first.identifier}/successor`, { fields, reason: 'HOLDER_CHANGE' }],
      ['/v1/departments', applicationOf('SWJ')],
      ['/v1/types', (EXAMPLES['publishType']!({} as Scene) as Example).body],
    ]
    for (const [path, body] of others) {
      const response = await gateway.post(path, body, headers)
      expect(response.status, path).to.equal(422)
      expect((await problemIn(response)).code, path).to.equal('IDEMPOTENCY_KEY_REUSED')
    }
    const again = await answerOf<Issued>(
      gateway.post('/v1/certificates', { type: 'RIC', fields }, headers),
      201,
    )
    expect(again).to.deep.equal(first)
    expect(gateway.rowCounts()).to.deep.equal(rows)
  })

  it('remembers the key of a department and of a type', async () => {
    for (const [path, body, other] of [
      ['/v1/departments', applicationOf('GAJ'), applicationOf('SWJ')],
      ['/v1/types', (EXAMPLES['publishType']!({} as Scene) as Example).body, { definition: {} }],
    ] as const) {
      const headers = { 'idempotency-key': freshKey() }
      const first = await answerOf(gateway.post(path, body, headers), 201)
      gateway.advanceClock(1_000)
      expect(await answerOf(gateway.post(path, body, headers), 201)).to.deep.equal(first)
      expect((await problemIn(await gateway.post(path, other, headers))).code).to.equal(
        'IDEMPOTENCY_KEY_REUSED',
      )
    }
  })

  it('of an order for a reason that the catalogue does not have for it is refused, and nothing is written', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const rows = gateway.rowCounts()
    const path = `/v1/certificates/${identifier}`
    for (const [action, reason] of [
      ['revoke', 'BECAUSE'],
      ['revoke', 'UNDER_REVIEW'],
      ['suspend', 'ISSUED_IN_ERROR'],
      ['resume', 'HOLDER_REQUEST'],
    ]) {
      const problem = await problemIn(await gateway.post(`${path}/status`, { action, reason }))
      expect([problem.code, problem.status, problem.field]).to.deep.equal(['STATUS_REASON', 422, 'reason'])
    }
    const next = { fields: exampleRow('RIC'), reason: 'REPORTED_LOST' }
    expect((await problemIn(await gateway.post(`${path}/successor`, next))).code).to.equal('STATUS_REASON')
    expect(gateway.rowCounts()).to.deep.equal(rows)
  })

  it('of an order that was done already under another key is refused 409', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const path = `/v1/certificates/${identifier}/status`
    const codeOf = async (
      action: string,
      reason = action === 'revoke' ? 'ISSUED_IN_ERROR' : 'UNDER_REVIEW',
    ) => (await problemIn(await gateway.post(path, { action, reason }))).code
    expect(await codeOf('resume')).to.equal('STATUS_NOT_SUSPENDED')
    await answerOf(gateway.post(path, { action: 'suspend', reason: 'UNDER_REVIEW' }), 200)
    expect(await codeOf('suspend')).to.equal('STATUS_ALREADY')
    await answerOf(gateway.post(path, { action: 'revoke', reason: 'ISSUED_IN_ERROR' }), 200)
    for (const action of ['suspend', 'resume', 'revoke'])
      expect(await codeOf(action)).to.equal('STATUS_ALREADY')
    const next = { fields: exampleRow('RIC'), reason: 'HOLDER_CHANGE' }
    const replaced = await gateway.post(`/v1/certificates/${identifier}/successor`, next)
    expect((await problemIn(replaced)).code).to.equal('STATUS_ALREADY')
  })
})

const codeOfError = ({ field, code }: FieldError) => `${field} ${code}`

const kindOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value)

/** What a repeated answer has in common with the first: not how far the statement has come meanwhile. */
function pick(answer: unknown): string {
  const { statement: _, state: __, block: ___, ...rest } = answer as Record<string, unknown>
  if (typeof rest['change'] === 'object') rest['change'] = pick(rest['change'])
  return JSON.stringify(rest)
}

/** The concrete path with one of its parameters put in another way. */
function fillPath(template: string, path: string, name: string, value: string): string {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, found]) => found)
  const values = new RegExp(`^${template.replace(/\{\w+\}/g, '(.+?)')}$`).exec(path)?.slice(1) ?? []
  return template.replace(/\{(\w+)\}/g, (_, found: string) =>
    found === name ? value : (values[names.indexOf(found)] ?? ''),
  )
}
