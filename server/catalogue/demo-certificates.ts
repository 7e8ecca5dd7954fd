/**
 * The certificates of the demonstration region's twelve people and five bodies: all types, every status, some expired.
 * Short-lived proofs are dated from `today`, so that a demonstration always has some in force.
 */
import { invariant } from '../../protocol/refusal.ts'
import { daysLater, lastDayOf } from './civil-date.ts'
import { foodLicenceNo } from './food-licence.ts'
import { demoRegion, typeIn, type Organisation, type Persona } from './region.ts'

type Row = Record<string, unknown>

export interface DemoCertificate {
  /** Code of the certificate type. */
  type: string
  /** Code of the department that issues it. */
  department: string
  /** Persona (P01…) or organisation (O01…). */
  holder: string
  row: Row
  /** What happens to it after it was issued. */
  afterwards?: Afterwards
}

export type Afterwards =
  | { action: 'suspend' | 'revoke'; reason: string }
  /** `changes`: the members of the row in which the new version differs. */
  | { action: 'supersede'; reason: string; changes: Row }

const PUBLIC_SECURITY = '云岭市公安局'
const WANGSHAN = '示例省云岭市望山区'
const HOME_OF_LIN = `${WANGSHAN}清平路18号2栋301`
const HOME_OF_ZHOU = '云岭市临溪区石桥巷7号'
const HOME_OF_GU = '云岭市临溪区溪畔花园3栋502'
const HOME_OF_SHI = '云岭市新港区海平路9号'
const TRUCK = { plateNo: '示AD1234', vehicleType: '重型半挂牵引车' }

/** All of them, in an order in which they can be issued. `today`: `YYYY-MM-DD`, 2026 or later. */
export function demoCertificates(today: string): DemoCertificate[] {
  const all = [
    ...identityCards(),
    ...familyOfLin(),
    ...familyOfZhou(today),
    ...familyOfGu(today),
    ...othersWithCars(today),
    ...graduates(today),
    ...sellerOfHouses(today),
    ...halfMuCatering(),
    ...farRoadFreight(today),
    ...otherBodies(),
  ]
  return all.map(one => ({ ...one, department: typeIn(demoRegion(), one.type).issuer }))
}

type Draft = Omit<DemoCertificate, 'department'>

function identityCards(): Draft[] {
  const card = (
    id: string,
    address: string,
    validFrom: string,
    validTo: string,
    ethnicity = '汉族',
  ): Draft => {
    const { name, sex, birthDate, idNo } = persona(id)
    const district = address.slice(address.indexOf('市') + 1, address.indexOf('市') + 3)
    return {
      type: 'RIC',
      holder: id,
      row: {
        name,
        sex,
        ethnicity,
        birthDate,
        address,
        idNo,
        issuingAuthority: `${PUBLIC_SECURITY}${district}分局`,
        validFrom,
        validTo,
      },
    }
  }
  return [
    card('P01', HOME_OF_LIN, '2020-05-01', '2040-05-01'),
    card('P02', HOME_OF_LIN, '2021-09-03', '2041-09-03'),
    card('P03', HOME_OF_LIN, '2024-07-02', '2029-07-02'),
    card('P04', `示例省${HOME_OF_ZHOU}`, '2012-04-16', '长期'),
    card('P05', '示例省云岭市新港区灯塔路21号', '2022-11-18', '2042-11-18', '维吾尔族'),
    card('P06', `${WANGSHAN}书院巷3号`, '2024-10-08', '长期'),
    card('P07', '示例省云岭市新港区海平路40号5栋602', '2018-06-11', '2028-06-11'),
    card('P08', `示例省${HOME_OF_ZHOU}`, '2019-03-05', '长期'),
    card('P09', '示例省别处市某县某镇', '2017-02-20', '2037-02-20'),
    card('P10', `示例省${HOME_OF_GU}`, '2022-08-15', '2027-08-15'),
    card('P11', `示例省${HOME_OF_SHI}`, '2023-08-09', '2043-08-09'),
    {
      ...card('P12', `${WANGSHAN}松涛街9号3栋702`, '2021-05-06', '长期'),
      // Sold that flat, moved, and has a card with the new address.
      afterwards: {
        action: 'supersede',
        reason: 'HOLDER_CHANGE',
        changes: { address: `${WANGSHAN}松涛街52号1栋1104`, validFrom: '2024-06-20' },
      },
    },
  ]
}

