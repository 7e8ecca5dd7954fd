import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'
import { departmentKey, openDocument, sealDocument } from '../../../server/keys/sealing.ts'
import type { DocumentName } from '../../../server/keys/sealing.ts'
import type { Sealed } from '../../../server/store/store.ts'

const kek = departmentKey(new Uint8Array(32).fill(7))
const otherKek = departmentKey(new Uint8Array(32).fill(8))
const name: DocumentName = { department: 'PSB', id: 'certificate-1' }
const text = Buffer.from('{"姓名":"张三"}')

const openingFails = (key: Parameters<typeof openDocument>[0], of: DocumentName, sealed: Sealed) =>
  expect(() => openDocument(key, of, sealed))
    .to.throw(Refusal)
    .with.property('code', 'DOCUMENT_UNREADABLE')

describe('sealing of documents', () => {
  it('opens what was sealed, of any size, with the key as bytes or as a handle', () => {
    for (const size of [0, 1, 15, 16, 3000, 100_000]) {
      const plaintext = new Uint8Array(size).fill(size % 251)
      const sealed = sealDocument(new Uint8Array(32).fill(7), name, plaintext)
      expect(openDocument(kek, name, sealed)).to.deep.equal(plaintext)
      expect(sealed.ciphertext).to.have.length(size + 17)
    }
  })

  it('never seals twice alike, and shows nothing of the text', () => {
    const seals = Array.from({ length: 50 }, () => sealDocument(kek, name, text))
    expect(new Set(seals.map(one => Buffer.from(one.keySalt).toString('hex'))).size).to.equal(50)
    expect(new Set(seals.map(one => Buffer.from(one.ciphertext).toString('hex'))).size).to.equal(50)
    for (const { ciphertext } of seals) expect(Buffer.from(ciphertext).includes('张三')).to.equal(false)
  })

  it('does not open as another document, as another department’s, or with another department’s key', () => {
    const sealed = sealDocument(kek, name, text)
    openingFails(kek, { ...name, id: 'certificate-2' }, sealed)
    openingFails(kek, { ...name, department: 'MCA' }, sealed)
    openingFails(otherKek, name, sealed)
    // The same letters, divided otherwise between department and document.
    openingFails(kek, { department: 'PS', id: 'Bcertificate-1' }, sealed)
    openingFails(kek, { department: 'PSBc', id: 'ertificate-1' }, sealed)
  })

  it('does not open when two documents have exchanged ciphertext or salt', () => {
    const one = sealDocument(kek, name, text)
    const two = sealDocument(kek, { ...name, id: 'certificate-2' }, text)
    openingFails(kek, name, two)
    openingFails(kek, name, { keySalt: one.keySalt, ciphertext: two.ciphertext })
    openingFails(kek, name, { keySalt: two.keySalt, ciphertext: one.ciphertext })
  })

  it('does not open without its salt: who destroys the salt has destroyed the document', () => {
    const { ciphertext } = sealDocument(kek, name, text)
    openingFails(kek, name, { keySalt: new Uint8Array(32), ciphertext })
    openingFails(kek, name, { keySalt: new Uint8Array(0), ciphertext })
  })

  it('does not open with any one bit altered, or cut anywhere', () => {
    const sealed = sealDocument(kek, name, text)
    for (let bit = 0; bit < sealed.ciphertext.length * 8; bit++) {
      const ciphertext = new Uint8Array(sealed.ciphertext)
      ciphertext[bit >> 3] = (ciphertext[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      openingFails(kek, name, { keySalt: sealed.keySalt, ciphertext })
    }
    for (let length = 0; length < sealed.ciphertext.length; length++) {
      openingFails(kek, name, { keySalt: sealed.keySalt, ciphertext: sealed.ciphertext.subarray(0, length) })
    }
  })

  it('derives the key as the header says: another program can open it', async () => {
    const { keySalt, ciphertext } = sealDocument(kek, name, text)
    const context = Buffer.concat([keySalt, Buffer.from(name.id)])
    const block = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('onceproof document'),
      Buffer.from([0]),
      context,
      Buffer.from([0, 0, 1, 0]),
    ])
    const raw = createHmac('sha256', new Uint8Array(32).fill(7)).update(block).digest()
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
    const additionalData = Buffer.from('\x01\0\x03PSBcertificate-1', 'latin1')
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: new Uint8Array(12), additionalData },
      key,
      ciphertext.slice(1),
    )
    expect(Buffer.from(opened).toString()).to.equal(text.toString())
  })
})
