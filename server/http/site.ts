/**
 * The built application (`web/dist/app`) as the browser gets it: every page of it is one document, every other file is named by its
 * content. Files are read once, so no request ever names a path on the disk.
 */
import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import type { Express } from 'express'
import { Refusal } from '../../protocol/refusal.ts'
import { atPublicUrl, type World } from '../world.ts'
import { Unavailable } from './problem.ts'
import { visitOf } from './request-id.ts'

export interface SiteFile {
  readonly type: string
  readonly bytes: Buffer
  /** By content coding. */
  readonly compressed: ReadonlyMap<string, Buffer>
}

const MOUNT = '/app'
const NONCE = '__NONCE__'
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

/** Puts the application's paths on the app. `folder`: where `scripts/build-web.ts` left it. */
export function mountSite(app: Express, world: Pick<World, 'config'>, folder: string): void {
  let files: Map<string, SiteFile> | null = null
  const site = () => (files ??= readSite(folder))

  app.get([MOUNT, `${MOUNT}/`, `${MOUNT}/*path`], (request, response) => {
    visitOf(response).route = MOUNT
    const name = request.path.slice(MOUNT.length + 1)
    const file = isFileName(name) ? site().get(name) : undefined
    if (file !== undefined && name !== 'index.html') sendFile(file, request, response)
    else if (!isFileName(name))
      sendPage(site(), response, atPublicUrl(world, request.headers.host, request.url))
    else throw new Refusal('NO_SUCH_PATH', 'there is nothing at this path')
  })
}

/** Other names are addresses of pages, also those that end in the identifier of a certificate, which has dots. */
const isFileName = (name: string): boolean => /\.[a-z0-9]+$/.test(name) && !/\.\d+$/.test(name)

/** Files by their path under the mount. */
export function readSite(folder: string): Map<string, SiteFile> {
  const names = globSync('**/*', { cwd: folder }).filter(name => TYPES[extname(name)] !== undefined)
  if (!names.includes('index.html')) {
    throw new Unavailable('SITE_NOT_BUILT', 60, `nothing is built in ${folder}`)
  }
  return new Map(names.map(name => [name.replaceAll('\\', '/'), readSiteFile(join(folder, name))]))
}

export function readSiteFile(path: string): SiteFile {
  const compressed = CODINGS.flatMap(([coding, extension]): [string, Buffer][] => {
    try {
      return [[coding, readFileSync(path + extension)]]
    } catch {
      return []
    }
  })
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    bytes: readFileSync(path),
    compressed: new Map(compressed),
  }
}

/** Sends a file of which the name says the content, so that a browser need never ask again. */
export function sendFile(
  file: SiteFile,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>> = {},
): void {
  const accepted = request.headers['accept-encoding'] ?? ''
  const coding = CODINGS.map(([name]) => name).find(
    name =>
      file.compressed.has(name) &&
      new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`).test(accepted),
  )
  const bytes = coding === undefined ? file.bytes : (file.compressed.get(coding) ?? file.bytes)
  response.writeHead(200, {
    'Content-Type': file.type,
    'Content-Length': bytes.length,
    'Cache-Control': 'public, max-age=31536000, immutable',
    Vary: 'Accept-Encoding',
    ...headers,
    ...(coding !== undefined && { 'Content-Encoding': coding }),
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function sendPage(site: Map<string, SiteFile>, response: ServerResponse, elsewhere: string | null): void {
  if (elsewhere !== null) {
    response.writeHead(307, { Location: elsewhere }).end()
    return
  }
  const nonce = randomBytes(16).toString('base64')
  const page = site.get('index.html')?.bytes.toString('utf8') ?? ''
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': applicationPolicy(nonce),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'same-origin',
    'Permissions-Policy':
      'camera=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), geolocation=(), microphone=()',
    'Cross-Origin-Opener-Policy': 'same-origin',
  })
  response.end(page.replaceAll(NONCE, nonce))
}

/** Everything comes from this gateway. Styles that the components write carry the nonce; the scanner's code is WebAssembly. */
function applicationPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