function familyOfLin(): Draft[] {
  const father = persona('P01')
  const mother = persona('P02')
  const child = persona('P03')
  const marriage = {
    certNo: 'J990102-2019-001314',
    registerDate: '2019-05-20',
    partyAName: father.name,
    partyAIdNo: father.idNo,
    partyABirth: father.birthDate,
    partyBName: mother.name,
    partyBIdNo: mother.idNo,
    partyBBirth: mother.birthDate,
    nationalityA: '中国',
    nationalityB: '中国',
    registrar: '示例员01',
    authority: '云岭市望山区民政局婚姻登记处',
  }
  const couple = [member(father, '户主', '已婚'), member(mother, '妻', '已婚')]
  return [
    { type: 'MAR', holder: 'P01', row: { ...marriage, holderName: father.name } },
    { type: 'MAR', holder: 'P02', row: { ...marriage, holderName: mother.name } },
    {
      type: 'HKB',
      holder: 'P01',
      row: {
        householdNo: '990123456',
        householdType: '家庭户',
        headName: father.name,
        address: HOME_OF_LIN,
        members: couple,
        registrationAuthority: `${PUBLIC_SECURITY}望山分局清平派出所`,
        issueDate: '2020-05-01',
      },
      // The newborn joins the household.
      afterwards: {
        action: 'supersede',
        reason: 'HOLDER_CHANGE',
        changes: { members: [...couple, member(child, '女', '未婚')], issueDate: '2024-06-28' },
      },
    },
    {
      type: 'BIR',
      holder: 'P03',
      row: {
        certNo: 'Y990000606',
        newbornName: child.name,
        sex: child.sex,
        birthTime: '2024-06-06T08:18:00+08:00',
        birthPlace: WANGSHAN,
        gestationWeeks: '39+2',
        weightG: 3_250,
        lengthCm: 50,
        motherName: mother.name,
        motherAge: 31,
        motherIdNo: mother.idNo,
        fatherName: father.name,
        fatherIdNo: father.idNo,
        institution: '云岭市妇幼保健院',
        issueDate: '2024-06-09',
      },
    },
    {
      type: 'REA',
      holder: 'P01',
      row: realEstate('示(2020)云岭市不动产权第0045121号', '2020-04-12', '云岭市望山区清平路18号2栋301', [
        father,
        mother,
      ]),
    },
    socialSecurityCard('P01', 'Y99000001', '2021-07-01'),
    socialSecurityCard('P02', 'Y99000002', '2021-09-13'),
    drivingLicence('P01', HOME_OF_LIN, 'C1', '2012-07-25', '2018-07-25', '2028-07-25', '990200556677'),
    {
      type: 'VEH',
      holder: 'P01',
      row: vehicle({
        plateNo: '示AB5566',
        vehicleType: '小型轿车',
        owner: father.name,
        address: '云岭市望山区清平路18号2栋301',
        useNature: '非营运',
        model: '示例牌 SL7150',
        vin: 'LSL7150Y0R0007788',
        registerDate: '2023-04-11',
        inspectionValidTo: '2029-04-30',
      }),
    },
  ]
}

