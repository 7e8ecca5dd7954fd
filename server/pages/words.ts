/** Every sentence of the public pages that is not a verdict, a question or a reason (server/wording/): Chinese first, then English. */
import type { Message } from '../http/messages.ts'

export const words = {
  brand: { zh: '一证通认', en: 'onceproof' },
  service: { zh: '电子证照核验', en: 'Certificate verification' },
  skip: { zh: '跳到正文', en: 'Skip to content' },
  bannerOf: { zh: '政务服务官方核验网站', en: 'official verification site' },
  bannerThis: { zh: '这是', en: 'This is the' },
  bannerHow: { zh: '怎样辨认', en: 'How you know' },
  knowAddress: { zh: '网址应以此开头：', en: 'The address begins with:' },
  knowPrinted: {
    zh: '证照上印的网址、政府网站公布的网址与它完全相同；只像一点的，不是本网站。',
    en: 'The same address is printed on certificates and published by the city. An address that only looks similar is another site.',
  },
  knowLock: {
    zh: '浏览器地址栏没有“不安全”的提示。',
    en: 'The browser shows no “not secure” warning beside the address.',
  },
  knowNever: {
    zh: '核验不需要登录、付款或下载应用。有人这样要求，请不要照做，并举报。',
    en: 'Verifying never asks you to sign in, pay or install an app. If somebody asks for that, do not do it, and report it.',
  },
  demo: {
    zh: '演示环境：人物、机构和证照均为虚构，不具法律效力。',
    en: 'Demonstration: everything here is invented and has no legal effect.',
  },
  pageOptions: { zh: '显示方式', en: 'Display options' },
  elder: { zh: '长辈版', en: 'Large text' },
  standard: { zh: '标准版', en: 'Standard text' },
  help: { zh: '帮助', en: 'Help' },
  footer: { zh: '页脚', en: 'Footer' },
  home: { zh: '首页', en: 'Home' },
  reportFake: { zh: '举报假证', en: 'Report a fake' },
  selfVerify: { zh: '自己验证', en: 'Verify it yourself' },
  selfVerifyPage: {
    zh: '单机核验文件（下载后离线可用）',
    en: 'Stand-alone verifier (one file, works offline)',
  },
  whatItProves: { zh: '核验能证明什么', en: 'What verifying proves' },

  homeTitle: { zh: '电子证照与存证', en: 'E-certificates and records' },
  homeLead: {
    zh: '一次签发，各部门通认。任何人都可以核验，不需要账号。',
    en: 'Issued once, recognised everywhere. Anybody can verify, without an account.',
  },
  homeVerify: { zh: '核验证照', en: 'Verify a certificate' },
  homeSignIn: { zh: '登录', en: 'Sign in' },
  homeVerifyWhy: {
    zh: '收到别人出示的证照，看它是否真实、有效。',
    en: 'Somebody shows you a certificate: see whether it is genuine and in force.',
  },
  homeSignInWhy: {
    zh: '持证人和部门工作人员由此进入。',
    en: 'For holders of certificates and for department staff.',
  },

  verifyTitle: { zh: '核验证照', en: 'Verify a certificate' },
  verifyLead: {
    zh: '选一种方式即可。核验不需要登录，也不会留下您的个人信息。',
    en: 'Use any one of these ways. You need no account, and nothing about you is kept.',
  },
  byNumber: { zh: '输入短码或证照标识', en: 'Type the short code or the identifier' },
  codeLabel: { zh: '短码或证照标识', en: 'Short code or certificate identifier' },
  codeHint: {
    zh: '短码是二维码旁印的 8 位字母和数字，例如 7Q2K-9MXA；不分大小写，横线可以不输。',
    en: 'The short code is the 8 letters and digits printed beside the QR code, such as 7Q2K-9MXA. Capitals and hyphens do not matter.',
  },
  lastFourLabel: { zh: '证照号码的最后四位', en: 'Last four characters of the certificate’s number' },
  lastFourHint: {
    zh: '例如身份证的公民身份号码、营业执照的统一社会信用代码的最后四位。',
    en: 'For example of the ID number on an identity card or the credit code on a business licence.',
  },
  check: { zh: '核验', en: 'Verify' },
  byFile: { zh: '上传 PDF 或证照文件', en: 'Upload the PDF or the certificate file' },
  fileLabel: { zh: 'PDF 或证照文件', en: 'PDF or certificate file' },
  fileHint: {
    zh: '最大 10 MB。文件只用于这次核验，不保存。',
    en: 'At most 10 MB. The file is used for this check only and is not kept.',
  },
  byCode: { zh: '扫二维码', en: 'Scan the QR code' },
  scanPlain: {
    zh: '用手机自带的相机扫证照上的二维码，会打开本网站的核验结果。请先看清网址是否以下面的地址开头：',
    en: 'Scan the QR code on the certificate with your phone’s camera: it opens the result on this site. First make sure that the address begins with:',
  },
  scanStart: { zh: '用摄像头扫码', en: 'Scan with the camera' },
  scanPicture: { zh: '选一张二维码图片', en: 'Choose a picture of the QR code' },
  scanStop: { zh: '停止扫码', en: 'Stop scanning' },
  errorTitle: { zh: '还差一点', en: 'There is a problem' },
  errorCode: {
    zh: '请输入短码（8 位）或证照标识',
    en: 'Enter the short code (8 characters) or the certificate identifier',
  },
  errorLastFour: { zh: '请输入证照号码的最后四位', en: 'Enter the last four characters of the number' },
  errorFile: { zh: '请选择一个文件', en: 'Choose a file' },
  errorDetail: { zh: '请写下发现了什么', en: 'Say what you have found' },
  titleError: { zh: '有误：', en: 'Error: ' },

  paperTitle: { zh: '再输入一项即可核验', en: 'One more thing to enter' },
  paperLead: {
    zh: '这个地址里只有短码。为防止有人逐个试码，还需要证照号码的最后四位。',
    en: 'This address has only the short code. So that nobody can try codes one by one, the last four characters of the number are needed too.',
  },

  checkedAt: { zh: '核验时间', en: 'Checked' },
  asOfBlock: { zh: '链上状态截至', en: 'State of the chain as of' },
  next: { zh: '下一步', en: 'What to do' },
  person: { zh: '还要由您来核对', en: 'What you must still check' },
  personWho: {
    zh: '本页证明证照的真伪和状态，不能证明眼前的人就是持证人。请与本人核对姓名、照片和号码。',
    en: 'This page says whether the certificate is genuine and in force. It cannot say that the person in front of you is its holder: compare name, photo and number.',
  },
  personBody: {
    zh: '本页证明证照的真伪和状态，不能证明眼前的人有权代表证照上的单位。请核对其身份和授权。',
    en: 'This page says whether the certificate is genuine and in force. It cannot say that the person in front of you may act for the organisation: check who it is, and by what authority.',
  },
  bodyName: { zh: '证照上的名称', en: 'Name on the certificate' },
  personName: { zh: '证照上的姓名（已隐去部分）', en: 'Name on the certificate, partly hidden' },
  details: { zh: '证照内容', en: 'What the certificate says' },
  detailsNote: {
    zh: '由经核验的数据生成，已隐去部分内容。与您手中的证照不同的，以此为准。',
    en: 'Made from verified data, partly hidden. Where your copy differs, this is right.',
  },
  detailsRest: {
    zh: '要看全部内容，请持证人出示亮证码。',
    en: 'To see all of it, ask the holder to present the certificate with a code.',
  },
  type: { zh: '证照类型', en: 'Type' },
  issuer: { zh: '发证机关', en: 'Issued by' },
  validFrom: { zh: '有效期起', en: 'Valid from' },
  validUntil: { zh: '有效期止', en: 'Valid until' },
  withoutEnd: { zh: '长期', en: 'no end date' },
  anchoredSince: {
    zh: (time: string) => `自${time}上链以来未被改动。上链前的内容由发证机关负责。`,
    en: (time: string) =>
      `It has not changed since it was anchored, ${time}. What was true before that is the issuer’s word.`,
  },
  chainOnce: {
    zh: '“上链”即在区块链登记了指纹；证照内容不在链上。',
    en: '“Anchored” means that its fingerprint was entered on a blockchain. Its content is not there.',
  },
  questions: { zh: '五项核验', en: 'The five checks' },
  howChecked: { zh: '怎么查的', en: 'How was this checked?' },
  notRun: { zh: '未进行', en: 'not run' },
  issuerTitle: { zh: '发证机关与密钥', en: 'Issuer and its key' },
  issuerListed: { zh: '发证机关名录', en: 'Listing of the issuer' },
  issuerListing: { zh: '查看登记内容（机器可读）', en: 'See the entry (for programs)' },
  region: { zh: '地区', en: 'Region' },
  keyFrom: { zh: '签发密钥登记于', en: 'Signing key registered' },
  keyUntil: { zh: '签发密钥停用日期', en: 'Signing key ends' },
  keyOpen: { zh: '未停用，仍在使用', en: 'still in use' },
  compromised: { zh: '密钥宣告泄露于', en: 'Key declared compromised' },
  technical: { zh: '技术信息', en: 'Technical details' },
  fingerprint: { zh: '证照指纹（日志叶子）', en: 'Fingerprint (log leaf)' },
  logPlace: { zh: '日志序号 / 检查点大小', en: 'Log index / checkpoint size' },
  contract: { zh: '登记合约（AnchorLog）', en: 'Contract (AnchorLog)' },
  chain: { zh: '链编号', en: 'Chain id' },
  anchorBlock: { zh: '上链区块', en: 'Anchored in block' },
  stateBlock: { zh: '查询所据区块', en: 'Asked at block' },
  identifier: { zh: '证照标识', en: 'Certificate identifier' },
  verdictCode: { zh: '结论代码', en: 'Verdict code' },
  reasonCodes: { zh: '各项原因代码', en: 'Reason codes' },
  selfLead: {
    zh: '不必相信本网站：下载核验凭证，用自己的链节点核验。凭证不含证照内容。',
    en: 'You need not believe this site: download the proof and check it with a node of your own. The proof holds no content of the certificate.',
  },
  proofFile: { zh: '下载核验凭证', en: 'Download the proof' },
  proofOwn: {
    zh: '您上传的证照文件就是核验凭证。',
    en: 'The certificate file that you uploaded is the proof.',
  },
  trustFile: { zh: '下载信任文件', en: 'Download the trust file' },
  selfCommand: { zh: '命令：', en: 'Command:' },
  selfTrust: {
    zh: '信任文件写明信任哪条链、哪些合约。请与从别处得到的指纹比对后再用。',
    en: 'The trust file says which chain and contracts are trusted. Compare its fingerprint with one that you have from elsewhere.',
  },
  browserTitle: { zh: '在您的浏览器里再核验一次', en: 'Verify again in your own browser' },
  browserLead: {
    zh: '同样的核验在您的浏览器里再做一遍，与本网站的结论对照。链上数据经本网站的节点读取；要问自己的节点，请用单机核验文件。',
    en: 'The same checks are made again by your browser and compared with our result. Chain data is read through this site’s node; to ask a node of your own, use the stand-alone verifier.',
  },
  browserStart: { zh: '在我的浏览器里再核验一次', en: 'Verify in my browser' },
  browserNoScript: {
    zh: '此项需要 JavaScript；不用它，上面的结论同样完整。',
    en: 'This needs JavaScript. The result above is complete without it.',
  },
  reportTitle: { zh: '举报假证', en: 'Report a fake certificate' },
  reportWhy: {
    zh: '看到伪造的证照，或仿冒的核验网站、二维码，请告诉我们。',
    en: 'Tell us about a forged certificate, or about a false verification site or QR code.',
  },
  another: { zh: '核验另一份', en: 'Verify another one' },
  differsHeadline: { zh: 'PDF 与经核验的数据不一致', en: 'The PDF differs from the verified data' },
  differsWhy: {
    zh: 'PDF 里附带的证照数据通过了下面的核验，但 PDF 页面上找不到其中几项的值。PDF 可能被改动过。',
    en: 'The certificate data attached to the PDF was checked below, but some of its values are not found on the pages. The PDF may have been edited.',
  },
  differsNext: {
    zh: '不要采信 PDF 页面上的文字，以下面经核验的内容为准；如怀疑伪造，请保留文件并举报。',
    en: 'Do not rely on what the pages say; the verified content below is right. If you suspect a forgery, keep the file and report it.',
  },
  differsFields: { zh: '页面上找不到的项目', en: 'Not found on the pages' },
  pdfSame: {
    zh: 'PDF 页面上的文字与经核验的数据一致。',
    en: 'The text on the pages of the PDF agrees with the verified data.',
  },
  pdfNoText: {
    zh: 'PDF 页面上没有可读取的文字（可能是扫描件），未能比对。请以下面的内容为准。',
    en: 'The PDF has no text that can be read (it may be a scan), so it was not compared. Go by the content below.',
  },
  fileUsed: { zh: '核验对象：您上传的文件', en: 'Checked: the file that you uploaded' },
  record: { zh: '存证', en: 'Record' },
  recordName: { zh: '存证名称', en: 'Name given' },
  notVerified: {
    zh: '内容未能核验，因此不显示。',
    en: 'The content could not be verified and is therefore not shown.',
  },

  presentedTitle: { zh: '持证人出示的证照', en: 'Certificates presented by the holder' },
  presentedLead: {
    zh: '持证人正用一次性的亮证码出示下列证照，部分内容已隐去。窗口工作人员请用核验终端扫码读取。',
    en: 'The holder presents these with a one-time code, partly hidden. Staff at a counter read the code with their own terminal.',
  },
  presentedUntil: { zh: '此码有效至', en: 'This code is valid until' },
  presentedGone: {
    zh: '亮证码只能用很短时间，过期、用过、取消或只给某个部门看的码，这里都这样答复。',
    en: 'Such a code lives for a short time. One that has expired, was used, was cancelled or is for one department only is answered like this.',
  },

  reportLead: {
    zh: '不必留下您的姓名或联系方式。请不要写别人的身份证号等个人信息。',
    en: 'You need not give your name or how to reach you. Please do not write ID numbers or other personal data of anybody.',
  },
  reportCode: { zh: '短码、证照标识或网址（可不填）', en: 'Short code, identifier or address (optional)' },
  reportDetail: { zh: '发现了什么', en: 'What you have found' },
  reportDetailHint: {
    zh: '例如：在哪里看到、哪里不对。最多 1000 字。',
    en: 'For example where you saw it and what is wrong. At most 1,000 characters.',
  },
  reportSend: { zh: '提交举报', en: 'Send the report' },
  reportDone: { zh: '举报已收到', en: 'Your report has been received' },
  reportNumber: { zh: '举报编号', en: 'Report number' },
  reportThen: {
    zh: '监管人员会查看。您不需要再做什么；若当时正在办事，请不要采信该证照。',
    en: 'It will be looked at by the supervising staff. You need do nothing more; do not rely on that certificate meanwhile.',
  },

  reportAnswer: { zh: '答复', en: 'Answer' },
  reportLater: { zh: '以后在这里看答复（请保存此链接）', en: 'See the answer here later (keep this link)' },

  problemNothing: {
    zh: '没有任何内容被更改或保存。',
    en: 'Nothing was changed and nothing was kept.',
  },
  problemNext: {
    zh: '您可以返回核验页重试。',
    en: 'You can go back to the verification page and try again.',
  },
  problemWait: { zh: '请稍等片刻再试。', en: 'Please wait a little and try again.' },
  problemCode: { zh: '代码', en: 'Code' },
  problemRequest: { zh: '请求编号', en: 'Request' },
} as const satisfies Record<string, Message | Record<'zh' | 'en', (text: string) => string>>
