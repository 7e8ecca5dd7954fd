/**
 * The verdict, in the order in which people need it: what it is, what they must still look at themselves, what the certificate says, how it
 * was checked, who issued it, the technical part, and where to report a fake.
 */
import { Fragment } from 'react'
import { QUESTIONS, VERDICTS, type Answer, type Question } from '../../protocol/verdict.ts'
import { messageOf } from '../http/messages.ts'
import { QUESTION_WORDS, verdictWords } from '../wording/verdict-words.ts'
import { CHECK_SCRIPT_PATH } from './files.ts'
import { frame } from './frame.ts'
import { h, link, say, type ReactElement, type ReactNode, type Reader, type View } from './html.ts'
import { icon } from './icon.ts'
import type { Shown } from './shown.ts'
import { dateText, timeText } from '../wording/times.ts'
import { printedField, type PrintedValue } from '../catalogue/printed.ts'
import { ANSWER_WORDS, TONE_WORDS } from '../wording/tone-words.ts'
import { words } from './words.ts'

export function verdictPage(view: View, shown: Shown): ReactElement {
  const { reader } = view
  const { headline } = wordsOf(shown)
  const scripts = shown.sealed === null || CHECK_SCRIPT_PATH === null ? [] : [CHECK_SCRIPT_PATH]
  return frame(
    view,
    { title: say(reader, headline), path: shown.path ?? '/verify', scripts },
    verdictHead(view, shown),
    comparison(view, shown),
    person(view, shown),
    details(view, shown),
    questions(view, shown),
    issuer(view, shown),
    technical(view, shown),
    inBrowser(view, shown),
    ending(view, shown),
  )
}

/** Whether the pages of the PDF say something else than the certificate in it: then nothing on this page may look like a yes. */
const isDifferent = ({ upload }: Shown): boolean => upload?.comparison?.kind === 'differs'

function wordsOf(shown: Shown) {
  if (!isDifferent(shown)) return verdictWords(shown.verdict, shown.kind)
  return { headline: words.differsHeadline, why: words.differsWhy, next: words.differsNext }
}

function verdictHead({ reader }: View, shown: Shown): ReactElement {
  const { headline, why, next } = wordsOf(shown)
  const tone = isDifferent(shown) ? 'error' : VERDICTS[shown.verdict].tone
  const { checkedAt, verification, verdict } = shown
  const asOf = verification?.asOf ?? null
  return h(
    'section',
    { className: `verdict tone-${tone}${verdict === 'TEST' ? ' test' : ''}`, 'aria-labelledby': 'verdict' },
    h('p', { className: 'tone' }, icon(tone), h('span', null, say(reader, TONE_WORDS[tone]))),
    h('h1', { id: 'verdict' }, say(reader, headline)),
    h('p', { className: 'why' }, say(reader, why)),
    h(
      'p',
      { className: 'next' },
      h('strong', null, say(reader, words.next)),
      colon(reader),
      say(reader, next),
    ),
    h(
      'p',
      { className: 'time' },
      say(reader, words.checkedAt),
      colon(reader),
      timeText(checkedAt, reader.language),
      verdict === 'OFFLINE_OK' && asOf !== null && h('br'),
      verdict === 'OFFLINE_OK' &&
        asOf !== null &&
        `${say(reader, words.asOfBlock)}${colon(reader)}${timeText(asOf.time, reader.language)}`,
    ),
    shown.upload !== null && h('p', { className: 'time' }, say(reader, words.fileUsed)),
  )
}

function comparison({ reader }: View, { upload }: Shown): ReactNode {
  const found = upload?.comparison ?? null
  if (found === null) return null
  if (found.kind !== 'differs')
    return h('p', { className: 'note' }, say(reader, found.kind === 'same' ? words.pdfSame : words.pdfNoText))
  return h(
    'section',
    { className: 'card', 'aria-labelledby': 'differs' },
    h('h2', { id: 'differs' }, say(reader, words.differsFields)),
    h('ul', null, ...found.fields.map(name => h('li', { key: name.en }, say(reader, name)))),
  )
}

