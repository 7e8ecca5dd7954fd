/**
 * Matters that are made up, for tests and demonstrations of a full catalogue: the same seed gives the same ones. They ask for the
 * certificate types and name the departments of the demonstration region.
 */
import { demoRegion } from '../../server/catalogue/region.ts'
import { chanceOf, type Chance } from './random.ts'

const SUBJECTS = ['补贴', '资格', '登记', '备案', '变更', '许可', '证明', '优待']
const VERBS = ['申领', '办理', '核验', '续办', '查询']

/** `count` matters with codes G001, G002, …; at most 999. */
export function generateMatters(seed: number | string, count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => generateMatter(chanceOf(seed, i), i + 1))
}

function generateMatter(chance: Chance, number: number): Record<string, unknown> {
  const { departments, certificateTypes } = demoRegion()
  const verifiers = departments.filter(({ roles }) => roles.includes('verifier')).map(({ code }) => code)
  const leadDept = chance.pick(verifiers)
  const helper = chance.pick(verifiers)
  const collaborators = helper === leadDept ? [] : [helper]
  const first = chance.integer(0, certificateTypes.length - 1)
  const types = Array.from(
    { length: chance.integer(1, 4) },
    (_, i) => certificateTypes[(first + i) % certificateTypes.length]!,
  )
  return {
    code: `G${String(number).padStart(3, '0')}`,
    version: 1,
    zh: `${chance.pick(VERBS)}${chance.pick(SUBJECTS)}（示例${number}）`,
    en: `Made-up matter ${number}`,
    purpose: 'GOV_SERVICE',
    leadDept,
    collaborators,
    applicantType: 'both',
    crossRegion: chance.happens(0.3),
    promisedWorkdays: chance.integer(1, 20),
    before: { materials: types.length + chance.integer(1, 8), visits: chance.integer(1, 4) },
    after: { materials: chance.integer(0, 2), visits: chance.integer(0, 1) },
    parties: [
      {
        role: 'applicant',
        zh: '申请人',
        en: 'Applicant',
        holderType: 'natural',
        consent: 'self',
        min: 1,
        max: 1,
      },
    ],
    conditions: [],
    requirements: types.map(({ code, fields, useModes }) => ({
      cert: code,
      party: 'applicant',
      mode: chance.pick(useModes),
      required: chance.happens(0.6),
      fields: fields.slice(0, chance.integer(1, Math.min(4, fields.length))).map(({ key }) => key),
      why: { zh: '核对条件', en: 'To check the conditions' },
    })),
    fallbacks: [],
    outputs: [],
    consent: {
      bundled: true,
      defaultValidityDays: chance.pick([7, 15, 30]),
      maxUses: 3,
      allPartiesNeeded: true,
    },
    steps: [...new Set([leadDept, ...collaborators])].map(dept => ({
      dept,
      zh: '受理并办理',
      en: 'Accept and handle',
    })),
    sensitive: false,
  }
}
