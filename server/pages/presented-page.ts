/** What anybody sees who scans a holder's code with an ordinary phone. */
import { VERDICTS } from '../../protocol/verdict.ts'
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import type { ShownCertificate } from '../presentations/show.ts'
import { verdictWords } from '../wording/verdict-words.ts'
import { frame } from './frame.ts'
import { h, link, say, type ReactElement, type ReactNode, type View } from './html.ts'
import { icon } from './icon.ts'
import { dateText, timeText } from '../wording/times.ts'
import { printedField } from '../catalogue/printed.ts'
import { colon, facts, lines, printLanguage } from './verdict-page.ts'
import { TONE_WORDS } from '../wording/tone-words.ts'
import { words } from './words.ts'

export interface PresentedPage {
  path: string
  checkedAt: number
  expiresAt: number
  certificates: { shown: ShownCertificate; definition: TypeDefinition | null }[]
}

export function presentedPage(
  view: View,
  { path, checkedAt, expiresAt, certificates }: PresentedPage,
): ReactElement {
  const { reader } = view
  const { language } = reader
  return frame(
    view,
    { title: say(reader, words.presentedTitle), path },
    h('h1', null, say(reader, words.presentedTitle)),
    h('p', { className: 'lead' }, say(reader, words.presentedLead)),
    h(
      'p',
      { className: 'hint' },
      `${say(reader, words.checkedAt)}${colon(reader)}${timeText(checkedAt, language)}`,
      h('br'),
      `${say(reader, words.presentedUntil)}${colon(reader)}${timeText(expiresAt, language)}`,
    ),
    ...certificates.map(({ shown, definition }, index) => presentedCard(view, shown, definition, index)),
    h(
      'section',
      { className: 'card person', 'aria-labelledby': 'person' },
      h('h2', { id: 'person' }, say(reader, words.person)),
      h('p', null, say(reader, words.personWho)),
    ),
    h(
      'p',
      { className: 'actions' },
      h(
        'a',
        { className: 'button quiet', href: link(reader, '/verify/report') },
        say(reader, words.reportFake),
      ),
    ),
  )
}

function presentedCard(
  { reader }: View,
  { type, verdict, validFrom, validUntil, fields }: ShownCertificate,
  definition: TypeDefinition | null,
  index: number,
): ReactElement {
  const { tone } = VERDICTS[verdict]
  const { headline, why, next } = verdictWords(verdict)
  const named = fields.map(([key, value]): [string, ReactNode] => {
    const field = definition?.fields.find(one => one.key === key)
    return field === undefined
      ? [key, '****']
      : [say(reader, field), lines(reader, printedField(field, value, printLanguage(reader)).value)]
  })
  const until = validUntil === null ? say(reader, words.withoutEnd) : dateText(validUntil, reader.language)
  return h(
    'section',
    { key: index, className: `verdict tone-${tone}`, 'aria-labelledby': `certificate-${index}` },
    h('p', { className: 'tone' }, icon(tone), h('span', null, say(reader, TONE_WORDS[tone]))),
    h('h2', { id: `certificate-${index}` }, `${say(reader, type)}${colon(reader)}${say(reader, headline)}`),
    h('p', { className: 'why' }, say(reader, why)),
    h(
      'p',
      { className: 'next' },
      h('strong', null, say(reader, words.next)),
      colon(reader),
      say(reader, next),
    ),
    facts([
      ...named,
      [say(reader, words.validFrom), dateText(validFrom, reader.language)],
      [say(reader, words.validUntil), until],
    ]),
  )
}
