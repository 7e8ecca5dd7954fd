import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseFile } from '../../protocol/file.ts'
import { parseCertificate } from '../../protocol/certificate.ts'
import { makeBackup } from '../../server/recovery/backup.ts'
import { restoreBackup } from '../../server/recovery/restore.ts'
import {
  fileOf,
  issue,
  openGateway,
  publish,
  temporaryFolder,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../support/opened-gateway.ts'

describe('a gateway restored from a backup after which nothing was mirrored', () => {
  let gateway: OpenedGateway
  after(() => gateway.close())

  it('gives no place of a status list again that it may have given since', async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC')
    const before = [await issue(gateway, 'RIC'), await issue(gateway, 'RIC')]
    await untilAllFinal(gateway)
    const { dataDir } = gateway
    const out = join(temporaryFolder(), 'backup')
    await makeBackup({ dataDir, mirrorDir: join(dataDir, 'mirror'), out, release: '0.1.0', now: new Date() })

    const placeOf = async ({ identifier }: Issued) => {
      const proof = parseFile(await fileOf(gateway, identifier))
      if (proof.kind !== 'certificate') throw new Error('not a certificate')
      const { list, index } = parseCertificate(proof.certificate).status
      return { list, index }
    }
    const old = (await Promise.all(before.map(placeOf))).map(({ list }) => list)
    await gateway.close()

    // Disk and chain are gone with everything after the backup; only the keys are elsewhere.
    const target = join(temporaryFolder(), 'restored')
    await restoreBackup({ from: out, target, keys: null, mirror: null, withoutChain: false })
    for (const name of ['keystore.json', 'keystore.passphrase', 'chain/genesis.json'])
      copyFileSync(join(dataDir, name), join(target, name))
    gateway = await openGateway({ after: { dataDir: target, url: gateway.url } })
    const after = await placeOf(await issue(gateway, 'RIC'))
    expect(old).to.not.include(after.list)
    // Once is enough: the next start goes on in the list that was opened.
    await untilAllFinal(gateway)
    await gateway.close()
    gateway = await openGateway({ after: gateway })
    expect((await placeOf(await issue(gateway, 'RIC'))).list).to.equal(after.list)
  })
})
