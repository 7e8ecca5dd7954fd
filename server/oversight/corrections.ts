/**
 * 这里有误: a holder says that a field of a certificate is wrong, and the department that issued has five working days to correct it by a
 * new version or to say why not.
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { formatUlid, parseCertificateIdentifier } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { certificateOf, valuesGone } from '../certificates/read.ts'
import type { Once } from '../store/store.ts'
import type { CorrectionRow, QueueFilter } from '../store/uses.ts'
import { nowSeconds, type World } from '../world.ts'
import { ANSWER_WORKING_DAYS, clockOf } from './objections.ts'
import { openWords, sealWords } from './words.ts'
import { announcedHolidays, endOfWorkingDay } from './working-days.ts'

/** `evidence`: where the right value can be seen, in the holder's words. */
const asked = z.strictObject({ says: z.string(), evidence: z.string().nullable() })

export interface Correction extends Omit<CorrectionRow, 'says' | 'answer' | 'certificateSeq'> {
  /** null when erased. */
  says: z.infer<typeof asked> | null
  answer: string | null
  overdue: boolean
  /** null when it is answered or overdue. */
  workingDaysLeft: number | null
}

/**
 * Puts a request to correct a field into the queue of the department that issued. When this returns it survives a power cut and its
 * clock runs. A repetition returns the same. Refuses CERTIFICATE_NOT_FOUND, FIELD_UNKNOWN and CERTIFICATE_ERASED.
 */
export async function askCorrection(
  world: World,
  identifier: string,
  holder: string,
  request: { field: string } & z.infer<typeof asked>,
  once: Once,
): Promise<Correction> {
  const certificate = await certificateOf(world, identifier)
  const { definition } = await typeOfCertificate(world, certificate)
  if (!definition.fields.some(({ key }) => key === request.field))
    throw new Refusal('FIELD_UNKNOWN', 'the certificate has no such field', { field: 'field' })
  if (certificate.sealed === null) throw valuesGone(certificate)
  const id = formatUlid(world.clock(), randomBytes(10))
  const createdAt = nowSeconds(world)
  const { says, evidence } = request
  const row = await world.store.saveCorrection(
    {
      id,
      certificateSeq: certificate.seq,
      identifier,
      department: definition.issuer,
      holder,
      field: request.field,
      says: await sealWords(world, definition.issuer, `correction:${id}:says`, { says, evidence }),
      createdAt,
      dueAt: endOfWorkingDay(createdAt, ANSWER_WORKING_DAYS, announcedHolidays()),
    },
    once,
  )
  world.events.publish(`department:${row.department}`, { correction: row.id })
  return shown(world, row)
}

/**
 * Answers: corrected, with the later version that says it right, or refused with the reason. The holder is told. Refuses
 * CORRECTION_NOT_FOUND, CORRECTION_ANSWERED and CORRECTION_SUCCESSOR (not a later version of that certificate).
 */
export async function answerCorrection(
  world: World,
  id: string,
  answer: { outcome: 'corrected' | 'refused'; successor: string | null; answer: string; by: string },
  once: Once,
): Promise<Correction> {
  const { department, identifier } = await correctionOf(world, id)
  if (answer.successor !== null) await assertFollows(world, identifier, answer.successor)
  const sealed = await sealWords(world, department, `correction:${id}:answer`, answer.answer)
  const row = await world.store.answerCorrection(id, { ...answer, answer: sealed }, once)
  world.events.publish(`holder:${row.holder}`, { correction: row.id, outcome: row.outcome })
  return shown(world, row)
}

/** Refuses CORRECTION_NOT_FOUND. */
export async function correctionOf(world: Pick<World, 'store'>, id: string): Promise<CorrectionRow> {
  const row = await world.store.correction(id)
  if (row === null) throw new Refusal('CORRECTION_NOT_FOUND', 'there is no such request', { field: 'id' })
  return row
}

/** Those whose time is over first. */
export async function corrections(world: World, filter: QueueFilter): Promise<Correction[]> {
  return Promise.all((await world.store.corrections(filter)).map(row => shown(world, row)))
}

/** A later version has the same type, issuer and serial. */
async function assertFollows(world: World, identifier: string, successor: string): Promise<void> {
  const later = parseCertificateIdentifier((await certificateOf(world, successor)).identifier)
  const before = parseCertificateIdentifier(identifier)
  const isSame =
    later.serial === before.serial && later.type === before.type && later.issuer === before.issuer
  if (isSame && later.version > before.version) return
  throw new Refusal('CORRECTION_SUCCESSOR', 'this is not a later version of the certificate', {
    field: 'successor',
  })
}

async function shown(world: World, row: CorrectionRow): Promise<Correction> {
  const { certificateSeq: _, ...rest } = row
  const name = (part: string) => `correction:${row.id}:${part}`
  return {
    ...rest,
    says: await openWords(world, row.department, name('says'), row.says, value => asked.parse(value)),
    answer: await openWords(world, row.department, name('answer'), row.answer, String),
    ...clockOf(world, row),
  }
}
