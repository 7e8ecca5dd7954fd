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

  // Rows of field values
  ROWS_INVALID: {
    zh: '有的行填写有误，整批未受理',
    en: 'Some rows are wrong; nothing of the batch was accepted',
  },
  ROW_NOT_OBJECT: { zh: '此行不是字段与值的对象', en: 'The row is not an object of fields' },
  FIELD_UNKNOWN: { zh: '此类证照没有这个字段', en: 'This certificate type has no such field' },
  FIELD_REQUIRED: { zh: '此字段必填', en: 'This field must be filled in' },
  FIELD_TYPE: { zh: '值的类型不对', en: 'The value is of the wrong kind' },
  FIELD_TOO_LONG: { zh: '内容过长', en: 'The text is too long' },
  FIELD_PATTERN: { zh: '格式不对', en: 'The text does not have the form that is asked for' },
  FIELD_ENUM: { zh: '不是可选的值', en: 'The value is not one of those allowed' },
  FIELD_DATE: { zh: '日期不存在或写法不对', en: 'The date does not exist or is not written as asked for' },
  FIELD_CHECK_DIGIT: {
    zh: '号码校验不通过，请核对',
    en: 'The number fails its own check; please compare it',
  },
  FIELD_CHARACTER: {
    zh: '含有看不见、不规范的字符，或首尾有空格',
    en: 'The text holds invisible or irregular characters, or a space at an end',
  },
  FIELD_NUMBER: { zh: '数值超出范围或小数位过多', en: 'The number is out of range or has too many decimals' },
  FIELD_DATE_ORDER: { zh: '日期先后不对', en: 'The dates are in the wrong order' },
  FIELD_TOO_MANY: { zh: '条目过多', en: 'There are too many items' },

  // Certificate types
  TYPE_DEFINITION: { zh: '证照类型定义有误，不能发布', en: 'The certificate type cannot be published' },
  TYPE_UNKNOWN: { zh: '没有此类证照', en: 'There is no such certificate type' },
  TYPE_MEMBER: { zh: '定义中的一项缺失或有误', en: 'A member of the definition is missing or wrong' },
  TYPE_COLUMN_MISSING: { zh: '资源目录缺少此栏', en: 'A column of the catalogue is not filled in' },
  TYPE_LEGAL_GROUND: { zh: '不予共享须写明法律依据', en: 'What is not shared needs its legal ground' },
  TYPE_USE_MODES: {
    zh: '不予共享的证照只能由持证人出示',
    en: 'What is not shared can only be presented by the holder',
  },
  TYPE_CODE: { zh: '证照类型代码有误', en: 'The type code is not well formed' },
  TYPE_FIELD_TYPE: { zh: '未知的字段类型', en: 'The field type is not known' },
  TYPE_FIELD_KEY: { zh: '字段名不被接受', en: 'The field name is not accepted' },
  TYPE_FIELD_DUPLICATE: { zh: '字段名重复', en: 'The field name is there twice' },
  TYPE_FIELD_CHECK: {
    zh: '证件号码字段须注明校验规则',
    en: 'A field for ID numbers must name its check digits',
  },
  TYPE_ENUM: { zh: '可选值缺失或重复', en: 'The allowed values are missing or repeated' },
  TYPE_PATTERN_SYNTAX: { zh: '正则表达式不被接受', en: 'The pattern is not one that is accepted' },
  TYPE_PATTERN_ANCHOR: {
    zh: '正则表达式须以 ^ 开头、以 $ 结尾',
    en: 'The pattern must begin with ^ and end with $',
  },
  TYPE_PATTERN_UNSAFE: { zh: '正则表达式有歧义或过大', en: 'The pattern is ambiguous or too large' },
  TYPE_NUMBER_FIELD: { zh: '证照编号字段有误', en: 'The field of the certificate’s number is wrong' },
  TYPE_NAME_FIELD: { zh: '持证主体字段有误', en: 'The field of the holder’s name is wrong' },
  TYPE_PUBLIC_FIELD: {
    zh: '公开核验的字段须为公开级',
    en: 'Only fields of level public can be shown to anybody',
  },
  TYPE_VALIDITY: { zh: '有效期所依据的字段有误', en: 'A field that the validity is read from is wrong' },
  TYPE_DATE_ORDER: { zh: '日期先后规则有误', en: 'A rule about the order of dates is wrong' },
  REGION_INVALID: { zh: '地区目录有误', en: 'The region’s catalogue is not valid' },
  GENERATOR_TYPE: { zh: '无法为此类证照生成示例数据', en: 'There is no generator for this certificate type' },
  GENERATOR_COUNT: { zh: '数量须为非负整数', en: 'The count must be a whole number from 0' },

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
