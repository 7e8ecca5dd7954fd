/** What is said of the key that signs consent. */
export const signing = {
  key: { zh: '签名密钥', en: 'Signing key' },
  keyWhat: {
    zh: '您同意用证时，由这把密钥签名。密钥只在您手里，本系统和任何部门都没有。',
    en: 'This key signs when you consent. Only you have it: neither this service nor any department does.',
  },
  keyOwn: {
    zh: '代他人办理时，也用您自己的密钥签名；授权书会写明是您代为签署。',
    en: 'When you act for somebody you sign with your own key; the consent says so.',
  },
  keyActive: { zh: '现在的密钥', en: 'Your present key' },
  keySince: { zh: '生效于', en: 'In effect since' },
  keyId: { zh: '密钥编号', en: 'Identifier' },
  backToConsent: { zh: '回到授权请求', en: 'Back to the request' },
  kind_passkey: { zh: '通行密钥', en: 'Passkey' },
  kind_passphrase: { zh: '口令保护的密钥', en: 'Key under a passphrase' },
  kind_external: { zh: '外部钱包', en: 'Wallet of your own' },
  state_active: { zh: '生效中', en: 'In effect' },
  state_waiting: { zh: '等待生效', en: 'Waiting' },
  state_replaced: { zh: '已更换', en: 'Replaced' },
  state_cancelled: { zh: '已取消', en: 'Cancelled' },
  where_passkey: {
    zh: '保存在您的手机、电脑或安全密钥里，签名时验证指纹、面容或锁屏密码。',
    en: 'Kept by your phone, computer or security key, which asks for your fingerprint, face or screen lock.',
  },
  where_passphrase: {
    zh: '加密保存在这个浏览器里，签名时输入口令。清除浏览器数据会一并删除，请下载备份。',
    en: 'Kept encrypted in this browser, opened by your passphrase. Clearing the browser’s data deletes it: download a backup.',
  },
  where_external: { zh: '保存在您自己的钱包里。', en: 'Kept in your own wallet.' },
  backup: { zh: '下载备份', en: 'Download a backup' },
  backupWhat: {
    zh: '备份也是加密的，没有口令打不开。',
    en: 'The backup is encrypted too: without the passphrase it cannot be opened.',
  },
  notHere: { zh: '这把密钥不在这个浏览器里', en: 'This key is not in this browser' },
  notHereNext: {
    zh: '请换用设置时的浏览器，或选择备份文件在此恢复。都没有时，请更换密钥。',
    en: 'Use the browser in which you made it, or choose its backup here. If you have neither, replace the key.',
  },
  restore: { zh: '从备份文件恢复', en: 'Restore from a backup file' },
  restored: { zh: '已恢复，可以签名了', en: 'Restored: you can sign here now' },

  // Making one
  make: { zh: '设置签名密钥', en: 'Set up your signing key' },
  makeNew: { zh: '设置新的签名密钥', en: 'Set up the new key' },
  passkeyWhat: {
    zh: '推荐。由手机或电脑保管，不用记口令，别人拿不走。',
    en: 'Recommended. Your phone or computer keeps it; there is nothing to remember and nothing to steal.',
  },
  passkeyMake: { zh: '设置通行密钥', en: 'Make a passkey' },
  passkey_address: {
    zh: '您是用一串数字（IP 地址）打开本页的，而通行密钥只能用于有名称的网址。请用正式网址打开，或使用下面口令保护的密钥。',
    en: 'You opened this page by a number (an IP address), and passkeys belong to sites with a name. Use the official address, or a key under a passphrase below.',
  },
  passkey_insecure: {
    zh: '本页不是用 https 打开的，浏览器因此不提供通行密钥，也不能在这里保管口令保护的密钥。请用 https 开头的正式网址打开。',
    en: 'You opened this page without https, so the browser offers no passkeys and can keep no key under a passphrase. Use the official address, which begins with https.',
  },
  passkey_missing: {
    zh: '这个浏览器不支持通行密钥。请换一个浏览器，或使用下面口令保护的密钥。',
    en: 'This browser has no passkeys. Use another browser, or a key under a passphrase below.',
  },
  passphraseWhat: {
    zh: '密钥在这个浏览器里生成，用您的口令加密保存。密钥和口令都不会离开这个浏览器。忘记口令就打不开，只能更换密钥。',
    en: 'The key is made in this browser and kept encrypted under your passphrase. Neither ever leaves the browser. If you forget the passphrase the key is lost and has to be replaced.',
  },
  passphraseChoose: {
    zh: '口令（至少 {{count}} 个字符，例如几个不相干的词）',
    en: 'Passphrase (at least {{count}} characters, such as a few unrelated words)',
  },
  passphraseAgain: { zh: '再输入一次', en: 'Once more' },
  passphraseShort: {
    zh: '口令太短，至少 {{count}} 个字符。',
    en: 'Too short: at least {{count}} characters.',
  },
  passphraseOther: { zh: '两次输入的不一样。', en: 'The two are not the same.' },
  passphraseMake: { zh: '用口令设置密钥', en: 'Make a key under this passphrase' },
  passphrase: { zh: '密钥口令', en: 'Passphrase of your key' },
  passphraseStays: {
    zh: '只在这个浏览器里使用，不会发送。',
    en: 'Used in this browser only; it is never sent.',
  },
  externalWhat: {
    zh: '您的浏览器装有钱包。签名前，请在钱包里核对显示的内容。',
    en: 'Your browser has a wallet. Check what it shows before you sign there.',
  },
  externalUse: { zh: '使用我的钱包', en: 'Use my wallet' },

  // Loss
  lost: { zh: '密钥丢了？', en: 'Lost your key?' },
  lostWhat: {
    zh: '设置一把新的即可。新密钥要等 {{hours}} 小时才生效，期间原密钥仍可用；如果不是您本人申请的，可以随时取消。新密钥生效时，原密钥签署的授权全部终止。',
    en: 'Set up a new one. It takes effect after {{hours}} hours, in which the old one still works; if it was not you who asked, cancel it. When the new key takes effect, everything that the old one signed ends.',
  },
  lostReplace: { zh: '更换密钥', en: 'Replace the key' },
  waiting: { zh: '正在更换密钥', en: 'A new key is waiting' },
  waitingUntil: { zh: '新密钥生效时间', en: 'It takes effect' },
  waitingWhy: {
    zh: '等待是为了保护您：万一有人冒用您的身份申请更换，您有时间发现并取消。',
    en: 'The wait protects you: if somebody else asked in your name, you have time to notice and cancel.',
  },
  waitingCancel: { zh: '取消更换', en: 'Cancel it' },
  former: { zh: '以前的密钥', en: 'Former keys' },

  explain: { zh: '说明', en: 'How it works' },
  explainWhat: {
    zh: '每次同意，密钥都会对一份完整的授权书签名：给哪个部门、办什么事、哪些证照的哪些内容、多久、几次。任何人都能据此核实，谁也改不了。',
    en: 'Each time, the key signs one complete document: which department, which matter, which fields of which certificates, how long, how often. Anybody can check it, and nobody can change it.',
  },
  explainWhere: {
    zh: '密钥在您的设备上生成，从不以未加密的形式离开。登记到区块链的只有公开的部分。',
    en: 'The key is made on your device and never leaves it unencrypted. Only its public part is registered.',
  },
  explainCheck: {
    zh: '签名之前，浏览器会把授权书与您看到的内容逐项比对，不一致就拒绝签名。',
    en: 'Before signing, your browser compares the document with what you were shown, line by line, and refuses if they differ.',
  },
  explainLoss: {
    zh: '丢失后登录本页即可更换，等待 {{days}} 天；没有手机时，也可以到窗口改用纸质材料办事。',
    en: 'After a loss, sign in here and replace it; the wait is {{days}} days. Meanwhile paper at the counter always works.',
  },
  explainOld: {
    zh: '没有密钥也能看证照、亮证、拒绝和撤回授权。',
    en: 'Without a key you can still see and present certificates, refuse, and take consent back.',
  },

  // What went wrong
  trouble_cancelled: {
    zh: '没有签名：您取消了，或时间已过',
    en: 'Not signed: you cancelled, or it took too long',
  },
  trouble_cancelled_next: {
    zh: '什么也没有改变。可以再试一次。',
    en: 'Nothing was changed. You can try again.',
  },
  trouble_passphrase: { zh: '口令不对，密钥打不开', en: 'Wrong passphrase: the key does not open' },
  trouble_passphrase_next: {
    zh: '什么也没有改变。请检查大小写和输入法后再试。忘记口令时，请更换密钥。',
    en: 'Nothing was changed. Check capitals and keyboard, and try again. If you forgot it, replace the key.',
  },
  passkeyNotUsedHere: {
    zh: '您的通行密钥没有在这个浏览器里用过，可能在另一台设备上',
    en: 'Your passkey has not been used in this browser; it may be on another device',
  },
  passkeyNotUsedHereNext: {
    zh: '请换用设置密钥的那台设备；密钥在手机上时，浏览器询问后可用手机扫码。',
    en: 'Use the device on which you made it. If it is on your phone, scan the code when the browser asks.',
  },
  trouble_elsewhere: { zh: '签名密钥不在这个浏览器里', en: 'The signing key is not in this browser' },
  trouble_elsewhere_next: {
    zh: '请换用设置密钥时的浏览器，或在“签名密钥”页从备份恢复。',
    en: 'Use the browser in which you made it, or restore its backup on the page “Signing key”.',
  },
  'trouble_other-key': {
    zh: '这不是登记在您名下的那把密钥',
    en: 'This is not the key that is registered for you',
  },
  'trouble_other-key_next': {
    zh: '什么也没有改变。请选用登记的那一把；已经没有时，请更换密钥。',
    en: 'Nothing was changed. Choose the registered one; if you no longer have it, replace the key.',
  },
  'trouble_no-passkeys': { zh: '这里不能使用通行密钥', en: 'Passkeys cannot be used here' },
  'trouble_no-passkeys_next': {
    zh: '请换一个浏览器或设备，或使用口令保护的密钥。',
    en: 'Use another browser or device, or a key under a passphrase.',
  },
  'trouble_no-wallet': { zh: '钱包没有给出签名', en: 'The wallet gave no signature' },
  'trouble_no-wallet_next': { zh: '请打开钱包后再试。', en: 'Open your wallet and try again.' },
  trouble_backup: { zh: '这不是密钥备份文件', en: 'This is not a backup of a key' },
  trouble_backup_next: {
    zh: '请选择从本页下载的备份文件。',
    en: 'Choose the file that was downloaded from this page.',
  },
  trouble_differs: {
    zh: '已拒绝签名：要签的内容与您看到的不一致',
    en: 'Not signed: the document is not what you were shown',
  },
  trouble_differs_next: {
    zh: '没有签名，也没有给出任何授权。请不要重试，并告诉窗口或管理员。',
    en: 'Nothing was signed and nothing granted. Do not try again; tell the counter or the operator.',
  },
  differsIn: { zh: '不一致的是：{{lines}}', en: 'What differs: {{lines}}' },
  line_form: { zh: '文件格式', en: 'the form of the document' },
  line_domain: { zh: '登记的区块链或合约', en: 'the chain or contract' },
  line_key: { zh: '签名密钥', en: 'the key' },
  line_department: { zh: '用证部门', en: 'the department' },
  line_matter: { zh: '事项', en: 'the matter' },
  line_purpose: { zh: '用途', en: 'the purpose' },
  line_items: { zh: '证照或内容', en: 'certificates or fields' },
  line_uses: { zh: '次数', en: 'the number of uses' },
  line_term: { zh: '期限', en: 'the term' },
  line_notice: { zh: '告知书', en: 'the notice' },
} as const
