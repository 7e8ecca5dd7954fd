import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Refusal } from '../../protocol/refusal.ts'
import { configFromEnv, configVariables, configurationPage, publicUrlOf } from '../../server/config.ts'

const cwd = '/srv/onceproof'
const read = (env: Record<string, string> = {}) => configFromEnv(env, { cwd })

function refusalOf(env: Record<string, string>): Refusal {
  try {
    read(env)
  } catch (error) {
    expect(error).to.be.instanceOf(Refusal)
    return error as Refusal
  }
  throw new Error(`accepted ${JSON.stringify(env)}`)
}

const production = {
  PROFILE: 'production',
  CHAIN_RPC_URL: 'https://node.example/rpc',
  PUBLIC_URL: 'https://zz.example',
  KEYSTORE_PASSPHRASE_FILE: '/run/secrets/passphrase',
  ONCEPROOF_KEY_PROVIDERS: '/etc/onceproof/providers.json',
}

describe('the configuration of the gateway', () => {
  it('suits a first start when nothing is set', () => {
    expect(read()).to.deep.equal({
      profile: 'demo',
      port: 8787,
      dataDir: '/srv/onceproof/data',
      mirrorDir: '/srv/onceproof/data/mirror',
      chainRpcUrl: null,
      publicUrl: 'http://localhost:8787',
      keystorePassphraseFile: null,
      keyProvidersFile: null,
      confirmations: 1,
      sealAfterMs: 2000,
      sealAt: 4096,
      maxDelaySeconds: 14_400,
      acceptWithoutChainSeconds: 14_400,
      logOrigin: null,
      chainPort: 8788,
      identityAuthority: 'GAJ',
      businessRegister: 'SCJ',
      keyWaitSeconds: 259_200,
      logLevel: 'warn',
      demo: true,
      failPoint: null,
      trustedProxies: [],
      tlsCertFile: null,
      tlsKeyFile: null,
      openidIssuer: null,
      openidClientId: null,
      openidClientSecretFile: null,
      openidScope: 'openid profile',
      openidNumberClaim: 'cn_id_number',
    })
  })

  it('counts an empty variable as absent', () => {
    const empty = Object.fromEntries(configVariables.map(({ name }) => [name, '']))
    expect(read(empty)).to.deep.equal(read())
  })

  it('reads every variable', () => {
    expect(
      read({
        ...production,
        PORT: '0',
        DATA_DIR: '../proofs',
        ONCEPROOF_MIRROR_DIR: '/mnt/second',
        ONCEPROOF_CONFIRMATIONS: '3',
        ONCEPROOF_SEAL_AFTER_MS: '0',
        ONCEPROOF_SEAL_AT: '1',
        ONCEPROOF_MAX_DELAY_S: '90',
        ONCEPROOF_ACCEPT_WITHOUT_CHAIN_S: '60',
        ONCEPROOF_LOG_ORIGIN: 'zz.example:8443/log-1',
        ONCEPROOF_CHAIN_PORT: '0',
        ONCEPROOF_IDENTITY_AUTHORITY: 'HZJ',
        ONCEPROOF_BUSINESS_REGISTER: 'SGJ',
        ONCEPROOF_KEY_WAIT_S: '0',
        ONCEPROOF_LOG_LEVEL: 'warn',
        ONCEPROOF_DEMO: 'false',
        ONCEPROOF_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      }),
    ).to.deep.equal({
      profile: 'production',
      port: 0,
      dataDir: '/srv/proofs',
      mirrorDir: '/mnt/second',
      chainRpcUrl: 'https://node.example/rpc',
      publicUrl: 'https://zz.example',
      keystorePassphraseFile: '/run/secrets/passphrase',
      keyProvidersFile: '/etc/onceproof/providers.json',
      confirmations: 3,
      sealAfterMs: 0,
      sealAt: 1,
      maxDelaySeconds: 90,
      acceptWithoutChainSeconds: 60,
      logOrigin: 'zz.example:8443/log-1',
      chainPort: 0,
      identityAuthority: 'HZJ',
      businessRegister: 'SGJ',
      keyWaitSeconds: 0,
      logLevel: 'warn',
      demo: false,
      failPoint: null,
      trustedProxies: ['10.0.0.0/8', '::1'],
      tlsCertFile: null,
      tlsKeyFile: null,
      openidIssuer: null,
      openidClientId: null,
      openidClientSecretFile: null,
      openidScope: 'openid profile',
      openidNumberClaim: 'cn_id_number',
    })
  })

  it('drops the slash at the end of the public URL', () => {
    expect(read({ PUBLIC_URL: 'https://zz.example/' }).publicUrl).to.equal('https://zz.example')
  })

  it('waits for the port when any free one is taken', () => {
    const config = read({ PORT: '0' })
    expect(config.publicUrl).to.equal(null)
    expect(publicUrlOf(config, 40_123)).to.equal('http://localhost:40123')
    expect(publicUrlOf(read(production), 40_123)).to.equal('https://zz.example')
  })

  const nonsense: readonly (readonly [string, readonly string[]])[] = [
    ['PORT', ['-1', '65536', '80.5', '0x50', '1e3', ' 80', '080', 'http', '99999999999999999999']],
    ['DATA_DIR', ['/', 'data\0']],
    ['ONCEPROOF_MIRROR_DIR', ['/', 'mirror\0']],
    ['CHAIN_RPC_URL', ['node', 'ws://node.example', 'file:///etc/passwd', 'http://', 'http://node/#x']],
    [
      'PUBLIC_URL',
      [
        'zz.example',
        'ftp://zz.example',
        'https://zz.example/path',
        'https://zz.example//',
        'https://zz.example?',
        'https://zz.example/?a=b',
        'https://zz.example#top',
        'https://user@zz.example',
        'https://user:secret@zz.example',
        'https://:@zz.example',
        String.raw`https:\\zz.example`,
        'https://zz .example',
      ],
    ],
    ['PROFILE', ['prod', 'Production', 'true']],
    ['KEYSTORE_PASSPHRASE_FILE', ['/', 'a\0b']],
    ['ONCEPROOF_KEY_PROVIDERS', ['/', 'a\0b']],
    ['ONCEPROOF_CONFIRMATIONS', ['0', '-1', '10001', 'one']],
    ['ONCEPROOF_SEAL_AFTER_MS', ['-1', '3600001', '2s']],
    ['ONCEPROOF_SEAL_AT', ['0', '1048577', '4,096']],
    ['ONCEPROOF_MAX_DELAY_S', ['59', '604801', '4h']],
    ['ONCEPROOF_ACCEPT_WITHOUT_CHAIN_S', ['59', '14401', '4h']],
    [
      'ONCEPROOF_LOG_ORIGIN',
      ['https://zz.example', 'zz example', 'zz+log', 'ZZ.example', 'zz.example/', '-', `a${'b'.repeat(255)}`],
    ],
    ['ONCEPROOF_CHAIN_PORT', ['65536', '8787', 'any']],
    ['ONCEPROOF_IDENTITY_AUTHORITY', ['gaj', 'A', '公安局', 'GAJ,MZJ']],
    ['ONCEPROOF_BUSINESS_REGISTER', ['scj', 'S', '市场监管局', 'SCJ,GAJ']],
    ['ONCEPROOF_KEY_WAIT_S', ['-1', '2592001', '72h']],
    ['ONCEPROOF_LOG_LEVEL', ['verbose', 'INFO', '1']],
    ['ONCEPROOF_FAIL_POINT', ['after', 'after-send:0', 'after-send:x', '__proto__']],
    ['ONCEPROOF_DEMO', ['yes', '1', 'TRUE', '__proto__', 'constructor']],
    [
      'ONCEPROOF_TRUSTED_PROXIES',
      ['proxy.example', '10.0.0.0/33', '::/129', '10.0.0.0/0', ',', '10.0.0.1/8/8', '10.0.0.1/x'],
    ],
    [
      'OPENID_ISSUER',
      [
        'id.example',
        'ftp://id.example',
        'https://id.example/?a',
        'https://id.example/#a',
        'https://u:p@id.example',
      ],
    ],
    ['OPENID_CLIENT_ID', ['a b', 'onceproof', '网关']],
    ['OPENID_CLIENT_SECRET_FILE', ['/', '/run/secret']],
    ['ONCEPROOF_TLS_CERT_FILE', ['/', '/run/tls.crt']],
    ['ONCEPROOF_TLS_KEY_FILE', ['/', '/run/tls.key']],
    ['OPENID_SCOPE', ['profile', 'openid  profile', 'openid "x"']],
    ['OPENID_NUMBER_CLAIM', ['id number', '号码', 'a'.repeat(101)]],
  ]
  for (const [name, values] of nonsense) {
    for (const value of values) {
      it(`refuses ${name}=${JSON.stringify(value).slice(0, 40)} and says so`, () => {
        const refusal = refusalOf({ [name]: value })
        expect(refusal.code).to.equal('CONFIG_INVALID')
        expect(refusal.details.field).to.equal(name)
        expect(refusal.details.expected).to.be.a('string').that.is.not.empty
        expect(refusal.details.found).to.be.a('string').that.is.not.empty
      })
    }
  }

  it('tests nonsense for every variable that there is', () => {
    expect(nonsense.map(([name]) => name)).to.have.members(configVariables.map(({ name }) => name))
  })

  it('refuses a variable with our prefix that does not exist: a typing error must not be ignored', () => {
    const refusal = refusalOf({ ONCEPROOF_SEAL_AFTER: '10' })
    expect(refusal.code).to.equal('CONFIG_INVALID')
    expect(refusal.details.field).to.equal('ONCEPROOF_SEAL_AFTER')
    expect(refusal.details.expected).to.contain('ONCEPROOF_SEAL_AFTER_MS')
  })

  it('leaves variables of others alone', () => {
    expect(read({ PATH: '/bin', NODE_ENV: 'test', ONCE: '1' })).to.deep.equal(read())
  })

  it('never shows a wrong URL, which may hold a password', () => {
    for (const name of ['CHAIN_RPC_URL', 'PUBLIC_URL', 'OPENID_ISSUER']) {
      const refusal = refusalOf({ [name]: 'ftp://user:geheim@node' })
      expect(JSON.stringify([refusal.message, refusal.details])).not.to.contain('geheim')
    }
  })

  it('refuses to seal later than promises allow', () => {
    const refusal = refusalOf({ ONCEPROOF_SEAL_AFTER_MS: '60000', ONCEPROOF_MAX_DELAY_S: '60' })
    expect(refusal.details.field).to.equal('ONCEPROOF_SEAL_AFTER_MS')
  })

  it('accepts without a chain no longer than promises allow, and by itself when only those are shortened', () => {
    const refusal = refusalOf({ ONCEPROOF_ACCEPT_WITHOUT_CHAIN_S: '301', ONCEPROOF_MAX_DELAY_S: '300' })
    expect(refusal.details.field).to.equal('ONCEPROOF_ACCEPT_WITHOUT_CHAIN_S')
    expect(read({ ONCEPROOF_MAX_DELAY_S: '300' }).acceptWithoutChainSeconds).to.equal(300)
    expect(read({ ONCEPROOF_MAX_DELAY_S: '604800' }).acceptWithoutChainSeconds).to.equal(14_400)
  })

  it('lets the embedded chain have any port when it is not used', () => {
    expect(read({ CHAIN_RPC_URL: 'http://node.example', ONCEPROOF_CHAIN_PORT: '8787' }).chainPort).to.equal(
      8787,
    )
  })

  describe('in production', () => {
    it('accepts a complete configuration, without the demo region', () => {
      expect(read(production).demo).to.equal(false)
    })

    for (const name of ['CHAIN_RPC_URL', 'PUBLIC_URL', 'KEYSTORE_PASSPHRASE_FILE'] as const) {
      it(`needs ${name}`, () => {
        const { [name]: _, ...rest } = production
        expect(refusalOf(rest).details.field).to.equal(name)
      })
    }

    it('needs https in the public URL', () => {
      expect(refusalOf({ ...production, PUBLIC_URL: 'http://zz.example' }).details.field).to.equal(
        'PUBLIC_URL',
      )
    })

    it('refuses a passphrase inside the data folder, however it is written', () => {
      for (const file of [
        '/var/lib/op/passphrase',
        '/var/lib/op/../op/keys/p',
        '/var/lib/op/..p',
        '/var/lib/op',
      ]) {
        const refusal = refusalOf({ ...production, DATA_DIR: '/var/lib/op', KEYSTORE_PASSPHRASE_FILE: file })
        expect(refusal.details.field).to.equal('KEYSTORE_PASSPHRASE_FILE')
      }
      const beside = {
        ...production,
        DATA_DIR: '/var/lib/op',
        KEYSTORE_PASSPHRASE_FILE: '/var/lib/op-passphrase',
      }
      expect(read(beside).keystorePassphraseFile).to.equal('/var/lib/op-passphrase')
    })

    it('takes a provider with all that belongs to it, over https, and never the one of a demo', () => {
      const provider = {
        OPENID_ISSUER: 'https://id.example/realms/city',
        OPENID_CLIENT_ID: 'onceproof',
        OPENID_CLIENT_SECRET_FILE: '/run/openid-secret',
      }
      const config = read({ ...production, ...provider })
      expect(config.openidIssuer).to.equal('https://id.example/realms/city')
      expect(config.openidNumberClaim).to.equal('cn_id_number')
      expect(read(production).openidIssuer).to.equal(null)
      for (const name of ['OPENID_CLIENT_ID', 'OPENID_CLIENT_SECRET_FILE']) {
        const refusal = refusalOf({ ...production, ...provider, [name]: '' })
        expect(refusal.details.field).to.equal(name)
      }
      for (const issuer of ['http://id.example', `${production.PUBLIC_URL}/oidc`]) {
        const refusal = refusalOf({ ...production, ...provider, OPENID_ISSUER: issuer })
        expect(refusal.code).to.equal('CONFIG_INVALID')
        expect(refusal.details.field).to.equal('OPENID_ISSUER')
      }
    })

    it('takes a TLS certificate with its key', () => {
      const tls = { ONCEPROOF_TLS_CERT_FILE: '/run/tls.crt', ONCEPROOF_TLS_KEY_FILE: 'tls.key' }
      const config = read({ ...production, ...tls })
      expect([config.tlsCertFile, config.tlsKeyFile]).to.deep.equal([
        '/run/tls.crt',
        '/srv/onceproof/tls.key',
      ])
      for (const name of Object.keys(tls)) {
        expect(refusalOf({ ...production, ...tls, [name]: '' }).details.field).to.equal(name)
      }
    })

    it('refuses the demo region', () => {
      expect(refusalOf({ ...production, ONCEPROOF_DEMO: 'true' }).details.field).to.equal('ONCEPROOF_DEMO')
      expect(refusalOf({ ...production, ONCEPROOF_FAIL_POINT: 'after-send' }).details.field).to.equal(
        'ONCEPROOF_FAIL_POINT',
      )
    })
  })

  it('is described by docs/configuration.md (write it again with scripts/write-configuration.ts)', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
    expect(page).to.equal(configurationPage())
    for (const { name } of configVariables) expect(page).to.contain(`\`${name}\``)
  })
})
