/** The scanner's buttons and the drop of a file; what reads codes is loaded when it is first needed. */
import { element } from './element.ts'
import { ownPath } from './own-address.ts'
import { say, words } from './words.ts'

type ReadCode = (picture: ImageBitmapSource) => Promise<string | null>

const LOOK_EVERY_MS = 150

const place = document.getElementById('scanner')
if (place !== null) offerScanner(place)
const upload = document.querySelector<HTMLInputElement>('input[type=file][name=file]')
if (upload !== null) offerDrop(upload)

function offerScanner(place: HTMLElement): void {
  const origin = place.dataset['origin'] ?? location.origin
  const status = element('div', { role: 'status' })
  const camera = element('button', { type: 'button' }, say(words.scanCamera))
  const picture = element('input', { type: 'file', accept: 'image/*', id: 'scan-picture' })
  const label = element('label', { for: 'scan-picture' }, say(words.scanPicture))
  place.append(camera, element('div', { class: 'field' }, label, picture), status)
  const tell = (...parts: (Node | string)[]) => status.replaceChildren(...parts)
  const take = (scanned: string) => {
    const path = ownPath(scanned, origin)
    if (path === null) return tell(...refusal(scanned, origin))
    tell(say(words.found))
    location.assign(withChoices(path, place.dataset['query'] ?? ''))
  }
  picture.addEventListener('change', () => void scanPicture(picture, take, tell))
  camera.addEventListener('click', () => void scanCamera(camera, place, take, tell))
}

/** The foreign address is shown as text, never as a link. */
function refusal(scanned: string, origin: string): Node[] {
  return [
    element('p', { class: 'error' }, say(words.foreign)),
    element('p', {}, element('code', {}, scanned.slice(0, 300))),
    element('p', {}, say(words.foreignWhy)),
    element('p', {}, element('strong', { class: 'address' }, `${origin}/`)),
  ]
}

function withChoices(path: string, query: string): string {
  const choices = query.replace(/^\?/, '')
  return choices === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${choices}`
}

type Tell = (...parts: (Node | string)[]) => void

async function scanPicture(
  input: HTMLInputElement,
  take: (scanned: string) => void,
  tell: Tell,
): Promise<void> {
  const file = input.files?.[0]
  if (file === undefined) return
  tell(say(words.loading))
  const bitmap = await createImageBitmap(file).catch(() => null)
  if (bitmap === null) return tell(say(words.notPicture))
  const readCode = await loadReader(tell)
  if (readCode === null) return
  const scanned = await readCode(bitmap).catch(() => null)
  if (scanned === null) tell(say(words.noCode))
  else take(scanned)
}

async function scanCamera(
  button: HTMLButtonElement,
  place: HTMLElement,
  take: (scanned: string) => void,
  tell: Tell,
): Promise<void> {
  // Absent where the page was not loaded over https or from this computer.
  if (!('mediaDevices' in navigator)) return tell(say(words.noCamera))
  tell(say(words.loading))
  // Pressed twice, it would begin twice and show two pictures.
  button.disabled = true
  const readCode = await loadReader(tell)
  const stream =
    readCode === null
      ? null
      : await navigator.mediaDevices
          .getUserMedia({ video: { facingMode: 'environment' }, audio: false })
          .catch(() => null)
  button.disabled = false
  if (readCode === null) return
  if (stream === null) return tell(say(words.cameraRefused))
  const video = element('video', { playsinline: '', muted: '', 'aria-hidden': 'true' })
  video.srcObject = stream
  const stop = element('button', { type: 'button', class: 'quiet' }, say(words.scanStop))
  const over = new AbortController()
  const end = () => {
    over.abort()
    for (const track of stream.getTracks()) track.stop()
    video.remove()
    stop.remove()
    button.hidden = false
    button.focus()
  }
  stop.addEventListener('click', () => {
    end()
    tell()
  })
  button.hidden = true
  place.prepend(video, stop)
  stop.focus()
  tell(say(words.scanning))
  await video.play().catch(() => undefined)
  while (!over.signal.aborted) {
    const scanned = video.readyState >= 2 ? await readCode(video).catch(() => null) : null
    if (scanned !== null && !over.signal.aborted) {
      end()
      take(scanned)
    }
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

async function loadReader(tell: Tell): Promise<ReadCode | null> {
  try {
    return (await import('./read-code.ts')).readCode
  } catch {
    tell(say(words.scanFailed))
    return null
  }
}

/** Dropping is one more way; the button beside it does the same. */
function offerDrop(input: HTMLInputElement): void {
  const form = input.form
  if (form === null) return
  const zone = form.parentElement ?? form
  input.before(element('p', { class: 'hint' }, say(words.drop)))
  zone.addEventListener('dragover', event => {
    event.preventDefault()
    zone.classList.add('dropping')
  })
  zone.addEventListener('dragleave', () => zone.classList.remove('dropping'))
  zone.addEventListener('drop', event => {
    event.preventDefault()
    zone.classList.remove('dropping')
    const files = event.dataTransfer?.files
    if (files === undefined || files.length === 0) return
    input.files = files
    form.requestSubmit()
  })
}
