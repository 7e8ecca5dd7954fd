/** The fixed sentences of paper. */
import { type PrintLanguage } from '../catalogue/printed.ts'
import { dateText, timeText } from '../wording/times.ts'

interface Sentence {
  zh: string
  en: string
}

export const WORDS = {
  identifier: { zh: '证照标识', en: 'Identifier' },
  issuer: { zh: '发证机关', en: 'Issuer' },
  notary: { zh: '存证机构', en: 'Notary' },
  record: { zh: '存证证书', en: 'Certificate of notarization' },
  recordId: { zh: '存证编号', en: 'Record number' },
  fileName: { zh: '文件名称', en: 'File name' },
  fileSize: { zh: '文件大小', en: 'File size' },
  mediaType: { zh: '文件类型', en: 'File type' },
  fingerprint: { zh: '文件指纹（SHA-256）', en: 'Fingerprint (SHA-256)' },
  receivedAt: { zh: '受理时间', en: 'Received' },
  anchoredAt: { zh: '上链时间', en: 'Anchored' },
  block: { zh: '区块', en: 'Block' },
  contract: { zh: '登记合约', en: 'Contract' },
  meaning: { zh: '证明内容', en: 'What it proves' },
  shortCode: { zh: '短码', en: 'Short code' },
} satisfies Record<string, Sentence>

export const RECORD_MEANING: Sentence = {
  zh: '具有上述指纹的文件，最迟在上述时间已经存在，此后未被改动。文件内容在此之前是否真实，由提交者负责，本证书不作证明。',
  en: 'A file with this fingerprint existed at the time above at the latest and has not been changed since. Whether its content was true before is the word of whoever submitted it; this certificate does not say.',
}

export const NOTICES = {
  accepted: {
    zh: '尚未上链：本证照已经签发，区块链登记完成后请重新下载，届时文件内含完整回执，可独立核验。',
    en: 'Not anchored yet: issued and accepted. Download it again once it is registered on the chain; the file then holds the whole receipt.',
  },
  acceptedRecord: {
    zh: '尚未上链：存证已受理，区块链登记完成后请重新下载，届时文件内含完整回执，可独立核验。',
    en: 'Not anchored yet: received and accepted. Download it again once it is registered on the chain; the file then holds the whole receipt.',
  },
  acceptedCopy: {
    zh: '取得副本时尚未上链：文件内是受理承诺，不是回执。',
    en: 'Not anchored when the copy was taken: the file holds the promise, not the receipt.',
  },
  expired: { zh: '本证照已过有效期。', en: 'This certificate has expired.' },
  notYetValid: { zh: '本证照尚未生效。', en: 'This certificate is not valid yet.' },
  partial: {
    zh: '部门取得的副本：仅含获准查看的字段。',
    en: 'A department’s copy: only the fields that it may see.',
  },
} satisfies Record<string, Sentence>

export const SAMPLE_FOOT =
  '示例地区签发，仅供演示，无法律效力 Demonstration region: a sample without legal force'

export function anchoredLine(blockTime: number | null, of: 'issuer' | 'submitter', language: PrintLanguage) {
  if (blockTime === null) {
    const text =
      language === 'zh' ? '尚未上链，暂不能证明未被改动。' : 'Not anchored yet: nothing is proved so far.'
    return { isFinal: false, text }
  }
  const time = timeText(blockTime, language)
  const who = {
    issuer: { zh: '发证机关', en: 'issuing body' },
    submitter: { zh: '提交者', en: 'submitter' },
  }[of][language]
  const text =
    language === 'zh'
      ? `自 ${time}上链以来未被改动。上链前的内容由${who}负责。`
      : `Unchanged since it was anchored on ${time}. For what it said before, the ${who} answers.`
  return { isFinal: true, text }
}

export function validityLine(from: number, until: number | null, language: PrintLanguage): string {
  const first = dateText(from, language)
  if (language === 'zh') return `有效期：${first} 至 ${until === null ? '长期' : dateText(until, 'zh')}`
  return until === null ? `Valid from ${first}` : `Valid from ${first} to ${dateText(until, 'en')}`
}

/** The three ways to verify a certificate, in plain words. */
export function certificateSteps(
  { site, page, number }: { site: string; page: string; number: Sentence },
  language: PrintLanguage,
): string[] {
  if (language === 'zh') {
    return [
      `扫描二维码，并核对打开的网址以 ${site}/ 开头。`,
      `或打开 ${page}，输入短码和${number.zh}的后四位。`,
      '或把本 PDF 文件放入该页面：文件内附有可独立核验的证照数据。',
    ]
  }
  return [
    `Scan the code, and see that the address begins with ${site}/.`,
    `Or open ${page} and type the short code and the last four characters of the ${lowerFirst(number.en).replace(/\.$/, '')}.`,
    'Or drop this PDF there: it carries the data that anybody can verify.',
  ]
}

export function recordSteps(page: string, language: PrintLanguage): string[] {
  if (language === 'zh') {
    return [
      `扫描二维码或打开 ${page}，放入本 PDF 文件：文件内附有可独立核验的声明和回执。`,
      '用任意工具计算手中文件的 SHA-256 指纹，与上面所列逐位比对。',
      '也可按公开的方法凭区块链自行核验，不必依赖本站。',
    ]
  }
  return [
    `Scan the code or open ${page} and drop this PDF there: it carries statement and receipt.`,
    'Compute the SHA-256 fingerprint of the file in hand with any tool and compare it with the one above.',
    'Or check it yourself against the chain, by the published method and without this site.',
  ]
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
