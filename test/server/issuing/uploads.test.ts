import { read, utils, write } from '@e965/xlsx'
import { expect } from 'chai'
import fc from 'fast-check'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { makeDisclosures } from '../../../protocol/disclosure.ts'
import { Refusal } from '../../../protocol/refusal.ts'
import { generateRows } from '../../../scripts/generate/certificates.ts'
import { compileType } from '../../../server/catalogue/check-rows.ts'
import type { PublishedType } from '../../../server/catalogue/publish.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import type { TypeDefinition } from '../../../server/catalogue/type-definition.ts'
import { assessRows } from '../../../server/issuing/assess.ts'
import { readUpload, type UploadKind } from '../../../server/issuing/read-upload.ts'
import { sheetLayout } from '../../../server/issuing/sheet-layout.ts'
import type { UploadedRow } from '../../../server/issuing/sheet-rows.ts'
import { asksHolders, csvTemplate, workbookTemplate } from '../../../server/issuing/template.ts'
import { csvText, gb18030, workbook, type Row } from '../../support/sheets.ts'

const type = (code: string) => typeIn(demoRegion(), code)
const upload = (definition: TypeDefinition, kind: UploadKind, bytes: Uint8Array): Promise<UploadedRow[]> =>
  readUpload(kind, bytes, sheetLayout(definition, asksHolders(definition)))

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}
const codeOf = async (work: Promise<unknown>) => (await refusalOf(work)).code

/** Without the schema, which no check asks about. */
const compiled = (definition: TypeDefinition) => compileType(definition) as unknown as PublishedType
const errorsOf = (definition: TypeDefinition, rows: UploadedRow[]) =>
  assessRows(compiled(definition), rows).flatMap(({ errors }) =>
    errors.map(({ row, field, code }) => [row, field, code]),
  )

function workbookOf(sheets: Record<string, unknown[][]>): Uint8Array {
  const book = utils.book_new()
  for (const [name, rows] of Object.entries(sheets)) {
    utils.book_append_sheet(book, utils.aoa_to_sheet(rows, { UTC: true }), name)
  }
  return new Uint8Array(write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Buffer)
}

describe('the same rows, uploaded in different ways', () => {
  const seed = new Uint8Array(32).fill(7)
  const holders = ['990102198811227772']

  for (const code of ['RIC', 'HKB', 'REA', 'FOO', 'TAX', 'SIP', 'BIR', 'LOW', 'DIP', 'NOH']) {
    it(`500 rows of ${code} give the same values and the same digests as JSON, NDJSON, CSV in UTF-8 and GB18030, and XLSX`, async () => {
      const definition = type(code)
      const rows: Row[] = [...generateRows(definition, 500, 'S13')].map(row =>
        asksHolders(definition) ? { ...row, '#holders': holders } : row,
      )
      const inSheet = rows.map(row => ('#holders' in row ? { ...row, '#holders': holders.join(';') } : row))
      const csv = csvText(definition, inSheet)
      const ways: [UploadKind, Uint8Array][] = [
        ['json', Buffer.from(JSON.stringify(rows))],
        ['ndjson', Buffer.from(rows.map(row => JSON.stringify(row)).join('\n'))],
        ['csv', Buffer.from(csv)],
        ['csv', Buffer.from(`\ufeff${csv}`)],
        ['csv', gb18030(csv)],
        ['xlsx', workbook(definition, rows)],
      ]
      const check = compileType(definition)
      const expected = rows.map(({ '#holders': _, ...row }) => row)
      let digests: unknown
      for (const [kind, bytes] of ways) {
        const read = await upload(definition, kind, bytes)
        expect(
          read.map(({ value }) => value),
          kind,
        ).to.deep.equal(expected)
        expect(read.flatMap(({ faults }) => faults)).to.deep.equal([])
        if (asksHolders(definition)) expect(read[0]!.holders).to.deep.equal(holders)
        const found = read.map(({ value }, n) => {
          const checked = check.check(value, n)
          if (Array.isArray(checked)) throw new Error(`${kind} ${n}: ${JSON.stringify(checked)}`)
          return makeDisclosures(seed, checked.values, null).subjectDigests
        })
        digests ??= found
        expect(found, kind).to.deep.equal(digests)
      }
    })
  }
})

