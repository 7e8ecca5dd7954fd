/** The verify page compares a PDF with what is attached to it: it must find every edit, and must never accuse an honest paper. */
import { expect } from 'chai'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { compare } from '../../../server/pages/upload.ts'
import { drawPaper } from '../../../server/paper/draw.ts'
import { readPdf } from '../../../server/verification/pdf-attachment.ts'
import { exampleRow } from '../../support/opened-gateway.ts'
import { samplePaper } from './samples.ts'

describe('a PDF compared with the certificate in it', function () {
  this.timeout(120_000)

  const textOf = async (type: string, language: 'zh' | 'en', values: Record<string, unknown>) =>
    (await readPdf(await drawPaper(samplePaper(type, values, { language }))))?.text ?? ''

  /** Tables, numbers, money, long texts; the long form takes all 24. */
  const some = ['RIC', 'HKB', 'REA', 'TAX', 'FOO', 'SIP']
  const isDeep = process.env['ONCEPROOF_TEST_DEEP'] === '1'
  for (const definition of demoRegion().certificateTypes.filter(
    ({ code }) => isDeep || some.includes(code),
  )) {
    const { code, zh } = definition
    it(`${code} ${zh}: an honest paper agrees, in both languages`, async () => {
      const row = exampleRow(code)
      const values = new Map(Object.entries(row))
      for (const language of ['zh', 'en'] as const)
        expect(compare(await textOf(code, language, row), definition, values)).to.deep.equal({ kind: 'same' })
    })
  }

  it('an edit of one value is found and named', async () => {
    const definition = demoRegion().certificateTypes.find(({ code }) => code === 'RIC')!
    const row = exampleRow('RIC')
    const values = new Map(Object.entries(row))
    for (const [key, value] of [
      ['name', '林改名'],
      ['idNo', '990102199003071022'],
      ['birthDate', '1991-03-07'],
    ] as const) {
      const found = compare(await textOf('RIC', 'zh', { ...row, [key]: value }), definition, values)
      const fields = found.kind === 'differs' ? found.fields : []
      expect(fields).to.deep.equal([definition.fields.find(field => field.key === key)])
    }
  })

  it('a scan without text says that it was not compared', () => {
    const definition = demoRegion().certificateTypes[0]!
    expect(compare(' \n', definition, new Map([['name', '林知行']]))).to.deep.equal({ kind: 'noText' })
  })
})
