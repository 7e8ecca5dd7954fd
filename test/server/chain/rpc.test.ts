import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import {
  ChainUnreachable,
  createRpc,
  quantityToBigInt,
  quantityToNumber,
  RpcFailure,
  toQuantity,
} from '../../../server/chain/rpc.ts'

describe('the client of a chain node', () => {
  let server: Server
  let host: string
  /** What the node answers, and what it was asked. */
  let reply: { status?: number; body: string | ((id: number) => unknown) } | 'silence'
  let asked: { url: string | undefined; headers: IncomingHttpHeaders; body: { id: number; method: string } }
  let connections = 0

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        asked = {
          url: request.url,
          headers: request.headers,
          body: JSON.parse(Buffer.concat(chunks).toString()) as typeof asked.body,
        }
        if (reply === 'silence') return
        const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body(asked.body.id))
        response.writeHead(reply.status ?? 200).end(body)
      })
    })
    server.on('connection', () => connections++)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const errorOf = async (work: Promise<unknown>) => {
    const outcome = await work.then(
      () => null,
      (error: unknown) => error,
    )
    if (outcome instanceof Error) return outcome
    throw new Error('expected a failure')
  }

  it('returns the result, over connections that are kept', async () => {
    reply = { body: id => ({ jsonrpc: '2.0', id, result: '0x7' }) }
    const rpc = createRpc(`http://${host}`)
    const before = connections
    for (let i = 0; i < 20; i++) expect(await rpc.call('eth_blockNumber')).to.equal('0x7')
    expect(connections - before).to.be.at.most(3)
    expect(asked.body).to.include({ method: 'eth_blockNumber' })
  })

  it('returns a result of null, which says that there is none', async () => {
    reply = { body: id => ({ jsonrpc: '2.0', id, result: null }) }
    expect(await createRpc(`http://${host}`).call('eth_getTransactionReceipt', ['0x'])).to.equal(null)
  })

  it('hands on the node’s own error, whatever the HTTP status', async () => {
    for (const status of [200, 400, 500]) {
      reply = {
        status,
        body: id => ({
          jsonrpc: '2.0',
          id,
          error: { code: 3, message: 'execution reverted', data: '0xdeadbeef' },
        }),
      }
      const failure = await errorOf(createRpc(`http://${host}`).call('eth_call'))
      expect(failure).to.be.instanceOf(RpcFailure)
      expect(failure).to.include({ code: 3, message: 'execution reverted', data: '0xdeadbeef' })
    }
  })

  it('says that the node could not be asked when no JSON-RPC answer came', async () => {
    const answers: { status?: number; body: string | ((id: number) => unknown) }[] = [
      { status: 502, body: '<html>bad gateway</html>' },
      { status: 200, body: '' },
      { status: 200, body: 'null' },
      { status: 200, body: '[]' },
      { status: 200, body: () => ({ jsonrpc: '2.0', id: 987654, result: '0x1' }) },
      { status: 200, body: id => ({ jsonrpc: '2.0', id }) },
      { status: 200, body: id => ({ jsonrpc: '2.0', id, error: 'no' }) },
      { status: 307, body: '' },
    ]
    for (const answer of answers) {
      reply = answer
      const failure = await errorOf(createRpc(`http://${host}`).call('eth_chainId'))
      expect(failure, JSON.stringify(answer)).to.be.instanceOf(ChainUnreachable)
    }
  })

  it('gives up after its time', async () => {
    reply = 'silence'
    const failure = await errorOf(createRpc(`http://${host}`, { timeoutMs: 30 }).call('eth_chainId'))
    expect(failure).to.be.instanceOf(ChainUnreachable)
    expect(failure.message).to.equal(`http://${host} could not be asked: no answer within 30 ms`)
  })

  it('sends user and password as authorization, and shows neither them nor the key in the path', async () => {
    reply = { status: 500, body: 'no' }
    const rpc = createRpc(`http://us%40er:pä%3Ass@${host}/v3/secret-key?token=secret-token`)
    const failures = [await errorOf(rpc.call('eth_chainId'))]
    const expected = `Basic ${Buffer.from('us@er:pä:ss').toString('base64')}`
    expect(asked.headers.authorization).to.equal(expected)
    expect(asked.url).to.equal('/v3/secret-key?token=secret-token')

    failures.push(
      await errorOf(createRpc('http://user:secret-pass@127.0.0.1:1/secret-key').call('eth_chainId')),
    )
    for (const text of ['secret-pass@', 'ftp://user:secret-pass@host', 'http://user:secret-pass@[bad']) {
      expect(() => createRpc(text))
        .to.throw(TypeError)
        .that.satisfies((error: Error) => !hasSecret(error))
    }
    for (const failure of failures) {
      expect(failure).to.be.instanceOf(ChainUnreachable)
      expect(hasSecret(failure)).to.equal(false)
    }
    expect(rpc.node).to.equal(`http://${host}`)
  })

  it('reads and writes quantities exactly, and refuses what is none', () => {
    expect([0, 1, 255, 2n ** 200n].map(toQuantity)).to.deep.equal([
      '0x0',
      '0x1',
      '0xff',
      `0x1${'0'.repeat(50)}`,
    ])
    expect(quantityToNumber('0x1fffffffffffff')).to.equal(Number.MAX_SAFE_INTEGER)
    expect(quantityToBigInt('0xde0b6b3a7640000')).to.equal(10n ** 18n)
    for (const value of [-1, 1.5, 2 ** 53, -1n, Number.NaN])
      expect(() => toQuantity(value)).to.throw(RangeError)
    for (const value of ['', '0x', '12', '0xg', 12, null, `0x${'f'.repeat(65)}`]) {
      expect(() => quantityToBigInt(value)).to.throw(ChainUnreachable)
    }
    expect(() => quantityToNumber('0x20000000000000')).to.throw(ChainUnreachable)
  })
})

const hasSecret = (error: Error) =>
  /secret|us@er|pä/.test(`${error.message} ${error.stack} ${JSON.stringify(error)}`)
