import { expect } from 'chai'
import {
  decide,
  type Decision,
  type Ground,
  type PolicyFacts,
  type ShareClass,
  type UseMode,
} from '../../../server/policy/decide.ts'

const ALL: UseMode[] = ['duty', 'consent', 'present']

/** A department of the matter, an officer, a law, and a certificate in force of which the matter asks two fields. */
const sound = (changes: Partial<PolicyFacts> = {}): PolicyFacts => ({
  shareClass: 'conditional',
  useModes: ALL,
  ground: 'duty',
  reader: { department: 'ZJJ', takesPart: true, suspended: false },
  requirement: { modes: ['duty', 'consent'], fields: ['name', 'idNo'] },
  requested: ['name'],
  basis: '《政务信息资源共享管理暂行办法》',
  officer: '01J00000000000000000000000',
  consent: null,
  presented: null,
  standing: 'ACTIVE',
  withheld: false,
  ...changes,
})

const said = (decision: Decision): string =>
  'refused' in decision ? decision.refused : decision.fields.join(' ')
const outcome = (changes: Partial<PolicyFacts> = {}) => said(decide(sound(changes)))

const GIVEN = { given: true, fields: ['name', 'idNo'] }
const SHOWN = { fields: ['name', 'idNo'] }

/** The 18 cells: share class × ground × whether the holder has agreed (or, for 亮证, shows it). */
const MATRIX: Record<ShareClass, Record<Ground, { yes: string; no: string }>> = {
  unconditional: {
    duty: { yes: 'name', no: 'name' },
    consent: { yes: 'name', no: 'NO_CONSENT' },
    presentation: { yes: 'name', no: 'FIELD_NOT_PRESENTED' },
  },
  conditional: {
    duty: { yes: 'name', no: 'name' },
    consent: { yes: 'name', no: 'NO_CONSENT' },
    presentation: { yes: 'name', no: 'FIELD_NOT_PRESENTED' },
  },
  none: {
    duty: { yes: 'SHARE_REFUSED', no: 'SHARE_REFUSED' },
    consent: { yes: 'SHARE_REFUSED', no: 'SHARE_REFUSED' },
    presentation: { yes: 'name', no: 'FIELD_NOT_PRESENTED' },
  },
}
const CLASSES = Object.keys(MATRIX) as ShareClass[]
const GROUNDS: Ground[] = ['duty', 'consent', 'presentation']
const ZH = {
  unconditional: '无条件共享',
  conditional: '有条件共享',
  none: '不予共享',
  duty: '依职能',
  consent: '授权',
  presentation: '亮证',
}

/** One fact that is wrong, and what every ground then answers. `*`: as the matrix says. */
const WRONG: [title: string, changes: Partial<PolicyFacts>, expected: Record<Ground, string>][] = [
  [
    'a suspended reader',
    { reader: { department: 'ZJJ', takesPart: true, suspended: true } },
    {
      duty: 'READER_SUSPENDED',
      consent: 'READER_SUSPENDED',
      presentation: 'READER_SUSPENDED',
    },
  ],
  [
    'a department that takes no part in the matter',
    { reader: { department: 'ZJJ', takesPart: false, suspended: false } },
    {
      duty: 'READER_NOT_IN_MATTER',
      consent: 'READER_NOT_IN_MATTER',
      presentation: 'READER_NOT_IN_MATTER',
    },
  ],
  [
    'nobody named as the officer',
    { officer: null },
    { duty: 'OFFICER_MISSING', consent: 'OFFICER_MISSING', presentation: 'OFFICER_MISSING' },
  ],
  [
    'a blank officer',
    { officer: ' ' },
    { duty: 'OFFICER_MISSING', consent: 'OFFICER_MISSING', presentation: 'OFFICER_MISSING' },
  ],
  [
    'a matter that asks for no such certificate',
    { requirement: null },
    { duty: 'REQUIREMENT_NONE', consent: 'REQUIREMENT_NONE', presentation: 'REQUIREMENT_NONE' },
  ],
  [
    'a field outside the matter’s list, whatever was granted or shown',
    {
      requested: ['name', 'address'],
      consent: { given: true, fields: ['name', 'address'] },
      presented: { fields: ['name', 'address'] },
    },
    { duty: 'FIELD_NOT_IN_MATTER', consent: 'FIELD_NOT_IN_MATTER', presentation: 'FIELD_NOT_IN_MATTER' },
  ],
  [
    'no field at all',
    { requested: [] },
    { duty: 'FIELD_NOT_IN_MATTER', consent: 'FIELD_NOT_IN_MATTER', presentation: 'FIELD_NOT_IN_MATTER' },
  ],
  ['no legal basis', { basis: null }, { duty: 'BASIS_MISSING', consent: '*', presentation: '*' }],
  ['a blank legal basis', { basis: '  ' }, { duty: 'BASIS_MISSING', consent: '*', presentation: '*' }],
  [
    'a consent for another field',
    { consent: { given: true, fields: ['idNo'] } },
    { duty: '*', consent: 'FIELD_NOT_GRANTED', presentation: '*' },
  ],
  [
    'a consent asked for and not given',
    { consent: { given: false, fields: ['name'] } },
    { duty: '*', consent: 'NO_CONSENT', presentation: '*' },
  ],
  [
    'another field shown',
    { presented: { fields: ['idNo'] } },
    { duty: '*', consent: '*', presentation: 'FIELD_NOT_PRESENTED' },
  ],
  [
    'a certificate under an emergency order',
    { withheld: true },
    { duty: 'WITHHELD', consent: 'WITHHELD', presentation: 'WITHHELD' },
  ],
  ...(['NOT_YET_VALID', 'EXPIRED', 'SUSPENDED', 'SUPERSEDED', 'REVOKED'] as const).map(
    (standing): (typeof WRONG)[number] => [
      `a certificate that is ${standing}`,
      { standing },
      {
        duty: 'CERTIFICATE_NOT_IN_FORCE',
        consent: 'CERTIFICATE_NOT_IN_FORCE',
        presentation: 'CERTIFICATE_NOT_IN_FORCE',
      },
    ],
  ),
]

