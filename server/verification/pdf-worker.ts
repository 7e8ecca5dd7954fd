/** A thread that takes one PDF apart (see pdf-attachment.ts). Scripts in it are never run and nothing is fetched. */
import { parentPort, workerData } from 'node:worker_threads'
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs'
import type { PdfContent } from './pdf-attachment.ts'

const MOST_PAGES = 40
const MOST_TEXT = 200_000
const MOST_ATTACHMENT = 2_097_152

parentPort!.postMessage(await read(workerData as Uint8Array).catch(() => null))

async function read(bytes: Uint8Array): Promise<PdfContent> {
  const document = await getDocument({
    data: bytes,
    useSystemFonts: false,
    disableFontFace: true,
    useWorkerFetch: false,
    enableXfa: false,
    stopAtErrors: false,
    verbosity: VerbosityLevel.ERRORS,
  }).promise
  const attachments = ((await document.getAttachments()) ?? {}) as Record<
    string,
    { filename: string; content?: Uint8Array }
  >
  const [attached] = Object.values(attachments).filter(
    ({ filename, content }) =>
      /\.json$/i.test(filename) && content !== undefined && content.length <= MOST_ATTACHMENT,
  )
  return { file: attached?.content ?? null, text: await textOf(document) }
}

async function textOf(document: Awaited<ReturnType<typeof getDocument>['promise']>): Promise<string> {
  let text = ''
  const pages = Math.min(document.numPages, MOST_PAGES)
  for (let number = 1; number <= pages && text.length < MOST_TEXT; number++) {
    const page = await document.getPage(number)
    const { items } = await page.getTextContent()
    text += items.map(item => ('str' in item ? item.str : '')).join('')
  }
  return text.slice(0, MOST_TEXT)
}
