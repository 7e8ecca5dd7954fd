/**
 * A mutant: one named change that makes the source worse, and the tests that must notice.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Mutant {
  /** Unique, kebab-case: what the changed program does. */
  name: string
  /** One sentence: the attack or loss that the change would let through. */
  why: string
  /** Path from the project folder. */
  file: string
  /** Text that stands in the file exactly once. */
  find: string
  replace: string
  /** Test files in the order in which they are run; `file › title` runs only the tests whose full title holds that text. */
  tests: string[]
}

/** Why a mutant cannot be made from the source under `root`; null when it can. */
export function inapplicable(root: string, { file, find, replace }: Mutant): string | null {
  let source: string
  try {
    source = readFileSync(join(root, file), 'utf8')
  } catch {
    return `there is no ${file}`
  }
  const times = source.split(find).length - 1
  if (times !== 1) return `its text stands ${times} times in ${file}`
  return source.replace(find, () => replace) === source ? 'it changes nothing' : null
}

/** The source with the change made. */
export const mutated = (source: string, { find, replace }: Mutant): string =>
  source.replace(find, () => replace)
