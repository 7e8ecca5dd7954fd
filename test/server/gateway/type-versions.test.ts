import { expect } from 'chai'
import { parseStatement, isSignedBy } from '../../../protocol/statement.ts'
import { leafHash, verifyInclusion } from '../../../protocol/log.ts'
import { parseLogProof } from '../../../protocol/receipt.ts'
import { toBase64url } from '../../../protocol/bytes.ts'
import { CATALOGUE_COLUMNS } from '../../../server/catalogue/type-definition.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { keysOnHand } from '../../../server/departments/department-keys.ts'
import {
  answerOf,
  applicationOf,
  exampleRow,
  fileOf,
  issue,
  openGateway,
  publish,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

describe('the versions of a certificate type', () => {
  let gateway: OpenedGateway
  const first = typeIn(demoRegion(), 'HYG')
  const second = {
    ...first,
    version: 2,
    // The number is no longer shown to strangers, and there is a field more.
    publicVerifyFields: first.publicVerifyFields.slice(0, 1),
    fields: [
      ...first.fields,
      {
        key: 'inspector',
        zh: '检查员',
        en: 'Inspector',
        type: 'string',
        required: true,
        level: 'controlled',
        mask: 'name',
        example: '王某',
      },
    ],
  }

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'HYG')
  })
  after(() => gateway.close())

  const lookUp = (issued: { shortCode: string }) => {
    const number = String(exampleRow('HYG')[first.numberField])
    return answerOf<{ verdict: string; fields: [string, unknown][] }>(
      gateway.request('/v1/verify/lookup', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          shortCode: issued.shortCode,
          lastFour: Array.from(number).slice(-4).join(''),
        }),
      }),
    )
  }

  it('leave old certificates as they were: valid, and shown by the version that they were issued under', async () => {
    const old = await issue(gateway, 'HYG')
    await untilAllFinal(gateway)
    const before = await lookUp(old)
    const file = await fileOf(gateway, old.identifier)
    await answerOf(gateway.post('/v1/types', { definition: second }), 201)
    expect((await lookUp(old)).fields).to.deep.equal(before.fields)
    expect(Buffer.from(await fileOf(gateway, old.identifier)).equals(Buffer.from(file))).to.equal(true)
    expect(before.verdict).to.equal('VALID')

    const refused = await problemIn(
      await gateway.post('/v1/certificates', { type: 'HYG', fields: exampleRow('HYG') }),
    )
    expect(refused.errors?.map(({ field, code }) => `${field} ${code}`)).to.deep.equal([
      'inspector FIELD_REQUIRED',
    ])
    const fields = { ...exampleRow('HYG'), inspector: '王某' }
    const newer = await answerOf<{ shortCode: string; identifier: string }>(
      gateway.post('/v1/certificates', { type: 'HYG', fields }),
      201,
    )
    for (const [{ identifier }, version] of [
      [old, 1],
      [newer, 2],
    ] as const) {
      const state = await answerOf<{ typeVersion: number }>(
        gateway.get(`/v1/certificates/${identifier}/state`),
      )
      expect(state.typeVersion).to.equal(version)
    }
    await untilAllFinal(gateway)
    expect((await lookUp(newer)).fields.length).to.be.lessThan(before.fields.length)
    const { versions } = await answerOf<{ versions: { version: number }[] }>(
      gateway.request('/v1/types/HYG/versions'),
    )
    expect(versions.map(({ version }) => version)).to.deep.equal([2, 1])
  })

  it('are published by a statement in the log that anybody can check', async () => {
    await untilAllFinal(gateway)
    const { type, publication } = await answerOf<{
      type: { digest: string }
      publication: { statement: string; receipt: { proof: string } }
    }>(gateway.request('/v1/types/HYG/versions/1'))
    const statement = parseStatement(publication.statement)
    expect(statement.kind).to.equal('catalogue')
    const digest = toBase64url(new Uint8Array(Buffer.from(type.digest.slice(2), 'hex')))
    expect(statement.payload['catalogue']).to.deep.equal({ type: 'HYG', version: 1, digest })
    const [key] = await keysOnHand(gateway.world, applicationOf('ZSJ').uscc, 'issuing')
    expect(isSignedBy(statement, key!.publicKey)).to.equal(true)
    const proof = parseLogProof(publication.receipt.proof)
    const [, size = '', root = ''] = proof.signedCheckpoint.split('\n')
    const holds = verifyInclusion({
      index: proof.index,
      size: Number(size),
      leaf: leafHash(publication.statement),
      proof: proof.hashes,
      root: new Uint8Array(Buffer.from(root, 'base64')),
    })
    expect(holds).to.equal(true)
  })

  it('are published once, whoever repeats it', async () => {
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    await answerOf(gateway.post('/v1/types', { definition: first }), 201)
    expect(gateway.rowCounts()).to.deep.equal({ ...before, answers: before['answers']! + 1 })
  })

  it('are refused by name when a column of the catalogue is missing, or what is not shared has no law', async () => {
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    for (const column of CATALOGUE_COLUMNS) {
      const { [column]: _, ...catalogue } = first.catalogue
      const problem = await problemIn(
        await gateway.post('/v1/types', { definition: { ...second, version: 3, catalogue } }),
      )
      expect(problem.code).to.equal('TYPE_DEFINITION')
      expect(problem.errors?.map(({ field, code }) => `${field} ${code}`)).to.include(
        `catalogue.${column} TYPE_COLUMN_MISSING`,
      )
    }
    const secret = {
      ...second,
      version: 3,
      useModes: ['present'],
      catalogue: { ...first.catalogue, shareClass: 'none' },
    }
    const problem = await problemIn(await gateway.post('/v1/types', { definition: secret }))
    expect(problem.errors?.map(({ code }) => code)).to.deep.equal(['TYPE_LEGAL_GROUND'])
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('are refused while nobody can sign their publication', async () => {
    const alone = await openGateway()
    try {
      await answerOf(alone.post('/v1/departments', applicationOf(first.issuer)), 201)
      const problem = await problemIn(await alone.post('/v1/types', { definition: first }))
      expect(problem.code).to.equal('NOTARY_MISSING')
    } finally {
      await alone.close()
    }
  })
})