describe('which fields a department gets (policy)', () => {
  for (const shareClass of CLASSES) {
    for (const ground of GROUNDS) {
      for (const agreed of ['yes', 'no'] as const) {
        const expected = MATRIX[shareClass][ground][agreed]
        it(`${ZH[shareClass]} × ${ZH[ground]} × holder agrees: ${agreed} → ${expected}`, () => {
          const isYes = agreed === 'yes'
          expect(
            outcome({
              shareClass,
              ground,
              useModes: shareClass === 'none' ? ['present'] : ALL,
              requirement: {
                modes: shareClass === 'none' ? ['present'] : ['duty', 'consent'],
                fields: ['name', 'idNo'],
              },
              consent: isYes ? GIVEN : null,
              presented: isYes ? SHOWN : null,
            }),
          ).to.equal(expected)
        })
      }
    }
  }

  for (const [title, changes, expected] of WRONG) {
    for (const shareClass of CLASSES) {
      for (const ground of GROUNDS) {
        const inMatrix = MATRIX[shareClass][ground].yes
        // Who may not read at all is told so first; 不予共享 is said before anything about the certificate.
        const isAboutReader = /^(READER|OFFICER|REQUIREMENT)/.test(expected[ground])
        const answer =
          expected[ground] === '*' || (inMatrix === 'SHARE_REFUSED' && !isAboutReader)
            ? inMatrix
            : expected[ground]
        it(`${title}: ${ZH[shareClass]} × ${ZH[ground]} → ${answer}`, () => {
          expect(outcome({ shareClass, ground, consent: GIVEN, presented: SHOWN, ...changes })).to.equal(
            answer,
          )
        })
      }
    }
  }

  it('hands out exactly what was asked, each field once', () => {
    expect(decide(sound({ requested: ['idNo', 'name', 'idNo'] }))).to.deep.equal({
      fields: ['idNo', 'name'],
    })
  })

  it('takes the ground that the matter names for what is shared on conditions', () => {
    const requirement = (modes: UseMode[]) => ({ modes, fields: ['name'] })
    expect(outcome({ requirement: requirement(['consent']) })).to.equal('GROUND_NOT_ALLOWED')
    expect(outcome({ requirement: requirement(['duty']), ground: 'consent', consent: GIVEN })).to.equal(
      'GROUND_NOT_ALLOWED',
    )
    expect(outcome({ requirement: requirement(['consent']), ground: 'consent', consent: GIVEN })).to.equal(
      'name',
    )
  })

  it('takes duty or consent, whichever the matter names, for what is shared without conditions', () => {
    const shareClass = 'unconditional'
    const requirement = { modes: ['consent'] as UseMode[], fields: ['name'] }
    expect(outcome({ shareClass, requirement })).to.equal('name')
    expect(outcome({ shareClass, requirement: { modes: ['present'], fields: ['name'] } })).to.equal(
      'GROUND_NOT_ALLOWED',
    )
  })

  it('lets a holder show what the matter would take by consent, and no type that cannot be shown', () => {
    const shown: Partial<PolicyFacts> = { ground: 'presentation', presented: SHOWN }
    expect(outcome(shown)).to.equal('name')
    expect(outcome({ ...shown, useModes: ['duty', 'consent'] })).to.equal('GROUND_NOT_ALLOWED')
  })

  it('refuses a use mode that the type does not know', () => {
    expect(outcome({ useModes: ['present'] })).to.equal('GROUND_NOT_ALLOWED')
    expect(outcome({ useModes: [], ground: 'consent', consent: GIVEN })).to.equal('GROUND_NOT_ALLOWED')
  })

  it('refuses whatever it does not know', () => {
    const unknown = 'whatever' as never
    expect(outcome({ shareClass: unknown })).to.equal('SHARE_REFUSED')
    expect(outcome({ ground: unknown })).to.equal('GROUND_NOT_ALLOWED')
    expect(outcome({ ground: 'toString' as never })).to.equal('GROUND_NOT_ALLOWED')
    expect(outcome({ standing: unknown })).to.equal('CERTIFICATE_NOT_IN_FORCE')
    expect(outcome({ withheld: undefined as never })).to.equal('WITHHELD')
    expect(outcome({ reader: { department: 'ZJJ', takesPart: unknown, suspended: false } })).to.equal(
      'READER_NOT_IN_MATTER',
    )
    expect(outcome({ reader: { department: 'ZJJ', takesPart: true, suspended: unknown } })).to.equal(
      'READER_SUSPENDED',
    )
  })
})
