import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeystore } from '../../../server/keys/keystore.ts'
import { remoteSigner } from '../../../server/keys/remote.ts'
import { makeSigner, openSigner } from '../../../server/signer/open.ts'
import { certificateToSign, openListOrder, POLICY, signerFolder, USCC } from '../../support/signer.ts'
import { anyInput, anyOrder, behavesAsProvider } from './provider-suite.ts'

describe('a provider of a department’s keys', function () {
  describe('that is the keystore', () => {
    behavesAsProvider(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'onceproof-keys-'))
      const keys = await createKeystore({ path: join(folder, 'keystore'), passphrase: 'correct horse' })
      return {
        provider: {
          ...keys,
          department: USCC,
          list: () => keys.list(USCC),
          signMany: (name, items) => Promise.all(items.map(({ data }) => keys.sign(name, data))),
        },
        input: anyInput,
        order: anyOrder,
        close: async () => rmSync(folder, { recursive: true }),
      }
    })
  })

  describe('that is a signer of its own', () => {
    behavesAsProvider(async () => {
      const { folder, remove } = signerFolder()
      await makeSigner(folder, POLICY)
      const signer = await openSigner(folder, { port: 0 })
      const secret = readFileSync(join(folder, 'secret'), 'utf8').trim()
      const provider = remoteSigner({ department: USCC, url: signer.url, secret })
      return {
        provider,
        input: async name =>
          certificateToSign(await provider.publicKey(name).catch(() => new Uint8Array(64))),
        order: openListOrder,
        close: async () => {
          await signer.close()
          remove()
        },
      }
    })
  })
})
