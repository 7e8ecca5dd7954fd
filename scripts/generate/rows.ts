/**
 * One maker of realistic rows for each certificate type of the demonstration region.
 */
import { daysLater, lastDayOf } from '../../server/catalogue/civil-date.ts'
import { foodLicenceNo } from '../../server/catalogue/food-licence.ts'
import {
  addressIn,
  anyPerson,
  CITY,
  DISTRICTS,
  numberedCompany,
  numberedPerson,
  type Company,
  type District,
  type Person,
} from './people.ts'
import type { Chance } from './random.ts'

export type Row = Record<string, unknown>

/** What a maker draws from: the row's own chance, its number in the batch, and the day on which it is made. */
export interface Draw {
  chance: Chance
  /** The row's number plus the seed's starting point: numbers made from it do not repeat within a batch. */
  index: number
  start: number
  today: string
}

const VARIETIES = [
  '热食类食品制售',
  '冷食类食品制售',
  '糕点类食品制售',
  '自制饮品制售',
  '预包装食品销售',
  '散装食品销售',
]
const MAJORS = [
  ['汉语言文学（师范）', '文学', '文学学士'],
  ['数学与应用数学', '理学', '理学学士'],
  ['小学教育', '教育学', '教育学学士'],
  ['法学', '法学', '法学学士'],
  ['计算机科学与技术', '工学', '工学学士'],
] as const
const PLATE_CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
const VIN_CHARACTERS = 'ABCDEFGHJKLMNPRSTUVWXYZ0123456789'
const SCHOOL = '云岭师范学院'

