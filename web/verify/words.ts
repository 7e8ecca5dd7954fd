/** What the scripts of the public pages say. The pages themselves are written by the gateway. */

export interface Words {
  readonly zh: string
  readonly en: string
}

export const words = {
  working: { zh: '正在您的浏览器里核验……', en: 'Your browser is verifying …' },
  agrees: {
    zh: '一致：您的浏览器得出同样的结论，五项核验的结果也相同。',
    en: 'They agree: your browser comes to the same result, and to the same answers to the five checks.',
  },
  differs: {
    zh: '不一致：您的浏览器得出了另一个结论。请刷新重试；仍不一致时，请不要采信，并举报。',
    en: 'They differ: your browser comes to another result. Reload and try again; if they still differ, do not rely on it and report it.',
  },
  ours: { zh: '您的浏览器', en: 'Your browser' },
  site: { zh: '本网站', en: 'This site' },
  asked: { zh: '链上状态截至', en: 'State of the chain as of' },
  failed: {
    zh: '没能在浏览器里完成核验：取不到所需的数据。这不影响上面的结论，请稍后再试。',
    en: 'Your browser could not finish: the data could not be fetched. The result above stands; please try again later.',
  },
  scanCamera: { zh: '用摄像头扫码', en: 'Scan with the camera' },
  scanPicture: { zh: '选一张二维码图片', en: 'Choose a picture of the QR code' },
  scanStop: { zh: '停止扫码', en: 'Stop scanning' },
  scanning: {
    zh: '请把二维码放到画面中间。',
    en: 'Hold the QR code into the middle of the picture.',
  },
  loading: { zh: '正在准备扫码……', en: 'Getting ready to scan …' },
  found: {
    zh: '是本网站的二维码，正在打开核验结果……',
    en: 'The code is one of this site; opening the result …',
  },
  noCode: {
    zh: '图片里没有找到二维码。请换一张清晰、完整的图片，或输入短码。',
    en: 'No QR code was found in the picture. Try a sharper, complete one, or type the short code.',
  },
  notPicture: {
    zh: '这个文件不是可以读取的图片。PDF 或证照文件请在“上传”一栏选择。',
    en: 'This file is no picture that can be read. Choose a PDF or certificate file under “Upload”.',
  },
  foreign: {
    zh: '这个二维码不是本网站的，没有打开。它指向：',
    en: 'This QR code is not one of this site, so it was not opened. It points to:',
  },
  foreignWhy: {
    zh: '真证照上的二维码只会打开以下面地址开头的网页。别处的网页可能是仿冒的，请不要访问，并举报。',
    en: 'The code on a genuine certificate only opens pages whose address begins as below. Pages elsewhere may be false: do not visit them, and report it.',
  },
  noCamera: {
    zh: '这里不能用摄像头：浏览器只在 https 网址或本机上允许。请选图片、输入短码或上传文件。',
    en: 'The camera cannot be used here: browsers allow it only on https addresses or on this computer. Choose a picture, type the short code or upload the file.',
  },
  cameraRefused: {
    zh: '没有得到使用摄像头的许可。可以在浏览器设置里允许，或选图片、输入短码、上传文件。',
    en: 'The camera may not be used. Allow it in the browser’s settings, or choose a picture, type the short code or upload the file.',
  },
  scanFailed: {
    zh: '扫码功能没能启动。请输入短码或上传文件。',
    en: 'Scanning could not start. Type the short code or upload the file.',
  },
  drop: { zh: '也可以把文件拖到这里。', en: 'You can also drop the file here.' },
} as const satisfies Record<string, Words>

export const isEnglish = (): boolean => document.documentElement.lang === 'en'
export const say = ({ zh, en }: Words): string => (isEnglish() ? en : zh)
