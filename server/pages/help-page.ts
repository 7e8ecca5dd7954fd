/** What verifying proves and what it does not, what the chain has to do with it, and how to do without this site. */
import type { Message } from '../http/messages.ts'
import { VERIFIER_PATH } from './files.ts'
import { frame } from './frame.ts'
import { h, say, type ReactElement, type ReactNode, type View } from './html.ts'
import { words } from './words.ts'

const sections: readonly { id: string; title: Message; items: readonly Message[] }[] = [
  {
    id: 'proves',
    title: { zh: '能证明的', en: 'What it proves' },
    items: [
      {
        zh: '内容与发证机关签发时一致：改一个字就会被发现。',
        en: 'The content is as the issuer signed it: one changed character is found out.',
      },
      {
        zh: '签发的密钥当时属于该机关，该机关当时有权签发此类证照。',
        en: 'The key was the issuer’s at that time, and the issuer was allowed to issue this type.',
      },
      {
        zh: '证照最迟在哪一刻已经存在，以及现在有没有被注销、暂停或换发。',
        en: 'By when it existed, and whether it has been revoked, suspended or replaced since.',
      },
    ],
  },
  {
    id: 'not',
    title: { zh: '不能证明的', en: 'What it does not prove' },
    items: [
      {
        zh: '眼前的人就是持证人：要由您与本人核对。',
        en: 'That the person in front of you is the holder: that is for you to compare.',
      },
      {
        zh: '上链之前内容是否真实：由发证机关负责。',
        en: 'That the content was true before it was anchored: that is the issuer’s word.',
      },
      {
        zh: '“暂时无法核验”不表示证照是假的，也不表示是真的。',
        en: '“We cannot check right now” means neither that it is false nor that it is genuine.',
      },
    ],
  },
  {
    id: 'chain',
    title: { zh: '区块链在这里做什么', en: 'What the blockchain is for' },
    items: [
      {
        zh: '链上只有指纹、发证机关名录和状态，没有姓名、号码和证照内容。',
        en: 'The chain holds fingerprints, the register of issuers and statuses: no names, numbers or content.',
      },
      {
        zh: '指纹登记后，运行本网站的人也不能改动、提前或删除它。',
        en: 'Once entered, not even whoever runs this site can alter, back-date or drop a fingerprint.',
      },
      {
        zh: '演示环境的链由同一个运行者维护，只供试用，不是独立的证据。',
        en: 'The chain of a demonstration is kept by the same operator: it is for trying out, not independent evidence.',
      },
    ],
  },
]

const self = {
  title: { zh: '不经本网站，自己验证', en: 'Verify without this site' },
  file: {
    zh: '单机核验文件只有一个网页文件。存到电脑上，断网也能打开；用信任文件和快照，或用您自己的链节点，核验证照文件。',
    en: 'The stand-alone verifier is one web page in one file. Save it and open it, offline too; it checks a certificate file against a trust file and a snapshot, or against a node of your own.',
  },
  verifier: { zh: '下载单机核验文件', en: 'Download the stand-alone verifier' },
  trust: { zh: '下载信任文件', en: 'Download the trust file' },
  snapshot: { zh: '下载链上状态快照', en: 'Download the snapshot of the chain’s state' },
  command: { zh: '或用命令行：', en: 'Or on the command line:' },
  compare: {
    zh: '信任文件决定信任谁：请把它的指纹与从别处（公报、另一个部门）得到的比对。',
    en: 'The trust file decides whom you trust: compare its fingerprint with one from elsewhere (a gazette, another department).',
  },
} satisfies Record<string, Message>

export function helpPage(view: View): ReactElement {
  const { reader, site } = view
  const download = (href: string, name: string, text: Message): ReactNode =>
    h('li', { key: name }, h('a', { href, download: name }, say(reader, text)))
  return frame(
    view,
    { title: say(reader, words.whatItProves), path: '/verify/help' },
    h('h1', null, say(reader, words.whatItProves)),
    ...sections.map(({ id, title, items }) =>
      h(
        'section',
        { key: id, className: 'card', 'aria-labelledby': id },
        h('h2', { id }, say(reader, title)),
        h('ul', null, ...items.map(item => h('li', { key: item.en }, say(reader, item)))),
      ),
    ),
    h(
      'section',
      { className: 'card', 'aria-labelledby': 'self' },
      h('h2', { id: 'self' }, say(reader, self.title)),
      h('p', null, say(reader, self.file)),
      h(
        'ul',
        null,
        VERIFIER_PATH !== null && download(VERIFIER_PATH, 'onceproof-verify.html', self.verifier),
        download('/v1/trust', 'trust.json', self.trust),
        download('/v1/snapshot', 'snapshot.json', self.snapshot),
      ),
      h('p', null, say(reader, self.compare)),
      h(
        'p',
        null,
        say(reader, self.command),
        h('br'),
        h(
          'code',
          { className: 'command' },
          `npx onceproof verify certificate.json --trust trust.json --rpc ${site.url}/rpc`,
        ),
      ),
    ),
  )
}
