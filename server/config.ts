/**
 * What an operator may choose, as one table: the reader of the environment, its refusals and `docs/configuration.md` all come
 * from it. Nothing is guessed: a value that makes no sense, or a variable that we do not know, stops the start.
 */
import { FAIL_POINTS, readFailPoint, type ArmedFailPoint } from './store/fail-points.ts'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { Refusal } from '../protocol/refusal.ts'
import { LOG_LEVELS } from './http/logger.ts'
import type { LogLevel } from './http/logger.ts'
import type { Message } from './http/messages.ts'
import { proxyList } from './http/rate-limit.ts'

export type Profile = 'demo' | 'production'

export interface Config {
  readonly profile: Profile
  /** 0: any free port. */
  readonly port: number
  /** Absolute. */
  readonly dataDir: string
  /** Absolute. */
  readonly mirrorDir: string
  /** null: the embedded chain. May hold credentials: never shown, never logged. */
  readonly chainRpcUrl: string | null
  /** Without a slash at the end. null only when it was not given and the port is still to be chosen: see `publicUrlOf`. */
  readonly publicUrl: string | null
  /** Absolute. */
  readonly keystorePassphraseFile: string | null
  /** Absolute. null: every department's keys are in the gateway's keystore. */
  readonly keyProvidersFile: string | null
  readonly confirmations: number
  readonly sealAfterMs: number
  readonly sealAt: number
  readonly maxDelaySeconds: number
  /** How long statements are accepted while none reaches the chain. */
  readonly acceptWithoutChainSeconds: number
  /** null: not chosen; the data folder's own, or for a new one the one that follows from the public URL. */
  readonly logOrigin: string | null
  readonly chainPort: number
  /** Code of the department that says whose key a holder's key is. */
  readonly identityAuthority: string
  /** Code of the department that says who an organisation's legal representative is. */
  readonly businessRegister: string
  /** How long a new key of a holder waits before it takes the place of a lost one. */
  readonly keyWaitSeconds: number
  readonly logLevel: LogLevel
  readonly demo: boolean
  /** Where a drill ends the process. */
  readonly failPoint: ArmedFailPoint | null
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[]
  /** Absolute, both or neither: TLS ends at the gateway. */
  readonly tlsCertFile: string | null
  readonly tlsKeyFile: string | null
  /** null: the embedded provider in a demo, no sign-in in production. */
  readonly openidIssuer: string | null
  readonly openidClientId: string | null
  /** Absolute. */
  readonly openidClientSecretFile: string | null
  readonly openidScope: string
  /** The claim with a citizen's number. */
  readonly openidNumberClaim: string
}

/** What one variable is, for its reader and for people. */
export interface Variable {
  readonly name: string
  /** As it would be written; null: none, the meaning says what follows. */
  readonly default: string | null
  readonly meaning: Message
  /** What is accepted, in words; a refusal says it. */
  readonly expected: string
  /** Throws or returns undefined for a value that is not accepted. */
  readonly read: (text: string, cwd: string) => unknown
  /** True when a value, even a wrong one, may hold a password or a key. */
  readonly mayBeSecret?: boolean
}

const PREFIX = 'ONCEPROOF_'
/** Four hours, as X-Road works on without its time-stamping service. */
const ACCEPT_WITHOUT_CHAIN_S = 14_400

