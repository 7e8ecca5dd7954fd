/**
 * The sentence that people read for each stable code, in Chinese and in English. A code keeps its meaning for ever;
 * the sentence may be improved. A code without a sentence here is shown with the sentence of its HTTP status.
 */

export interface Message {
  readonly zh: string
  readonly en: string
}

export type Language = 'zh-CN' | 'en'

export const messages: Readonly<Record<string, Message>> = {
  // The request itself
  MALFORMED_REQUEST: { zh: '请求不符合 HTTP 规范', en: 'The request is not valid HTTP' },
  REQUEST_TIMEOUT: { zh: '请求发送过慢，已超时', en: 'The request took too long to arrive' },
  REQUEST_ABORTED: { zh: '请求在发送完之前中断', en: 'The request was cut off before it was complete' },
  HEADERS_TOO_LARGE: { zh: '请求头过大', en: 'The request headers are too large' },
  URL_INVALID: {
    zh: '网址中的编码或字符不被接受',
    en: 'The URL holds an encoding or a character that is not accepted',
  },
  NO_SUCH_PATH: { zh: '没有这个地址', en: 'There is nothing at this path' },
  METHOD_NOT_ALLOWED: { zh: '该地址不支持此方法', en: 'This path does not answer this method' },
  NOT_ACCEPTABLE: {
    zh: '无法按要求的格式答复',
    en: 'The answer does not come in a format that the request accepts',
  },
  BODY_TOO_LARGE: { zh: '请求内容过大', en: 'The request body is too large' },
  BODY_TYPE: { zh: '请求内容的类型不被接受', en: 'The type of the request body is not accepted' },
  BODY_ENCODING: { zh: '请求内容不得压缩', en: 'The request body must not be compressed' },
  BODY_UNEXPECTED: { zh: '此请求不应带有内容', en: 'This request takes no body' },
  INPUT_INVALID: { zh: '填写的内容有误', en: 'The input is not valid' },
  RANGE_NOT_SATISFIABLE: { zh: '请求的范围不存在', en: 'The requested range does not exist' },
  CHAIN_UNREACHABLE: {
    zh: '暂时无法连接区块链，请稍后再试',
    en: 'The chain cannot be reached now, please try again later',
  },
  RATE_LIMITED: { zh: '请求过于频繁，请稍后再试', en: 'Too many requests, please try again later' },
  INTERNAL: {
    zh: '系统内部出错，请凭请求编号联系管理员',
    en: 'Something broke on our side; please report the request id',
  },
  UNAVAILABLE: {
    zh: '服务暂不可用，请稍后再试',
    en: 'The service is not available now, please try again later',
  },

  // Who is asking
  TOKEN_MISSING: { zh: '缺少访问令牌', en: 'An access token is needed' },
  TOKEN_WRONG: { zh: '访问令牌不正确', en: 'The access token is not right' },

  // Writes that may be repeated
  IDEMPOTENCY_KEY_MISSING: {
    zh: '写入请求须带 Idempotency-Key',
    en: 'A write needs the header Idempotency-Key',
  },
  IDEMPOTENCY_KEY_INVALID: { zh: 'Idempotency-Key 格式不对', en: 'The Idempotency-Key is not well formed' },
  IDEMPOTENCY_KEY_REUSED: {
    zh: '同一 Idempotency-Key 已用于另一个请求',
    en: 'This Idempotency-Key stands for another request already',
  },

  // Start
  CONFIG_INVALID: { zh: '配置有误', en: 'The configuration is not valid' },

  // Strict JSON (docs/formats.md §2)
  JSON_TOO_LARGE: { zh: 'JSON 过大', en: 'The JSON text is too large' },
  JSON_NOT_UTF8: {
    zh: 'JSON 不是无 BOM 的 UTF-8',
    en: 'The JSON text is not UTF-8 without a byte order mark',
  },
  JSON_SYNTAX: { zh: 'JSON 语法有误', en: 'The text is not JSON' },
  JSON_TOO_DEEP: { zh: 'JSON 嵌套过深', en: 'The JSON text is nested too deep' },
  JSON_DUPLICATE_KEY: { zh: 'JSON 中有重复的成员名', en: 'The JSON text names a member twice' },
  JSON_LONE_SURROGATE: {
    zh: 'JSON 中有不成对的代理字符',
    en: 'The JSON text holds an unpaired surrogate',
  },
  JSON_NUMBER: {
    zh: 'JSON 中的数字写法不被接受',
    en: 'The JSON text holds a number in a form that is not accepted',
  },
}

/** The sentence for a code, or undefined when there is none. */
export function messageOf(code: string, language: Language): string | undefined {
  if (!Object.hasOwn(messages, code)) return undefined
  const message = messages[code]
  return language === 'en' ? message?.en : message?.zh
}
