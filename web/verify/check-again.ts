/** Verifies in the browser what the gateway verified, and compares. */
import { fromBase64 } from '../../protocol/bytes.ts'
import { parseTrust } from '../../protocol/trust.ts'
import { QUESTIONS } from '../../protocol/verdict.ts'
import { verify } from '../../protocol/verify.ts'
import { viewThrough } from '../../server/chain/questions.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { timeText } from '../../server/wording/times.ts'
import { verdictWords } from '../../server/wording/verdict-words.ts'
import type { Verdict } from '../../protocol/verdict.ts'
import { element } from './element.ts'
import { readerAt } from './reader.ts'
import { isEnglish, say, words } from './words.ts'

/** What is to be shown. Rejects when the trust file cannot be fetched. */
export async function checkAgain(given: DOMStringMap): Promise<Node[]> {
  const file = fromBase64(given['file'] ?? '')
  if (file === null) throw new TypeError('the page carries no file')
  const response = await fetch('/v1/trust')
  const trust = parseTrust(new Uint8Array(await response.arrayBuffer()))
  const rpc = createRpc(new URL('/rpc', location.origin).href)
  const view = viewThrough(rpc, trust.contracts, block => readerAt(rpc, trust.contracts, block))
  const { verdict, answers, asOf, subject } = await verify(file, trust, view, Math.floor(Date.now() / 1000))
  const own = QUESTIONS.map(question => answers[question].answer).join(' ')
  const isSame = verdict === given['verdict'] && own === given['answers']
  const colon = isEnglish() ? ': ' : '：'
  const headline = (code: Verdict) => say(verdictWords(code, subject?.kind).headline)
  return [
    element(
      'p',
      { class: isSame ? 'agrees' : 'error' },
      element('strong', {}, say(isSame ? words.agrees : words.differs)),
    ),
    element('p', {}, `${say(words.ours)}${colon}${headline(verdict)}`),
    element('p', {}, `${say(words.site)}${colon}${headline(given['verdict'] as Verdict)}`),
    ...(asOf === null
      ? []
      : [
          element(
            'p',
            { class: 'hint' },
            `${say(words.asked)}${colon}${timeText(asOf.time, isEnglish() ? 'en' : 'zh')}`,
          ),
        ]),
  ]
}
