import type { Mutant } from './mutant.ts'

const SIGNER = 'test/server/signer/signer.test.ts'
const REMOTE = 'test/server/gateway/remote-signer.test.ts'
const MOVED = 'test/server/gateway/moved-permit.test.ts'
const CASES = 'test/server/gateway/cases.test.ts'
const only = (file: string, title: string) => `${file} › ${title}`

/** What a department's own signer must not sign or believe, and whose decision a certificate is. */
export const signerMutants: Mutant[] = [
  {
    name: 'signer-believes-the-digests',
    why: 'A gateway in wrong hands could have other values signed than the row that it shows.',
    file: 'server/signer/check.ts',
    find: 'credentialSubject._sd.join() !== subjectDigests.join() || top.join() !== topDigest',
    replace: 'credentialSubject._sd.length < subjectDigests.length || top.join() !== topDigest',
    tests: [only(SIGNER, 'digests are of other values')],
  },
  {
    name: 'signer-signs-for-another-department',
    why: 'One department’s key would stand under another one’s certificates.',
    file: 'server/signer/check.ts',
    find: 'certificate.uscc !== policy.uscc || certificate.status.uscc !== policy.uscc',
    replace: 'certificate.uscc !== certificate.status.uscc',
    tests: [only(SIGNER, 'refuses a certificate of another department')],
  },
  {
    name: 'signer-orders-without-a-statement',
    why: 'The gateway could revoke what it likes, without a reason that the department signed.',
    file: 'server/signer/check.ts',
    find: "action === undefined || ACTION_NUMBER[action] !== message['action']",
    replace: "action !== undefined && ACTION_NUMBER[action] !== message['action']",
    tests: [only(SIGNER, 'signs an order only')],
  },
  {
    name: 'signer-orders-another-action',
    why: 'A suspension that the department gave a reason for could be executed as a revocation.',
    file: 'server/signer/check.ts',
    find: "action === undefined || ACTION_NUMBER[action] !== message['action']",
    replace: 'action === undefined',
    tests: [only(SIGNER, 'signs an order only')],
  },
  {
    name: 'signer-orders-for-any-contract',
    why: 'An order could be executed by a contract that the department never heard of.',
    file: 'server/signer/check.ts',
    find: 'statusRegistry?.chainId !== chainId || statusRegistry.address !== contract.toLowerCase()',
    replace: 'statusRegistry?.chainId !== chainId',
    tests: [only(SIGNER, 'signs an order only')],
  },
  {
    name: 'signer-answers-a-repetition',
    why: 'Who overheard one request could have it answered again.',
    file: 'server/signer/service.ts',
    find: ' || seen.has(nonce))',
    replace: ')',
    tests: [only(SIGNER, 'once and now')],
  },
  {
    name: 'signer-answers-an-old-request',
    why: 'A request that was overheard could be kept and used later.',
    file: 'server/signer/service.ts',
    find: '!(Math.abs(Number(time) - now) <= MOST_SECONDS_APART) || ',
    replace: '',
    tests: [only(SIGNER, 'once and now')],
  },
  {
    name: 'signer-keeps-no-journal-of-orders',
    why: 'The department could not see what was ordered with its key.',
    file: 'server/signer/service.ts',
    find: 'await journal.append([{ at: now(), key, kind, about, leaf: digest }])',
    replace: '',
    tests: [SIGNER],
  },
  {
    name: 'signer-believes-a-changed-journal',
    why: 'Who got at the signer’s disk could take a line out, and nobody would see it.',
    file: 'server/signer/journal.ts',
    find: 'if (entry.prev !== head || entry.n !== number) throw damaged(number)',
    replace: '',
    tests: [SIGNER],
  },
  {
    name: 'gateway-believes-any-signer',
    why: 'Whoever answers at the signer’s address could name his keys as the department’s.',
    file: 'server/keys/remote.ts',
    find: 'if (!sameCode(code, answerCode(secret, nonce, status, text)))',
    replace: 'if (code === null)',
    tests: [only(SIGNER, 'and the gateway knows it')],
  },
  {
    name: 'gateway-forgets-keys-with-the-signer',
    why: 'Nobody could read a department’s DID document while its signer is away.',
    file: 'server/keys/remote.ts',
    find: 'if (!(error instanceof Unavailable) || known.size === 0) throw error',
    replace: 'if (known.size >= 0) throw error',
    tests: [only(REMOTE, 'everybody else goes on')],
  },
  {
    name: 'successor-across-departments',
    why: 'One department’s request would end another one’s certificate with that one’s key.',
    file: 'server/certificates/issue.ts',
    find: '  assertIssuedBy(type, code)\n',
    replace: '',
    tests: [MOVED],
  },
  {
    name: 'case-issues-for-another-department',
    why: 'Officers of a department that lost a type would go on issuing it, with the key of the one that has it.',
    file: 'server/cases/act.ts',
    find: '      assertIssuedBy(type, department)\n',
    replace: '',
    tests: [only(CASES, 'issue nothing in its name')],
  },
  {
    name: 'proposal-of-who-issues-the-type-now',
    why: 'A proposal about an old certificate would be for people to approve who have no say in it.',
    file: 'server/issuing/proposals.ts',
    find: 'const { code: department } = await issuingDepartment(world, certificate)',
    replace: 'const department = type.definition.issuer',
    tests: [MOVED],
  },
  {
    name: 'permit-lasts-until-the-next-block',
    why: 'On a quiet chain a permit that ended would keep every other department from the type.',
    file: 'server/catalogue/publish.ts',
    find: 'const time = await presentTime(world)',
    replace: 'const { time } = await view.head()',
    tests: [MOVED],
  },
]
