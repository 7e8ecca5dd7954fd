/**
 * Drills on the command line: list them, run one or all.
 */
import { writeFileSync } from 'node:fs'
import { drills } from '../drills/list.ts'
import { runDrill, type DrillReport } from '../drills/run.ts'
import { both } from './messages.ts'
import { EXIT_REFUSED, usage, type Outcome } from './terminal.ts'

export interface DrillOptions {
  short?: true
  seed?: string
  minutes?: string
  all?: true
  out?: string
}

/** Without a name the list; else runs it, in its long form unless `--short`. Exit 1 when one failed. */
export async function drill(name: string | undefined, options: DrillOptions): Promise<Outcome> {
  if (name === undefined && options.all !== true) return listed()
  const chosen = name === undefined ? drills : drills.filter(one => one.name === name)
  if (chosen.length === 0) {
    throw usage(`there is no drill ${name}`, {
      field: 'NAME',
      expected: drills.map(one => one.name).join(', '),
      found: name ?? '',
    })
  }
  const minutes = options.minutes === undefined ? undefined : Number(options.minutes)
  if (minutes !== undefined && !(minutes > 0))
    throw usage('--minutes is a number above 0', { field: '--minutes', found: options.minutes ?? '' })
  const reports: DrillReport[] = []
  for (const one of chosen) {
    const say = (text: string) => void process.stderr.write(`${text}\n`)
    reports.push(
      await runDrill(one, {
        form: options.short === true ? 'short' : 'long',
        seed: options.seed,
        minutes,
        say,
      }),
    )
  }
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(reports, null, 2)}\n`)
  return {
    data: reports,
    lines: reports.flatMap(reportLines),
    exit: reports.some(report => report.outcome === 'failed') ? EXIT_REFUSED : 0,
  }
}

function listed(): Outcome {
  return {
    data: drills.map(({ name, event, title, promise, missing }) => ({
      name,
      event,
      title,
      promise,
      missing: missing(),
    })),
    lines: drills.map(({ name, event, title }) => `${name.padEnd(24)} ${event.padEnd(8)} ${both(title)}`),
  }
}

function reportLines({ name, form, seed, outcome, reason, seconds, result, kept }: DrillReport): string[] {
  if (outcome === 'not run') return [`- ${name}: not run: ${reason ?? ''}`]
  const sign = outcome === 'passed' ? '✓' : '✗'
  const { figures = {}, violations = [], rpo = null, rtoMs = null } = result ?? {}
  return [
    `${sign} ${name} (${form}, seed ${seed}) ${seconds.toFixed(1)} s`,
    ...Object.entries(figures).map(([figure, value]) => `    ${figure.padEnd(28)} ${value}`),
    ...(rpo === null ? [] : [`    ${'RPO (statements lost)'.padEnd(28)} ${rpo}`]),
    ...(rtoMs === null ? [] : [`    ${'RTO (ms)'.padEnd(28)} ${Math.round(rtoMs)}`]),
    ...violations.map(violation => `    ✗ ${violation}`),
    ...(kept === null ? [] : [`    left for inspection: ${kept}`]),
  ]
}
