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
  outcome: 'complete' | 'return' | 'give-up'
  reason: string | null
  outputs: OutputRequest[]
}

/**
 * Acts a step. Returning it gives it back with a reason; completing it issues its outputs and lets the next begin. A step that began
 * to issue and cannot (its type has gone to another department) is given up with a reason, and then judged again: what was issued
 * stays an output of the case, also if only the answer to its issuing was lost, and what was not is issued no more.
 *
 * What will be issued is written down before it is, so a crash at any point leaves either nothing or a step that the next start
 * finishes; each output is issued once, and what it replaces is ordered revoked or superseded in the transaction that accepts it. The
 * same `once` changes nothing. Refuses CASE_NOT_OPEN, CASE_STEP_UNKNOWN, CASE_STEP_NOT_NEXT, CASE_REASON_MISSING, CASE_NOT_READY (the
 * last step, while something required is not there), CASE_STEP_NOT_ISSUING (nothing to give up), CASE_FLAGGED, CASE_OUTPUT (not one of this step, or issued already),
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
  if (request.outcome !== 'complete') {
    if (request.reason === null) throw reasonMissing()
    const outcome = request.outcome === 'return' ? ('returned' as const) : ('given-up' as const)
    const end = { outcome, by: actor.officer, reason: request.reason }
    await oneAtATime(world, of.id, async () => {
      await noteIssued(world, of.id, number)
      await world.store.endStep(of.id, number, end, once)
    })
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

/**
 * Issues what a step intended and ends it. Safe to run again after a crash at any line. A no-op when it is done; refuses
 * CASE_STEP_NOT_NEXT when it was given up or returned meanwhile.
 */
export function finishStep(
  world: World,
  id: string,
  number: number,
  reason: string | null,
  once: Once | null,
): Promise<void> {
  return oneAtATime(world, id, async () => {
    const of = await caseOf(world, id)
    const { state, by } = stepOf(of, number)
    if (state !== 'issuing' && state !== 'done') {
      throw new Refusal('CASE_STEP_NOT_NEXT', 'this step was given up', { field: 'step', found: state })
    }
    const matter = await matterOfCase(world, of)
    for (const output of intendedOutputs(of, number)) {
      const issued = output.record === null ? await issueOutput(world, of, matter, output) : null
      await world.store.finishOutput(of.id, output.number, issued?.identifier ?? null)
    }
    await world.store.endStep(of.id, number, { outcome: 'done', by: by ?? of.openedBy, reason }, once)
  })
}

const intendedOutputs = ({ outputs }: CaseRow, number: number): CaseOutputRow[] =>
  outputs.filter(({ step, state }) => step === number && state === 'intended')

/** Writes down what was issued before a crash or a failure kept it from being written down; issues nothing. */
async function noteIssued(world: World, id: string, number: number): Promise<void> {
  const of = await caseOf(world, id)
  const matter = await matterOfCase(world, of)
  for (const output of intendedOutputs(of, number)) {
    if (!(await isIssued(world, of.id, output))) continue
    const { identifier } = await issueOutput(world, of, matter, output)
    await world.store.finishOutput(of.id, output.number, identifier)
  }
}

const underway = new WeakMap<object, Map<string, Promise<unknown>>>()

/**
 * Of one case, one after the other: nothing may be given up while it is being issued. One process works a store, so a queue in its memory is
 * enough.
 */
function oneAtATime<T>({ store }: World, id: string, work: () => Promise<T>): Promise<T> {
  const cases = underway.get(store) ?? new Map<string, Promise<unknown>>()
  underway.set(store, cases)
  const mine = (cases.get(id) ?? Promise.resolve()).then(work, work)
  cases.set(id, mine)
  const forget = () => void (cases.get(id) === mine && cases.delete(id))
  mine.then(forget, forget)
  return mine
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
        ![...of.outputs.filter(({ state }) => state !== 'given-up'), ...outputs].some(
          known => known.output === i,
        ),
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
  assertReason(world, how, reason, `${field}.reason`)
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
  const plain = onceOf(of.id, plainPart(number))
  const plainly = async () => {
    const [certificate] = await issueCertificates(
      world,
      { type: cert, rows: [fields], by: department },
      plain,
    )
    world.wake()
    return certificate!
  }
  if (replaces === null || (await world.store.answered(plain)) !== null) return plainly()
  const old = await certificateOf(world, replaces.identifier)
  const once = onceOf(of.id, replacingPart(number, replaces.how))
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

/** Whether the certificate is there, whatever the case knows of it. */
async function isIssued(
  { store }: Pick<World, 'store'>,
  id: string,
  { number, replaces, record }: CaseOutputRow,
): Promise<boolean> {
  if (record !== null) return false
  const parts = [plainPart(number), ...(replaces === null ? [] : [replacingPart(number, replaces.how)])]
  const answers = await Promise.all(parts.map(part => store.answered(onceOf(id, part))))
  return answers.some(answer => answer !== null)
}

const plainPart = (number: number) => `output ${number}`
const replacingPart = (number: number, how: Replacing) => `output ${number} ${how}`

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