/** By the code of the type. */
export const makers: Readonly<Record<string, (draw: Draw) => Row>> = {
  RIC(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const validFrom = dayBefore(chance, today, 30, 3_000)
    const age = yearsBetween(person.birthDate, validFrom)
    const years = age < 16 ? 5 : age < 26 ? 10 : 20
    return {
      name: person.name,
      sex: person.sex,
      ethnicity: person.ethnicity,
      birthDate: person.birthDate,
      address: addressIn(chance, person.district),
      idNo: person.idNo,
      issuingAuthority: `${CITY}公安局${person.district.name.slice(0, 2)}分局`,
      validFrom,
      // From 46 on a card is for life.
      validTo: age >= 46 ? '长期' : daysLater(lastDayOf(validFrom, years, 'year'), 1),
    }
  },

  HKB(draw) {
    const { chance, today } = draw
    const head = citizen(draw)
    const address = addressIn(chance, head.district)
    const members: Row[] = [memberOf(head, '户主', chance.pick(['未婚', '已婚', '离婚']))]
    const [first] = members
    if (first?.['maritalStatus'] === '已婚')
      members.push(memberOf(spouseOf(draw, head), head.sex === '男' ? '妻' : '夫', '已婚'))
    for (let child = chance.integer(0, 2); child > 0; child--) {
      const sex = chance.pick(['男', '女'] as const)
      const one = anyPerson(chance, sex, daysLater(head.birthDate, 9_000), 3_000)
      members.push(
        memberOf(
          { ...one, name: familyNameOf(head) + one.name.slice(1) },
          sex === '男' ? '子' : '女',
          '未婚',
        ),
      )
    }
    return {
      householdNo: numbered(draw, 9),
      householdType: chance.happens(0.95) ? '家庭户' : '集体户',
      headName: head.name,
      address,
      members,
      registrationAuthority: `${CITY}公安局${head.district.name.slice(0, 2)}分局${chance.pick(head.district.roads).slice(0, 2)}派出所`,
      issueDate: dayBefore(chance, today, 10, 4_000),
    }
  },

  MAR(draw) {
    const { chance } = draw
    const { husband, wife, registerDate, district } = couple(draw)
    return {
      certNo: `J${district.code}-${registerDate.slice(0, 4)}-${numbered(draw, 6)}`,
      holderName: chance.pick([husband, wife]).name,
      registerDate,
      partyAName: husband.name,
      partyAIdNo: husband.idNo,
      partyABirth: husband.birthDate,
      partyBName: wife.name,
      partyBIdNo: wife.idNo,
      partyBBirth: wife.birthDate,
      nationalityA: '中国',
      nationalityB: '中国',
      registrar: `示例员${chance.digits(2)}`,
      authority: `${CITY}${district.name}民政局婚姻登记处`,
    }
  },

  DIV(draw) {
    const { chance } = draw
    const { husband, wife, registerDate, district } = couple(draw)
    return {
      certNo: `L${district.code}-${registerDate.slice(0, 4)}-${numbered(draw, 6)}`,
      holderName: chance.pick([husband, wife]).name,
      registerDate,
      partyAName: husband.name,
      partyAIdNo: husband.idNo,
      partyBName: wife.name,
      partyBIdNo: wife.idNo,
      authority: `${CITY}${district.name}民政局婚姻登记处`,
    }
  },

  BIR(draw) {
    const { chance, today } = draw
    const born = dayBefore(chance, today, 10, 3_000)
    const age = chance.integer(22, 40)
    const mother = anyPerson(chance, '女', daysLater(born, -365 * (age + 1)), 300)
    const father = chance.happens(0.95)
      ? anyPerson(chance, '男', daysLater(mother.birthDate, -1_500), 2_500)
      : null
    const district = chance.pick(DISTRICTS)
    const sex = chance.pick(['男', '女'] as const)
    const given = anyPerson(chance, sex, born, 0).name.slice(1)
    return {
      certNo: `${chance.pick(Array.from(PLATE_CHARACTERS))}${numbered(draw, 9)}`,
      newbornName: familyNameOf(father ?? mother) + (given.includes('·') ? '念安' : given),
      sex,
      birthTime: `${born}T${two(chance.integer(0, 23))}:${two(chance.integer(0, 59))}:00+08:00`,
      birthPlace: `示例省${CITY}${district.name}`,
      gestationWeeks: `${chance.integer(37, 41)}+${chance.integer(0, 6)}`,
      weightG: chance.integer(250, 420) * 10,
      lengthCm: chance.integer(46, 54),
      motherName: mother.name,
      motherAge: yearsBetween(mother.birthDate, born),
      motherIdNo: mother.idNo,
      ...(father === null ? {} : { fatherName: father.name, fatherIdNo: father.idNo }),
      institution: chance.pick([`${CITY}妇幼保健院`, `${CITY}第一人民医院`]),
      issueDate: daysLater(born, chance.integer(1, 9)),
    }
  },

  REA(draw) {
    const { chance, today } = draw
    const owner = citizen(draw)
    const isShared = chance.happens(0.4)
    const registerDate = dayBefore(chance, today, 10, 5_000)
    const obligees = [{ name: owner.name, idNo: owner.idNo, share: isShared ? '50%' : '100%' }]
    if (isShared) {
      const other = spouseOf(draw, owner)
      obligees.push({ name: other.name, idNo: other.idNo, share: '50%' })
    }
    const floors = chance.integer(6, 33)
    const floor = chance.integer(1, floors)
    const from = chance.integer(1998, 2012)
    return {
      certNo: `示(${registerDate.slice(0, 4)})${CITY}不动产权第${numbered(draw, 7)}号`,
      obligees,
      coOwnership: isShared ? chance.pick(['共同共有', '按份共有']) : '单独所有',
      location: `${CITY}${owner.district.name}${chance.pick(owner.district.roads)}${chance.integer(1, 320)}号${chance.integer(1, 20)}栋${floor}0${chance.integer(1, 6)}`,
      unitNo: `${owner.district.code}${chance.digits(6)}GB${chance.digits(5)}F${chance.digits(8)}`,
      rightType: '国有建设用地使用权/房屋所有权',
      rightNature: '出让/市场化商品房',
      usage: '城镇住宅用地/住宅',
      landArea: chance.integer(30_000, 900_000) / 10,
      floorArea: chance.integer(4_500, 18_000) / 100,
      term: `国有建设用地使用权 ${from}-03-01 至 ${from + 70}-02-28`,
      otherConditions: `房屋结构：钢筋混凝土；总层数：${floors}；所在层：${floor}`,
      encumbrance: chance.pick(['无', '无', '无', '已抵押']),
      registerDate,
      authority: `${CITY}自然资源和规划局`,
    }
  },

  BIZ(draw) {
    const { chance, today } = draw
    const company = companyOf(draw)
    const establishDate = dayBefore(chance, today, 400, 4_000)
    return {
      uscc: company.uscc,
      name: company.name,
      entityType: chance.pick(['有限责任公司(自然人独资)', '有限责任公司(自然人投资或控股)']),
      legalRepresentative: company.legalRepresentative.name,
      legalRepIdNo: company.legalRepresentative.idNo,
      registeredCapital: chance.pick(['叁拾万元整', '伍拾万元整', '壹佰万元整', '伍佰万元整']),
      establishDate,
      termTo: chance.happens(0.8) ? '长期' : lastDayOf(establishDate, 30, 'year'),
      address: company.address,
      scope: '餐饮服务；食品销售；日用百货销售（依法须经批准的项目，经批准后方可开展经营活动）',
      authority: `${CITY}市场监督管理局${company.district.name.slice(0, 2)}分局`,
      issueDate: chance.happens(0.7) ? establishDate : daysLater(establishDate, chance.integer(1, 390)),
    }
  },

  SSC(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    return {
      name: person.name,
      socialSecurityNo: person.idNo,
      cardNo: `Y${numbered(draw, 8)}`,
      ...(chance.happens(0.9) ? { bankName: '示例银行云岭分行' } : {}),
      issueDate: dayBefore(chance, today, 10, 2_500),
      issuer: `${CITY}人力资源和社会保障局`,
      cardStatus: '正常',
    }
  },

  DRV(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const firstIssueDate = daysLater(person.birthDate, 365 * 18 + 10 + chance.integer(0, 300))
    const earliest = dayBefore(chance, today, 10, 2_000)
    const validFrom = earliest < firstIssueDate ? firstIssueDate : earliest
    return {
      licenceNo: person.idNo,
      name: person.name,
      sex: person.sex,
      nationality: '中国',
      address: addressIn(chance, person.district),
      birthDate: person.birthDate,
      firstIssueDate,
      vehicleClass: chance.pick(['C1', 'C1', 'C1', 'C2', 'B2', 'A2', 'A2,E1']),
      validFrom,
      validTo: chance.happens(0.1) ? '长期' : daysLater(lastDayOf(validFrom, 10, 'year'), 1),
      fileNo: `9901${numbered(draw, 8)}`,
      points: chance.pick([0, 0, 0, 1, 3, 6]),
      status: '正常',
      authority: `${CITY}公安局交通警察支队`,
    }
  },

  VEH(draw) {
    const { chance, today } = draw
    const isCompany = chance.happens(0.3)
    const company = companyOf(draw)
    const person = citizen(draw)
    const registerDate = dayBefore(chance, today, 400, 3_000)
    const mass = chance.integer(12, 26) * 100
    return {
      plateNo: plateOf(draw),
      vehicleType: isCompany ? '重型半挂牵引车' : '小型轿车',
      owner: isCompany ? company.name : person.name,
      address: isCompany ? company.address : addressIn(chance, person.district, false),
      useNature: isCompany ? '货运' : '非营运',
      model: isCompany ? '示例牌 SL4250' : '示例牌 SL7150',
      vin: `LSL${Array.from({ length: 14 }, () => chance.pick(Array.from(VIN_CHARACTERS))).join('')}`,
      engineNo: `SL0R${chance.digits(6)}`,
      registerDate,
      issueDate: registerDate,
      grossMassKg: isCompany ? mass * 10 : mass,
      loadKg: isCompany ? mass * 7 : 0,
      inspectionValidTo: daysLater(today, chance.integer(30, 700)),
    }
  },

  DIP(draw) {
    const { chance } = draw
    const person = citizen(draw)
    const { graduated, enrolled } = studiesOf(person, draw)
    const [major] = chance.pick(MAJORS)
    return {
      name: person.name,
      sex: person.sex,
      birthDate: person.birthDate,
      enrolDate: `${enrolled}-09-01`,
      graduateDate: `${graduated}-06-20`,
      major,
      level: '本科',
      duration: '四年',
      form: '普通全日制',
      school: SCHOOL,
      president: '示例校长',
      certNo: `999011${graduated}05${numbered(draw, 6)}`,
    }
  },

  DEG(draw) {
    const { chance } = draw
    const person = citizen(draw)
    const { graduated } = studiesOf(person, draw)
    const [major, degreeCategory, degreeName] = chance.pick(MAJORS)
    return {
      name: person.name,
      sex: person.sex,
      birthDate: person.birthDate,
      major,
      degreeCategory,
      degreeName,
      awardDate: `${graduated}-06-20`,
      school: SCHOOL,
      chair: '示例主席',
      certNo: `999014${graduated}${numbered(draw, 6)}`,
    }
  },

  DIS(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const category = chance.integer(1, 7)
    const level = chance.integer(1, 4)
    const issueDate = dayBefore(chance, today, 10, 3_000)
    return {
      name: person.name,
      sex: person.sex,
      ethnicity: person.ethnicity,
      birthDate: person.birthDate,
      address: addressIn(chance, person.district, false),
      certNo: `${person.idNo}${category}${level}`,
      category: ['视力', '听力', '言语', '肢体', '智力', '精神', '多重'][category - 1],
      level: ['一级', '二级', '三级', '四级'][level - 1],
      ...(chance.happens(0.3) ? { guardianName: anyPerson(chance, '女', '1950-01-01', 9_000).name } : {}),
      authority: `${CITY}残疾人联合会`,
      issueDate,
      validTo: lastDayOf(issueDate, 10, 'year'),
    }
  },

  FOO(draw) {
    const { chance, today } = draw
    const company = companyOf(draw)
    const format = chance.integer(1, 3)
    const issueDate = dayBefore(chance, today, 10, 1_500)
    const items = VARIETIES.filter(() => chance.happens(0.5))
    return {
      licenceNo: foodLicenceNo(format, company.district.code, numbered(draw, 6)),
      operator: company.name,
      uscc: company.uscc,
      legalRepresentative: company.legalRepresentative.name,
      address: company.address,
      place: company.address,
      format: ['食品销售经营者', '餐饮服务经营者', '集中用餐单位食堂'][format - 1],
      items: items.length === 0 ? VARIETIES.slice(0, 1) : items,
      supervisor: `${company.district.name}市场监督管理所`,
      hotline: '12315',
      authority: `${CITY}市场监督管理局`,
      issueDate,
      validTo: lastDayOf(issueDate, 5, 'year'),
    }
  },

  RTC(draw) {
    const { chance, today } = draw
    const company = companyOf(draw)
    const tonnes = chance.integer(5, 30)
    return {
      certNo: `示交运管货字${company.district.code}${numbered(draw, 6)}号`,
      operator: company.name,
      operatingLicenceNo: `示交运管许可货字${company.district.code}${chance.digits(6)}号`,
      plateNo: plateOf(draw),
      vehicleType: chance.pick(['重型半挂牵引车', '重型厢式货车', '中型仓栅式货车']),
      tonnage: `${tonnes}吨`,
      dimensionsMm: `${chance.integer(55, 120)}00×2550×${chance.integer(30, 39)}50`,
      scope: '道路普通货物运输',
      issueDate: dayBefore(chance, today, 10, 1_500),
      auditValidTo: daysLater(today, chance.integer(30, 700)),
      authority: `${CITY}交通运输局`,
    }
  },

  TAX(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const issueDate = dayBefore(chance, today, 1, 700)
    const items = Array.from({ length: chance.integer(1, 3) }, () => ({
      ...chance.pick([
        { tax: '契税', item: '存量房买卖' },
        { tax: '个人所得税', item: '工资薪金所得' },
        { tax: '房产税', item: '财产租赁所得' },
      ]),
      period: `${issueDate.slice(0, 7)}-01 至 ${issueDate}`,
      entryDate: issueDate,
      amount: chance.integer(10_000, 5_000_000) / 100,
    }))
    return {
      serialNo: `3990${issueDate.slice(2, 4)}${issueDate.slice(5, 7)}${numbered(draw, 10)}`,
      taxpayerName: person.name,
      taxpayerId: person.idNo,
      items,
      total: Math.round(items.reduce((sum, item) => sum + item.amount * 100, 0)) / 100,
      authority: `国家税务总局${CITY}税务局第一税务分局`,
      issueDate,
    }
  },

  NCR(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const issueDate = dayBefore(chance, today, 0, 60)
    return {
      certNo: `云公(${person.district.name.slice(0, 1)})证字〔${issueDate.slice(0, 4)}〕${numbered(draw, 5)}号`,
      name: person.name,
      sex: person.sex,
      idNo: person.idNo,
      periodFrom: lastDayOf(person.birthDate, 16, 'year'),
      periodTo: issueDate,
      result: '未发现有犯罪记录',
      ...chance.pick([
        { purpose: '教师资格认定', recipient: `${CITY}教育局` },
        { purpose: '网约车驾驶员资格', recipient: `${CITY}交通运输局` },
      ]),
      authority: `${CITY}公安局${person.district.name.slice(0, 2)}分局`,
      issueDate,
      validTo: lastDayOf(issueDate, 3, 'month'),
    }
  },

  LOW(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const count = chance.integer(1, 5)
    return {
      certNo: `YLDB${person.district.code}${numbered(draw, 6)}`,
      headName: person.name,
      headIdNo: person.idNo,
      address: addressIn(chance, person.district, false),
      aidType: chance.pick(['城市低保', '农村低保']),
      memberCount: count,
      monthlyAmount: count * chance.integer(600, 900),
      approveDate: dayBefore(chance, today, 10, 1_000),
      reviewDate: daysLater(today, chance.integer(10, 360)),
      authority: `${CITY}${person.district.name}民政局`,
    }
  },

  RES(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    return {
      name: person.name,
      sex: person.sex,
      ethnicity: person.ethnicity,
      birthDate: person.birthDate,
      idNo: person.idNo,
      registeredAddress: `示例省别处市某县${chance.pick(['东', '西', '南', '北'])}镇`,
      residenceAddress: addressIn(chance, person.district, false),
      authority: `${CITY}公安局${person.district.name.slice(0, 2)}分局`,
      issueDate: dayBefore(chance, today, 10, 1_000),
      endorsedTo: daysLater(today, chance.integer(10, 365)),
    }
  },

  HPF(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const base = chance.integer(35, 280) * 100
    const months = chance.integer(1, 240)
    const monthly = Math.round(base * 0.16)
    const asOf = dayBefore(chance, today, 0, 20)
    return {
      stmtNo: `GJJ${asOf.replaceAll('-', '')}${numbered(draw, 6)}`,
      name: person.name,
      idNo: person.idNo,
      accountNo: `9901${numbered(draw, 8)}`,
      employer: companyOf(draw).name,
      base,
      rate: '8%/8%',
      monthly,
      continuousMonths: months,
      balance: monthly * months,
      accountStatus: chance.pick(['正常', '正常', '正常', '封存']),
      asOf,
      authority: `${CITY}住房公积金管理中心`,
    }
  },

  SIP(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const asOf = dayBefore(chance, today, 0, 60)
    const months = chance.integer(12, 200)
    const to = Number(asOf.slice(0, 4)) * 12 + Number(asOf.slice(5, 7)) - 2
    const kinds = ['企业职工基本养老保险', '失业保险', '工伤保险'].slice(0, chance.integer(1, 3))
    return {
      stmtNo: `SB${asOf.replaceAll('-', '')}${numbered(draw, 6)}`,
      name: person.name,
      idNo: person.idNo,
      insurances: kinds.map(type => ({
        type,
        from: monthOf(to - months + 1),
        to: monthOf(to),
        months,
        status: '参保缴费',
      })),
      employer: companyOf(draw).name,
      cumulativeMonths: months,
      asOf,
      authority: `${CITY}社会保险基金管理局`,
    }
  },

  NOH(draw) {
    const { chance, today } = draw
    const person = citizen(draw)
    const day = dayBefore(chance, today, 0, 20)
    const count = chance.pick([0, 0, 0, 0, 1, 2])
    return {
      certNo: `BDCCX${day.replaceAll('-', '')}${numbered(draw, 6)}`,
      name: person.name,
      idNo: person.idNo,
      scope: `${CITY}全域住宅`,
      result: count === 0 ? '无不动产登记信息' : '有不动产登记信息',
      count,
      purpose: chance.pick(['申请公共租赁住房', '住房公积金提取', '子女入学']),
      queriedAt: `${day}T${two(chance.integer(9, 17))}:${two(chance.integer(0, 59))}:${two(chance.integer(0, 59))}+08:00`,
      authority: `${CITY}不动产登记中心`,
    }
  },

  LEA(draw) {
    const { chance, today } = draw
    const landlord = citizen(draw)
    const tenant = anyPerson(chance, chance.pick(['男', '女']), '1970-01-01', 12_000)
    const termFrom = dayBefore(chance, today, 10, 300)
    return {
      filingNo: `云房租备第${termFrom.slice(0, 4)}-${numbered(draw, 6)}号`,
      landlord: landlord.name,
      landlordIdNo: landlord.idNo,
      tenant: tenant.name,
      tenantIdNo: tenant.idNo,
      location: addressIn(chance, landlord.district, false),
      area: chance.integer(200, 1_500) / 10,
      usage: '居住',
      rent: chance.integer(8, 60) * 100,
      termFrom,
      termTo: lastDayOf(termFrom, chance.integer(1, 3), 'year'),
      filingDate: daysLater(termFrom, chance.integer(0, 10)),
      authority: `${CITY}住房和城乡建设局`,
    }
  },

  HYG(draw) {
    const { chance, today } = draw
    const company = companyOf(draw)
    const issueDate = dayBefore(chance, today, 10, 1_300)
    return {
      licenceNo: `云卫公证字〔${issueDate.slice(0, 4)}〕第${numbered(draw, 6)}号`,
      unitName: company.name,
      uscc: company.uscc,
      legalRepresentative: company.legalRepresentative.name,
      address: company.address,
      items: chance.pick(['咖啡馆、茶座', '宾馆', '理发店', '游泳场（馆）']),
      authority: `${CITY}卫生健康委员会`,
      issueDate,
      validTo: lastDayOf(issueDate, 4, 'year'),
    }
  },
}

