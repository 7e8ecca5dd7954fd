import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { clockDrill } from '../../scripts/drills/clock/clock.ts'
import { shiftedClock } from '../../scripts/drills/clock/shift.ts'
import { runDrill } from '../../scripts/drills/run.ts'
import { temporaryFolder } from '../support/opened-gateway.ts'

const missing = clockDrill.missing()
const DAY_MS = 86_400_000

describe('the clock of a drill', () => {
  if (missing !== null) {
    it(`is not set on this machine: ${missing}`, async () => {
      const { outcome, reason } = await runDrill(clockDrill, { form: 'short', seed: 'npm-test' })
      expect({ outcome, reason }).to.deep.equal({ outcome: 'not run', reason: missing })
    })
    return
  }

  it('is set for a process, its threads and what it starts, and leaves the monotonic clock alone', () => {
    const clock = shiftedClock(temporaryFolder())!
    const script = `
      import { spawnSync } from 'node:child_process'
      import { Worker } from 'node:worker_threads'
      const told = "process.stdout.write(String(Date.now()))"
      const child = Number(spawnSync(process.execPath, ['-e', told], { env: {} }).stdout)
      new Worker("import { parentPort } from 'node:worker_threads'; parentPort.postMessage(Date.now())", { eval: true })
        .once('message', thread => console.log(JSON.stringify([Date.now(), child, thread, Number(process.hrtime.bigint() / 1000000n)])))`
    const monotonic = () => Number(process.hrtime.bigint() / 1_000_000n)
    for (const days of [1, 0, -1]) {
      clock.set(days * DAY_MS)
      const [began, from] = [Date.now(), monotonic()]
      const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        env: clock.env,
        encoding: 'utf8',
      })
      const [ended, to] = [Date.now(), monotonic()]
      expect(ran.stderr).to.equal('')
      const times = JSON.parse(ran.stdout) as number[]
      const untouched = times.pop()
      for (const time of times) expect(time - days * DAY_MS).to.be.within(began, ended)
      expect(untouched).to.be.within(from, to)
    }
  })

  it('is set a day forward, back, a day back and forward under load, and nothing is lost, done twice or undone', async () => {
    const { result } = await runDrill(clockDrill, { form: 'short', seed: 'npm-test' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures).to.include({ jumps: 4 })
    expect(result!.figures['acknowledged']).to.be.greaterThan(40)
    expect(result!.figures['orders']).to.be.greaterThan(0)
  })
})
