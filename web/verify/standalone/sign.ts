/** The sign before a tone's word, drawn as the pages of the gateway draw it. */
import { SIGN_SHAPES, type SignName } from '../../../server/wording/signs.ts'

const SVG = 'http://www.w3.org/2000/svg'

export function signOf(name: SignName): SVGElement {
  const [body, sign] = SIGN_SHAPES[name]
  const svg = drawn('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' })
  svg.append(
    drawn('path', { d: body, fill: 'currentColor' }),
    drawn('path', {
      d: sign,
      fill: 'none',
      stroke: '#fff',
      'stroke-width': '2.2',
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  )
  return svg
}

function drawn(name: 'svg' | 'path', attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}