function familyOfZhou(today: string): Draft[] {
  const elder = persona('P04')
  const son = persona('P08')
  const disability = {
    name: son.name,
    sex: son.sex,
    ethnicity: '汉族',
    birthDate: son.birthDate,
    address: HOME_OF_ZHOU,
    category: '肢体',
    guardianName: elder.name,
    authority: '云岭市残疾人联合会',
  }
  return [
    {
      type: 'HKB',
      holder: 'P04',
      row: {
        householdNo: '990130007',
        householdType: '家庭户',
        headName: elder.name,
        address: `示例省${HOME_OF_ZHOU}`,
        members: [member(elder, '户主', '丧偶'), member(son, '子', '未婚')],
        registrationAuthority: `${PUBLIC_SECURITY}临溪分局石桥派出所`,
        issueDate: '2016-03-14',
      },
    },
    socialSecurityCard('P04', 'Y99000004', '2019-10-08'),
    {
      type: 'DIS',
      holder: 'P08',
      row: {
        ...disability,
        certNo: `${son.idNo}43`,
        level: '三级',
        issueDate: '2010-11-20',
        validTo: '2020-11-19',
      },
    },
    {
      type: 'DIS',
      holder: 'P08',
      row: {
        ...disability,
        certNo: `${son.idNo}42`,
        level: '二级',
        issueDate: '2020-11-20',
        validTo: '2030-11-19',
      },
    },
    {
      type: 'LOW',
      holder: 'P08',
      row: {
        certNo: 'YLDB990103000256',
        headName: son.name,
        headIdNo: son.idNo,
        address: HOME_OF_ZHOU,
        aidType: '城市低保',
        memberCount: 2,
        monthlyAmount: 1_460,
        approveDate: '2023-02-01',
        reviewDate: daysLater(today, 200),
        authority: '云岭市临溪区民政局',
      },
      afterwards: {
        action: 'supersede',
        reason: 'HOLDER_CHANGE',
        changes: { monthlyAmount: 1_580, reviewDate: daysLater(today, 320) },
      },
    },
    socialSecurityCard('P08', 'Y99000008', '2022-01-17', { action: 'suspend', reason: 'REPORTED_LOST' }),
  ]
}

function familyOfGu(today: string): Draft[] {
  const mother = persona('P09')
  const son = persona('P10')
  const formerHusband = persona('P11')
  const divorce = {
    certNo: 'L990103-2022-000617',
    registerDate: '2022-09-01',
    partyAName: formerHusband.name,
    partyAIdNo: formerHusband.idNo,
    partyBName: mother.name,
    partyBIdNo: mother.idNo,
    authority: '云岭市临溪区民政局婚姻登记处',
  }
  return [
    { type: 'DIV', holder: 'P09', row: { ...divorce, holderName: mother.name } },
    { type: 'DIV', holder: 'P11', row: { ...divorce, holderName: formerHusband.name } },
    {
      type: 'BIR',
      holder: 'P10',
      row: {
        certNo: 'T990010012',
        newbornName: son.name,
        sex: son.sex,
        birthTime: '2017-10-01T21:40:00+08:00',
        birthPlace: '示例省云岭市临溪区',
        gestationWeeks: '38+5',
        weightG: 3_080,
        lengthCm: 49,
        motherName: mother.name,
        motherAge: 28,
        motherIdNo: mother.idNo,
        institution: '云岭市第一人民医院',
        issueDate: '2017-10-04',
      },
    },
    {
      type: 'RES',
      holder: 'P09',
      row: {
        name: mother.name,
        sex: mother.sex,
        ethnicity: '汉族',
        birthDate: mother.birthDate,
        idNo: mother.idNo,
        registeredAddress: '示例省别处市某县某镇',
        residenceAddress: HOME_OF_GU,
        authority: `${PUBLIC_SECURITY}临溪分局`,
        issueDate: '2023-09-01',
        endorsedTo: daysLater(today, 240),
      },
    },
    {
      type: 'LEA',
      holder: 'P09',
      row: {
        filingNo: '云房租备第2023-001207号',
        landlord: persona('P12').name,
        landlordIdNo: persona('P12').idNo,
        tenant: mother.name,
        tenantIdNo: mother.idNo,
        location: HOME_OF_GU,
        area: 62.1,
        usage: '居住',
        rent: 1_800,
        termFrom: '2023-09-01',
        termTo: daysLater(today, 240),
        filingDate: '2023-09-05',
        authority: '云岭市住房和城乡建设局',
      },
    },
    { type: 'HPF', holder: 'P09', row: providentFund(mother, '2024-06-01', '000088', 26) },
    { type: 'HPF', holder: 'P09', row: providentFund(mother, daysLater(today, -5), '000412', 50) },
    { type: 'SIP', holder: 'P09', row: socialInsurance(mother, daysLater(today, -5), '000137', 50) },
    {
      type: 'NOH',
      holder: 'P09',
      row: {
        certNo: `BDCCX${compact(daysLater(today, -5))}000311`,
        name: mother.name,
        idNo: mother.idNo,
        scope: '云岭市全域住宅',
        result: '无不动产登记信息',
        count: 0,
        purpose: '申请公共租赁住房',
        queriedAt: `${daysLater(today, -5)}T09:12:05+08:00`,
        authority: '云岭市不动产登记中心',
      },
    },
  ]
}

