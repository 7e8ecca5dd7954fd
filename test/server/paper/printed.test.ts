import { expect } from 'chai'
import { printedFields } from '../../../server/catalogue/printed.ts'
import { timeText } from '../../../server/wording/times.ts'
import { exampleRow } from '../../support/opened-gateway.ts'
import { printedTexts, sampleFields } from './samples.ts'

describe('what is printed of a field', () => {
  const one = (field: object, value: unknown, language: 'zh' | 'en' = 'zh') => {
    const common = {
      key: 'f',
      zh: '项',
      en: 'Field',
      required: true,
      level: 'public',
      mask: 'none',
      example: '',
    }
    const fields = [{ ...common, ...field }] as Parameters<typeof printedFields>[0]['fields']
    return printedTexts(printedFields({ fields }, { f: value }, language))[0]
  }

  it('dates and times are those of people, with their zone', () => {
    expect(one({ type: 'date' }, '2020-05-01')).to.equal('2020年5月1日')
    expect(one({ type: 'date' }, '2020-05-01', 'en')).to.equal('1 May 2020')
    expect(one({ type: 'string' }, '长期')).to.equal('长期')
    expect(one({ type: 'string' }, '长期', 'en')).to.equal('长期 (long-term)')
    expect(one({ type: 'datetime' }, '2024-06-06T08:18:00+08:00')).to.equal(
      '2024年6月6日 08:18:00（北京时间）',
    )
    expect(one({ type: 'datetime' }, '2024-06-06T08:18:00Z')).to.equal('2024年6月6日 08:18:00（UTC）')
    expect(timeText(1_796_000_000, 'zh')).to.equal('2026年11月30日 08:53（北京时间）')
    expect(timeText(1_796_000_000, 'en')).to.equal('30 November 2026, 08:53 (Beijing time)')
  })

  it('amounts and numbers have their units', () => {
    expect(one({ type: 'money' }, 18600)).to.equal('18,600.00 元')
    expect(one({ type: 'money' }, 0.5, 'en')).to.equal('0.50 CNY')
    expect(one({ type: 'number', unit: '㎡' }, 12056.3)).to.equal('12056.3 ㎡')
    expect(one({ type: 'number' }, 0)).to.equal('0')
  })

  it('other texts are as they are', () => {
    for (const text of ['<b>', '2020-13-01', ' ', '一\n二', 'sha256:00'])
      expect(one({ type: 'string' }, text)).to.equal(text)
  })

  it('items are rows under the columns that any of them fills, in the order of the type', () => {
    const members = sampleFields('HKB', exampleRow('HKB')).find(({ key }) => key === 'members')!.value
    expect('columns' in members && members.columns.map(({ zh }) => zh)).to.deep.equal([
      '姓名',
      '与户主关系',
      '性别',
      '公民身份号码',
      '出生日期',
      '婚姻状况',
    ])
  })

  it('what is not there is not printed', () => {
    expect(sampleFields('RIC', { name: '林知行' }).map(({ key }) => key)).to.deep.equal(['name'])
    expect(sampleFields('RIC', {})).to.deep.equal([])
  })
})
