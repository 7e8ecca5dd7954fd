import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { sharedGateway, temporaryFolder } from '../support/opened-gateway.ts'

const DEPLOY = join(import.meta.dirname, '../../deploy')
const textOf = (name: string) => readFileSync(join(DEPLOY, name), 'utf8')

/** The YAML reader that mocha brings along. */
const { load } = createRequire(createRequire(import.meta.url).resolve('mocha'))('js-yaml') as {
  load: (text: string) => unknown
}

interface Group {
  name: string
  rules: {
    alert: string
    expr: string
    for?: string
    labels: { severity: string }
    annotations: { summary: string }
  }[]
}

/** Whether every bracket of an expression is closed, those in strings left out. */
function isBalanced(expression: string): boolean {
  const open: string[] = []
  for (const sign of expression.replaceAll(/"[^"]*"/g, '').match(/[()[\]{}]/g) ?? []) {
    if ('([{'.includes(sign)) open.push(sign)
    else if (open.pop() !== { ')': '(', ']': '[', '}': '{' }[sign]) return false
  }
  return open.length === 0
}

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
  })

  it('has alert rules of the form that Prometheus reads, each with a severity and a summary in both languages', () => {
    const { groups, ...more } = load(textOf('prometheus-alerts.yml')) as { groups: Group[] }
    expect(more).to.deep.equal({})
    const rules = groups.flatMap(group => group.rules)
    expect(new Set(rules.map(({ alert }) => alert)).size).to.equal(rules.length)
    expect(rules.length).to.be.greaterThan(8)
    for (const { alert, expr, for: lasts, labels, annotations, ...other } of rules) {
      expect(alert).to.match(/^Onceproof[A-Za-z]+$/)
      expect(other, alert).to.deep.equal({})
      expect(isBalanced(expr), `${alert}: ${expr}`).to.equal(true)
      if (lasts !== undefined) expect(lasts, alert).to.match(/^\d+[smhd]$/)
      expect(labels.severity, alert).to.match(/^(?:page|ticket)$/)
      expect(annotations.summary, alert).to.match(/^\p{Script=Han}.* [A-Z].*[a-z]/u)
    }
  })

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0
  it(
    hasPromtool ? 'has alert rules that promtool accepts' : 'promtool: not run, it is not on this machine',
    () => {
      const { status, error } = spawnSync('promtool', [
        'check',
        'rules',
        join(DEPLOY, 'prometheus-alerts.yml'),
      ])
      if (hasPromtool) expect(status).to.equal(0)
      else expect(error).to.have.property('code', 'ENOENT')
    },
  )

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
