import { expect } from 'chai'
import { checkHistory } from '../../scripts/drills/check-history.ts'
import { history } from '../../scripts/drills/history.ts'
import { runDrill } from '../../scripts/drills/run.ts'
import type { StatusAction, Told } from '../../scripts/drills/told.ts'

const ID = 'the certificate'
let keys = 0

/** An order that was asked for and executed in these milliseconds; without an end it had no answer. */
function order(what: StatusAction, asked: number, at?: number, told?: Told['told']): Told {
  const done = { revoke: 'revoked', suspend: 'suspended', resume: 'resumed' } as const
  const kind = told ?? (at === undefined ? 'lost' : done[what])
  return { told: kind, what, key: `k${++keys}`, identifier: ID, asked, at: at ?? asked + 1 }
}

function verdict(name: string, asked: number, at: number, by: 'gateway' | 'chain' = 'gateway'): Told {
  return { told: 'verdict', what: 'verify', key: `v${++keys}`, identifier: ID, asked, at, verdict: name, by }
}

describe('the history check', () => {
  const possible: [title: string, lines: Told[]][] = [
    [
      'a verdict before, another after the revocation',
      [verdict('VALID', 1, 2), order('revoke', 3, 4), verdict('REVOKED', 5, 6)],
    ],
    [
      'valid and revoked while the revocation is under way',
      [order('revoke', 1, 10), verdict('REVOKED', 2, 3), verdict('REVOKED', 4, 12)],
    ],
    [
      'valid in a verification that was begun before the acknowledgement',
      [order('revoke', 1, 10), verdict('VALID', 9, 20)],
    ],
    [
      'an order without an answer that took effect, late',
      [order('revoke', 1), verdict('VALID', 5, 6), verdict('REVOKED', 7, 8)],
    ],
    ['an order without an answer that had no effect', [order('revoke', 1), verdict('VALID', 50, 60)]],
    ['no verdict while nobody can be asked', [order('revoke', 1, 2), verdict('CANNOT_CHECK', 3, 4)]],
    [
      'suspended and resumed by two clients at once',
      [
        order('suspend', 1, 8),
        order('resume', 2, 9),
        verdict('VALID', 3, 4),
        verdict('SUSPENDED', 3, 6),
        verdict('VALID', 10, 11),
      ],
    ],
    ['expired, and not revoked', [verdict('EXPIRED', 1, 2), order('revoke', 3, 4), verdict('REVOKED', 5, 6)]],
    ['what was refused has had no effect', [order('revoke', 1, 2, 'refused'), verdict('VALID', 3, 4)]],
    [
      'accepted and not yet on chain, who asks the chain is told valid',
      [order('revoke', 1, 2, 'accepted'), verdict('VALID', 3, 4, 'chain'), verdict('CANNOT_CHECK', 3, 4)],
    ],
  ]
  for (const [title, lines] of possible) {
    it(`explains ${title}`, () => expect(checkHistory(lines)).to.deep.equal([]))
  }

  const impossible: [title: string, lines: Told[]][] = [
    [
      'valid, asked of the gateway after the acknowledgement',
      [order('revoke', 1, 2), verdict('VALID', 3, 4)],
    ],
    [
      'valid, asked of the chain after the acknowledgement',
      [order('revoke', 1, 2), verdict('VALID', 3, 4, 'chain')],
    ],
    [
      'valid, asked of the gateway once it has accepted',
      [order('revoke', 1, 2, 'accepted'), verdict('VALID', 3, 4)],
    ],
    [
      'valid after somebody saw it revoked',
      [order('revoke', 1, 20), verdict('REVOKED', 2, 3), verdict('VALID', 4, 5, 'chain')],
    ],
    ['revoked, and nobody has revoked it', [verdict('REVOKED', 1, 2)]],
    ['revoked before anybody asked for it', [verdict('REVOKED', 1, 2), order('revoke', 3, 4)]],
    [
      'suspended after it was resumed',
      [order('suspend', 1, 2), order('resume', 3, 4), verdict('SUSPENDED', 5, 6)],
    ],
    ['resumed after it was revoked', [order('suspend', 1, 2), order('revoke', 3, 4), order('resume', 5, 6)]],
    [
      'waiting for its anchor after it was seen revoked',
      [order('revoke', 1, 9), verdict('REVOKED', 2, 3), verdict('PENDING_ANCHOR', 4, 5)],
    ],
    ['revoked twice', [order('revoke', 1, 2), order('revoke', 3, 4)]],
  ]
  for (const [title, lines] of impossible) {
    it(`finds ${title}`, () => {
      const [violation = ''] = checkHistory(lines)
      expect(violation).to.contain(ID)
      // Among hundreds of other certificates too.
      const others = possible.flatMap(([, fine], n) =>
        fine.map(line => ({ ...line, identifier: `other ${n}`, key: `${n} ${line.key}` })),
      )
      expect(checkHistory([...others, ...lines])).to.have.length(1)
    })
  }

  it('goes through ten thousand operations on one certificate without losing itself', () => {
    const lines = Array.from({ length: 2_500 }, (_, n) => [
      order('suspend', 10 * n, 10 * n + 4),
      verdict('SUSPENDED', 10 * n + 1, 10 * n + 5),
      order('resume', 10 * n + 5.5, 10 * n + 9),
      verdict('VALID', 10 * n + 6, 10 * n + 9.5),
    ]).flat()
    expect(checkHistory(lines)).to.deep.equal([])
    expect(checkHistory([...lines, verdict('REVOKED', 12_345, 12_346)])).to.have.length(1)
  })

  it('holds for clients that issue, revoke and verify the same certificates at once, through a crash', async () => {
    const { result } = await runDrill(history, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    const { operations, revoked, verdictsOfGateway, verdictsOfChain, revokedVerdicts, valid, refused } =
      result!.figures as Record<string, number>
    expect(operations).to.be.at.least(500)
    expect(Math.min(revoked!, revokedVerdicts!, valid!, refused!)).to.be.greaterThan(0)
    expect(Math.min(verdictsOfGateway!, verdictsOfChain!)).to.be.at.least(50)
  }).timeout(900_000)
})
