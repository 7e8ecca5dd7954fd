/**
 * `init`: sets a production gateway up, from a file of answers or by asking for them (docs/production.md).
 */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { writeFileDurably } from '../../server/store/durable-file.ts'
import { jsonIn, planOf } from '../init/answers.ts'
import { askForAnswers } from '../init/ask.ts'
import { carryOut } from '../init/carry-out.ts'
import { both, labels } from './messages.ts'
import { line, usage, type Outcome } from './terminal.ts'

export interface InitOptions {
  profile: string
  answers?: string
  data?: string
}

/** Where the answers of the terminal are kept, so that the same command goes on with them. */
const ANSWERS_FILE = 'onceproof-init.json'

export async function init({ profile, answers: given, data }: InitOptions): Promise<Outcome> {
  if (profile !== 'production') {
    throw usage('only production is set up; a demo sets itself up when it starts', {
      field: '--profile',
      expected: 'production',
      found: profile,
    })
  }
  const file = resolve(given ?? ANSWERS_FILE)
  if (!existsSync(file)) {
    const answers = await askForAnswers(process.stdin, process.stderr, dirname(file))
    writeFileDurably(file, `${JSON.stringify(answers, null, 2)}\n`, 0o600)
  }
  const value = jsonIn(file) as Record<string, unknown>
  const plan = planOf(data === undefined ? value : { ...value, dataDir: resolve(data) }, dirname(file))
  const done = await carryOut(plan, text => void process.stderr.write(`init: ${text}\n`))
  const { contracts, chain } = done.deployment
  return {
    data: { ...done, answers: file },
    lines: [
      both(labels.installed),
      line(labels.answersFile, file),
      line(labels.environmentFile, done.environmentFile),
      line(labels.dataFolder, done.dataDir),
      line(labels.operatorToken, done.tokenPath),
      line(labels.logOrigin, done.logOrigin),
      line(labels.chainId, chain.chainId),
      ...Object.entries(contracts).map(([name, { address }]) => `  ${name}: ${address}`),
      line(labels.payingAccount, done.relayer),
      line(labels.governingAccount, done.governance),
      line(labels.departments, done.departments),
      line(labels.types, done.types),
      line(labels.matters, done.matters),
      line(labels.administrators, done.administrators),
      line(labels.next, `onceproof doctor --env ${done.environmentFile}`),
    ],
  }
}
