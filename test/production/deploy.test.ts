import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { sharedGateway, temporaryFolder } from '../support/opened-gateway.ts'

const DEPLOY = join(import.meta.dirname, '../../deploy')
const textOf = (name: string) => readFileSync(join(DEPLOY, name), 'utf8')

describe('what is deployed beside the package', () => {
  it('has alert rules on metrics that the gateway has, and on none that it has not', async () => {
    const gateway = await sharedGateway()
    await gateway.request('/readyz')
    const shown = await (await gateway.request('/metrics')).text()
    const known = new Set([...shown.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!))
    const rules = textOf('prometheus-alerts.yml')
    const used = [...rules.matchAll(/\bonceproof_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''))
    expect(new Set(used).size).to.be.greaterThan(8)
    expect(used.filter(name => !known.has(name))).to.deep.equal([])
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
    expect(rules.match(/\n {8}expr: \S/g)).to.have.length(alerts.length)
    expect(new Set(alerts).size).to.equal(alerts.length)
  })

  it('has a unit that systemd accepts, which writes only the data folder and has no privilege', () => {
    const unit = textOf('onceproof.service')
    for (const line of [
      'User=onceproof',
      'ProtectSystem=strict',
      'ReadWritePaths=/var/lib/onceproof',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'EnvironmentFile=/etc/onceproof/onceproof.env',
      'Restart=always',
    ]) {
      expect(unit.split('\n')).to.include(line)
    }
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) return
    const path = join(temporaryFolder(), 'onceproof.service')
    // What is not installed here is no fault of the unit.
    writeFileSync(
      path,
      unit.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/sh').replace(/^(User|Group)=.*\n/gm, ''),
    )
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
    })
    const about = stderr.split('\n').filter(line => line.includes('onceproof.service'))
    expect(about, `${status}`).to.deep.equal([])
  })

  it('has an image that runs as nobody in particular and holds no secret', () => {
    const image = textOf('Dockerfile')
    expect(image.match(/^FROM /gm)).to.have.length(2)
    expect(image).to.match(/^USER 10001:10001$/m)
    expect(image).to.not.match(/ENV .*(?:SECRET|PASSPHRASE|TOKEN)/)
  })
})
