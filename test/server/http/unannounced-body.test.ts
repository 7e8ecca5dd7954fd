import { expect } from 'chai'
import { z } from 'zod'
import { defineRoute } from '../../../server/http/routes.ts'
import { problemIn, startGateway } from './gateway.ts'

const MOST = 4_096

describe('a body that does not say how long it is', () => {
  it('is read no further than it may be, and is taken when it is short enough', async () => {
    const done = { zh: '成功', en: 'done' }
    const route = defineRoute({
      method: 'post',
      path: '/v1/words',
      operationId: 'writeWord',
      summary: done,
      idempotent: false,
      bodyKind: 'json',
      body: z.strictObject({ word: z.string() }),
      maxBody: MOST,
      responses: { 204: { description: done } },
      handler: async () => ({ status: 204 }),
    })
    const gateway = await startGateway([route], {}, { access: { writeWord: { cells: { anyone: 'any' } } } })
    try {
      const post = (length: number) => {
        const text = JSON.stringify({ word: '' }).replace('""', `"${'a'.repeat(length - 11)}"`)
        expect(text).to.have.lengthOf(length)
        const body = new Blob([text]).stream()
        const headers = { 'content-type': 'application/json' }
        return gateway.request('/v1/words', { method: 'POST', headers, body, duplex: 'half' })
      }
      expect((await post(MOST)).status).to.equal(204)
      for (const length of [MOST + 1, 20 * MOST]) {
        const { status, code } = await problemIn(await post(length))
        expect([status, code]).to.deep.equal([413, 'BODY_TOO_LARGE'])
      }
    } finally {
      await gateway.close()
    }
  })
})
