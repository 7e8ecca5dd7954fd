/** The first sheet of a case's archive: what was read on which ground, what was issued, and what of it is proved. */
import { statementState } from '../anchoring/receipts.ts'
import { type Label, type PrintedField } from '../catalogue/printed.ts'
import { dateText, timeText } from '../wording/times.ts'
import { typeOf } from '../catalogue/publish.ts'
import { drawnPaper, paperMoment } from '../paper/drawn.ts'
import type { Part } from '../paper/paper.ts'
import { isSampleRegion } from '../paper/certificate-paper.ts'
import { SAMPLE_FOOT } from '../paper/words.ts'
import type { CaseRow } from '../store/cases.ts'
import { nowSeconds, type World } from '../world.ts'
import type { Actor } from './collect.ts'
import { viewCase, type CaseView } from './views.ts'

/** A matter may name a department that is not admitted here: its code stands for it. */
async function departmentNamed(world: World, code: string): Promise<Label> {
  const found = (await world.store.departments()).find(department => department.code === code)
  return found ?? { zh: code, en: code }
}

/** Says on every page who took it out, for which case and when. */
export async function watermarkOf(
  world: World,
  of: CaseRow,
  { department, officer }: Actor,
): Promise<string> {
  const { zh } = await departmentNamed(world, department)
  return `${zh} · 经办 ${officer}\n办件 ${of.number} · ${timeText(nowSeconds(world), 'zh')}`
}

/** The cover as a PDF. `files`: what else is in the archive. Refuses PAPER_BUSY. */
export async function archiveCover(
  world: World,
  of: CaseRow,
  actor: Actor,
  files: readonly string[],
): Promise<Uint8Array> {
  const view = await viewCase(world, of, null)
  const department = await departmentNamed(world, actor.department)
  const names = await namesOf(world, view)
  return drawnPaper(
    {
      language: 'zh',
      title: { zh: '电子档案归档说明', en: 'Archive of a case' },
      number: { label: { zh: '办件编号', en: 'Case' }, text: of.number },
      notice: null,
      parts: [
        part(null, caseFields(view, names)),
        part(null, await itemFields(world, of, view, names)),
        part(null, stepFields(view, names)),
        part(null, await outputFields(world, view, names)),
        part(null, [fileField(files), text('verify', '核验方法', 'How to verify', HOW_TO_VERIFY)]),
      ],
      issuer: {
        role: { zh: '归档部门', en: 'Filed by' },
        name: { zh: department.zh, en: department.en },
        lines: [`经办：${actor.officer}`, `提取时间：${timeText(nowSeconds(world), 'zh')}`],
        seal: null,
      },
      proof: null,
      foot: isSampleRegion(world) ? SAMPLE_FOOT : of.id,
      watermark: await watermarkOf(world, of, actor),
      attachments: [],
      createdAt: nowSeconds(world),
    },
    paperMoment(),
  )
}

const HOW_TO_VERIFY =
  '每个 .jws 是一份声明，同名的 .tlog-proof 是它已登记在区块链上的证明；certificates 中的 .json 是证照文件，与同名 PDF 内的附件逐字节相同。用 onceproof verify 或核验网页均可独立核验。'

const GROUNDS: Record<string, string> = { duty: '依职能', consent: '持证人授权', presentation: '持证人亮证' }
const CHANNELS: Record<string, string> = { online: '网上', counter: '窗口', phone: '电话', paper: '纸质' }
const STATES: Record<string, string> = { open: '办理中', done: '已办结', closed: '已终止' }
const STEPS: Record<string, string> = {
  pending: '待办',
  issuing: '签发中',
  done: '已完成',
  returned: '已退回',
}

interface Names {
  types: Map<string, string>
  departments: Map<string, string>
}

async function namesOf(world: World, { items, outputs }: CaseView): Promise<Names> {
  const types = new Map<string, string>()
  for (const code of new Set([...items, ...outputs].map(({ cert }) => cert))) {
    types.set(code, await typeName(world, code))
  }
  const departments = new Map((await world.store.departments()).map(({ code, zh }) => [code, zh]))
  return { types, departments }
}

/** An output may be a record, and a matter may ask for a type that is not published here. */
async function typeName(world: World, code: string): Promise<string> {
  const published = (await world.store.types()).some(row => row.code === code)
  return published ? (await typeOf(world, code)).definition.zh : code
}

const part = (heading: Label | null, fields: PrintedField[]): Part => ({
  heading,
  isSpelledOut: true,
  fields,
})

const text = (key: string, zh: string, en: string, value: string): PrintedField => ({
  key,
  zh,
  en,
  value: { text: value },
})

