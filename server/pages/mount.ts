/** The parts of the pages that are no routes: the files that they load, and what a person sees when something went wrong. */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Express } from 'express'
import { Refusal } from '../../protocol/refusal.ts'
import type { ProblemPage } from '../http/edge.ts'
import { sendFile } from '../http/site.ts'
import { visitOf } from '../http/request-id.ts'
import { splitUrl } from '../http/url.ts'
import type { World } from '../world.ts'
import { FILES_PATH, pageFiles } from './files.ts'
import { html, readerOf, siteOf, type ReaderQuery } from './html.ts'
import { problemPage } from './problem-page.ts'

/** Serves the files of the pages; compressed once, not for each request. */
export function mountPageFiles(app: Express): void {
  const files = new Map(
    [...pageFiles].map(([name, { type, bytes }]) => {
      const compressed = new Map([
        ['br', brotliCompressSync(bytes)],
        ['gzip', gzipSync(bytes, { level: 9 })],
      ])
      return [name, { type, bytes: Buffer.from(bytes), compressed }]
    }),
  )
  app.get(`${FILES_PATH}:name`, (request, response) => {
    visitOf(response).route = `${FILES_PATH}{name}`
    const file = files.get(request.params.name)
    if (file === undefined) throw new Refusal('NO_SUCH_PATH', 'there is no such file')
    sendFile(file, request, response)
  })
}

/** Pages for whoever navigates; the API's own paths answer data, whoever asks. */
export const problemPageFor =
  (world: Pick<World, 'config'>): ProblemPage =>
  (problem, request, language) => {
    const url = request.url ?? '/'
    if (url.startsWith('/v1/')) return null
    const parameters = new URLSearchParams(splitUrl(url).query)
    const query: ReaderQuery = {
      ...(parameters.get('lang') === 'en' && { lang: 'en' }),
      ...(parameters.get('lang') === 'zh' && { lang: 'zh' }),
      ...(parameters.get('mode') === 'elder' && { mode: 'elder' }),
    }
    const reader = readerOf(query, { 'accept-language': language })
    return html(problemPage({ site: siteOf(world), reader }, problem))
  }
