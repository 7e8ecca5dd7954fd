import { useWords } from '../../words.ts'
import { useNames } from '../names.ts'
import type { ConsentRequest } from './inbox.ts'

/** What has to be read before agreeing, in six lines: who, what for, why, how long, what refusing means, that it can be taken back. */
export function NoticeCore({ request }: { request: ConsentRequest }) {
  const { say } = useWords('wallet')
  const names = useNames()
  const term = useTermText()
  return (
    <ul className="wallet-core">
      <li>
        <b>{say('noticeWho')}</b>
        {names.department(request.department)}
      </li>
      <li>
        <b>{say('noticeMatter')}</b>
        {names.matter(request.matter)}
      </li>
      <li>
        <b>{say('noticeWhy')}</b>
        {say(`why_${request.purpose}`)}
      </li>
      <li>
        <b>{say('noticeTerm')}</b>
        {term(request.term)}
      </li>
      <li>
        <b>{say('noticeRefusing')}</b>
        {say(`refusing_${request.refusing}`)}
      </li>
      <li>
        <b>{say('noticeWithdraw')}</b>
        {say('noticeWithdrawWhat')}
      </li>
    </ul>
  )
}

function useTermText(): (term: ConsentRequest['term']) => string {
  const { say, language } = useWords('wallet')
  const day = (seconds: number) =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'zh-CN', {
      dateStyle: language === 'en' ? 'medium' : 'long',
      timeZone: 'Asia/Shanghai',
    }).format(new Date(seconds * 1000))
  return ({ seconds, from, until, maxUses }) => {
    const uses = say('termUses', { count: maxUses })
    if (from !== null && until !== null) return say('termDated', { from: day(from), until: day(until), uses })
    if (seconds < 3_600) return say('termMinutes', { count: Math.round(seconds / 60), uses })
    if (seconds <= 86_400) return say('termHours', { count: Math.round(seconds / 3_600), uses })
    return say('termDays', { count: Math.round(seconds / 86_400), uses })
  }
}
