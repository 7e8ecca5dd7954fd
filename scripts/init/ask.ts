/**
 * Asks at the terminal for what a file of answers would say.
 */
import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Refusal } from '../../protocol/refusal.ts'
import { configVariables } from '../../server/config.ts'
import type { Message } from '../../server/http/messages.ts'
import type { Answers } from './answers.ts'

interface Question {
  text: Message
  /** Taken for an empty line; without one an answer is needed. */
  default?: string
  /** What a wrong answer is told; undefined for a right one. */
  wrong?: (answer: string) => string | undefined
}

/**
 * The answers, each checked by the gateway's own reader before the next question. Nothing is written. Refuses INIT_CUT_SHORT when the
 * input ends before the last answer.
 */
export async function askForAnswers(
  input: Readable,
  output: Writable,
  folder: string,
): Promise<Answers & { format: 'onceproof-init/1' }> {
  const terminal = createInterface({ input, output, terminal: false })
  const lines = terminal[Symbol.asyncIterator]()
  const ask = async ({ text, default: byDefault, wrong }: Question): Promise<string> => {
    for (;;) {
      output.write(`${text.zh} ${text.en}${byDefault === undefined ? '' : ` [${byDefault}]`}: `)
      const { value, done } = await lines.next()
      if (done === true || value === undefined) {
        throw new Refusal('INIT_CUT_SHORT', 'the answers ended before the last question; nothing was done')
      }
      const answer = value.trim() || byDefault
      const complaint = answer === undefined ? '—' : wrong?.(answer)
      if (answer !== undefined && complaint === undefined) return answer
      output.write(`  ✘ ${complaint ?? ''}\n`)
    }
  }
  /** As the variable's own reader reads it. */
  const asVariable = (name: string) => (answer: string) => {
    const { read, expected } = configVariables.find(variable => variable.name === name)!
    return read(answer, folder) === undefined ? `${name}: ${expected}` : undefined
  }
  const https = (name: string) => (answer: string) =>
    asVariable(name)(answer) ?? (answer.startsWith('https:') ? undefined : `${name}: https`)
  const isThere = (answer: string) =>
    existsSync(resolve(folder, answer)) ? undefined : '没有此文件 no such file'
  const orNothing = (check: (answer: string) => string | undefined) => (answer: string) =>
    answer === '-' ? undefined : check(answer)
  const all = (check: (answer: string) => string | undefined) => (answer: string) =>
    listOf(answer)
      .map(check)
      .find(complaint => complaint !== undefined)

  try {
    const dataDir = await ask({
      text: { zh: '数据目录', en: 'Data folder' },
      default: '/var/lib/onceproof',
      wrong: asVariable('DATA_DIR'),
    })
    const environmentFile = await ask({
      text: { zh: '环境文件', en: 'Environment file to write' },
      default: '/etc/onceproof/onceproof.env',
    })
    const file = await ask({
      text: {
        zh: '地区文件（onceproof-region/1，含部门与证照类型）；无则 -',
        en: 'File of the region with its departments and types; - for none',
      },
      default: '-',
      wrong: orNothing(isThere),
    })
    const region =
      file === '-'
        ? {
            code: await ask({
              text: { zh: '六位地区代码', en: 'Code of the region, six digits' },
              wrong: answer =>
                /^(?!99)\d{6}$/.test(answer) ? undefined : '六位，不以 99 开头 six digits, not 99…',
            }),
            province: {
              zh: await ask({ text: { zh: '省份名称（中文）', en: 'Province, in Chinese' } }),
              en: await ask({ text: { zh: '省份名称（英文）', en: 'Province, in English' } }),
            },
            city: {
              zh: await ask({ text: { zh: '城市名称（中文）', en: 'City, in Chinese' } }),
              en: await ask({ text: { zh: '城市名称（英文）', en: 'City, in English' } }),
            },
          }
        : file
    const publicUrl = await ask({
      text: { zh: '对外网址', en: 'Address that others know' },
      wrong: https('PUBLIC_URL'),
    })
    const port = await ask({
      text: { zh: '监听端口', en: 'Port to listen on' },
      default: '8787',
      wrong: asVariable('PORT'),
    })
    const proxies = await ask({
      text: { zh: '反向代理的地址；自带证书则 -', en: 'Addresses of the TLS proxy; - for certificate files' },
      default: '-',
      wrong: orNothing(asVariable('ONCEPROOF_TRUSTED_PROXIES')),
    })
    const tls: Record<string, string> =
      proxies === '-'
        ? {
            ONCEPROOF_TLS_CERT_FILE: await ask({
              text: { zh: 'TLS 证书文件（PEM，含证书链）', en: 'TLS certificate with its chain, PEM' },
              wrong: isThere,
            }),
            ONCEPROOF_TLS_KEY_FILE: await ask({
              text: { zh: 'TLS 私钥文件（PEM）', en: 'TLS key, PEM' },
              wrong: isThere,
            }),
          }
        : { ONCEPROOF_TRUSTED_PROXIES: proxies }
    const chainRpcUrl = await ask({
      text: { zh: '区块链节点 JSON-RPC', en: 'JSON-RPC of the chain node' },
      wrong: asVariable('CHAIN_RPC_URL'),
    })
    const confirmations = await ask({
      text: { zh: '区块确认数', en: 'Blocks until final' },
      default: '1',
      wrong: asVariable('ONCEPROOF_CONFIRMATIONS'),
    })
    const contracts = await ask({
      text: { zh: '已有合约的 deployment.json；新部署则 -', en: 'deployment.json to adopt; - to deploy' },
      default: '-',
      wrong: orNothing(isThere),
    })
    const openid = {
      issuer: await ask({
        text: { zh: '统一身份认证的发行方', en: 'OpenID Connect issuer' },
        wrong: https('OPENID_ISSUER'),
      }),
      clientId: await ask({
        text: { zh: '客户端标识', en: 'Client id there' },
        wrong: asVariable('OPENID_CLIENT_ID'),
      }),
      clientSecretFile: await ask({
        text: { zh: '客户端密钥文件', en: 'File with the client secret' },
        wrong: isThere,
      }),
    }
    const keyProviders = await ask({
      text: { zh: '密钥提供方文件（docs/keys.md）；无则 -', en: 'File of key providers; - for none' },
      default: '-',
      wrong: orNothing(isThere),
    })
    const passphraseFile = await ask({
      text: {
        zh: '密钥库口令文件（数据目录之外；没有则生成）',
        en: 'Passphrase file, made when it is not there',
      },
      default: '/etc/onceproof/passphrase',
    })
    const administrators = [
      await ask({
        text: { zh: '第一位管理员的 sub', en: 'First administrator, as the issuer calls him (sub)' },
      }),
      await ask({ text: { zh: '第二位管理员的 sub', en: 'Second administrator (sub)' } }),
    ]
    const files = (text: Message) => ask({ text, default: '-', wrong: orNothing(all(isThere)) })
    const types = await files({
      zh: '证照类型文件，逗号分隔；无则 -',
      en: 'Files of types, by commas; - for none',
    })
    const matters = await files({
      zh: '事项文件，逗号分隔；无则 -',
      en: 'Files of matters, by commas; - for none',
    })
    return {
      format: 'onceproof-init/1',
      dataDir,
      environmentFile,
      region,
      publicUrl,
      chainRpcUrl,
      contracts: contracts === '-' ? null : contracts,
      openid,
      keyProvidersFile: keyProviders === '-' ? null : keyProviders,
      passphraseFile,
      generatePassphrase: true,
      administrators,
      types: types === '-' ? [] : listOf(types),
      matters: matters === '-' ? [] : listOf(matters),
      environment: { PORT: port, ONCEPROOF_CONFIRMATIONS: confirmations, ...tls },
    }
  } finally {
    terminal.close()
  }
}

const listOf = (text: string) => text.split(',').map(one => one.trim())
