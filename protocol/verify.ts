/**
 * Verification (docs/formats.md §13): the claim is the file's, the trust is the verifier's, the facts are the chain's.
 *
 * Never throws for a bad file, and never turns "could not ask" into yes or no. The same code runs in the gateway, on the
 * command line and in a browser.
 */
import { equalBytes, fromBase64url, toHex } from './bytes.ts'
import { parseCertificate, type Certificate } from './certificate.ts'
import {
  CONTRACT_NAMES,
  covers,
  isAnswer,
  type AnchoredCheckpoint,
  type AnswerTo,
  type ChainView,
  type Question,
  type RegisteredDepartment,
  type RegisteredKey,
} from './chain-view.ts'
import { parseFile, type ProofFile } from './file.ts'
import { ALGORITHM_NUMBER, PURPOSE_ISSUING, thumbprint } from './key.ts'
import { leafHash, verifyInclusion } from './log.ts'
import { parseNoteKey, verifyNote, type SignedNote } from './note.ts'
import { parseSignedPromise } from './promise.ts'
import { readReceipt } from './receipt.ts'
import { Refusal } from './refusal.ts'
import { isSignedBy, parseStatement, type Statement } from './statement.ts'
import type { Trust } from './trust.ts'
import { conclude, QUESTIONS, type Answer, type Answers, type Verdict } from './verdict.ts'

export interface Verification {
  verdict: Verdict
  answers: Answers
  /** What was read, when it could be; nothing in it is proved unless the verdict says so. */
  subject: Subject | null
  /** The first checkpoint on chain that covers the statement, once found. */
  anchor: { blockNumber: number; blockTime: number; size: number; index: number } | null
  /** The registered key and its department, once found. */
  issuer: {
    did: string
    uscc: string
    keyAddedAt: number
    keyEndsAt: number
    compromisedSince: number
  } | null
  /** The block at which the chain was asked; null when it could not be. */
  asOf: { number: number; hash: string; time: number } | null
  successor: string | null
}

export type Subject =
  | { kind: 'certificate'; leaf: string; certificate: Certificate }
  | { kind: 'record'; leaf: string; statement: Statement }

export interface VerifyOptions {
  /** Records: SHA-256 of the file in hand, 32 bytes. */
  digest?: Uint8Array
}

const RECORD_TYPE = 'RECORD'

const yes = (because: string): Answer => ({ answer: 'yes', because })
const no = (because: string): Answer => ({ answer: 'no', because })
const unknown = (because: string): Answer => ({ answer: 'unknown', because })

/**
 * Answers every question about a certificate file or record file, for a verifier who trusts only `trust` and asks only
 * `view` (null = nobody can be asked). `now` in seconds.
 */
export async function verify(
  file: Uint8Array,
  trust: Trust,
  view: ChainView | null,
  now: number,
  options: VerifyOptions = {},
): Promise<Verification> {
  let proof: ProofFile
  try {
    proof = parseFile(file)
  } catch (error) {
    return allUnknown('UNREADABLE', codeOf(error))
  }
  let subject: Subject
  try {
    subject = readSubject(proof)
  } catch (error) {
    const refused = allUnknown('TAMPERED', 'NOT_ASKED')
    return { ...refused, answers: { ...refused.answers, intact: no(codeOf(error)) } }
  }
  const statement = subject.kind === 'certificate' ? subject.certificate.statement : subject.statement
  const claim = claimOf(subject)
  const chain = await openChain(view, trust)

  const key = await chain.ask('keyOf', v => v.keyOf(toHex(fromBase64url(statement.thumbprint)!)))
  const department =
    key.known && key.value
      ? await chain.ask('departmentOf', v => v.departmentOf(key.value!.department))
      : null
  const { answer: anchored, anchor } = await answerAnchored(proof, subject, trust, chain, now)
  const time =
    anchored.answer === 'yes' || anchored.because === 'RECEIPT_ANCHOR_DIFFERS' ? anchor!.time : null
  const permits = await chain.ask('permitsOf', v => v.permitsOf(claim.typeCode, claim.region))
  const { answer: notRevoked, successor } = await answerNotRevoked(subject, chain)

  const answers: Answers = {
    intact: answerIntact(subject, statement, key, options),
    anchored,
    authorised: answerAuthorised(claim, trust, chain, { key, department, permits, time }),
    'in force': answerInForce(subject, now),
    'not revoked': notRevoked,
  }
  const use = trust.regions.find(region => region.code === claim.region)?.use ?? 'live'
  return {
    verdict: conclude(answers, chain.kind, use),
    answers,
    subject,
    anchor: anchor && {
      blockNumber: anchor.blockNumber,
      blockTime: anchor.time,
      size: anchor.size,
      index: anchor.index,
    },
    issuer: issuerOf(key, department),
    asOf: chain.head,
    successor,
  }
}