function othersWithCars(today: string): Draft[] {
  const newcomer = persona('P05')
  const rare = persona('P06')
  return [
    {
      type: 'RES',
      holder: 'P05',
      row: {
        name: newcomer.name,
        sex: newcomer.sex,
        ethnicity: '维吾尔族',
        birthDate: newcomer.birthDate,
        idNo: newcomer.idNo,
        registeredAddress: '示例省别处市某县某镇',
        residenceAddress: '云岭市新港区灯塔路21号',
        authority: `${PUBLIC_SECURITY}新港分局`,
        issueDate: '2022-12-01',
        // Not endorsed again: expired.
        endorsedTo: '2024-11-30',
      },
    },
    { type: 'SIP', holder: 'P05', row: socialInsurance(newcomer, daysLater(today, -30), '000140', 38) },
    drivingLicence('P06', `${WANGSHAN}书院巷3号`, 'C1', '2001-05-16', '2021-05-16', '长期', '990200112233', {
      action: 'revoke',
      reason: 'LAW_ENFORCEMENT',
    }),
    socialSecurityCard('P06', 'Y99000006', '2020-12-02'),
    {
      type: 'REA',
      holder: 'P06',
      row: realEstate('示(2019)云岭市不动产权第0008872号', '2019-11-26', '云岭市望山区书院巷3号', [rare]),
      afterwards: { action: 'suspend', reason: 'UNDER_REVIEW' },
    },
  ]
}

function graduates(today: string): Draft[] {
  const graduate = persona('P07')
  const studies = {
    name: graduate.name,
    sex: graduate.sex,
    birthDate: graduate.birthDate,
    school: organisation('O05').name,
  }
  const clearance = (issueDate: string, number: string): Row => ({
    certNo: `云公(新)证字〔${issueDate.slice(0, 4)}〕${number}号`,
    name: graduate.name,
    sex: graduate.sex,
    idNo: graduate.idNo,
    periodFrom: '2015-05-19',
    periodTo: issueDate,
    result: '未发现有犯罪记录',
    purpose: '教师资格认定',
    recipient: '云岭市教育局',
    authority: `${PUBLIC_SECURITY}新港分局海平派出所`,
    issueDate,
    validTo: lastDayOf(issueDate, 3, 'month'),
  })
  return [
    {
      type: 'DIP',
      holder: 'P07',
      row: {
        ...studies,
        enrolDate: '2019-09-01',
        graduateDate: '2023-06-20',
        major: '汉语言文学（师范）',
        level: '本科',
        duration: '四年',
        form: '普通全日制',
        president: '示例校长',
        certNo: '999011202305000123',
      },
    },
    {
      type: 'DEG',
      holder: 'P07',
      row: {
        ...studies,
        major: '汉语言文学',
        degreeCategory: '文学',
        degreeName: '文学学士',
        awardDate: '2023-06-20',
        chair: '示例主席',
        certNo: '9990142023000123',
      },
    },
    { type: 'NCR', holder: 'P07', row: clearance('2024-06-01', '00123') },
    { type: 'NCR', holder: 'P07', row: clearance(daysLater(today, -10), '00877') },
    socialSecurityCard('P07', 'Y99000007', '2023-07-10'),
  ]
}

