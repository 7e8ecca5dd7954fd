import { expect } from 'chai'
import { newHolder } from '../grants/holders.ts'
import { parseCertificate } from '../../../protocol/certificate.ts'
import { parseFile } from '../../../protocol/file.ts'
import { VERDICTS } from '../../../protocol/verdict.ts'
import { printedFields } from '../../../server/catalogue/printed.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { drawPaper } from '../../../server/paper/draw.ts'
import { forgetPapers, paperMoment } from '../../../server/paper/drawn.ts'
import { words } from '../../../server/pages/words.ts'
import { verifyFile } from '../../../server/verification/verify.ts'
import { paperAddress, recordAddress } from '../../../server/verification/paper-address.ts'
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
import { attachmentsOf, openPdf, plainText, qrCodesOf, squeezed, unseenCharacters } from './reading.ts'
import { printedTexts, samplePaper } from './samples.ts'

describe('papers of a gateway', function () {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC', 'HKB', 'REA')
    await admit(gateway, 'ZSJ')
  })
  after(() => gateway.close())

  const paperOf = async (identifier: string, query = '') => {
    const response = await gateway.get(`/v1/certificates/${identifier}/paper${query}`)
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return new Uint8Array(await response.arrayBuffer())
  }
  const refused = async (path: string) => {
    const response = await gateway.get(path)
    return { status: response.status, code: ((await response.json()) as { code: string }).code }
  }
  const attachedTo = async (pdf: Uint8Array) => [...(await attachmentsOf(await openPdf(pdf))).entries()]

  it('a certificate: QR code, attachment that verifies on the chain, everything visible', async () => {
    const certificate = await issue(gateway, 'RIC', { ...exampleRow('RIC'), name: '何䶮𠮷' })
    await untilAllFinal(gateway)
    const response = await gateway.get(`/v1/certificates/${certificate.identifier}/paper`)
    expect(response.headers.get('content-type')).to.equal('application/pdf')
    expect(response.headers.get('cache-control')).to.equal('no-store')
    expect(response.headers.get('content-disposition')).to.equal(
      `attachment; filename="${certificate.identifier}.pdf"; ` +
        `filename*=UTF-8''${encodeURIComponent(`居民身份证-${certificate.shortCode}.pdf`)}`,
    )
    const pdf = new Uint8Array(await response.arrayBuffer())
    const doc = await openPdf(pdf)
    expect(await qrCodesOf(doc, 1, 150)).to.deep.equal([
      await paperAddress(gateway.world, certificate.shortCode),
    ])

    const [[name, content]] = (await attachedTo(pdf)) as [[string, Uint8Array]]
    expect(name).to.equal(`${certificate.identifier}.json`)
    expect(Buffer.from(content).equals(Buffer.from(await fileOf(gateway, certificate.identifier)))).to.equal(
      true,
    )
    const { verdict } = await verifyFile(gateway.world, content, null)
    expect(verdict).to.equal('VALID')
    expect(VERDICTS[verdict].exit).to.equal(0)

    expect((await unseenCharacters(pdf)).unseen).to.deep.equal([])
    const text = await plainText(pdf)
    expect(text).to.include('上链以来未被改动。上链前的内容由发证机关负责。').and.to.include('（北京时间）')
    expect(text).to.include(certificate.identifier).and.to.include('第1页，共1页')
  })

  /** The verdict page for a PDF that somebody drops on it, as text. */
  async function dropped(pdf: Uint8Array): Promise<string> {
    const form = new FormData()
    form.set('file', new Blob([Uint8Array.from(pdf)], { type: 'application/pdf' }), 'paper.pdf')
    const response = await gateway.request('/verify/file?lang=zh', { method: 'POST', body: form })
    return response.text()
  }

  it('dropped on the verify page, verifies alone and is compared with what it prints', async () => {
    const certificate = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const genuine = await dropped(await paperOf(certificate.identifier))
    expect(genuine).to.include(words.pdfSame.zh).and.to.not.include(words.differsHeadline.zh)
    const text = Buffer.from(await fileOf(gateway, certificate.identifier)).toString()
    const attachments = [{ name: 'c.json', mediaType: 'application/json', description: '', text }]
    const edited = { ...exampleRow('RIC'), name: '林改名' }
    const pdf = await drawPaper(samplePaper('RIC', edited, { attachments }))
    expect(await dropped(pdf)).to.include(words.differsHeadline.zh)
  })

  it('a value that is longer than a page does not look edited', async () => {
    await publish(gateway, 'BIZ')
    const scope = '餐饮服务；食品销售（依法须经批准的项目，经批准后方可开展经营活动）'.repeat(50)
    const certificate = await issue(gateway, 'BIZ', { ...exampleRow('BIZ'), scope })
    const pdf = await paperOf(certificate.identifier)
    expect((await openPdf(pdf)).numPages).to.be.greaterThan(1)
    expect(await dropped(pdf)).to.include(words.pdfSame.zh)
  })

  it('an edited paper shows what differs: what it prints is not what its attachment says', async () => {
    const certificate = await issue(gateway, 'RIC')
    const text = Buffer.from(await fileOf(gateway, certificate.identifier)).toString()
    const attachments = [{ name: 'c.json', mediaType: 'application/json', description: '', text }]
    const differing = async (pdf: Uint8Array) => {
      const [[, content]] = (await attachedTo(pdf)) as [[string, Uint8Array]]
      const file = parseFile(content)
      const fields = parseCertificate(file.kind === 'certificate' ? file.certificate : '').fields
      const printed = await plainText(pdf)
      return printedFields(typeIn(demoRegion(), 'RIC'), Object.fromEntries(fields), 'zh')
        .filter(field => !printedTexts([field]).every(value => printed.includes(squeezed(value))))
        .map(({ key }) => key)
    }
    expect(await differing(await paperOf(certificate.identifier))).to.deep.equal([])
    const edited = { ...exampleRow('RIC'), name: '林改名', address: '示例省云岭市别处1号' }
    const pdf = await drawPaper(samplePaper('RIC', edited, { attachments }))
    expect(await differing(pdf)).to.deep.equal(['name', 'address'])
  })

  it('before it is final says so and carries the promise; afterwards the receipt', async () => {
    const certificate = await issue(gateway, 'REA')
    const early = gateway.world.chain.confirmations > 0 ? await paperOf(certificate.identifier) : null
    const text = early === null ? '' : await plainText(early)
    if (text.includes('尚未上链')) {
      const [[, content]] = (await attachedTo(early!)) as [[string, Uint8Array]]
      expect(parseFile(content).evidence.kind).to.equal('promise')
    }
    await untilAllFinal(gateway)
    const late = await paperOf(certificate.identifier)
    expect(await plainText(late)).to.not.include('尚未上链')
    const [[, content]] = (await attachedTo(late)) as [[string, Uint8Array]]
    expect(parseFile(content).evidence.kind).to.equal('receipt')
  })

  it('in English, by the query', async () => {
    const { identifier } = await issue(gateway, 'HKB')
    const text = await plainText(await paperOf(identifier, '?language=en'))
    expect(text).to.include('Householdregister').and.to.include('Page1of1').and.to.include('林知行')
  })

  async function order(certificate: Issued, action: string): Promise<void> {
    const body = { action, reason: action === 'revoke' ? 'ISSUED_IN_ERROR' : 'UNDER_REVIEW' }
    const response = await gateway.post(`/v1/certificates/${certificate.identifier}/status`, body)
    if (!response.ok) throw new Error(await response.text())
  }

  it('is refused while suspended and after revocation, although it was printed before', async () => {
    const certificate = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const path = `/v1/certificates/${certificate.identifier}/paper`
    await paperOf(certificate.identifier)
    await order(certificate, 'suspend')
    expect(await refused(path)).to.deep.equal({ status: 409, code: 'CERTIFICATE_NOT_IN_FORCE' })
    await order(certificate, 'resume')
    await paperOf(certificate.identifier)
    await order(certificate, 'revoke')
    expect(await refused(path)).to.deep.equal({ status: 409, code: 'CERTIFICATE_NOT_IN_FORCE' })
  })

  it('is refused after erasure, although it was printed before', async () => {
    const certificate = await issue(gateway, 'RIC')
    const path = `/v1/certificates/${certificate.identifier}/paper`
    await paperOf(certificate.identifier)
    const remembered = paperMoment()
    const response = await gateway.post(`/v1/certificates/${certificate.identifier}/erasure`, {
      reason: 'PURPOSE_ACHIEVED',
    })
    if (!response.ok) throw new Error(await response.text())
    expect(await refused(path)).to.deep.equal({ status: 410, code: 'CERTIFICATE_ERASED' })
    expect(paperMoment(), 'drawings in memory are forgotten').to.be.greaterThan(remembered)
  })

  it('is refused while an order withholds it, although it was printed before', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const path = `/v1/certificates/${identifier}/paper`
    await paperOf(identifier)
    const remembered = paperMoment()
    const first = gateway.as({ role: 'supervisor', department: 'GAJ' })
    const order = { identifier, reason: 'LAW_ENFORCEMENT' }
    const { id } = await answerOf<{ id: string }>(first.post('/v1/withholdings', order), 201)
    await answerOf(
      gateway
        .as({ role: 'supervisor', department: 'ZSJ' })
        .post(`/v1/withholdings/${id}/confirmation`, undefined),
      200,
    )
    expect(await refused(path)).to.deep.equal({ status: 423, code: 'WITHHELD' })
    expect(paperMoment(), 'drawings in memory are forgotten').to.be.greaterThan(remembered)
  })

  it('says that a character cannot be printed, and which; the file is not affected', async () => {
    const { identifier } = await issue(gateway, 'RIC', { ...exampleRow('RIC'), name: '林𠀀' })
    const response = await gateway.get(`/v1/certificates/${identifier}/paper`)
    const problem = (await response.json()) as Record<string, unknown>
    expect(response.status).to.equal(409)
    expect(problem).to.include({ code: 'GLYPH_MISSING', field: 'name', found: 'U+20000' })
    expect(await fileOf(gateway, identifier)).to.have.length.greaterThan(100)
  })

  it('a holder gets his own after a fresh sign-in, and nobody else’s', async () => {
    const [own, other] = [await newHolder(gateway), await newHolder(gateway)]
    const path = `/v1/holder/certificates/${own.certificate.identifier}/paper`
    const ask = (holder: string, more: object = {}) =>
      gateway.as({ role: 'holder', holder, ...more }).get(path)
    const response = await ask(own.id)
    expect(response.status).to.equal(200)
    expect(response.headers.get('content-type')).to.equal('application/pdf')
    expect((await ask(other.id)).status).to.equal(403)
    expect((await answerOf<{ code: string }>(ask(own.id, { signedIn: null }), 403)).code).to.equal(
      'STEP_UP_REQUIRED',
    )
  })

  it('twenty at a time are drawn by threads: the gateway answers others meanwhile', async () => {
    const certificates: Issued[] = []
    for (let i = 0; i < 20; i++) certificates.push(await issue(gateway, 'RIC'))
    await paperOf(certificates[0]!.identifier)
    forgetPapers()
    const drawn = { isDone: false }
    const drawing = Promise.all(certificates.map(({ identifier }) => paperOf(identifier))).finally(() => {
      drawn.isDone = true
    })
    let answers = 0
    while (!drawn.isDone) {
      expect((await gateway.get('/v1/trust')).status).to.equal(200)
      if (!drawn.isDone) answers++
    }
    // No times, only the order: others were answered before the papers were done.
    expect(answers).to.be.greaterThan(3)
    const papers = await drawing
    expect(papers).to.have.length(20)
    for (const [place, pdf] of papers.entries()) {
      expect(await plainText(pdf)).to.include(certificates[place]!.identifier)
    }
  })

  it('a record: 存证证书 with its fingerprint, and statement and receipt attached', async () => {
    const sha256 = 'ab'.repeat(32)
    const body = { sha256, size: 1234567, mediaType: 'application/pdf', name: '购房合同😀.pdf' }
    const { id } = await answerOf<{ id: string }>(gateway.post('/v1/records', body), 201)
    await untilAllFinal(gateway)
    const response = await gateway.get(`/v1/records/${id}/paper`)
    expect(response.headers.get('content-disposition')).to.include(encodeURIComponent('存证证书'))
    const pdf = new Uint8Array(await response.arrayBuffer())
    expect((await unseenCharacters(pdf)).unseen).to.deep.equal([])
    const text = await plainText(pdf)
    for (const part of [sha256, '购房合同[U+1F600].pdf', '1,234,567字节', id, '上链前的内容由提交者负责'])
      expect(text).to.include(part)
    expect(await qrCodesOf(await openPdf(pdf), 1, 150)).to.deep.equal([recordAddress(gateway.world, id)])
    const [[name, content]] = (await attachedTo(pdf)) as [[string, Uint8Array]]
    expect(name).to.equal(`${id}.json`)
    const { verdict } = await verifyFile(gateway.world, content, Buffer.from(sha256, 'hex'))
    expect(verdict).to.equal('VALID')
  })
})
