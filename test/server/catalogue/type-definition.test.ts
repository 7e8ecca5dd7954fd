import { expect } from 'chai'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import {
  CATALOGUE_COLUMNS,
  holderNameOf,
  parseTypeDefinition,
} from '../../../server/catalogue/type-definition.ts'
import { errorsOf, refusalOf } from './refusals.ts'

type Json = Record<string, unknown>

const RIC = typeIn(demoRegion(), 'RIC')
const NCR = typeIn(demoRegion(), 'NCR')

/** A copy of the type in which one member, named by its path, is another; undefined removes it. */
function changed(type: object, path: string, value: unknown): Json {
  const copy = structuredClone(type) as Json
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let at = copy
  for (const key of keys) at = at[key] as Json
  if (value === undefined) delete at[last]
  else at[last] = value
  return copy
}

const refused = (path: string, value: unknown, type: object = RIC) =>
  errorsOf(() => parseTypeDefinition(changed(type, path, value)))

describe('publishing a certificate type', () => {
  it('keeps what it accepted unchanged', () => {
    for (const type of demoRegion().certificateTypes) {
      expect(parseTypeDefinition(JSON.parse(JSON.stringify(type)))).to.deep.equal(type)
    }
  })

  for (const column of CATALOGUE_COLUMNS) {
    it(`is refused without the catalogue column ${column}, which is named`, () => {
      expect(refused(`catalogue.${column}`, undefined)).to.deep.equal([
        `catalogue.${column} TYPE_COLUMN_MISSING`,
      ])
      expect(
        refusalOf(() => parseTypeDefinition(changed(RIC, `catalogue.${column}`, undefined))).message,
      ).to.include(column)
    })
  }

  it('names all eight columns when none is there, and a column that is blank', () => {
    expect(refused('catalogue', undefined)).to.deep.equal(
      CATALOGUE_COLUMNS.map(column => `catalogue.${column} TYPE_COLUMN_MISSING`),
    )
    expect(refused('catalogue.format', { zh: ' ', en: 'x' })).to.deep.equal([
      'catalogue.format TYPE_COLUMN_MISSING',
    ])
  })

  it('asks for the law when a type is not shared, and for presentation as its only use', () => {
    expect(refused('catalogue.legalGround', undefined, NCR)).to.deep.equal([
      'catalogue.legalGround TYPE_LEGAL_GROUND',
    ])
    expect(refused('catalogue.legalGround', { zh: '', en: '' }, NCR)).to.include(
      'catalogue.legalGround TYPE_LEGAL_GROUND',
    )
    expect(refused('useModes', ['present', 'duty'], NCR)).to.deep.equal(['useModes TYPE_USE_MODES'])
  })

  const cases: [why: string, path: string, value: unknown, error: string][] = [
    ['an unknown field type', 'fields.0.type', 'blob', 'fields.0.type TYPE_FIELD_TYPE'],
    ['a field without a type', 'fields.0.type', undefined, 'fields.0.type TYPE_FIELD_TYPE'],
    ['an unknown member', 'surprise', 1, 'surprise TYPE_MEMBER'],
    ['a missing member', 'holderType', undefined, 'holderType TYPE_MEMBER'],
    ['an enumeration without values', 'fields.1.enum', [], 'fields.1.enum TYPE_ENUM'],
    ['an enumeration with a value twice', 'fields.1.enum', ['男', '男'], 'fields.1.enum TYPE_ENUM'],
    ['a field name that no disclosure may have', 'fields.2.key', '民族', 'fields.2.key TYPE_FIELD_KEY'],
    ['the field name type', 'fields.2.key', 'type', 'fields.2.key TYPE_FIELD_KEY'],
    ['the field name id', 'fields.2.key', 'id', 'fields.2.key TYPE_FIELD_KEY'],
    ['a field name that every object has', 'fields.2.key', 'constructor', 'fields.2.key TYPE_FIELD_KEY'],
    ['a field name twice', 'fields.2.key', 'sex', 'fields.2.key TYPE_FIELD_DUPLICATE'],
    ['an ID number without check digits', 'fields.5.check', undefined, 'fields.5.check TYPE_FIELD_CHECK'],
    ['a pattern that is none', 'fields.0.pattern', '^(a$', 'fields.0.pattern TYPE_PATTERN_SYNTAX'],
    ['a pattern open at its end', 'fields.0.pattern', '^a', 'fields.0.pattern TYPE_PATTERN_ANCHOR'],
    ['a catastrophic pattern', 'fields.0.pattern', '^(a+)+$', 'fields.0.pattern TYPE_PATTERN_UNSAFE'],
    [
      'a number pattern other than its field’s',
      'number.pattern',
      '^\\d{18}$',
      'numberField TYPE_NUMBER_FIELD',
    ],
    ['a number field that is not there', 'numberField', 'no', 'numberField TYPE_NUMBER_FIELD'],
    ['a name field that is not there', 'nameField', 'no', 'nameField TYPE_NAME_FIELD'],
    ['a name field inside a text', 'nameField', 'name.name', 'nameField TYPE_NAME_FIELD'],
    [
      'a controlled field for everybody',
      'publicVerifyFields',
      ['idNo'],
      'publicVerifyFields.0 TYPE_PUBLIC_FIELD',
    ],
    ['a first day that is no date', 'validity.from', 'name', 'validity.from TYPE_VALIDITY'],
    ['a last day that may be missing', 'validity.field', 'ethnicity', 'validity.field TYPE_VALIDITY'],
    ['a last day of another kind', 'validity.field', 'birthDate', 'validity.field TYPE_VALIDITY'],
    ['an order of fields that are no dates', 'dateOrder', [['name', 'sex']], 'dateOrder.0 TYPE_DATE_ORDER'],
    ['a type code with a wrong USCC', 'typeCode', '11990100MB9Y01166K001', 'typeCode TYPE_CODE'],
    ['a type code of another length', 'typeCode', '11990100MB9Y01166J01', 'typeCode TYPE_CODE'],
  ]
  for (const [why, path, value, error] of cases) {
    it(`is refused with ${why}`, () => {
      expect(refused(path, value)).to.include(error)
    })
  }

  it('is refused with a repeated or reserved name inside a nested row, where type is free', () => {
    const household = typeIn(demoRegion(), 'HKB')
    expect(refused('fields.4.items.1.key', 'name', household)).to.deep.equal([
      'fields.4.items.1.key TYPE_FIELD_DUPLICATE',
    ])
    expect(refused('fields.4.items.1.key', 'toString', household)).to.deep.equal([
      'fields.4.items.1.key TYPE_FIELD_KEY',
    ])
    expect(parseTypeDefinition(changed(household, 'fields.4.items.1.key', 'type')).code).to.equal('HKB')
  })

  it('is refused when it is no object at all', () => {
    for (const value of [null, 7, 'RIC', []]) {
      expect(errorsOf(() => parseTypeDefinition(value))).to.deep.equal(['. TYPE_MEMBER'])
    }
  })
})

describe('the holder’s name', () => {
  it('joins the names of several holders and leaves out what was not disclosed', () => {
    const property = typeIn(demoRegion(), 'REA')
    expect(holderNameOf(property, { obligees: [{ name: '林知行' }, { name: '苏小满' }] })).to.equal(
      '林知行、苏小满',
    )
    expect(holderNameOf(property, { obligees: [{}, null] })).to.equal('')
    expect(holderNameOf(property, {})).to.equal('')
    expect(holderNameOf(RIC, { name: '何䶮𠮷' })).to.equal('何䶮𠮷')
    expect(holderNameOf(RIC, { name: 7 })).to.equal('')
  })
})
