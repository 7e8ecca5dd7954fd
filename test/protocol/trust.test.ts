import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { fromUtf8, toUtf8 } from '../../protocol/bytes.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { fingerprint, formatTrust, parseTrust } from '../../protocol/trust.ts'
import { drop, noteKeys, set, trust, type Edit } from '../../scripts/vectors/scene.ts'
import { codeOf, refusalOf } from '../support/refusals.ts'
import { vectorBytes } from '../support/vectors.ts'

const bytes = vectorBytes('trust.json')
const object = JSON.parse(fromUtf8(bytes)!) as JsonObject
const edited = (edit: Edit) => () => parseTrust(toUtf8(JSON.stringify(edit(object))))

describe('Trust files', function () {
  it('are read with everything that a verifier trusts, and written back byte for byte', () => {
    const read = parseTrust(bytes)
    expect(read).to.deep.equal(trust)
    expect(toUtf8(formatTrust(read))).to.deep.equal(bytes)
  })

  it('have the SHA-256 of their bytes as fingerprint, in groups of four', () => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    expect(fingerprint(bytes).replaceAll(' ', '')).to.equal(hex)
    expect(fingerprint(bytes)).to.match(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/)
    expect(fingerprint(toUtf8(`${fromUtf8(bytes)} `))).to.not.equal(fingerprint(bytes))
  })

  const refusals: Record<string, Edit> = {
    'another format': set('format', 'onceproof-trust/2'),
    'an unknown member': set('comment', 'x'),
    'no chain': drop('chain'),
    'chain id 0': set('chain.chainId', 0),
    'a chain id as text': set('chain.chainId', '31337'),
    'no genesis': drop('chain.genesis'),
    'a genesis in upper case': set('chain.genesis', `0x${'AB'.repeat(32)}`),
    'no confirmation at all': set('chain.confirmations', 0),
    'a contract less': drop('contracts.StatusRegistry'),
    'a contract more': set('contracts.Other', {
      address: `0x${'00'.repeat(20)}`,
      codeHash: `0x${'00'.repeat(32)}`,
    }),
    'an address of 19 bytes': set('contracts.AnchorLog.address', `0x${'00'.repeat(19)}`),
    'no code hash': drop('contracts.AnchorLog.codeHash'),
    'no log': set('logs', []),
    'a log with the key of another': set('logs.0.noteKey', noteKeys.second.text),
    'a key that is none': set('logs.0.noteKey', 'key'),
    'a key whose ID is not its own': set(
      'logs.0.noteKey',
      noteKeys.main.text.replace(/\+[0-9a-f]{8}\+/, '+00000000+'),
    ),
    'an origin with a space': set('logs.0.origin', 'log example'),
    'an origin with a plus sign': set('logs.0.origin', 'log+example'),
    'no region': set('regions', []),
    'a region of five digits': set('regions.0.code', '99010'),
    'types that are no list': set('regions.0.types', 'all'),
    'another use': set('regions.0.use', 'demo'),
  }
  for (const [what, edit] of Object.entries(refusals)) {
    it(`with ${what} are refused`, () => {
      expect(codeOf(edited(edit))).to.equal('TRUST_SYNTAX')
    })
  }

  it('that are refused name the member', () => {
    expect(refusalOf(edited(set('regions.1.use', 'x')))?.details.field).to.equal('regions[1].use')
    expect(refusalOf(edited(set('logs.0.noteKey', 'x')))?.details.field).to.equal('logs.noteKey')
  })

  it('that are not JSON keep the code of docs/formats.md §2', () => {
    expect(codeOf(() => parseTrust(toUtf8('{')))).to.equal('JSON_SYNTAX')
    expect(
      codeOf(() => parseTrust(toUtf8(fromUtf8(bytes)!.replace('"logs"', '"format":"x","logs"')))),
    ).to.equal('JSON_DUPLICATE_KEY')
  })

  it('may list types, none or any', () => {
    expect(codeOf(edited(set('regions.0.types', [])))).to.equal(null)
    expect(codeOf(edited(set('regions.0.types', '*')))).to.equal(null)
  })
})
