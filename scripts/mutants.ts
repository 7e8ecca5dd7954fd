/**
 * `npm run test:mutants`: do the tests notice? Each mutant of `mutants/list.ts` is made in a copy of the project, one at a time,
 * and the tests that should notice are run against it until the first one fails. Before that the same tests must pass on the
 * unchanged copy, or a failure would say nothing.
 *
 *     --only NAME      these mutants only (may be repeated; a name that ends with - stands for all that begin so)
 *     --json FILE      the results as JSON
 *     --markdown FILE  the results as a page for docs/
 *
 * Exit 1 when a mutant survives, when one cannot be made or does not load, or when a test fails without any change.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { mutants } from './mutants/list.ts'
import { inapplicable, type Mutant } from './mutants/mutant.ts'
import { copyTree, type TestRun, type Tree } from './mutants/tree.ts'

/**
 * - `killed`: a test failed · `survived`: all passed
 * - `not applicable`: the text to replace does not stand in the source exactly once · `not loaded`: no test could run, which shows
 *   a broken change and not a watchful test
 */
type Outcome = 'killed' | 'survived' | 'not applicable' | 'not loaded'

interface Result extends Mutant {
  outcome: Outcome
  /** The test that failed, or why there is no answer. */
  by: string
  seconds: number
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    markdown: { type: 'string' },
  },
})
const root = dirname(import.meta.dirname)
/** A loop without end is noticed too. */
const PATIENCE_MS = 180_000

process.exitCode = (await main(chosen(values.only))) ? 0 : 1

function chosen(names: string[] | undefined): Mutant[] {
  if (names === undefined) return mutants
  const fits = (mutant: Mutant, name: string) =>
    mutant.name === name || (name.endsWith('-') && mutant.name.startsWith(name))
  for (const name of names) {
    if (mutants.some(mutant => fits(mutant, name))) continue
    process.stderr.write(`there is no mutant ${name}\n`)
    process.exit(2)
  }
  return mutants.filter(mutant => names.some(name => fits(mutant, name)))
}

async function main(list: Mutant[]): Promise<boolean> {
  const began = performance.now()
  const tree = copyTree(root)
  process.once('exit', () => tree.discard())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

  const unfit = list.filter(mutant => inapplicable(tree.folder, mutant) !== null)
  if (unfit.length < list.length && !(await passesUnchanged(tree, list))) return false
  const results: Result[] = []
  for (const mutant of list) {
    const result = await judge(tree, mutant)
    results.push(result)
    say(`${result.outcome.padEnd(14)} ${mutant.name.padEnd(42)} ${seconds(result.seconds)}  ${result.by}`)
  }
  report(results, (performance.now() - began) / 1000)
  return results.every(({ outcome }) => outcome === 'killed')
}

/** Whether every test that is asked passes without any change. */
async function passesUnchanged(tree: Tree, list: Mutant[]): Promise<boolean> {
  const entries = [...new Set(list.flatMap(mutant => mutant.tests))]
  let passes = true
  for (const [i, entry] of entries.entries()) {
    const { passed, failure, loaded, ended, seconds: took } = await tree.test(entry, PATIENCE_MS)
    const sound = loaded && ended && failure === null && passed > 0
    passes &&= sound
    const found = sound
      ? `${passed} pass`
      : `FAILS UNCHANGED: ${failure?.title ?? 'no test ran'} ${failure?.message ?? ''}`
    say(`unchanged ${String(i + 1).padStart(2)}/${entries.length}  ${seconds(took)}  ${entry}: ${found}`)
  }
  return passes
}

async function judge(tree: Tree, mutant: Mutant): Promise<Result> {
  const began = performance.now()
  const result = (outcome: Outcome, by: string) => ({
    ...mutant,
    outcome,
    by,
    seconds: (performance.now() - began) / 1000,
  })
  const problem = inapplicable(tree.folder, mutant)
  if (problem !== null) return result('not applicable', problem)
  try {
    return await tree.with(mutant, async () => {
      for (const entry of mutant.tests) {
        const run = await tree.test(entry, PATIENCE_MS)
        if (!run.ended) return result('killed', `${fileOf(entry)}: did not come to an end`)
        if (!run.loaded) return result('not loaded', entry)
        if (run.failure !== null) return result('killed', nameOf(entry, run))
      }
      return result('survived', mutant.tests.join(', '))
    })
  } catch (error) {
    return result('not loaded', error instanceof Error ? error.message : String(error))
  }
}

function fileOf(entry: string): string {
  return entry.split(' › ')[0]!.replace(/^test\//, '')
}

/** A test that only ran out of time is named as such: that may be the machine. */
function nameOf(entry: string, { failure }: TestRun): string {
  const late = /^Timeout of \d+ms exceeded/.test(failure!.message) ? ' (by its time limit)' : ''
  return `${fileOf(entry)}: ${failure!.title}${late}`
}

function report(results: Result[], took: number): void {
  const count = (outcome: Outcome) => results.filter(result => result.outcome === outcome).length
  const summary =
    `${results.length} mutants: ${count('killed')} killed, ${count('survived')} survived, ` +
    `${count('not applicable')} not applicable, ${count('not loaded')} not loaded, in ${Math.round(took)} s`
  say(`\n${summary}`)
  for (const { outcome, name, why } of results) if (outcome === 'survived') say(`SURVIVED ${name}: ${why}`)
  const killed = count('killed')
  const survived = count('survived')
  const date = new Date().toISOString().slice(0, 10)
  if (values.json !== undefined) {
    save(
      values.json,
      `${JSON.stringify({ date, killed, survived, seconds: Math.round(took), results }, null, 2)}\n`,
    )
  }
  if (values.markdown !== undefined) save(values.markdown, page(results, `${date}: ${summary}`))
}

function page(results: Result[], summary: string): string {
  const cell = (text: string) =>
    text.replaceAll('|', '\\|').replaceAll(/[<>]/g, c => (c === '<' ? '&lt;' : '&gt;'))
  const rows = results.map(({ name, why, file, outcome, by, seconds: took }) =>
    [
      '',
      ` \`${name}\` `,
      ` ${cell(why)} `,
      ` ${file} `,
      ` ${outcome} `,
      ` ${cell(by)} `,
      ` ${took.toFixed(1)} `,
      '',
    ].join('|'),
  )
  return `# Mutants

Written by \`npm run test:mutants -- --markdown docs/mutants.md\`. Each mutant is one change that makes the source worse, made in a
copy of the project; *killed* means that a test failed because of it. The changes are in \`scripts/mutants/\`.

${summary}.

| mutant | what it would let through | changed file | outcome | noticed by | seconds |
|---|---|---|---|---|---|
${rows.join('\n')}
`
}

function save(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function seconds(value: number): string {
  return `${value.toFixed(1).padStart(6)} s`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