function citizen({ chance, index, start }: Draw): Person & { district: District } {
  return numberedPerson(chance, index, start)
}

function companyOf({ chance, index, start }: Draw): Company {
  return numberedCompany(chance, start + index)
}

/** Digits that count up through the batch. */
function numbered({ index, start }: Draw, digits: number): string {
  return String((start + index) % 10 ** digits).padStart(digits, '0')
}

/** 示A + letter + four digits: 240,000 plates before one repeats. */
function plateOf({ index, start }: Draw): string {
  const number = (start + index) % (PLATE_CHARACTERS.length * 10_000)
  return `示A${PLATE_CHARACTERS[Math.floor(number / 10_000)] ?? 'A'}${String(number % 10_000).padStart(4, '0')}`
}

function couple(draw: Draw): { husband: Person; wife: Person; registerDate: string; district: District } {
  const { chance, today } = draw
  const one = citizen(draw)
  const other = spouseOf(draw, one)
  const [husband, wife] = one.sex === '男' ? [one, other] : [other, one]
  const younger = one.birthDate > other.birthDate ? one : other
  // 22 and 20 are the ages from which one may marry; 23 suits both.
  const earliest = daysLater(lastDayOf(younger.birthDate, 23, 'year'), chance.integer(0, 400))
  return { husband, wife, registerDate: earliest < today ? earliest : today, district: one.district }
}

