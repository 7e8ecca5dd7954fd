import type { Mutant } from './mutant.ts'

const VERIFY = 'test/protocol/verify.test.ts'
const FILES = 'test/protocol/file-vectors.test.ts'
const ANCHORED_TIME = 'test/protocol/anchored-time.test.ts'
const VERDICTS = 'test/protocol/verdict.test.ts'

const inVerify = (name: string, why: string, find: string, replace: string, tests = [FILES]): Mutant => ({
  name: `verify-${name}`,
  why,
  file: 'protocol/verify.ts',
  find,
  replace,
  tests,
})

/** What a verifier must never forget to ask, or must never read wrongly. */
export const verificationMutants: Mutant[] = [
  inVerify(
    'skips-signature',
    'Anybody who knows a department’s kid could write its certificates.',
    "if (!isSignedBy(statement, publicKey)) return no('SIGNATURE_WRONG')",
    '',
  ),
  inVerify(
    'skips-thumbprint',
    'A registry entry that holds another key than its name says would be believed.',
    "if (thumbprint(publicKey) !== statement.thumbprint) return no('THUMBPRINT_WRONG')",
    '',
  ),
  inVerify(
    'ignores-registered-algorithm',
    'A statement could choose another signature suite than the one its key was admitted for.',
    "if (algorithm !== ALGORITHM_NUMBER[statement.alg]) return no('ALGORITHM_WRONG')",
    '',
  ),
  inVerify(
    'ignores-record-digest',
    'A record would vouch for any file that is laid beside it.',
    'if (wanted !== null && options.digest !== undefined && !equalBytes(wanted, options.digest))',
    'if (wanted !== null && options.digest !== undefined && false)',
  ),
  inVerify(
    'record-without-file-is-intact',
    'A record would read as genuine although nobody compared the file with it.',
    "return wanted !== null && options.digest === undefined ? unknown('FILE_NOT_GIVEN') : yes('UNCHANGED')",
    "return yes('UNCHANGED')",
  ),
  inVerify(
    'unreachable-is-not-revoked',
    'Who cuts the verifier off the chain would bring a revoked certificate back to life.',
    'if (!status.known) return { answer: unknown(status.because), successor: null }',
    "if (!status.known) return { answer: yes('STATUS_CLEAR'), successor: null }",
    [VERIFY],
  ),
  inVerify(
    'unreachable-is-revoked',
    'An outage would read as a refusal, and an honest holder would be turned away.',
    'if (!status.known) return { answer: unknown(status.because), successor: null }',
    "if (!status.known) return { answer: no('REVOKED'), successor: null }",
    [VERIFY],
  ),
  inVerify(
    'unreachable-is-anchored',
    'A checkpoint that no chain has seen would count as anchored.',
    'if (!stored.known) return only(unknown(stored.because))',
    "if (!stored.known) return only(yes('FINAL'))",
    [VERIFY],
  ),
  inVerify(
    'unreachable-is-tampered',
    'An outage would be told as forgery.',
    'if (!stored.known) return only(unknown(stored.because))',
    "if (!stored.known) return only(no('PROOF_WRONG'))",
    [VERIFY],
  ),
  inVerify(
    'unreachable-key-is-unregistered',
    'An outage would turn a genuine issuer into an unknown one.',
    'const { key, department, permits, time } = facts\n  if (!key.known) return unknown(key.because)',
    "const { key, department, permits, time } = facts\n  if (!key.known) return no('KEY_NOT_REGISTERED')",
    [VERIFY],
  ),
  inVerify(
    'unreachable-key-is-intact',
    'Without the registry no signature was checked, and the text would still pass as unchanged.',
    "return no('DIGEST_DIFFERS')\n  if (!key.known) return unknown(key.because)",
    "return no('DIGEST_DIFFERS')\n  if (!key.known) return yes('UNCHANGED')",
    [VERIFY],
  ),
  inVerify(
    'unreachable-permits-are-none',
    'An outage would be told as a department without permit.',
    'if (!permits.known) return unknown(permits.because)',
    "if (!permits.known) return no('NO_PERMIT')",
    [VERIFY],
  ),
  inVerify(
    'unknown-list-is-clear',
    'A certificate that names a status list which does not exist could never be revoked.',
    "if (status.value === null) return { answer: unknown('STATUS_LIST_UNKNOWN'), successor: null }",
    "if (status.value === null) return { answer: yes('STATUS_CLEAR'), successor: null }",
  ),
  inVerify(
    'ignores-chain-id',
    'A copy of the chain under another id could answer in its place.',
    'identity.chainId === trust.chain.chainId &&',
    '',
    [VERIFY],
  ),
  inVerify(
    'ignores-genesis',
    'A private chain of the same id could answer in its place.',
    'identity.genesis === trust.chain.genesis &&',
    '',
    [VERIFY],
  ),
  inVerify(
    'ignores-contract-address',
    'A contract that says yes to everything could stand at another address of the right chain.',
    'identity.contracts[name].address === trust.contracts[name].address &&',
    '',
    [VERIFY],
  ),
  inVerify(
    'ignores-code-hash',
    'Other code at the right address could answer as it likes.',
    'identity.contracts[name].codeHash === trust.contracts[name].codeHash',
    'true',
    [VERIFY],
  ),
  inVerify(
    'accepts-any-origin',
    'A log that the verifier never trusted, of anybody’s making, would prove whatever it likes.',
    'const log = trust.logs.find(candidate => candidate.origin === origin)',
    'const log = trust.logs.find(candidate => candidate.origin === origin) ?? trust.logs[0]',
  ),
  inVerify(
    'skips-checkpoint-signature',
    'A receipt could bring a checkpoint that the log never signed.',
    "if (log === undefined) return only(unknown('LOG_NOT_TRUSTED'))\n  verifyNote(note, [parseNoteKey(log.noteKey)])",
    "if (log === undefined) return only(unknown('LOG_NOT_TRUSTED'))",
  ),
  inVerify(
    'skips-inclusion-proof',
    'A statement that was never logged could borrow the receipt of another.',
    "if (!verifyInclusion({ leaf, index, size, proof: hashes, root })) return only(no('PROOF_WRONG'))",
    '',
  ),
  inVerify(
    'takes-leaf-from-the-file',
    'The file would choose which leaf is proved: any forgery could bring a leaf that is in the log.',
    `readReceipt(receiptObject)
  const { origin, size, root } = checkpoint
  const log = trust.logs.find(candidate => candidate.origin === origin)
  if (log === undefined) return only(unknown('LOG_NOT_TRUSTED'))
  verifyNote(note, [parseNoteKey(log.noteKey)])
  const leaf = leafHash(textOf(subject))`,
    `readReceipt({ ...(receiptObject as object), leaf: undefined })
  const { origin, size, root } = checkpoint
  const log = trust.logs.find(candidate => candidate.origin === origin)
  if (log === undefined) return only(unknown('LOG_NOT_TRUSTED'))
  verifyNote(note, [parseNoteKey(log.noteKey)])
  const leaf = fromBase64url((receiptObject as { leaf?: string }).leaf ?? '-') ?? leafHash(textOf(subject))`,
  ),
  inVerify(
    'ignores-root-on-chain',
    'A fork of the log with the same size would pass although the chain holds another root.',
    "if (!equalBytes(stored.value.root, root)) return only(no('ROOT_DIFFERS'))",
    '',
  ),
  inVerify(
    'checkpoint-need-not-be-on-chain',
    'A signed checkpoint that was never anchored would count by the first one that covers the index.',
    'if (stored.value === null) {',
    'if (stored.value === null && chain.kind === null) {',
  ),
  inVerify(
    'dates-by-the-receipts-checkpoint',
    'Who attaches a later checkpoint would move the anchored time, and with it key, permit and compromise.',
    "const first = await chain.ask('firstCovering', view => view.firstCovering(origin, index))",
    'const first = stored',
  ),
  inVerify(
    'ignores-finality-depth',
    'A block that a reorganisation can still take away would count as final.',
    "if (depth < trust.chain.confirmations) return { answer: unknown('NOT_FINAL'), anchor }",
    '',
  ),
  inVerify(
    'finality-off-by-one',
    'One block less than the trust file asks for would count as final.',
    'if (depth < trust.chain.confirmations)',
    'if (depth + 1 < trust.chain.confirmations)',
  ),
  inVerify(
    'ignores-anchor-hint',
    'A receipt could name another block and time than the chain has, and people read the receipt.',
    "answer: same ? yes('FINAL') : unknown('RECEIPT_ANCHOR_DIFFERS')",
    "answer: yes('FINAL')",
  ),
  inVerify(
    'trusts-anchor-hint-time',
    'The file would say when it was anchored, and so escape a compromise or an ended permit.',
    "const time =\n    anchored.answer === 'yes' || anchored.because === 'RECEIPT_ANCHOR_DIFFERS' ? anchor!.time : null",
    "const hinted = (proof.evidence as { receipt?: { anchor?: { blockTime?: number } } }).receipt?.anchor?.blockTime\n  const time =\n    anchored.answer === 'yes' || anchored.because === 'RECEIPT_ANCHOR_DIFFERS' ? hinted! : null",
    [ANCHORED_TIME],
  ),
  inVerify(
    'promise-for-another-leaf',
    'One promise would serve for any forgery until somebody waits for the anchor.',
    "if (!equalBytes(promise.leaf, leafHash(textOf(subject)))) return no('PROMISE_FOR_ANOTHER')",
    '',
  ),
  inVerify(
    'skips-promise-signature',
    'Anybody could promise in the log’s name.',
    "if (log === undefined) return unknown('LOG_NOT_TRUSTED')\n  verifyNote(note, [parseNoteKey(log.noteKey)])",
    "if (log === undefined) return unknown('LOG_NOT_TRUSTED')",
  ),
  inVerify(
    'overdue-promise-is-pending',
    'A gateway that never logs what it accepted would look busy for ever.',
    "unknown(now > promise.acceptedAt + promise.delay ? 'PROMISE_OVERDUE' : 'PROMISED')",
    "unknown('PROMISED')",
  ),
  inVerify(
    'promise-overdue-at-its-last-second',
    'A promise that is still being kept would be told as broken.',
    'now > promise.acceptedAt + promise.delay',
    'now >= promise.acceptedAt + promise.delay',
  ),
  inVerify(
    'recognises-every-region',
    'A region that the verifier does not recognise could issue for it.',
    "if (region === undefined) return no('REGION_NOT_RECOGNISED')",
    '',
    [VERIFY, FILES],
  ),
  inVerify(
    'recognises-every-type',
    'A region recognised for one type of certificate would be believed for all.',
    "if (region.types !== '*' && !region.types.includes(claim.typeCode)) return no('TYPE_NOT_RECOGNISED')",
    '',
  ),
  inVerify(
    'ignores-department-did',
    'Any admitted department could issue in another’s name.',
    'body.did !== claim.issuer ||',
    '',
  ),
  inVerify(
    'ignores-department-uscc',
    'A department could issue numbers of another one’s series.',
    '(claim.uscc !== null && body.uscc !== claim.uscc)',
    'false',
  ),
  inVerify(
    'ignores-key-purpose',
    'A key admitted for status orders could sign certificates.',
    "if (key.value.purpose !== PURPOSE_ISSUING) return no('KEY_WRONG_PURPOSE')",
    '',
  ),
  inVerify(
    'ignores-compromise',
    'A stolen key would go on issuing after the theft was declared.',
    "if (compromisedSince !== 0 && time >= compromisedSince) return no('KEY_COMPROMISED')",
    '',
  ),
  inVerify(
    'compromise-from-the-next-second',
    'What was anchored in the very second of the theft would still count.',
    'time >= compromisedSince',
    'time > compromisedSince',
  ),
  inVerify(
    'ignores-key-begin',
    'A certificate anchored before its key was admitted would count.',
    "if (time < addedAt) return no('KEY_NOT_YET_VALID')",
    '',
  ),
  inVerify(
    'ignores-key-end',
    'A retired key would sign for ever.',
    "if (anchorUntil !== 0 && time >= anchorUntil) return no('KEY_ENDED')",
    '',
  ),
  inVerify(
    'ignores-suspended-department',
    'A suspended department would go on issuing.',
    "if (body.suspensions.some(suspension => covers(suspension, time))) return no('DEPARTMENT_SUSPENDED')",
    '',
  ),
  inVerify(
    'ignores-permit-holder',
    'Any department could issue a type for which another holds the permit.',
    'permit.department === departmentId && covers(permit, time)',
    'covers(permit, time)',
  ),
  {
    name: 'interval-ignores-begin',
    why: 'A certificate anchored before its permit began would count, and a department would be suspended before it was.',
    file: 'protocol/chain-view.ts',
    find: 'interval.from <= time &&',
    replace: '',
    tests: [FILES],
  },
  {
    name: 'interval-ignores-end',
    why: 'A permit that ended would go on, and a suspension that was lifted too.',
    file: 'protocol/chain-view.ts',
    find: '(interval.until === 0 || time < interval.until)',
    replace: 'true',
    tests: [FILES],
  },
  {
    name: 'interval-includes-its-end',
    why: 'In the second of a hand-over two departments would hold one permit.',
    file: 'protocol/chain-view.ts',
    find: 'time < interval.until',
    replace: 'time <= interval.until',
    tests: [FILES],
  },
  inVerify(
    'expires-a-second-early',
    'A certificate would be refused in its last second.',
    'return now > validUntil ?',
    'return now >= validUntil ?',
  ),
  inVerify(
    'never-expires',
    'An expired certificate would read as valid.',
    "return now > validUntil ? no('EXPIRED') : yes('WITHIN_DATES')",
    "return yes('WITHIN_DATES')",
  ),
  inVerify(
    'begins-a-second-late',
    'A certificate would be refused in its first second.',
    'if (now < validFrom)',
    'if (now <= validFrom)',
  ),
  inVerify(
    'ignores-revocation',
    'A revoked certificate would read as valid.',
    "if (revoked) return { answer: no('REVOKED'), successor }",
    '',
  ),
  inVerify(
    'ignores-suspension',
    'A certificate reported lost would go on being used.',
    "suspended ? no('SUSPENDED') : yes('STATUS_CLEAR')",
    "yes('STATUS_CLEAR')",
  ),
  inVerify(
    'ignores-supersession',
    'The old version would go on beside the new one, with data that are wrong by now.',
    "if (superseded) return { answer: no('SUPERSEDED'), successor }",
    '',
  ),
  inVerify(
    'defect-passes-for-a-refusal',
    'A defect of ours would be told as the file’s fault, and nobody would look for it.',
    'throw error\n}',
    "return 'FILE_SYNTAX'\n}",
    [ANCHORED_TIME],
  ),
  {
    name: 'verdict-unknown-before-tampered',
    why: 'A forger could hide a broken signature behind an answer that nobody can give.',
    file: 'protocol/verdict.ts',
    find: "if (answers.intact.answer === 'no' || answers.anchored.answer === 'no') return 'TAMPERED'",
    replace:
      "if (all.some(answer => answer.answer === 'unknown')) return 'CANNOT_CHECK'\n  if (answers.intact.answer === 'no' || answers.anchored.answer === 'no') return 'TAMPERED'",
    tests: [VERDICTS],
  },
  {
    name: 'verdict-ignores-anchored',
    why: 'A wrong proof would not make a file TAMPERED.',
    file: 'protocol/verdict.ts',
    find: "answers.intact.answer === 'no' || answers.anchored.answer === 'no'",
    replace: "answers.intact.answer === 'no'",
    tests: [VERDICTS],
  },
  {
    name: 'verdict-expired-before-suspended',
    why: 'Whoever reads only EXPIRED would not learn that the certificate was reported lost.',
    file: 'protocol/verdict.ts',
    find: "if (status.answer === 'no') return status.because === 'SUPERSEDED' ? 'SUPERSEDED' : 'SUSPENDED'\n  const dates = answers['in force']\n  if (dates.answer === 'no') return dates.because === 'NOT_YET_VALID' ? 'NOT_YET_VALID' : 'EXPIRED'",
    replace:
      "const dates = answers['in force']\n  if (dates.answer === 'no') return dates.because === 'NOT_YET_VALID' ? 'NOT_YET_VALID' : 'EXPIRED'\n  if (status.answer === 'no') return status.because === 'SUPERSEDED' ? 'SUPERSEDED' : 'SUSPENDED'",
    tests: [VERDICTS],
  },
  {
    name: 'verdict-pending-hides-unknown',
    why: 'A certificate that cannot be checked would look as if waiting were enough.',
    file: 'protocol/verdict.ts',
    find: "return waiting && pending.length > 0 ? 'PENDING_ANCHOR' : 'CANNOT_CHECK'",
    replace: "return 'PENDING_ANCHOR'",
    tests: [VERDICTS],
  },
  {
    name: 'verdict-snapshot-is-valid',
    why: 'A snapshot from last year would vouch for today.',
    file: 'protocol/verdict.ts',
    find: "return kind === 'snapshot' ? 'OFFLINE_OK' : 'VALID'",
    replace: "return 'VALID'",
    tests: [VERDICTS],
  },
  {
    name: 'verdict-test-region-is-valid',
    why: 'A certificate of a test region would pass in earnest.',
    file: 'protocol/verdict.ts',
    find: "if (use === 'test') return 'TEST'",
    replace: '',
    tests: [VERDICTS],
  },
  {
    name: 'verdict-refused-issuer-is-unknown-only',
    why: 'An issuer who was refused for a reason that the table does not list would pass.',
    file: 'protocol/verdict.ts',
    find: "AUTHORISED_NO[answers.authorised.because] ?? 'ISSUER_UNKNOWN'",
    replace: "AUTHORISED_NO[answers.authorised.because] ?? 'VALID'",
    tests: [VERDICTS],
  },
]
