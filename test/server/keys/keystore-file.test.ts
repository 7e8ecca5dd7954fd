import { createDecipheriv, scryptSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createKeystore } from '../../../server/keys/keystore.ts'

const passphrase = 'four words of one’s own'

interface Envelope {
  kdf: { N: number; r: number; p: number; salt: string }
  check: string
  nonce: string
  ciphertext: string
}

describe('the file of a keystore', function () {
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'onceproof-keystore-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const linesOf = (path: string) => readFileSync(path, 'latin1').split('\n')
  const envelopeOf = (path: string) => JSON.parse(linesOf(path)[1]!) as Envelope

  it('opens by what its header says alone, and only together with its first line and the parameters in it', async () => {
    const path = join(folder, 'one.json')
    const keys = await createKeystore({ path, passphrase })
    await keys.generate({ name: 'log/note', purpose: 'note', algorithm: 'EdDSA', department: null })

    const [format = '', json = ''] = linesOf(path)
    const { kdf, check, nonce, ciphertext } = JSON.parse(json) as Envelope
    const { N, r, p } = kdf
    const salt = Buffer.from(kdf.salt, 'base64')
    const derived = scryptSync(passphrase, salt, 64, { N, r, p, maxmem: 256 * 1024 * 1024 })
    expect(derived.subarray(32).toString('base64')).to.equal(check)

    const open = (additional: string) => {
      const sealed = Buffer.from(ciphertext, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', derived.subarray(0, 32), Buffer.from(nonce, 'base64'))
      decipher.setAAD(Buffer.from(additional))
      decipher.setAuthTag(sealed.subarray(-16))
      return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString()
    }
    const { entries } = JSON.parse(open(`${format}\n${JSON.stringify(kdf)}`)) as {
      entries: { name: string }[]
    }
    expect(entries.map(({ name }) => name)).to.deep.equal(['log/note'])
    for (const other of [
      '',
      format,
      `${format}\n${JSON.stringify({ ...kdf, N: 2 })}`,
      `x\n${JSON.stringify(kdf)}`,
    ]) {
      expect(() => open(other)).to.throw('unable to authenticate')
    }
  })

  it('has a salt of its own, though the passphrase is the same, and a new nonce at every save', async () => {
    const [first, second] = [join(folder, 'first.json'), join(folder, 'second.json')]
    const keys = await createKeystore({ path: first, passphrase })
    await createKeystore({ path: second, passphrase })
    expect(envelopeOf(first).kdf.salt).to.not.equal(envelopeOf(second).kdf.salt)
    expect(Buffer.from(envelopeOf(first).kdf.salt, 'base64')).to.have.lengthOf(32)

    const nonces = [envelopeOf(first).nonce, envelopeOf(second).nonce]
    for (const name of ['a', 'b', 'c']) {
      await keys.generate({ name, purpose: 'lookup', algorithm: 'secret', department: null })
      nonces.push(envelopeOf(first).nonce)
    }
    expect(new Set(nonces).size).to.equal(5)
  })
})