/** A list that is empty is left out. */
function list(key: string, label: Label, columns: Label[], rows: string[][]): PrintedField[] {
  return rows.length === 0 ? [] : [{ key, ...label, value: { columns, rows } }]
}

const label = (zh: string, en: string): Label => ({ zh, en })
const named = (names: Map<string, string>, code: string) => names.get(code) ?? code

/** Without the zone, which the sheet says once. */
const moment = (seconds: number): string => timeText(seconds, 'zh').replace(/（.*$/, '')

function caseFields(view: CaseView, { departments }: Names): PrintedField[] {
  const { zh, en, matter, version, channel, state, openedAt, closedAt } = view
  return [
    text('matter', '事项', 'Matter', `${zh}（${matter}，第 ${version} 版）${en}`),
    text('channel', '受理渠道', 'Channel', CHANNELS[channel] ?? channel),
    text('state', '状态', 'State', STATES[state] ?? state),
    text('openedAt', '受理时间', 'Opened', moment(openedAt)),
    text('closedAt', '办结时间', 'Ended', closedAt === null ? '—' : moment(closedAt)),
    text(
      'departments',
      '参与部门',
      'Departments',
      view.departments.map(code => named(departments, code)).join('、'),
    ),
    text('zone', '时间', 'Times', '本说明中的时间均为北京时间'),
  ]
}

async function itemFields(
  world: World,
  of: CaseRow,
  { items }: CaseView,
  { types, departments }: Names,
): Promise<PrintedField[]> {
  const read: string[][] = []
  for (const { number, cert, taken } of items) {
    if (taken === null) continue
    const isGone = of.items[number]?.adopted?.copy === null || taken.copyExpiresAt <= nowSeconds(world)
    read.push([
      `${number} ${named(types, cert)}`,
      GROUNDS[taken.ground] ?? taken.ground,
      named(departments, taken.department),
      moment(taken.at),
      `${dateText(taken.copyExpiresAt, 'zh')}${isGone ? '（已销毁）' : ''}`,
      await proofOf(world, (await world.store.useById(taken.use))?.seq ?? null),
    ])
  }
  const onPaper = items
    .filter(({ paper }) => paper !== null)
    .map(({ number, cert, paper }) => [
      `${number} ${named(types, cert)}`,
      paper!.reason ?? '系统中没有',
      moment(paper!.at),
    ])
  return [
    ...list('read', label('读取的证照', 'Certificates read'), READ, read),
    ...list('paper', label('改交纸质', 'Asked for on paper'), ON_PAPER, onPaper),
  ]
}

const READ = [
  label('证照', 'Certificate'),
  label('依据', 'Ground'),
  label('部门', 'Department'),
  label('读取时间', 'Read'),
  label('副本保存至', 'Copy kept until'),
  label('用证存证', 'Proof of use'),
]
const ON_PAPER = [label('证照', 'Certificate'), label('理由', 'Reason'), label('时间', 'Time')]

function stepFields({ steps }: CaseView, { departments }: Names): PrintedField[] {
  const rows = steps.map(({ number, zh, department, state, at, reason }) => [
    `${number} ${zh}`,
    named(departments, department),
    `${STEPS[state] ?? state}${reason === null ? '' : `：${reason}`}`,
    at === null ? '—' : moment(at),
  ])
  const columns = [
    label('步骤', 'Step'),
    label('部门', 'Department'),
    label('结果', 'Outcome'),
    label('时间', 'Time'),
  ]
  return list('steps', label('办理经过', 'Steps'), columns, rows)
}

async function outputFields(world: World, { outputs }: CaseView, { types }: Names): Promise<PrintedField[]> {
  const rows: string[][] = []
  for (const { cert, identifier, record } of outputs.filter(({ state }) => state !== 'given-up')) {
    const certificate = identifier === null ? null : await world.store.certificateByIdentifier(identifier)
    const row = certificate ?? (record === null ? null : await world.store.recordById(record))
    rows.push([named(types, cert), identifier ?? record ?? '—', await proofOf(world, row?.seq ?? null)])
  }
  const columns = [label('结果', 'Output'), label('标识', 'Identifier'), label('存证', 'Proof')]
  return list('outputs', label('办结结果', 'Outputs'), columns, rows)
}

async function proofOf(world: World, seq: number | null): Promise<string> {
  if (seq === null) return '—'
  const { state } = await statementState(world, seq)
  return `第 ${seq - 1} 条，${state === 'final' ? '已上链' : '尚未上链'}`
}

function fileField(files: readonly string[]): PrintedField {
  return text('files', '档案内文件', 'Files', files.join('\n'))
}
