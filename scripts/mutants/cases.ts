import type { Mutant } from './mutant.ts'

const POLICY = 'test/server/policy/decide.test.ts'
const MATTERS = 'test/server/matters/definition.test.ts'
const CASES = 'test/server/gateway/cases.test.ts'
const TARGETS = 'test/server/webhooks/target.test.ts'

const only = (file: string, title: string) => `${file} › ${title}`

/** What policy must not hand out, a case must not lose or issue twice, and a webhook must not reach. */
export const caseMutants: Mutant[] = [
  {
    name: 'policy-field-outside-the-matter',
    why: 'A department would get any field that a holder was talked into granting.',
    file: 'server/policy/decide.ts',
    find: '!isWithin(requested, requirement.fields)',
    replace: 'requirement.fields.length === 0',
    tests: [POLICY],
  },
  {
    name: 'policy-pulls-what-is-not-shared',
    why: 'A clearance certificate, which only its holder may show, could be pulled by consent.',
    file: 'server/policy/decide.ts',
    find: "if (mode !== 'present') return 'SHARE_REFUSED'",
    replace: "if (mode === 'duty') return 'SHARE_REFUSED'",
    tests: [POLICY],
  },
  {
    name: 'policy-without-a-basis',
    why: 'An officer could read by duty with no law on record.',
    file: 'server/policy/decide.ts',
    find: "return isBlank(basis) ? 'BASIS_MISSING' : null",
    replace: 'return null',
    tests: [POLICY],
  },
  {
    name: 'policy-revoked-certificate',
    why: 'A department would rely on a certificate that is no longer in force.',
    file: 'server/policy/decide.ts',
    find: "if (facts.standing !== 'ACTIVE')",
    replace: "if (facts.standing === 'REVOKED')",
    tests: [POLICY],
  },
  {
    name: 'matter-uses-what-the-type-forbids',
    why: 'A matter could be published that reads by consent what is never shared.',
    file: 'server/matters/definition.ts',
    find: 'if (!type.useModes.includes(line.mode))',
    replace: 'if (type.useModes.length === 0)',
    tests: [MATTERS],
  },
  {
    name: 'case-paper-without-a-reason',
    why: 'A counter would go on asking for paper that it can pull, and nobody would know.',
    file: 'server/cases/materials.ts',
    find: 'if (isOverridden && override === null) {',
    replace: 'if (isOverridden && override === null && number < 0) {',
    tests: [only(CASES, 'ask for no paper')],
  },
  {
    name: 'case-flag-forgotten',
    why: 'A case would be decided on a certificate that was revoked meanwhile.',
    file: 'server/store/sqlite/cases.ts',
    find: 'else flag.run(action, now(), id, number)',
    replace: '',
    tests: [only(CASES, 'are flagged when')],
  },
  {
    name: 'case-copy-of-another-department',
    why: 'A department would open the copy that another one was given.',
    file: 'server/cases/collect.ts',
    find: 'isOver || adopted.department !== department',
    replace: 'isOver',
    tests: [only(CASES, 'give the department a copy')],
  },
  {
    name: 'case-replaces-a-strangers',
    why: 'A case could revoke the certificate of somebody who is no party to it.',
    file: 'server/cases/act.ts',
    find: 'if (old.typeCode !== typeCode || !isOfParty) {',
    replace: 'if (old.typeCode !== typeCode) {',
    tests: [only(CASES, 'refuse outputs of another step')],
  },
  {
    name: 'webhook-mixed-addresses',
    why: 'Whoever owns a name could mix a private address in and reach this machine’s neighbours.',
    file: 'server/webhooks/target.ts',
    find: 'found.every(isAllowed)',
    replace: 'found.some(isAllowed)',
    tests: [TARGETS],
  },
  {
    name: 'webhook-metadata-address',
    why: 'A webhook could ask the machine’s own cloud for its credentials.',
    file: 'server/webhooks/target.ts',
    find: "  ['169.254.0.0', 16],\n",
    replace: '',
    tests: [TARGETS],
  },
  {
    name: 'case-by-a-later-version',
    why: 'A department could read more in a case than its parties were told when it began.',
    file: 'server/matters/matters.ts',
    find: 'return of?.matter === code ? matterVersionOf(world, code, of.version) : matterOf(world, code)',
    replace: 'return matterOf(world, of?.matter === code ? of.matter : code)',
    tests: [only(CASES, 'go by the version')],
  },
]
