/** A thread that makes forgeries and judges them. */
import { toUtf8 } from '../../protocol/bytes.ts'
import { parseSnapshot, snapshotView } from '../../protocol/snapshot.ts'
import { parseTrust } from '../../protocol/trust.ts'
import { verify, type Verification } from '../../protocol/verify.ts'
import { serveTasks } from '../../server/threads.ts'
import { chanceOf } from '../generate/random.ts'
import { forged, NOT_ACCEPTED, withBitFlipped } from './forgeries.ts'

interface Genuine {
  files: Uint8Array[]
  trust: string
  snapshot: string
  now: number
  seed: string
}

/** Bits are counted through all files, one after the other. */
export type Task = Genuine &
  ({ kind: 'bits'; bits: number[] } | { kind: 'structural'; from: number; to: number })

export interface Judged {
  count: number
  violations: string[]
  verdicts: [verdict: string, count: number][]
}

serveTasks(judge)

async function judge(task: Task): Promise<Judged> {
  const { files, now, seed } = task
  const trust = parseTrust(toUtf8(task.trust))
  const view = snapshotView(parseSnapshot(toUtf8(task.snapshot)), 'live')
  const look = (bytes: Uint8Array) => verify(bytes, trust, view, now)
  const genuine = await Promise.all(files.map(look))
  const notGood = genuine.findIndex(({ verdict }) => verdict !== 'VALID')
  if (notGood >= 0) throw new Error(`the genuine file ${notGood} is ${genuine[notGood]!.verdict}`)

  const violations: string[] = []
  const verdicts = new Map<string, number>()
  let count = 0
  for (const { what, of, bytes } of forgeries()) {
    count++
    try {
      const found = await look(bytes)
      verdicts.set(found.verdict, (verdicts.get(found.verdict) ?? 0) + 1)
      if (!isNothingNew(found, genuine[of]!)) violations.push(`${what}: accepted as ${found.verdict}`)
    } catch (error) {
      violations.push(`${what}: verification failed: ${String(error)}`)
    }
  }
  return { count, violations, verdicts: [...verdicts] }

  function* forgeries(): Generator<{ what: string; of: number; bytes: Uint8Array }> {
    if (task.kind === 'bits') {
      for (const counted of task.bits) {
        let bit = counted
        let of = 0
        while (bit >= files[of]!.length * 8) bit -= files[of++]!.length * 8
        yield { what: `file ${of}, bit ${bit}`, of, bytes: withBitFlipped(files[of]!, bit) }
      }
      return
    }
    for (let n = task.from; n < task.to; n++) {
      const chance = chanceOf(seed, n + 1)
      const of = chance.integer(0, files.length - 1)
      const other = (of + chance.integer(1, files.length - 1)) % files.length
      const { how, bytes } = forged(files[of]!, files[other]!, chance)
      yield { what: `file ${of}, forgery ${n}: ${how}`, of, bytes }
    }
  }
}

/** Not accepted; or the very statement that was signed, with no field that it had not: a change that changes nothing. */
function isNothingNew(found: Verification, genuine: Verification): boolean {
  if (NOT_ACCEPTED.includes(found.verdict)) return true
  if (found.subject?.kind !== 'certificate' || genuine.subject?.kind !== 'certificate') return false
  const { statement, fields } = genuine.subject.certificate
  const mine = found.subject.certificate
  return (
    mine.statement.text === statement.text &&
    [...mine.fields].every(([name, value]) => JSON.stringify(fields.get(name)) === JSON.stringify(value))
  )
}