function readSubject(proof: ProofFile): Subject {
  if (proof.kind === 'certificate') {
    const certificate = parseCertificate(proof.certificate)
    return { kind: 'certificate', leaf: toHex(leafHash(certificate.statement.text)), certificate }
  }
  const statement = parseStatement(proof.record)
  if (statement.kind !== 'record') {
    throw new Refusal('STATEMENT_TYP', 'not a record', { field: 'typ', expected: 'onceproof-record+jwt' })
  }
  return { kind: 'record', leaf: toHex(leafHash(statement.text)), statement }
}

interface Claim {
  issuer: string
  uscc: string | null
  typeCode: string
  region: string
}

function claimOf(subject: Subject): Claim {
  if (subject.kind === 'certificate') {
    const { issuer, uscc, typeCode, region } = subject.certificate
    return { issuer, uscc, typeCode, region }
  }
  const { did, payload } = subject.statement
  return { issuer: did, uscc: null, typeCode: RECORD_TYPE, region: payload['region'] as string }
}

// ---- the chain, or the reason why it cannot be asked

type Known<T> = { known: true; value: T } | { known: false; because: string }

interface Chain {
  kind: 'live' | 'snapshot'
  head: { number: number; hash: string; time: number } | null
  ask<Q extends Question>(
    question: Q,
    put: (view: ChainView) => ReturnType<ChainView[Q]>,
  ): Promise<Known<AnswerTo<Q>>>
}

async function openChain(view: ChainView | null, trust: Trust): Promise<Chain> {
  const closed = (because: string): Chain => ({
    kind: view?.kind ?? 'live',
    head: null,
    ask: async () => ({ known: false, because }),
  })
  if (view === null) return closed('CHAIN_UNREACHABLE')
  try {
    const identity: unknown = await view.identity()
    if (!isAnswer('identity', identity)) return closed('CHAIN_UNREACHABLE')
    const same =
      identity.chainId === trust.chain.chainId &&
      identity.genesis === trust.chain.genesis &&
      CONTRACT_NAMES.every(
        name =>
          identity.contracts[name].address === trust.contracts[name].address &&
          identity.contracts[name].codeHash === trust.contracts[name].codeHash,
      )
    if (!same) return closed('WRONG_CHAIN')
    const head: unknown = await view.head()
    if (!isAnswer('head', head)) return closed('CHAIN_UNREACHABLE')
    return {
      kind: view.kind,
      head,
      ask: async (question, put) => {
        try {
          const value: unknown = await put(view)
          if (isAnswer(question, value)) return { known: true, value }
        } catch {
          // Told below, as garbage is.
        }
        return { known: false, because: 'CHAIN_UNREACHABLE' }
      },
    }
  } catch {
    return closed('CHAIN_UNREACHABLE')
  }
}

// ---- the five answers

function answerIntact(
  subject: Subject,
  statement: Statement,
  key: Known<RegisteredKey | null>,
  options: VerifyOptions,
): Answer {
  // Another file is another file, whoever signed and whoever can be asked.
  const wanted = subject.kind === 'record' ? digestOf(subject.statement) : null
  if (wanted !== null && options.digest !== undefined && !equalBytes(wanted, options.digest))
    return no('DIGEST_DIFFERS')
  if (!key.known) return unknown(key.because)
  if (key.value === null) return unknown('KEY_NOT_REGISTERED')
  const { publicKey, algorithm } = key.value
  if (thumbprint(publicKey) !== statement.thumbprint) return no('THUMBPRINT_WRONG')
  if (algorithm !== ALGORITHM_NUMBER[statement.alg]) return no('ALGORITHM_WRONG')
  if (!isSignedBy(statement, publicKey)) return no('SIGNATURE_WRONG')
  return wanted !== null && options.digest === undefined ? unknown('FILE_NOT_GIVEN') : yes('UNCHANGED')
}