/** Nobody has to compare a person with what is no certificate. */
const ASK_FOR_PERSON: ReadonlySet<string> = new Set([
  'VALID',
  'OFFLINE_OK',
  'PENDING_ANCHOR',
  'EXPIRED',
  'NOT_YET_VALID',
])

function person({ reader }: View, shown: Shown): ReactNode {
  if (shown.kind === 'record' || isDifferent(shown) || !ASK_FOR_PERSON.has(shown.verdict)) return null
  const { type } = shown
  const name = shown.fields.find(({ key }) => key === type?.nameField.split('.')[0])
  const isBody = type?.holderType === 'legal'
  return h(
    'section',
    { className: 'card person', 'aria-labelledby': 'person' },
    h('h2', { id: 'person' }, say(reader, words.person)),
    h('p', null, say(reader, isBody ? words.personBody : words.personWho)),
    typeof name?.value === 'string' &&
      h(
        'p',
        null,
        say(reader, isBody ? words.bodyName : words.personName),
        colon(reader),
        h('strong', { className: 'name' }, name.value),
      ),
  )
}

function details(view: View, shown: Shown): ReactNode {
  const { reader } = view
  const { type, department, fields, verification } = shown
  if (verification === null || verification.subject === null) return null
  const intact = verification.answers.intact.answer === 'yes'
  if (!intact) return h('p', { className: 'note' }, say(reader, words.notVerified))
  const rows: [string, ReactNode][] = [
    ...(type === null ? [] : [[say(reader, words.type), say(reader, type)] as [string, ReactNode]]),
    ...(department === null
      ? []
      : [[say(reader, words.issuer), say(reader, department)] as [string, ReactNode]]),
    ...recordRows(reader, shown),
    ...fields.map(({ name, definition, value }): [string, ReactNode] => [
      say(reader, name),
      lines(reader, printedField(definition, value, printLanguage(reader)).value),
    ]),
    ...validityRows(reader, shown),
  ]
  return h(
    'section',
    { className: 'card', 'aria-labelledby': 'details' },
    h('h2', { id: 'details' }, say(reader, words.details)),
    h('p', { className: 'hint' }, say(reader, words.detailsNote)),
    facts(rows),
    anchoredLine(reader, shown),
    shown.upload === null && h('p', { className: 'hint' }, say(reader, words.detailsRest)),
  )
}

/** The dates that count, unless the certificate's own fields say them already. */
function validityRows(reader: Reader, { type, fields, validFrom, validUntil }: Shown): [string, ReactNode][] {
  if (validFrom === null) return []
  const { language } = reader
  const keys = new Set(fields.map(({ key }) => key))
  const validity = type?.validity
  const from = validity?.from
  const until = validity !== undefined && 'field' in validity ? validity.field : undefined
  const end = validUntil === null ? say(reader, words.withoutEnd) : dateText(validUntil, language)
  return [
    ...(from !== undefined && keys.has(from)
      ? []
      : [row(say(reader, words.validFrom), dateText(validFrom, language))]),
    ...(until !== undefined && keys.has(until) ? [] : [row(say(reader, words.validUntil), end)]),
  ]
}

const row = (name: string, value: ReactNode): [string, ReactNode] => [name, value]

function recordRows(reader: Reader, { verification }: Shown): [string, ReactNode][] {
  const subject = verification?.subject
  if (subject?.kind !== 'record') return []
  const { name } = subject.statement.payload['record'] as { name?: unknown }
  return typeof name === 'string' ? [[say(reader, words.recordName), name]] : []
}

function anchoredLine(reader: Reader, { verification }: Shown): ReactNode {
  if (verification?.answers.anchored.answer !== 'yes' || verification.anchor === null) return null
  const time = timeText(verification.anchor.blockTime, reader.language)
  const text = reader.language === 'en' ? words.anchoredSince.en(time) : words.anchoredSince.zh(time)
  return h('p', null, text, ' ', h('small', null, say(reader, words.chainOnce)))
}

