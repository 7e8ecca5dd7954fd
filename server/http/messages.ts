/**
 * The sentence that people read for each stable code, in Chinese and in English. A code keeps its meaning for ever;
 * the sentence may be improved. A code without a sentence here is shown with the sentence of its HTTP status.
 */

import { REASON_WORDS } from '../wording/reasons.ts'

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
  BODY_MULTIPART: { zh: '提交的表单无法读取', en: 'The form that was sent cannot be read' },
  INPUT_INVALID: { zh: '填写的内容有误', en: 'The input is not valid' },
  RANGE_NOT_SATISFIABLE: { zh: '请求的范围不存在', en: 'The requested range does not exist' },
  STORE_UNAVAILABLE: {
    zh: '数据暂时无法存储；本次请求未作任何更改，请稍后再试',
    en: 'Nothing can be stored now; this request changed nothing; please try again later',
  },
  DISK_FULL: {
    zh: '存储空间已满；本次请求未作任何更改，请稍后再试',
    en: 'The disk is full; this request changed nothing; please try again later',
  },
  CHAIN_UNREACHABLE: {
    zh: '暂时无法连接区块链，请稍后再试',
    en: 'The chain cannot be reached now, please try again later',
  },
  CHAIN_DOWN_TOO_LONG: {
    zh: '区块链中断过久，暂停受理；本次请求未被受理，未作任何更改，恢复后请重新提交',
    en: 'The chain has been away for too long, so nothing is accepted now; this request was not accepted and nothing was changed; please send it again later',
  },
  RATE_LIMITED: { zh: '请求过于频繁，请稍后再试', en: 'Too many requests, please try again later' },
  INTERNAL: {
    zh: '系统内部出错，请凭请求编号联系管理员',
    en: 'Something broke on our side; please report the request id',
  },
  SITE_NOT_BUILT: {
    zh: '页面尚未生成，请重新启动本系统',
    en: 'The pages were not built yet; please start the system again',
  },
  UNAVAILABLE: {
    zh: '服务暂不可用，请稍后再试',
    en: 'The service is not available now, please try again later',
  },

  // Who is asking
  TOKEN_MISSING: { zh: '缺少访问令牌', en: 'An access token is needed' },
  TOKEN_WRONG: { zh: '访问令牌不正确', en: 'The access token is not right' },
  TOKEN_EXPIRED: { zh: '访问令牌已过期', en: 'The access token has expired' },
  CLIENT_NOT_AUTHENTICATED: { zh: '未能确认客户端身份', en: 'It is not clear which client is asking' },
  CLIENT_NOT_FOUND: { zh: '没有此客户端', en: 'There is no such client' },
  CLIENT_EXISTS: { zh: '此公钥已登记为另一客户端', en: 'This key belongs to another client already' },
  CLIENT_KEY: { zh: '客户端公钥不规范', en: 'The public key of the client is not well formed' },
  ASSERTION_ALGORITHM: {
    zh: '客户端断言的算法不被接受',
    en: 'The algorithm of the assertion is not accepted',
  },
  ASSERTION_AUDIENCE: { zh: '客户端断言不是发给本网关的', en: 'The assertion is for somebody else' },
  ASSERTION_EXPIRED: { zh: '客户端断言不在有效期内', en: 'The assertion is not in its time' },
  ASSERTION_REPLAYED: { zh: '客户端断言已使用过', en: 'The assertion was shown before' },
  ASSERTION_SHAPE: { zh: '客户端断言不规范', en: 'The assertion is not well formed' },
  GRANT_TYPE: { zh: '不支持的授予类型', en: 'This grant type is not supported' },
  SCOPE_INVALID: {
    zh: '请求的授权范围不规范或超出登记',
    en: 'The scope is not well formed, or more than was registered',
  },
  ACCESS_DENIED: { zh: '当前角色无权进行此操作', en: 'Your present role may not do this' },
  ACCESS_NOT_OWN: { zh: '这不属于您或您的部门', en: 'This is not yours or your department’s' },
  ORIGIN_WRONG: { zh: '该操作须从本系统页面发起', en: 'This must come from a page of this gateway' },
  SESSION_ENDED: { zh: '登录已失效，请重新登录', en: 'The session has ended, please sign in again' },
  ROLE_NOT_HELD: { zh: '您没有这个角色', en: 'You do not have this role' },
  SIGN_IN_OFF: {
    zh: '本系统未配置身份服务，不能登录',
    en: 'This gateway has no identity provider to sign in with',
  },
  SIGN_IN_UNAVAILABLE: {
    zh: '身份服务暂不可用，请稍后再试',
    en: 'The identity provider cannot be reached now, please try again later',
  },
  SIGN_IN_STATE: {
    zh: '登录已过期或并非由此浏览器发起，请重新登录',
    en: 'The sign-in has expired or was not begun in this browser, please sign in again',
  },
  SIGN_IN_REFUSED: { zh: '身份服务未确认您的身份', en: 'The identity provider did not sign you in' },
  SIGN_IN_FAILED: { zh: '身份服务的答复无法核实', en: 'The identity provider’s answer cannot be confirmed' },
  SIGN_IN_PERSON: { zh: '演示中没有此人', en: 'There is no such person in this demo' },
  STEP_UP_NOT_FRESH: {
    zh: '身份服务没有重新验证您的身份',
    en: 'The identity provider did not ask you to prove who you are once more',
  },
  ACCOUNT_NOT_FOUND: { zh: '没有这个账户', en: 'There is no such account' },
  ASSIGNMENT_NOT_FOUND: { zh: '没有这项指派', en: 'There is no such assignment' },
  ASSIGNMENT_EXISTS: {
    zh: '该账户已有此角色但期限不同，请先终止原指派',
    en: 'The account has this role with other dates; end that assignment first',
  },
  ASSIGNMENT_ROLE: { zh: '不能这样指派该角色', en: 'This role cannot be assigned like this' },
  ASSIGNMENT_OWN: { zh: '不得为自己指派角色', en: 'Nobody may assign himself' },
  ASSIGNMENT_DATES: { zh: '指派期限有误', en: 'The dates of the assignment are not right' },
  SCOPE_MISSING: { zh: '客户端的授权范围不含此操作', en: 'The client has no scope for this' },
  STEP_UP_REQUIRED: { zh: '此操作需要重新验证身份', en: 'This needs you to sign in once more' },

  // Reading certificates (what grants and presentations refuse stands with them)
  MATTER_NOT_FOUND: { zh: '没有这个事项', en: 'There is no such matter' },
  WITHHELD: { zh: '该证照已被紧急停止展示', en: 'The certificate is withheld by an emergency order' },
  READER_SUSPENDED: { zh: '用证部门已被暂停', en: 'The reading department is suspended' },
  READER_NOT_IN_MATTER: { zh: '该部门不参与此事项', en: 'The department takes no part in this matter' },
  SHARE_REFUSED: {
    zh: '该类证照不予共享，只能由持证人亮证',
    en: 'Certificates of this type are not shared; only the holder can show them',
  },
  GROUND_NOT_ALLOWED: {
    zh: '此事项或证照类型不允许以该方式用证',
    en: 'The matter or the type does not allow this ground',
  },
  FIELD_NOT_IN_MATTER: {
    zh: '所要字段超出事项所需范围',
    en: 'A field was asked for that the matter does not need',
  },
  BASIS_MISSING: { zh: '未登记依职能用证的法律依据', en: 'No legal basis is on record for this duty' },
  OFFICER_MISSING: { zh: '未说明经办人', en: 'It is not said which officer reads' },
  NO_CONSENT: { zh: '持证人未授权', en: 'The holder has not consented' },
  FIELD_NOT_PRESENTED: { zh: '持证人未出示所要字段', en: 'The holder did not present one of these fields' },
  GLYPH_MISSING: {
    zh: '有字库中没有的字，无法打印；证照本身不受影响',
    en: 'A character is missing in the fonts, so this cannot be printed; the certificate itself is not affected',
  },
  PAPER_BUSY: {
    zh: '排队打印的人较多，请稍后再试',
    en: 'Many papers are being made now, please try again later',
  },
  CERTIFICATE_NOT_IN_FORCE: { zh: '证照当前无效', en: 'The certificate is not in force' },
  REQUIREMENT_NONE: { zh: '此事项不需要该类证照', en: 'The matter needs no certificate of this type' },
  COPY_GONE: { zh: '副本保存期已过，不再提供', en: 'The time is over for which the copy was handed out' },
  USE_NOT_FOUND: { zh: '没有这条用证记录', en: 'There is no such use' },

  // Reports of fakes, and the relay to the chain's node
  REPORT_NOT_FOUND: { zh: '没有这个举报编号', en: 'There is no report of this number' },
  REPORT_ANSWERED: { zh: '此举报已答复', en: 'This report was answered already' },
  RPC_METHOD: { zh: '转发不提供此查询', en: 'The relay does not pass this question on' },
  RPC_ADDRESS: { zh: '只能查询本平台登记的合约', en: 'Only the contracts of this deployment may be asked' },
  RPC_SHAPE: { zh: '不是可转发的查询', en: 'This is no question that could be passed on' },

  // Oversight
  TWO_PERSONS: { zh: '须由另一人确认', en: 'Another person has to confirm' },
  WITHHOLDING_NOT_FOUND: { zh: '没有这份停止展示令', en: 'There is no such order to withhold' },
  WITHHOLDING_STATE: {
    zh: '该停止展示令当前状态不允许此操作',
    en: 'The order to withhold does not stand so that this can be done',
  },
  OBJECTION_NOT_FOUND: { zh: '没有这条异议', en: 'There is no such objection' },
  OBJECTION_EXISTS: { zh: '您已对这次用证提出过异议', en: 'You have objected to this use already' },
  OBJECTION_ANSWERED: { zh: '该异议已答复', en: 'The objection has been answered' },
  CORRECTION_NOT_FOUND: { zh: '没有这条纠错申请', en: 'There is no such request to correct' },
  CORRECTION_ANSWERED: { zh: '该纠错申请已答复', en: 'The request to correct has been answered' },
  CORRECTION_SUCCESSOR: {
    zh: '所称更正后的证照不是该证照的后续版本',
    en: 'The certificate named is not a later version of this one',
  },

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

  // Presentations
  PRESENTATION_UNKNOWN: {
    zh: '没有这个亮证码，或已更新、已过期，请持证人出示最新的码',
    en: 'There is no such code, or it was renewed or has expired; ask the holder for the present one',
  },
  CODE_EXPIRED: {
    zh: '亮证码已过期，请持证人更新',
    en: 'The code has expired; ask the holder for a new one',
  },
  CODE_USED: { zh: '亮证码已使用，只能用一次', en: 'The code was used; it works once' },
  CODE_GUESSING: {
    zh: '输错的数字码过多，请稍后再试，或改用扫码',
    en: 'Too many wrong codes were typed; try again later, or scan the code',
  },
  PRESENTATION_OTHER_DEPARTMENT: {
    zh: '持证人限定了其他部门核验',
    en: 'The holder shows this to another department only',
  },
  PRESENTATION_CANCELLED: { zh: '持证人已结束亮证', en: 'The holder has ended this presentation' },
  PRESENTATIONS_TOO_MANY: {
    zh: '同时有效的亮证码过多，请先结束其中一个',
    en: 'Too many codes are alive; end one of them first',
  },
  PRESENTATION_FOREIGN: {
    zh: '这个二维码不是本平台的，请勿打开',
    en: 'This code is of another site; do not open it',
  },
  PRESENTATION_NOT_ALLOWED: {
    zh: '此类证照不能亮证',
    en: 'Certificates of this type are not shown this way',
  },
  DIGITS_TAKEN: { zh: '数字码重复', en: 'The digits are taken' },

  // Start
  TLS_FILES: { zh: 'TLS 证书或私钥文件有误', en: 'The files of the TLS certificate cannot be used' },
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
  REGION_MISSING: {
    zh: '数据目录尚未设定地区，请先运行 onceproof init --profile production',
    en: 'The data folder has no region yet; run onceproof init --profile production first',
  },
  REGION_INVENTED: {
    zh: '该地区是虚构的，不得用于正式运行',
    en: 'This region is invented and not for production',
  },
  REGION_DIFFERS: {
    zh: '数据目录属于另一地区设定',
    en: 'The data folder was set up with another description of the region',
  },
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

  // Formats
  STATEMENT_TOO_LARGE: { zh: '声明过大', en: 'The statement is too large' },
  STATEMENT_SHAPE: { zh: '声明不是三段式签名', en: 'The statement is not a signature of three parts' },
  STATEMENT_BASE64: { zh: '声明的编码不规范', en: 'The statement is not canonically encoded' },
  STATEMENT_HEADER: { zh: '声明的签名头不被接受', en: 'The header of the statement is not accepted' },
  STATEMENT_CRIT: {
    zh: '声明要求一个我们不认识的扩展',
    en: 'The statement demands an extension that is not known',
  },
  STATEMENT_ALG: { zh: '声明的签名算法不被接受', en: 'The signature suite of the statement is not accepted' },
  STATEMENT_TYP: { zh: '声明的种类不符', en: 'The statement is of another kind' },
  STATEMENT_KID: { zh: '声明的密钥标识不规范', en: 'The key identifier of the statement is not well formed' },
  STATEMENT_CLAIM: {
    zh: '声明缺少内容，或内容不符合规定',
    en: 'A claim of the statement is missing, unknown or wrong',
  },
  CERTIFICATE_TOO_LARGE: { zh: '证照过大', en: 'The certificate is too large' },
  CERTIFICATE_SHAPE: { zh: '证照的结构不符合规定', en: 'The certificate does not have the right shape' },
  CERTIFICATE_CLAIM: { zh: '证照的内容不符合规定', en: 'A member of the certificate is missing or wrong' },
  DISCLOSURE_BASE64: { zh: '披露项的编码不规范', en: 'A disclosure is not canonically encoded' },
  DISCLOSURE_SHAPE: { zh: '披露项的结构不符合规定', en: 'A disclosure does not have the right shape' },
  DISCLOSURE_UNREFERENCED: {
    zh: '披露项不属于这张证照',
    en: 'A disclosure does not belong to this certificate',
  },
  DISCLOSURE_DUPLICATE: { zh: '同一披露项出现两次', en: 'A disclosure stands twice' },
  DISCLOSURE_FORBIDDEN: { zh: '此项不得选择性披露', en: 'This claim may not be selectively disclosed' },
  FILE_SYNTAX: { zh: '不是证照文件或存证文件', en: 'Not a certificate file or record file' },
  FILE_TOO_LARGE: { zh: '文件过大', en: 'The file is too large' },
  TRUST_SYNTAX: { zh: '不是信任文件', en: 'Not a trust file' },
  SNAPSHOT_SYNTAX: { zh: '不是快照文件', en: 'Not a snapshot' },
  DEPLOYMENT_SYNTAX: { zh: '不是部署文件', en: 'Not a deployment file' },
  NOTE_SYNTAX: { zh: '签名笔记的格式不符合规定', en: 'The signed note is not well formed' },
  NOTE_SIGNATURE: { zh: '日志的签名不对', en: 'The signature of the log is wrong' },
  NOTE_NO_KNOWN_KEY: { zh: '没有可信的日志密钥签过名', en: 'No log key that is trusted has signed' },
  CHECKPOINT_SYNTAX: { zh: '检查点的格式不符合规定', en: 'The checkpoint is not well formed' },
  PROMISE_SYNTAX: { zh: '承诺的格式不符合规定', en: 'The promise is not well formed' },
  RECEIPT_SYNTAX: { zh: '回执的格式不符合规定', en: 'The receipt is not well formed' },
  IDENTIFIER: { zh: '证照标识或其校验位不对', en: 'The identifier or its check character is wrong' },
  USCC_WRONG: { zh: '统一社会信用代码不对', en: 'The unified social credit code is wrong' },

  // Departments, types, certificates, records
  DEPARTMENT_NOT_FOUND: { zh: '没有这个部门', en: 'There is no such department' },
  DEPARTMENT_EXISTS: {
    zh: '部门代码、信用代码或 DID 已被占用',
    en: 'Another department has this code, credit code or DID',
  },
  DEPARTMENT_NOT_ISSUER: { zh: '该部门不是发证部门', en: 'This department does not issue certificates' },
  DEPARTMENT_SUSPENDED: { zh: '该部门已被暂停', en: 'The department is suspended' },
  KEY_NOT_IN_FORCE: {
    zh: '该部门的签发密钥目前无效',
    en: 'The signing key of the department is not in force',
  },
  PERMIT_NOT_HELD: {
    zh: '该部门目前没有此类证照的签发权限',
    en: 'The department does not hold the permit for this type now',
  },
  NOTARY_MISSING: { zh: '尚未登记负责存证的部门', en: 'No department that notarizes has been admitted yet' },
  TYPE_NOT_FOUND: { zh: '没有这种证照类型', en: 'There is no such certificate type' },
  TYPE_VERSION_EXISTS: {
    zh: '此版本已发布，内容不同；请提高版本号',
    en: 'This version is published with other content; raise the version',
  },
  CERTIFICATE_NOT_FOUND: { zh: '没有这张证照', en: 'There is no such certificate' },
  CERTIFICATE_VALUES_MISSING: {
    zh: '本库没有这张证照的内容（由日志重建，或加密所用的密钥已丢失），并非被删除；持证人手中的文件依旧有效',
    en: "The values of this certificate are not to be had here: the database was brought back from the log, or the key that they were encrypted under is lost. Nobody erased them, and the holder's file stays good",
  },
  CERTIFICATE_ERASED: { zh: '这张证照的内容已被删除', en: 'The values of this certificate have been erased' },
  CERTIFICATE_OF_ANOTHER_DEPARTMENT: {
    zh: '此类证照现由另一部门签发：新证由该部门签发，旧证再由原签发部门注销',
    en: 'Another department issues this type now: it issues the new certificate, then the one that issued the old one orders it revoked',
  },
  IDENTIFIER_TAKEN: { zh: '证照标识已被使用', en: 'The identifier is taken' },
  SHORT_CODE_TAKEN: { zh: '短码已被使用', en: 'The short code is taken' },
  STATUS_ALREADY: { zh: '证照已处于这种状态', en: 'The certificate is in this state already' },
  STATUS_CHANGED: {
    zh: '该证照刚有另一项状态变更，请重试',
    en: 'Another change of this certificate was accepted just now; please try again',
  },
  STATUS_NOT_SUSPENDED: { zh: '证照未被暂停', en: 'The certificate is not suspended' },
  STATUS_ORDER_REFUSED: {
    zh: '链上拒绝了该指令，证照状态未变',
    en: 'The chain refused the order; the certificate is as it was',
  },
  STATUS_LIST_NOT_FOUND: { zh: '没有这个状态列表', en: 'There is no such status list' },
  STATUS_LIST_MISSING: { zh: '该部门还没有状态列表', en: 'The department has no status list yet' },
  STATUS_LIST_FULL: { zh: '状态列表已满', en: 'The status list is full' },
  STATUS_CHANGE_ID_TAKEN: { zh: '状态变更编号已被使用', en: 'The number of the status change is taken' },
  RECORD_NOT_FOUND: { zh: '没有这条存证', en: 'There is no such record' },
  RECORD_ID_TAKEN: { zh: '存证编号已被使用', en: 'The number of the record is taken' },
  NOT_FINAL_YET: { zh: '尚未最终上链，请稍后再取', en: 'Not final on chain yet, please ask again later' },
  NOT_FOUND: { zh: '没有查到', en: 'Nothing was found' },

  // Log and chain
  LOG_EMPTY: { zh: '日志还没有检查点', en: 'The log has no checkpoint yet' },
  LOG_RANGE: { zh: '日志没有这个位置或大小', en: 'The log has no such index or size' },
  TILE_NOT_FOUND: { zh: '没有这个日志瓦片', en: 'There is no such tile' },
  LOG_BEHIND_CHAIN: {
    zh: '链上的日志比本库更新：数据目录可能是旧备份。只可查询与核验，暂不受理写入',
    en: "The chain's log is ahead of this store: the data folder may be an old backup. Reading and verifying go on, nothing is written",
  },
  BACKUP_TARGET: { zh: '备份的目标目录已存在', en: 'The folder for the backup is there already' },
  BACKUP_INCOMPLETE: { zh: '备份不完整：没有清单', en: 'This is no whole backup: it has no manifest' },
  BACKUP_FORMAT: { zh: '备份清单读不出', en: 'The manifest of the backup cannot be read' },
  BACKUP_NEWER: { zh: '备份由更新的版本写成', en: 'The backup was written by a later release' },
  BACKUP_DAMAGED: { zh: '备份中的文件有损坏', en: 'A file of the backup is damaged' },
  BACKUP_MIXED: { zh: '备份由两个时刻的文件混成', en: 'The backup is mixed from two times' },
  BACKUP_KEYS: { zh: '密钥与备份中的日志不相配', en: 'These keys are not those of the log in the backup' },
  RESTORE_TARGET: {
    zh: '目标目录不为空；恢复不覆盖任何东西',
    en: 'The target is not empty, and a restore overwrites nothing',
  },
  REBUILD_STORE: {
    zh: '数据库还在；重建不覆盖任何东西',
    en: 'There is a database, and a rebuild overwrites nothing',
  },
  REBUILD_INCOMPLETE: {
    zh: '日志第二份少于链上所计，无法重建完整',
    en: 'The mirror has fewer statements than the chain has counted',
  },
  DATA_MISSING: { zh: '数据目录中没有所需的文件', en: 'The data folder does not have what is needed' },
  GATEWAY_RUNNING: {
    zh: '网关正在运行，请先停止网关',
    en: 'The gateway is running on this data folder; stop it first',
  },
  MIRROR_MISSING: { zh: '没有日志的第二份', en: 'There is no second copy of the log' },
  MIRROR_DAMAGED: { zh: '日志的第二份有损坏', en: 'The second copy of the log is damaged' },
  MIRROR_OTHER_LOG: { zh: '这是另一本日志的第二份', en: 'This is the second copy of another log' },
  MIRROR_CONFLICT: {
    zh: '日志的第二份与本库在同一位置各有一条不同的声明',
    en: 'The second copy of the log has another statement at the same place than this database',
  },
  MIRROR_UNWRITABLE: { zh: '日志的第二份无法写入', en: 'The second copy of the log cannot be written' },
  ANCHOR_ROOT_CONFLICT: {
    zh: '链上同一大小的检查点根不同',
    en: 'The chain holds another root for this size',
  },
  CHECKPOINT_DAMAGED: {
    zh: '检查点已不是封存时的样子，拒绝上链；请运行 onceproof fsck',
    en: 'The checkpoint is no longer what was sealed, so it is not anchored; run onceproof fsck',
  },
  WRONG_CHAIN: { zh: '不是信任文件所指的链', en: 'This is not the chain of the trust file' },
  CHAIN_ID_WRONG: { zh: '链的编号不符，拒绝启动', en: 'The chain id is another: refused to start' },
  CHAIN_GENESIS_WRONG: { zh: '创世区块不符，拒绝启动', en: 'The genesis block is another: refused to start' },
  CHAIN_STATE_LOST: {
    zh: '内嵌链的数据不见了：请从备份恢复，或用 chain renew 另起新链',
    en: 'The embedded chain is gone: bring it back from a backup, or renew it',
  },
  RENEWAL_UNCONFIRMED: { zh: '须加 --yes 确认', en: 'To be confirmed with --yes' },
  RENEWAL_NOT_EMBEDDED: { zh: '只有内嵌链可以换新', en: 'Only the embedded chain can be renewed' },
  RENEWAL_WITHOUT_CHAIN: { zh: '此数据目录从未部署过合约', en: 'Nothing was ever deployed from this folder' },
  RENEWAL_HISTORY: {
    zh: '此数据库没有当初登记部门、密钥与权限的交易，无法重做',
    en: 'This database lacks the transactions of the registry, so they cannot be repeated',
  },
  RENEWAL_ADDRESSES: {
    zh: '合约在新链上的地址会不同，原有签名将失效，故不换新',
    en: 'The contracts would have other addresses, and signatures given for them would be void',
  },
  TRANSACTION_ALTERED: { zh: '存档的交易被改动', en: 'A stored transaction was altered' },
  CHAIN_CODE_WRONG: { zh: '合约代码不符，拒绝启动', en: 'The contract code is another: refused to start' },
  CONTRACTS_NOT_OURS: {
    zh: '已部署的合约未授予本网关所需角色，请其管理员授权',
    en: 'The contracts that are there do not give this gateway its roles; their administrator has to',
  },
  RELAYER_UNFUNDED: {
    zh: '付费账户在这条链上没有余额',
    en: 'The account that pays has no funds on this chain',
  },
  NONCE_TAKEN: { zh: '交易序号已被占用', en: 'The nonce is taken' },
  PURPOSE_UNSETTLED: { zh: '同一目的的交易尚未了结', en: 'A transaction of this purpose is not settled' },
  SIGNATURE_WRONG: { zh: '签名与密钥不符', en: 'The signature is not that of the key' },
  GENESIS_MISMATCH: {
    zh: '内嵌链的创世参数与记录不符',
    en: 'The genesis inputs of the embedded chain are not those on record',
  },
  GENESIS_MISSING: { zh: '内嵌链的创世文件不见了', en: 'The genesis file of the embedded chain is missing' },
  GENESIS_UNREADABLE: {
    zh: '内嵌链的创世文件无法读取',
    en: 'The genesis file of the embedded chain cannot be read',
  },
  JOURNAL_DAMAGED: { zh: '内嵌链的记录已损坏', en: 'The journal of the embedded chain is damaged' },
  JOURNAL_MISMATCH: {
    zh: '内嵌链重放后区块哈希不符',
    en: 'Replaying the embedded chain gives other block hashes',
  },
  JOURNAL_MISSING: { zh: '内嵌链的记录不见了', en: 'The journal of the embedded chain is missing' },
  NOT_STARTED: { zh: '内嵌链没有启动成功', en: 'The embedded chain did not start' },

  GATEWAY_URL: { zh: '网关地址不对', en: 'The address of the gateway is not valid' },
  GATEWAY_UNREACHABLE: { zh: '连接不上网关', en: 'The gateway cannot be reached' },
  GATEWAY_ANSWER: { zh: '网关的答复无法理解', en: 'The gateway answered something else than expected' },

  // Data folder and keys
  DATA_DIR_IN_USE: { zh: '数据目录正被另一个网关使用', en: 'Another gateway is using this data folder' },
  LOCK_HELD: { zh: '另一个进程正在使用它', en: 'Another process is using it' },
  PORT_TAKEN: { zh: '端口已被占用', en: 'The port is taken' },
  SQLITE_TOO_OLD: { zh: 'SQLite 版本过旧', en: 'SQLite is too old' },
  UPGRADE_BACKUP_FAILED: {
    zh: '升级前无法备份数据库，未作改动',
    en: 'The store could not be copied before its upgrade; nothing was changed',
  },
  STORE_NEWER: { zh: '数据库由更新的版本写成', en: 'The database was written by a newer release' },
  STORE_FORMAT: { zh: '不是本系统的数据库', en: 'Not a database of ours' },
  STORE_UNSAFE: { zh: '数据库没有按安全的方式打开', en: 'The database did not open in the safe mode' },
  DOCUMENT_UNREADABLE: { zh: '加密内容无法解开', en: 'The encrypted content cannot be opened' },
  KEYSTORE_MISSING: { zh: '没有密钥库', en: 'There is no keystore' },
  KEYSTORE_LOST: {
    zh: '数据目录里有数据库而没有密钥库；请放回密钥的备份，新密钥库打不开也续不上旧数据',
    en: 'The data folder has a database and no keystore: bring the backup of the keys back; a new one would open nothing here',
  },
  LOG_KEY_DIFFERS: {
    zh: '密钥库不属于这份日志：链上登记的是另一把日志密钥',
    en: 'The keystore is not this log’s: the chain knows the log by another key',
  },
  PASSPHRASE_LOST: {
    zh: '密钥库已存在而口令文件不在，请找回口令',
    en: 'There is a keystore without its passphrase; find the passphrase',
  },
  KEYSTORE_EXISTS: { zh: '密钥库已存在', en: 'There is a keystore already' },
  KEYSTORE_DAMAGED: { zh: '密钥库已损坏', en: 'The keystore is damaged' },
  KEYSTORE_CHANGED: { zh: '密钥库被另一进程改动', en: 'Another process changed the keystore' },
  KEYSTORE_MODE: { zh: '密钥库的文件权限过宽', en: 'The keystore can be read by others' },
  KEYSTORE_PASSPHRASE_EMPTY: { zh: '密钥库需要口令', en: 'A keystore needs a passphrase' },
  KEYSTORE_PASSPHRASE_WRONG: { zh: '密钥库口令不对', en: 'The passphrase of the keystore is wrong' },
  REMOTE_SIGNER_UNREACHABLE: {
    zh: '部门的签名服务无法访问，未签发任何内容',
    en: 'The department’s signer cannot be reached; nothing was signed',
  },
  SIGNER_AUTH: { zh: '签名服务不认可此请求的来源', en: 'The signer does not know who asks' },
  SIGNER_POLICY: { zh: '签名服务的规则文件有误', en: 'The policy of the signer is not as it should be' },
  SIGNER_LOG_DAMAGED: { zh: '签名服务的记录被改动或损坏', en: 'The log of the signer is altered or damaged' },
  SIGNER_IN_USE: { zh: '此目录的签名服务已在运行', en: 'A signer is running on this folder already' },
  SIGNER_INPUT: { zh: '签名服务无法读懂要签的内容', en: 'The signer cannot read what it is to sign' },
  SIGNER_CONTEXT: { zh: '签名服务需要知道要签的内容', en: 'The signer has to be told what it signs' },
  SIGNER_KEY: { zh: '签名服务没有这把密钥', en: 'The signer has no such key' },
  SIGNER_ISSUER: { zh: '不是该部门要签的内容', en: 'This is not the department’s own to sign' },
  SIGNER_DIGESTS: { zh: '摘要与经审核的数据不符', en: 'The digests are not those of the approved rows' },
  SIGNER_TYPE: { zh: '签名服务不签此类证照', en: 'The signer does not sign this type' },
  SIGNER_VALIDITY: { zh: '有效期超出签名服务的规则', en: 'The validity is not what the signer allows' },
  SIGNER_KIND: { zh: '签名服务不签此类声明', en: 'The signer does not sign statements of this kind' },
  SIGNER_ORDER: { zh: '签名服务不签此状态指令', en: 'The signer does not sign this order' },
  KEY_UNKNOWN: { zh: '没有这把密钥', en: 'There is no such key' },
  KEY_GENERATION: { zh: '密钥代次不对', en: 'This is not the next generation of the key' },
  PERMIT_HELD: { zh: '此项签发权限由另一部门持有', en: 'Another department holds this permit' },
  REGISTRY_REFUSED: { zh: '链上登记册拒绝了此项变更', en: 'The registry on chain refused the change' },
  KEY_NAME: { zh: '密钥名称不规范', en: 'The name of the key is not well formed' },
  KEY_EXISTS: { zh: '密钥已存在', en: 'There is a key of this name already' },
  KEY_ALGORITHM: { zh: '这把密钥不能这样用', en: 'The key cannot be used like this' },
  KEY_DEPARTMENT: { zh: '密钥所属部门不对', en: 'The key belongs to another department' },
  KEY_MATERIAL: { zh: '密钥内容不对', en: 'The key material is wrong' },

  HOLDER_NUMBER: { zh: '持证主体号码不规范', en: 'The number of the holder is not well formed' },
  HOLDER_NOT_FOUND: { zh: '没有此持证主体', en: 'There is no such holder' },

  // Who may act for whom
  REPRESENTATION_KIND: {
    zh: '代表人须为自然人，且与被代表主体的类别相符',
    en: 'Only a person represents, and only this kind of holder in this capacity',
  },
  REPRESENTATION_TERM: { zh: '代表期限不符合规定', en: 'The term of the representation is not allowed' },
  REPRESENTATION_EXISTS: { zh: '此人已有这一代表身份', en: 'This person acts in this capacity already' },
  REPRESENTATION_NOT_FOUND: { zh: '没有此代表关系', en: 'There is no such representation' },
  REPRESENTS_SELF: { zh: '无须代表本人', en: 'Nobody needs to represent himself' },
  APPOINTMENT_NOT_ALLOWED: {
    zh: '当前身份无权委任或终止这一代表关系',
    en: 'Who asks may not appoint or dismiss in this capacity',
  },
  APPOINTMENT_TOO_WIDE: {
    zh: '委任超出委任人自身的事项、证照类型或期限',
    en: 'The appointment is wider or longer than that of whoever appoints',
  },
  MANAGERS_TOO_MANY: { zh: '管理员至多 5 名', en: 'An organisation has at most 5 managers' },

  // Holders' keys and consent
  TYPED_DATA_SHAPE: {
    zh: '待签内容缺少、多出或写错了一项',
    en: 'What was signed lacks a member, or has one that is unknown or wrong',
  },
  TYPED_DATA_TYPES: { zh: '待签内容不是授权书', en: 'What was signed is not a grant' },
  TYPED_DATA_DOMAIN: {
    zh: '签署的是另一个合约或另一条链上的授权',
    en: 'The grant was signed for another contract or chain',
  },
  SIGNATURE_FORM: { zh: '签名格式不对', en: 'The signature is not well formed' },
  SIGNER_UNKNOWN: {
    zh: '不是可用的持证主体密钥',
    en: 'Not a key that holders can use here',
  },
  CHALLENGE_UNKNOWN: {
    zh: '没有等待此密钥回应的质询，或已过期、已用过',
    en: 'No challenge waits for this key; it may be too old or used',
  },
  IDENTITY_AUTHORITY_MISSING: {
    zh: '尚未登记身份认证部门，暂不能绑定密钥',
    en: 'No identity authority has been admitted yet; keys cannot be bound',
  },
  HOLDER_KEY_MISSING: { zh: '尚未绑定密钥', en: 'No key has been bound yet' },
  HOLDER_KEY_EXISTS: {
    zh: '已有生效的密钥；可申请更换',
    en: 'There is a key in effect; ask for its replacement',
  },
  HOLDER_KEY_WAITING: { zh: '已有一次更换在等待生效', en: 'A replacement waits already' },
  HOLDER_KEY_NOT_WAITING: { zh: '没有等待生效的更换', en: 'No replacement waits' },
  HOLDER_KEY_TAKEN: { zh: '此密钥正在或曾经被使用', en: 'This key is or was in use' },
  HOLDER_KEY_NOT_ACTIVE: { zh: '此密钥当前不生效', en: 'This key is not in effect' },
  CONSENT_REQUEST_NOT_FOUND: { zh: '没有此授权请求', en: 'There is no such request for consent' },
  CONSENT_REQUEST_WITHDRAWN: { zh: '部门已撤回该授权请求', en: 'The department has taken the request back' },
  CONSENT_REQUEST_EXPIRED: { zh: '授权请求已过答复期限', en: 'The request can no longer be answered' },
  CONSENT_ANSWERED: { zh: '此授权请求已答复', en: 'This request has been answered' },
  NOTICE_NOT_SHOWN: {
    zh: '须先打开告知书，才能授权',
    en: 'The notice has to be opened before consent can be given',
  },
  CONSENT_PARTY_TWICE: { zh: '同一主体只能请求一次', en: 'Each holder can be asked once' },
  PURPOSE_UNKNOWN: { zh: '用途不在清单内', en: 'The purpose is not on the list' },
  TERM_TOO_LONG: {
    zh: '期限或次数超过该事项的上限',
    en: 'The term or the number of uses is beyond what the matter allows',
  },
  CERTIFICATE_NOT_OF_HOLDER: {
    zh: '该证照不属于此持证主体',
    en: 'The certificate is not this holder’s',
  },
  NOT_REPRESENTED: { zh: '当前无权代表该主体', en: 'Nobody may act for this holder in this way' },
  GRANT_MISMATCH: {
    zh: '签署内容与授权请求不一致',
    en: 'What was signed differs from what was asked',
  },
  FIELD_NOT_REQUESTED: { zh: '授权了未请求的项目', en: 'A field was granted that was not asked for' },
  REQUIRED_FIELD_MISSING: { zh: '缺少必需的项目', en: 'A required field is missing' },
  GRANT_NOT_FOUND: { zh: '没有此授权', en: 'There is no such grant' },
  GRANT_UNKNOWN: { zh: '没有此授权', en: 'There is no such grant' },
  GRANT_WITHDRAWN: { zh: '授权已撤回', en: 'The grant has been withdrawn' },
  GRANT_EXPIRED: { zh: '授权已过期', en: 'The grant has expired' },
  GRANT_NOT_YET: { zh: '授权尚未生效', en: 'The grant has not begun' },
  GRANT_USED_UP: { zh: '授权次数已用完', en: 'The grant has been used up' },
  GRANT_OTHER_MATTER: { zh: '授权用于另一事项', en: 'The grant is for another matter' },
  GRANT_OTHER_DEPARTMENT: { zh: '授权给了另一部门', en: 'The grant is for another department' },
  GRANT_OTHER_CERTIFICATE: { zh: '授权不含此证照', en: 'The grant does not cover this certificate' },
  GRANT_NOT_ON_CHAIN: { zh: '链上未接受此授权', en: 'The chain did not accept the grant' },
  FIELD_NOT_GRANTED: { zh: '此项目未获授权', en: 'This field was not granted' },
  EPOCH_WRONG: { zh: '授权批次不是当前批次', en: 'The epoch is not the present one' },

  // Reasons of the answers of a verification
  ...REASON_WORDS,

  // Issuing desk: uploads
  SHEET_FORMAT: {
    zh: '文件不是可读取的 XLSX 工作簿',
    en: 'The file is not a workbook (.xlsx) that can be read',
  },
  SHEET_TOO_LARGE: { zh: '文件解压后过大', en: 'The file would unpack to too much' },
  SHEET_MACRO: { zh: '工作簿含有宏，不予接受', en: 'The workbook holds macros' },
  SHEET_EXTERNAL_LINK: { zh: '工作簿引用了其他文件，不予接受', en: 'The workbook refers to other files' },
  SHEET_ENCODING: { zh: '文件编码既不是 UTF-8 也不是 GB18030', en: 'The text is neither UTF-8 nor GB18030' },
  SHEET_SYNTAX: { zh: '文件内容格式有误', en: 'The file is not well formed' },
  SHEET_EMPTY: { zh: '文件中没有数据行', en: 'The file has no rows' },
  SHEET_TOO_MANY_ROWS: {
    zh: '数据行过多，每批最多 10000 行',
    en: 'The file has too many rows; a batch has at most 10,000',
  },
  SHEET_HEADING_UNKNOWN: {
    zh: '有一栏的标题不属于此证照类型',
    en: 'A column has a heading that this type does not have',
  },
  SHEET_HEADING_DUPLICATE: { zh: '有两栏标题相同', en: 'Two columns have the same heading' },
  SHEET_UNKNOWN: {
    zh: '有一张工作表不属于此证照类型',
    en: 'The workbook has a sheet that this type does not have',
  },
  SHEET_ROW_NUMBER: { zh: '序号重复，或没有对应的行', en: 'A row number stands twice or joins no row' },
  SHEET_FORMULA: { zh: '单元格含有公式，请填写值', en: 'The cell holds a formula; a value is needed' },
  SHEET_CELL: { zh: '单元格的类型不对', en: 'The cell is of the wrong kind' },
  SHEET_JSON: { zh: '单元格内容不是 JSON 数组', en: 'The cell does not hold a JSON array' },
  ROW_DUPLICATE: { zh: '本批中另一行已有此号码', en: 'Another row of the batch has this number' },
  ROW_TOO_LARGE: { zh: '该行内容过大', en: 'The row is too large' },

  // Issuing desk: batches and proposals
  BATCH_NOT_FOUND: { zh: '没有此批次', en: 'There is no such batch' },
  BATCH_STATE: { zh: '批次当前的状态不允许此操作', en: 'The batch is not in a state that allows this' },
  BATCH_CHANGED: {
    zh: '批次已被他人修改，请刷新后重试',
    en: 'Somebody changed the batch meanwhile; look again',
  },
  BATCH_BAD_ROWS: { zh: '批次中仍有不合格的行', en: 'The batch still has rows with errors' },
  BATCH_EMPTY: { zh: '批次中没有合格的行', en: 'The batch has no good row' },
  BATCH_OWN_APPROVAL: { zh: '经办人不得审核自己的批次', en: 'Whoever made a batch may not approve it' },
  BATCH_DIGEST_DIFFERS: {
    zh: '内容与提交审核时不一致，请重新核对',
    en: 'This is not what was submitted; look again',
  },
  BATCH_ROWS_ALTERED: {
    zh: '批次内容与审核通过时不一致，未签发',
    en: 'The rows are not those that were approved; nothing was issued',
  },
  BATCH_ROW_NOT_FOUND: { zh: '批次中没有此行', en: 'The batch has no such row' },
  BATCH_TYPE_CHANGED: {
    zh: '证照类型已有新版本，请重新上传',
    en: 'The type has a new version; upload the rows again',
  },
  PROPOSAL_NOT_FOUND: { zh: '没有此申请', en: 'There is no such proposal' },
  PROPOSAL_OPEN: { zh: '此证照已有一项变更在审核中', en: 'A change of this certificate is proposed already' },
  PROPOSAL_STATE: { zh: '申请当前的状态不允许此操作', en: 'The proposal is not in a state that allows this' },
  PROPOSAL_OWN_APPROVAL: {
    zh: '经办人不得审核自己的申请',
    en: 'Whoever proposed a change may not approve it',
  },
  PROPOSAL_DIGEST_DIFFERS: {
    zh: '内容与申请时不一致，请重新核对',
    en: 'This is not what was proposed; look again',
  },
  STATUS_REASON: { zh: '原因不在目录所列之中', en: 'The reason is not one of the catalogue' },
  // Matters
  MATTER_DEFINITION: {
    zh: '事项定义有误，未发布',
    en: 'The matter is not defined rightly; nothing was published',
  },
  MATTER_VERSION_EXISTS: {
    zh: '该事项的此版本已发布且内容不同',
    en: 'This version of the matter is published with other content',
  },
  MATTER_MEMBER: { zh: '事项定义的内容不对', en: 'The definition has a wrong or unknown member' },
  MATTER_DEPARTMENT: {
    zh: '部门未登记，或不参与此事项',
    en: 'The department is not admitted, or not of this matter',
  },
  MATTER_TYPE: {
    zh: '没有发布此类证照，或不由该部门签发',
    en: 'No such certificate type, or another department issues it',
  },
  MATTER_FIELD: { zh: '此类证照没有这个字段', en: 'The certificate type has no such field' },
  MATTER_MODE: { zh: '此类证照不允许这种用证方式', en: 'The certificate type does not allow this use' },
  MATTER_PARTY: { zh: '没有这个当事人', en: 'The matter has no such party' },
  MATTER_CONDITION: { zh: '没有这个条件', en: 'The matter has no such condition' },
  MATTER_GROUP: { zh: '“任选其一”的分组不成立', en: 'The one-of group does not hold' },
  MATTER_RESERVED: { zh: '该编码为亮证保留', en: 'This code is reserved for presentations' },
  MATTER_DUPLICATE: { zh: '重复', en: 'It is there twice' },

  // Cases
  CASE_NOT_FOUND: { zh: '没有这个办件', en: 'There is no such case' },
  CASE_NUMBER_TAKEN: { zh: '办件编号已被占用', en: 'Another case has this number' },
  CASE_NOT_OPEN: { zh: '办件已结束', en: 'The case has ended' },
  CASE_PARTY: { zh: '当事人填写有误，或不是该办件的当事人', en: 'A party is not right, or not of this case' },
  CASE_PARTIES: { zh: '某类当事人过多或过少', en: 'Too few or too many of a party' },
  CASE_PARTY_SELF: { zh: '本人须是当事人之一', en: 'Whoever opens a case is one of its parties' },
  CASE_CONDITION: { zh: '事项没有这个条件', en: 'The matter has no such condition' },
  CASE_STEP_UNKNOWN: { zh: '办件没有这一步', en: 'The case has no such step' },
  CASE_STEP_NOT_NEXT: { zh: '还没轮到这一步，或已办结', en: 'It is not this step’s turn' },
  CASE_STEP_NOT_ISSUING: { zh: '这一步没有待签发的结果', en: 'Nothing of this step waits to be issued' },
  CASE_NOT_READY: { zh: '必需的材料尚未齐备', en: 'Something that the matter requires is not there yet' },
  CASE_FLAGGED: {
    zh: '已取得的证照状态有变，请重新归集',
    en: 'A certificate that was taken has changed; collect again',
  },
  CASE_REASON_MISSING: { zh: '须写明理由', en: 'This needs a reason' },
  CASE_ITEM_UNKNOWN: { zh: '办件没有这项材料', en: 'The case asks for no such item' },
  CASE_USE_OTHER: { zh: '所读取的证照不属于此项材料', en: 'What was read is not of this item' },
  CASE_GROUP: { zh: '此项不接受声明代替', en: 'The matter takes no declaration for this' },
  CASE_OUTPUT: { zh: '不是这一步的办理结果，或已签发', en: 'Not an output of this step, or issued already' },
  CASE_REPLACES_OTHER: {
    zh: '只能替换当事人的同类证照',
    en: 'Only a certificate of the same type and of a party is replaced',
  },
  CASE_COPY_NONE: { zh: '本部门没有此项证照的副本', en: 'The department has no copy for this item' },
  MATERIAL_AVAILABLE: {
    zh: '此材料可免提交，不得要求提交',
    en: 'This can be obtained without the applicant handing it in',
  },

  // Webhooks
  DELIVERY_NOT_FOUND: { zh: '没有这条通知', en: 'There is no such delivery' },
  DELIVERY_STATE: { zh: '该通知已送达', en: 'The delivery has arrived' },
  WEBHOOK_NOT_FOUND: { zh: '没有这个通知地址', en: 'There is no such webhook' },
  WEBHOOK_URL: { zh: '通知地址不被接受', en: 'A webhook may not point there' },
  WEBHOOK_ADDRESS: { zh: '该主机不在公网', en: 'The host is not at a public address' },
}

/** The sentence for a code, or undefined when there is none. */
export function messageOf(code: string, language: Language): string | undefined {
  if (!Object.hasOwn(messages, code)) return undefined
  const message = messages[code]
  return language === 'en' ? message?.en : message?.zh
}
