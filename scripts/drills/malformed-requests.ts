/**
 * Requests that are wrong in one way or several, for every operation of an OpenAPI description: from the network's bytes up to the
 * meaning of a member.
 */
import type { OpenApiDocument } from '../../server/http/openapi.ts'
import type { Chance } from '../generate/random.ts'

type Json = unknown
type Schema = Record<string, Json>

export interface Operation {
  id: string
  method: string
  path: string
  parameters: { name: string; place: 'path' | 'query' | 'header'; schema: Schema }[]
  /** Media type → schema of the body; empty when it takes none. */
  bodies: [mediaType: string, schema: Schema][]
}

export interface MalformedRequest {
  operation: string
  /** In which ways it is wrong. */
  faults: string[]
  bytes: Buffer
  /** Whether the answer to it may have a body. */
  hasBody: boolean
}

/** Texts that stand for something in the gateway at hand: identifiers, codes, the operator's token. */
export interface Vocabulary {
  token: string
  words: readonly string[]
}

/** Every operation of the description, in its order. */
export function operationsIn({ paths }: OpenApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const parameters = (described['parameters'] ?? []) as { name: string; in: string; schema: Schema }[]
      const content = ((described['requestBody'] as Schema | undefined)?.['content'] ?? {}) as Record<
        string,
        { schema?: Schema }
      >
      return {
        id: described['operationId'] as string,
        method: method.toUpperCase(),
        path,
        parameters: parameters.map(one => ({
          name: one.name,
          place: one.in as 'path' | 'query' | 'header',
          schema: one.schema,
        })),
        bodies: Object.entries(content).map(([mediaType, { schema = {} }]): [string, Schema] => [
          mediaType,
          schema,
        ]),
      }
    }),
  )
}