function questions({ reader }: View, { verification, verdict }: Shown): ReactNode {
  // Of a file that cannot be read nothing was checked: five times the same refusal helps nobody.
  if (verification === null || verdict === 'UNREADABLE') return null
  return h(
    'section',
    { className: 'card', 'aria-labelledby': 'checks' },
    h('h2', { id: 'checks' }, say(reader, words.questions)),
    h(
      'ol',
      { className: 'checks' },
      ...QUESTIONS.map(one => questionItem(reader, one, verification.answers[one])),
    ),
  )
}

const ANSWER_TONE = { yes: 'success', no: 'error', unknown: 'neutral' } as const

function questionItem(reader: Reader, question: Question, { answer, because }: Answer): ReactElement {
  const { ask, how } = QUESTION_WORDS[question]
  const tone = ANSWER_TONE[answer]
  const isRun = because !== 'NOT_ASKED'
  return h(
    'li',
    { key: question },
    h('h3', null, say(reader, ask)),
    h(
      'p',
      { className: `answer tone-${tone}` },
      icon(tone),
      h(
        'span',
        null,
        h('strong', null, say(reader, isRun ? ANSWER_WORDS[answer] : words.notRun)),
        isRun &&
          (reader.language === 'en' ? `. ${reason(reader, because)}.` : `。${reason(reader, because)}。`),
      ),
    ),
    h('details', null, h('summary', null, say(reader, words.howChecked)), h('p', null, say(reader, how))),
  )
}

const reason = ({ language }: Reader, because: string): string =>
  messageOf(because, language) ?? messageOf('INPUT_INVALID', language) ?? because

function issuer({ reader }: View, { verification, department, region }: Shown): ReactNode {
  const key = verification?.issuer
  if (key == null) return null
  const { language } = reader
  const rows: [string, ReactNode][] = [
    [say(reader, words.issuer), department === null ? key.did : say(reader, department)],
    ...(region === null ? [] : [[say(reader, words.region), say(reader, region)] as [string, ReactNode]]),
    [say(reader, words.keyFrom), dateText(key.keyAddedAt, language)],
    [
      say(reader, words.keyUntil),
      key.keyEndsAt === 0 ? say(reader, words.keyOpen) : dateText(key.keyEndsAt, language),
    ],
    ...(key.compromisedSince === 0
      ? []
      : [[say(reader, words.compromised), timeText(key.compromisedSince, language)] as [string, ReactNode]]),
    ...(department === null
      ? []
      : [
          [
            say(reader, words.issuerListed),
            h('a', { href: `/v1/departments/${key.uscc}` }, say(reader, words.issuerListing)),
          ] as [string, ReactNode],
        ]),
  ]
  return h(
    'section',
    { className: 'card', 'aria-labelledby': 'issuer' },
    h('h2', { id: 'issuer' }, say(reader, words.issuerTitle)),
    facts(rows),
  )
}

function technical({ site, reader }: View, shown: Shown): ReactNode {
  const { verification, identifier, verdict, contract, chainId, proofPath, sealed } = shown
  if (verification === null || verification.subject === null) return null
  const { anchor, asOf, subject, answers } = verification
  const block = ({ number, time }: { number: number; time: number }) =>
    `${number} · ${new Date(time * 1000).toISOString()}`
  const rows: [string, ReactNode][] = [
    [say(reader, words.verdictCode), code(verdict)],
    [say(reader, words.reasonCodes), code(QUESTIONS.map(one => answers[one].because).join(' · '))],
    ...(identifier === null
      ? []
      : [[say(reader, words.identifier), code(identifier)] as [string, ReactNode]]),
    [say(reader, words.fingerprint), code(subject.leaf)],
    ...(anchor === null
      ? []
      : ([
          [say(reader, words.logPlace), code(`${anchor.index} / ${anchor.size}`)],
          [
            say(reader, words.anchorBlock),
            code(block({ number: anchor.blockNumber, time: anchor.blockTime })),
          ],
        ] as [string, ReactNode][])),
    ...(asOf === null ? [] : [[say(reader, words.stateBlock), code(block(asOf))] as [string, ReactNode]]),
    [say(reader, words.contract), code(contract)],
    [say(reader, words.chain), code(String(chainId))],
  ]
  const name = shown.kind === 'record' ? 'record.json' : 'certificate.json'
  return h(
    'details',
    { className: 'card technical' },
    h('summary', null, h('h2', null, say(reader, words.technical))),
    facts(rows),
    sealed !== null && h('h3', null, say(reader, words.selfVerify)),
    sealed !== null && h('p', null, say(reader, words.selfLead)),
    sealed !== null &&
      h(
        'ul',
        null,
        h(
          'li',
          null,
          proofPath === null
            ? say(reader, words.proofOwn)
            : h('a', { href: proofPath, download: name }, say(reader, words.proofFile)),
        ),
        h('li', null, h('a', { href: '/v1/trust', download: 'trust.json' }, say(reader, words.trustFile))),
        h('li', null, h('a', { href: link(reader, '/verify/help') }, say(reader, words.selfVerifyPage))),
      ),
    sealed !== null &&
      h(
        'p',
        null,
        say(reader, words.selfCommand),
        h('br'),
        h(
          'code',
          { className: 'command' },
          `npx onceproof verify ${name} --trust trust.json --rpc ${site.url}/rpc`,
        ),
      ),
    sealed !== null && h('p', { className: 'hint' }, say(reader, words.selfTrust)),
  )
}

