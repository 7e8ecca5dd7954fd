/**
 * What the auditor reports: violations, each with the invariant that it breaks and the thing concerned, and what could not be
 * checked. Codes are stable; docs/fsck.md lists them.
 */
import type { Message } from '../../server/http/messages.ts'

/** I1 to I12 are the invariants of docs/fsck.md; `files` is what they rest on: the files of the data folder themselves. */
export type Invariant =
  'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11' | 'I12' | 'files'

export const INVARIANTS: Readonly<Record<Invariant, Message>> = {
  I1: { zh: '告知客户已受理的，都在', en: 'what clients were told is accepted is in the store' },
  I2: { zh: '每条声明恰有一个日志序号', en: 'each statement stands at exactly one log index' },
  I3: {
    zh: '检查点的根：重算、存储、链上三者一致，签名成立',
    en: 'each checkpoint’s root: recomputed, stored and on chain alike, and signed',
  },
  I4: { zh: '每个检查点恰有一个上链事件', en: 'one anchor event for each checkpoint' },
  I5: {
    zh: '合约计数、事件数、检查点数一致',
    en: 'the contract’s counter, its events and our checkpoints are as many',
  },
  I6: {
    zh: '交易序号连续，存储的交易完好',
    en: 'nonces without gaps, stored transactions as they were signed',
  },
  I7: { zh: '最终者，区块哈希与深度相符', en: 'nothing final without its block at its depth' },
  I8: { zh: '链上状态与库中状态一致', en: 'status on chain as in the database' },
  I9: { zh: '每次授权用证都有当时有效的授权', en: 'each use by consent has a grant in force at its time' },
  I10: {
    zh: '密文可解，披露与签名声明一致',
    en: 'sealed content opens, and gives the digests that were signed',
  },
  I11: { zh: '用证记录与其声明一致', en: 'the trail of uses says what its statements say' },
  I12: { zh: '明文处没有个人信息', en: 'no personal value in the clear' },
  files: { zh: '数据目录的文件完好', en: 'the files of the data folder are whole' },
}

/** Names what is concerned: `index` of a leaf, `identifier`, `size` of a checkpoint, `table` with `row` and `column`, … */
export type Place = Readonly<Record<string, string | number>>

export interface Violation {
  invariant: Invariant
  code: ViolationCode
  at: Place
  expected?: string
  found?: string
}

/** Something that nobody looked at, and why: never the same as being in order. */
export interface Unchecked {
  invariant: Invariant
  what: string
  why: UncheckedReason
}

export type UncheckedReason =
  | 'NO_CHAIN'
  | 'SNAPSHOT_ONLY'
  | 'NO_PASSPHRASE'
  | 'NO_CLIENT_LOG'
  | 'NO_CANARIES'
  | 'KEY_UNKNOWN'
  | 'SIGNER_KIND'
  | 'DAMAGED'
  | 'BROKE_OFF'
  | 'NO_NOTE_KEY'
  | 'EARLIER_RELEASE'

const sentence = (invariant: Invariant, zh: string, en: string) => ({ invariant, zh, en })

