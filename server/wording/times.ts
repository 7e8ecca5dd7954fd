/** Times as people in the region read them. China has one time zone, without daylight saving. */
import type { Language } from '../http/messages.ts'

const ZONE = 'Asia/Shanghai'
const dateIn = {
  'zh-CN': new Intl.DateTimeFormat('zh-CN', {
    timeZone: ZONE,
    year: 'numeric',
    month: 'long',
    day: 'numeric',
  }),
  en: new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, year: 'numeric', month: 'long', day: 'numeric' }),
}
const clock = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: '2-digit', minute: '2-digit' })

/** 2026年11月30日 · 30 November 2026. */
export const dateText = (seconds: number, language: Language): string =>
  dateIn[language].format(seconds * 1000)

/** 2026年11月30日 10:22（北京时间） · 30 November 2026, 10:22 (Beijing time). */
export function timeText(seconds: number, language: Language): string {
  const date = dateText(seconds, language)
  const time = clock.format(seconds * 1000)
  return language === 'en' ? `${date}, ${time} (Beijing time)` : `${date} ${time}（北京时间）`
}

/** A civil date as certificates carry it; any other text as it is. */
export function civilDateText(text: string, language: Language): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return text
  const at = Date.parse(`${text}T00:00:00+08:00`)
  return Number.isNaN(at) ? text : dateText(at / 1000, language)
}
