/**
 * Drawing certificates on paper, each with a value of its own, one after the other in one thread, against the same library putting one
 * line of the same font on a blank page.
 */
import { Buffer } from 'node:buffer'
import PDFDocument from 'pdfkit'
import { invariant } from '../../protocol/refusal.ts'
import { printedFields } from '../../server/catalogue/printed.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { drawPaper } from '../../server/paper/draw.ts'
import { fontNamed } from '../../server/paper/fonts.ts'
import type { Paper } from '../../server/paper/paper.ts'
import { compare } from './measure.ts'
import { atMost, type Row } from './rows.ts'

const GOAL_MS = 200

/** Each type of the demonstration region so many times. */
export async function measurePapers({ each, rounds }: { each: number; rounds: number }): Promise<Row[]> {
  const types = demoRegion().certificateTypes
  const count = each * types.length
  const sides = {
    paper: {
      operations: count,
      run: async (round: number) => {
        for (let i = 0; i < count; i++) {
          const pdf = await drawPaper(paperOf(types[i % types.length]!, `${round} ${i}`))
          invariant(pdf.length > 10_000, 'a paper has content')
        }
      },
    },
    blank: {
      operations: count,
      run: async () => {
        for (let i = 0; i < count; i++) await blankPage()
      },
    },
  }
  const { paper, blank } = await compare(sides, { rounds })
  const figures = (name: string, ours: number, baseline: number, unit: string) => ({
    name,
    ours: ours / 1000,
    baseline: baseline / 1000,
    unit,
    note: `${count} papers of ${types.length} types one after the other in one thread; the baseline is pdfkit with one line of the same font`,
  })
  return [
    atMost(figures('paper, against a blank page', paper.wall, blank.wall, 'ms wall a paper'), GOAL_MS),
    atMost(figures('paper, CPU, against a blank page', paper.cpu, blank.cpu, 'ms CPU a paper'), GOAL_MS),
  ]
}

function paperOf(type: ReturnType<typeof demoRegion>['certificateTypes'][number], number: string): Paper {
  const values = Object.fromEntries(type.fields.map(({ key, example }) => [key, example]))
  const name = { zh: '云岭市示例部门', en: 'Demonstration Department of Yunling' }
  const site = 'https://verify.yunling.example'
  return {
    language: 'zh',
    title: { zh: type.zh, en: type.en },
    number: { label: { zh: '证照标识', en: 'Identifier' }, text: number },
    notice: null,
    parts: [{ heading: null, isSpelledOut: false, fields: printedFields(type, values, 'zh') }],
    issuer: { role: { zh: '发证机关', en: 'Issuer' }, name, lines: ['有效期：长期'], seal: name.zh },
    proof: {
      address: `${site}/v/7Q2K9MXA?k=AbCdEfGhIjKlMnOpQrStUv`,
      code: { label: '短码 Short code', text: '7Q2K 9MXA' },
      steps: ['扫描二维码，并核对网址。', `或打开 ${site}，输入短码和证号后四位。`, '或把本文件放入该页面。'],
      line: { isFinal: true, text: '自 2026年11月30日 10:22（北京时间）上链以来未被改动。' },
    },
    foot: '示例',
    watermark: null,
    attachments: [
      { name: 'a.json', mediaType: 'application/json', description: '', text: 'x'.repeat(6_000) },
    ],
    createdAt: 1_796_000_000,
  }
}

async function blankPage(): Promise<Uint8Array> {
  const doc = new PDFDocument({ size: 'A4', font: null as unknown as string })
  const pieces: Uint8Array[] = []
  doc.on('data', (piece: Uint8Array) => pieces.push(piece))
  const ended = new Promise<void>(resolve => doc.on('end', resolve))
  doc.registerFont('regular', fontNamed('regular') as unknown as string)
  doc.font('regular').text('示例')
  doc.end()
  await ended
  return Buffer.concat(pieces)
}
