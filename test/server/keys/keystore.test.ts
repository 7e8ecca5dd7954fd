import { createHash, generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { expect } from 'chai'
import { Wallet, getBytes, hexlify, recoverAddress, toUtf8Bytes } from 'ethers'
import { verifySignature } from '../../../protocol/key.ts'
import { Refusal } from '../../../protocol/refusal.ts'
import { createKeystore, openKeystore, signInWorker } from '../../../server/keys/keystore.ts'
import type { Keystore, NewKey } from '../../../server/keys/keystore.ts'
import { addressOf, recoverableSignature } from '../../../server/keys/provider.ts'

const passphrase = '云岭市 correct horse'
const clock = () => Date.UTC(2026, 0, 1)
const key = (
  name: string,
  purpose: NewKey['purpose'],
  algorithm: NewKey['algorithm'],
  department: string | null = null,
) => ({
  name,
  purpose,
  algorithm,
  department,
})
const all: NewKey[] = [
  key('PSB/issuing/1', 'issuing', 'ES256', 'PSB'),
  key('MCA/issuing/1', 'issuing', 'EdDSA', 'MCA'),
  key('PSB/authority/1', 'authority', 'secp256k1', 'PSB'),
  key('PSB/kek', 'kek', 'secret', 'PSB'),
  key('log/note', 'note', 'EdDSA'),
  key('log/key', 'log', 'secp256k1'),
  key('notary/1', 'notary', 'ES256'),
  key('governance', 'governance', 'secp256k1'),
  key('relayer', 'relayer', 'secp256k1'),
  key('lookup', 'lookup', 'secret'),
]

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(Refusal)
  return (error as Refusal).code
}

