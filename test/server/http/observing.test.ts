import { expect } from 'chai'
import { batchLines, createLogger } from '../../../server/http/logger.ts'
import type { LogLevel } from '../../../server/http/logger.ts'
import { createMetrics } from '../../../server/http/metrics.ts'

function logged(level: LogLevel = 'debug') {
  const lines: string[] = []
  const logger = createLogger({ level, write: text => lines.push(text), clock: () => Date.UTC(2026, 0, 2) })
  return { lines, logger }
}

describe('the service log', () => {
  it('is one JSON object a line, with the time and what happened', () => {
    const { lines, logger } = logged()
    logger.info('checkpoint_anchored', { size: 7, blockNumber: 3 })
    expect(lines).to.deep.equal([
      '{"time":"2026-01-02T00:00:00.000Z","level":"info","event":"checkpoint_anchored","size":7,"blockNumber":3}\n',
    ])
  })

  it('says as much as was asked for', () => {
    const said = (level: LogLevel) => {
      const { lines, logger } = logged(level)
      for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]('x')
      return lines.length
    }
    expect([said('debug'), said('info'), said('warn'), said('error'), said('silent')]).to.deep.equal([
      4, 3, 2, 1, 0,
    ])
  })

  it('cannot be made to hold a second line or a terminal command', () => {
    const { lines, logger } = logged()
    const evil = 'a\r\n{"level":"error"}\u2028\u2029\u0085\u009b2J\u001b[2J\u007f\0'
    logger.info('x', { component: evil, route: evil })
    expect(lines).to.have.length(1)
    // oxlint-disable-next-line no-control-regex
    expect(lines[0]).to.match(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*\n$/)
    expect((JSON.parse(lines[0] ?? '') as { component: string }).component).to.equal(evil)
  })

  it('writes only the fields that it knows, by type, and cuts long ones', () => {
    const { lines, logger } = logged()
    const wide = {
      code: 'A',
      name: '张三',
      status: '张三',
      route: { name: '张三' },
      component: 'c'.repeat(500),
    }
    logger.info('x', wide as never)
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    expect(Object.keys(line)).to.deep.equal(['time', 'level', 'event', 'code', 'component'])
    expect(line['component']).to.have.length(200)
  })

  it('never repeats the message of an error, wherever it hides', () => {
    const secret = '11010519491231002X'
    const multi = new Error(`first ${secret}\n    at ${secret} (file:///${secret}.ts:1:1)`, {
      cause: new TypeError(secret),
    })
    const changed = new Error('before')
    changed.message = secret
    const named = Object.assign(new Error(secret), { name: `N ${secret}`, code: `C ${secret}` })
    const { lines, logger } = logged()
    for (const error of [
      multi,
      changed,
      named,
      secret,
      { message: secret },
      null,
      new AggregateError([multi], secret),
    ]) {
      logger.error('failed', { error })
    }
    expect(lines).to.have.length(7)
    expect(lines.join('')).not.to.contain(secret)
    const { error } = JSON.parse(lines[0] ?? '') as { error: { frames: string[]; cause: { name: string } } }
    expect(error.frames[0]).to.contain('observing.test.ts')
    expect(error.cause.name).to.equal('TypeError')
  })

  it('is written once for each turn of work, in order, and at once when asked', async () => {
    const writes: string[] = []
    const { write, flush } = batchLines(lines => writes.push(lines))
    write('1\n')
    write('2\n')
    expect(writes).to.deep.equal([])
    await new Promise(resolve => setImmediate(resolve))
    expect(writes).to.deep.equal(['1\n2\n'])
    write('3\n')
    flush()
    flush()
    await new Promise(resolve => setImmediate(resolve))
    expect(writes).to.deep.equal(['1\n2\n', '3\n'])
  })

  it('survives errors that cause each other', () => {
    const { lines, logger } = logged()
    const a = new Error('a')
    a.cause = new Error('b', { cause: a })
    logger.error('failed', { error: a })
    expect(lines).to.have.length(1)
  })
})

describe('the metrics', () => {
  it('are Prometheus text', () => {
    const metrics = createMetrics()
    const counter = metrics.counter('requests_total', 'Requests\nanswered \\ ', ['route'])
    counter.add({ route: 'a"b\\c\nd' })
    counter.add({ route: 'a"b\\c\nd' }, 2)
    metrics.gauge('height', 'Of the chain', [], () => 12)
    const gauge = metrics.gauge('lag', 'Statements')
    gauge.set(5)
    gauge.add(-1)
    const histogram = metrics.histogram('seconds', 'Time', ['route'], [0.1, 1])
    for (const value of [0.1, 0.5, 7]) histogram.observe(value, { route: '/' })
    metrics.histogram('sizes', 'Bytes', [], [1]).observe(1)
    expect(metrics.text()).to.equal(
      [
        String.raw`# HELP requests_total Requests\nanswered \\ `,
        '# TYPE requests_total counter',
        String.raw`requests_total{route="a\"b\\c\nd"} 3`,
        '# HELP height Of the chain',
        '# TYPE height gauge',
        'height 12',
        '# HELP lag Statements',
        '# TYPE lag gauge',
        'lag 4',
        '# HELP seconds Time',
        '# TYPE seconds histogram',
        'seconds_bucket{route="/",le="0.1"} 1',
        'seconds_bucket{route="/",le="1"} 2',
        'seconds_bucket{route="/",le="+Inf"} 3',
        'seconds_sum{route="/"} 7.6',
        'seconds_count{route="/"} 3',
        '# HELP sizes Bytes',
        '# TYPE sizes histogram',
        'sizes_bucket{le="1"} 1',
        'sizes_bucket{le="+Inf"} 1',
        'sizes_sum 1',
        'sizes_count 1',
        '',
      ].join('\n'),
    )
  })

  it('stay bounded, and no counter falls or is named twice', () => {
    const metrics = createMetrics()
    const counter = metrics.counter('a', 'A', ['x'])
    for (let i = 0; i < 5_000; i++) counter.add({ x: String(i) })
    const lines = metrics.text().split('\n')
    expect(lines.length).to.be.lessThan(2_010)
    expect(lines).to.include('a{x="other"} 3000')
    expect(() => counter.add({ x: '1' }, -1)).to.throw(/cannot fall/)
    expect(() => metrics.gauge('a', 'A')).to.throw(/taken/)
    expect(() => metrics.gauge('A b', 'A')).to.throw(/unnamed/)
  })
})
