/**
 * Every sentence that the command line says to people: Chinese first, English beside it. Codes of protocol and gateway, and the
 * reasons of answers, have their sentence in `server/http/messages.ts`.
 */
import type { UncheckedReason } from '../fsck/finding.ts'
import { messages as shared, type Message } from '../../server/http/messages.ts'

/** `zh en`, as every line of the command line is written. */
export const both = ({ zh, en }: Message): string => `${zh} ${en}`

export const labels = {
  refused: { zh: '未完成', en: 'refused' },
  usage: { zh: '用法有误', en: 'used wrongly' },
  field: { zh: '项', en: 'field' },
  expected: { zh: '应为', en: 'expected' },
  found: { zh: '实为', en: 'found' },
  row: { zh: '行', en: 'row' },

  issued: { zh: '已签发', en: 'Issued' },
  batchIssued: { zh: '整批已签发', en: 'Batch issued' },
  notarized: { zh: '已存证', en: 'Notarized' },
  superseded: { zh: '已换发', en: 'Replaced' },
  ordered: { zh: '状态指令', en: 'Status order' },
  loaded: { zh: '演示地区已装入', en: 'The demonstration region is loaded' },
  written: { zh: '已写入', en: 'written to' },

  identifier: { zh: '证照标识', en: 'identifier' },
  record: { zh: '存证编号', en: 'record' },
  shortCode: { zh: '短码', en: 'short code' },
  leaf: { zh: '叶子哈希', en: 'leaf hash' },
  index: { zh: '日志序号', en: 'log index' },
  sha256: { zh: '文件指纹', en: 'SHA-256' },
  batch: { zh: '批次', en: 'batch' },
  count: { zh: '数量', en: 'count' },
  department: { zh: '部门', en: 'department' },
  type: { zh: '证照类型', en: 'certificate type' },
  standing: { zh: '证照状态', en: 'standing' },
  statement: { zh: '上链进度', en: 'statement' },
  change: { zh: '状态变更', en: 'change' },
  acceptedAt: { zh: '受理时间', en: 'accepted at' },
  validFrom: { zh: '有效期自', en: 'valid from' },
  validUntil: { zh: '有效期至', en: 'valid until' },
  withoutEnd: { zh: '长期', en: 'without end' },
  block: { zh: '区块', en: 'block' },
  fields: { zh: '出示的字段', en: 'disclosed fields' },
  fieldsUnproved: { zh: '文件所称（未经证实）', en: 'what the file says, not proved' },
  values: { zh: '字段值', en: 'values' },
  issuer: { zh: '发证机关', en: 'issuer' },
  anchor: { zh: '上链', en: 'anchored' },
  asOf: { zh: '核验所据区块', en: 'asked at block' },
  successor: { zh: '新版叶子哈希', en: 'successor (leaf hash)' },
  next: { zh: '请', en: 'what to do' },
  fit: { zh: '可用于正式环境', en: 'Fit for production' },
  unfit: { zh: '尚不可用于正式环境', en: 'Not fit for production' },
  installed: { zh: '已完成正式环境设置', en: 'Set up for production' },
  answersFile: { zh: '答案文件', en: 'answers' },
  environmentFile: { zh: '环境文件', en: 'environment file' },
  dataFolder: { zh: '数据目录', en: 'data folder' },
  operatorToken: { zh: '运维令牌', en: 'operator token' },
  logOrigin: { zh: '存证日志', en: 'log' },
  payingAccount: { zh: '付费账户（须有余额）', en: 'account that pays (needs funds)' },
  governingAccount: { zh: '治理账户', en: 'account that governs' },
  matters: { zh: '事项数', en: 'matters' },
  administrators: { zh: '管理员', en: 'administrators' },
  evidence: { zh: '所附凭据', en: 'carries' },
  receipt: { zh: '回执', en: 'the receipt' },
  promise: { zh: '承诺书（尚未最终上链）', en: 'the promise (not final on chain yet)' },
  fingerprint: { zh: '指纹', en: 'fingerprint' },
  original: { zh: '原文件', en: 'original file' },
  sameFile: { zh: '与证照所载一致', en: 'is the one that the certificate names' },
  otherFile: { zh: '不是证照所载的那一份', en: 'is not the one that the certificate names' },
  noFile: { zh: '证照未出示所载的原文件', en: 'the certificate discloses no original file' },

  waiting: { zh: '等待上链', en: 'waiting for the chain' },
  hashing: { zh: '计算指纹', en: 'hashing' },
  auditing: { zh: '逐叶重算', en: 'hashing leaves' },
  readingChain: { zh: '读取链上数据', en: 'reading the chain' },
  saving: { zh: '保存文件', en: 'saving files' },
  loading: { zh: '装入', en: 'loading' },

  auditAgrees: { zh: '日志、检查点与链上一致', en: 'Log, checkpoints and chain agree' },
  auditDiffers: { zh: '发现不一致', en: 'There are differences' },
  leaves: { zh: '已核对的叶子', en: 'leaves' },
  checkpointsOnChain: { zh: '链上检查点', en: 'checkpoints on chain' },
  checkpointsPending: { zh: '尚未上链的检查点', en: 'checkpoints not on chain yet' },
  notes: { zh: '已验签的检查点', en: 'signed checkpoints' },
  root: { zh: '根', en: 'root' },
  more: { zh: '另有', en: 'more of this kind' },

  fsckClean: { zh: '审计通过，未发现违例', en: 'Clean: no violation was found' },
  fsckViolations: { zh: '发现违例', en: 'There are violations' },
  fsckUndetermined: {
    zh: '未发现违例，但有未能核对之处',
    en: 'Nothing wrong was found, and not everything could be checked',
  },
  told: { zh: '告知客户已受理的条数', en: 'promises in the client log' },

  backedUp: { zh: '已备份', en: 'Backed up to' },
  keysBackedUp: { zh: '密钥另存于', en: 'Keys, apart' },
  keysNotBackedUp: {
    zh: '注意：密钥没有备份（--keys-out）。没有密钥，备份无法签发，也读不出任何字段值',
    en: 'NOTE: the keys are in no backup (--keys-out). Without them a backup signs nothing and shows no value',
  },
  restored: { zh: '已恢复到', en: 'Restored to' },
  rebuilt: { zh: '数据库已重建', en: 'The database is rebuilt' },
  asOfBackup: { zh: '备份时间', en: 'as of' },
  inStore: { zh: '声明数', en: 'statements' },
  toTakeUp: {
    zh: '启动时将由日志第二份补上',
    en: 'statements that the gateway takes up from the mirror when it starts',
  },
  erasedAgain: { zh: '重新删除的证照', en: 'certificates erased again' },
  erasedAfter: {
    zh: '注意：备份之后删除过的内容会重新出现，备份之后受理的声明也不在其中',
    en: 'NOTE: what was erased after the backup is there again, and what was accepted after it is missing',
  },
  keysNeeded: {
    zh: '注意：启动前请放回 keystore.json 与口令文件',
    en: 'NOTE: put keystore.json and the passphrase file back before the start',
  },
  valuesNotRebuilt: {
    zh: '字段值、会话、任命、办件与授权不在日志中，未能重建',
    en: 'Values, sessions, assignments, cases and grants are not in the log and did not come back',
  },
  rebuilding: { zh: '重建', en: 'rebuilding' },
  noKeys: { zh: '密钥库为空', en: 'the keystore is empty' },
  folder: { zh: '目录', en: 'folder' },
  signerMade: {
    zh: '签名服务已就绪；启动前请核对 policy.json',
    en: 'The signer is made; read its policy.json before starting it',
  },
  signerRuns: { zh: '签名服务运行于', en: 'The signer runs at' },
  signedCount: { zh: '签名数', en: 'signed' },
  chainRuns: { zh: '内嵌链正在运行', en: 'The embedded chain runs' },
  whatRenewalDoes: {
    zh: '将另起一条内嵌链：旧链与部署文件改名存档；合约以相同地址重新部署；登记、签发权限、检查点、状态指令与授权按原次序重做；上链时间均为新链时间；信任文件改变，须重新公布。确认请加 --yes',
    en: 'A new embedded chain is begun: the old one and its deployment file are put aside; the contracts are deployed at the same addresses; registrations, permits, checkpoints, status orders and grants are done again in their order; every time on chain is the new chain’s; the trust file changes and has to be published. To do it, add --yes',
  },
  chainRenewed: {
    zh: '已换新链，全部重做完毕',
    en: 'A new chain is in place, and everything is on it again',
  },
  transactionsAgain: { zh: '重做的交易', en: 'transactions done again' },
  setAside: { zh: '已存档', en: 'put aside' },
  publishTrust: {
    zh: '请公布新的信任文件（npx onceproof trust export）及其指纹；持证人重新下载证照文件即得新回执',
    en: 'Publish the new trust file (npx onceproof trust export) and its fingerprint; holders fetch their files again for new receipts',
  },
  chainStopped: { zh: '内嵌链未运行', en: 'The embedded chain does not run' },
  url: { zh: '地址', en: 'address' },
  process: { zh: '进程', en: 'process' },
  chainId: { zh: '链编号', en: 'chain id' },
  genesis: { zh: '创世区块', en: 'genesis' },
  departments: { zh: '部门', en: 'departments' },
  types: { zh: '类型', en: 'types' },
  certificates: { zh: '证照', en: 'certificates' },
  suspended: { zh: '暂停', en: 'suspended' },
  revoked: { zh: '注销', en: 'revoked' },
  replaced: { zh: '换发', en: 'replaced' },
} satisfies Record<string, Message>

