/**
 * What a verification says to people: verdicts, questions, and how each was checked. One table for the pages, the command line, the
 * paper and the browser, so that one verdict reads the same everywhere. Data only.
 */
import type { Message } from '../http/messages.ts'
import type { Question, Verdict } from '../../protocol/verdict.ts'

export interface VerdictWords {
  readonly headline: Message
  readonly why: Message
  readonly next: Message
}

export const VERDICT_WORDS: Readonly<Record<Verdict, VerdictWords>> = {
  UNREADABLE: {
    headline: { zh: '文件无法读取', en: 'This file cannot be read' },
    why: { zh: '这不是证照文件，或文件已损坏', en: 'It is not a certificate file, or it is damaged' },
    next: { zh: '请重新获取原文件，或改用编号核验', en: 'Get the original file again, or check by number' },
  },
  TAMPERED: {
    headline: { zh: '内容与签发时不一致', en: 'The content has been changed' },
    why: {
      zh: '内容与签名或链上登记的指纹不符',
      en: 'It does not match its seal or the fingerprint on the chain',
    },
    next: { zh: '不得采信，请保留文件并报告', en: 'Do not rely on it; keep the file and report it' },
  },
  ISSUER_UNKNOWN: {
    headline: { zh: '发证机关未认证', en: 'Unknown issuer' },
    why: {
      zh: '签名密钥不在发证机关名录，或不属于所称的机关',
      en: 'The signing key is not listed, or not the named issuer’s',
    },
    next: { zh: '不得采信', en: 'Do not rely on it' },
  },
  NOT_RECOGNISED_HERE: {
    headline: { zh: '本地不互认此证照', en: 'Not recognised here' },
    why: {
      zh: '该地区或该类证照不在本地互认范围，这不代表证照有问题',
      en: 'This region or type is outside what is recognised here; this says nothing about the certificate',
    },
    next: {
      zh: '请按本地要求另行提供材料，或向发证地核实',
      en: 'Ask for another document, or ask the region that issued it',
    },
  },
  KEY_COMPROMISED: {
    headline: { zh: '签发密钥已泄露', en: 'Signed with a stolen key' },
    why: {
      zh: '登记到区块链的时间晚于密钥泄露时间，无法确认由发证机关签发',
      en: 'It was anchored after the key was compromised, so it may not come from the issuer',
    },
    next: { zh: '不得采信，请联系发证机关重新签发', en: 'Do not rely on it; ask the issuer to reissue' },
  },
  ISSUER_KEY_REVOKED: {
    headline: { zh: '签发密钥当时已停用', en: 'Signed with a key that was no longer valid' },
    why: {
      zh: '登记到区块链的时间晚于密钥停用时间',
      en: 'It was registered on the blockchain after the key was withdrawn',
    },
    next: { zh: '请联系发证机关重新签发', en: 'Ask the issuer to reissue' },
  },
  KEY_NOT_YET_VALID: {
    headline: { zh: '签发密钥当时尚未启用', en: 'Signed with a key that was not yet valid' },
    why: {
      zh: '登记到区块链的时间早于密钥登记时间',
      en: 'It was registered on the blockchain before the key was',
    },
    next: { zh: '请联系发证机关重新签发', en: 'Ask the issuer to reissue' },
  },
  ISSUER_SUSPENDED: {
    headline: { zh: '发证机关当时被暂停签发', en: 'The issuer was suspended at that time' },
    why: {
      zh: '登记到区块链时，该机关已被暂停签发资格',
      en: 'The issuer’s right to issue was suspended when it was anchored',
    },
    next: {
      zh: '不得采信，请联系发证机关或监管部门',
      en: 'Do not rely on it; contact the issuer or the regulator',
    },
  },
  PERMIT_NOT_IN_FORCE: {
    headline: { zh: '发证机关当时无权签发此类证照', en: 'The issuer was not allowed to issue this type' },
    why: {
      zh: '登记到区块链时，该机关没有此类证照在本地区的签发权限',
      en: 'When it was anchored, the issuer had no permit for this type in this region',
    },
    next: {
      zh: '不得采信，请联系有权签发的机关',
      en: 'Do not rely on it; ask the department that may issue it',
    },
  },
  REVOKED: {
    headline: { zh: '证照已注销', en: 'This certificate has been revoked' },
    why: { zh: '发证机关已注销', en: 'The issuer has revoked it' },
    next: { zh: '不得作为办事依据', en: 'Do not accept it' },
  },
  CANNOT_CHECK: {
    headline: { zh: '暂时无法核验', en: 'We cannot check right now' },
    why: {
      zh: '区块链或服务暂不可达，这不代表证照有问题',
      en: 'The chain or service cannot be reached; this says nothing about the certificate',
    },
    next: { zh: '请稍后再试或使用离线核验', en: 'Try again or use offline verification' },
  },
  PENDING_ANCHOR: {
    headline: { zh: '已签发，正在登记', en: 'Issued, being registered' },
    why: {
      zh: '签名有效，正等待登记到区块链（防篡改的公开账本）',
      en: 'The seal is valid; it waits to be registered on the blockchain, a public ledger that nobody can alter',
    },
    next: { zh: '请过一会儿再核验一次', en: 'Check it again in a moment' },
  },
  SUPERSEDED: {
    headline: { zh: '证照已换发', en: 'Replaced by a newer one' },
    why: { zh: '此版本已失效，有新版证照', en: 'This version has been replaced' },
    next: { zh: '请持证人出示新版', en: 'Ask for the new one' },
  },
  SUSPENDED: {
    headline: { zh: '证照已暂停', en: 'This certificate is suspended' },
    why: { zh: '发证机关已暂停其效力', en: 'The issuer has suspended it' },
    next: { zh: '请联系发证机关', en: 'Contact the issuer' },
  },
  EXPIRED: {
    headline: { zh: '证照已过期', en: 'This certificate has expired' },
    why: { zh: '内容真实，但已超过有效期', en: 'It is genuine but past its end date' },
    next: { zh: '请持证人到发证机关换领', en: 'Ask the holder to renew it' },
  },
  NOT_YET_VALID: {
    headline: { zh: '证照尚未生效', en: 'Not valid yet' },
    why: { zh: '生效日期未到', en: 'Its start date has not come' },
    next: { zh: '请在生效日期后再使用', en: 'Use it after that date' },
  },
  TEST: {
    headline: { zh: '测试证照', en: 'Test certificate' },
    why: { zh: '仅用于演示，不具法律效力', en: 'For demonstration only' },
    next: { zh: '不得作为办事依据', en: 'Do not accept it' },
  },
  OFFLINE_OK: {
    headline: { zh: '离线核验通过（截至快照时间）', en: 'Passed offline, as of the snapshot' },
    why: {
      zh: '内容、签名和状态在快照时间均无误，之后的变化未查询',
      en: 'Content, seal and status were right at the time of the snapshot; later changes were not checked',
    },
    next: { zh: '联网后请复核', en: 'Check again when online' },
  },
  VALID: {
    headline: { zh: '证照有效', en: 'This certificate is valid' },
    why: { zh: '五项核验全部通过', en: 'All five checks passed' },
    next: { zh: '请核对出示人与证照信息是否为同一人', en: 'Check that the person matches the details' },
  },
  NOT_FOUND: {
    headline: { zh: '未查到此证照', en: 'We cannot find this certificate' },
    why: { zh: '证照库中没有这个编号', en: 'No certificate is registered under this number' },
    next: { zh: '请核对编号，或改用二维码', en: 'Check the number or scan the QR' },
  },
  CODE_EXPIRED: {
    headline: { zh: '亮证码已失效', en: 'This code has expired' },
    why: { zh: '动态码已超过有效时间', en: 'The dynamic code is too old' },
    next: { zh: '请持证人刷新后重新出示', en: 'Ask the holder to refresh' },
  },
  CODE_USED: {
    headline: { zh: '亮证码已被使用', en: 'This code was already used' },
    why: { zh: '一次性码不可重复使用', en: 'A one-time code cannot be reused' },
    next: { zh: '请持证人重新生成', en: 'Ask for a new code' },
  },
  NO_CONSENT: {
    headline: { zh: '未获授权', en: 'No consent' },
    why: { zh: '持证主体未授权本单位为此事项使用', en: 'The holder has not allowed this use' },
    next: { zh: '请发起授权请求', en: 'Request consent' },
  },
  SHARE_REFUSED: {
    headline: { zh: '不予共享', en: 'Not shared' },
    why: { zh: '此类证照仅可由持证人出示', en: 'Only the holder may present this type' },
    next: { zh: '请持证人亮证', en: 'Ask the holder to present it' },
  },
  WITHHELD: {
    headline: { zh: '应急处置中', en: 'Withheld' },
    why: { zh: '依法暂不展示', en: 'Not shown under an emergency order' },
    next: { zh: '请联系监管部门', en: 'Contact the regulator' },
  },
}

