import { expect } from 'chai'
import { formatCertificateIdentifier } from '../../protocol/identifiers.ts'
import { recognise } from '../../web/app/counter/given.ts'

const OWN = 'https://zheng.yunling.example'
const TOKEN = 'A_b-'.repeat(5) + 'xy'
const kindOf = (typed: string): string => recognise(typed, OWN).kind

describe('what is given at the counter', () => {
  it('is a presentation by eight digits, however they are spaced, or by an address of this gateway', () => {
    for (const typed of ['12345678', ' 1234 5678 ', '1234-5678', '１２３４５６７８']) {
      expect(recognise(typed, OWN), typed).to.deep.equal({
        kind: 'presentation',
        code: { digits: '12345678' },
      })
    }
    const url = `${OWN}/p/${TOKEN}`
    expect(recognise(url, OWN)).to.deep.equal({ kind: 'presentation', code: { url } })
  })

  it('is paper by its short code, with the last four of the number or the key of its QR code', () => {
    const paper = { kind: 'paper', shortCode: '7Q2K9MXA', lastFour: null, key: null }
    expect(recognise('7q2k-9mxa', OWN)).to.deep.equal(paper)
    expect(recognise('7Q2K9MXA 101x', OWN)).to.deep.equal({ ...paper, lastFour: '101X' })
    expect(recognise(`${OWN}/v/7Q2K9MXA?k=abc`, OWN)).to.deep.equal({ ...paper, key: 'abc' })
    expect(recognise(`${OWN}/v/7Q2K9MXA`, OWN)).to.deep.equal(paper)
  })

  it('is a certificate by its identifier only when its check character holds, and a case by its number', () => {
    const identifier = formatCertificateIdentifier({
      type: '11990100MB9Y01166J006',
      issuer: '11990100MB9Y01166J',
      serial: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      version: 1,
    })
    expect(recognise(identifier, OWN)).to.deep.equal({
      kind: 'certificate',
      identifier,
      typeCode: '11990100MB9Y01166J006',
    })
    const last = identifier.at(-1) === 'A' ? 'B' : 'A'
    expect(kindOf(identifier.slice(0, -1) + last)).to.equal('unknown')
    expect(recognise('m04-261125-7kq2m9xd', OWN)).to.deep.equal({
      kind: 'case',
      number: 'M04-261125-7KQ2M9XD',
    })
  })

  it('is foreign by any address of another site, also one that looks like ours', () => {
    for (const typed of [
      `https://zheng.yunling.example.evil.example/p/${TOKEN}`,
      `http://zheng.yunling.example/p/${TOKEN}`,
      `https://zheng.yunling.example:8443/p/${TOKEN}`,
      `https://zheng.yunling.example@evil.example/p/${TOKEN}`,
      `https://user:word@zheng.yunling.example/p/${TOKEN}`,
      `//zheng.yunling.example/p/${TOKEN}`,
      `zheng.yunling.example/p/${TOKEN}`,
      `ｈｔｔｐｓ：//evil.example/p/${TOKEN}`,
      'weixin://wxpay/bizpayurl?pr=1',
      'javascript:alert(1)',
      'data:text/html,x',
      'tel:12345678',
    ]) {
      expect(kindOf(typed), typed).to.equal('foreign')
    }
  })

  it('is unknown when it is none of these', () => {
    for (const typed of [
      '',
      '1234567',
      '123456789',
      'hello',
      `${OWN}/app`,
      `${OWN}/p/short`,
      '7Q2K9MXU',
      '石有证',
    ])
      expect(kindOf(typed), typed).to.equal('unknown')
  })
})
