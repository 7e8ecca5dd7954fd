import { expect } from 'chai'
import PDFDocument from 'pdfkit'
import { create } from 'qrcode'
import { Refusal } from '../../../protocol/refusal.ts'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { drawPaper } from '../../../server/paper/draw.ts'
import { fontPath } from '../../../server/paper/fonts.ts'
import { exampleRow } from '../../support/opened-gateway.ts'
import {
  allTags,
  attachmentsOf,
  openPdf,
  plainText,
  qrCodesOf,
  squeezed,
  tagsOf,
  textsOf,
  unseenCharacters,
} from './reading.ts'
import { ADDRESS, printedTexts, sampleFields, samplePaper } from './samples.ts'

const refusalOf = async (work: Promise<unknown>): Promise<Refusal> => {
  try {
    await work
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a certificate on paper', function () {
  for (const { code, zh } of demoRegion().certificateTypes) {
    it(`${zh}: every character of every field can be seen, and read back`, async () => {
      const pdf = await drawPaper(samplePaper(code))
      const { unseen, looked } = await unseenCharacters(pdf)
      expect(unseen).to.deep.equal([])
      expect(looked).to.be.greaterThan(200)
      const text = await plainText(pdf)
      for (const value of printedTexts(sampleFields(code, exampleRow(code)))) {
        expect(text).to.include(squeezed(value))
      }
      for (const label of sampleFields(code, exampleRow(code))) expect(text).to.include(squeezed(label.zh))
    })
  }

  it('prints rare names: extension A, extension B and the middle dot', async () => {
    for (const name of ['何䶮𠮷', '阿依努尔·示例江', '㛃𬱖喆', 'O’Brien “X”']) {
      const pdf = await drawPaper(samplePaper('RIC', { ...exampleRow('RIC'), name }))
      expect((await unseenCharacters(pdf)).unseen).to.deep.equal([])
      expect(await plainText(pdf)).to.include(squeezed(name))
    }
  })

  it('in English puts English first and keeps names as they are', async () => {
    const paper = samplePaper('BIR', exampleRow('BIR'), { language: 'en' })
    const pdf = await drawPaper(paper)
    expect((await unseenCharacters(pdf)).unseen).to.deep.equal([])
    const text = await plainText(pdf)
    expect(text).to.include('9June2024').and.to.include('林念安').and.to.include('Page1of1')
  })

  it('refuses by name and place a character that no font has, and draws nothing', async () => {
    for (const [name, found] of [
      ['林𠀀', 'U+20000'],
      ['林\u202e行', 'U+202E'],
      ['林\u200b行', 'U+200B'],
      ['林\u0007', 'U+0007'],
      ['林\ue000', 'U+E000'],
      ['عمر', 'U+0639'],
    ] as const) {
      const { code, details } = await refusalOf(drawPaper(samplePaper('RIC', { ...exampleRow('RIC'), name })))
      expect(code).to.equal('GLYPH_MISSING')
      expect(details).to.include({ field: 'name', found })
    }
    const members = [{ name: '林𠀀', relationToHead: '户主' }]
    const { details } = await refusalOf(drawPaper(samplePaper('HKB', { ...exampleRow('HKB'), members })))
    expect(details).to.include({ field: 'members', found: 'U+20000' })
  })

  it('prints markup and paths as the text that they are', async () => {
    const name = '<script>alert(1)</script> /JavaScript (x) \\) ../../etc'
    const pdf = await drawPaper(samplePaper('RIC', { ...exampleRow('RIC'), name }))
    expect(await plainText(pdf)).to.include(squeezed(name))
    expect((await unseenCharacters(pdf)).unseen).to.deep.equal([])
    const doc = await openPdf(pdf)
    expect(await doc.getJSActions()).to.equal(null)
    expect(await (await doc.getPage(1)).getAnnotations()).to.deep.equal([])
  })

  it('wraps a name of 200 characters, and a text that is longer than a page goes on over pages', async () => {
    const name = '阿'.repeat(200)
    const scope = '餐饮服务；食品销售（依法须经批准的项目，经批准后方可开展经营活动）'.repeat(120)
    for (const [type, values] of [
      ['RIC', { ...exampleRow('RIC'), name }],
      ['BIZ', { ...exampleRow('BIZ'), scope }],
    ] as const) {
      const pdf = await drawPaper(samplePaper(type, values))
      expect((await unseenCharacters(pdf)).unseen).to.deep.equal([])
      expect(await plainText(pdf)).to.include(type === 'RIC' ? name : '经营活动）餐饮服务')
    }
  })

  it('prints twenty members of a household, each with all columns, on as many pages as it takes', async () => {
    const person = {
      ...(exampleRow('HKB')['members'] as object[])[0],
      birthPlace: '示例省云岭市望山区清平街道',
      nativePlace: '示例省',
      ethnicity: '汉族',
      education: '大学本科',
    }
    const members = Array.from({ length: 20 }, (_, place) => ({ ...person, name: `成员${place + 1}号` }))
    const pdf = await drawPaper(samplePaper('HKB', { ...exampleRow('HKB'), members }))
    const doc = await openPdf(pdf)
    expect(doc.numPages).to.be.greaterThan(3)
    expect((await unseenCharacters(pdf)).unseen).to.deep.equal([])
    const text = await plainText(pdf)
    for (const { name } of members) expect(text).to.include(name)
    expect(text).to.include(`第${doc.numPages}页，共${doc.numPages}页`)
  })

  it('repeats the head of a table on the next page', async () => {
    const [one] = exampleRow('TAX')['items'] as object[]
    const items = Array.from({ length: 60 }, () => one)
    const texts = await textsOf(
      await openPdf(await drawPaper(samplePaper('TAX', { ...exampleRow('TAX'), items }))),
    )
    const heads = texts.filter(({ text }) => text === '税种')
    expect(new Set(heads.map(({ page }) => page)).size)
      .to.equal(heads.length)
      .and.to.be.greaterThan(1)
  })

  it('keeps everything within the margins of 20 mm', async () => {
    for (const type of ['RIC', 'REA', 'HKB']) {
      for (const { text, x } of await textsOf(await openPdf(await drawPaper(samplePaper(type))))) {
        expect(x, text).to.be.within(56.6, 538.6)
      }
    }
  })

  it('carries a QR code that is read from a grey page of 150 dpi', async () => {
    const doc = await openPdf(await drawPaper(samplePaper('HKB')))
    expect(await qrCodesOf(doc, 1, 150)).to.deep.equal([ADDRESS])
    expect(create(ADDRESS, { errorCorrectionLevel: 'M' }).version).to.be.at.most(7)
  })

  it('refuses an address that would need a larger code', async () => {
    const paper = samplePaper('RIC')
    const proof = { ...paper.proof!, address: `https://${'x'.repeat(120)}.example/` }
    let message = ''
    await drawPaper({ ...paper, proof }).catch((error: Error) => (message = error.message))
    expect(message).to.match(/version 8/)
  })

  it('is tagged: language, title, headings, tables, and words for pictures', async () => {
    const doc = await openPdf(await drawPaper(samplePaper('HKB')))
    const { info } = (await doc.getMetadata()) as { info: Record<string, unknown> }
    expect(info).to.include({ Language: 'zh-CN', PDFFormatVersion: '1.7' })
    expect(info['Title']).to.match(/^居民户口簿 /)
    expect(await doc.getMarkInfo()).to.satisfy((marks: Map<string, boolean>) => marks.get('Marked'))
    const tags = allTags(await tagsOf(doc, 1))
    const roles = new Set(tags.map(({ role }) => role))
    for (const role of ['Document', 'H1', 'H2', 'P', 'Table', 'TR', 'TH', 'TD', 'Figure']) {
      expect([...roles]).to.include(role)
    }
    const figures = tags.filter(({ role }) => role === 'Figure')
    expect(figures.map(({ alt }) => alt)).to.satisfy((alts: string[]) =>
      alts.every(alt => alt.includes('示例印章') || alt.includes('7Q2K 9MXA')),
    )
    expect(figures).to.have.length(2)
  })

  it('attaches the file byte for byte', async () => {
    const paper = samplePaper('RIC')
    const attachments = await attachmentsOf(await openPdf(await drawPaper(paper)))
    expect([...attachments.keys()]).to.deep.equal(['certificate.json'])
    expect(Buffer.from(attachments.get('certificate.json')!).toString()).to.equal(paper.attachments[0]!.text)
  })

  it('is the same bytes for the same values', async () => {
    const [one, other] = [await drawPaper(samplePaper('REA')), await drawPaper(samplePaper('REA'))]
    expect(Buffer.compare(one, other)).to.equal(0)
  })

  it('spells out what no font has where a name is only that of a file', async () => {
    const field = { key: 'fileName', zh: '文件名称', en: 'File name', value: { text: '合同😀\u202egpj.exe' } }
    const paper = samplePaper('RIC', {}, { parts: [{ heading: null, isSpelledOut: true, fields: [field] }] })
    expect(await plainText(await drawPaper(paper))).to.include('合同[U+1F600][U+202E]gpj.exe')
  })
})