/** Makes requests for the operations of one description; the same chance makes the same request. */
export function malformedRequests(document: OpenApiDocument, vocabulary: Vocabulary) {
  const operations = operationsIn(document)
  const schemas = document.components.schemas as Record<string, Schema>
  return { operations, next: (chance: Chance) => requestFor(chance.pick(operations), chance) }

  function requestFor(operation: Operation, chance: Chance): MalformedRequest {
    const faults: string[] = []
    const wrong = <T>(name: string, share: number, make: () => T, otherwise: () => T): T => {
      if (!chance.happens(share)) return otherwise()
      faults.push(name)
      return make()
    }
    const plain = (schema: Schema) => {
      const value = plausible(schema, chance, 0)
      return typeof value === 'string' ? value : JSON.stringify(value)
    }

    let target = operation.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
      const schema = operation.parameters.find(one => one.name === name)?.schema ?? {}
      return wrong(
        `path ${name}`,
        0.4,
        () => hostileSegment(chance, vocabulary),
        () => encodeURIComponent(chance.happens(0.5) ? chance.pick(vocabulary.words) : plain(schema)),
      )
    })
    const query = operation.parameters
      .filter(one => one.place === 'query' && chance.happens(0.7))
      .map(({ name, schema }) =>
        wrong(
          `query ${name}`,
          0.5,
          () => `${name}=${hostileSegment(chance, vocabulary)}`,
          () => `${name}=${encodeURIComponent(plain(schema))}`,
        ),
      )
    if (chance.happens(0.1)) {
      faults.push('query')
      query.push(
        chance.pick(['', 'a', '=', '%', 'a=%ff', 'a=1&a=2', '__proto__=1', '&&&', 'q[]=1', 'a=b;c=d']),
      )
    }
    if (query.length > 0) target += `?${query.join('&')}`
    target = wrong(
      'target',
      0.06,
      () => hostileTarget(target, chance),
      () => target,
    )

    const method = wrong(
      'method',
      0.05,
      () => chance.pick(['TRACE', 'PATCH', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND', 'GET', 'POST']),
      () => operation.method,
    )
    const headers: [string, string][] = [
      ['host', 'localhost'],
      ['x-forwarded-for', `10.9.${chance.integer(0, 255)}.${chance.integer(1, 254)}`],
    ]
    const authorization = wrong(
      'authorization',
      0.25,
      () =>
        chance.pick([
          '',
          'Bearer',
          'Bearer x',
          `Basic ${vocabulary.token}`,
          `Bearer ${'e'.repeat(9_000)}`,
          NONE_JWT,
        ]),
      () => `Bearer ${vocabulary.token}`,
    )
    if (authorization !== '') headers.push(['authorization', authorization])
    if (method !== 'GET' && chance.happens(0.9)) {
      const key = wrong(
        'idempotency key',
        0.15,
        () => chance.pick(['', 'x', 'a b', 'é'.repeat(8), 'k'.repeat(4_000), '\u0000'.repeat(9)]),
        () => `fuzz-${chance.digits(12)}`,
      )
      headers.push(['idempotency-key', key])
    }
    if (chance.happens(0.1)) {
      faults.push('header')
      headers.push(hostileHeader(chance))
    }

    let body: Buffer = Buffer.alloc(0)
    const [mediaType, schema] = operation.bodies.length > 0 ? chance.pick(operation.bodies) : ['', {}]
    if (mediaType !== '' || chance.happens(0.03)) {
      const type = wrong(
        'content type',
        0.08,
        () =>
          chance.pick([
            '',
            'text/plain',
            'application/json; charset=utf-16',
            'a/b',
            '*/*',
            'x'.repeat(3_000),
          ]),
        () => mediaType || 'application/json',
      )
      if (type !== '') headers.push(['content-type', type])
      body = /json/.test(mediaType)
        ? jsonBody(schema, chance, faults)
        : wrong(
            'body',
            0.8,
            () => hostileBytes(chance),
            () => Buffer.from('%PDF-1.7\n%%EOF'),
          )
    }
    if (body.length > 0 || method !== 'GET') headers.push(['content-length', String(body.length)])
    const head = `${method} ${target} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`
    return {
      operation: operation.id,
      faults,
      bytes: Buffer.concat([Buffer.from(head, 'latin1'), body]),
      hasBody: method !== 'HEAD',
    }
  }

  function jsonBody(schema: Schema, chance: Chance, faults: string[]): Buffer {
    let value = plausible(schema, chance, 0)
    const rounds = chance.integer(0, 3)
    for (let i = 0; i < rounds; i++) {
      faults.push('member')
      value = withHostileMember(value, chance, vocabulary)
    }
    const text = JSON.stringify(value) ?? 'null'
    if (!chance.happens(0.35)) return Buffer.from(text)
    faults.push('json text')
    return spoiltText(text, chance)
  }

  /** A value that the schema might allow. */
  function plausible(schema: Schema, chance: Chance, depth: number): Json {
    const reference = schema['$ref']
    if (typeof reference === 'string') {
      return plausible(schemas[reference.slice(reference.lastIndexOf('/') + 1)] ?? {}, chance, depth + 1)
    }
    if ('const' in schema) return schema['const']
    if (Array.isArray(schema['enum'])) return chance.pick(schema['enum'])
    const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined
    if (choices !== undefined) return plausible(chance.pick(choices), chance, depth + 1)
    const type = Array.isArray(schema['type']) ? (schema['type'][0] as string) : schema['type']
    if (type === 'object' || schema['properties'] !== undefined) {
      if (depth > 6) return {}
      const required = new Set((schema['required'] ?? []) as string[])
      return Object.fromEntries(
        Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
          .filter(([name]) => required.has(name) || chance.happens(0.5))
          .map(([name, member]) => [name, plausible(member, chance, depth + 1)]),
      )
    }
    if (type === 'array') {
      if (depth > 6) return []
      const count = chance.integer(0, 3)
      return Array.from({ length: count }, () =>
        plausible((schema['items'] ?? {}) as Schema, chance, depth + 1),
      )
    }
    if (type === 'integer' || type === 'number') {
      const least = Number(schema['minimum'] ?? 0)
      return chance.pick([least, least + 1, Number(schema['maximum'] ?? 100), chance.integer(0, 1_000)])
    }
    if (type === 'boolean') return chance.happens(0.5)
    if (type === 'null') return null
    return chance.pick([
      chance.pick(vocabulary.words),
      `text ${chance.digits(4)}`,
      '2026-11-30',
      '2026-11-30T00:00:00Z',
      'ab'.repeat(32),
      '测试',
    ])
  }
}

/** {"alg":"none"}.{"role":"root"}. */
const NONE_JWT = 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoicm9vdCJ9.'

const HOSTILE_TEXTS = [
  '',
  ' ',
  '\u0000',
  '../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%ff%fe',
  '%',
  '‮evil',
  '\ud800',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '${jndi:ldap://x}',
  '{{7*7}}',
  '=cmd|x',
  '__proto__',
  'constructor',
  'toString',
  '-1',
  '1e400',
  '9007199254740993',
  'NaN',
  'null',
  '测试𠮷',
  'e\u0301',
  '１２３',
  'A'.repeat(5_000),
]

/** JSON values that no member expects. */
const HOSTILE_VALUES: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  -(2 ** 53),
  1e300,
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  { toJSON: 1 },
  { length: 5 },
  JSON.parse('{"then":1}'),
  { $ref: '#' },
  Array.from({ length: 500 }, () => 0),
]

