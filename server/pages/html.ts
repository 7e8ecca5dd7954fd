/**
 * What all pages have in common before anything is said: who reads, in which language and size, and how HTML leaves the gateway. React
 * writes the markup, so every text is escaped by it; nothing here writes markup by hand.
 */
import { createElement, type ReactElement, type ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { z } from 'zod'
import type { Language, Message } from '../http/messages.ts'
import { languageFor } from '../http/problem.ts'
import { publicUrl, type World } from '../world.ts'

export const h = createElement
export type { ReactElement, ReactNode }

/** Who reads: kept in addresses, so that pages need no cookie. */
export interface Reader {
  readonly language: Language
  /** 长辈版: larger text and controls. */
  readonly isElder: boolean
  /** What stands in this address, to be carried on; the language that the browser asked for does not. */
  readonly query: ReaderQuery
}

export const readerQuery = {
  lang: z
    .enum(['zh', 'en'])
    .optional()
    .describe('Language of the page; default: Accept-Language, then Chinese'),
  mode: z.literal('elder').optional().describe('Large text and controls'),
}
export const pageQuery = z.strictObject(readerQuery)
export const pageHeaders = z.strictObject({ 'accept-language': z.string().optional() })
export type ReaderQuery = z.infer<typeof pageQuery>

export function readerOf(
  { lang, mode }: ReaderQuery,
  headers: { 'accept-language'?: string | undefined },
): Reader {
  const language =
    lang === undefined ? languageFor(headers['accept-language']) : lang === 'en' ? 'en' : 'zh-CN'
  const query = { ...(lang && { lang }), ...(mode && { mode }) }
  return { language, isElder: mode === 'elder', query }
}

/** The text in the reader's language. */
export const say = ({ language }: Pick<Reader, 'language'>, { zh, en }: Message): string =>
  language === 'en' ? en : zh

/** The path with the reader's choices carried on, or with others. */
export function link({ query }: Pick<Reader, 'query'>, path: string, change: ReaderQuery = {}): string {
  const [before = '', own = ''] = path.split('?')
  const parameters = new URLSearchParams(own)
  for (const [name, value] of Object.entries({ ...query, ...change })) {
    if (value === undefined) parameters.delete(name)
    else parameters.set(name, value)
  }
  return parameters.size === 0 ? before : `${before}?${parameters.toString()}`
}

/** Whose pages these are. */
export interface Site {
  readonly url: string
  readonly city: Message
  /** Everybody on it is invented. */
  readonly isDemo: boolean
}

export function siteOf(world: Pick<World, 'config' | 'catalogue'>): Site {
  const { region, synthetic } = world.catalogue
  return { url: publicUrl(world), city: region.city, isDemo: synthetic && world.config.profile === 'demo' }
}

/** Site and reader: what every part of a page is given. */
export interface View {
  readonly site: Site
  readonly reader: Reader
}

export const html = (page: ReactElement): Buffer =>
  Buffer.from(`<!doctype html>${renderToStaticMarkup(page)}`)

/** A page as a route answers it. */
export const pageReply = (status: number, page: ReactElement, { language }: Reader) => ({
  status,
  bytes: html(page),
  headers: { 'Content-Language': language },
})

export const PAGE_TYPE = 'text/html; charset=utf-8'
