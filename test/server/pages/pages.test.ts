/** The public pages over HTTP, as somebody without script and without an account sees them. */
import { expect } from 'chai'
import { QUESTIONS, VERDICTS, type Verdict } from '../../../protocol/verdict.ts'
import { verify } from '../../../protocol/verify.ts'
import { createRpc } from '../../../server/chain/rpc.ts'
import { liveView } from '../../../server/chain/view.ts'
import { html, readerOf, siteOf } from '../../../server/pages/html.ts'
import { shownNotFound } from '../../../server/pages/shown.ts'
import { verdictPage } from '../../../server/pages/verdict-page.ts'
import { trustOf } from '../../../server/verification/verify.ts'
import { verdictWords } from '../../../server/wording/verdict-words.ts'
import {
  admit,
  answerOf,
  exampleRow,
  fileOf,
  issue,
  openGateway,
  publish,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { multipart, paperPathOf } from '../gateway/page-examples.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const MOST_BYTES = 60_000

describe('the public pages', () => {
  let gateway: OpenedGateway
  let certificate: Issued
  let paper: string

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC', 'FOO')
    await admit(gateway, 'ZSJ')
    certificate = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    paper = await paperPathOf(gateway, certificate.shortCode)
  })
  after(() => gateway.close())

  const get = (path: string, headers: Record<string, string> = {}) =>
    gateway.request(path, { headers: { ...HTML, ...headers } })
  const textOf = async (path: string) => (await get(path)).text()
  const post = (path: string, fields: Record<string, string>) =>
    gateway.request(path, { method: 'POST', headers: HTML, body: new URLSearchParams(fields) })
  const upload = async (content: string | Uint8Array, path = '/verify/file') => {
    const { body, mediaType } = await multipart({
      file: new Blob([typeof content === 'string' ? content : new Uint8Array(content)]),
    })
    return gateway.request(path, {
      method: 'POST',
      headers: { ...HTML, 'content-type': mediaType },
      body: body,
    })
  }
  const says = (page: string, verdict: Verdict) => {
    const { headline, next } = verdictWords(verdict)
    expect(page).to.include(`>${headline.zh}</h1>`)
    expect(page).to.include(next.zh)
    expect(page).to.include(`verdict tone-${VERDICTS[verdict].tone}`)
  }
  const changed = async (action: string, reason: string) => {
    const one = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const body = { action, reason, effective: '2026-01-01T00:00:00Z' }
    await answerOf(gateway.post(`/v1/certificates/${one.identifier}/status`, body))
    await untilAllFinal(gateway)
    return textOf(await paperPathOf(gateway, one.shortCode))
  }

  describe('what paper opens', () => {
    it('says that a certificate is valid, by the masked data of its type, and what is left to check', async () => {
      const page = await textOf(paper)
      says(page, 'VALID')
      expect(page).to.include('林*行')
      expect(page).to.not.include(String(exampleRow('RIC')['idNo']))
      expect(page).to.not.include('林知行')
      expect(page).to.include('还要由您来核对')
      expect(page).to.match(/自\d+年\d+月\d+日 \d\d:\d\d（北京时间）上链以来未被改动/)
      for (const word of ['五项核验', '怎么查的', '举报假证', '签发密钥登记于']) expect(page).to.include(word)
      expect(page.match(/tone-success/g)).to.have.length(1 + QUESTIONS.length)
    })

    it('says it in English to who asks, or whose browser does', async () => {
      for (const page of [
        await textOf(`${paper}&lang=en`),
        await (await get(paper, { 'accept-language': 'en-GB,en;q=0.9' })).text(),
      ]) {
        expect(page).to.include('<html lang="en">')
        expect(page).to.include('>This certificate is valid</h1>')
      }
    })

    it('answers unknown codes and wrong keys with the same bytes', async () => {
      gateway.holdClock(true)
      const wrong = await textOf(`/v/${certificate.shortCode}?k=AAAAAAAAAAAAAAAAAAAAAA`)
      says(wrong, 'NOT_FOUND')
      for (const path of [
        '/v/7Q2K9MXA?k=AAAAAAAAAAAAAAAAAAAAAA',
        `/v/7Q2K9MXA?${paper.split('?')[1]}`,
        `/v/${certificate.shortCode}?k=`,
        `/v/${certificate.shortCode}?k=x`,
        `/v/no-code-at-all?k=AAAAAAAAAAAAAAAAAAAAAA`,
      ])
        expect(await textOf(path), path).to.equal(wrong)
      gateway.holdClock(false)
    })

    it('asks for the last four characters where the key is missing, and tells nothing of the code', async () => {
      const known = await textOf(`/v/${certificate.shortCode}`)
      expect(known).to.include('再输入一项即可核验')
      expect(known.replaceAll(certificate.shortCode, '7Q2K9MXA')).to.equal(await textOf('/v/7Q2K9MXA'))
    })

    it('gives a proof without values, which verifies with a node and without this gateway, and through the relay', async () => {
      const response = await get(paper.replace('?', '/proof?'))
      expect(response.headers.get('content-type')).to.equal('application/vnd.onceproof+json')
      const file = new Uint8Array(await response.arrayBuffer())
      const trust = trustOf(gateway.world)
      for (const node of [gateway.chainUrl, `${gateway.url}/rpc`]) {
        const view = liveView(createRpc(node), trust.contracts)
        const found = await verify(file, trust, view, Math.floor(Date.now() / 1000))
        expect(found.verdict).to.equal('VALID')
        expect(found.subject?.kind === 'certificate' && found.subject.certificate.fields.size).to.equal(0)
      }
      expect((await get(`/v/${certificate.shortCode}/proof?k=AAAAAAAAAAAAAAAAAAAAAA`)).status).to.equal(404)
    })
  })

  describe('typing', () => {
    it('finds a certificate by short code or identifier and the last four characters', async () => {
      const lastFour = String(exampleRow('RIC')['idNo']).slice(-4)
      const { shortCode, identifier } = certificate
      for (const code of [
        shortCode,
        ` ${shortCode.toLowerCase()} `,
        `${shortCode.slice(0, 4)}-${shortCode.slice(4)}`,
        identifier,
      ])
        says(await (await post('/verify', { code, lastFour })).text(), 'VALID')
    })

    it('answers a wrong number and an unknown code with the same bytes', async () => {
      gateway.holdClock(true)
      const pages = []
      for (const [code, lastFour] of [
        [certificate.shortCode, '0000'],
        ['7Q2K9MXA', '1014'],
        [certificate.identifier, '0000'],
        ['<script>alert(1)</script>', '1014'],
      ] as const)
        pages.push(await (await post('/verify', { code, lastFour })).text())
      gateway.holdClock(false)
      says(pages[0]!, 'NOT_FOUND')
      expect(new Set(pages).size).to.equal(1)
    })

    it('keeps what was typed when something is missing, names it, and runs nothing of it', async () => {
      const response = await post('/verify', { code: '"><script>alert(1)</script>', lastFour: '' })
      expect(response.status).to.equal(422)
      const page = await response.text()
      expect(page).to.include('请输入证照号码的最后四位')
      expect(page).to.include('&quot;&gt;&lt;script&gt;')
      expect(page).to.include('aria-invalid="true"')
    })
  })

  describe('every state has its own words', () => {
    it('revoked, suspended, replaced', async () => {
      says(await changed('revoke', 'HOLDER_REQUEST'), 'REVOKED')
      says(await changed('suspend', 'LAW_ENFORCEMENT'), 'SUSPENDED')
      const old = await issue(gateway, 'RIC')
      await untilAllFinal(gateway)
      const body = { fields: exampleRow('RIC'), reason: 'HOLDER_CHANGE' }
      await answerOf(gateway.post(`/v1/certificates/${old.identifier}/successor`, body), 201)
      await untilAllFinal(gateway)
      says(await textOf(await paperPathOf(gateway, old.shortCode)), 'SUPERSEDED')
    })

    it('expired is amber, not yet valid too', async () => {
      const row = exampleRow('RIC')
      const over = await issue(gateway, 'RIC', { ...row, validFrom: '2010-05-01', validTo: '2020-05-01' })
      const early = await issue(gateway, 'RIC', { ...row, validFrom: '2039-05-01', validTo: '2049-05-01' })
      await untilAllFinal(gateway)
      says(await textOf(await paperPathOf(gateway, over.shortCode)), 'EXPIRED')
      says(await textOf(await paperPathOf(gateway, early.shortCode)), 'NOT_YET_VALID')
    })

    it('withheld shows nothing of the certificate', async () => {
      const withheld = await issue(gateway, 'RIC')
      const leaf = await gateway.world.store.certificateByIdentifier(withheld.identifier)
      const { world } = gateway
      const store = {
        ...world.store,
        withheldBy: async (seq: number) => (seq === leaf!.seq ? 'order' : null),
      }
      const { findByPaper } = await import('../../../server/verification/verify.ts')
      const path = new URL(await paperPathOf(gateway, withheld.shortCode), gateway.url)
      const found = await findByPaper(
        { ...world, store },
        { shortCode: withheld.shortCode, key: path.searchParams.get('k')! },
      )
      expect(found?.verification).to.equal(null)
      expect(found?.fields).to.deep.equal([])
    })

    for (const verdict of Object.keys(VERDICTS) as Verdict[]) {
      it(`${verdict}, in both languages, by icon and word and never by colour alone`, () => {
        for (const lang of ['zh', 'en'] as const) {
          const reader = readerOf({ lang }, {})
          const view = { site: siteOf(gateway.world), reader }
          const page = html(verdictPage(view, { ...shownNotFound(gateway.world), verdict })).toString()
          const { headline, why, next } = verdictWords(verdict)
          for (const text of [headline, why, next])
            expect(page).to.include(text[lang].replaceAll("'", '&#x27;'))
          expect(page).to.match(new RegExp(`tone-${VERDICTS[verdict].tone}[^>]*>.*?<svg`))
          expect(page.includes('class="verdict tone-success"')).to.equal(verdict === 'VALID')
        }
      })
    }
  })

  describe('uploads', () => {
    it('verifies a certificate file and shows what it discloses, masked', async () => {
      const page = await (await upload(await fileOf(gateway, certificate.identifier))).text()
      says(page, 'VALID')
      expect(page).to.include('林*行')
      expect(page).to.include('示例省云岭市望山区****')
      for (const value of ['林知行', '990102199003071014', '清平路']) expect(page).to.not.include(value)
    })

    it('carries nobody’s values in what a browser gets to check again', async () => {
      const page = await (await upload(await fileOf(gateway, certificate.identifier))).text()
      const inside = /data-file="([^"]+)"/.exec(page)?.[1]
      if (inside !== undefined)
        expect(JSON.parse(Buffer.from(inside, 'base64').toString()).certificate).to.match(/^[^~]+~$/)
    })

    it('says of an altered file that it was altered, and shows none of its content', async () => {
      const file = JSON.parse(Buffer.from(await fileOf(gateway, certificate.identifier)).toString())
      const [statement, ...disclosures] = file.certificate.split('~')
      const forged = Buffer.from(
        JSON.stringify(['AAAAAAAAAAAAAAAAAAAAAA', 'name', '<img src=x onerror=alert(1)>']),
      )
      disclosures[0] = forged.toString('base64url')
      const page = await (
        await upload(JSON.stringify({ ...file, certificate: [statement, ...disclosures].join('~') }))
      ).text()
      says(page, 'TAMPERED')
      expect(page).to.not.include('onerror')
    })

    it('answers hostile files without harm', async () => {
      for (const content of [
        'x',
        '{}',
        '[]',
        '{"format":"onceproof-certificate/1"}',
        Buffer.alloc(300_000, '['),
        Buffer.from([0, 255, 1, 254]),
        '%PDF-1.7\nno pdf at all',
        `%PDF-1.7\n${'1 0 obj<</Length 99999999>>stream\n'.repeat(2_000)}`,
      ])
        says(await (await upload(content)).text(), 'UNREADABLE')
    })

    it('asks for a file where none was chosen, and refuses what is too large or no form', async () => {
      const none = await upload('')
      expect(none.status).to.equal(422)
      expect(await none.text()).to.include('请选择一个文件')
      const large = await upload(Buffer.alloc(10_485_761))
      expect(large.status).to.equal(413)
      expect(large.headers.get('content-type')).to.include('text/html')
      const noForm = await gateway.request('/verify/file', {
        method: 'POST',
        headers: { ...HTML, 'content-type': 'multipart/form-data; boundary=x' },
        body: 'no form',
      })
      expect(noForm.status).to.equal(400)
      expect(await noForm.text()).to.include('BODY_MULTIPART')
    })
  })

  describe('hostile content of certificates', () => {
    it('is text, wherever it is shown', async () => {
      const evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>'
      const row = { ...exampleRow('FOO'), operator: evil }
      const one = await issue(gateway, 'FOO', row)
      await untilAllFinal(gateway)
      const page = await textOf(await paperPathOf(gateway, one.shortCode))
      says(page, 'VALID')
      expect(page).to.not.include('<script>alert')
      expect(page).to.not.include('<img')
      expect(page).to.include('&lt;script&gt;alert(1)')
    })
  })

  describe('how pages are sent', () => {
    const PATHS = ['/', '/verify', '/verify/help', '/verify/report', '/nowhere']

    it('under a policy that runs nothing inline, kept nowhere, compressed, in less than 60 kB with all they load', async () => {
      for (const path of [...PATHS, paper, `${paper}&lang=en&mode=elder`]) {
        const response = await get(path, { 'accept-encoding': 'gzip' })
        const policy = response.headers.get('content-security-policy')!
        expect(policy, path).to.include("default-src 'none'").and.include("form-action 'self'")
        expect(policy, path).to.not.include('unsafe-inline')
        expect(response.headers.get('cache-control'), path).to.equal('no-store')
        const page = await response.text()
        expect(page, path).to.not.match(/<[^>]* style=|<style|<script(?![^>]*src=)[^>]*>|\son\w+=/i)
        let bytes = Number(response.headers.get('content-length'))
        for (const [, file = ''] of page.matchAll(/(?:href|src)="(\/verify\/files\/[^"]+)"/g)) {
          if (file.endsWith('.html')) continue
          const loaded = await get(file, { 'accept-encoding': 'gzip' })
          expect(loaded.status, file).to.equal(200)
          expect(loaded.headers.get('cache-control')).to.include('immutable')
          bytes += Number(loaded.headers.get('content-length'))
        }
        expect(bytes, path).to.be.lessThan(MOST_BYTES)
      }
    })

    it('in large letters where that was chosen, which links keep', async () => {
      const page = await textOf('/verify?mode=elder&lang=zh')
      expect(page).to.include('<body class="elder">')
      for (const [, href = ''] of page.matchAll(/href="(\/verify\/[a-z]+[^"]*)"/g))
        if (!href.startsWith('/verify/files')) expect(href).to.include('mode=elder')
    })
  })

  describe('when something goes wrong', () => {
    it('people get a page in plain words, programs get data', async () => {
      const response = await get('/nowhere')
      expect(response.status).to.equal(404)
      const page = await response.text()
      for (const text of ['没有这个地址', '没有任何内容被更改', 'NO_SUCH_PATH', '返回核验页'])
        expect(page).to.include(text)
      for (const [path, headers] of [
        ['/nowhere', {}],
        ['/v1/nowhere', HTML],
      ] as const) {
        const answer = await gateway.request(path, { headers })
        expect(answer.headers.get('content-type')).to.equal('application/problem+json')
      }
    })
  })

  describe('reporting a fake', () => {
    it('keeps a report without anything about whoever reports, shows its answer to who has the number', async () => {
      const { body, mediaType } = await multipart({ code: '7Q2K9MXA', detail: '二维码打开了\n别的网站' })
      const sent = await gateway.request('/verify/report', {
        method: 'POST',
        headers: { ...HTML, 'content-type': mediaType },
        body: body,
      })
      const page = await sent.text()
      const id = /[0-9A-HJKMNP-TV-Z]{26}/.exec(page)![0]
      const { reports } = await answerOf<{ reports: { id: string; about: string; detail: string }[] }>(
        gateway.as({ role: 'operator' }).get('/v1/reports'),
      )
      expect(reports[0]).to.include({ id, about: '7Q2K9MXA', detail: '二维码打开了\r\n别的网站' })
      expect(await textOf(`/verify/report/${id}`)).to.not.include('别的网站')
      const supervisor = gateway.as({ role: 'supervisor', department: 'GAJ' })
      await answerOf(supervisor.post(`/v1/reports/${id}/answer`, { text: '该网站已关闭' }), 200)
      expect(await textOf(`/verify/report/${id}`)).to.include('该网站已关闭')
      expect((await supervisor.post(`/v1/reports/${id}/answer`, { text: '又' })).status).to.equal(409)
      expect((await gateway.as({ role: 'maker', department: 'GAJ' }).get('/v1/reports')).status).to.equal(403)
    })

    it('asks what was found when nothing is written', async () => {
      const { body, mediaType } = await multipart({ code: '', detail: '  ' })
      const init = { method: 'POST', headers: { ...HTML, 'content-type': mediaType }, body: body }
      const response = await gateway.request('/verify/report', init)
      expect(response.status).to.equal(422)
      expect(await response.text()).to.include('请写下发现了什么')
    })

    it('takes only a few from one address', async () => {
      const statuses = []
      for (let n = 0; n < 7; n++) {
        const { body, mediaType } = await multipart({ detail: `第 ${n} 次` })
        const headers = { ...HTML, 'content-type': mediaType, 'x-forwarded-for': '10.99.0.1' }
        statuses.push(
          (await gateway.request('/verify/report', { method: 'POST', headers, body: body })).status,
        )
      }
      expect(statuses.slice(0, 5)).to.deep.equal([200, 200, 200, 200, 200])
      expect(statuses.slice(5)).to.deep.equal([429, 429])
    })
  })

  describe('the relay to the chain’s node', () => {
    const ask = (body: unknown) =>
      gateway.request('/rpc', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const call = (method: string, params: unknown[] = []) => ask({ jsonrpc: '2.0', id: 1, method, params })
    const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

    it('passes on what a verification asks', async () => {
      const one = (await (await call('eth_chainId')).json()) as { result: string }
      expect(Number(one.result)).to.equal(gateway.world.chain.deployment.chain.chainId)
    })

    it('refuses everything else, with the reason', async () => {
      const other = '0x00000000000000000000000000000000000000aa'
      const own = gateway.world.chain.deployment.contracts.AnchorLog.address
      for (const method of [
        'eth_sendRawTransaction',
        'eth_accounts',
        'debug_traceCall',
        'toString',
        '__proto__',
      ])
        expect(await codeOf(await call(method)), method).to.equal('RPC_METHOD')
      expect(await codeOf(await call('eth_call', [{ to: other, data: '0x00000000' }, 'latest']))).to.equal(
        'RPC_ADDRESS',
      )
      expect(await codeOf(await call('eth_getCode', [other, 'latest']))).to.equal('RPC_ADDRESS')
      for (const params of [
        [{ to: own, data: '0x00000000', from: other }, 'latest'],
        [{ to: own, data: '0x00000000', value: '0x1' }, 'latest'],
        [{ to: own, data: '0x00000000' }, 'latest', { [own]: { code: '0x00' } }],
        [{ to: own, data: `0x${'00'.repeat(5_000)}` }, 'latest'],
      ])
        expect(await codeOf(await call('eth_call', params))).to.equal('RPC_SHAPE')
      const logs = { address: own, fromBlock: '0x0', toBlock: '0xffffff' }
      expect(await codeOf(await call('eth_getLogs', [logs]))).to.equal('RPC_SHAPE')
      const many = [{ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }]
      expect((await ask(many)).status).to.equal(422)
    })
  })
})
