/**
 * Files that the pages load. Their names say their content, so a browser keeps them for ever and a new release is loaded at once.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const style = readFileSync(new URL('style.css', import.meta.url))

export const FILES_PATH = '/verify/files/'
const named = (bytes: Uint8Array, extension: string) =>
  `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.${extension}`

const styleName = named(style, 'css')
export const STYLE_PATH = FILES_PATH + styleName
export const CHECK_SCRIPT_PATH: string | null = null
export const SCAN_SCRIPT_PATH: string | null = null
export const VERIFIER_PATH: string | null = null

/** By name. */
export const pageFiles: ReadonlyMap<string, { type: string; bytes: Uint8Array }> = new Map([
  [styleName, { type: 'text/css; charset=utf-8', bytes: style }],
])
