import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  issue,
  publish,
  sharedGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { CANARY } from './examples.ts'

/** Every file under the data folder: database, write-ahead log, chain, keystore. */
function filesUnder(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => statSync(path).isFile())
    .map(path => ({ path, bytes: readFileSync(path) }))
}

describe('the data folder of a gateway', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await sharedGateway()
    await publish(gateway, 'RIC')
    await issue(gateway, 'RIC', CANARY)
    await untilAllFinal(gateway)
  })

  it('holds no value of a certificate in the clear, as text, in base64 or inside a disclosure', () => {
    const files = filesUnder(gateway.dataDir)
    expect(files.map(({ path }) => path)).to.include(join(gateway.dataDir, 'onceproof.db'))
    for (const value of [CANARY.name, CANARY.birthDate, CANARY.address, CANARY.idNo]) {
      // In base64 the same text has three forms, by where it begins; its middle then reads the same in each neighbourhood.
      const forms = [0, 1, 2].map(shift =>
        Buffer.concat([Buffer.alloc(shift), Buffer.from(value)])
          .toString('base64url')
          .slice(shift === 0 ? 0 : 4, -4),
      )
      for (const { path, bytes } of files) {
        for (const form of [value, ...forms])
          expect(bytes.includes(form), `${value} in ${path}`).to.equal(false)
      }
    }
  })
})
