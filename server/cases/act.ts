/**
 * Acting the steps of a case, and issuing what comes of it.
 */
import { createHash } from 'node:crypto'
import { toUtf8 } from '../../protocol/bytes.ts'
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { typeOf } from '../catalogue/publish.ts'
import { assertIssuedBy, checkRows, issueCertificates, typeToReplace } from '../certificates/issue.ts'
import { certificateOf, standingOf } from '../certificates/read.ts'
import { departmentOf } from '../departments/admit.ts'
import { openDocument, sealDocument } from '../keys/sealing.ts'
import type { Matter } from '../matters/definition.ts'
import { recordOf } from '../records/notarize.ts'
import { assertReason, revokeFor, supersede } from '../status/change.ts'
import type { CaseOutputRow, CaseRow, NewOutput, Replacing } from '../store/cases.ts'
import type { CertificateRow, Once } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { assertOpen, type Actor } from './collect.ts'
import { caseOf, matterOfCase } from './open.ts'
import { itemStatuses, lackingItems } from './requirements.ts'

export interface OutputRequest {
  /** Short code of the type, as the matter names it. */
  cert: string
  fields?: Record<string, unknown> | undefined
  /** The certificate in whose place it comes. */
  replaces?: { identifier: string; how: Replacing; reason: string } | undefined
  /** Id of a notarized record that is the output. */
  record?: string | undefined
}

export interface StepRequest {
  outcome: 'complete' | 'return'
  reason: string | null
  outputs: OutputRequest[]
}

/**
 * Acts a step. Returning it gives it back with a reason; completing it issues its outputs and lets the next begin.
 *
 * What will be issued is written down before it is, so a crash at any point leaves either nothing or a step that the next start
 * finishes; each output is issued once, and what it replaces is ordered revoked or superseded in the transaction that accepts it. The
 * same `once` changes nothing. Refuses CASE_NOT_OPEN, CASE_STEP_UNKNOWN, CASE_STEP_NOT_NEXT, CASE_REASON_MISSING, CASE_NOT_READY (the
 * last step, while something required is not there), CASE_FLAGGED, CASE_OUTPUT (not one of this step, or issued already),
 * CASE_REPLACES_OTHER (of another type, or of nobody in this case), CERTIFICATE_OF_ANOTHER_DEPARTMENT (the type has gone to another
 * department), STATUS_ALREADY and what issuing refuses.
 */
export async function actStep(
  world: World,
  id: string,
  number: number,
  actor: Actor,
  request: StepRequest,
  once: Once,
): Promise<void> {
  if ((await world.store.answered(once)) !== null) return
  const of = await caseOf(world, id)
  assertOpen(of)
  const step = stepOf(of, number)
  if (step.state === 'done') {
    throw new Refusal('CASE_STEP_NOT_NEXT', 'this step is done', { field: 'step', found: `step ${number}` })
  }
  if (request.outcome === 'return') {
    if (request.reason === null) throw reasonMissing()
    const end = { outcome: 'returned' as const, by: actor.officer, reason: request.reason }
    await world.store.endStep(of.id, number, end, once)
  } else {
    const matter = await matterOfCase(world, of)
    // A step that began to issue is only finished.
    if (step.state !== 'issuing') {
      if (number === of.steps.length) await assertReady(world, of, matter)
      const outputs = await planOutputs(world, of, matter, number, request.outputs)
      await world.store.intendOutputs(of.id, number, actor.officer, outputs)
    }
    await finishStep(world, of.id, number, request.reason, once)
  }
  world.events.publish(`case:${of.id}`)
}

/** Issues what a step intended and ends it. Safe to run again after a crash at any line. */
export async function finishStep(
  world: World,
  id: string,
  number: number,
  reason: string | null,
  once: Once | null,
): Promise<void> {
  const of = await caseOf(world, id)
  const matter = await matterOfCase(world, of)
  for (const output of of.outputs) {
    if (output.step !== number || output.state === 'issued') continue
    const issued = output.record === null ? await issueOutput(world, of, matter, output) : null
    await world.store.finishOutput(of.id, output.number, issued?.identifier ?? null)
  }
  const by = stepOf(of, number).by ?? of.openedBy
  await world.store.endStep(of.id, number, { outcome: 'done', by, reason }, once)
}

export function stepOf(of: CaseRow, number: number) {
  const step = of.steps[number - 1]
  if (step === undefined) {
    throw new Refusal('CASE_STEP_UNKNOWN', 'the case has no such step', {
      field: 'step',
      expected: `1 to ${of.steps.length}`,
    })
  }
  return step
}

export const reasonMissing = () =>
  new Refusal('CASE_REASON_MISSING', 'this needs a reason', { field: 'reason' })

async function assertReady(world: World, of: CaseRow, matter: Matter): Promise<void> {
  const statuses = await itemStatuses(world, of, matter)
  const lacking = lackingItems(statuses)
  if (lacking.length === 0) return
  throw new Refusal('CASE_NOT_READY', 'something that the matter requires is not there yet', {
    field: 'items',
    expected: 'every required item taken, declared or on paper',
    found: lacking.map(number => `${number} ${statuses[number]!.requirement.cert}`).join(', '),
  })
}