const variables = {
  PROFILE: {
    default: 'demo',
    meaning: {
      zh: '运行方式。production 不接受演示用的默认值',
      en: 'How to run. `production` accepts none of the defaults that are for a demo',
    },
    expected: 'demo or production',
    read: oneOf<Profile>(['demo', 'production']),
  },
  PORT: {
    default: '8787',
    meaning: { zh: 'HTTP 端口；0 为任意空闲端口', en: 'HTTP port; 0 takes any free one' },
    expected: 'an integer from 0 to 65535',
    read: integer(0, 65_535),
  },
  DATA_DIR: {
    default: './data',
    meaning: { zh: '数据目录：数据库、日志、密钥', en: 'Data folder: database, log, keys' },
    expected: 'a folder other than the root',
    read: folder,
  },
  ONCEPROOF_MIRROR_DIR: {
    default: null,
    meaning: {
      zh: '日志的第二份存放处：追加写入的文件，上链之前写好；不填则为 `DATA_DIR/mirror`。宜放在另一块磁盘上',
      en: 'The second place of the log: append-only files, written before anchoring; `DATA_DIR/mirror` when empty. Better on another disk',
    },
    expected: 'a folder other than the root',
    read: folder,
  },
  CHAIN_RPC_URL: {
    default: null,
    meaning: {
      zh: '区块链节点的 JSON-RPC 地址；不填则使用内嵌链。production 必填',
      en: 'JSON-RPC address of a chain node; the embedded chain when empty. Needed in production',
    },
    expected: 'an http or https URL',
    mayBeSecret: true,
    read: nodeUrl,
  },
  PUBLIC_URL: {
    default: null,
    meaning: {
      zh: '对外网址；不填则为 `http://localhost:PORT`。production 必填且须为 https',
      en: 'The address that others know; `http://localhost:PORT` when empty. Needed in production, with https',
    },
    expected: 'an http or https URL without path, query, fragment and credentials',
    mayBeSecret: true,
    read: publicUrl,
  },
  KEYSTORE_PASSPHRASE_FILE: {
    default: null,
    meaning: {
      zh: '密钥库口令文件。production 必填，且不得放在数据目录内',
      en: 'File with the passphrase of the keystore. Needed in production, and not inside the data folder',
    },
    expected: 'the path of a file',
    read: folder,
  },
  ONCEPROOF_KEY_PROVIDERS: {
    default: null,
    meaning: {
      zh: '哪些部门的签名密钥不在本机密钥库中（远程签名服务、PKCS#11）；见 docs/keys.md',
      en: 'Which departments keep their signing keys elsewhere (remote signer, PKCS#11); see docs/keys.md',
    },
    expected: 'the path of a JSON file',
    read: folder,
  },
  ONCEPROOF_CONFIRMATIONS: {
    default: '1',
    meaning: {
      zh: '区块达到几个确认后视为最终',
      en: 'How many blocks deep (its own included) a block is final',
    },
    expected: 'an integer from 1 to 10000',
    read: integer(1, 10_000),
  },
  ONCEPROOF_SEAL_AFTER_MS: {
    default: '2000',
    meaning: {
      zh: '第一条未封存声明之后多少毫秒封存检查点',
      en: 'Milliseconds from the first unsealed statement to a checkpoint',
    },
    expected: 'an integer from 0 to 3600000',
    read: integer(0, 3_600_000),
  },
  ONCEPROOF_SEAL_AT: {
    default: '4096',
    meaning: {
      zh: '未封存声明达到多少条时立即封存',
      en: 'Number of unsealed statements that makes a checkpoint at once',
    },
    expected: 'an integer from 1 to 1048576',
    read: integer(1, 1_048_576),
  },
  ONCEPROOF_MAX_DELAY_S: {
    default: '14400',
    meaning: {
      zh: '承诺中写明的最长上链时间（秒）',
      en: 'Longest delay until a statement is anchored, in seconds, as our promises say it',
    },
    expected: 'an integer from 60 to 604800',
    read: integer(60, 604_800),
  },
  ONCEPROOF_ACCEPT_WITHOUT_CHAIN_S: {
    default: null,
    meaning: {
      zh: '区块链中断时继续受理的最长时间（秒），不填为 14400 与承诺时间中较短者：最早一条未上链的声明达到此时长后暂停受理（503），上链后自动恢复',
      en: 'Seconds for which statements are accepted while none reaches the chain (14400 or what promises allow, whichever is less, when empty): once the oldest has waited so long, no more are (503) until it is anchored',
    },
    expected: 'an integer from 60 to 604800, at most ONCEPROOF_MAX_DELAY_S',
    read: integer(60, 604_800),
  },
  ONCEPROOF_LOG_ORIGIN: {
    default: null,
    meaning: {
      zh: '存证日志的名称（不带协议的网址）；不填则首次启动时由对外网址得出，之后不变',
      en: 'Name of the log, a URL without scheme; when empty it follows from the public URL at the first start and stays',
    },
    expected: 'a lower-case host name, optionally with port and path, of at most 255 characters',
    read: logOrigin,
  },
  ONCEPROOF_CHAIN_PORT: {
    default: '8788',
    meaning: {
      zh: '内嵌链的 RPC 端口；0 为任意空闲端口',
      en: 'RPC port of the embedded chain; 0 takes any free one',
    },
    expected: 'an integer from 0 to 65535, other than PORT',
    read: integer(0, 65_535),
  },
  ONCEPROOF_IDENTITY_AUTHORITY: {
    default: 'GAJ',
    meaning: {
      zh: '身份认证部门的代码：由它证明持证主体的密钥归谁所有',
      en: 'Code of the department that says whose key a holder’s key is',
    },
    expected: 'a department code: 2 to 12 capital letters and digits',
    read: (text: string) => (/^[A-Z][A-Z0-9]{1,11}$/.test(text) ? text : undefined),
  },
  ONCEPROOF_BUSINESS_REGISTER: {
    default: 'SCJ',
    meaning: {
      zh: '登记机关的代码：由它登记组织的法定代表人',
      en: 'Code of the department that records who an organisation’s legal representative is',
    },
    expected: 'a department code: 2 to 12 capital letters and digits',
    read: (text: string) => (/^[A-Z][A-Z0-9]{1,11}$/.test(text) ? text : undefined),
  },
  ONCEPROOF_KEY_WAIT_S: {
    default: '259200',
    meaning: {
      zh: '持证主体更换密钥的等待时间（秒），期间可取消',
      en: 'Seconds that a holder’s new key waits before it replaces a lost one; it can be cancelled meanwhile',
    },
    expected: 'an integer from 0 to 2592000',
    read: integer(0, 2_592_000),
  },
  ONCEPROOF_LOG_LEVEL: {
    default: null,
    meaning: {
      zh: '运行日志的详细程度；demo 默认 warn，production 默认 info（每个请求一行）',
      en: 'How much the service log says: `warn` by default in demo, `info` (a line for each request) in production',
    },
    expected: LOG_LEVELS.join(', '),
    read: oneOf<LogLevel>(LOG_LEVELS),
  },
  ONCEPROOF_DEMO: {
    default: null,
    meaning: {
      zh: '数据目录为空时装入演示地区；demo 默认 true，production 默认 false 且不得为 true',
      en: 'Load the demo region into an empty data folder: true by default in demo, never in production',
    },
    expected: 'true or false',
    read: (text: string) => (text === 'true' ? true : text === 'false' ? false : undefined),
  },
  ONCEPROOF_FAIL_POINT: {
    default: null,
    meaning: {
      zh: '演练用：进程在此处如断电般终止（docs/operations.md）；production 不得设置',
      en: 'For drills: the process ends at this place as in a crash (docs/operations.md); never in production',
    },
    expected: `one of ${FAIL_POINTS.join(', ')}, with :N for the Nth time`,
    read: readFailPoint,
  },
  ONCEPROOF_TRUSTED_PROXIES: {
    default: null,
    meaning: {
      zh: '可信反向代理（地址或 CIDR，逗号分隔）；只采信它们写入的 X-Forwarded-For',
      en: 'Reverse proxies (addresses or CIDR ranges, separated by commas) whose X-Forwarded-For is believed; none when empty',
    },
    expected: 'addresses or CIDR ranges, separated by commas',
    read: proxies,
  },
  ONCEPROOF_TLS_CERT_FILE: {
    default: null,
    meaning: {
      zh: 'TLS 证书文件（PEM，含证书链）；更换后一分钟内或收到 SIGHUP 时重新读取，不断开已有连接。仅 production',
      en: 'TLS certificate with its chain (PEM); read again within a minute of a change or on SIGHUP, without closing connections. Production only',
    },
    expected: 'the path of a file, together with ONCEPROOF_TLS_KEY_FILE',
    read: folder,
  },
  ONCEPROOF_TLS_KEY_FILE: {
    default: null,
    meaning: { zh: 'TLS 私钥文件（PEM）', en: 'Key of the TLS certificate (PEM)' },
    expected: 'the path of a file, together with ONCEPROOF_TLS_CERT_FILE',
    read: folder,
  },
  OPENID_ISSUER: {
    default: null,
    meaning: {
      zh: '统一身份认证（OpenID Connect）的发行方地址；不填时 demo 使用内置的演示身份服务，production 不开放登录',
      en: 'Issuer of the OpenID Connect provider; when empty, a demo has its own and production offers no sign-in',
    },
    expected: 'an http or https URL without query and fragment; https in production',
    mayBeSecret: true,
    read: issuerUrl,
  },
  OPENID_CLIENT_ID: {
    default: null,
    meaning: {
      zh: '本网关在身份服务处的客户端标识',
      en: 'What the provider calls this gateway',
    },
    expected: '1 to 200 visible ASCII characters, together with OPENID_ISSUER',
    read: (text: string) => (/^[!-~]{1,200}$/.test(text) ? text : undefined),
  },
  OPENID_CLIENT_SECRET_FILE: {
    default: null,
    meaning: {
      zh: '客户端密钥文件',
      en: 'File with the secret that the provider gave this gateway',
    },
    expected: 'the path of a file, together with OPENID_ISSUER',
    read: folder,
  },
  OPENID_SCOPE: {
    default: 'openid profile',
    meaning: {
      zh: '向身份服务请求的范围，须能得到姓名与身份号码',
      en: 'Scopes to ask the provider for, so that it tells name and number',
    },
    expected: '`openid` and further names, separated by single spaces',
    read: (text: string) => (/^openid(?: [!#-[\]-~]{1,60}){0,9}$/.test(text) ? text : undefined),
  },
  OPENID_NUMBER_CLAIM: {
    default: 'cn_id_number',
    meaning: {
      zh: '公民身份号码所在的声明；只用来计算持证主体，不保存',
      en: 'The claim that holds a citizen’s number; it is only used to find the holder and is never kept',
    },
    expected: '1 to 100 letters, digits and any of _ : / . -',
    read: (text: string) => (/^[\w:/.-]{1,100}$/.test(text) ? text : undefined),
  },
} as const satisfies Record<string, Omit<Variable, 'name'>>

type Name = keyof typeof variables
type Value<N extends Name> = NonNullable<ReturnType<(typeof variables)[N]['read']>>

/** All variables, in the order of `docs/configuration.md`. */
export const configVariables: readonly Variable[] = Object.entries(variables).map(([name, variable]) => ({
  name,
  ...variable,
}))

/**
 * The configuration that an environment asks for; an empty variable counts as absent. Touches no file. Refuses CONFIG_INVALID
 * with the variable's name in `field`: a value that is not accepted, an unknown variable with our prefix, and what contradicts
 * the profile. No refusal shows a value that may be secret.
 */
export function configFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  { cwd }: { cwd: string },
): Config {
  for (const name of Object.keys(env)) {
    if (name.startsWith(PREFIX) && !Object.hasOwn(variables, name)) {
      throw configInvalid(
        name,
        `one of ${Object.keys(variables).join(', ')}`,
        'a variable that does not exist',
      )
    }
  }
  const read = <N extends Name>(name: N): Value<N> | null => {
    const variable: Omit<Variable, 'name'> = variables[name]
    const { default: byDefault, expected, read: readText, mayBeSecret = false } = variable
    const text = env[name] || byDefault
    if (text === null) return null
    const value = readText(text, cwd)
    if (value === undefined) throw configInvalid(name, expected, shown(text, mayBeSecret))
    return value as Value<N>
  }
  const given = <N extends Name>(name: N): Value<N> => read(name) ?? missing(name)

  const profile = given('PROFILE')
  const port = given('PORT')
  const config: Config = {
    profile,
    port,
    dataDir: given('DATA_DIR'),
    mirrorDir: read('ONCEPROOF_MIRROR_DIR') ?? join(given('DATA_DIR'), 'mirror'),
    chainRpcUrl: read('CHAIN_RPC_URL'),
    publicUrl: read('PUBLIC_URL') ?? (port === 0 ? null : localUrl(port)),
    keystorePassphraseFile: read('KEYSTORE_PASSPHRASE_FILE'),
    keyProvidersFile: read('ONCEPROOF_KEY_PROVIDERS'),
    confirmations: given('ONCEPROOF_CONFIRMATIONS'),
    sealAfterMs: given('ONCEPROOF_SEAL_AFTER_MS'),
    sealAt: given('ONCEPROOF_SEAL_AT'),
    maxDelaySeconds: given('ONCEPROOF_MAX_DELAY_S'),
    acceptWithoutChainSeconds:
      read('ONCEPROOF_ACCEPT_WITHOUT_CHAIN_S') ??
      Math.min(ACCEPT_WITHOUT_CHAIN_S, given('ONCEPROOF_MAX_DELAY_S')),
    logOrigin: read('ONCEPROOF_LOG_ORIGIN'),
    chainPort: given('ONCEPROOF_CHAIN_PORT'),
    identityAuthority: given('ONCEPROOF_IDENTITY_AUTHORITY'),
    businessRegister: given('ONCEPROOF_BUSINESS_REGISTER'),
    keyWaitSeconds: given('ONCEPROOF_KEY_WAIT_S'),
    logLevel: read('ONCEPROOF_LOG_LEVEL') ?? (profile === 'demo' ? 'warn' : 'info'),
    demo: read('ONCEPROOF_DEMO') ?? profile === 'demo',
    failPoint: read('ONCEPROOF_FAIL_POINT'),
    trustedProxies: read('ONCEPROOF_TRUSTED_PROXIES') ?? [],
    tlsCertFile: read('ONCEPROOF_TLS_CERT_FILE'),
    tlsKeyFile: read('ONCEPROOF_TLS_KEY_FILE'),
    openidIssuer: read('OPENID_ISSUER'),
    openidClientId: read('OPENID_CLIENT_ID'),
    openidClientSecretFile: read('OPENID_CLIENT_SECRET_FILE'),
    openidScope: given('OPENID_SCOPE'),
    openidNumberClaim: given('OPENID_NUMBER_CLAIM'),
  }
  assertConsistent(config)
  if (profile === 'production') assertProduction(config, env)
  return config
}

/** The public URL, once it is known on which port the gateway listens. */
export function publicUrlOf({ publicUrl }: Pick<Config, 'publicUrl'>, port: number): string {
  return publicUrl ?? localUrl(port)
}

/** The issuer of the provider that a demo brings along. */
export function embeddedIssuer(ofPublicUrl: string): string {
  return `${ofPublicUrl}/oidc`
}

/** The text of `docs/configuration.md`. */
export function configurationPage(): string {
  const rows = configVariables.map(
    ({ name, default: byDefault, expected, meaning }) =>
      `| \`${name}\` | ${byDefault === null ? '' : `\`${byDefault}\``} | ${expected} | ${meaning.zh}。<br>${meaning.en}. |`,
  )
  return `${[
    '# Configuration 配置',
    '',
    'The gateway is configured by environment variables alone; all have a default that suits a first start. A value that makes no',
    'sense, or an unknown variable whose name begins with `ONCEPROOF_`, is refused at start (`CONFIG_INVALID`), with the name of the',
    'variable, what is expected and what was found. An empty variable counts as absent.',
    '',
    '网关只通过环境变量配置，均有适合首次启动的默认值。不合理的值，或以 `ONCEPROOF_` 开头的未知变量，启动时一律拒绝（`CONFIG_INVALID`）。空变量视为未设置。',
    '',
    '| variable 变量 | default 默认 | accepted 可接受的值 | meaning 含义 |',
    '|---|---|---|---|',
    ...rows,
    '',
    'With `PROFILE=production`, `CHAIN_RPC_URL`, `PUBLIC_URL` and `KEYSTORE_PASSPHRASE_FILE` have to be set.',
  ].join('\n')}\n`
}

function assertConsistent(config: Config): void {
  const { port, chainPort, chainRpcUrl, sealAfterMs, maxDelaySeconds, acceptWithoutChainSeconds } = config
  assertOwnProvider(config)
  assertTls(config)
  if (chainRpcUrl === null && chainPort === port && port !== 0) {
    throw configInvalid('ONCEPROOF_CHAIN_PORT', variables.ONCEPROOF_CHAIN_PORT.expected, 'the same as PORT')
  }
  if (sealAfterMs >= maxDelaySeconds * 1000) {
    throw configInvalid(
      'ONCEPROOF_SEAL_AFTER_MS',
      'less than the delay that promises allow (ONCEPROOF_MAX_DELAY_S)',
      `${sealAfterMs} ms`,
    )
  }
  if (acceptWithoutChainSeconds > maxDelaySeconds) {
    throw configInvalid(
      'ONCEPROOF_ACCEPT_WITHOUT_CHAIN_S',
      'at most the delay that promises allow (ONCEPROOF_MAX_DELAY_S)',
      `${acceptWithoutChainSeconds} s`,
    )
  }
}

/** A demo talks to itself over plain http on loopback. */
function assertTls({ profile, tlsCertFile, tlsKeyFile }: Config): void {
  const files = { ONCEPROOF_TLS_CERT_FILE: tlsCertFile, ONCEPROOF_TLS_KEY_FILE: tlsKeyFile }
  const given = Object.entries(files).filter(([, value]) => value !== null)
  if (given.length > 0 && profile !== 'production')
    throw configInvalid(given[0]![0], 'nothing (PROFILE is demo)', 'a value')
  const missing = Object.entries(files).find(([, value]) => value === null)
  if (given.length === 1) throw configInvalid(missing![0], 'a value together with the other file', 'nothing')
}

/** A provider is given with all that belongs to it, or not at all. */
function assertOwnProvider({ openidIssuer, openidClientId, openidClientSecretFile }: Config): void {
  const parts = { OPENID_CLIENT_ID: openidClientId, OPENID_CLIENT_SECRET_FILE: openidClientSecretFile }
  for (const [name, value] of Object.entries(parts)) {
    if ((value === null) === (openidIssuer === null)) continue
    throw configInvalid(
      name,
      openidIssuer === null ? 'nothing without OPENID_ISSUER' : 'a value together with OPENID_ISSUER',
      value === null ? 'nothing' : 'a value',
    )
  }
}

function assertProduction(config: Config, env: Readonly<Record<string, string | undefined>>): void {
  const needs = (name: Name) => {
    if (!env[name])
      throw configInvalid(name, `${variables[name].expected} (PROFILE is production)`, 'nothing')
  }
  needs('CHAIN_RPC_URL')
  needs('PUBLIC_URL')
  if (config.publicUrl?.startsWith('https:') !== true) {
    throw configInvalid('PUBLIC_URL', 'an https URL (PROFILE is production)', 'an http URL')
  }
  needs('KEYSTORE_PASSPHRASE_FILE')
  // Whoever copies the data folder must not get the passphrase with it.
  if (config.keystorePassphraseFile !== null && isInside(config.dataDir, config.keystorePassphraseFile)) {
    throw configInvalid('KEYSTORE_PASSPHRASE_FILE', 'a file outside DATA_DIR', 'a file inside DATA_DIR')
  }
  if (config.demo) throw configInvalid('ONCEPROOF_DEMO', 'false (PROFILE is production)', 'true')
  if (config.failPoint !== null)
    throw configInvalid('ONCEPROOF_FAIL_POINT', 'nothing (PROFILE is production)', config.failPoint.name)
  const { openidIssuer } = config
  if (openidIssuer === null) return
  if (!openidIssuer.startsWith('https:')) {
    throw configInvalid('OPENID_ISSUER', 'an https URL (PROFILE is production)', 'an http URL')
  }
  // Anybody may sign in there as anybody.
  if (openidIssuer === embeddedIssuer(config.publicUrl)) {
    throw configInvalid('OPENID_ISSUER', 'another provider than the demo’s own', 'the demo’s own')
  }
}

function configInvalid(field: string, expected: string, found: string): Refusal {
  return new Refusal('CONFIG_INVALID', `${field}: expected ${expected}, found ${found}`, {
    field,
    expected,
    found,
  })
}

function missing(name: Name): never {
  throw configInvalid(name, variables[name].expected, 'nothing')
}

function shown(text: string, mayBeSecret: boolean): string {
  return mayBeSecret ? `text of ${text.length} characters` : JSON.stringify(text.slice(0, 60))
}

/** By name, not by address: passkeys take no IP address. */
const localUrl = (port: number) => `http://localhost:${port}`

function oneOf<const T extends string>(values: readonly T[]) {
  return (text: string): T | undefined => values.find(value => value === text)
}

function integer(minimum: number, maximum: number) {
  return (text: string): number | undefined => {
    const value = /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN
    return value >= minimum && value <= maximum ? value : undefined
  }
}

function folder(text: string, cwd: string): string | undefined {
  const path = resolve(cwd, text)
  return text.includes('\0') || path === resolve(path, '..') ? undefined : path
}

function webUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}

function nodeUrl(text: string): string | undefined {
  const url = webUrl(text)
  return url === undefined || url.hash !== '' ? undefined : url.href
}

function publicUrl(text: string): string | undefined {
  const url = webUrl(text)
  if (url === undefined) return undefined
  // Asked of the text, since URL quietly drops an empty query, fragment or password.
  return /^https?:\/\/[^/?#@\\\s]+\/?$/i.test(text) ? url.origin : undefined
}

/** Compared as text with what the provider says of itself, so it stays as it was written. */
function issuerUrl(text: string): string | undefined {
  const url = webUrl(text)
  const isPlain = url !== undefined && url.username === '' && url.password === '' && !/[?#]/.test(text)
  return isPlain && (url.href === text || `${text}/` === url.href) ? text : undefined
}

/** C2SP: an origin is a URL without scheme, and as a note's key name holds neither spaces nor `+`. */
function logOrigin(text: string): string | undefined {
  const isOrigin =
    text.length <= 255 &&
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9]\d{0,4})?(?:\/[A-Za-z0-9._~-]+)*$/.test(text)
  return isOrigin ? text : undefined
}

function proxies(text: string): readonly string[] | undefined {
  const list = text.split(',').map(proxy => proxy.trim())
  try {
    proxyList(list)
    return list
  } catch {
    return undefined
  }
}

function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return !/^\.\.(?:[/\\]|$)/.test(way) && !isAbsolute(way)
}
