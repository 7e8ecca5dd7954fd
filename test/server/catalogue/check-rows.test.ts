import { expect } from 'chai'
import fc from 'fast-check'
import { compileType, type CheckedRow } from '../../../server/catalogue/check-rows.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { parseTypeDefinition, type TypeDefinition } from '../../../server/catalogue/type-definition.ts'

type Row = Record<string, unknown>

const region = demoRegion()
const typeNamed = (code: string): TypeDefinition => typeIn(region, code)
const exampleOf = (type: TypeDefinition): Row =>
  structuredClone(Object.fromEntries(type.fields.map(field => [field.key, field.example])))

/** `field code` for each error of the example of a type with some members changed. */
function errors(code: string, changes: Row): string[] {
  const type = typeNamed(code)
  const result = compileType(type).check({ ...exampleOf(type), ...changes }, 4)
  if (!Array.isArray(result)) return []
  for (const error of result) expect(error.row).to.equal(4)
  return result.map(error => `${error.field} ${error.code}`)
}

function checked(code: string, changes: Row): CheckedRow {
  const type = typeNamed(code)
  const result = compileType(type).check({ ...exampleOf(type), ...changes }, 0)
  return Array.isArray(result) ? expect.fail(JSON.stringify(result)) : result
}

describe('checking a row', () => {
  it('says for every type which required field is missing', () => {
    for (const type of region.certificateTypes) {
      const { check } = compileType(type)
      for (const field of type.fields.filter(one => one.required)) {
        for (const nothing of [undefined, null, '']) {
          const row = { ...exampleOf(type), [field.key]: nothing }
          if (nothing === undefined) delete row[field.key]
          const result = check(row, 9)
          expect(result, `${type.code}.${field.key}`).to.be.an('array')
          const [error] = Array.isArray(result) ? result : []
          expect(error).to.include({ row: 9, field: field.key, code: 'FIELD_REQUIRED' })
        }
      }
    }
  })

  it('says for nested rows which required field is missing in which item', () => {
    for (const type of region.certificateTypes) {
      for (const field of type.fields) {
        if (field.type !== 'array' || field.items === 'string') continue
        for (const item of field.items.filter(one => one.required)) {
          const row = exampleOf(type)
          const items = row[field.key] as Row[]
          items.push({ ...items[0] })
          delete items.at(-1)?.[item.key]
          const result = compileType(type).check(row, 0)
          const [error] = Array.isArray(result) ? result : []
          expect(error).to.include({
            field: `${field.key}[${items.length - 1}].${item.key}`,
            code: 'FIELD_REQUIRED',
          })
        }
      }
    }
  })

  it('goes without what is optional', () => {
    for (const type of region.certificateTypes) {
      const row = exampleOf(type)
      for (const field of type.fields) if (!field.required) delete row[field.key]
      const result = compileType(type).check(row, 0)
      if (Array.isArray(result)) expect.fail(JSON.stringify(result))
      expect(result.values.map(([name]) => name)).to.deep.equal(
        type.fields.filter(field => field.required).map(field => field.key),
      )
    }
    expect(errors('RIC', { ethnicity: undefined })).to.deep.equal([])
    expect(errors('RIC', { ethnicity: '' })).to.deep.equal(['ethnicity FIELD_REQUIRED'])
    expect(errors('RIC', { ethnicity: null })).to.deep.equal(['ethnicity FIELD_TYPE'])
  })

  it('gives the values in catalogue order whatever order they came in, nested ones too', () => {
    const type = typeNamed('HKB')
    const row = exampleOf(type)
    const backwards = Object.fromEntries(Object.entries(row).reverse())
    backwards['members'] = (row['members'] as Row[]).map(one =>
      Object.fromEntries(Object.entries(one).reverse()),
    )
    const { check } = compileType(type)
    expect(JSON.stringify(check(backwards, 0))).to.equal(JSON.stringify(check(row, 0)))
  })

  for (const row of [null, undefined, 7, 'row', [], true]) {
    it(`refuses ${JSON.stringify(row) ?? 'undefined'} as a row`, () => {
      expect(compileType(typeNamed('RIC')).check(row, 2)).to.deep.equal([
        {
          row: 2,
          field: '',
          code: 'ROW_NOT_OBJECT',
          expected: 'an object of fields',
          found:
            row === null
              ? 'null'
              : Array.isArray(row)
                ? 'an array'
                : typeof row === 'string'
                  ? 'text'
                  : `a ${typeof row}`,
        },
      ])
    })
  }

  const cases: [code: string, changes: Row, expected: string[]][] = [
    ['RIC', { nickname: '小林' }, ['nickname FIELD_UNKNOWN']],
    ['RIC', { nickname: undefined }, ['nickname FIELD_UNKNOWN']],
    ['RIC', { 林知行: '姓名' }, ['(3 characters) FIELD_UNKNOWN']],
    [
      'HKB',
      { members: [{ name: '林知行', nickname: 1 }] },
      [
        ...['relationToHead', 'sex', 'idNo', 'birthDate'].map(key => `members[0].${key} FIELD_REQUIRED`),
        'members[0].nickname FIELD_UNKNOWN',
      ],
    ],
    ['RIC', { name: 7 }, ['name FIELD_TYPE']],
    ['RIC', { name: ['林知行'] }, ['name FIELD_TYPE']],
    ['RIC', { sex: 1 }, ['sex FIELD_TYPE']],
    ['RIC', { birthDate: 19900307 }, ['birthDate FIELD_TYPE']],
    ['RIC', { validTo: 2040 }, ['validTo FIELD_TYPE']],
    ['RIC', { photoHash: 1 }, ['photoHash FIELD_TYPE']],
    ['BIR', { weightG: '3250' }, ['weightG FIELD_TYPE']],
    ['BIR', { birthTime: 0 }, ['birthTime FIELD_TYPE']],
    ['TAX', { total: '18600' }, ['total FIELD_TYPE']],
    ['FOO', { items: '热食类食品制售' }, ['items FIELD_TYPE']],
    ['FOO', { items: ['热食类食品制售', 7] }, ['items[1] FIELD_TYPE']],
    ['HKB', { members: ['林知行'] }, ['members[0] FIELD_TYPE']],
    ['RIC', { name: '林'.repeat(501) }, ['name FIELD_TOO_LONG']],
    ['RIC', { name: '林'.repeat(500) }, []],
    ['BIZ', { scope: '餐'.repeat(4_000) }, []],
    ['BIZ', { scope: '餐'.repeat(4_001) }, ['scope FIELD_TOO_LONG']],
    ['BIZ', { scope: '餐饮服务\n食品销售' }, []],
    ['BIZ', { address: '云岭市\n望山区' }, ['address FIELD_CHARACTER']],
    ['HKB', { householdNo: '12345678' }, ['householdNo FIELD_PATTERN']],
    ['RIC', { photoHash: `sha256:${'A'.repeat(64)}` }, ['photoHash FIELD_PATTERN']],
    ['RIC', { sex: '其他' }, ['sex FIELD_ENUM']],
    ['RIC', { birthDate: '1990-02-30' }, ['birthDate FIELD_DATE']],
    ['RIC', { birthDate: '长期' }, ['birthDate FIELD_DATE']],
    ['RIC', { validTo: '2040-02-30' }, ['validTo FIELD_DATE']],
    ['RIC', { validTo: '永久' }, ['validTo FIELD_DATE']],
    ['VEH', { inspectionValidTo: '长期' }, ['inspectionValidTo FIELD_DATE']],
    ['BIR', { birthTime: '2024-06-06T08:18:00' }, ['birthTime FIELD_DATE']],
    ['RIC', { validFrom: '1900-01-01', birthDate: '1900-01-01' }, ['validFrom FIELD_DATE']],
    ['RIC', { idNo: '990102199003071015' }, ['idNo FIELD_CHECK_DIGIT']],
    ['RIC', { idNo: '990102199002301010' }, ['idNo FIELD_CHECK_DIGIT']],
    ['DIS', { certNo: '99010319690130121742' }, ['certNo FIELD_CHECK_DIGIT']],
    ['BIZ', { uscc: '91990102MA9Y00012P' }, ['uscc FIELD_CHECK_DIGIT']],
    ['TAX', { taxpayerId: '91990102MA9Y00012N' }, []],
    ['TAX', { taxpayerId: '91990102MA9Y00012P' }, ['taxpayerId FIELD_CHECK_DIGIT']],
    ['REA', { obligees: [{ name: '云岭师范学院', idNo: '12990100MB9Y00059T', share: '100%' }] }, []],
    ['DIP', { certNo: '999011202305000124' }, []],
    ['BIR', { weightG: Number.NaN }, ['weightG FIELD_NUMBER']],
    ['BIR', { weightG: Infinity }, ['weightG FIELD_NUMBER']],
    ['BIR', { weightG: -1 }, ['weightG FIELD_NUMBER']],
    ['BIR', { motherAge: 31.5 }, ['motherAge FIELD_NUMBER']],
    ['REA', { landArea: 2 ** 60 }, ['landArea FIELD_NUMBER']],
    ['TAX', { total: 0.1 }, []],
    ['TAX', { total: 1_296.57 }, []],
    ['TAX', { total: 0.001 }, ['total FIELD_NUMBER']],
    ['TAX', { total: -0.01 }, ['total FIELD_NUMBER']],
    ['TAX', { total: 1e15 }, ['total FIELD_NUMBER']],
    ['RIC', { validTo: '2020-04-30' }, ['validTo FIELD_DATE_ORDER']],
    ['RIC', { validTo: '2020-05-01' }, []],
    ['RIC', { birthDate: '2020-05-02' }, ['validFrom FIELD_DATE_ORDER']],
    ['DIP', { enrolDate: '2024-09-01' }, ['graduateDate FIELD_DATE_ORDER']],
    ['FOO', { validTo: '2029-04-02' }, ['validTo FIELD_DATE_ORDER']],
    ['FOO', { validTo: '2024-04-01' }, ['validTo FIELD_DATE_ORDER']],
    ['FOO', { items: [] }, ['items FIELD_REQUIRED']],
    ['FOO', { items: [''] }, ['items[0] FIELD_REQUIRED']],
    ['FOO', { items: Array.from({ length: 100 }, (_, i) => `项目${i}`) }, []],
    ['FOO', { items: Array.from({ length: 101 }, (_, i) => `项目${i}`) }, ['items FIELD_TOO_MANY']],
  ]
  for (const [code, changes, expected] of cases) {
    const [[key, value] = ['', '']] = Object.entries(changes)
    it(`${expected.length === 0 ? 'accepts' : 'refuses'} ${code} with ${key} ${JSON.stringify(value)?.slice(0, 40) ?? 'left out'}`, () => {
      expect(errors(code, changes)).to.deep.equal(expected)
    })
  }

  const invisible: [what: string, name: string][] = [
    ['a control', '林\u0007知行'],
    ['a line feed', '林知行\n'],
    ['a bidirectional mark', '林\u202e知行'],
    ['a bidirectional isolate', '林\u2066知行'],
    ['a zero-width space', '林\u200b知行'],
    ['a byte order mark', '\ufeff林知行'],
    ['a soft hyphen', '林\u00ad知行'],
    ['an unpaired surrogate', '林\ud842'],
    ['a variation selector', '林\u{e0100}知行'],
    ['private use', '林\ue001'],
    ['a tag character', '林\u{e0041}'],
    ['a decomposed letter', 'Jose\u0301'],
    ['a compatibility character that NFC replaces', '\uf9f4知行'],
    ['a space in front', ' 林知行'],
    ['an ideographic space behind', '林知行\u3000'],
  ]
  for (const [what, name] of invisible) {
    it(`refuses a name with ${what}`, () => {
      expect(errors('RIC', { name })).to.deep.equal(['name FIELD_CHARACTER'])
    })
  }

  it('accepts the characters of real names: rare ones, interpuncts, accents', () => {
    for (const name of ['何䶮𠮷', '阿依努尔·示例江', '𬍤𣲗', '〇一', 'José Muñoz', 'O’Neill, J.']) {
      expect(errors('RIC', { name }), name).to.deep.equal([])
    }
  })

  it('names the place of an error inside nested rows', () => {
    const members = structuredClone(exampleOf(typeNamed('HKB'))['members']) as Row[]
    members.push({ ...members[1], idNo: '990102199208152046', birthDate: '1992-08-32', maritalStatus: '?' })
    expect(errors('HKB', { members })).to.deep.equal([
      'members[2].idNo FIELD_CHECK_DIGIT',
      'members[2].birthDate FIELD_DATE',
      'members[2].maritalStatus FIELD_ENUM',
    ])
  })

  it('stops at fifty errors', () => {
    expect(errors('HKB', { members: Array.from({ length: 100 }, () => 7) })).to.have.length(50)
  })

  it('takes nothing that every object has for a value', () => {
    const type = typeNamed('RIC')
    const row = JSON.parse(
      `{"__proto__":{"name":"林知行"},${JSON.stringify(exampleOf(type)).slice(1)}`,
    ) as Row
    const result = compileType(type).check(row, 0)
    expect(Array.isArray(result) && result.map(error => error.code)).to.deep.equal(['FIELD_UNKNOWN'])
  })
})

