/**
 * A department's own signer: it signs what it has derived again by itself, and nothing that a gateway in wrong hands would like.
 */
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { fromUtf8, toHex } from '../../../protocol/bytes.ts'
import { departmentId, statusListId } from '../../../protocol/snapshot.ts'
import { Unavailable } from '../../../server/http/problem.ts'
import type { DepartmentProvider } from '../../../server/keys/keyring.ts'
import { authorityKey, issuingKey } from '../../../server/keys/names.ts'
import { CODE_HEADER, NONCE_HEADER, requestCode, TIME_HEADER } from '../../../server/keys/remote-message.ts'
import { remoteSigner } from '../../../server/keys/remote.ts'
import { leafOf } from '../../../server/signer/check.ts'
import { makeSigner, openSigner, signedBy, type RunningSigner } from '../../../server/signer/open.ts'
import {
  certificateToSign,
  openListOrder,
  orderMessage,
  orderOf,
  POLICY,
  revocationToSign,
  signerFolder,
  USCC,
  type CertificateChange,
} from '../../support/signer.ts'
import { codeOf } from '../keys/provider-suite.ts'

const DAY = 86_400
const ISSUING = issuingKey(USCC, 1)
const AUTHORITY = authorityKey(USCC, 1)

describe('a department’s own signer', function () {
  const { folder, remove } = signerFolder()
  let signer: RunningSigner
  let provider: DepartmentProvider
  let key: Uint8Array
  let secret: string
  const now = () => Math.floor(Date.now() / 1000)
  const journal = () => readFileSync(join(folder, 'journal.ndjson'), 'utf8')

  before(async () => {
    await makeSigner(folder, {
      ...POLICY,
      maxValidityDays: 3_660,
      maxBackdatingDays: 400,
      types: [`${USCC}001`],
    })
    signer = await openSigner(folder, { port: 0 })
    secret = readFileSync(join(folder, 'secret'), 'utf8').trim()
    provider = remoteSigner({ department: USCC, url: signer.url, secret })
    key = await provider.publicKey(ISSUING)
  })
  after(async () => {
    await signer.close()
    remove()
  })

  it('signs a certificate whose digests follow from the approved row, and writes it down without a value of it', async () => {
    const { data, context } = certificateToSign(key)
    const signature = await provider.sign(ISSUING, data, context)
    const last = signedBy(folder).at(-1)!
    expect([last.key, last.kind]).to.deep.equal([ISSUING, 'certificate'])
    expect(last.leaf).to.equal(leafOf(fromUtf8(data)!, signature))
    for (const value of ['张三', '2046-01-01']) expect(journal()).to.not.include(value)
  })

  const wrong: [title: string, code: string, change: CertificateChange][] = [
    [
      'whose digests are of other values',
      'SIGNER_DIGESTS',
      {
        digestsOf: [
          ['name', '李四'],
          ['validTo', '2046-01-01'],
        ],
      },
    ],
    [
      'with one digest more than the row has fields',
      'SIGNER_DIGESTS',
      {
        digestsOf: [
          ['name', '张三'],
          ['validTo', '2046-01-01'],
          ['more', 1],
        ],
      },
    ],
    ['of another department', 'SIGNER_ISSUER', { uscc: '91440300708461136T', typeCode: `${USCC}001` }],
    ['under another DID', 'SIGNER_ISSUER', { did: 'did:web:other.example' }],
    ['under another key', 'SIGNER_ISSUER', { kid: 'A'.repeat(42) + 'A' }],
    ['of another region', 'SIGNER_ISSUER', { region: '990200' }],
    ['of a type that the department did not allow', 'SIGNER_TYPE', { typeCode: `${USCC}002` }],
    ['valid for longer than allowed', 'SIGNER_VALIDITY', { validUntil: now() + 4_000 * DAY }],
    ['without end', 'SIGNER_VALIDITY', { validUntil: null }],
    ['that begins too long ago', 'SIGNER_VALIDITY', { validFrom: now() - 500 * DAY }],
  ]
  for (const [title, code, change] of wrong) {
    it(`refuses a certificate ${title}`, async () => {
      const before = journal()
      const { data, context } = certificateToSign(key, change)
      expect(await codeOf(provider.sign(ISSUING, data, context))).to.equal(code)
      expect(journal()).to.equal(before)
    })
  }

  it('signs a batch whole or not at all', async () => {
    const good = certificateToSign(key)
    const tampered = certificateToSign(key)
    const values: [string, unknown][] = [['name', '李四'], ...tampered.context.values.slice(1)] as never
    const bad = { ...tampered, context: { ...tampered.context, values } }
    const before = journal()
    expect(await codeOf(provider.signMany(ISSUING, [good, bad, good]))).to.equal('SIGNER_DIGESTS')
    expect(journal()).to.equal(before)
    expect((await provider.signMany(ISSUING, [good, certificateToSign(key)])).length).to.equal(2)
  })

  it('refuses a certificate that comes as a statement, without its row, and kinds that the department did not allow', async () => {
    const { data } = certificateToSign(key)
    expect(await codeOf(provider.sign(ISSUING, data, { kind: 'statement' }))).to.equal('SIGNER_KIND')
    expect(await codeOf(provider.sign(ISSUING, data))).to.equal('SIGNER_CONTEXT')
    const nonsense = Buffer.from('not.a statement')
    expect(await codeOf(provider.sign(ISSUING, nonsense, { kind: 'statement' }))).to.equal('SIGNER_INPUT')
  })

  it('signs an order only for a list of its own, in its contract, soon, and after the statement that gives the reason', async () => {
    const { data, context } = revocationToSign(key)
    const list = statusListId(USCC, 0)
    const early = orderOf('Order', orderMessage(list, randomBytes(32)))
    expect(await codeOf(provider.signDigest(AUTHORITY, early.digest, early.context))).to.equal('SIGNER_ORDER')

    const leaf = leafOf(fromUtf8(data)!, await provider.sign(ISSUING, data, context))
    const good = orderOf('Order', orderMessage(list, leaf))
    expect((await provider.signDigest(AUTHORITY, good.digest, good.context)).length).to.equal(65)
    for (const [what, bad] of Object.entries({
      'another action': orderOf('Order', orderMessage(list, leaf, { action: 2 })),
      'another list': orderOf('Order', orderMessage(statusListId('91440300708461136T', 0), leaf)),
      'another contract': orderOf('Order', orderMessage(list, leaf), { contract: `0x${'11'.repeat(20)}` }),
      'another chain': orderOf('Order', orderMessage(list, leaf), { chainId: 1 }),
      'good for a year': orderOf('Order', orderMessage(list, leaf, { deadline: now() + 365 * DAY })),
      'another department': orderOf('OpenList', {
        department: departmentId('91440300708461136T'),
        number: 0,
        deadline: now() + 60,
      }),
    })) {
      expect(await codeOf(provider.signDigest(AUTHORITY, bad.digest, bad.context)), what).to.equal(
        'SIGNER_ORDER',
      )
    }
  })

  it('signs the message and never a digest: a gateway that names another is found out', async () => {
    const { context } = openListOrder()
    expect(await codeOf(provider.signDigest(AUTHORITY, randomBytes(32), context))).to.equal('SIGNATURE_WRONG')
  })

  it('makes a key when asked, its own and for its purpose only', async () => {
    const make = (name: string, purpose: 'issuing' | 'authority', algorithm: 'ES256' | 'secp256k1') =>
      provider.generate({ name, purpose, algorithm, department: USCC })
    const second = issuingKey(USCC, 2)
    await make(second, 'issuing', 'ES256')
    const made = await provider.publicKey(second)
    await make(second, 'issuing', 'ES256')
    expect(await provider.publicKey(second), 'asked twice').to.deep.equal(made)
    expect(await codeOf(make(issuingKey('91440300708461136T', 1), 'issuing', 'ES256'))).to.equal('SIGNER_KEY')
    expect(await codeOf(make(authorityKey(USCC, 2), 'issuing', 'ES256'))).to.equal('SIGNER_KEY')
    expect(await codeOf(make(issuingKey(USCC, 3), 'issuing', 'secp256k1'))).to.equal('SIGNER_KEY')
  })

  describe('knows its gateway', () => {
    const unavailable = async (asked: Promise<unknown>) => {
      const error = await asked.catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(Unavailable)
      return (error as Unavailable).code
    }
    const ask = async (change: { secret?: string; time?: number; nonce?: string; body?: string } = {}) => {
      const time = String(change.time ?? now())
      const nonce = change.nonce ?? randomBytes(16).toString('base64url')
      const request = { method: 'GET', path: '/v1/keys', time, nonce }
      const response = await fetch(`${signer.url}/v1/keys`, {
        headers: {
          [TIME_HEADER]: time,
          [NONCE_HEADER]: nonce,
          [CODE_HEADER]: requestCode(change.secret ?? secret, request, change.body ?? ''),
        },
      })
      return `${response.status} ${((await response.json()) as { code?: string }).code}`
    }

    it('by the secret: without it, with another, or over other bytes it answers nothing', async () => {
      const stranger = remoteSigner({ department: USCC, url: signer.url, secret: 'x'.repeat(43) })
      expect(await unavailable(stranger.list())).to.equal('REMOTE_SIGNER_UNREACHABLE')
      expect(await ask({ secret: 'x'.repeat(43) })).to.equal('401 SIGNER_AUTH')
      expect(await ask({ body: '{}' })).to.equal('401 SIGNER_AUTH')
      expect((await fetch(`${signer.url}/v1/keys`)).status).to.equal(401)
    })

    it('once and now: a request that was overheard is worth nothing', async () => {
      const nonce = randomBytes(16).toString('base64url')
      expect(await ask({ nonce })).to.equal('200 undefined')
      expect(await ask({ nonce })).to.equal('401 SIGNER_AUTH')
      expect(await ask({ time: now() - 120 })).to.equal('401 SIGNER_AUTH')
      expect(await ask({ time: now() + 120 })).to.equal('401 SIGNER_AUTH')
    })

    it('and the gateway knows it: an answer without the secret, or none, is no answer', async () => {
      const { createServer } = await import('node:http')
      const impostor = createServer((_request, response) => response.end('{"keys":[]}'))
      await new Promise<void>(listening => impostor.listen(0, '127.0.0.1', listening))
      const address = impostor.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const deceived = remoteSigner({ department: USCC, url: `http://127.0.0.1:${port}`, secret })
      expect(await unavailable(deceived.list())).to.equal('REMOTE_SIGNER_UNREACHABLE')
      impostor.close()
      impostor.closeAllConnections()
      expect(await unavailable(deceived.list())).to.equal('REMOTE_SIGNER_UNREACHABLE')
    })
  })

  describe('has a log', () => {
    it('of lines that each name the one before; it goes on after a restart, and drops a line that was cut', async () => {
      const lines = journal().trimEnd().split('\n')
      let prev = '0'.repeat(64)
      for (const [i, line] of lines.entries()) {
        const entry = JSON.parse(line) as { n: number; prev: string }
        expect([entry.n, entry.prev]).to.deep.equal([i + 1, prev])
        prev = createHash('sha256').update(line).digest('hex')
      }
      await signer.close()
      const before = journal()
      appendFileSync(join(folder, 'journal.ndjson'), '{"n":999,"at":17')
      signer = await openSigner(folder, { port: 0 })
      expect(journal()).to.equal(before)
      provider = remoteSigner({ department: USCC, url: signer.url, secret })
      const { digest, context } = openListOrder()
      await provider.signDigest(AUTHORITY, digest, context)
      expect(signedBy(folder).length).to.equal(lines.length + 1)
      expect(signedBy(folder).at(-1)).to.include({ kind: 'open-list', about: toHex(digest) })
    })

    it('that a signer will not start on when a line was changed or taken out', async () => {
      await signer.close()
      const whole = journal()
      const lines = whole.split('\n')
      for (const changed of [
        whole.replace('"kind":"certificate"', '"kind":"record"'),
        [lines[0], ...lines.slice(2)].join('\n'),
        lines.slice(1).join('\n'),
      ]) {
        writeFileSync(join(folder, 'journal.ndjson'), changed)
        expect(await codeOf(openSigner(folder, { port: 0 }))).to.equal('SIGNER_LOG_DAMAGED')
      }
      writeFileSync(join(folder, 'journal.ndjson'), whole)
      signer = await openSigner(folder, { port: 0 })
      expect(await codeOf(openSigner(folder, { port: 0 }))).to.equal('SIGNER_IN_USE')
    })
  })

  it('does not start on a policy that says something else', async () => {
    const other = signerFolder()
    for (const policy of [
      { ...POLICY, uscc: 'X' },
      { ...POLICY, extra: 1 },
      { ...POLICY, types: [] },
    ])
      expect(await codeOf(makeSigner(other.folder, policy))).to.equal('SIGNER_POLICY')
    expect(await codeOf(openSigner(other.folder, { port: 0 }))).to.equal('SIGNER_POLICY')
    other.remove()
  })
})
