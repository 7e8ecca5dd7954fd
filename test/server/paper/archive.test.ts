import { expect } from 'chai'
import { strFromU8, unzipSync } from 'fflate'
import { newHolder } from '../grants/holders.ts'
import { EXAMPLE_MATTER } from '../gateway/example-matter.ts'
import {
  admit,
  answerOf,
  openGateway,
  publish,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { attachmentsOf, openPdf, plainText, textsOf, unseenCharacters } from './reading.ts'

describe('the archive of a case, on paper', function () {
  let gateway: OpenedGateway
  let files: Record<string, Uint8Array>
  let number: string

  before(async () => {
    gateway = await openGateway()
    const { code } = EXAMPLE_MATTER
    await publish(gateway, 'RIC')
    await admit(gateway, 'ZSJ')
    await answerOf(gateway.post('/v1/matters', { matters: [EXAMPLE_MATTER] }), 201)
    const basis = { department: 'GAJ', matter: code, type: 'RIC', basis: '《居民身份证法》第六条' }
    await answerOf(gateway.post('/v1/duty-bases', basis), 200)
    const { id: holder } = await newHolder(gateway)
    const opening = { matter: code, channel: 'counter', parties: [{ role: 'applicant', holder }] }
    const opened = await answerOf<{ id: string; number: string }>(gateway.post('/v1/cases', opening), 201)
    number = opened.number
    const officer = gateway.as({ role: 'officer', department: 'GAJ', subject: 'OFFICER-0042' })
    await answerOf(officer.post(`/v1/cases/${opened.id}/collect`, {}), 200)
    await untilAllFinal(gateway)
    const response = await officer.get(`/v1/cases/${opened.id}/archive`)
    expect(response.status).to.equal(200)
    files = unzipSync(new Uint8Array(await response.arrayBuffer()))
  })
  after(() => gateway.close())

  it('has a cover: what was read on which ground, until when it is kept, what is proved', async () => {
    const cover = files['cover.pdf']!
    const text = await plainText(cover)
    for (const part of [
      number,
      '电子档案归档说明',
      '居民身份证',
      '依职能',
      '副本保存至',
      '已上链',
      'case.json',
    ])
      expect(text).to.include(part)
    expect((await unseenCharacters(cover)).unseen).to.deep.equal([])
  })

  it('has the copies on paper, with the very file inside and the fields that the department may see', async () => {
    const pdf = files['certificates/0.pdf']!
    const attachments = await attachmentsOf(await openPdf(pdf))
    const [content] = [...attachments.values()]
    expect(strFromU8(content!)).to.equal(strFromU8(files['certificates/0.json']!))
    expect(await plainText(pdf)).to.include('部门取得的副本：仅含获准查看的字段')
  })

  it('says across every page who took it out, for which case and when', async () => {
    for (const name of ['cover.pdf', 'certificates/0.pdf']) {
      const doc = await openPdf(files[name]!)
      const slanted = (await textsOf(doc)).filter(({ isLevel }) => !isLevel)
      for (let page = 1; page <= doc.numPages; page++) {
        const mark = slanted
          .filter(one => one.page === page)
          .map(({ text }) => text)
          .join('')
        expect(mark).to.include('OFFICER-0042').and.to.include(number).and.to.include('云岭市公安局')
        expect(mark).to.match(/\d{4}年\d+月\d+日/)
      }
    }
  })
})
