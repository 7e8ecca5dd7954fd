/** The access table as a page for people. */
import { ACCESS, isPublic, STEP_UP_SECONDS } from './access.ts'
import { ROLES } from './auth.ts'

const SIGN = { any: '●', own: '○' } as const

/** The text of `docs/access.md`. */
export function accessPage(): string {
  const roles = ROLES.filter(role => role !== 'anyone')
  const rows = Object.entries(ACCESS).map(([operationId, row]) => {
    if (isPublic(row)) return `| \`${operationId}\` | 公开 public | ${roles.map(() => '').join(' | ')} |`
    const cells = roles.map(role => (row.cells[role] === undefined ? '' : SIGN[row.cells[role]]))
    const needs = [row.action, row.stepUp === true ? '重新验证 fresh sign-in' : undefined]
    return `| \`${operationId}\` | ${needs.filter(need => need !== undefined).join(', ')} | ${cells.join(' | ')} |`
  })
  return `${[
    '# Who may do what 谁可以做什么',
    '',
    'Written by `node scripts/write-access.ts` from the table that the gateway enforces (`server/http/access.ts`); a test walks every',
    'cell. ● whosever it is, ○ only what is the caller’s department’s or the holder’s own. The second column names the action that a',
    `machine client’s scope must have (\`action:DEPARTMENT:TYPE\`), and whether a person must have signed in within ${STEP_UP_SECONDS} seconds.`,
    'What a role may see or change within an operation is further narrowed by the rules of that operation (policy, two persons, consent).',
    '',
    '● 不限归属，○ 仅限本部门或本人。第二列为机器客户端授权范围须含的操作，以及是否需要重新验证身份。',
    '',
    '`root` is the token of a demo’s data folder; in production that token has the role `operator` only.',
    '',
    `| operation | needs | ${roles.join(' | ')} |`,
    `|---|---|${roles.map(() => ':-:').join('|')}|`,
    ...rows,
  ].join('\n')}\n`
}