function sellerOfHouses(today: string): Draft[] {
  const seller = persona('P12')
  const tax = (serialNo: string, entryDate: string, amount: number, kind: string, item: string): Row => ({
    serialNo,
    taxpayerName: seller.name,
    taxpayerId: seller.idNo,
    items: [{ tax: kind, item, period: `${entryDate.slice(0, 7)}-01 至 ${entryDate}`, entryDate, amount }],
    total: amount,
    authority: '国家税务总局云岭市税务局第一税务分局',
    issueDate: entryDate,
  })
  return [
    {
      type: 'REA',
      holder: 'P12',
      row: realEstate('示(2021)云岭市不动产权第0012345号', '2021-04-12', '云岭市望山区松涛街9号3栋702', [
        seller,
      ]),
      // Sold: the new owners' certificate is another one.
      afterwards: { action: 'revoke', reason: 'HOLDER_CHANGE' },
    },
    {
      type: 'TAX',
      holder: 'P12',
      row: tax('399015240500001234', '2024-05-12', 18_600, '个人所得税', '存量房买卖'),
    },
    {
      type: 'TAX',
      holder: 'P12',
      row: tax('399015260100000777', daysLater(today, -60), 1_296.5, '房产税', '财产租赁所得'),
      afterwards: { action: 'revoke', reason: 'ISSUED_IN_ERROR' },
    },
  ]
}

function halfMuCatering(): Draft[] {
  const company = organisation('O01')
  const address = '云岭市望山区清平路66号1楼'
  const owner = persona('P01')
  return [
    {
      type: 'BIZ',
      holder: 'O01',
      row: businessLicence('O01', address, '2024-03-18', '伍拾万元整', '餐饮服务；食品销售'),
      afterwards: {
        action: 'supersede',
        reason: 'HOLDER_CHANGE',
        changes: { registeredCapital: '壹佰万元整', issueDate: '2025-02-10' },
      },
    },
    {
      type: 'FOO',
      holder: 'O01',
      row: foodLicence(company, owner.name, address, 2, '000123', '2024-04-02'),
    },
    {
      type: 'HYG',
      holder: 'O01',
      row: hygieneLicence(company, owner.name, address, '000123', '2024-04-10', '咖啡馆、茶座'),
    },
  ]
}

function farRoadFreight(today: string): Draft[] {
  const company = organisation('O02')
  return [
    {
      type: 'BIZ',
      holder: 'O02',
      row: businessLicence('O02', HOME_OF_SHI, '2021-12-06', '壹佰万元整', '道路货物运输（不含危险货物）'),
    },
    {
      ...drivingLicence(
        'P11',
        `示例省${HOME_OF_SHI}`,
        'A2',
        '2005-10-11',
        '2021-10-11',
        '2031-10-11',
        '990400123456',
      ),
      afterwards: { action: 'supersede', reason: 'HOLDER_CHANGE', changes: { vehicleClass: 'A2,E1' } },
    },
    {
      type: 'VEH',
      holder: 'P11',
      row: vehicle({
        ...TRUCK,
        owner: company.name,
        address: HOME_OF_SHI,
        useNature: '货运',
        model: '示例牌 SL4250',
        vin: 'LSL4250Y0R0000123',
        registerDate: '2022-03-02',
        inspectionValidTo: daysLater(today, 300),
      }),
    },
    {
      type: 'RTC',
      holder: 'O02',
      row: {
        certNo: '示交运管货字990104000123号',
        operator: company.name,
        operatingLicenceNo: '示交运管许可货字990104000088号',
        ...TRUCK,
        tonnage: '18吨',
        dimensionsMm: '6900×2550×3950',
        scope: '道路普通货物运输',
        issueDate: '2022-03-20',
        auditValidTo: daysLater(today, 300),
        authority: '云岭市交通运输局',
      },
    },
    socialSecurityCard('P11', 'Y99000011', '2021-03-30', { action: 'revoke', reason: 'ISSUED_IN_ERROR' }),
    { type: 'TAX', holder: 'O02', row: companyTax(company, daysLater(today, -40)) },
  ]
}