/** The digest that a record names, 32 bytes. */
function digestOf(statement: Statement): Uint8Array {
  return fromBase64url((statement.payload['record'] as { digest: string }).digest)!
}

type Anchor = AnchoredCheckpoint & { index: number }

async function answerAnchored(
  proof: ProofFile,
  subject: Subject,
  trust: Trust,
  chain: Chain,
  now: number,
): Promise<{ answer: Answer; anchor: Anchor | null }> {
  try {
    return proof.evidence.kind === 'receipt'
      ? await answerFromReceipt(proof.evidence.receipt, subject, trust, chain)
      : { answer: answerFromPromise(proof.evidence.promise, subject, trust, now), anchor: null }
  } catch (error) {
    return { answer: no(codeOf(error)), anchor: null }
  }
}

async function answerFromReceipt(
  receiptObject: unknown,
  subject: Subject,
  trust: Trust,
  chain: Chain,
): Promise<{ answer: Answer; anchor: Anchor | null }> {
  const only = (answer: Answer) => ({ answer, anchor: null })
  const { index, hashes, checkpoint, note, signedCheckpoint, anchor: hint } = readReceipt(receiptObject)
  const { origin, size, root } = checkpoint
  const log = trust.logs.find(candidate => candidate.origin === origin)
  if (log === undefined) return only(unknown('LOG_NOT_TRUSTED'))
  verifyNoteOnce(note, signedCheckpoint, log.noteKey)
  const leaf = leafHash(textOf(subject))
  if (!verifyInclusion({ leaf, index, size, proof: hashes, root })) return only(no('PROOF_WRONG'))

  const stored = await chain.ask('checkpointOfSize', view => view.checkpointOfSize(origin, size))
  if (!stored.known) return only(unknown(stored.because))
  if (stored.value === null) {
    return only(unknown(chain.kind === 'snapshot' ? 'NOT_IN_SNAPSHOT' : 'CHECKPOINT_NOT_ON_CHAIN'))
  }
  if (!equalBytes(stored.value.root, root)) return only(no('ROOT_DIFFERS'))

  const first = await chain.ask('firstCovering', view => view.firstCovering(origin, index))
  if (!first.known) return only(unknown(first.because))
  // A stored checkpoint covers the index, so a chain that finds none contradicts itself.
  if (first.value === null || first.value.size <= index || first.value.size > size)
    return only(unknown('CHAIN_UNREACHABLE'))
  const anchor = { ...first.value, index }
  // A snapshot is of a final block, so all that is in it is final.
  const depth = chain.kind === 'snapshot' ? Infinity : chain.head!.number - anchor.blockNumber + 1
  if (depth < trust.chain.confirmations) return { answer: unknown('NOT_FINAL'), anchor }
  const same =
    hint.chainId === trust.chain.chainId &&
    hint.contract === trust.contracts.AnchorLog.address &&
    hint.blockNumber === anchor.blockNumber &&
    hint.blockTime === anchor.time
  return { answer: same ? yes('FINAL') : unknown('RECEIPT_ANCHOR_DIFFERS'), anchor }
}

// Whoever verifies many certificates of a batch meets one checkpoint. Only notes that held are remembered, whole and by key.
const heldNotes = new Set<string>()
const MAX_HELD_NOTES = 256

function verifyNoteOnce(note: SignedNote, text: string, noteKey: string): void {
  const name = `${noteKey}\n${text}`
  if (heldNotes.has(name)) return
  verifyNote(note, [parseNoteKey(noteKey)])
  if (heldNotes.size >= MAX_HELD_NOTES) heldNotes.clear()
  heldNotes.add(name)
}

function answerFromPromise(text: string, subject: Subject, trust: Trust, now: number): Answer {
  const { promise, note } = parseSignedPromise(text)
  const log = trust.logs.find(candidate => candidate.origin === promise.origin)
  if (log === undefined) return unknown('LOG_NOT_TRUSTED')
  verifyNote(note, [parseNoteKey(log.noteKey)])
  if (!equalBytes(promise.leaf, leafHash(textOf(subject)))) return no('PROMISE_FOR_ANOTHER')
  return unknown(now > promise.acceptedAt + promise.delay ? 'PROMISE_OVERDUE' : 'PROMISED')
}

