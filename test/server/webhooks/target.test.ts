import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'
import { isPublicAddress, parseTarget, resolveTarget } from '../../../server/webhooks/target.ts'

/** Hosts of URLs that lead elsewhere than to the public internet, in every notation that URL parsers accept. */
const PRIVATE_HOSTS = [
  '127.0.0.1',
  '127.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '0.0.0.0',
  '0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.168.255.255',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:10.0.0.1]',
  '[::ffff:169.254.169.254]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::1]',
  '[100::1]',
  '[2001::1]',
  '[2001:db8::1]',
  '[2002:7f00:1::]',
  '[2002:a00:1::]',
  '[3fff::1]',
  '[5f00::1]',
  '[fc00::1]',
  '[fd00::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff0e::1]',
]
const OTHER_URLS = [
  'http://example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'data:text/plain,x',
  'javascript:alert(1)',
  'https://user@example.com/',
  'https://user:secret@example.com/',
  'https://example.com/#part',
  'https://',
  '//example.com/',
  'example.com',
  '',
  `https://example.com/${'x'.repeat(500)}`,
]

const codeOf = (text: string, profile: 'demo' | 'production' = 'production'): string | null => {
  try {
    parseTarget(text, profile)
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('where a webhook may point', () => {
  for (const host of PRIVATE_HOSTS) {
    it(`not to ${host}`, () => {
      expect(codeOf(`https://${host}/`)).to.equal('WEBHOOK_URL')
    })
  }
  for (const url of OTHER_URLS) {
    it(`not to ${url.slice(0, 40) || 'nothing'}`, () => {
      expect(codeOf(url)).to.equal('WEBHOOK_URL')
    })
  }

  it('to public hosts over https', () => {
    for (const url of ['https://example.com/told', 'https://93.184.216.34/', 'https://[2606:4700::1]:8443/x'])
      expect(codeOf(url), url).to.equal(null)
  })

  it('to this machine in a demo only, and to no other private one even then', () => {
    for (const url of ['http://127.0.0.1:9000/', 'http://localhost:9000/', 'http://[::1]:9000/']) {
      expect(codeOf(url, 'demo'), url).to.equal(null)
      expect(codeOf(url), url).to.equal('WEBHOOK_URL')
    }
    expect(codeOf('http://10.0.0.1/', 'demo')).to.equal('WEBHOOK_URL')
    expect(codeOf('https://169.254.169.254/', 'demo')).to.equal('WEBHOOK_URL')
  })

  it('only where every address of its name is public, and to the one that was looked at', async () => {
    const url = new URL('https://hook.example.com/')
    const at = (...addresses: string[]) =>
      resolveTarget(url, 'production', async () =>
        addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      ).then(
        ({ address }) => address,
        (error: unknown) => (error as Refusal).code,
      )
    expect(await at('93.184.216.34', '2606:4700::1')).to.equal('93.184.216.34')
    expect(await at('93.184.216.34', '10.0.0.1')).to.equal('WEBHOOK_ADDRESS')
    expect(await at('127.0.0.1')).to.equal('WEBHOOK_ADDRESS')
    expect(await at('::ffff:10.0.0.1')).to.equal('WEBHOOK_ADDRESS')
    expect(await at()).to.equal('WEBHOOK_ADDRESS')
  })

  it('never to what is no address', () => {
    for (const text of ['', 'localhost', '1.2.3', '::g']) expect(isPublicAddress(text)).to.equal(false)
  })
})
