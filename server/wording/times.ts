/**
 * Times as people in the region read them. China has one time zone, without daylight saving. Written out instead of taken from a locale's
 * data, which differs between machines and browsers: a paper and a page say the same, everywhere.
 */

export type TimeLanguage = 'zh' | 'zh-CN' | 'en'

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const EIGHT_HOURS = 8 * 60 * 60

/** A civil date `2020-05-01`: 2020年5月1日 · 1 May 2020. */
export function civilDateText(date: string, language: TimeLanguage): string {
  const [year, month, day] = date.split('-').map(Number)
  return language === 'en' ? `${day} ${MONTHS[month! - 1]} ${year}` : `${year}年${month}月${day}日`
}

/** The day of an instant in seconds. */
export const dateText = (seconds: number, language: TimeLanguage): string =>
  civilDateText(inBeijing(seconds).slice(0, 10), language)

/** 2026年11月30日 10:22（北京时间） · 30 November 2026, 10:22 (Beijing time). */
export function timeText(seconds: number, language: TimeLanguage): string {
  const date = dateText(seconds, language)
  const clock = inBeijing(seconds).slice(11, 16)
  return language === 'en' ? `${date}, ${clock} (Beijing time)` : `${date} ${clock}（北京时间）`
}

const inBeijing = (seconds: number): string => new Date((seconds + EIGHT_HOURS) * 1000).toISOString()
