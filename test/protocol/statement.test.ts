import { expect } from 'chai'
import { toBase64url, utf8ToBase64url } from '../../protocol/bytes.ts'
import {
  isSignedBy,
  parseStatement,
  signingInput,
  statementHeader,
  STATEMENT_TYP,
  type StatementKind,
} from '../../protocol/statement.ts'
import { twin } from '../../scripts/vectors/keys.ts'
import { civilAffairs, drop, keys, makeRecord, notary, set, VALID_FROM } from '../../scripts/vectors/scene.ts'
import { statementVectors } from '../../scripts/vectors/statements.ts'
import { codeOf, refusalOf } from '../support/refusals.ts'

const vectors = statementVectors()

describe('Statements', function () {
  it('are read with the kind, the signer, the suite and the exact text', () => {
    const text = makeRecord('read')
    const statement = parseStatement(text)
    expect(statement).to.include({
      kind: 'record',
      alg: 'EdDSA',
      did: notary.did,
      thumbprint: keys.notary.thumbprint,
      text,
    })
    expect(statement.signature).to.deep.equal(keys.notary.sign(text.slice(0, text.lastIndexOf('.'))))
    expect(statement.payload).to.include({ iss: notary.did, iat: VALID_FROM, region: '990100' })
  })

  it('are put together from header and payload as they are signed', () => {
    const header = statementHeader('record', 'EdDSA', notary.did, keys.notary.thumbprint)
    const payload = JSON.stringify(parseStatement(makeRecord('assembled')).payload)
    const input = signingInput(header, payload)
    expect(`${input}.${toBase64url(keys.notary.sign(input))}`).to.equal(makeRecord('assembled'))
  })

  it('hold under their own key only', () => {
    for (const vector of vectors.filter(v => 'kind' in v)) {
      const statement = parseStatement(vector.text)
      const signers = Object.entries(keys).filter(([, key]) => isSignedBy(statement, key.publicKey))
      expect(signers.length, vector.name).to.equal(1)
      expect(signers[0]![1].thumbprint).to.equal(statement.thumbprint)
    }
  })

  it('hold with the twin of an ES256 signature too, which is why a payload is logged once', () => {
    const text = vectors.find(v => v.name === 'certificate')!.text
    const { signature } = parseStatement(text)
    const other = `${text.slice(0, text.lastIndexOf('.'))}.${toBase64url(twin(signature))}`
    expect(other).to.not.equal(text)
    expect(isSignedBy(parseStatement(other), keys.civilAffairs.publicKey)).to.equal(true)
  })

  it('of every kind have a typ of their own, and vectors', () => {
    const kinds = new Set(vectors.flatMap(v => ('kind' in v ? [v.kind] : [])))
    expect([...kinds].sort()).to.deep.equal(Object.keys(STATEMENT_TYP).sort())
    expect(new Set(Object.values(STATEMENT_TYP)).size).to.equal(kinds.size)
  })

  it('that are refused name the code; every code of docs/formats.md §3 has a vector', () => {
    const codes = new Set(vectors.flatMap(v => ('refused' in v ? [v.refused] : [])))
    expect([...codes].filter(code => code.startsWith('STATEMENT_')).sort()).to.deep.equal([
      'STATEMENT_ALG',
      'STATEMENT_BASE64',
      'STATEMENT_CLAIM',
      'STATEMENT_CRIT',
      'STATEMENT_HEADER',
      'STATEMENT_KID',
      'STATEMENT_SHAPE',
      'STATEMENT_TOO_LARGE',
      'STATEMENT_TYP',
    ])
  })

  it('that are refused for a claim name it', () => {
    const fieldOf = (payload: ReturnType<typeof set>) =>
      refusalOf(() => parseStatement(makeRecord('field', keys.notary, { payload })))?.details.field
    expect(fieldOf(drop('salt'))).to.equal('salt')
    expect(fieldOf(set('iss', civilAffairs.did))).to.equal('iss')
    expect(fieldOf(set('record.digest', 'x'))).to.equal('record.digest')
    expect(fieldOf(set('record.extra', 1))).to.equal('record.extra')
    expect(fieldOf(set(`long${'x'.repeat(100)}`, 1))).to.equal(`long${'x'.repeat(36)}`)
  })

  it('of one kind are never read as another, whatever typ is put on them', () => {
    for (const vector of vectors.filter(v => 'kind' in v)) {
      const [, payload = '', signature = ''] = vector.text.split('.')
      const { alg, did, thumbprint } = parseStatement(vector.text)
      for (const kind of Object.keys(STATEMENT_TYP) as StatementKind[]) {
        // Claims of a certificate are read by parseCertificate.
        if (kind === vector.kind || kind === 'certificate') continue
        const text = `${statementHeader(kind, alg, did, thumbprint)}.${payload}.${signature}`
        expect(
          codeOf(() => parseStatement(text)),
          `${vector.name} as ${kind}`,
        ).to.equal('STATEMENT_CLAIM')
      }
    }
  })

  it('are read the same after more headers than are remembered', () => {
    const read = () => parseStatement(makeRecord('remembered'))
    const before = read()
    for (let i = 0; i < 300; i++) {
      const did = `did:web:d${i}.example`
      const header = statementHeader('certificate', 'ES256', did, keys.notary.thumbprint)
      const text = `${header}.${utf8ToBase64url('{}')}.${toBase64url(new Uint8Array(64))}`
      expect(parseStatement(text).did).to.equal(did)
    }
    expect(read()).to.deep.equal(before)
  })
})
