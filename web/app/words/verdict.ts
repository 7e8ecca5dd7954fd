/** Words around a verification; what it says itself stands in server/wording. */
export const verdict = {
  asOf: { zh: '查验时点', en: 'Checked as of' },
  checks: { zh: '五项核验', en: 'The five checks' },
  how: { zh: '怎么查的', en: 'How it is checked' },
  answer_yes: { zh: '通过', en: 'Passed' },
  answer_no: { zh: '未通过', en: 'Failed' },
  answer_unknown: { zh: '未能确认', en: 'Not certain' },
  fingerprint: { zh: '指纹', en: 'Fingerprint' },
  block: { zh: '区块', en: 'Block' },
  blockTime: { zh: '登记到区块链的时间', en: 'Registered on the blockchain at' },
  place: { zh: '日志中的序号', en: 'Place in the log' },
  identifier: { zh: '证照标识', en: 'Certificate identifier' },
  issuerKey: { zh: '发证机关', en: 'Issuer' },
} as const
