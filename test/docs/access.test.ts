import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { accessPage } from '../../server/http/access-page.ts'

describe('docs/access.md', () => {
  it('is the table that the gateway enforces (write it again with scripts/write-access.ts)', () => {
    const page = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8')
    expect(page).to.equal(accessPage())
  })
})
