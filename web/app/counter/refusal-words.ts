/** The sentence of a refusal that came as a code inside an answer: the same that the gateway says where it refuses a request. */
import { messages } from '../../../server/http/messages.ts'

/** Undefined for a code that has no sentence. */
export function refusalWords(code: string, language: string): string | undefined {
  const message = messages[code]
  return language === 'en' ? message?.en : message?.zh
}