/** Every code with the invariant that it breaks. */
export const CODES = {
  TOLD_MISSING: sentence(
    'I1',
    '客户被告知已受理，库中没有',
    'a client was told it is accepted, the store has it not',
  ),
  TOLD_DIFFERS: sentence(
    'I1',
    '库中所存与告知客户的不同',
    'the store has something else than the client was told',
  ),
  CLIENT_LOG_LINE: sentence('I1', '客户记录有一行读不出', 'a line of the client’s log cannot be read'),

  STATEMENT_MISSING: sentence('I2', '缺少声明', 'a statement is missing'),
  STATEMENT_UNREADABLE: sentence('I2', '声明读不出', 'a statement cannot be read'),
  STATEMENT_KIND: sentence('I2', '声明的种类与登记不符', 'a statement is of another kind than its row says'),
  STATEMENT_SIGNATURE: sentence('I2', '声明的签名不成立', 'the signature of a statement does not hold'),
  STATEMENT_TWICE: sentence('I2', '同一编号的声明出现两次', 'two statements have the same id'),
  LEAF_DIFFERS: sentence('I2', '声明与其叶子哈希不符', 'the statement is not the one that was hashed'),
  LEAF_TWICE: sentence('I2', '同一叶子出现两次', 'the same leaf stands at two places'),
  LEAF_STRAY: sentence('I2', '有叶子而无声明', 'there is a leaf without a statement'),
  ROW_MISSING: sentence('I2', '有声明而无登记行', 'a statement has no row'),
  ROW_STRAY: sentence('I2', '有登记行而无声明', 'a row has no statement'),
  ROW_DIFFERS: sentence('I2', '登记行与其声明不一致', 'a row does not say what its statement says'),

  ROOT_DIFFERS: sentence(
    'I3',
    '重算的根与链上不同',
    'the root computed from the leaves is not the one on chain',
  ),
  NOTE_ROOT_DIFFERS: sentence(
    'I3',
    '重算的根与签名检查点不同',
    'the root computed from the leaves is not the one that was signed',
  ),
  ROOT_STORED: sentence('I3', '库中的根与签名检查点不同', 'the stored root is not the one that was signed'),
  NOTE_WRONG: sentence(
    'I3',
    '检查点读不出或签名不成立',
    'the checkpoint cannot be read or its signature does not hold',
  ),
  NOTE_MISSING: sentence(
    'I3',
    '链上有而日志没有该检查点',
    'the chain has a checkpoint that the log does not show',
  ),
  NOT_ON_CHAIN: sentence(
    'I3',
    '日志称已上链而链上没有',
    'the log says that it is anchored, the chain does not',
  ),
  LEAVES_MISSING: sentence(
    'I3',
    '叶子少于链上检查点所计',
    'there are fewer leaves than the chain has counted',
  ),
  SIGNATURE_WRONG: sentence('I3', '上链签名不成立', 'the signature for the contract does not hold'),
  TILE_DIFFERS: sentence('I3', '瓦片与叶子不符', 'a tile is not the one of its leaves'),
  TILE_MISSING: sentence('I3', '缺少瓦片', 'a tile is missing'),
  TILE_STRAY: sentence('I3', '多出的瓦片', 'a tile that no checkpoint covers'),

  EVENT_MISSING: sentence('I4', '检查点没有上链事件', 'a checkpoint on chain has no event'),
  EVENT_TWICE: sentence('I4', '检查点有两个上链事件', 'a checkpoint has two events'),
  EVENT_DIFFERS: sentence('I4', '事件与合约所存不同', 'an event does not say what the contract holds'),
  COUNTER_DIFFERS: sentence('I5', '计数不一致', 'counter, events and checkpoints are not as many'),

  NONCE_GAP: sentence('I6', '交易序号有缺', 'a nonce has no transaction on file'),
  NONCE_TWICE: sentence('I6', '同一序号有两笔已上链交易', 'a nonce has two mined transactions'),
  PURPOSE_TWICE: sentence('I6', '同一事项上链两次', 'the same purpose was carried out twice'),
  TRANSACTION_UNREADABLE: sentence('I6', '存储的交易读不出', 'a stored transaction cannot be read'),
  TRANSACTION_DIFFERS: sentence(
    'I6',
    '交易登记与其原始字节不符',
    'the row of a transaction does not say what its bytes say',
  ),
  TRANSACTION_PURPOSE: sentence(
    'I6',
    '交易内容不是其事项',
    'a transaction does not do what its purpose says',
  ),

  FINAL_BLOCK_DIFFERS: sentence(
    'I7',
    '称为最终，而该高度是另一区块',
    'it is called final, and another block stands there',
  ),
  FINAL_NOT_DEEP: sentence(
    'I7',
    '称为最终，而深度不足',
    'it is called final, and its block is not deep enough',
  ),
  ANCHOR_DIFFERS: sentence('I7', '所记上链区块与链上不同', 'the block on file is not the one of the anchor'),

  ORDER_DIFFERS: sentence(
    'I8',
    '状态指令与其声明不一致',
    'a status order does not say what its statement says',
  ),
  ORDER_SIGNATURE: sentence('I8', '状态指令的签名不成立', 'the signature of a status order does not hold'),
  ORDER_NOT_ON_CHAIN: sentence(
    'I8',
    '库称已执行而链上没有',
    'the store says that it is executed, the chain does not',
  ),
  ORDER_REFUSED_ON_CHAIN: sentence(
    'I8',
    '库称被拒而链上已执行',
    'the store says that it is refused, the chain executed it',
  ),
  ORDER_UNKNOWN: sentence(
    'I8',
    '链上已执行的指令不在库中',
    'the chain executed an order that the store does not have',
  ),
  STATUS_DIFFERS: sentence(
    'I8',
    '链上状态位与库中不一致',
    'a status bit on chain is not what the store says',
  ),

  GRANT_MISSING: sentence('I9', '用证所据的授权不在库中', 'the grant of a use is not in the store'),
  GRANT_NOT_IN_FORCE: sentence('I9', '用证时授权无效', 'the grant was not in force when it was used'),
  GRANT_DOES_NOT_COVER: sentence(
    'I9',
    '授权不含所读的部门、事项、证照或字段',
    'the grant does not cover what was read',
  ),
  GRANT_COUNT: sentence(
    'I9',
    '授权的使用次数与用证记录不符',
    'a grant was used another number of times than it says',
  ),
  GRANT_DIFFERS: sentence(
    'I9',
    '授权登记与所签内容不一致',
    'the row of a grant does not say what was signed',
  ),
  GRANT_SIGNATURE: sentence(
    'I9',
    '授权或撤回的签名不成立',
    'the signature of a grant or a withdrawal does not hold',
  ),
  GRANT_NOT_ON_CHAIN: sentence(
    'I9',
    '库称已上链的授权不在链上',
    'the store says that the grant is on chain, the chain does not',
  ),
  GRANT_UNKNOWN: sentence('I9', '链上的撤回不在库中', 'a withdrawal on chain is not in the store'),
  WITHDRAWAL_DIFFERS: sentence(
    'I9',
    '撤回登记与链上或所签内容不一致',
    'a withdrawal does not say what was signed or is on chain',
  ),

  DOCUMENT_UNREADABLE: sentence('I10', '密文不能解开', 'sealed content cannot be decrypted'),
  DISCLOSURE_DIFFERS: sentence('I10', '披露不是签名声明中的', 'a disclosure is not one that was signed'),
  ERASURE_UNDONE: sentence('I10', '已销毁的内容又出现', 'what was erased is there again'),
  DEFINITION_DIFFERS: sentence('I10', '定义与其指纹不符', 'a definition is not the one of its digest'),

  USE_DIFFERS: sentence('I11', '用证记录与其声明不一致', 'a use does not say what its statement says'),
  USE_MISSING: sentence('I11', '缺少用证记录', 'the row of a use is missing'),

  CANARY_FOUND: sentence('I12', '明文处发现金丝雀值', 'a canary value stands in the clear'),
  PERSONAL_NUMBER: sentence('I12', '明文处发现公民身份号码', 'a citizen’s number stands in the clear'),

  DATABASE_DAMAGED: sentence('files', '数据库损坏', 'the database is damaged'),
  REFERENCE_DANGLING: sentence('files', '引用悬空', 'a reference leads nowhere'),
  VALUE_IMPOSSIBLE: sentence('files', '不可能的值', 'a value that cannot stand there'),
  ROW_ALTERED: sentence('files', '行内容与其校验和不符', 'a row is not the one of its check sum'),
  SETTING_DIFFERS: sentence('files', '设置与其所指不一致', 'a setting does not say what it refers to'),
  KEYSTORE_DAMAGED: sentence('files', '密钥库损坏或打不开', 'the keystore is damaged or does not open'),
  DEPLOYMENT_DIFFERS: sentence('files', '部署文件与链上不符', 'the deployment file is not the chain’s'),
  FILE_DAMAGED: sentence('files', '文件损坏', 'a file is damaged'),
  JOURNAL_DAMAGED: sentence('files', '内嵌链日志损坏', 'the journal of the embedded chain is damaged'),
  JOURNAL_DIFFERS: sentence('files', '内嵌链日志与链不符', 'a block of the journal is not the chain’s'),
} as const satisfies Record<string, Message & { invariant: Invariant }>