/** A valid record says nothing about what came before it was anchored. */
export const VALID_RECORD: VerdictWords = {
  headline: { zh: '存证有效', en: 'This record is valid' },
  why: VERDICT_WORDS.VALID.why,
  next: {
    zh: '上链以来未被改动；此前的内容由提交者负责',
    en: 'It has not changed since it was anchored; what was true before is the submitter’s word',
  },
}

/** The words of a verdict on a certificate or a record. */
export function verdictWords(verdict: Verdict, kind: 'certificate' | 'record' = 'certificate'): VerdictWords {
  return kind === 'record' && verdict === 'VALID' ? VALID_RECORD : VERDICT_WORDS[verdict]
}

export interface QuestionWords extends Message {
  readonly ask: Message
  /** How it was checked, for people who have never heard of a hash. */
  readonly how: Message
}

export const QUESTION_WORDS: Readonly<Record<Question, QuestionWords>> = {
  intact: {
    zh: '内容完整',
    en: 'Content unchanged',
    ask: { zh: '证照内容与签发时一致吗？', en: 'Is the content the same as when it was issued?' },
    how: {
      zh: '重新计算内容的指纹，并用发证机关在链上登记的公钥核对它的电子签名。内容改动一个字，签名就对不上。',
      en: 'The fingerprint of the content is computed again, and the electronic seal is compared with the key that the issuer has registered on the chain. One changed character and they no longer match.',
    },
  },
  anchored: {
    zh: '已上链',
    en: 'Anchored',
    ask: { zh: '指纹在区块链上找得到吗？', en: 'Is its fingerprint on the chain?' },
    how: {
      zh: '签发时，证照的指纹（不含内容）被登记到区块链，即“上链”。这里查找这一登记，并确认其所在区块已不可更改。',
      en: 'When it was issued, its fingerprint (not its content) was entered on a blockchain. We look that entry up, and that its block can no longer be changed.',
    },
  },
  authorised: {
    zh: '发证机关',
    en: 'Issuer',
    ask: {
      zh: '发证机关真实、且有权签发此类证照吗？',
      en: 'Is the issuer real and allowed to issue this type?',
    },
    how: {
      zh: '在链上的发证机关名录中，查当时这把签发密钥属于谁、是否有效，以及该机关是否有权签发此类证照。',
      en: 'In the register of issuers on the chain we look up whose key it was, whether it was valid at that time, and whether that body was allowed to issue this type.',
    },
  },
  'in force': {
    zh: '有效期',
    en: 'Validity period',
    ask: { zh: '在有效期内吗？', en: 'Is it within its dates?' },
    how: {
      zh: '用当前时间与证照上的起止日期比较。',
      en: 'The present time is compared with the first and last day of the certificate.',
    },
  },
  'not revoked': {
    zh: '证照状态',
    en: 'Status',
    ask: { zh: '有没有被注销、暂停或换发？', en: 'Has it been revoked, suspended or replaced?' },
    how: {
      zh: '向区块链查询发证机关登记的最新状态。',
      en: 'The chain is asked for the latest status that the issuer has entered.',
    },
  },
}

