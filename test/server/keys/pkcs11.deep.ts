/** The provider of a PKCS#11 token, on SoftHSM2: run by `npm run test:deep` where that and the package pkcs11js are. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pkcs11Provider } from '../../../server/keys/pkcs11.ts'
import { USCC } from '../../support/signer.ts'
import { anyInput, anyOrder, behavesAsProvider } from './provider-suite.ts'

const LIBRARIES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
]

describe('a provider of a department’s keys that is a PKCS#11 token', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'onceproof-token-'))
  const library = LIBRARIES.find(path => existsSync(path))!
  let tokens = 0

  before(() => {
    mkdirSync(join(folder, 'tokens'))
    writeFileSync(join(folder, 'softhsm2.conf'), `directories.tokendir = ${join(folder, 'tokens')}\n`)
    process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm2.conf')
  })
  after(() => rmSync(folder, { recursive: true }))

  behavesAsProvider(async () => {
    const label = `token-${++tokens}`
    execFileSync('softhsm2-util', [
      '--init-token',
      '--free',
      '--label',
      label,
      '--pin',
      '12345678',
      '--so-pin',
      '87654321',
    ])
    const driver = process.env['PKCS11_DRIVER']
    const provider = await pkcs11Provider({
      department: USCC,
      module: library,
      token: label,
      pin: '12345678',
      ...(driver !== undefined && { driver }),
    })
    return { provider, input: anyInput, order: anyOrder, close: async () => provider.close?.() }
  })
})
