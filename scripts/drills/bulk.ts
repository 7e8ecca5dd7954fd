/** Many certificates at once, when it is the number that matters. */
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { generateRows } from '../generate/certificates.ts'

const TYPE = 'RIC'
const ROWS_AT_ONCE = 1_000

/**
 * Issues `count` certificates in batches of a thousand, one after the other, to a gateway prepared for the hammer; `name` tells their rows
 * from those of other calls. Rejects when a batch is not accepted.
 */
export async function issueInBulk(
  { post }: { post(path: string, body: unknown): Promise<Response> },
  { count, name, say }: { count: number; name: string; say: (done: number) => void },
): Promise<void> {
  const type = typeIn(demoRegion(), TYPE)
  for (let done = 0; done < count;) {
    const rows = [...generateRows(type, Math.min(ROWS_AT_ONCE, count - done), `${name}-${done}`)]
    const answer = await post('/v1/certificates/batch', { type: TYPE, rows })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`a batch answered ${answer.status}: ${text.slice(0, 500)}`)
    done += rows.length
    say(done)
  }
}