/** Name of the sign that stands before a verdict, in the set that the app draws (Ant Design). */
export const VERDICT_ICON: Readonly<Record<Verdict, string>> = {
  UNREADABLE: 'file-unknown',
  TAMPERED: 'alert',
  ISSUER_UNKNOWN: 'bank',
  NOT_RECOGNISED_HERE: 'environment',
  KEY_COMPROMISED: 'key',
  ISSUER_KEY_REVOKED: 'key',
  KEY_NOT_YET_VALID: 'key',
  ISSUER_SUSPENDED: 'bank',
  PERMIT_NOT_IN_FORCE: 'bank',
  REVOKED: 'stop',
  CANNOT_CHECK: 'disconnect',
  PENDING_ANCHOR: 'hourglass',
  SUPERSEDED: 'swap',
  SUSPENDED: 'pause',
  EXPIRED: 'calendar',
  NOT_YET_VALID: 'clock',
  TEST: 'experiment',
  OFFLINE_OK: 'wifi-off',
  VALID: 'check-circle',
  NOT_FOUND: 'search',
  CODE_EXPIRED: 'clock',
  CODE_USED: 'repeat',
  NO_CONSENT: 'lock',
  SHARE_REFUSED: 'lock',
  WITHHELD: 'eye-invisible',
}

/** Colour of the text of each tone; at least 4.5:1 on white and on the tone's tint. */
export const TONE_COLOUR: Readonly<Record<'success' | 'warning' | 'error' | 'info' | 'neutral', string>> = {
  success: '#1e6b0a',
  warning: '#8a5300',
  error: '#b3261e',
  info: '#0b57d0',
  neutral: '#4d4d4d',
}