describe('the test of visible characters', function () {
  it('finds a character that was taken away from the page', async () => {
    const pdf = await drawPaper(samplePaper('RIC'))
    const texts = await textsOf(await openPdf(pdf))
    const { x, y, size, text } = texts.find(one => one.text === '林知行')!
    const { unseen } = await unseenCharacters(pdf, canvas => {
      const scale = 200 / 72
      const pen = canvas.getContext('2d')
      pen.fillStyle = '#ffffff'
      pen.fillRect((x + size) * scale, canvas.height - (y + size) * scale, size * scale, size * 1.3 * scale)
    })
    expect(text).to.equal('林知行')
    expect(unseen.map(({ character }) => character)).to.deep.equal(['知'])
  })

  it('finds the box that stands for a character that the font does not have', async () => {
    const doc = new PDFDocument({ size: 'A4', font: null as unknown as string })
    const pieces: Uint8Array[] = []
    doc.on('data', (piece: Uint8Array) => pieces.push(piece))
    const ended = new Promise(resolve => doc.on('end', resolve))
    doc.font(fontPath('regular')).fontSize(11).text('何䶮𠮷', 100, 100)
    doc.end()
    await ended
    const { unseen } = await unseenCharacters(Buffer.concat(pieces))
    // The box that stands there has no character behind it.
    expect(unseen.map(({ character }) => character)).to.deep.equal(['\0'])
  })

  it('takes another character for another one', async () => {
    const pdf = await drawPaper(samplePaper('RIC'))
    const { x, y, size } = (await textsOf(await openPdf(pdf))).find(one => one.text === '林知行')!
    const { unseen } = await unseenCharacters(pdf, picture => {
      const scale = 200 / 72
      const pen = picture.getContext('2d')
      pen.fillStyle = '#ffffff'
      pen.fillRect(x * scale, picture.height - (y + size) * scale, size * scale, size * 1.3 * scale)
      pen.fillStyle = '#000000'
      pen.font = `${size * scale}px regular`
      pen.fillText('阿', x * scale, picture.height - y * scale)
    })
    expect(unseen.map(({ character }) => character)).to.deep.equal(['林'])
  })
})
