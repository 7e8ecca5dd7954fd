/** The language of the page and the size of its letters: chosen by a person, kept in this browser, asked of nobody. */

export type Language = 'zh-CN' | 'en'
export type Mode = 'normal' | 'elder'

const LANGUAGE = 'onceproof-language'
const MODE = 'onceproof-mode'

/** Chosen before, or by `?lang=`; Chinese unless the browser only knows English. */
export function language(): Language {
  const kept = localStorage.getItem(LANGUAGE)
  if (kept === 'zh-CN' || kept === 'en') return kept
  return navigator.languages.some(tag => tag.startsWith('zh')) ||
    !navigator.languages.some(tag => tag.startsWith('en'))
    ? 'zh-CN'
    : 'en'
}

export function keepLanguage(chosen: Language): void {
  localStorage.setItem(LANGUAGE, chosen)
}

export const mode = (): Mode => (localStorage.getItem(MODE) === 'elder' ? 'elder' : 'normal')

export function keepMode(chosen: Mode): void {
  localStorage.setItem(MODE, chosen)
}

/** `?lang=en` and `?mode=elder` of an address that somebody was given choose once and are kept. */
export function takeFromAddress(address: URL): void {
  const lang = address.searchParams.get('lang')
  if (lang === 'en') keepLanguage('en')
  // The public pages say `zh`.
  if (lang === 'zh' || lang === 'zh-CN') keepLanguage('zh-CN')
  const size = address.searchParams.get('mode')
  if (size === 'elder' || size === 'normal') keepMode(size)
}

/** An address of the public pages, which keep nothing and are told by their address how to speak. */
export function publicLink(path: string): string {
  const lang = language() === 'en' ? 'en' : 'zh'
  const query = new URLSearchParams({ lang, ...(mode() === 'elder' && { mode: 'elder' }) })
  return `${path}?${query.toString()}`
}
