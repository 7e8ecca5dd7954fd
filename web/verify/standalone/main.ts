/**
 * Verifies a certificate file on the device it is opened on: the trust file, and the snapshot or node, are those of whoever opens it. Nothing
 * is loaded and nothing is sent but questions to a node that was typed in.
 */
import { sha256 } from '#crypto'
import { snapshotView, parseSnapshot } from '../../../protocol/snapshot.ts'
import { fingerprint, parseTrust, type Trust } from '../../../protocol/trust.ts'
import type { ChainView } from '../../../protocol/chain-view.ts'
import { QUESTIONS, VERDICTS } from '../../../protocol/verdict.ts'
import { verify, type Verification } from '../../../protocol/verify.ts'
import { viewThrough } from '../../../server/chain/questions.ts'
import { createRpc } from '../../../server/chain/rpc.ts'
import { messageOf } from '../../../server/http/messages.ts'
import { dateText, timeText } from '../../../server/wording/times.ts'
import { QUESTION_WORDS, verdictWords } from '../../../server/wording/verdict-words.ts'
import { ANSWER_WORDS, TONE_WORDS } from '../../../server/wording/tone-words.ts'
import { element } from '../element.ts'
import { readerAt } from '../reader.ts'
import { say, type Words } from '../words.ts'
import { signOf } from './sign.ts'
import { words } from './words.ts'

type Found = { verification: Verification; at: number }

let last: Found | null = null
const status = element('div', { id: 'result', 'aria-live': 'polite' })

/** The page in the present language; what was chosen in its fields is kept. */
function draw(): void {
  const kept = document.querySelector('form')
  document.title = `${say(words.title)} · ${say(words.brand)}`
  const form = kept ?? buildForm()
  if (kept !== null) retitle(form)
  const main = element(
    'main',
    { id: 'main' },
    element('h1', {}, say(words.title)),
    element('p', { class: 'lead' }, say(words.lead)),
  )
  main.append(element('section', { class: 'card' }, form), status)
  document.body.replaceChildren(head(), main)
  if (last !== null) show(last)
}

function head(): HTMLElement {
  const language = element('button', { type: 'button', class: 'quiet' }, say(words.other))
  language.addEventListener('click', () => {
    const { documentElement } = document
    documentElement.lang = documentElement.lang === 'en' ? 'zh-CN' : 'en'
    draw()
  })
  const isElder = document.body.classList.contains('elder')
  const size = element(
    'button',
    { type: 'button', class: 'quiet' },
    say(isElder ? words.standard : words.elder),
  )
  size.addEventListener('click', () => {
    document.body.classList.toggle('elder')
    draw()
  })
  const nav = element('nav', { 'aria-label': say(words.options) }, language, size)
  const brand = element('span', { class: 'brand' }, element('strong', {}, say(words.brand)))
  return element('header', {}, element('div', { class: 'bar' }, brand, nav))
}

const FIELDS: readonly [id: string, label: Words, hint: Words, type: 'file' | 'url'][] = [
  ['file', words.file, words.fileHint, 'file'],
  ['trust', words.trust, words.trustHint, 'file'],
  ['snapshot', words.snapshot, words.snapshotHint, 'file'],
  ['node', words.node, words.nodeHint, 'url'],
  ['original', words.original, words.originalHint, 'file'],
]

function buildForm(): HTMLFormElement {
  const form = element('form', { novalidate: '' })
  for (const [id, , , type] of FIELDS) {
    form.append(
      element(
        'div',
        { class: 'field' },
        element('label', { for: id }),
        element('p', { class: 'hint', id: `${id}-hint` }),
        element('input', { id, type, 'aria-describedby': `${id}-hint`, autocomplete: 'off' }),
      ),
    )
  }
  form.append(element('button', { type: 'submit' }))
  form.addEventListener('submit', event => {
    event.preventDefault()
    void run()
  })
  retitle(form)
  return form
}

function retitle(form: HTMLFormElement): void {
  for (const [id, label, hint] of FIELDS) {
    form.querySelector(`label[for=${id}]`)!.textContent = say(label)
    form.querySelector(`#${id}-hint`)!.textContent = say(hint)
  }
  form.querySelector('button')!.textContent = say(words.verify)
}

const input = (id: string): HTMLInputElement => document.getElementById(id) as HTMLInputElement

async function bytesIn(id: string): Promise<Uint8Array | null> {
  const file = input(id).files?.[0]
  return file === undefined ? null : new Uint8Array(await file.arrayBuffer())
}

async function run(): Promise<void> {
  last = null
  status.replaceChildren(say(words.working))
  const [file, trustBytes, snapshot, original] = await Promise.all(
    ['file', 'trust', 'snapshot', 'original'].map(bytesIn),
  )
  const node = input('node').value.trim()
  if (!file || !trustBytes || (!snapshot && node === '')) return complain(words.missing)
  const trust = attempt(() => parseTrust(trustBytes))
  if (trust === null) return complain(words.trustWrong)
  const view = snapshot
    ? attempt(() => snapshotView(parseSnapshot(snapshot)))
    : attempt(() => nodeView(node, trust))
  if (view === null) return complain(snapshot ? words.snapshotWrong : words.nodeWrong)
  const at = Math.floor(Date.now() / 1000)
  const verification = await verify(file, trust, view, at, original ? { digest: sha256(original) } : {})
  last = { verification, at }
  show(last)
  status.prepend(
    element(
      'p',
      { class: 'note' },
      `${say(words.fingerprint)} `,
      element('code', {}, fingerprint(trustBytes)),
    ),
  )
  status.querySelector<HTMLElement>('h2')?.focus()
}

