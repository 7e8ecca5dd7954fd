import { expect } from 'chai'
import { runBench, type Extent } from '../../scripts/bench/bench.ts'
import { fasterThan, formatTable, noDearerThan, type Report } from '../../scripts/bench/rows.ts'

const TINY: Extent = {
  rounds: 1,
  batches: [3, 70],
  verified: 3,
  tree: 300,
  proofs: { sizes: [300, 70_000], count: 5 },
  stored: 10,
  singles: { sequential: 3, clients: 2, concurrent: 6 },
  uses: { certificates: 2, count: 4, clients: 2 },
  papers: 1,
  gas: { size: 1_000, batches: [1, 100] },
}

describe('The benchmark', function () {
  let report: Report

  before(async () => {
    report = await runBench({ extent: TINY, openAttestation: null })
  })

  it('has a row for everything that it promises, none of them twice', () => {
    const names = report.rows.map(row => row.name)
    expect(new Set(names).size).to.equal(names.length)
    for (const part of [
      'issue 3',
      'issue 70',
      'verify',
      'tree',
      'proof',
      'rows of',
      'HTTP',
      'use with grant',
      'paper',
      'checkpoint',
    ]) {
      expect(
        names.some(name => name.includes(part)),
        part,
      ).to.equal(true)
    }
  })

  it('measures numbers above zero, and judges a goal exactly where there is something to judge', () => {
    for (const row of report.rows) {
      expect(row.ours, row.name).to.be.above(0)
      if (row.baseline !== null) expect(row.baseline, row.name).to.be.above(0)
      expect(row.ratio === null, row.name).to.equal(row.baseline === null)
      expect(row.unit, row.name).not.to.equal('')
      expect(row.note, row.name).not.to.equal('')
      const isJudged = row.goal !== null && (row.ratio !== null || row.goal.startsWith('ours ≤'))
      expect(row.met !== null, row.name).to.equal(isJudged)
    }
  })

  it('leaves open what it has no peer for', () => {
    const without = report.rows.filter(row => row.name.includes('OpenAttestation'))
    expect(without).not.to.have.length(0)
    for (const row of without) expect(row.baseline, row.name).to.equal(null)
  })

  it('names the machine and the day, and says the same as a table and as JSON', () => {
    expect(Date.parse(report.date)).to.be.above(0)
    expect(report.machine).to.include.keys('cpu', 'cores', 'memoryGiB', 'node', 'openssl', 'load')
    expect(JSON.parse(JSON.stringify(report))).to.deep.equal(report)
    const lines = formatTable(report.rows).split('\n')
    expect(lines).to.have.length(report.rows.length + 1)
    for (const row of report.rows) expect(lines.some(line => line.startsWith(row.name))).to.equal(true)
  })

  it('finds a goal met at its limit and missed beyond it', () => {
    const figures = { name: 'x', unit: 'µs', note: 'y' }
    expect(fasterThan({ ...figures, ours: 10, baseline: 40 }, 4)).to.include({ ratio: 4, met: true })
    expect(fasterThan({ ...figures, ours: 10, baseline: 39 }, 4)).to.include({ ratio: 3.9, met: false })
    expect(noDearerThan({ ...figures, ours: 13, baseline: 10 }, 1.3)).to.include({ ratio: 1.3, met: true })
    expect(noDearerThan({ ...figures, ours: 14, baseline: 10 }, 1.3)).to.include({ ratio: 1.4, met: false })
    expect(noDearerThan({ ...figures, ours: 14, baseline: 10 }, null)).to.include({ goal: null, met: null })
  })
})
