import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'
import { assertOwn, assertRole, STEP_UP_SECONDS, type AccessRow } from '../../../server/http/access.ts'
import { plainCaller, ROLES, type Caller } from '../../../server/http/auth.ts'

const NOW = 1_800_000_000

function codeOf(check: () => void): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('the access table', () => {
  const row: AccessRow = { cells: { checker: 'own', auditor: 'any', root: 'any' }, stepUp: true }
  const caller = (fields: Partial<Caller>): Caller => ({
    ...plainCaller('checker'),
    department: 'GAJ',
    authenticatedAt: NOW,
    ...fields,
  })

  it('lets in exactly the roles that have a cell', () => {
    for (const role of ROLES) {
      const allowed = ['checker', 'auditor', 'root'].includes(role)
      expect(
        codeOf(() => assertRole(row, caller({ role }), NOW)),
        role,
      ).to.equal(allowed ? null : 'ACCESS_DENIED')
    }
  })

  it('asks people for a fresh sign-in, to the second', () => {
    const at = (authenticatedAt: number | null) =>
      codeOf(() => assertRole(row, caller({ authenticatedAt }), NOW))
    expect(at(NOW - STEP_UP_SECONDS)).to.equal(null)
    expect(at(NOW - STEP_UP_SECONDS - 1)).to.equal('STEP_UP_REQUIRED')
    expect(at(null)).to.equal('STEP_UP_REQUIRED')
    expect(codeOf(() => assertRole(row, plainCaller('root'), NOW))).to.equal(null)
  })

  it('keeps a department to what is its own', () => {
    const of = (departments: string[]) => codeOf(() => assertOwn(row, caller({}), { departments }))
    expect(of(['GAJ'])).to.equal(null)
    expect(of(['MZJ', 'GAJ'])).to.equal(null)
    expect(of(['MZJ'])).to.equal('ACCESS_NOT_OWN')
    expect(of([])).to.equal('ACCESS_NOT_OWN')
    expect(codeOf(() => assertOwn(row, caller({ role: 'auditor' }), { departments: ['MZJ'] }))).to.equal(null)
    // Nobody's department owns nothing.
    expect(codeOf(() => assertOwn(row, caller({ department: null }), { departments: [] }))).to.equal(
      'ACCESS_NOT_OWN',
    )
  })

  it('keeps a holder to what is his own, whatever his department', () => {
    const holders: AccessRow = { cells: { holder: 'own' } }
    const me = caller({ role: 'holder', holder: 'me' })
    expect(codeOf(() => assertOwn(holders, me, { holders: ['other', 'me'] }))).to.equal(null)
    expect(codeOf(() => assertOwn(holders, me, { holders: ['other'], departments: ['GAJ'] }))).to.equal(
      'ACCESS_NOT_OWN',
    )
  })

  it('keeps a machine to its scopes: action, department and type', () => {
    const issuing: AccessRow = { cells: { client: 'own' }, action: 'issue' }
    const machine = (...scopes: [string, string, string][]) =>
      caller({
        role: 'client',
        authenticatedAt: null,
        scopes: scopes.map(([action, department, type]) => ({ action, department, type })),
      })
    const role = (one: Caller) => codeOf(() => assertRole(issuing, one, NOW))
    const own = (one: Caller) => codeOf(() => assertOwn(issuing, one, { departments: ['GAJ'], type: 'RIC' }))
    expect(role(machine(['issue', 'GAJ', 'RIC']))).to.equal(null)
    expect(role(machine(['status', 'GAJ', '*']))).to.equal('SCOPE_MISSING')
    expect(role(machine())).to.equal('SCOPE_MISSING')
    expect(own(machine(['issue', 'GAJ', 'RIC']))).to.equal(null)
    expect(own(machine(['issue', 'GAJ', '*']))).to.equal(null)
    expect(own(machine(['issue', 'GAJ', 'HKB']))).to.equal('SCOPE_MISSING')
    expect(own(machine(['issue', 'MZJ', 'RIC']))).to.equal('SCOPE_MISSING')
  })
})
