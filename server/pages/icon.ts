/** Signs that stand before a word; the word says it, so screen readers pass over them. */
import { SIGN_SHAPES, type SignName } from '../wording/signs.ts'
import { h, type ReactElement } from './html.ts'

/** Filled shape in the colour of the text around, the sign in it cut out in white. */
export function icon(name: SignName): ReactElement {
  const [body, sign] = SIGN_SHAPES[name]
  return h(
    'svg',
    { className: 'icon', viewBox: '0 0 24 24', 'aria-hidden': true, focusable: false },
    h('path', { d: body, fill: 'currentColor' }),
    h('path', {
      d: sign,
      fill: 'none',
      stroke: '#fff',
      strokeWidth: 2.2,
      strokeLinecap: 'round',
      strokeLinejoin: 'round',
    }),
  )
}
