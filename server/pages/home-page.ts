/** The front door: verify, or sign in. */
import { frame } from './frame.ts'
import { h, link, say, type ReactElement, type View } from './html.ts'
import { words } from './words.ts'

export function homePage(view: View): ReactElement {
  const { reader } = view
  const way = (
    href: string,
    name: keyof typeof words & ('homeVerify' | 'homeSignIn'),
    why: 'homeVerifyWhy' | 'homeSignInWhy',
  ) =>
    h(
      'section',
      { className: 'card', 'aria-labelledby': name },
      h('h2', { id: name }, say(reader, words[name])),
      h('p', null, say(reader, words[why])),
      h('p', { className: 'actions' }, h('a', { className: 'button', href }, say(reader, words[name]))),
    )
  return frame(
    view,
    { title: say(reader, words.homeTitle), path: '/' },
    h('h1', null, say(reader, words.homeTitle)),
    h('p', { className: 'lead' }, say(reader, words.homeLead)),
    way(link(reader, '/verify'), 'homeVerify', 'homeVerifyWhy'),
    way('/app', 'homeSignIn', 'homeSignInWhy'),
  )
}
