/**
 * Runs drills: one folder each, one seed each, one result each.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chanceOf } from '../generate/random.ts'
import type { Drill, DrillForm, DrillResult } from './drill.ts'

export interface DrillReport {
  name: string
  form: DrillForm
  seed: string
  outcome: 'passed' | 'failed' | 'not run'
  /** Why it was not run. */
  reason: string | null
  seconds: number
  result: DrillResult | null
  /** Where what a failed drill left behind lies. */
  kept: string | null
}

export interface RunOptions {
  form: DrillForm
  /** Default: a new one. */
  seed?: string | undefined
  /** After so many minutes no further round is begun. Default: there is no hurry. */
  minutes?: number | undefined
  say?: (text: string) => void
}

/** Runs one drill. A drill that throws has failed, with what it threw as its violation. Never rejects. */
export async function runDrill(drill: Drill, options: RunOptions): Promise<DrillReport> {
  const { form, minutes = Infinity, say = () => undefined } = options
  const seed = options.seed ?? randomBytes(6).toString('hex')
  const reason = drill.missing()
  const about = { name: drill.name, form, seed }
  if (reason !== null) return { ...about, outcome: 'not run', reason, seconds: 0, result: null, kept: null }

  const folder = mkdtempSync(join(tmpdir(), `drill-${drill.name}-`))
  say(`${drill.name}: seed ${seed}, ${form}`)
  const began = performance.now()
  let result: DrillResult
  try {
    const isTimeUp = () => performance.now() - began >= minutes * 60_000
    result = await drill.run({ form, seed, chance: stream => chanceOf(seed, stream), folder, isTimeUp, say })
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    result = { figures: {}, violations: [`the drill itself broke off: ${what}`], rpo: null, rtoMs: null }
  }
  const seconds = (performance.now() - began) / 1000
  const passed = result.violations.length === 0
  if (passed) rmSync(folder, { recursive: true, force: true })
  return {
    ...about,
    outcome: passed ? 'passed' : 'failed',
    reason: null,
    seconds,
    result,
    kept: passed ? null : folder,
  }
}
