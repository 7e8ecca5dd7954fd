/**
 * The documents that every side issues: 25 flat fields, mostly Chinese, invented and the same for the same number.
 */
import { parseTypeDefinition, type TypeDefinition } from '../../server/catalogue/type-definition.ts'
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { addressIn, CITY, DISTRICTS, numberedCompany, numberedPerson } from '../generate/people.ts'
import { chanceOf } from '../generate/random.ts'

export type Document = Record<string, string>

const common = { required: true, level: 'controlled', mask: 'none' } as const
const NUMBER = '^[0-9]{14}$'
const text = (key: string, zh: string, more: object = {}) => ({
  key,
  zh,
  en: key,
  type: 'string',
  example: '示例',
  ...common,
  ...more,
})
const date = (key: string, zh: string) => text(key, zh, { type: 'date', example: '2020-01-01' })
const choice = (key: string, zh: string, values: readonly string[]) =>
  text(key, zh, { type: 'enum', enum: values, example: values[0] })

const SEXES = ['男', '女']
const LEVELS = ['初级工', '中级工', '高级工', '技师', '高级技师']
const DEGREES = ['专科', '本科', '硕士研究生', '博士研究生']
const TRADES = ['电工', '焊工', '养老护理员', '育婴员', '中式烹调师', '汽车维修工']
const SCHOOLS = ['云岭市职业技术学院', '示例省立工程大学', '临溪区高级技工学校']
const RESULTS = ['合格', '良好', '优秀']

/** A certificate of vocational skill, as long as the longer types of the catalogue, of the department that issues identity cards. */
export function documentType(): TypeDefinition {
  const model = typeIn(demoRegion(), 'RIC')
  return parseTypeDefinition({
    ...model,
    code: 'SKILL',
    typeCode: `${model.typeCode.slice(0, 18)}901`,
    number: { ...model.number, pattern: NUMBER, example: '99010220200001', isPersonalData: false },
    numberField: 'certNo',
    validity: { kind: 'by_field', from: 'validFrom', field: 'validTo' },
    dateOrder: [['birthDate', 'graduatedOn']],
    publicVerifyFields: [],
    fields: [
      text('certNo', '证书编号', { pattern: NUMBER }),
      text('name', '姓名', { mask: 'name' }),
      choice('sex', '性别', SEXES),
      text('ethnicity', '民族'),
      date('birthDate', '出生日期'),
      text('idNo', '公民身份号码', { check: 'citizenNumber', mask: 'idNo', level: 'sensitive' }),
      text('address', '住址', { mask: 'address' }),
      text('householdAddress', '户籍地址', { mask: 'address' }),
      text('district', '所属区县'),
      text('employer', '工作单位'),
      text('employerUscc', '单位统一社会信用代码', { check: 'uscc' }),
      text('employerAddress', '单位地址'),
      text('legalRepresentative', '法定代表人'),
      choice('degree', '文化程度', DEGREES),
      text('school', '毕业院校'),
      date('graduatedOn', '毕业日期'),
      choice('trade', '职业（工种）', TRADES),
      choice('level', '技能等级', LEVELS),
      choice('theory', '理论知识考试结果', RESULTS),
      choice('practice', '操作技能考核结果', RESULTS),
      text('examiner', '评价机构'),
      text('scope', '从业范围', { type: 'text' }),
      text('authority', '发证机关'),
      date('validFrom', '发证日期'),
      date('validTo', '有效期至'),
    ],
  })
}

export function documents(count: number): Document[] {
  return Array.from({ length: count }, (_, index) => documentOf(index))
}

function documentOf(index: number): Document {
  const chance = chanceOf('bench', index)
  const person = numberedPerson(chance, index, 0)
  const company = numberedCompany(chance, index)
  const trade = chance.pick(TRADES)
  return {
    certNo: `990102${String(index).padStart(8, '0')}`,
    name: person.name,
    sex: person.sex,
    ethnicity: person.ethnicity,
    birthDate: person.birthDate,
    idNo: person.idNo,
    address: addressIn(chance, person.district),
    householdAddress: addressIn(chance, chance.pick(DISTRICTS)),
    district: person.district.name,
    employer: company.name,
    employerUscc: company.uscc,
    employerAddress: company.address,
    legalRepresentative: company.legalRepresentative.name,
    degree: chance.pick(DEGREES),
    school: chance.pick(SCHOOLS),
    graduatedOn: '2019-06-30',
    trade,
    level: chance.pick(LEVELS),
    theory: chance.pick(RESULTS),
    practice: chance.pick(RESULTS),
    examiner: `${CITY}${person.district.name}职业技能评价中心`,
    scope: `${trade}及相关岗位；限${CITY}范围内的企业、事业单位和个体工商户`,
    authority: `${CITY}人力资源和社会保障局`,
    validFrom: '2025-03-01',
    validTo: '2035-02-28',
  }
}