// One passphrase guess costs 128 MiB and tenths of a second on purpose; a test that opens often needs its time.
describe('the keystore', function () {
  let folder: string
  let path: string
  let keystore: Keystore

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onceproof-keys-'))
    path = join(folder, 'keystore')
    keystore = await createKeystore({ path, passphrase, clock })
    await Promise.all(all.map(one => keystore.generate(one)))
  })
  after(() => rmSync(folder, { recursive: true }))

  const copy = (change: (text: string) => string) => {
    const altered = join(folder, 'altered')
    rmSync(altered, { force: true })
    writeFileSync(altered, change(readFileSync(path, 'latin1')), { encoding: 'latin1', mode: 0o600 })
    return altered
  }

  describe('as a file', () => {
    it('has every key again when it is opened with the passphrase, however it was typed', async () => {
      const opened = await openKeystore({ path, passphrase: passphrase.normalize('NFD') })
      expect(await opened.list()).to.deep.equal(
        all.map(one => ({ ...one, createdAt: Date.UTC(2026, 0, 1) / 1000 })),
      )
      for (const { name, algorithm } of all) {
        if (algorithm === 'secret') continue
        expect(await opened.publicKey(name)).to.deep.equal(await keystore.publicKey(name))
      }
      const [before, after] = [await keystore.kek('PSB'), await opened.kek('PSB')]
      expect(after.equals(before)).to.equal(true)
    })

    it('belongs to its owner only, and nothing else is left in the folder', () => {
      expect(statSync(path).mode & 0o777).to.equal(0o600)
      expect(readdirSync(folder).filter(name => name !== 'altered')).to.deep.equal(['keystore'])
    })

    it('shows neither names nor departments', () => {
      expect(readFileSync(path, 'latin1')).to.not.match(/PSB.issuing|governance|authority/)
    })

    it('does not open with another passphrase', async () => {
      expect(await codeOf(openKeystore({ path, passphrase: passphrase + ' ' }))).to.equal(
        'KEYSTORE_PASSPHRASE_WRONG',
      )
    })

    it('does not open when it was altered or cut anywhere', async () => {
      const length = readFileSync(path).length
      const places = [
        0,
        5,
        21,
        30,
        60,
        120,
        200,
        Math.floor(length / 2),
        length - 80,
        length - 66,
        length - 1,
      ]
      for (const place of places) {
        const flipped = copy(text => {
          const bytes = Buffer.from(text, 'latin1')
          bytes[place] = (bytes[place] ?? 0) ^ 1
          return bytes.toString('latin1')
        })
        expect(await codeOf(openKeystore({ path: flipped, passphrase }))).to.equal('KEYSTORE_DAMAGED')
        const cut = copy(text => text.slice(0, place))
        expect(await codeOf(openKeystore({ path: cut, passphrase }))).to.equal('KEYSTORE_DAMAGED')
      }
      const longer = copy(text => text + '\n')
      expect(await codeOf(openKeystore({ path: longer, passphrase }))).to.equal('KEYSTORE_DAMAGED')
    })

    it('does not open when somebody altered it and made the digest fit', async () => {
      const forge = (change: (json: string) => string) =>
        copy(text => {
          const [format = '', json = ''] = text.split('\n')
          const body = `${format}\n${change(json)}\n`
          return `${body}sha256 ${createHash('sha256').update(body).digest('hex')}\n`
        })
      const cheaper = forge(json => json.replace('"N":131072', '"N":2'))
      expect(await codeOf(openKeystore({ path: cheaper, passphrase }))).to.equal('KEYSTORE_DAMAGED')
      const notJson = forge(() => '{}}')
      expect(await codeOf(openKeystore({ path: notJson, passphrase }))).to.equal('KEYSTORE_DAMAGED')
      const otherNonce = forge(json =>
        json.replace(/"nonce":"(.)/, (_, first) => `"nonce":"${first === 'A' ? 'B' : 'A'}`),
      )
      expect(await codeOf(openKeystore({ path: otherNonce, passphrase }))).to.equal('KEYSTORE_DAMAGED')
    })

    it('does not open when others may read or write it, or when it is not there', async () => {
      const wide = copy(text => text)
      for (const mode of [0o640, 0o604, 0o620, 0o602, 0o644, 0o610]) {
        chmodSync(wide, mode)
        expect(await codeOf(openKeystore({ path: wide, passphrase }))).to.equal('KEYSTORE_MODE')
      }
      chmodSync(wide, 0o400)
      await openKeystore({ path: wide, passphrase })
      expect(await codeOf(openKeystore({ path: join(folder, 'none'), passphrase }))).to.equal(
        'KEYSTORE_MISSING',
      )
    })

    it('is never overwritten by a new one', async () => {
      const before = readFileSync(path)
      expect(await codeOf(createKeystore({ path, passphrase }))).to.equal('KEYSTORE_EXISTS')
      expect(await codeOf(createKeystore({ path: join(folder, 'new'), passphrase: '' }))).to.equal(
        'KEYSTORE_PASSPHRASE_EMPTY',
      )
      expect(readFileSync(path).equals(before)).to.equal(true)
    })

    it('does not lose a key that another process added meanwhile', async () => {
      const shared = copy(text => text)
      const [one, two] = [
        await openKeystore({ path: shared, passphrase }),
        await openKeystore({ path: shared, passphrase }),
      ]
      await one.generate(key('MCA/kek', 'kek', 'secret', 'MCA'))
      expect(await codeOf(two.generate(key('SSB/kek', 'kek', 'secret', 'SSB')))).to.equal('KEYSTORE_CHANGED')
      await one.generate(key('SSB/kek', 'kek', 'secret', 'SSB'))
      const names = (await (await openKeystore({ path: shared, passphrase })).list()).map(info => info.name)
      expect(names.slice(-2)).to.deep.equal(['MCA/kek', 'SSB/kek'])
    })
  })

  describe('when a key is added', () => {
    it('refuses a name that is taken or is none, and what a purpose does not allow', async () => {
      const refused: [NewKey, string][] = [
        [key('PSB/kek', 'lookup', 'secret'), 'KEY_EXISTS'],
        [key('../x', 'lookup', 'secret'), 'KEY_NAME'],
        [key('', 'lookup', 'secret'), 'KEY_NAME'],
        [key('a', 'issuing', 'secp256k1', 'PSB'), 'KEY_ALGORITHM'],
        [key('a', 'authority', 'ES256', 'PSB'), 'KEY_ALGORITHM'],
        [key('a', 'issuing', 'ES256'), 'KEY_DEPARTMENT'],
        [key('a', 'note', 'EdDSA', 'PSB'), 'KEY_DEPARTMENT'],
        [key('a', 'kek', 'secret', 'PSB'), 'KEY_DEPARTMENT'],
      ]
      for (const [wrong, code] of refused) expect(await codeOf(keystore.generate(wrong))).to.equal(code)
      expect(await keystore.list()).to.have.length(all.length)
    })

    it('takes keys that were made elsewhere, and refuses bytes that are no such key', async () => {
      const shared = copy(text => text)
      const store = await openKeystore({ path: shared, passphrase })
      const wallet = new Wallet(`0x${'11'.repeat(32)}`)
      await store.importKey(key('w', 'relayer', 'secp256k1'), getBytes(wallet.privateKey))
      expect(addressOf(await store.publicKey('w'))).to.equal(wallet.address.toLowerCase())
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const der = privateKey.export({ type: 'pkcs8', format: 'der' })
      await store.importKey(key('n', 'note', 'EdDSA'), der)
      const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
      expect(Buffer.from(await store.publicKey('n')).equals(x)).to.equal(true)
      const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({
        type: 'pkcs8',
        format: 'der',
      })
      for (const [wrong, secret] of [
        [key('a', 'notary', 'ES256'), der],
        [key('a', 'notary', 'ES256'), p384],
        [key('a', 'notary', 'ES256'), new Uint8Array(10)],
        [key('a', 'relayer', 'secp256k1'), new Uint8Array(32)],
        [key('a', 'relayer', 'secp256k1'), new Uint8Array(32).fill(255)],
        [key('a', 'lookup', 'secret'), new Uint8Array(31)],
      ] as const) {
        expect(await codeOf(store.importKey(wrong, secret))).to.equal('KEY_MATERIAL')
      }
    })
  })

  describe('as a signer', () => {
    const data = toUtf8Bytes('header.payload')

    it('signs statements that verify under the public key, and under no other', async () => {
      for (const [name, algorithm] of [
        ['PSB/issuing/1', 'ES256'],
        ['MCA/issuing/1', 'EdDSA'],
        ['log/note', 'EdDSA'],
        ['notary/1', 'ES256'],
      ] as const) {
        const signature = await keystore.sign(name, data)
        const publicKey = await keystore.publicKey(name)
        expect(verifySignature(algorithm, publicKey, data, signature)).to.equal(true)
        expect(verifySignature(algorithm, publicKey, toUtf8Bytes('header.other'), signature)).to.equal(false)
        const other = await keystore.publicKey(algorithm === 'ES256' ? 'notary/1' : 'log/note')
        if (!name.startsWith('notary') && !name.startsWith('log')) {
          expect(verifySignature(algorithm, other, data, signature)).to.equal(false)
        }
      }
    })

    it('signs digests so that contracts find the account', async () => {
      for (let n = 0; n < 20; n++) {
        const digest = createHash('sha256').update(`order ${n}`).digest()
        const signature = await keystore.signDigest('PSB/authority/1', digest)
        const address = addressOf(await keystore.publicKey('PSB/authority/1'))
        expect(signature).to.have.length(65)
        expect([27, 28]).to.include(signature[64])
        // ethers refuses a high s by itself.
        expect(recoverAddress(digest, hexlify(signature)).toLowerCase()).to.equal(address)
      }
    })

    it('refuses a key that it does not have, or that cannot do it', async () => {
      const digest = new Uint8Array(32)
      for (const [promise, code] of [
        [keystore.sign('none', data), 'KEY_UNKNOWN'],
        [keystore.kek('MCA'), 'KEY_UNKNOWN'],
        [keystore.sign('PSB/authority/1', data), 'KEY_ALGORITHM'],
        [keystore.sign('PSB/kek', data), 'KEY_ALGORITHM'],
        [keystore.signDigest('PSB/issuing/1', digest), 'KEY_ALGORITHM'],
        [keystore.publicKey('lookup'), 'KEY_ALGORITHM'],
        [keystore.mac('PSB/kek', data), 'KEY_ALGORITHM'],
      ] as const) {
        expect(await codeOf(promise)).to.equal(code)
      }
      expect(() => keystore.exportForWorker('PSB/kek'))
        .to.throw(Refusal)
        .with.property('code', 'KEY_ALGORITHM')
    })

    it('gives look-ups that are always the same and differ from key to key', async () => {
      const other = await openKeystore({ path: copy(text => text), passphrase })
      await other.generate(key('lookup/2', 'lookup', 'secret'))
      const mac = await keystore.mac('lookup', data)
      expect(mac).to.have.length(32)
      expect(Buffer.compare(await other.mac('lookup', data), mac)).to.equal(0)
      expect(Buffer.compare(await other.mac('lookup/2', data), mac)).to.not.equal(0)
    })

    it('lets a worker thread sign without the bytes of the key', async () => {
      const code = `
        import { parentPort, workerData } from 'node:worker_threads'
        const { signInWorker } = await import(workerData.module)
        parentPort.postMessage(signInWorker(workerData.key, workerData.data))`
      const module = new URL('../../../server/keys/keystore.ts', import.meta.url).href
      for (const [name, algorithm] of [
        ['PSB/issuing/1', 'ES256'],
        ['MCA/issuing/1', 'EdDSA'],
      ] as const) {
        const workerKey = keystore.exportForWorker(name)
        const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
          workerData: { module, key: workerKey, data },
        })
        const signature = await new Promise<Uint8Array>((resolve, reject) => {
          worker.once('message', resolve)
          worker.once('error', reject)
        })
        await worker.terminate()
        expect(verifySignature(algorithm, await keystore.publicKey(name), data, signature)).to.equal(true)
        const here = signInWorker(workerKey, data)
        expect(verifySignature(algorithm, await keystore.publicKey(name), data, here)).to.equal(true)
      }
    })
  })
})

describe('a secp256k1 signature from any signer', () => {
  const secret = new Uint8Array(32).fill(3)
  const publicKey = secp256k1.getPublicKey(secret, false).slice(1)
  const digest = createHash('sha256').update('order').digest()
  const low = secp256k1.Signature.fromBytes(secp256k1.sign(digest, secret, { prehash: false, lowS: true }))
  const high = new secp256k1.Signature(low.r, secp256k1.Point.CURVE().n - low.s)

  it('with a high s becomes the same 65 bytes as with the low one', () => {
    expect(high.hasHighS()).to.equal(true)
    const fromLow = recoverableSignature(low.toBytes(), digest, publicKey)
    expect(recoverableSignature(high.toBytes(), digest, publicKey)).to.deep.equal(fromLow)
    expect(recoverAddress(digest, hexlify(fromLow)).toLowerCase()).to.equal(addressOf(publicKey))
  })

  it('is refused when it is of another key or digest, or no signature', () => {
    const otherKey = secp256k1.getPublicKey(new Uint8Array(32).fill(4), false).slice(1)
    const otherDigest = createHash('sha256').update('other').digest()
    for (const [rs, of, key] of [
      [low.toBytes(), digest, otherKey],
      [low.toBytes(), otherDigest, publicKey],
      [new Uint8Array(64), digest, publicKey],
      [new Uint8Array(64).fill(255), digest, publicKey],
      [new Uint8Array(63), digest, publicKey],
    ] as const) {
      expect(() => recoverableSignature(rs, of, key))
        .to.throw(Refusal)
        .with.property('code', 'SIGNATURE_WRONG')
    }
  })
})