/** Refusals of the command line itself. */
const refusals: Readonly<Record<string, Message>> = {
  INIT_ANSWERS: { zh: '答案有误', en: 'The answers cannot be used' },
  INIT_CUT_SHORT: { zh: '答案未答完', en: 'The answers are not complete' },
  INIT_DIFFERS: {
    zh: '与已有设置不一致，未作任何改动',
    en: 'This differs from what was set up; nothing was changed',
  },
  ENVIRONMENT_VALUE: {
    zh: '该值无法写入环境文件',
    en: 'An environment file cannot hold this value',
  },
  ENVIRONMENT_SYNTAX: { zh: '环境文件格式有误', en: 'The environment file cannot be read' },
  USAGE: { zh: '命令用法有误', en: 'The command was used wrongly' },
  FILE_MISSING: { zh: '没有这个文件', en: 'There is no such file' },
  FILE_UNREADABLE: { zh: '文件无法读取', en: 'The file cannot be read' },
  FILE_NOT_WRITTEN: { zh: '文件无法写入', en: 'The file cannot be written' },
  INPUT_TOO_LARGE: { zh: '输入过大', en: 'The input is too large' },
  FIELDS_SHAPE: { zh: '应为一个字段与值的对象', en: 'One object of fields and values is expected' },
  ROWS_SHAPE: { zh: '应为行的数组', en: 'An array of rows is expected' },
  TOKEN_FILE: { zh: '读不到访问令牌', en: 'The file with the access token cannot be read' },
  NOT_FINAL_IN_TIME: {
    zh: '已受理，但在等待时间内尚未最终上链',
    en: 'It is accepted, but was not final on chain within the time to wait',
  },
  ORDER_REFUSED: { zh: '链上拒绝了该状态指令', en: 'The chain refused the status order' },
  EXAMPLE_MISSING: { zh: '此类证照没有可用的示例', en: 'There is no example of this type that is in force' },
  PASSPHRASE_FILE: { zh: '读不到密钥库口令文件', en: 'The file with the passphrase cannot be read' },
  RESTORE_MIRROR_NEEDED: {
    zh: '请指明尚存的日志第二份，或说明已无',
    en: 'Name the mirror that outlived the data folder, or say that none did',
  },
  STORE_DAMAGED: { zh: '数据库已损坏，读不出', en: 'The database is damaged and cannot be read' },
}

