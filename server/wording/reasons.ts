/**
 * The sentence for each reason of an answer of a verification (docs/formats.md §13), for the gateway, the command line and the
 * browser. Data only.
 */
import type { Message } from '../http/messages.ts'

export const REASON_WORDS = {
  UNCHANGED: { zh: '内容与签发时一致', en: 'The content is as it was signed' },
  THUMBPRINT_WRONG: { zh: '登记的公钥与密钥标识不符', en: 'The registered key is not the one that is named' },
  ALGORITHM_WRONG: { zh: '签名算法与登记的不同', en: 'The suite is not the one that is registered' },
  KEY_NOT_REGISTERED: { zh: '签发密钥不在登记册中', en: 'The signing key is not in the registry' },
  DIGEST_DIFFERS: { zh: '文件与存证时不是同一份', en: 'The file is not the one that was notarized' },
  FILE_NOT_GIVEN: {
    zh: '未提供原文件，无法比对',
    en: 'The original file was not given, so it was not compared',
  },
  FINAL: { zh: '已上链并最终确认', en: 'Anchored, and final' },
  NOT_FINAL: { zh: '已上链，等待最终确认', en: 'Anchored, not final yet' },
  PROMISED: { zh: '已受理，等待上链', en: 'Accepted, to be anchored' },
  PROMISE_OVERDUE: {
    zh: '承诺的上链时间已过，请取新的回执',
    en: 'The promised time has passed; ask for the receipt',
  },
  PROMISE_FOR_ANOTHER: { zh: '承诺属于另一份声明', en: 'The promise is for another statement' },
  CHECKPOINT_NOT_ON_CHAIN: { zh: '检查点尚未上链', en: 'The checkpoint is not on chain yet' },
  NOT_IN_SNAPSHOT: { zh: '快照里没有，快照可能过旧', en: 'Not in the snapshot, which may be too old' },
  LOG_NOT_TRUSTED: { zh: '信任文件不含此日志', en: 'The trust file does not name this log' },
  PROOF_WRONG: { zh: '包含证明不成立', en: 'The inclusion proof does not hold' },
  ROOT_DIFFERS: { zh: '链上登记的根与回执不同', en: 'The chain holds another root than the receipt' },
  RECEIPT_ANCHOR_DIFFERS: {
    zh: '回执中的上链位置与链上不同，请取新的回执',
    en: 'The receipt names another place on chain; ask for a new one',
  },
  KEY_AND_PERMIT_IN_FORCE: {
    zh: '上链时密钥与签发权限均有效',
    en: 'Key and permit were in force when it was anchored',
  },
  REGION_NOT_RECOGNISED: { zh: '信任文件不认可该地区', en: 'The trust file does not recognise this region' },
  TYPE_NOT_RECOGNISED: {
    zh: '信任文件不认可该地区的此类证照',
    en: 'The trust file does not recognise this type from this region',
  },
  KEY_OF_ANOTHER_DEPARTMENT: {
    zh: '签发密钥属于另一部门',
    en: 'The signing key belongs to another department',
  },
  KEY_WRONG_PURPOSE: { zh: '该密钥不用于签发', en: 'The key is not one for issuing' },
  KEY_COMPROMISED: {
    zh: '上链时该密钥已宣告泄露',
    en: 'The key had been declared compromised when it was anchored',
  },
  KEY_NOT_YET_VALID: {
    zh: '上链时该密钥尚未登记',
    en: 'The key was not yet registered when it was anchored',
  },
  KEY_ENDED: { zh: '上链时该密钥已停用', en: 'The key had ended when it was anchored' },
  NO_PERMIT: {
    zh: '上链时该部门没有此项签发权限',
    en: 'The department held no such permit when it was anchored',
  },
  ANCHOR_TIME_UNKNOWN: { zh: '上链时间未知', en: 'The time of anchoring is not known' },
  NOT_YET_VALID: { zh: '生效日期未到', en: 'Its first day has not come' },
  EXPIRED: { zh: '已过有效期', en: 'Its last day has passed' },
  WITHIN_DATES: { zh: '在有效期内', en: 'Within its dates' },
  WITHOUT_END: { zh: '长期有效', en: 'Without an end' },
  NO_STATUS: { zh: '存证没有状态', en: 'Records have no status' },
  STATUS_CLEAR: { zh: '未被注销、暂停或换发', en: 'Neither revoked nor suspended nor replaced' },
  STATUS_LIST_UNKNOWN: { zh: '链上没有这个状态列表', en: 'The chain has no such status list' },
  REVOKED: { zh: '已注销', en: 'Revoked' },
  SUSPENDED: { zh: '已暂停', en: 'Suspended' },
  SUPERSEDED: { zh: '已换发', en: 'Replaced' },
  STATUS_ORDERED: {
    zh: '注销或暂停的指令已受理，正在上链',
    en: 'An order to revoke or suspend it was accepted and is on its way to the chain',
  },
  NOT_ASKED: { zh: '未询问', en: 'Not asked' },
} satisfies Record<string, Message>
