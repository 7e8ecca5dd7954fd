import { expect } from 'chai'
import { parseCertificate } from '../../protocol/certificate.ts'
import { certificateText, makeCertificate, relatedResource } from '../../scripts/vectors/scene.ts'
import { codeOf } from '../support/refusals.ts'

describe('A disclosure that stands twice', () => {
  it('is refused whether it is of a field or of the original file: a certificate has one text', () => {
    const text = certificateText(makeCertificate({ name: 'unit', relatedResource: relatedResource('unit') }))
    const [statement, ...disclosures] = text.slice(0, -1).split('~')
    expect([...parseCertificate(text).fields.keys()]).to.have.lengthOf(disclosures.length - 1)
    for (const repeated of disclosures) {
      const twice = `${[statement, ...disclosures, repeated].join('~')}~`
      expect(codeOf(() => parseCertificate(twice))).to.equal('DISCLOSURE_DUPLICATE')
    }
  })
})