/** Differences that an audit of the log finds. */
const differences: Readonly<Record<string, Message>> = {
  ROOT_DIFFERS: { zh: '重算的根与链上不同', en: 'the root computed from the leaves is not the one on chain' },
  NOTE_ROOT_DIFFERS: {
    zh: '重算的根与签名检查点不同',
    en: 'the root computed from the leaves is not the one that was signed',
  },
  NOTE_WRONG: {
    zh: '检查点读不出或签名不成立',
    en: 'the checkpoint cannot be read or its signature does not hold',
  },
  NOTE_MISSING: {
    zh: '链上有而日志没有该检查点',
    en: 'the chain has a checkpoint that the log does not show',
  },
  NOT_ON_CHAIN: { zh: '日志称已上链而链上没有', en: 'the log says that it is anchored, the chain does not' },
  LEAVES_MISSING: { zh: '叶子少于链上检查点所计', en: 'there are fewer leaves than the chain has counted' },
  LEAF_DIFFERS: { zh: '声明与其叶子哈希不符', en: 'the statement is not the one that was hashed' },
  STATEMENT_MISSING: { zh: '缺少声明', en: 'a statement is missing' },
  USE_DIFFERS: { zh: '用证记录与其声明不一致', en: 'a use does not say what its statement says' },
  USE_MISSING: { zh: '缺少用证记录', en: 'the row of a use is missing' },
  TILE_WRONG: { zh: '瓦片长度不对', en: 'a tile has the wrong length' },
}

