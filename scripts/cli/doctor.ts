/**
 * `doctor`: names everything that is not fit for production, each with what to do. Exit code 1 when something is.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, statfsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ADVICE, type Finding } from '../doctor/finding.ts'
import { examine } from '../doctor/doctor.ts'
import { readEnvironment } from '../init/environment-file.ts'
import { both, labels } from './messages.ts'
import { EXIT_REFUSED, printable, usage, type Outcome } from './terminal.ts'

export interface DoctorOptions {
  data?: string
  env?: string
  backups?: string
  accept?: string
}

export async function doctor({ data, env, backups, accept }: DoctorOptions): Promise<Outcome> {
  const accepted = new Set(accept === undefined ? [] : accept.split(','))
  const unknown = [...accepted].find(code => !Object.hasOwn(ADVICE, code))
  if (unknown !== undefined)
    throw usage('--accept names codes of findings', { field: '--accept', found: unknown })
  const environment = env === undefined ? process.env : readEnvironment(env)
  const all = await examine({
    env: data === undefined ? environment : { ...environment, DATA_DIR: resolve(data) },
    cwd: process.cwd(),
    backups: backups === undefined ? null : resolve(backups),
    now: Date.now,
    isClockHeld,
    statfs: path => statfsSync(path),
    nodeVersion: process.versions.node,
    user: process.getuid?.() ?? null,
  })
  const findings = all.filter(({ code }) => !accepted.has(code))
  const isFit = findings.every(({ level }) => level !== 'unfit')
  return {
    exit: isFit ? 0 : EXIT_REFUSED,
    data: {
      fit: isFit,
      findings: findings.map(finding => ({ ...finding, ...ADVICE[finding.code] })),
      accepted: all.filter(({ code }) => accepted.has(code)),
    },
    lines: [both(isFit ? labels.fit : labels.unfit), ...findings.flatMap(linesOf)],
  }
}

function linesOf({ code, level, at, found }: Finding): string[] {
  const { what, todo } = ADVICE[code]
  const facts = [at, found].filter(fact => fact !== undefined).map(printable)
  return [
    `  ${level === 'unfit' ? '✘' : '?'} ${both(what)} [${code}]${facts.length === 0 ? '' : ` ${facts.join(' — ')}`}`,
    `      → ${both(todo)}`,
  ]
}

/** As the operating system says; null where it says nothing. */
function isClockHeld(): boolean | null {
  if (existsSync('/run/systemd/timesync/synchronized')) return true
  const { status, stdout } = spawnSync('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    encoding: 'utf8',
    timeout: 2_000,
  })
  if (status !== 0) return null
  return stdout.trim() === 'yes'
}
