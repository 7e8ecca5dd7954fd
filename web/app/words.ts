/**
 * What the pages say. Every text stands in both languages side by side, so one that is missing does not compile. Each area has a file of
 * its own under `words/`.
 */
import { createInstance, type i18n } from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import type { Language } from './language.ts'
import { common } from './words/common.ts'
import { counter } from './words/counter.ts'
import { issuing } from './words/issuing.ts'
import { oversight } from './words/oversight.ts'
import { records } from './words/records.ts'
import { signing } from './words/signing.ts'
import { verdict } from './words/verdict.ts'
import { wallet } from './words/wallet.ts'

export interface Word {
  readonly zh: string
  readonly en: string
}
export type Words = Readonly<Record<string, Word>>

const AREAS = {
  common,
  counter,
  issuing,
  oversight,
  records,
  signing,
  verdict,
  wallet,
} satisfies Record<string, Words>

type Areas = typeof AREAS
export type Area = keyof Areas

/** What a page of the area may say: its own words, and those of every page as `common:…`. */
export type Key<A extends Area> = (keyof Areas[A] & string) | `common:${keyof Areas['common']}`

/** Says a word with `{{name}}` filled in. */
export function useWords<A extends Area>(area: A) {
  const { t, i18n } = useTranslation()
  // Typed by our own tables, more narrowly than the library can.
  const translate = t as (key: string, fill: object) => string
  const say = (key: Key<A>, fill: Record<string, string | number> = {}): string =>
    translate(key.includes(':') ? key : `${area}:${key}`, fill)
  return { say, language: i18n.language as Language }
}

export function createWords(language: Language): i18n {
  const instance = createInstance()
  const resources = Object.fromEntries(
    (['zh-CN', 'en'] as const).map(tag => [
      tag,
      Object.fromEntries(Object.entries(AREAS).map(([area, words]) => [area, inOne(words, tag)])),
    ]),
  )
  void instance.use(initReactI18next).init({
    lng: language,
    resources,
    ns: Object.keys(AREAS),
    defaultNS: 'common',
    keySeparator: false,
    returnEmptyString: false,
    // React writes text, never markup.
    interpolation: { escapeValue: false },
    // A word that is not there is a defect: the tests look for this mark on every page.
    parseMissingKeyHandler: key => `⟦${key}⟧`,
    initAsync: false,
  })
  return instance
}

function inOne(words: Words, language: Language): Record<string, string> {
  return Object.fromEntries(
    Object.entries(words).map(([key, { zh, en }]) => [key, language === 'en' ? en : zh]),
  )
}