function answerAuthorised(
  claim: Claim,
  trust: Trust,
  chain: Chain,
  facts: {
    key: Known<RegisteredKey | null>
    department: Known<RegisteredDepartment | null> | null
    permits: Known<{ department: string; from: number; until: number }[]>
    time: number | null
  },
): Answer {
  const region = trust.regions.find(({ code }) => code === claim.region)
  if (region === undefined) return no('REGION_NOT_RECOGNISED')
  if (region.types !== '*' && !region.types.includes(claim.typeCode)) return no('TYPE_NOT_RECOGNISED')

  const { key, department, permits, time } = facts
  if (!key.known) return unknown(key.because)
  if (key.value === null) {
    return time === null && chain.kind === 'snapshot' ? unknown('NOT_IN_SNAPSHOT') : no('KEY_NOT_REGISTERED')
  }
  if (department === null || !department.known) return unknown(department?.because ?? 'CHAIN_UNREACHABLE')
  const { value: body } = department
  if (body === null || body.did !== claim.issuer || (claim.uscc !== null && body.uscc !== claim.uscc)) {
    return no('KEY_OF_ANOTHER_DEPARTMENT')
  }
  if (key.value.purpose !== PURPOSE_ISSUING) return no('KEY_WRONG_PURPOSE')
  if (time === null) return unknown('ANCHOR_TIME_UNKNOWN')
  if (!permits.known) return unknown(permits.because)

  const { compromisedSince, addedAt, anchorUntil, department: departmentId } = key.value
  if (compromisedSince !== 0 && time >= compromisedSince) return no('KEY_COMPROMISED')
  if (time < addedAt) return no('KEY_NOT_YET_VALID')
  if (anchorUntil !== 0 && time >= anchorUntil) return no('KEY_ENDED')
  if (body.suspensions.some(suspension => covers(suspension, time))) return no('DEPARTMENT_SUSPENDED')
  if (!permits.value.some(permit => permit.department === departmentId && covers(permit, time)))
    return no('NO_PERMIT')
  return yes('KEY_AND_PERMIT_IN_FORCE')
}

function answerInForce(subject: Subject, now: number): Answer {
  if (subject.kind === 'record') return yes('WITHOUT_END')
  const { validFrom, validUntil } = subject.certificate
  if (now < validFrom) return no('NOT_YET_VALID')
  if (validUntil === null) return yes('WITHOUT_END')
  return now > validUntil ? no('EXPIRED') : yes('WITHIN_DATES')
}

async function answerNotRevoked(
  subject: Subject,
  chain: Chain,
): Promise<{ answer: Answer; successor: string | null }> {
  if (subject.kind === 'record') return { answer: yes('NO_STATUS'), successor: null }
  const { uscc, list, index } = subject.certificate.status
  const status = await chain.ask('statusOf', view => view.statusOf(uscc, list, index))
  if (!status.known) return { answer: unknown(status.because), successor: null }
  if (status.value === null) return { answer: unknown('STATUS_LIST_UNKNOWN'), successor: null }
  const { revoked, superseded, suspended, successor } = status.value
  if (revoked) return { answer: no('REVOKED'), successor }
  if (superseded) return { answer: no('SUPERSEDED'), successor }
  return { answer: suspended ? no('SUSPENDED') : yes('STATUS_CLEAR'), successor: null }
}

// ---- small parts

const textOf = (subject: Subject) =>
  subject.kind === 'certificate' ? subject.certificate.statement.text : subject.statement.text

function issuerOf(
  key: Known<RegisteredKey | null>,
  department: Known<RegisteredDepartment | null> | null,
): Verification['issuer'] {
  if (
    !key.known ||
    key.value === null ||
    department === null ||
    !department.known ||
    department.value === null
  )
    return null
  const { addedAt, anchorUntil, compromisedSince } = key.value
  const { did, uscc } = department.value
  return { did, uscc, keyAddedAt: addedAt, keyEndsAt: anchorUntil, compromisedSince }
}

function allUnknown(verdict: Verdict, because: string): Verification {
  const answers = Object.fromEntries(QUESTIONS.map(question => [question, unknown(because)])) as Answers
  return { verdict, answers, subject: null, anchor: null, issuer: null, asOf: null, successor: null }
}

/** A refusal's code. Anything else is a defect of ours, and must not pass for the file's. */
function codeOf(error: unknown): string {
  if (error instanceof Refusal) return error.code
  throw error
}
