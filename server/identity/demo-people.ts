/**
 * Who can sign in to a demo: the personas of the demonstration region, and people who work in its departments. Everybody here is
 * invented.
 */
import { demoRegion } from '../catalogue/region.ts'
import type { StaffRole } from '../store/identity.ts'

export interface DemoPerson {
  /** What the demo's provider calls the person. */
  readonly sub: string
  readonly name: string
  /** Citizens' number; the people of departments have none here and hold no certificates. */
  readonly number: string | null
  readonly department: string | null
  readonly about: { readonly zh: string; readonly en: string }
}

export interface DemoAssignment {
  readonly sub: string
  readonly role: StaffRole
  readonly department: string | null
}

export const ROLE_WORDS: Readonly<Record<StaffRole, { readonly zh: string; readonly en: string }>> = {
  maker: { zh: '经办人', en: 'maker' },
  checker: { zh: '复核人', en: 'checker' },
  officer: { zh: '用证人员', en: 'officer' },
  supervisor: { zh: '部门主管', en: 'supervisor' },
  operator: { zh: '平台运维', en: 'operator' },
  auditor: { zh: '审计员', en: 'auditor' },
}

/** Maker, checker, officer and supervisor of each department. */
const DEPARTMENT_STAFF: Readonly<Record<string, readonly [string, string, string, string]>> = {
  GAJ: ['蒋望舒', '邱砚田', '段青禾', '龚北辰'],
  JJZD: ['卢行舟', '薛知微', '侯远山', '戴清和'],
  MZJ: ['白若谷', '孟听澜', '谭怀瑾', '秦守拙'],
  WJW: ['陶静姝', '汪景行', '贺兰舟', '夏明夷'],
  RSJ: ['康乐之', '邵云帆', '严思齐', '黎向晚'],
  YBJ: ['范一苇', '方映雪', '崔行简', '万重山'],
  ZRJ: ['武长庚', '尹怀远', '乔木生', '常青野'],
  ZJJ: ['牛广厦', '樊素问', '葛天民', '申如松'],
  GJJ: ['鲁积微', '韦慎行', '莫问津', '安可期'],
  SCJ: ['俞平章', '柳扶光', '纪晓堂', '柴米言'],
  JYJ: ['施雨时', '庄学而', '毛思远', '季风荷'],
  GXX: ['翟书田', '路漫云', '凌寒江', '左传薪'],
  CLH: ['甘同尘', '祝余生', '柯有光', '霍相扶'],
  JTJ: ['童通衢', '骆千里', '车同轨', '关山月'],
  SWJ: ['钱有度', '金量之', '税知方', '颜如玉'],
  FY: ['公孙平', '司马衡', '上官正', '欧阳清'],
  ZSJ: ['单一窗', '房数通', '解民忧', '经纬明'],
  SJJ: ['查明白', '计无遗', '平准书', '监如水'],
}
const STAFF_ROLES = ['maker', 'checker', 'officer', 'supervisor'] as const

/** People with a role that is of no department, and where they work. */
const OTHERS: readonly (readonly [string, 'operator' | 'auditor', string])[] = [
  ['云守机', 'operator', 'ZSJ'],
  ['明察秋', 'auditor', 'ZSJ'],
  ['核无遗', 'auditor', 'SJJ'],
]

/** A mother who also works at the medical insurance bureau: one person with two roles. */
const TWO_ROLES: DemoAssignment = { sub: personaSub('P02'), role: 'officer', department: 'YBJ' }

export function personaSub(id: string): string {
  return `demo-citizen-${id.toLowerCase()}`
}

/** `staffSub('GAJ', 'maker')`. */
export function staffSub(department: string, role: StaffRole): string {
  return `demo-staff-${department.toLowerCase()}-${role}`
}

/** Everybody, citizens first. */
export function demoPeople(): DemoPerson[] {
  const { personas } = demoRegion()
  const citizens = personas.map(({ id, name, nameEn, idNo, story }) => ({
    sub: personaSub(id),
    name,
    number: idNo,
    department: null,
    about: { zh: story.zh, en: nameEn },
  }))
  const staff = Object.entries(DEPARTMENT_STAFF).flatMap(([department, names]) =>
    STAFF_ROLES.map((role, i) => employee(names[i]!, role, department)),
  )
  return [...citizens, ...staff, ...OTHERS.map(other => employee(...other))]
}

export function demoAssignments(): DemoAssignment[] {
  const staff = Object.keys(DEPARTMENT_STAFF).flatMap(department =>
    STAFF_ROLES.map(role => ({ sub: staffSub(department, role), role, department })),
  )
  const others = OTHERS.map(([, role, department]) => ({
    sub: staffSub(department, role),
    role,
    department: null,
  }))
  return [...staff, ...others, TWO_ROLES]
}

function employee(name: string, role: StaffRole, department: string): DemoPerson {
  return { sub: staffSub(department, role), name, number: null, department, about: ROLE_WORDS[role] }
}