describe('errors of a row', () => {
  /** What must not be repeated, in a place of every field: no value of one column may show in the error of another. */
  const canaries = [
    '990102199003071014',
    '林知行',
    '云岭市望山区清平路18号2栋301',
    'A'.repeat(20),
    '2001-02-03',
  ]

  it('never hold what was in the row', () => {
    for (const type of region.certificateTypes) {
      const { check } = compileType(type)
      for (const canary of canaries) {
        const row: Row = {
          [canary]: canary,
          ...Object.fromEntries(type.fields.map(field => [field.key, canary])),
        }
        const result = check(row, 0)
        const nested = Object.fromEntries(
          type.fields.map(field => [
            field.key,
            field.type === 'array' ? [canary, { [canary]: canary }] : [canary],
          ]),
        )
        const errorTexts = JSON.stringify([result, check(nested, 0)].filter(one => Array.isArray(one)))
        const isQuotedWord = canary === '林知行'
        const shown = isQuotedWord
          ? errorTexts.replaceAll(/"field":"[^"]*","code":"FIELD_ENUM"[^}]*/g, '')
          : errorTexts
        expect(shown, `${type.code} ${canary}`).not.to.include(canary)
        expect(errorTexts).to.include('FIELD_')
      }
    }
  })

  it('quote a short wrong word only where the field is public and unmasked', () => {
    const found = (code: string, changes: Row): string | undefined => {
      const type = typeNamed(code)
      const result = compileType(type).check({ ...exampleOf(type), ...changes }, 0)
      return Array.isArray(result) ? result[0]?.found : undefined
    }
    expect(found('HKB', { householdType: '集体' })).to.equal('"集体"')
    expect(found('HKB', { householdType: '13800000000' })).to.equal('11 characters')
    expect(found('DIS', { category: '心脏' })).to.equal('2 characters')
    expect(found('RIC', { idNo: '99010219900307101' })).to.equal('17 characters')
    expect(found('RIC', { name: '𠮷\u200b' })).to.equal('an invisible or unassigned character, U+200B')
  })

  it('come for any JSON at all, without a throw', () => {
    const { check } = compileType(typeNamed('HKB'))
    const keys = fc.constantFrom(...typeNamed('HKB').fields.map(field => field.key), 'x')
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())), value => {
        expect(check(value, 0)).to.be.an('array').that.is.not.empty
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})

describe('validity', () => {
  const cases: [code: string, changes: Row, validFrom: string, validUntil: string | null][] = [
    ['RIC', {}, '2020-04-30T16:00:00Z', '2040-05-01T15:59:59Z'],
    ['RIC', { validTo: '长期' }, '2020-04-30T16:00:00Z', null],
    ['BIZ', { termTo: '2044-03-17' }, '2024-03-17T16:00:00Z', '2044-03-17T15:59:59Z'],
    ['MAR', {}, '2019-05-19T16:00:00Z', null],
    ['SSC', {}, '2021-06-30T16:00:00Z', '2031-06-30T15:59:59Z'],
    ['SSC', { issueDate: '2024-02-29' }, '2024-02-28T16:00:00Z', '2034-02-28T15:59:59Z'],
    ['SSC', { issueDate: '9995-01-01' }, '9994-12-31T16:00:00Z', '9999-12-31T15:59:59Z'],
    ['FOO', { validTo: '2026-01-31' }, '2024-04-01T16:00:00Z', '2026-01-31T15:59:59Z'],
    ['NCR', {}, '2024-05-31T16:00:00Z', '2024-08-31T15:59:59Z'],
    ['RES', {}, '2023-08-31T16:00:00Z', '2026-12-31T15:59:59Z'],
    ['LOW', {}, '2023-01-31T16:00:00Z', '2027-02-01T15:59:59Z'],
    ['HPF', {}, '2024-05-31T16:00:00Z', '2024-06-30T15:59:59Z'],
    ['NOH', {}, '2024-06-01T01:12:05Z', '2024-06-30T15:59:59Z'],
    ['NOH', { queriedAt: '2024-05-31T23:00:00Z' }, '2024-05-31T23:00:00Z', '2024-06-30T15:59:59Z'],
  ]
  for (const [code, changes, validFrom, validUntil] of cases) {
    it(`of ${code} ${JSON.stringify(changes)} is ${validFrom} to ${validUntil ?? 'without end'}`, () => {
      expect(checked(code, changes)).to.include({ validFrom, validUntil })
    })
  }

  it('reads 长期 only where the type allows it', () => {
    const strict = structuredClone(typeNamed('RIC')) as unknown as { validity: Row; fields: Row[] }
    delete strict.validity['allowLongTerm']
    const validTo = strict.fields.find(field => field['key'] === 'validTo')
    if (validTo !== undefined) {
      validTo['type'] = 'date'
      delete validTo['pattern']
    }
    const type = parseTypeDefinition(strict)
    const result = compileType(type).check({ ...exampleOf(type), validTo: '长期' }, 0)
    expect(Array.isArray(result) && result[0]?.code).to.equal('FIELD_DATE')
  })
})
