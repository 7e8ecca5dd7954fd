/** Pages of the demo's identity provider: plain HTML, no script, nothing loaded. */
import { createHash } from 'node:crypto'
import { demoRegion } from '../catalogue/region.ts'
import { demoPeople, type DemoPerson } from './demo-people.ts'

const STYLE = `
:root { color-scheme: light; }
body { margin: 0; font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif; color: #1d2129; background: #f5f7fa; }
main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0.5rem 0; }
h2, summary { font-size: 1.0625rem; font-weight: 600; }
.demo { background: #fff3d6; border: 2px solid #8a5a00; border-radius: 8px; padding: 0.75rem 1rem; }
.demo p { margin: 0.25rem 0; }
details { background: #fff; border: 1px solid #c9cdd4; border-radius: 8px; margin: 0.5rem 0; padding: 0 0.75rem; }
summary { cursor: pointer; padding: 0.75rem 0; }
ul { list-style: none; margin: 0 0 0.75rem; padding: 0; }
button { display: block; width: 100%; min-height: 3rem; margin: 0 0 0.5rem; padding: 0.5rem 0.75rem; text-align: left; font: inherit; color: inherit; background: #fff; border: 1px solid #86909c; border-radius: 6px; cursor: pointer; overflow-wrap: anywhere; }
button:hover { background: #e8f3ff; }
button:focus-visible, summary:focus-visible { outline: 3px solid #165dff; outline-offset: 2px; }
small { display: block; color: #4e5969; }
`

/** The style is named by its digest, so that no other may stand in the page. */
const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': POLICY,
  'Content-Language': 'zh-CN',
  'Cache-Control': 'no-store',
}

/** Who do you want to be? One click signs in. */
export function choicePage(action: string): string {
  const people = demoPeople()
  const citizens = people.filter(({ department }) => department === null)
  const departments = demoRegion().departments.map(({ code, zh, en }) => ({
    zh,
    en,
    staff: people.filter(({ department }) => department === code),
  }))
  return page(`
<div class="demo">
<p><strong>演示身份服务 Demo identity service</strong></p>
<p>这是演示：没有密码，点一下即以该人登录。所有人员均为虚构。</p>
<p lang="en">This is a demo: there is no password; one click signs in as that person. Everybody here is invented.</p>
</div>
<h1>请选择登录身份 <small lang="en">Whom do you want to sign in as?</small></h1>
<form method="post" action="${escape(action)}">
${group('居民', 'Residents', citizens, true)}
${departments.map(({ zh, en, staff }) => group(zh, en, staff, false)).join('\n')}
</form>`)
}

/** Something went wrong at the provider; `code` is one of the protocol's own words. */
export function errorPage(code: string): string {
  return page(`
<div class="demo"><p><strong>演示身份服务 Demo identity service</strong></p></div>
<h1>登录未完成 <small lang="en">The sign-in was not completed</small></h1>
<p>请返回重新登录。 <span lang="en">Please go back and sign in again.</span></p>
<p><small>${escape(code)}</small></p>
<p><a href="/sign-in">重新登录 Sign in again</a></p>`)
}

function group(zh: string, en: string, people: readonly DemoPerson[], isOpen: boolean): string {
  const buttons = people.map(
    ({ sub, name, about }) =>
      `<li><button type="submit" name="person" value="${escape(sub)}">${escape(name)}` +
      `<small>${escape(about.zh)} <span lang="en">${escape(about.en)}</span></small></button></li>`,
  )
  return (
    `<details${isOpen ? ' open' : ''}><summary>${escape(zh)} <small lang="en">${escape(en)}</small></summary>` +
    `<ul>${buttons.join('')}</ul></details>`
  )
}

function page(content: string): string {
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>演示身份服务 Demo identity service</title>
<style>${STYLE}</style>
</head>
<body><main>${content}
</main></body>
</html>
`
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => `&#${character.codePointAt(0)};`)
}