export type ViolationCode = keyof typeof CODES

/** Listed of each code; the rest is counted. */
const MOST_LISTED = 50

export interface Findings {
  violation(code: ViolationCode, at: Place, values?: { expected?: unknown; found?: unknown }): void
  /** More of a code than anybody listed. */
  uncounted(code: ViolationCode, count: number): void
  unchecked(invariant: Invariant, what: string, why: UncheckedReason): void
  all(): { violations: Violation[]; counts: Record<string, number>; unchecked: Unchecked[] }
}

/** Collects in bounded memory: the first of each code are listed, all are counted. */
export function findings(): Findings {
  const violations: Violation[] = []
  const counts: Record<string, number> = {}
  const unchecked = new Map<string, Unchecked>()
  return {
    violation(code, at, { expected, found } = {}) {
      const count = (counts[code] = (counts[code] ?? 0) + 1)
      if (count > MOST_LISTED) return
      violations.push({
        invariant: CODES[code].invariant,
        code,
        at,
        ...(expected === undefined ? {} : { expected: textOf(expected) }),
        ...(found === undefined ? {} : { found: textOf(found) }),
      })
    },
    uncounted(code, count) {
      if (count > 0) counts[code] = (counts[code] ?? 0) + count
    },
    unchecked(invariant, what, why) {
      unchecked.set(`${invariant} ${what} ${why}`, { invariant, what, why })
    },
    all: () => ({ violations, counts, unchecked: [...unchecked.values()] }),
  }
}

/** As it is shown: bytes in hex, long texts cut. */
export function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex').slice(0, 64)}`
  if (value === null || value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