describe('an upload', () => {
  const ric = type('RIC')
  const [row] = [...generateRows(ric, 1, 'one')] as [Row]
  const csvOf = (text: string) => upload(ric, 'csv', Buffer.from(text))

  it('refuses what is not a list of rows', async () => {
    const json = (text: string) => codeOf(upload(ric, 'json', Buffer.from(text)))
    expect(await json('{"rows":[]}')).to.equal('SHEET_SYNTAX')
    expect(await json('[]')).to.equal('SHEET_EMPTY')
    expect(await json('[')).to.equal('JSON_SYNTAX')
    expect(await json('[{"a":1,"a":2}]')).to.equal('JSON_DUPLICATE_KEY')
    expect(await json(`[${'{},'.repeat(10_000)}{}]`)).to.equal('SHEET_TOO_MANY_ROWS')
    expect(await codeOf(csvOf(''))).to.equal('SHEET_EMPTY')
    expect(await codeOf(csvOf('name\r\n'))).to.equal('SHEET_EMPTY')
    expect(await codeOf(csvOf(`name\r\n${'a\r\n'.repeat(10_001)}`))).to.equal('SHEET_TOO_MANY_ROWS')
  })

  it('keeps what is wrong with one line of NDJSON to that line', async () => {
    const text = `${JSON.stringify(row)}\n{"name":\n\n7\n${JSON.stringify(row)}`
    const rows = await upload(ric, 'ndjson', Buffer.from(text))
    expect(rows.map(({ line }) => line)).to.deep.equal([1, 2, 4, 5])
    expect(errorsOf(ric, rows)).to.deep.equal([
      [1, '', 'JSON_SYNTAX'],
      [2, '', 'ROW_NOT_OBJECT'],
      [3, 'idNo', 'ROW_DUPLICATE'],
    ])
  })

  it('finds columns by the name or the key of a field, in any order', async () => {
    const keys = Object.keys(row).reverse()
    const text = `${keys.join(',')}\n${keys.map(key => String(row[key])).join(',')}\n`
    const [found] = await csvOf(text)
    expect(found!.value).to.deep.equal(row)
  })

  it('refuses a heading that no field has, without repeating it, and one that stands twice', async () => {
    const unknown = await refusalOf(csvOf('姓名,990102198811227772\r\n张三,1\r\n'))
    expect(unknown.code).to.equal('SHEET_HEADING_UNKNOWN')
    expect(JSON.stringify(unknown.details) + unknown.message).to.not.include('990102198811227772')
    const twice = await refusalOf(csvOf('姓名,name\r\n张三,李四\r\n'))
    expect([twice.code, twice.details.field]).to.deep.equal(['SHEET_HEADING_DUPLICATE', 'name'])
  })

  it('refuses CSV that is broken, or in another encoding', async () => {
    expect(await codeOf(csvOf('name\r\n"张三\r\n'))).to.equal('SHEET_SYNTAX')
    expect(await codeOf(csvOf('name\r\na"b"c"\r\n'))).to.equal('SHEET_SYNTAX')
    const bytes = (...list: number[]) => codeOf(upload(ric, 'csv', Uint8Array.from(list)))
    expect(await bytes(0xff, 0xfe, 0x41, 0)).to.equal('SHEET_ENCODING')
    expect(await bytes(0x81, 0x0a)).to.equal('SHEET_ENCODING')
    expect(await bytes(0xef, 0xbb, 0xbf, 0xff)).to.equal('SHEET_ENCODING')
    expect(await bytes(0x41, 0xfe, 0xff, 0x80)).to.equal('SHEET_ENCODING')
  })

  it('takes rows of GB18030 garbage for what they are: bad headings or bad rows', async () => {
    const garbage = Buffer.concat([
      Buffer.from('name,sex\r\n'),
      Buffer.from([0xb1, 0xa0, 0x2c, 0xc4, 0xd0, 0x0d, 0x0a]),
    ])
    const rows = await upload(ric, 'csv', garbage)
    expect(errorsOf(ric, rows).map(([, , code]) => code)).to.include('FIELD_REQUIRED')
    expect(
      await codeOf(upload(ric, 'csv', Uint8Array.from([0xd0, 0xd5, 0xc3, 0xfb, 0xc3, 0xfb, 0x0a, 0x31]))),
    ).to.equal('SHEET_HEADING_UNKNOWN')
  })

  it('refuses formulas by row and field, and never runs one', async () => {
    const cells = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'].map(cell => `"${cell}"`)
    const rows = await csvOf(`name\r\n${cells.join('\r\n')}\r\n`)
    expect(rows.map(({ faults }) => faults.map(({ field, code }) => [field, code]))).to.deep.equal(
      cells.map(() => [['name', 'SHEET_FORMULA']]),
    )
    const book = utils.book_new()
    const sheet = utils.aoa_to_sheet([['姓名'], ['张三'], ['李四']])
    sheet['A3'] = { t: 's', v: '李四', f: 'HYPERLINK("http://127.0.0.1","李四")' }
    utils.book_append_sheet(book, sheet, 'x')
    const bytes = new Uint8Array(write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer)
    const [first, second] = await upload(ric, 'xlsx', bytes)
    expect(first!.value).to.deep.equal({ name: '张三' })
    expect(second!.faults.map(({ row: n, field, code }) => [n, field, code])).to.deep.equal([
      [1, 'name', 'SHEET_FORMULA'],
    ])
  })

  it('reads numbers that a CSV file says exactly, and leaves the others to the check', async () => {
    const low = type('LOW')
    const number = low.fields.find(({ type: kind }) => kind === 'number' || kind === 'money')!.key
    const read = async (text: string) => {
      const [found] = await upload(low, 'csv', Buffer.from(`${number}\r\n"${text}"\r\n`))
      return (found!.value as Row)[number]
    }
    for (const [text, value] of [
      ['12', 12],
      ['1.50', 1.5],
      ['-3', -3],
      ['0.1', 0.1],
      ['1,234', '1,234'],
      ['1e3', '1e3'],
      ['007', '007'],
      ['１２', '１２'],
      ['0.12345678901234567', '0.12345678901234567'],
      ['12345678901234567890', '12345678901234567890'],
    ]) {
      expect(await read(text as string), text as string).to.equal(value)
    }
  })

  it('takes a date cell for a date, and no number for a text', async () => {
    const head = ['姓名', '出生', '公民身份号码'].map(zh => ric.fields.find(f => f.zh.startsWith(zh))!.key)
    const bytes = workbookOf({
      一: [
        head,
        ['张三', new Date(Date.UTC(1988, 10, 22)), 990102198811227],
        ['李四', '1988-11-22', '990102198811227772'],
      ],
    })
    const [first, second] = await upload(ric, 'xlsx', bytes)
    expect(first!.value).to.deep.equal({ [head[0]!]: '张三', [head[1]!]: '1988-11-22' })
    expect(first!.faults.map(({ field, code, found }) => [field, code, found])).to.deep.equal([
      [head[2], 'SHEET_CELL', 'a number cell'],
    ])
    expect(second!.faults).to.deep.equal([])
  })

  it('refuses a date with a time for a date, and errors and blanks of a sheet', async () => {
    const bytes = workbookOf({
      一: [['name', 'birthDate'], ['a', new Date(Date.UTC(1988, 10, 22, 3))], [], ['b', null]],
    })
    const rows = await upload(ric, 'xlsx', bytes)
    expect(rows.map(({ line }) => line)).to.deep.equal([2, 4])
    expect(rows[0]!.faults.map(({ field, found }) => [field, found])).to.deep.equal([
      ['birthDate', 'a date with a time'],
    ])
    expect(rows[1]!.value).to.deep.equal({ name: 'b' })
  })

  it('joins the items of further sheets by their number, and refuses what joins nothing', async () => {
    const hkb = type('HKB')
    const [household] = [...generateRows(hkb, 1, 'one')] as [Row]
    const members = household['members'] as Row[]
    const keys = Object.keys(members[0]!)
    const items = (numbers: number[]) => [
      ['#', ...keys],
      ...numbers.map(number => [number, ...keys.map(key => members[0]![key])]),
    ]
    const name = hkb.fields.find(({ key }) => key === 'members')!.zh
    const main = [
      ['#', 'headName'],
      [5, 'a'],
      [7, 'b'],
    ]
    const rows = await upload(hkb, 'xlsx', workbookOf({ 一: main, [name]: items([7, 5, 7]) }))
    expect(rows.map(({ value }) => ((value as Row)['members'] as Row[]).length)).to.deep.equal([1, 2])
    expect(await codeOf(upload(hkb, 'xlsx', workbookOf({ 一: main, [name]: items([6]) })))).to.equal(
      'SHEET_ROW_NUMBER',
    )
    expect(await codeOf(upload(hkb, 'xlsx', workbookOf({ 一: [...main, [5, 'c']] })))).to.equal(
      'SHEET_ROW_NUMBER',
    )
    expect(await codeOf(upload(hkb, 'xlsx', workbookOf({ 一: main, 二: items([5]) })))).to.equal(
      'SHEET_UNKNOWN',
    )
  })

  it('reports the number that two rows have, and a row that is too large', async () => {
    const json = JSON.stringify([
      row,
      { ...row, name: '李四' },
      { ...row, idNo: undefined, address: '路'.repeat(70_000) },
    ])
    const rows = await upload(ric, 'json', Buffer.from(json))
    expect(errorsOf(ric, rows)).to.deep.equal([
      [1, 'idNo', 'ROW_DUPLICATE'],
      [2, '', 'ROW_TOO_LARGE'],
    ])
  })

  it('finds the one bad row among 10,000', async () => {
    const rows: Row[] = [...generateRows(ric, 10_000, 'many')]
    rows[7_776] = { ...rows[7_776]!, validFrom: '2026-02-30' }
    const read = await upload(ric, 'csv', Buffer.from(csvText(ric, rows)))
    expect(errorsOf(ric, read)).to.deep.equal([[7_776, 'validFrom', 'FIELD_DATE']])
    expect(read[7_776]!.line).to.equal(7_778)
  })

  it('never breaks, whatever bytes come', async () => {
    const definition = type('FOO')
    const kinds = fc.constantFrom<UploadKind[]>('json', 'ndjson', 'csv')
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .string({ unit: 'binary', maxLength: 200 })
        .map(text => new Uint8Array(Buffer.from(`operator\n${text}`))),
      fc.array(fc.json(), { maxLength: 5 }).map(list => new Uint8Array(Buffer.from(`[${list.join(',')}]`))),
    )
    await fc.assert(
      fc.asyncProperty(kinds, content, async (kind, bytes) => {
        try {
          assessRows(compiled(definition), await upload(definition, kind, bytes))
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a workbook from a stranger', () => {
  const ric = type('RIC')
  const xlsx = (bytes: Uint8Array) => upload(ric, 'xlsx', bytes)
  const sound = workbook(ric, [...generateRows(ric, 2, 'x')])
  const parts = unzipSync(sound)

  it('is refused when it is no workbook', async () => {
    expect(await codeOf(xlsx(Buffer.from('name,sex\n')))).to.equal('SHEET_FORMAT')
    expect(await codeOf(xlsx(zipSync({ 'a.txt': strToU8('x') })))).to.equal('SHEET_FORMAT')
    expect(await codeOf(xlsx(new Uint8Array()))).to.equal('SHEET_FORMAT')
    for (const length of [10, 100, sound.length - 1, Math.floor(sound.length / 2)]) {
      expect(await codeOf(xlsx(sound.subarray(0, length))), String(length)).to.equal('SHEET_FORMAT')
    }
    const twice = { ...parts, 'XL/workbook.xml': parts['xl/workbook.xml']! }
    expect(await codeOf(xlsx(zipSync(twice)))).to.equal('SHEET_FORMAT')
    const entities = strToU8('<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>')
    expect(await codeOf(xlsx(zipSync({ ...parts, 'xl/worksheets/sheet1.xml': entities })))).to.equal(
      'SHEET_FORMAT',
    )
  })

  it('is refused before it is unpacked when it would unpack to too much', async () => {
    const bomb = zipSync({ ...parts, 'xl/worksheets/sheet1.xml': new Uint8Array(100 * 1024 * 1024) })
    expect(bomb.length).to.be.lessThan(1024 * 1024)
    expect(await codeOf(xlsx(bomb))).to.equal('SHEET_TOO_LARGE')
    const tight = zipSync({ ...parts, 'xl/worksheets/sheet1.xml': new Uint8Array(8 * 1024 * 1024) })
    expect(await codeOf(xlsx(tight))).to.equal('SHEET_TOO_LARGE')
    const many = Object.fromEntries(
      Array.from({ length: 1_100 }, (_, n) => [`xl/media/${n}.png`, new Uint8Array(1)]),
    )
    expect(await codeOf(xlsx(zipSync({ ...parts, ...many })))).to.equal('SHEET_TOO_LARGE')
  })

  it('is refused when its directory claims 10 GB in parts of 2 GB', async () => {
    const lying = Buffer.from(
      zipSync(Object.fromEntries([1, 2, 3, 4, 5].map(n => [`xl/${n}.xml`, new Uint8Array(9)]))),
    )
    const mark = Buffer.from([0x50, 0x4b, 1, 2])
    for (let at = lying.indexOf(mark); at >= 0; at = lying.indexOf(mark, at + 4))
      lying.writeUInt32LE(2 ** 31, at + 24)
    expect(await codeOf(xlsx(lying))).to.equal('SHEET_TOO_LARGE')
  })

  it('is refused when a part unpacks to more than its directory says, or to other bytes', async () => {
    const archive = Buffer.from(
      zipSync({ ...parts, 'xl/worksheets/sheet1.xml': new Uint8Array(50_000).fill(32) }),
    )
    const at = archive.lastIndexOf('xl/worksheets/sheet1.xml') - 46
    const size = archive.readUInt32LE(at + 24)
    archive.writeUInt32LE(100, at + 24)
    expect(await codeOf(xlsx(archive))).to.equal('SHEET_FORMAT')
    archive.writeUInt32LE(size, at + 24)
    archive.writeUInt32LE(1, at + 16)
    expect(await codeOf(xlsx(archive))).to.equal('SHEET_FORMAT')
  })

  it('is refused when it holds macros or links to other workbooks', async () => {
    const content = strToU8('x')
    expect(await codeOf(xlsx(zipSync({ ...parts, 'xl/vbaProject.bin': content })))).to.equal('SHEET_MACRO')
    expect(await codeOf(xlsx(zipSync({ ...parts, 'xl/externalLinks/externalLink1.xml': content })))).to.equal(
      'SHEET_EXTERNAL_LINK',
    )
  })

  it('is read when another program wrote it, with what holds no cells left aside', async () => {
    const rows = [...generateRows(ric, 3, 'x')]
    const keys = Object.keys(rows[0]!)
    const bytes = zipSync({
      ...unzipSync(workbookOf({ Sheet1: [keys, ...rows.map(row => keys.map(key => row[key]))] })),
      'xl/media/image1.png': new Uint8Array(100),
    })
    expect((await xlsx(bytes)).map(({ value }) => value)).to.deep.equal(rows)
  })

  it('costs no more than its cells when it says that it reaches to the last row', async () => {
    const text = new TextDecoder().decode(parts['xl/worksheets/sheet1.xml'])
    const far = text.replace('<sheetData>', '<dimension ref="A1:XFD1048576"/><sheetData>')
    expect(await xlsx(zipSync({ ...parts, 'xl/worksheets/sheet1.xml': strToU8(far) }))).to.have.lengthOf(2)
  })

  it('is a refusal, whatever is damaged', async function () {
    this.timeout(120_000)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async changes => {
          const bytes = new Uint8Array(sound)
          for (const [at, value] of changes) bytes[at] = value
          try {
            assessRows(compiled(ric), await xlsx(bytes))
          } catch (error) {
            if (!(error instanceof Refusal)) throw error
          }
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('a template', () => {
  for (const definition of demoRegion().certificateTypes) {
    it(`of ${definition.code} is read again as the columns of its type, and holds no row`, async () => {
      expect(await codeOf(upload(definition, 'csv', csvTemplate(definition)))).to.equal('SHEET_EMPTY')
      expect(await codeOf(upload(definition, 'xlsx', workbookTemplate(definition)))).to.equal('SHEET_EMPTY')
    })
  }

  it('has Chinese headings, a hidden row of keys, lists to choose from, and a sheet of instructions', () => {
    const definition = type('HKB')
    const bytes = workbookTemplate(definition)
    const book = read(bytes, { type: 'array', cellStyles: true })
    expect(book.SheetNames).to.deep.equal([
      '数据',
      definition.fields.find(f => f.key === 'members')!.zh,
      '填写说明',
      '选项',
    ])
    expect(book.Workbook!.Sheets!.map(({ Hidden }) => Hidden)).to.deep.equal([0, 0, 0, 1])
    const [headings, keys] = utils.sheet_to_json<string[]>(book.Sheets['数据']!, { header: 1 })
    expect(headings![0]).to.equal('序号')
    expect(keys).to.include.members(['#', 'householdNo', 'headName'])
    expect(book.Sheets['数据']!['!rows']![1]!.hidden).to.equal(true)
    const xml = new TextDecoder().decode(unzipSync(bytes)['xl/worksheets/sheet2.xml'])
    expect(xml).to.match(
      /<dataValidation type="list"[^>]*sqref="[A-Z]3:[A-Z]10002"><formula1>'选项'!\$[A-Z]\$1:\$[A-Z]\$\d+</,
    )
  })

  it('asks for the holders where the fields do not name them', () => {
    const keysOf = (code: string) =>
      sheetLayout(type(code), asksHolders(type(code))).flat.map(({ key }) => key)
    expect(keysOf('DIP')).to.include('#holders')
    expect(keysOf('RIC')).to.not.include('#holders')
  })

  it('is the same bytes every time', () => {
    expect(workbookTemplate(type('RIC'))).to.deep.equal(workbookTemplate(type('RIC')))
  })
})
