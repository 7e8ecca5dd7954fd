import { expect } from 'chai'
import { fromUtf8, toUtf8 } from '../../protocol/bytes.ts'
import { formatFile, MEDIA_TYPE, parseFile } from '../../protocol/file.ts'
import { codeOf, refusalOf } from '../support/refusals.ts'
import { bytesOf, fileVector, fileVectors } from '../support/vectors.ts'

const anchor = { chainId: 1, contract: `0x${'00'.repeat(20)}`, blockNumber: 2, blockTime: 3 }
const read = (value: unknown) => parseFile(toUtf8(JSON.stringify(value)))

describe('Certificate files and record files', function () {
  it('are written and read back', () => {
    const receipt = { proof: 'p', anchor }
    expect(parseFile(toUtf8(formatFile({ certificate: 'c~' }, { receipt })))).to.deep.equal({
      kind: 'certificate',
      certificate: 'c~',
      evidence: { kind: 'receipt', receipt },
    })
    expect(parseFile(toUtf8(formatFile({ record: 'r' }, { promise: 'p' })))).to.deep.equal({
      kind: 'record',
      record: 'r',
      evidence: { kind: 'promise', promise: 'p' },
    })
  })

  it('are written as in the vectors, byte for byte', () => {
    const bytes = bytesOf(fileVector('valid', 'certificate_es256').fileBase64)
    const file = JSON.parse(fromUtf8(bytes)!) as { certificate: string; receipt: never }
    expect(formatFile({ certificate: file.certificate }, { receipt: file.receipt })).to.equal(fromUtf8(bytes))
  })

  it('that are no file are refused before anything in them is read', () => {
    expect(codeOf(() => read({ format: 'onceproof-record/1', record: 'r', receipt: {} }))).to.equal(null)
    for (const wrong of [
      {},
      { format: 'onceproof-record/1', record: 1, receipt: {} },
      { format: 'onceproof-record/1', record: 'r', receipt: [] },
      { format: 'onceproof-record/1', record: 'r', receipt: {}, promise: 'p' },
      { format: 'onceproof-record/1', record: 'r', receipt: {}, more: 0 },
      { format: 'onceproof-record/2', record: 'r', receipt: {} },
      { format: 'onceproof-certificate/1', record: 'r', receipt: {} },
    ]) {
      expect(
        codeOf(() => read(wrong)),
        JSON.stringify(wrong),
      ).to.equal('FILE_SYNTAX')
    }
    expect(
      refusalOf(() => read({ format: 'onceproof-record/1', record: 'r', more: 0 }))?.details.field,
    ).to.equal('more')
  })

  it('of more than 2,097,152 bytes are refused', () => {
    const file = formatFile({ record: 'r' }, { promise: 'p' })
    expect(codeOf(() => parseFile(toUtf8(file.padEnd(2_097_152))))).to.equal(null)
    expect(codeOf(() => parseFile(toUtf8(file.padEnd(2_097_153))))).to.equal('FILE_TOO_LARGE')
  })

  it('are refused by every code that makes a file unreadable, in the vectors', () => {
    const unread = fileVectors('invalid').filter(v => v.expected.verdict === 'UNREADABLE')
    const codes = new Set(unread.map(v => v.expected.answers['intact']!.because))
    expect([...codes].sort()).to.deep.equal([
      'FILE_SYNTAX',
      'FILE_TOO_LARGE',
      'JSON_DUPLICATE_KEY',
      'JSON_LONE_SURROGATE',
      'JSON_NOT_UTF8',
      'JSON_NUMBER',
      'JSON_SYNTAX',
      'JSON_TOO_DEEP',
    ])
  })

  it('have a media type of their own', () => {
    expect(MEDIA_TYPE).to.equal('application/vnd.onceproof+json')
  })
})
