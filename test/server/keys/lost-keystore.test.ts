import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Refusal } from '../../../protocol/refusal.ts'
import { createKeystore } from '../../../server/keys/keystore.ts'
import { openSqliteStore } from '../../../server/store/sqlite.ts'
import { openGateway, temporaryFolder } from '../../support/opened-gateway.ts'

/** Nothing is reached of the chain or the network: keys come first. */
const refused = (dataDir: string, env: Record<string, string> = {}): Promise<Refusal> =>
  openGateway({ after: { dataDir, url: 'http://127.0.0.1:1' }, env }).then(
    () => expect.fail('it was opened'),
    (error: unknown) => error as Refusal,
  )

describe('a data folder without its keys', () => {
  it('gets no new keystore where there is a database', async () => {
    const dataDir = temporaryFolder()
    await (await openSqliteStore(join(dataDir, 'onceproof.db'), { clock: Date.now })).close()
    const before = readdirSync(dataDir)
    const { code, message } = await refused(dataDir)
    expect(code).to.equal('KEYSTORE_LOST')
    expect(message).to.include('the backup of the keys')
    expect(readdirSync(dataDir).filter(name => name.startsWith('key'))).to.deep.equal([])
    expect(before).to.include('onceproof.db')
  })

  it('gets no new passphrase where there is a keystore, and takes no other', async () => {
    const dataDir = temporaryFolder()
    await createKeystore({ path: join(dataDir, 'keystore.json'), passphrase: 'the right one' })
    expect((await refused(dataDir)).code).to.equal('PASSPHRASE_LOST')
    const elsewhere = join(temporaryFolder(), 'passphrase')
    const env = { KEYSTORE_PASSPHRASE_FILE: elsewhere }
    expect((await refused(dataDir, env)).details.found).to.equal(elsewhere)
    expect(readdirSync(dataDir)).to.not.include('keystore.passphrase')
    writeFileSync(elsewhere, 'another one\n')
    expect((await refused(dataDir, env)).code).to.equal('KEYSTORE_PASSPHRASE_WRONG')
  })
})