const complain = (what: Words): void =>
  status.replaceChildren(element('section', { class: 'errors', role: 'alert' }, element('p', {}, say(what))))

function attempt<Result>(work: () => Result): Result | null {
  try {
    return work()
  } catch {
    return null
  }
}

function nodeView(url: string, trust: Trust): ChainView {
  const rpc = createRpc(url)
  return viewThrough(rpc, trust.contracts, block => readerAt(rpc, trust.contracts, block))
}

const language = () => (document.documentElement.lang === 'en' ? ('en' as const) : ('zh-CN' as const))

function show({ verification, at }: Found): void {
  status.replaceChildren(
    verdictCard(verification, at),
    contentCard(verification),
    checksCard(verification),
    technicalCard(verification),
  )
}

function verdictCard({ verdict, subject, asOf }: Verification, at: number): HTMLElement {
  const { tone } = VERDICTS[verdict]
  const { headline, why, next } = verdictWords(verdict, subject?.kind)
  const card = element(
    'section',
    { class: `verdict tone-${tone}${verdict === 'TEST' ? ' test' : ''}` },
    element('p', { class: 'tone' }, signOf(tone), element('span', {}, say(TONE_WORDS[tone]))),
    element('h2', { tabindex: '-1' }, say(headline)),
    element('p', { class: 'why' }, say(why)),
    element('p', { class: 'next' }, `${say(words.next)}: ${say(next)}`),
    element('p', { class: 'time' }, `${say(words.checkedAt)}: ${timeText(at, language())}`),
  )
  if (asOf !== null)
    card.append(element('p', { class: 'time' }, `${say(words.asOf)}: ${timeText(asOf.time, language())}`))
  if (subject?.kind === 'certificate') card.append(element('p', {}, say(words.person)))
  return card
}

function contentCard({ subject, answers, issuer }: Verification): HTMLElement {
  const card = element('section', { class: 'card' }, element('h2', {}, say(words.content)))
  const isProved = answers.intact.answer === 'yes' && answers.authorised.answer === 'yes'
  if (subject === null || !isProved) {
    card.append(element('p', {}, say(words.unverified)))
    return card
  }
  const rows: [string, string][] = issuer === null ? [] : [[say(words.issuer), issuer.did]]
  if (subject.kind === 'certificate') {
    const { fields, validFrom, validUntil } = subject.certificate
    for (const [name, value] of fields) if (!isFingerprint(value)) rows.push([name, textOf(value)])
    if (fields.size === 0) card.append(element('p', {}, say(words.none)))
    rows.push([say(words.validFrom), dateText(validFrom, language())])
    if (validUntil !== null) rows.push([say(words.validUntil), dateText(validUntil, language())])
  }
  card.append(facts(rows))
  return card
}

function checksCard({ answers }: Verification): HTMLElement {
  const items = QUESTIONS.map(question => {
    const { answer, because } = answers[question]
    const { ask, how } = QUESTION_WORDS[question]
    const tone = ({ yes: 'success', no: 'error', unknown: 'neutral' } as const)[answer]
    return element(
      'li',
      {},
      element('h3', {}, say(ask)),
      element(
        'p',
        { class: `answer tone-${tone}` },
        signOf(tone),
        element(
          'span',
          {},
          element('strong', {}, say(ANSWER_WORDS[answer])),
          ` · ${messageOf(because, language()) ?? because}`,
        ),
      ),
      element('details', {}, element('summary', {}, say(words.how)), element('p', {}, say(how))),
    )
  })
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, say(words.checks)),
    element('ol', { class: 'checks' }, ...items),
  )
}

function technicalCard({ verdict, answers, subject, anchor, issuer }: Verification): HTMLElement {
  const rows: [string, string][] = [
    [say(words.reasons), [verdict, ...QUESTIONS.map(question => answers[question].because)].join(' · ')],
  ]
  if (subject !== null) rows.push([say(words.leaf), subject.leaf])
  if (subject?.kind === 'certificate') {
    const { identifier, fields } = subject.certificate
    rows.push([say(words.identifier), identifier])
    for (const [name, value] of fields) if (isFingerprint(value)) rows.push([name, textOf(value)])
  }
  if (anchor !== null)
    rows.push([
      say(words.anchor),
      `${anchor.blockNumber} · ${new Date(anchor.blockTime * 1000).toISOString()}`,
    ])
  if (issuer !== null) rows.push([say(words.issuer), `${issuer.did} ${issuer.uscc}`])
  return element(
    'details',
    { class: 'card technical' },
    element('summary', {}, element('h2', {}, say(words.technical))),
    facts(rows),
  )
}

/** Of a photo, say: it tells people nothing and stands in the technical part. */
const isFingerprint = (value: unknown): boolean =>
  typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const facts = (rows: readonly [string, string][]): HTMLElement =>
  element(
    'dl',
    {},
    ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  )

draw()
