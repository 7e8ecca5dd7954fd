/** Reporting a fake: a form that asks for nothing about whoever reports. */
import type { Message } from '../http/messages.ts'
import { frame } from './frame.ts'
import { h, link, say, type ReactElement, type View } from './html.ts'
import type { Report } from '../reports/report.ts'
import { timeText } from '../wording/times.ts'
import { errorSummary, field } from './verify-page.ts'
import { colon } from './verdict-page.ts'
import { words } from './words.ts'

export interface ReportForm {
  code?: string
  detail?: string
  errors?: Partial<Record<'detail', Message>>
}

export const MOST_CODE = 300
export const MOST_DETAIL = 1_000

export function reportPage(view: View, { code, detail, errors = {} }: ReportForm): ReactElement {
  const { reader } = view
  const title = say(reader, words.reportTitle)
  return frame(
    view,
    { title: errors.detail ? say(reader, words.titleError) + title : title, path: '/verify/report' },
    errorSummary(view, errors),
    h('h1', null, title),
    h('p', { className: 'lead' }, say(reader, words.reportWhy)),
    h('p', null, say(reader, words.reportLead)),
    h(
      'section',
      { className: 'card' },
      h(
        'form',
        { action: link(reader, '/verify/report'), method: 'post', encType: 'multipart/form-data' },
        field(view, {
          name: 'code',
          label: words.reportCode,
          input: { defaultValue: code, maxLength: MOST_CODE },
        }),
        field(view, {
          name: 'detail',
          label: words.reportDetail,
          hint: words.reportDetailHint,
          error: errors.detail,
          element: 'textarea',
          input: { rows: 6, maxLength: MOST_DETAIL, defaultValue: detail },
        }),
        h('button', { type: 'submit' }, say(reader, words.reportSend)),
      ),
    ),
  )
}

/** What whoever has the number of a report sees: that it is here, and the answer. Never what was reported. */
export function reportedPage(view: View, { id, answer }: Pick<Report, 'id' | 'answer'>): ReactElement {
  const { reader } = view
  const path = `/verify/report/${id}`
  return frame(
    view,
    { title: say(reader, words.reportDone), path },
    h('h1', null, say(reader, words.reportDone)),
    h('p', null, say(reader, words.reportNumber), colon(reader), h('strong', { className: 'address' }, id)),
    answer === null
      ? h('p', null, say(reader, words.reportThen))
      : h(
          'section',
          { className: 'card', 'aria-labelledby': 'answer' },
          h('h2', { id: 'answer' }, say(reader, words.reportAnswer)),
          h('p', null, answer.text),
          h('p', { className: 'hint' }, timeText(answer.at, reader.language)),
        ),
    answer === null && h('p', null, h('a', { href: link(reader, path) }, say(reader, words.reportLater))),
    h(
      'p',
      { className: 'actions' },
      h('a', { className: 'button', href: link(reader, '/verify') }, say(reader, words.another)),
    ),
  )
}
