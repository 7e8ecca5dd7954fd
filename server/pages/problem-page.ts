/** What went wrong, in plain words: what happened, what was not changed, what to do next; the stable code small. */
import type { Problem } from '../http/problem.ts'
import { frame } from './frame.ts'
import { h, link, say, type ReactElement, type View } from './html.ts'
import { words } from './words.ts'

export function problemPage(view: View, { title, code, status, requestId }: Problem): ReactElement {
  const { reader } = view
  const isLater = status === 429 || status >= 500
  return frame(
    view,
    { title, path: '/verify' },
    h('h1', null, title),
    h('p', null, say(reader, words.problemNothing)),
    h('p', null, say(reader, isLater ? words.problemWait : words.problemNext)),
    h(
      'p',
      { className: 'actions' },
      h('a', { className: 'button', href: link(reader, '/verify') }, say(reader, words.homeVerify)),
    ),
    h(
      'p',
      { className: 'hint' },
      `${say(reader, words.problemCode)} ${code} · ${say(reader, words.problemRequest)} ${requestId}`,
    ),
  )
}
