/**
 * The notice that a holder reads before consenting. It follows from what is asked alone, names no person and holds no value,
 * and its exact bytes are signed by their hash (docs/formats.md §16).
 */
import type { ConsentTerm, RequestedItem } from '../store/grants.ts'
import { formatInstant } from '../../protocol/instant.ts'
import type { Message } from '../http/messages.ts'

/** Counted up when the words below change; older requests keep the text that they were made with. */
export const NOTICE_VERSION = 1

export const PURPOSES = {
  GOV_SERVICE: { zh: '办理政务服务事项', en: 'Government service' },
  JUDICIAL: { zh: '司法诉讼与执行', en: 'Court proceedings' },
  ENFORCEMENT: { zh: '行政执法检查', en: 'Inspection' },
  SOCIAL_AID: { zh: '社会救助核对', en: 'Means check' },
  EMPLOYMENT: { zh: '就业与从业资格', en: 'Employment' },
  BANKING: { zh: '金融服务', en: 'Banking' },
  STATISTICS: { zh: '统计分析（去标识化）', en: 'Statistics (de-identified)' },
} as const satisfies Record<string, Message>

/** What refusing means. */
export const REFUSING = {
  PAPER: { zh: '可改交纸质材料，不影响受理', en: 'You may hand in paper instead; your case goes on' },
  MANUAL_CHECK: { zh: '改为人工核验，办理时间会延长', en: 'It is checked by hand and takes longer' },
  CANNOT_CONTINUE: {
    zh: '缺少此项无法继续办理本事项，其他事项不受影响',
    en: 'This matter cannot go on without it; no other is affected',
  },
} as const satisfies Record<string, Message>

export type Purpose = keyof typeof PURPOSES
export type Refusing = keyof typeof REFUSING

export interface NoticeFacts {
  department: Message
  matter: Message & { code: string }
  purpose: Purpose
  refusing: Refusing
  term: ConsentTerm
  items: (RequestedItem & { name: Message; fieldNames: Record<string, string> })[]
}

/** As the typed data says it: the code, so that a reader of the log finds it, and the name. */
export const matterText = ({ code, zh }: NoticeFacts['matter']): string => `${code} ${zh}`

export function noticeText({ department, matter, purpose, refusing, term, items }: NoticeFacts): string {
  const list = (fields: string[], names: Record<string, string>) =>
    fields.length === 0 ? '无 none' : fields.map(field => names[field] ?? field).join('、')
  const wanted = items
    .map(
      ({ name, required, optional, fieldNames }) =>
        `${name.zh} ${name.en}（必需 required：${list(required, fieldNames)}；可选 optional：${list(optional, fieldNames)}）`,
    )
    .join('；')
  const lines = [
    `授权告知书（第 ${NOTICE_VERSION} 版） Notice of consent, version ${NOTICE_VERSION}`,
    `谁要用 Who asks：${department.zh} ${department.en}`,
    `办什么 For what：${matter.code} ${matter.zh} ${matter.en}；用途 purpose：${PURPOSES[purpose].zh} ${PURPOSES[purpose].en}`,
    `用什么 Which fields：${wanted}`,
    `多久 How long：${duration(term)}；最多 at most ${term.maxUses} 次 uses`,
    `不同意 If you refuse：${REFUSING[refusing].zh} ${REFUSING[refusing].en}`,
    '撤回 Withdrawal：随时可撤回，立即生效；已完成的使用不受影响。 At any time and at once; what was read before stays.',
  ]
  return `${lines.join('\n')}\n`
}

function duration({ seconds, from, until }: ConsentTerm): string {
  if (from !== null && until !== null) return `${formatInstant(from)} – ${formatInstant(until)}`
  const hours = seconds / 3600
  if (hours < 1) return `签署后 ${seconds / 60} 分钟内 within ${seconds / 60} minutes`
  if (hours <= 24) return `签署后 ${hours} 小时内 within ${hours} hours`
  return `签署后 ${hours / 24} 天内 within ${hours / 24} days`
}