/** What the script reads stands in attributes; without script the button is not there and nothing is missing. */
function inBrowser({ reader }: View, shown: Shown): ReactNode {
  const { sealed, verification, verdict } = shown
  if (isDifferent(shown) || sealed === null || verification === null || CHECK_SCRIPT_PATH === null)
    return null
  const { answers } = verification
  return h(
    'section',
    {
      className: 'card',
      id: 'browser-check',
      'aria-labelledby': 'browser',
      'data-file': Buffer.from(sealed).toString('base64'),
      'data-verdict': verdict,
      'data-answers': QUESTIONS.map(one => answers[one].answer).join(' '),
    },
    h('h2', { id: 'browser' }, say(reader, words.browserTitle)),
    h('p', null, say(reader, words.browserLead)),
    h('button', { type: 'button', hidden: true, id: 'browser-start' }, say(reader, words.browserStart)),
    h('noscript', null, h('p', { className: 'hint' }, say(reader, words.browserNoScript))),
    h('div', { role: 'status', id: 'browser-result' }),
  )
}

function ending({ reader }: View, { identifier }: Shown): ReactElement {
  const about =
    identifier === null ? '/verify/report' : `/verify/report?code=${encodeURIComponent(identifier)}`
  return h(
    Fragment,
    null,
    h(
      'p',
      { className: 'actions' },
      h('a', { className: 'button', href: link(reader, '/verify') }, say(reader, words.another)),
    ),
    h(
      'section',
      { className: 'card', 'aria-labelledby': 'report' },
      h('h2', { id: 'report' }, say(reader, words.reportTitle)),
      h('p', null, say(reader, words.reportWhy)),
      h(
        'p',
        { className: 'actions' },
        h('a', { className: 'button quiet', href: link(reader, about) }, say(reader, words.reportFake)),
      ),
    ),
  )
}

export function facts(rows: readonly [string, ReactNode][]): ReactElement {
  return h(
    'dl',
    null,
    ...rows.map(([name, value], index) =>
      h('div', { key: index }, h('dt', null, name), h('dd', null, value)),
    ),
  )
}

/** A table is read row by row: there is no room for columns on a phone. */
export function lines(reader: Reader, value: PrintedValue): ReactNode {
  if ('text' in value) return value.text
  const said = value.rows.map(cells =>
    cells
      .flatMap((cell, i) => (cell === '' ? [] : [`${say(reader, value.columns[i]!)}${colon(reader)}${cell}`]))
      .join(reader.language === 'en' ? '; ' : '；'),
  )
  return h('ul', null, ...said.map((text, index) => h('li', { key: index }, text)))
}

export const printLanguage = ({ language }: Reader) => (language === 'en' ? 'en' : 'zh')

const code = (text: string): ReactElement => h('code', null, text)

export const colon = ({ language }: Reader): string => (language === 'en' ? ': ' : '：')
