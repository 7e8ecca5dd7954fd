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
  return { file: await attachedFile(document), text: await textOf(document) }
}

type Document = Awaited<ReturnType<typeof getDocument>['promise']>

/** The first attachment that is named like a certificate or record file. */
async function attachedFile(document: Document): Promise<Uint8Array | null> {
  for (const [id, { filename }] of (await document.getAttachments()) ?? []) {
    if (!/\.json$/i.test(filename)) continue
    const content = await document.getAttachmentContent(id)
    if (content !== null && content.length <= MOST_ATTACHMENT) return content
  }
  return null
}

async function textOf(document: Document): Promise<string> {
  let text = ''
  const pages = Math.min(document.numPages, MOST_PAGES)
  for (let number = 1; number <= pages && text.length < MOST_TEXT; number++) {
    const page = await document.getPage(number)
    const { items } = await page.getTextContent({ includeMarkedContent: true })
    text += contentOf(items)
  }
  return text.slice(0, MOST_TEXT)
}

/** Without artifacts: a page number and a watermark stand between the lines of a value, and belong to none. */
function contentOf(items: Awaited<ReturnType<Page['getTextContent']>>['items']): string {
  let text = ''
  const marks: boolean[] = []
  for (const item of items) {
    if ('str' in item) text += marks.includes(true) ? '' : item.str
    else if (item.type === 'endMarkedContent') marks.pop()
    // Its types leave out the tag.
    else marks.push((item as { tag?: string }).tag === 'Artifact')
  }
  return text
}

type Page = Awaited<ReturnType<Document['getPage']>>