function otherBodies(): Draft[] {
  const school = organisation('O03')
  const snacks = organisation('O04')
  const university = organisation('O05')
  const keeper = persona('P08')
  return [
    {
      type: 'FOO',
      holder: 'O03',
      row: foodLicence(school, '示例校长', '云岭市望山区书院巷12号', 3, '000301', '2023-08-21'),
    },
    {
      type: 'BIZ',
      holder: 'O04',
      row: {
        ...businessLicence('O04', HOME_OF_ZHOU, '2019-06-03', '叁万元整', '小餐饮'),
        entityType: '个体工商户',
      },
    },
    {
      type: 'FOO',
      holder: 'O04',
      row: foodLicence(snacks, keeper.name, HOME_OF_ZHOU, 2, '000207', '2022-05-16'),
      afterwards: { action: 'revoke', reason: 'QUALIFICATION_LOST' },
    },
    {
      type: 'HYG',
      holder: 'O04',
      row: hygieneLicence(snacks, keeper.name, HOME_OF_ZHOU, '000341', '2025-03-03', '小餐饮'),
      afterwards: { action: 'suspend', reason: 'RECTIFICATION' },
    },
    {
      type: 'HYG',
      holder: 'O05',
      // Four years are over: expired.
      row: hygieneLicence(
        university,
        '示例校长',
        '云岭市望山区望山大道1号',
        '000019',
        '2020-09-14',
        '游泳场（馆）',
      ),
    },
    {
      type: 'FOO',
      holder: 'O05',
      row: foodLicence(university, '示例校长', '云岭市望山区望山大道1号', 3, '000302', '2024-08-26'),
    },
  ]
}

function member(person: Persona, relationToHead: string, maritalStatus: string): Row {
  const { name, sex, idNo, birthDate } = person
  return { name, relationToHead, sex, idNo, birthDate, ethnicity: '汉族', maritalStatus }
}

function realEstate(certNo: string, registerDate: string, location: string, owners: Persona[]): Row {
  return {
    certNo,
    obligees: owners.map(({ name, idNo }) => ({ name, idNo, share: `${100 / owners.length}%` })),
    coOwnership: owners.length > 1 ? '共同共有' : '单独所有',
    location,
    unitNo: `990102001001GB00012F0034${certNo.slice(-5, -1)}`,
    rightType: '国有建设用地使用权/房屋所有权',
    rightNature: '出让/市场化商品房',
    usage: '城镇住宅用地/住宅',
    landArea: 12_056.3,
    floorArea: 89.46,
    term: '国有建设用地使用权 2008-03-01 至 2078-02-28',
    otherConditions: '房屋结构：钢筋混凝土；总层数：18；所在层：3',
    encumbrance: '无',
    registerDate,
    authority: '云岭市自然资源和规划局',
  }
}

function socialSecurityCard(
  holder: string,
  cardNo: string,
  issueDate: string,
  afterwards?: Afterwards,
): Draft {
  const { name, idNo } = persona(holder)
  return {
    type: 'SSC',
    holder,
    row: {
      name,
      socialSecurityNo: idNo,
      cardNo,
      bankName: '示例银行云岭分行',
      issueDate,
      issuer: '云岭市人力资源和社会保障局',
      cardStatus: '正常',
    },
    ...(afterwards === undefined ? {} : { afterwards }),
  }
}

function drivingLicence(
  holder: string,
  address: string,
  vehicleClass: string,
  firstIssueDate: string,
  validFrom: string,
  validTo: string,
  fileNo: string,
  afterwards?: Afterwards,
): Draft {
  const { name, sex, birthDate, idNo } = persona(holder)
  return {
    type: 'DRV',
    holder,
    row: {
      licenceNo: idNo,
      name,
      sex,
      nationality: '中国',
      address,
      birthDate,
      firstIssueDate,
      vehicleClass,
      validFrom,
      validTo,
      fileNo,
      points: 0,
      status: '正常',
      authority: '云岭市公安局交通警察支队',
    },
    ...(afterwards === undefined ? {} : { afterwards }),
  }
}

function vehicle(of: Row & { vin: string; registerDate: string; useNature: string }): Row {
  const isTruck = of.useNature === '货运'
  return {
    ...of,
    engineNo: `SL${of.vin.slice(-8)}`,
    issueDate: of.registerDate,
    grossMassKg: isTruck ? 25_000 : 1_780,
    loadKg: isTruck ? 18_000 : 0,
  }
}

function providentFund(person: Persona, asOf: string, sequence: string, months: number): Row {
  return {
    stmtNo: `GJJ${compact(asOf)}${sequence}`,
    name: person.name,
    idNo: person.idNo,
    accountNo: '990100208812',
    employer: organisation('O01').name,
    base: 6_500,
    rate: '8%/8%',
    monthly: 1_040,
    continuousMonths: months,
    balance: 1_040 * months,
    accountStatus: '正常',
    asOf,
    authority: '云岭市住房公积金管理中心',
  }
}