function hostileSegment(chance: Chance, { words }: Vocabulary): string {
  const word = chance.pick(words)
  return chance.pick([
    encodeURIComponent(wellFormed(chance.pick(HOSTILE_TEXTS))),
    ascii(chance.pick(HOSTILE_TEXTS)),
    word.slice(0, -1),
    `${word}x`,
    word.toLowerCase(),
    word.toUpperCase(),
    `${word}%20`,
    `%${chance.digits(2)}`,
    word.replace(/[0-9A-Z]/, character => (character === 'A' ? 'B' : 'A')),
  ])
}

function hostileTarget(target: string, chance: Chance): string {
  return chance.pick([
    `${target}/`,
    `/${target}`,
    target.toUpperCase(),
    target.replace('/', '/./'),
    `/..${target}`,
    `${target}%00`,
    `${target}%`,
    `${target}\u00ff\u00fe`,
    `http://other.example${target}`,
    `${target}?${'a=1&'.repeat(500)}`,
    `${target}/${'x'.repeat(9_000)}`,
    `${target}#fragment`,
    `//other.example${target}`,
    '*',
  ])
}

function hostileHeader(chance: Chance): [string, string] {
  return chance.pick<[string, string]>([
    ['accept', 'text/html'],
    ['accept', 'x'.repeat(4_000)],
    ['accept-language', `${'zh,'.repeat(2_000)}en`],
    ['accept-language', '\u00ff\u00fe'],
    ['cookie', '__Host-onceproof-session=x'],
    ['cookie', `__Host-onceproof-session=${'A'.repeat(3_000)}; a=%; =; ;;`],
    ['content-encoding', 'gzip'],
    ['content-encoding', 'br, gzip'],
    ['origin', 'null'],
    ['origin', 'https://evil.example'],
    ['sec-fetch-site', 'cross-site'],
    ['x-forwarded-for', '::1, 999.1.1.1, x'],
    ['range', 'bytes=0-1,5-,-9'],
    ['if-none-match', '*'],
    ['expect', '100-continue'],
    ['dpop', 'x.y.z'],
    ['x-http-method-override', 'DELETE'],
    ['last-event-id', '-1'],
    ['host', 'evil.example'],
  ])
}

/** The value with one member, at any depth, replaced, left out, added or turned into another kind. */
function withHostileMember(value: Json, chance: Chance, vocabulary: Vocabulary): Json {
  if (typeof value !== 'object' || value === null || chance.happens(0.25))
    return hostileValue(chance, vocabulary)
  const names = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  if (names.length === 0) return { unknown: hostileValue(chance, vocabulary) }
  const copy = (Array.isArray(value) ? [...(value as Json[])] : { ...value }) as Record<string | number, Json>
  const name = chance.pick<string | number>(names)
  const way = chance.integer(0, 5)
  if (way === 0) delete copy[name]
  else if (way === 1) copy[`${name}x`] = hostileValue(chance, vocabulary)
  else if (way === 2)
    copy[chance.pick(['constructor', 'unknown', 'toString', '0'])] = hostileValue(chance, vocabulary)
  else copy[name] = withHostileMember(copy[name], chance, vocabulary)
  return copy
}

function hostileValue(chance: Chance, { words }: Vocabulary): Json {
  return chance.pick([
    chance.pick(HOSTILE_VALUES),
    wellFormed(chance.pick(HOSTILE_TEXTS)),
    chance.pick(words),
    [chance.pick(words)],
    chance.integer(-1_000_000, 1_000_000),
  ])
}