function spouseOf({ chance }: Draw, person: Person): Person {
  return anyPerson(chance, person.sex === '男' ? '女' : '男', daysLater(person.birthDate, -1_000), 2_000)
}

function memberOf(person: Person, relationToHead: string, maritalStatus: string): Row {
  return {
    name: person.name,
    relationToHead,
    sex: person.sex,
    idNo: person.idNo,
    birthDate: person.birthDate,
    ethnicity: person.ethnicity,
    maritalStatus,
  }
}

function studiesOf(person: Person, { today }: Draw): { enrolled: number; graduated: number } {
  const enrolled = Math.min(Number(person.birthDate.slice(0, 4)) + 18, Number(today.slice(0, 4)) - 5)
  return { enrolled, graduated: enrolled + 4 }
}

function familyNameOf(person: Person): string {
  return Array.from(person.name)[0] ?? ''
}

function dayBefore(chance: Chance, today: string, least: number, most: number): string {
  return daysLater(today, -chance.integer(least, most))
}

function yearsBetween(from: string, to: string): number {
  return Number(to.slice(0, 4)) - Number(from.slice(0, 4)) - (to.slice(5) < from.slice(5) ? 1 : 0)
}

function monthOf(months: number): string {
  return `${Math.floor(months / 12)}-${two((months % 12) + 1)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
