import { expect } from 'chai'
import { maskText, maskValue, publicView } from '../../../server/catalogue/masking.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import type { Mask } from '../../../server/catalogue/type-definition.ts'

const table: [mask: Mask, text: string, masked: string][] = [
  ['none', '云岭市公安局', '云岭市公安局'],
  ['name', '', ''],
  ['name', '林', '*'],
  ['name', '顾晴', '顾*'],
  ['name', '林知行', '林*行'],
  ['name', '何䶮𠮷', '何*𠮷'],
  ['name', '𠮷𠮷', '𠮷*'],
  ['name', '欧阳清远', '欧**远'],
  ['name', '阿依努尔·示例江', '阿******江'],
  ['idNo', '990102199003071014', '990*************14'],
  ['idNo', '99010319690130121642', '990***************42'],
  ['idNo', '91990102MA9Y00012N', '919*************2N'],
  ['idNo', '12345', '*****'],
  ['tail', 'LSL4250Y0R0000123', '*************0123'],
  ['tail', '0123', '****'],
  ['tail', '', ''],
  ['address', '示例省云岭市望山区清平路18号2栋301', '示例省云岭市望山区****'],
  ['address', '云岭市望山区清平路66号1楼', '云岭市望山区****'],
  ['address', '示例省别处市某县某镇', '示例省别处市某县****'],
  ['address', '新疆维吾尔自治区乌鲁木齐市天山区解放路1号', '新疆维吾尔自治区乌鲁木齐市天山区****'],
  ['address', '云岭市清平路小区3栋', '云岭市****'],
  ['address', '望山区清平路18号', '望山区****'],
  ['address', '清平路18号', '****'],
  ['address', '18 Qingping Road', '****'],
  ['address', '', '****'],
]

describe('masks', () => {
  for (const [mask, text, masked] of table) {
    it(`show ${text || 'nothing'} under ${mask} as ${masked || 'nothing'}`, () => {
      expect(maskText(text, mask)).to.equal(masked)
    })
  }

  it('reach into the rows of a household', () => {
    const members = typeIn(demoRegion(), 'HKB').fields.find(field => field.key === 'members')
    if (members === undefined) return expect.fail('a household has members')
    const masked = maskValue(members, [
      { name: '林知行', idNo: '990102199003071014', relationToHead: '户主', unheardOf: '林知行' },
      '林知行',
    ])
    expect(masked).to.deep.equal([
      { name: '林*行', relationToHead: '户主', idNo: '990*************14' },
      '****',
    ])
  })

  it('hide what is not of the kind that the field says', () => {
    const fields = typeIn(demoRegion(), 'HKB').fields
    const head = fields.find(field => field.key === 'headName')
    const members = fields.find(field => field.key === 'members')
    if (head === undefined || members === undefined) return expect.fail('a household has a head and members')
    expect(maskValue(head, { first: '林' })).to.equal('****')
    expect(maskValue(head, 7)).to.equal('****')
    expect(maskValue(members, { name: '林知行' })).to.equal('****')
  })
})

describe('what anybody may see who verifies', () => {
  it('are the public fields only, masked', () => {
    const type = typeIn(demoRegion(), 'RIC')
    const fields = Object.fromEntries(type.fields.map(field => [field.key, field.example]))
    expect(publicView(type, fields)).to.deep.equal([
      ['name', '林*行'],
      ['issuingAuthority', '云岭市公安局望山分局'],
      ['validFrom', '2020-05-01'],
      ['validTo', '2040-05-01'],
    ])
    expect(publicView(type, { idNo: '990102199003071014', name: '顾晴' })).to.deep.equal([['name', '顾*']])
  })

  it('are of several owners the names, masked, without ID numbers and shares', () => {
    const type = typeIn(demoRegion(), 'REA')
    const obligees = [
      { name: '林知行', idNo: '990102199003071014', share: '50%' },
      { name: '苏小满', idNo: '990102199208152045', share: '50%' },
    ]
    expect(publicView(type, { obligees })).to.deep.equal([
      ['obligees', [{ name: '林*行' }, { name: '苏*满' }]],
    ])
  })

  it('show no ID number, address or sensitive value of any type', () => {
    for (const type of demoRegion().certificateTypes) {
      const fields = Object.fromEntries(type.fields.map(field => [field.key, field.example]))
      const shown = JSON.stringify(publicView(type, fields))
      expect(shown, type.code).not.to.match(/990\d{3}(19|20)\d{9}[\dX]/)
      for (const field of type.fields) {
        // Two dates of one certificate are often the same.
        if (
          field.level === 'public' ||
          field.type === 'date' ||
          typeof field.example !== 'string' ||
          field.example.length < 5
        )
          continue
        expect(shown, `${type.code}.${field.key}`).not.to.include(field.example)
      }
    }
  })
})
