import { useWords } from '../words.ts'

const ZONE = 'Asia/Shanghai'

/** A time for people, in the region's own zone; the machine's form is only in the markup. `seconds` since 1970. */
export function Moment({ seconds, precise = false }: { seconds: number; precise?: boolean }) {
  const { language } = useWords('common')
  return (
    <time dateTime={new Date(seconds * 1000).toISOString()}>{momentText(seconds, language, precise)}</time>
  )
}

export function momentText(seconds: number, language: string, precise = false): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'zh-CN', {
    dateStyle: language === 'en' ? 'medium' : 'long',
    timeStyle: precise ? 'medium' : 'short',
    timeZone: ZONE,
  }).format(new Date(seconds * 1000))
}

/** A day; null is without end. */
export function Day({ seconds }: { seconds: number | null }) {
  const { say, language } = useWords('common')
  if (seconds === null) return <>{say('longTerm')}</>
  const text = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'zh-CN', {
    dateStyle: language === 'en' ? 'medium' : 'long',
    timeZone: ZONE,
  }).format(new Date(seconds * 1000))
  return <time dateTime={new Date(seconds * 1000).toISOString()}>{text}</time>
}
