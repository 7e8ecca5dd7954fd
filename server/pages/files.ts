/**
 * Files that the pages load. Their names say their content, so a browser keeps them for ever and a new release is loaded at once. Pages are
 * whole without the built ones (`scripts/build-web.ts`): then they offer no scanner and no second check, and miss nothing else.
 */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { readSiteFile, type SiteFile } from '../http/site.ts'

export const FILES_PATH = '/verify/files/'
const BUILT = fileURLToPath(new URL('../../web/dist/verify', import.meta.url))
const VERIFIER = 'onceproof-verify.html'

const style = readFileSync(new URL('style.css', import.meta.url))
const styleName = `style-${createHash('sha256').update(style).digest('hex').slice(0, 16)}.css`
const scripts = builtScripts()
const built = globSync('*.{js,wasm,html}', { cwd: BUILT })

export const STYLE_PATH = FILES_PATH + styleName
export const CHECK_SCRIPT_PATH = pathOf(scripts['check.ts']?.file)
export const SCAN_SCRIPT_PATH = pathOf(scripts['scan.ts']?.file)
/** The verifier in one file, to be saved and opened without this gateway. */
export const VERIFIER_PATH = pathOf(built.find(name => name === VERIFIER))

/** By name. */
export const pageFiles: ReadonlyMap<string, SiteFile> = new Map([
  [styleName, compressed('text/css; charset=utf-8', style)],
  ...built.map((name): [string, SiteFile] => [name, readSiteFile(join(BUILT, name))]),
])

function compressed(type: string, bytes: Buffer): SiteFile {
  const copies = new Map([
    ['br', brotliCompressSync(bytes)],
    ['gzip', gzipSync(bytes, { level: 9 })],
  ])
  return { type, bytes, compressed: copies }
}

/** What was built of each source file. */
function builtScripts(): Readonly<Record<string, { file: string }>> {
  try {
    return JSON.parse(readFileSync(join(BUILT, 'manifest.json'), 'utf8')) as Record<string, { file: string }>
  } catch {
    return {}
  }
}

function pathOf(name: string | undefined): string | null {
  return name === undefined ? null : FILES_PATH + name
}
