/** The parts of the pages that are no routes: the files that they load, and what a person sees when something went wrong. */
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

/** Serves the files of the pages. The verifier in one file has the same name in every release: it is asked for again each time. */
export function mountPageFiles(app: Express): void {
  app.get(`${FILES_PATH}:name`, (request, response) => {
    visitOf(response).route = `${FILES_PATH}{name}`
    const file = pageFiles.get(request.params.name)
    if (file === undefined) throw new Refusal('NO_SUCH_PATH', 'there is no such file')
    const isNamedByContent = !request.params.name.endsWith('.html')
    sendFile(file, request, response, isNamedByContent ? {} : { 'Cache-Control': 'no-cache' })
  })
}

/** Pages for whoever navigates; the API's own paths answer data, whoever asks. */
export const problemPageFor =
  (world: Pick<World, 'config' | 'catalogue'>): ProblemPage =>
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
