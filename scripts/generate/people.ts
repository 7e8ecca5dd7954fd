/**
 * Invented people, bodies and places of the demonstration region. Region codes 990xxx are not assigned, so the numbers
 * pass every check and belong to nobody.
 */
import { isCitizenNumber, isOrganisationCode, isUscc } from '../../protocol/identifiers.ts'
import { invariant } from '../../protocol/refusal.ts'
import { daysLater } from '../../server/catalogue/civil-date.ts'
import type { Chance } from './random.ts'

export interface Person {
  name: string
  sex: '男' | '女'
  birthDate: string
  idNo: string
  ethnicity: string
}

export interface District {
  code: string
  name: string
  roads: readonly string[]
}

export const CITY = '云岭市'
export const PROVINCE = '示例省'

export const DISTRICTS: readonly District[] = [
  { code: '990102', name: '望山区', roads: ['清平路', '望山大道', '松涛街', '书院巷', '北塔路'] },
  { code: '990103', name: '临溪区', roads: ['石桥巷', '溪畔路', '临河街', '柳荫路', '古渡街'] },
  { code: '990104', name: '新港区', roads: ['海平路', '港湾大道', '锚地街', '灯塔路', '盐场路'] },
]

const FAMILY_NAMES = Array.from(
  '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕',
)
const TWO_PART_FAMILY_NAMES = ['欧阳', '司马', '上官', '诸葛']
const MALE = Array.from('伟强磊军洋勇杰涛明超刚平辉鹏飞波斌宇浩凯健俊帆帅旭宁龙林欢佳栋')
const FEMALE = Array.from('芳娜敏静丽艳娟霞秀燕玲桂英华慧巧美洁梅琳雪荣爱倩晶欢颖露瑶怡')
const BOTH = Array.from('子文思嘉雨晨一诺知行安然清远云舒若川景和书言禾白')
/** CJK extensions A and B, and two characters that simplification left rare: fonts and importers lose them first. */
const RARE = ['䶮', '㛃', '㑺', '𠮷', '𣲗', '𬍤', '堃', '喆']
const INTERPUNCT_NAMES = [
  ['阿依努尔·示例江', '维吾尔族'],
  ['买买提·示例山', '维吾尔族'],
  ['才让·示例措', '藏族'],
  ['巴特尔·示例吉', '蒙古族'],
] as const
const ETHNICITIES = ['汉族', '汉族', '汉族', '汉族', '汉族', '汉族', '回族', '满族', '壮族', '苗族']

/** Births of 1940-2008. */
const FIRST_BIRTH = '1940-01-01'
const BIRTH_DAYS = 25_000
const SEQUENCES = 998
/** Coprime with districts × days × sequences, so that consecutive people do not look alike and none comes twice. */
const STRIDE = 15_485_863
const PEOPLE = DISTRICTS.length * BIRTH_DAYS * SEQUENCES

/** A person with an ID number that no other `index` of the same seed has (up to 74 million). */
export function numberedPerson(
  chance: Chance,
  index: number,
  start: number,
): Person & { district: District } {
  const place = (start + index * STRIDE) % PEOPLE
  const district = DISTRICTS[place % DISTRICTS.length] as District
  const rest = Math.floor(place / DISTRICTS.length)
  const birthDate = daysLater(FIRST_BIRTH, rest % BIRTH_DAYS)
  return { ...personOf(chance, district, birthDate, 1 + Math.floor(rest / BIRTH_DAYS)), district }
}

/** Some person of that sex, born on one of those days. */
export function anyPerson(chance: Chance, sex: Person['sex'], bornFrom: string, days: number): Person {
  const sequence = 2 * chance.integer(1, 498) + (sex === '男' ? 1 : 0)
  return personOf(chance, chance.pick(DISTRICTS), daysLater(bornFrom, chance.integer(0, days)), sequence)
}

function personOf(chance: Chance, district: District, birthDate: string, sequence: number): Person {
  // The 17th digit is odd for men: GB 11643.
  const sex = sequence % 2 === 1 ? '男' : '女'
  const body = `${district.code}${birthDate.replaceAll('-', '')}${String(sequence).padStart(3, '0')}`
  const idNo = withCheckCharacter(body, '0123456789X', isCitizenNumber)
  if (chance.happens(0.02)) {
    const [name, ethnicity] = chance.pick(INTERPUNCT_NAMES)
    return { name, sex, birthDate, idNo, ethnicity }
  }
  return { name: nameOf(chance, sex), sex, birthDate, idNo, ethnicity: chance.pick(ETHNICITIES) }
}

function nameOf(chance: Chance, sex: Person['sex']): string {
  const family = chance.happens(0.01) ? chance.pick(TWO_PART_FAMILY_NAMES) : chance.pick(FAMILY_NAMES)
  const given = [...(sex === '男' ? MALE : FEMALE), ...BOTH]
  if (chance.happens(0.02)) return `${family}${chance.pick(given)}${chance.pick(RARE)}`
  return chance.happens(0.2)
    ? `${family}${chance.pick(given)}`
    : `${family}${chance.pick(given)}${chance.pick(given)}`
}

/** Street and number in the city, with the province for what the police writes. */
export function addressIn(chance: Chance, district: District, withProvince = true): string {
  const house = `${chance.pick(district.roads)}${chance.integer(1, 320)}号`
  const flat = chance.happens(0.8)
    ? `${chance.integer(1, 20)}栋${chance.integer(1, 28)}0${chance.integer(1, 6)}`
    : ''
  return `${withProvince ? PROVINCE : ''}${CITY}${district.name}${house}${flat}`
}

export interface Company {
  name: string
  uscc: string
  legalRepresentative: Person
  district: District
  address: string
}

const COMPANY_WORDS = Array.from('云岭望山溪港清平远恒信诚和润泰禾丰盛达兴源朗博')
const TRADES = ['餐饮', '商贸', '物流', '科技', '食品', '酒店', '建材', '文化传媒']

/** A company with a USCC of its district; `index` numbers it. */
export function numberedCompany(chance: Chance, index: number): Company {
  const district = DISTRICTS[index % DISTRICTS.length] as District
  const serial = String(Math.floor(index / DISTRICTS.length) % 100_000).padStart(5, '0')
  const organisation = withCheckCharacter(`MA9${serial}`, '0123456789X', isOrganisationCode)
  const uscc = withCheckCharacter(`91${district.code}${organisation}`, USCC_CHARACTERS, isUscc)
  const words = `${chance.pick(COMPANY_WORDS)}${chance.pick(COMPANY_WORDS)}`
  return {
    name: `${CITY}${words}${chance.pick(TRADES)}有限公司`,
    uscc,
    legalRepresentative: anyPerson(chance, chance.pick(['男', '女']), '1960-01-01', 14_000),
    district,
    address: `${CITY}${district.name}${chance.pick(district.roads)}${chance.integer(1, 320)}号${chance.integer(1, 6)}楼`,
  }
}

const USCC_CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** There is one implementation of the check digits, the reader's; trying its few characters asks it for the right one. */
function withCheckCharacter(body: string, characters: string, isRight: (text: string) => boolean): string {
  const last = Array.from(characters).find(character => isRight(body + character))
  invariant(last !== undefined, 'every body has a check character')
  return body + last
}
