import { expect } from 'chai'
import { forgedFiles } from '../../scripts/drills/forged-files.ts'
import { forged, withBitFlipped } from '../../scripts/drills/forgeries.ts'
import { malformedHttp, wrongWith } from '../../scripts/drills/malformed-http.ts'
import { malformedRequests, operationsIn, RAW_CASES } from '../../scripts/drills/malformed-requests.ts'
import { rawClient } from '../../scripts/drills/raw-http.ts'
import { runDrill } from '../../scripts/drills/run.ts'
import { chanceOf } from '../../scripts/generate/random.ts'
import { apiDocument } from '../../server/app.ts'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

const answer = (status: number, body: string, type = 'application/problem+json') => ({
  status,
  headers: new Map([['content-type', type]]),
  body: Buffer.from(body),
  length: body.length,
})

describe('malformed requests', () => {
  const document = apiDocument()
  const requests = malformedRequests(document, { token: 't'.repeat(43), words: ['GAJ', 'RIC'] })

  it('are made for every operation of the description, and again the same from the same chance', () => {
    const seen = new Set(Array.from({ length: 4_000 }, (_, n) => requests.next(chanceOf('all', n)).operation))
    expect([...seen].sort()).to.deep.equal(
      operationsIn(document)
        .map(({ id }) => id)
        .sort(),
    )
    expect(requests.next(chanceOf('s', 7)).bytes).to.deep.equal(requests.next(chanceOf('s', 7)).bytes)
  })

  it('say what is wrong with an answer: 5xx, our insides, no problem document, no answer', () => {
    expect(wrongWith(answer(400, '{"code":"INPUT_INVALID"}'))).to.equal(null)
    expect(wrongWith(answer(200, 'x', 'text/plain'))).to.equal(null)
    expect(wrongWith(answer(500, '{}'))).to.match(/^500/)
    expect(wrongWith(answer(400, 'x\n    at handler (/srv/app.ts:10:3)'))).to.match(/insides/)
    expect(wrongWith(answer(404, 'Cannot GET /', 'text/plain'))).to.match(/404 as text\/plain/)
    expect(wrongWith('closed')).to.equal('no answer: closed')
  })

  it('reads answers as they come: in pieces, in chunks, none at all', async () => {
    const pieces: Record<string, string[]> = {
      length: ['HTTP/1.1 404 Not', ' Found\r\ncontent-length: 5\r\n\r', '\nab', 'cde'],
      chunks: [
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab',
        'c\r',
        '\n2\r\nde\r\n0\r\n',
        '\r\n',
      ],
      noise: ['SSH-2.0-x\r\n\r\n'],
    }
    const server = createServer(socket => {
      socket.on('error', () => undefined)
      socket.once('data', data => {
        const way = data.toString().trim()
        // Each piece in a packet of its own, as far as the system allows.
        for (const [i, piece] of (pieces[way] ?? []).entries()) setTimeout(() => socket.write(piece), i)
        if (way === 'nothing') socket.destroy()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = rawClient((server.address() as AddressInfo).port)
    for (const [way, status] of [
      ['length', 404],
      ['chunks', 200],
    ] as const) {
      const read = await client.sendAlone(Buffer.from(way))
      expect(typeof read === 'string' ? read : [read.status, read.body.toString()]).to.deep.equal([
        status,
        'abcde',
      ])
    }
    expect(await client.sendAlone(Buffer.from('noise'))).to.equal('not http')
    expect(await client.sendAlone(Buffer.from('nothing'))).to.equal('closed')
    client.close()
    server.close()
  })
})

describe('forgeries', () => {
  it('flip the bit that they say', () => {
    expect([...withBitFlipped(Uint8Array.of(0, 0), 9)]).to.deep.equal([0, 2])
  })

  it('differ from the genuine file, and are the same again from the same chance', () => {
    const file = (name: string) =>
      new TextEncoder().encode(
        JSON.stringify({
          format: 'onceproof-certificate/1',
          certificate:
            `${btoa('{"alg":"ES256"}')}.${btoa(`{"jti":"${name}"}`)}.${name}~${btoa(`["s","${name}",1]`)}~`.replaceAll(
              '=',
              '',
            ),
          receipt: { proof: `log\n1\n${name}\n` },
        }),
      )
    for (let n = 0; n < 200; n++) {
      const { how, bytes } = forged(file('a'), file('b'), chanceOf('forgeries', n))
      expect(bytes, how).not.to.deep.equal(file('a'))
      expect(forged(file('a'), file('b'), chanceOf('forgeries', n)).bytes).to.deep.equal(bytes)
    }
  })
})

describe('drills of attacks', function () {
  this.timeout(600_000)

  it('50,000 malformed requests: none is answered with 5xx or with our insides', async () => {
    const { result } = await runDrill(malformedHttp, { form: 'short', seed: 'npm test' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures).to.include({ requests: 50_000, rawConnections: 4 * RAW_CASES.length })
    expect(result?.figures['operations']).to.equal(result?.figures['operationsDescribed'])
  })

  it('20,000 forgeries of certificate files: none is accepted, none makes verification fail', async () => {
    const { result } = await runDrill(forgedFiles, { form: 'short', seed: 'npm test' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures).to.include({ bitsFlipped: 12_000, structuralForgeries: 8_000, accepted: 0 })
  })
})