/** What the step will issue, checked as far as it can be before it is written down. */
async function planOutputs(
  world: World,
  of: CaseRow,
  matter: Matter,
  number: number,
  requests: readonly OutputRequest[],
): Promise<NewOutput[]> {
  const { department } = stepOf(of, number)
  const outputs: NewOutput[] = []
  for (const [place, request] of requests.entries()) {
    const field = `outputs.${place}`
    const output = matter.outputs.findIndex(
      ({ cert, dept }, i) =>
        cert === request.cert &&
        dept === department &&
        ![...of.outputs, ...outputs].some(known => known.output === i),
    )
    const definition = matter.outputs[output]
    if (definition === undefined) {
      throw new Refusal('CASE_OUTPUT', 'not an output of this step, or issued already', {
        field: `${field}.cert`,
        found: request.cert,
      })
    }
    const isRecord = definition.kind === 'record'
    if (isRecord ? request.record === undefined : request.fields === undefined) {
      throw new Refusal('CASE_OUTPUT', 'an output is made of its fields, or is a notarized record', {
        field,
        expected: isRecord ? 'record' : 'fields',
      })
    }
    if (isRecord) await recordOf(world, request.record!)
    else {
      const type = await typeOf(world, request.cert)
      // The matter named its department when it was published; the type may have gone to another one since.
      assertIssuedBy(type, department)
      checkRows(type, [request.fields])
    }
    if (request.replaces !== undefined) await assertReplaceable(world, of, request, `${field}.replaces`)
    outputs.push({
      output,
      cert: request.cert,
      request: isRecord
        ? null
        : await sealRequest(world, department, of.id, of.outputs.length + place, request.fields!),
      replaces: isRecord ? null : (request.replaces ?? null),
      record: isRecord ? request.record! : null,
    })
  }
  return outputs
}

async function assertReplaceable(
  world: World,
  of: CaseRow,
  request: OutputRequest,
  field: string,
): Promise<void> {
  const { identifier, how, reason } = request.replaces!
  assertReason(how, reason, `${field}.reason`)
  const old = await certificateOf(world, identifier)
  const { typeCode } = (await typeOf(world, request.cert)).row
  const own = await Promise.all(of.parties.map(({ holder }) => world.store.holderById(holder)))
  const holders = await world.store.holdersOfCertificate(old.seq)
  const isOfParty = own.some(
    holder => holder !== null && holders.some(lookup => Buffer.from(lookup).equals(holder.lookup)),
  )
  if (old.typeCode !== typeCode || !isOfParty) {
    throw new Refusal('CASE_REPLACES_OTHER', 'only a certificate of this type and of a party is replaced', {
      field,
    })
  }
  await typeToReplace(world, old)
  const standing = standingOf(old, await world.store.statusChanges(old.identifier), nowSeconds(world))
  if (standing === 'REVOKED' || standing === 'SUPERSEDED') throw alreadyOver(standing)
}

const alreadyOver = (found: string) =>
  new Refusal('STATUS_ALREADY', 'the certificate that would be replaced is over already', {
    field: 'replaces',
    found,
  })

async function issueOutput(
  world: World,
  of: CaseRow,
  matter: Matter,
  output: CaseOutputRow,
): Promise<CertificateRow> {
  const { department } = stepOf(of, output.step)
  const fields = await openRequest(world, department, of.id, output)
  const certificate = await issueOnce(world, of, output, fields, department)
  // Whom the fields do not name, the case knows: the party that the matter issues it for.
  const role = matter.outputs[output.output]?.party
  const lookups: Uint8Array[] = []
  for (const party of of.parties.filter(one => one.role === role)) {
    const holder = await world.store.holderById(party.holder)
    if (holder !== null) lookups.push(holder.lookup)
  }
  await world.store.indexHolders(certificate.seq, lookups)
  return certificate
}

async function issueOnce(
  world: World,
  of: CaseRow,
  { number, cert, replaces }: CaseOutputRow,
  fields: Record<string, unknown>,
  department: string,
): Promise<CertificateRow> {
  const plainly = async () => {
    const once = onceOf(of.id, `output ${number}`)
    const [certificate] = await issueCertificates(world, { type: cert, rows: [fields], by: department }, once)
    world.wake()
    return certificate!
  }
  if (replaces === null) return plainly()
  const old = await certificateOf(world, replaces.identifier)
  const once = onceOf(of.id, `output ${number} ${replaces.how}`)
  try {
    if (replaces.how === 'supersede') {
      return (await supersede(world, old, fields, replaces.reason, once)).successor
    }
    return (await revokeFor(world, old, { row: fields, reason: replaces.reason }, once)).issued
  } catch (error) {
    // Somebody else ended the old one since this was written down: what is left to do is to issue the new one.
    if (error instanceof Refusal && error.code === 'STATUS_ALREADY') return plainly()
    throw error
  }
}

/** The blank in the key keeps it apart from every key that a client may choose. */
function onceOf(id: string, part: string): Once {
  const key = `case ${id} ${part}`
  return { key, request: new Uint8Array(createHash('sha256').update(key).digest()) }
}

const requestName = (id: string, output: number): string => `case ${id} output ${output}`

async function sealRequest(
  world: World,
  department: string,
  id: string,
  output: number,
  fields: Record<string, unknown>,
) {
  const { uscc } = await departmentOf(world, department)
  const name = { department: uscc, id: requestName(id, output) }
  return sealDocument(await world.keys.kek(uscc), name, toUtf8(JSON.stringify(fields)))
}

async function openRequest(
  world: World,
  department: string,
  id: string,
  output: CaseOutputRow,
): Promise<Record<string, unknown>> {
  invariant(output.request !== null, 'an output that is to be issued has its fields')
  const { uscc } = await departmentOf(world, department)
  const name = { department: uscc, id: requestName(id, output.number) }
  const text = new TextDecoder().decode(openDocument(await world.keys.kek(uscc), name, output.request))
  return JSON.parse(text) as Record<string, unknown>
}