function socialInsurance(person: Persona, asOf: string, sequence: string, months: number): Row {
  const last = Number(asOf.slice(0, 4)) * 12 + Number(asOf.slice(5, 7)) - 2
  const monthOf = (month: number): string =>
    `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`
  return {
    stmtNo: `SB${compact(asOf)}${sequence}`,
    name: person.name,
    idNo: person.idNo,
    insurances: ['企业职工基本养老保险', '失业保险'].map(type => ({
      type,
      from: monthOf(last - months + 1),
      to: monthOf(last),
      months,
      status: '参保缴费',
    })),
    employer: organisation('O01').name,
    cumulativeMonths: months,
    asOf,
    authority: '云岭市社会保险基金管理局',
  }
}

function businessLicence(
  id: string,
  address: string,
  establishDate: string,
  registeredCapital: string,
  scope: string,
): Row {
  const { name, uscc, legalRepresentative = '' } = organisation(id)
  const representative = persona(legalRepresentative)
  return {
    uscc,
    name,
    entityType: '有限责任公司(自然人独资)',
    legalRepresentative: representative.name,
    legalRepIdNo: representative.idNo,
    registeredCapital,
    establishDate,
    termTo: '长期',
    address,
    scope: `${scope}（依法须经批准的项目，经批准后方可开展经营活动）`,
    authority: `云岭市市场监督管理局${districtOf(address).slice(0, 2)}分局`,
    issueDate: establishDate,
  }
}

function foodLicence(
  { name, uscc }: Organisation,
  legalRepresentative: string,
  address: string,
  format: 1 | 2 | 3,
  sequence: string,
  issueDate: string,
): Row {
  return {
    licenceNo: foodLicenceNo(format, uscc.slice(2, 8), sequence),
    operator: name,
    uscc,
    legalRepresentative,
    address,
    place: address,
    format: ['食品销售经营者', '餐饮服务经营者', '集中用餐单位食堂'][format - 1],
    items: ['热食类食品制售', '冷食类食品制售', '自制饮品制售'],
    supervisor: `${districtOf(address)}市场监督管理所`,
    hotline: '12315',
    authority: '云岭市市场监督管理局',
    issueDate,
    validTo: lastDayOf(issueDate, 5, 'year'),
  }
}

function hygieneLicence(
  { name, uscc }: Organisation,
  legalRepresentative: string,
  address: string,
  sequence: string,
  issueDate: string,
  items: string,
): Row {
  return {
    licenceNo: `云卫公证字〔${issueDate.slice(0, 4)}〕第${sequence}号`,
    unitName: name,
    uscc,
    legalRepresentative,
    address,
    items,
    authority: '云岭市卫生健康委员会',
    issueDate,
    validTo: lastDayOf(issueDate, 4, 'year'),
  }
}

function companyTax({ name, uscc }: Organisation, entryDate: string): Row {
  const amount = 8_412.75
  return {
    serialNo: `3990${entryDate.slice(2, 4)}${entryDate.slice(5, 7)}0000880001`,
    taxpayerName: name,
    taxpayerId: uscc,
    items: [
      {
        tax: '增值税',
        item: '陆路货物运输服务',
        period: `${entryDate.slice(0, 7)}-01 至 ${entryDate}`,
        entryDate,
        amount,
      },
    ],
    total: amount,
    authority: '国家税务总局云岭市税务局第一税务分局',
    issueDate: entryDate,
  }
}

function districtOf(address: string): string {
  return address.slice(address.indexOf('市') + 1, address.indexOf('区') + 1)
}

function compact(date: string): string {
  return date.replaceAll('-', '')
}

function persona(id: string): Persona {
  const found = demoRegion().personas.find(one => one.id === id)
  invariant(found !== undefined, `the demonstration region has the persona ${id}`)
  return found
}

function organisation(id: string): Organisation {
  const found = demoRegion().organisations.find(one => one.id === id)
  invariant(found !== undefined, `the demonstration region has the organisation ${id}`)
  return found
}
