/**
 * The file from which a service takes its environment: `NAME=value` lines, as systemd's EnvironmentFile, `docker run --env-file` and
 * `node --env-file` read them alike. Secrets stand in it as paths only.
 */
import { readFileSync } from 'node:fs'
import { Refusal } from '../../protocol/refusal.ts'

/** What one of the three readers would take for something else than itself: quotes, comments, escapes, ends of lines. */
const AMBIGUOUS = /[\0\r\n"'`#\\$]|^\s|\s$/

/** The file's text. Refuses ENVIRONMENT_VALUE for a value that its readers would not agree on. */
export function formatEnvironment(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    if (!AMBIGUOUS.test(value)) return `${name}=${value}`
    throw new Refusal('ENVIRONMENT_VALUE', `${name} has a value that an environment file cannot hold`, {
      field: name,
      expected: 'text without quotes, #, $, backslashes, and without blanks at its ends',
    })
  })
  return ['# onceproof: docs/configuration.md', ...lines, ''].join('\n')
}

/** The variables of a file. Refuses FILE_UNREADABLE and ENVIRONMENT_SYNTAX, with the line's number. */
export function readEnvironment(path: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new Refusal('FILE_UNREADABLE', `${path} cannot be read`, { field: path })
  }
  const settings: Record<string, string> = {}
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const [, name, value] = /^([A-Z_][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name === undefined || AMBIGUOUS.test(value ?? '')) {
      throw new Refusal('ENVIRONMENT_SYNTAX', `${path}: line ${i + 1} is not NAME=value`, {
        field: `line ${i + 1}`,
        expected: 'NAME=value',
      })
    }
    settings[name] = value ?? ''
  }
  return settings
}