/** JSON that is none, or that readers disagree about. */
function spoiltText(text: string, chance: Chance): Buffer {
  const at = chance.integer(0, text.length)
  const deep = chance.pick([33, 1_000, 20_000])
  return chance.pick<() => Buffer>([
    () => Buffer.from(text.slice(0, at)),
    () => Buffer.from(text + text),
    () => Buffer.from(`${text},`),
    () => Buffer.from(`\ufeff${text}`),
    () => Buffer.from(text, 'utf16le'),
    () =>
      Buffer.concat([
        Buffer.from(text.slice(0, at)),
        Buffer.from([0xff, 0xc0, 0x80]),
        Buffer.from(text.slice(at)),
      ]),
    () => Buffer.from(text.replace('{', '{"a":1,"a":2,')),
    () => Buffer.from(text.replace('{', '{"__proto__":{"polluted":true},')),
    () => Buffer.from(text.replace('{', '{"\\u0061":1,"a":1,')),
    () => Buffer.from(text.replace(/"[^"]*"/, '"\\ud800"')),
    () => Buffer.from(text.replace(/"[^"]*"/, '"\\u0000"')),
    () => Buffer.from(text.replace(/:("[^"]*"|\d+)/, ':NaN')),
    () => Buffer.from(text.replace(/:("[^"]*"|\d+)/, ':1e400')),
    () => Buffer.from(text.replace(/:("[^"]*"|\d+)/, ':-0')),
    () => Buffer.from(text.replace(/:("[^"]*"|\d+)/, ':9007199254740993')),
    () => Buffer.from('['.repeat(deep) + ']'.repeat(deep)),
    () => Buffer.from(`{"a":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}}`),
    () => Buffer.from(text.replaceAll('"', "'")),
    () => Buffer.from(''),
    () => Buffer.from('null'),
    () => hostileBytes(chance),
  ])()
}

function hostileBytes(chance: Chance): Buffer {
  const length = chance.pick([0, 1, 7, 300, 5_000])
  const magic = chance.pick([
    '',
    '%PDF-1.7\n',
    'PK\u0003\u0004',
    '\u001f\u008b\u0008',
    '\ufeff',
    '{"',
    '<!DOCTYPE x [',
  ])
  return Buffer.concat([
    Buffer.from(magic, 'latin1'),
    Buffer.from(Array.from({ length }, () => chance.integer(0, 255))),
  ])
}

const wellFormed = (text: string): string => text.toWellFormed()

/** What a request line or header can carry without ending it. */
const ascii = (text: string): string =>
  text.replaceAll(/[^\u0021-\u007e]/g, character =>
    String.fromCharCode(0x80 + (character.charCodeAt(0) % 0x7f)),
  )

/** Bytes that are no request: each is sent on a connection of its own. */
export const RAW_CASES: readonly [name: string, bytes: (chance: Chance) => Buffer][] = (
  [
    ['nothing but line ends', () => '\r\n\r\n\r\n'],
    ['one byte', () => 'G'],
    ['no version', () => 'GET /\r\n\r\n'],
    ['another version', () => 'GET / HTTP/9.9\r\nhost: x\r\n\r\n'],
    ['HTTP/2 preface', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS hello', () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['no host', () => 'GET / HTTP/1.1\r\n\r\n'],
    ['two hosts', () => 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n'],
    [
      'length and chunks',
      () =>
        'POST /verify HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two lengths',
      () => 'POST /verify HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    ],
    ['length that is none', () => 'POST /verify HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n'],
    [
      'length beyond all',
      () =>
        'POST /v1/certificates HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999999999999\r\n\r\n{',
    ],
    [
      'less than it said',
      () =>
        'POST /v1/certificates HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a"',
    ],
    [
      'chunk size that is none',
      () => 'POST /verify HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n',
    ],
    [
      'chunk size beyond all',
      () =>
        'POST /verify HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nab\r\n',
    ],
    [
      'unknown transfer encoding',
      () => 'POST /verify HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    ['folded header', () => 'GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n'],
    ['space before the colon', () => 'GET / HTTP/1.1\r\nhost: x\r\na : b\r\n\r\n'],
    ['bare line feeds', () => 'GET / HTTP/1.1\nhost: x\n\n'],
    ['NUL in a header', () => 'GET / HTTP/1.1\r\nhost: x\r\na: \u0000\r\n\r\n'],
    ['header line without end', () => `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(100_000)}`],
    ['two thousand headers', () => `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(2_000)}\r\n`],
    ['target without end', () => `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['method without end', () => `${'G'.repeat(50_000)} / HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['CONNECT', () => 'CONNECT other.example:443 HTTP/1.1\r\nhost: other.example\r\n\r\n'],
    [
      'upgrade',
      () =>
        'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n',
    ],
    ['a hundred at once', () => 'GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(100)],
    [
      'a body where none belongs, then another request',
      () =>
        'GET /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhelloGET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n',
    ],
  ] as const
)
  .map(([name, text]): [string, (chance: Chance) => Buffer] => [name, () => Buffer.from(text(), 'latin1')])
  .concat([
    [
      'random bytes',
      chance => Buffer.from(Array.from({ length: chance.integer(1, 2_000) }, () => chance.integer(0, 255))),
    ],
    [
      'a request with one bit flipped',
      chance => {
        const bytes = Buffer.from('GET /v1/log HTTP/1.1\r\nhost: x\r\naccept: application/json\r\n\r\n')
        const at = chance.integer(0, bytes.length - 1)
        bytes[at]! ^= 1 << chance.integer(0, 7)
        return bytes
      },
    ],
  ])
