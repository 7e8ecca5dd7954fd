/** The words that stand beside the colour of a verdict or an answer. Data only. */
import type { Answer } from '../../protocol/verdict.ts'
import type { Message } from '../http/messages.ts'
import type { TONE_COLOUR } from './verdict-words.ts'

/** The word of a tone: nothing is said by colour alone. */
export const TONE_WORDS: Readonly<Record<keyof typeof TONE_COLOUR, Message>> = {
  success: { zh: '通过', en: 'Passed' },
  warning: { zh: '注意', en: 'Attention' },
  error: { zh: '不通过', en: 'Not passed' },
  info: { zh: '提示', en: 'Note' },
  neutral: { zh: '未得出结论', en: 'No result' },
}

export const ANSWER_WORDS: Readonly<Record<Answer['answer'], Message>> = {
  yes: { zh: '通过', en: 'Passed' },
  no: { zh: '不通过', en: 'Not passed' },
  unknown: { zh: '未能查到', en: 'Not known' },
}
