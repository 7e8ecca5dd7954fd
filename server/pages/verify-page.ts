/** The page on which anybody verifies: a number, a file, or a code. Works without script; a script adds the camera. */
import { frame } from './frame.ts'
import { h, link, say, type ReactElement, type ReactNode, type View } from './html.ts'
import { SCAN_SCRIPT_PATH } from './files.ts'
import { words } from './words.ts'
import type { Message } from '../http/messages.ts'

export type VerifyField = 'code' | 'lastFour' | 'file'

export interface VerifyForm {
  /** What was typed, to be put right instead of typed again. */
  code?: string
  errors?: Partial<Record<VerifyField, Message>>
}

export function verifyPage(view: View, form: VerifyForm = {}): ReactElement {
  const { reader } = view
  const errors = Object.entries(form.errors ?? {})
  const title = say(reader, words.verifyTitle)
  return frame(
    view,
    {
      title: errors.length === 0 ? title : say(reader, words.titleError) + title,
      path: '/verify',
      scripts: SCAN_SCRIPT_PATH === null ? [] : [SCAN_SCRIPT_PATH],
    },
    errorSummary(view, form.errors ?? {}),
    h('h1', null, title),
    h('p', { className: 'lead' }, say(reader, words.verifyLead)),
    numberForm(view, form),
    scanCard(view),
    h(
      'section',
      { className: 'card', 'aria-labelledby': 'by-file' },
      h('h2', { id: 'by-file' }, say(reader, words.byFile)),
      h(
        'form',
        { action: link(reader, '/verify/file'), method: 'post', encType: 'multipart/form-data' },
        field(view, {
          name: 'file',
          label: words.fileLabel,
          hint: words.fileHint,
          error: form.errors?.file,
          input: { type: 'file', accept: '.pdf,.json,application/pdf,application/json' },
        }),
        h('button', { type: 'submit' }, say(reader, words.check)),
      ),
    ),
    h(
      'p',
      { className: 'hint' },
      h('a', { href: link(reader, '/verify/help') }, say(reader, words.whatItProves)),
    ),
  )
}

/** The form for somebody who has the short code already (a link without its key). */
export function lastFourPage(view: View, shortCode: string): ReactElement {
  const { reader } = view
  return frame(
    view,
    { title: say(reader, words.paperTitle), path: `/v/${shortCode}` },
    h('h1', null, say(reader, words.paperTitle)),
    h('p', { className: 'lead' }, say(reader, words.paperLead)),
    numberForm(view, { code: shortCode }),
  )
}

function numberForm(view: View, { code, errors = {} }: VerifyForm): ReactElement {
  const { reader } = view
  return h(
    'section',
    { className: 'card', 'aria-labelledby': 'by-number' },
    h('h2', { id: 'by-number' }, say(reader, words.byNumber)),
    h(
      'form',
      { action: link(reader, '/verify'), method: 'post' },
      field(view, {
        name: 'code',
        label: words.codeLabel,
        hint: words.codeHint,
        error: errors.code,
        input: { defaultValue: code, maxLength: 200, autoCapitalize: 'characters' },
      }),
      field(view, {
        name: 'lastFour',
        label: words.lastFourLabel,
        hint: words.lastFourHint,
        error: errors.lastFour,
        input: { maxLength: 8, className: 'short', autoCapitalize: 'characters' },
      }),
      h('button', { type: 'submit' }, say(reader, words.check)),
    ),
  )
}

/** Without script: how to scan with the phone. The script puts its buttons into the last element. */
function scanCard({ reader, site }: View): ReactElement {
  return h(
    'section',
    { className: 'card', 'aria-labelledby': 'by-code' },
    h('h2', { id: 'by-code' }, say(reader, words.byCode)),
    h('p', null, say(reader, words.scanPlain)),
    h('p', null, h('strong', { className: 'address' }, `${site.url}/`)),
    h('div', { id: 'scanner', 'data-origin': site.url, 'data-query': link(reader, '') }),
  )
}

/** Errors are said once at the top, each leading to its field, and again beside it. */
export function errorSummary(
  { reader }: View,
  errors: Readonly<Record<string, Message | undefined>>,
): ReactNode {
  const found = Object.entries(errors).flatMap(([name, message]) =>
    message ? [[name, message] as const] : [],
  )
  if (found.length === 0) return null
  return h(
    'section',
    { className: 'errors', role: 'alert', 'aria-labelledby': 'errors' },
    h('h2', { id: 'errors' }, say(reader, words.errorTitle)),
    h(
      'ul',
      null,
      ...found.map(([name, message]) =>
        h('li', { key: name }, h('a', { href: `#${name}` }, say(reader, message))),
      ),
    ),
  )
}

interface FieldOptions {
  name: string
  label: Message
  hint?: Message
  error?: Message | undefined
  element?: 'input' | 'textarea'
  input?: Record<string, string | number | undefined>
}

export function field({ reader }: View, options: FieldOptions): ReactElement {
  const { name, label, hint, error, element = 'input', input = {} } = options
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ')
  return h(
    'div',
    { className: error ? 'field wrong' : 'field' },
    h('label', { htmlFor: name }, say(reader, label)),
    hint && h('p', { className: 'hint', id: `${name}-hint` }, say(reader, hint)),
    error && h('p', { className: 'error', id: `${name}-error` }, say(reader, error)),
    h(element, {
      id: name,
      name,
      autoComplete: 'off',
      spellCheck: false,
      'aria-describedby': described || undefined,
      'aria-invalid': error ? true : undefined,
      ...input,
    }),
  )
}
