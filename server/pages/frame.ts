/** What stands around every page: the official banner, the head, the foot. */
import { h, link, say, type ReactElement, type ReactNode, type View } from './html.ts'
import { icon } from './icon.ts'
import { STYLE_PATH } from './files.ts'
import { words } from './words.ts'

export interface FrameOptions {
  title: string
  /** Where the same page is found, for changing language and size. */
  path: string
  /** Paths of module scripts; pages say everything without them. */
  scripts?: readonly string[]
}

export function frame(
  view: View,
  { title, path, scripts = [] }: FrameOptions,
  ...content: ReactNode[]
): ReactElement {
  const { reader } = view
  return h(
    'html',
    { lang: reader.language },
    h(
      'head',
      null,
      h('meta', { charSet: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'robots', content: 'noindex' }),
      h('meta', { name: 'format-detection', content: 'telephone=no' }),
      h('title', null, `${title} · ${say(reader, words.brand)}`),
      h('link', { rel: 'icon', href: 'data:,' }),
      h('link', { rel: 'stylesheet', href: STYLE_PATH }),
      ...scripts.map(src => h('script', { key: src, type: 'module', src })),
    ),
    h(
      'body',
      { className: reader.isElder ? 'elder' : undefined },
      h('a', { className: 'skip', href: '#main' }, say(reader, words.skip)),
      banner(view),
      head(view, path),
      h('main', { id: 'main', tabIndex: -1 }, ...content),
      foot(view),
    ),
  )
}

function banner({ site, reader }: View): ReactElement {
  const isSecure = site.url.startsWith('https:')
  const known = [
    h(
      'li',
      { key: 'address' },
      say(reader, words.knowAddress),
      ' ',
      h('strong', { className: 'address' }, `${site.url}/`),
    ),
    h('li', { key: 'printed' }, say(reader, words.knowPrinted)),
    isSecure && h('li', { key: 'lock' }, say(reader, words.knowLock)),
    h('li', { key: 'never' }, say(reader, words.knowNever)),
  ]
  const name =
    reader.language === 'en'
      ? `${words.bannerThis.en} ${site.city.en} ${words.bannerOf.en}`
      : `${words.bannerThis.zh}${site.city.zh}${words.bannerOf.zh}`
  return h(
    'details',
    { className: 'banner' },
    h(
      'summary',
      null,
      icon('shield'),
      h('span', null, name, ' ', h('u', null, say(reader, words.bannerHow))),
    ),
    h('ul', null, ...known),
  )
}

function head({ site, reader }: View, path: string): ReactElement {
  const other = reader.language === 'en' ? ('zh' as const) : ('en' as const)
  const size = reader.isElder ? undefined : ('elder' as const)
  return h(
    'header',
    null,
    site.isDemo && h('p', { className: 'demo' }, say(reader, words.demo)),
    h(
      'div',
      { className: 'bar' },
      h(
        'a',
        { className: 'brand', href: link(reader, '/') },
        h('strong', null, say(reader, words.brand)),
        ' ',
        h('span', null, say(reader, words.service)),
      ),
      h(
        'nav',
        { 'aria-label': say(reader, words.pageOptions) },
        h(
          'a',
          {
            href: link(reader, path, { lang: other }),
            lang: other === 'zh' ? 'zh-CN' : 'en',
            hrefLang: other,
          },
          other === 'zh' ? '中文' : 'English',
        ),
        h(
          'a',
          { href: link(reader, path, { mode: size }) },
          say(reader, reader.isElder ? words.standard : words.elder),
        ),
      ),
    ),
  )
}

function foot({ reader }: View): ReactElement {
  return h(
    'footer',
    null,
    h(
      'nav',
      { 'aria-label': say(reader, words.help) },
      h('a', { href: link(reader, '/verify') }, say(reader, words.homeVerify)),
      h('a', { href: link(reader, '/verify/report') }, say(reader, words.reportFake)),
      h('a', { href: link(reader, '/verify/help') }, say(reader, words.whatItProves)),
    ),
    h('p', null, say(reader, words.knowNever)),
  )
}
