import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { expect } from 'chai'
import type { Refusal } from '../../protocol/refusal.ts'
import { certificateReader, readCredentials } from '../../server/http/certificate-files.ts'
import { createHttpServer, type HttpServer } from '../../server/http/edge.ts'
import { temporaryFolder } from '../support/opened-gateway.ts'
import { refusalOf } from '../server/catalogue/refusals.ts'

const PAIRS = join(import.meta.dirname, '../support/tls')
const pem = (name: string) => readFileSync(join(PAIRS, name), 'utf8')

describe('TLS by certificate files', () => {
  const folder = temporaryFolder()
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }
  const put = (pair: string) => {
    copyFileSync(join(PAIRS, `${pair}.crt`), files.certFile)
    copyFileSync(join(PAIRS, `${pair}.key`), files.keyFile)
  }
  let server: HttpServer
  let look: () => void
  const failures: Refusal[] = []
  /** Keeps its one connection. */
  const staying = new Agent({ keepAlive: true, maxSockets: 1 })

  before(async () => {
    put('first')
    const credentials = readCredentials(files)
    server = createHttpServer((_request, response) => response.end('ok'), {}, credentials)
    look = certificateReader(files, {
      known: credentials,
      use: renewed => server.setSecureContext!(renewed),
      onFailure: refusal => void failures.push(refusal),
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => {
    staying.destroy()
    server.closeAllConnections()
    server.close()
  })

  /** Whose certificate the answer came under, and on which of the client's ports. */
  function ask(agent: Agent | false = false): Promise<{ subject: string; port: number | undefined }> {
    const { port } = server.address() as AddressInfo
    const ca = [pem('first.crt'), pem('second.crt')]
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, ca, agent }, response => {
        const socket = response.socket as TLSSocket
        const subject = String(socket.getPeerCertificate().subject.CN)
        const from = socket.localPort
        response.resume().once('end', () => resolve({ subject, port: from }))
      }).once('error', reject)
    })
  }

  it('serves with the certificate that the files hold', async () => {
    expect((await ask()).subject).to.equal('onceproof test first')
  })

  it('takes a renewed one for new connections, and leaves the open ones', async () => {
    const before = await ask(staying)
    put('second')
    look()
    expect((await ask()).subject).to.equal('onceproof test second')
    expect((await ask(staying)).port).to.equal(before.port)
    expect(failures).to.deep.equal([])
  })

  it('keeps the old one while only half of the new is there', async () => {
    copyFileSync(join(PAIRS, 'first.crt'), files.certFile)
    look()
    expect(failures.map(({ code }) => code)).to.deep.equal(['TLS_FILES'])
    expect((await ask()).subject).to.equal('onceproof test second')
    put('first')
    look()
    expect((await ask()).subject).to.equal('onceproof test first')
  })

  it('is refused at start when the files are no pair, and no key is shown', () => {
    writeFileSync(files.keyFile, pem('second.key'))
    const refusals = [refusalOf(() => readCredentials(files))]
    writeFileSync(files.keyFile, 'no PEM')
    refusals.push(refusalOf(() => readCredentials(files)))
    refusals.push(refusalOf(() => readCredentials({ ...files, certFile: join(folder, 'none') })))
    expect(refusals.map(({ code, details }) => [code, details.field])).to.deep.equal([
      ['TLS_FILES', 'ONCEPROOF_TLS_KEY_FILE'],
      ['TLS_FILES', 'ONCEPROOF_TLS_KEY_FILE'],
      ['TLS_FILES', 'ONCEPROOF_TLS_CERT_FILE'],
    ])
    expect(JSON.stringify(refusals.map(({ message, details }) => [message, details]))).to.not.include(
      'PRIVATE',
    )
  })
})
