import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readRegion, saveRegion } from '../../server/catalogue/own-region.ts'
import { makeBackup } from '../../server/recovery/backup.ts'
import { restoreBackup } from '../../server/recovery/restore.ts'
import { openSqliteStore } from '../../server/store/sqlite.ts'
import { temporaryFolder } from '../support/opened-gateway.ts'
import { productionRegion } from '../support/production-region.ts'

describe('the region of a data folder that is restored', () => {
  it('is the one that it was', async () => {
    const folder = temporaryFolder()
    const dataDir = temporaryFolder()
    const store = await openSqliteStore(join(dataDir, 'onceproof.db'), { clock: Date.now })
    await store.saveSetting('log.origin', 'zz.example/log')
    await store.close()
    writeFileSync(join(dataDir, 'deployment.json'), '{}')
    saveRegion(dataDir, productionRegion())
    const out = join(folder, 'backup')
    await makeBackup({ dataDir, mirrorDir: join(dataDir, 'mirror'), out, release: '0.1.0', now: new Date() })
    const target = join(folder, 'restored')
    await restoreBackup({ from: out, target, keys: null, mirror: null, withoutChain: true })
    expect(readRegion(target)).to.deep.equal(readRegion(dataDir))
    expect(readRegion(target)?.region.code).to.equal('410100')
  })
})