/** Why an auditor could not check something. */
const unchecked: Record<UncheckedReason, Message> = {
  NO_CHAIN: { zh: '没有可询问的链', en: 'there is no chain to ask' },
  SNAPSHOT_ONLY: { zh: '快照中没有', en: 'a snapshot does not have it' },
  NO_PASSPHRASE: { zh: '没有密钥库口令', en: 'the keystore’s passphrase was not at hand' },
  NO_CLIENT_LOG: { zh: '未提供客户记录', en: 'no client log was given' },
  NO_CANARIES: { zh: '未提供金丝雀值', en: 'no canary values were given' },
  KEY_UNKNOWN: { zh: '链上尚无此密钥或记录', en: 'the chain’s view does not know it yet' },
  SIGNER_KIND: { zh: '此类签名只有链上合约能核对', en: 'only a contract can check a signature of this kind' },
  DAMAGED: { zh: '数据损坏，无法继续', en: 'damage kept it from going on' },
  BROKE_OFF: { zh: '核验中途出错，无法继续', en: 'an error kept it from going on' },
  EARLIER_RELEASE: {
    zh: '此文件由较早版本写成，没有校验和',
    en: 'the file is of an earlier release, which kept none',
  },
  NO_NOTE_KEY: {
    zh: '没有日志公钥（信任文件或口令）',
    en: 'the log’s key is in no trust file and no keystore at hand',
  },
}

export const uncheckedText = (why: UncheckedReason): string => both(unchecked[why])

/** The sentence for a refusal's code; undefined when there is none. */
export const refusalMessage = (code: string): Message | undefined => of(shared, code) ?? of(refusals, code)

/** The sentence for an answer's reason, or the code itself. */
export function reasonText(code: string): string {
  const message = refusalMessage(code)
  return message === undefined ? code : both(message)
}

export function differenceText(code: string): string {
  const message = of(differences, code)
  return message === undefined ? code : both(message)
}

const of = (table: Readonly<Record<string, Message>>, code: string): Message | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined
