/**
 * Measuring two or more ways to do the same work, so that their ratio means something on a machine that others use too: the sides take
 * turns within each round, every side begins with an empty heap, and the median of the rounds counts.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Microseconds for one operation. CPU is that of all threads of this process. */
export interface Cost {
  wall: number
  cpu: number
}

export interface Side {
  /** Operations that one call of `run` does. */
  operations: number
  run: (round: number) => unknown
  /** What is needed before a run and not part of it. */
  prepare?: (round: number) => unknown
}

/** Medians of `rounds` turns, after one turn that is not counted unless `warm` says that the code has run before. */
export async function compare<Name extends string>(
  sides: Record<Name, Side>,
  { rounds, warm = false }: { rounds: number; warm?: boolean },
): Promise<Record<Name, Cost>> {
  const names = Object.keys(sides) as Name[]
  const costs = new Map<Name, Cost[]>(names.map(name => [name, []]))
  for (let round = warm ? 0 : -1; round < rounds; round++) {
    // Who goes first changes, so that nobody always follows the same neighbour.
    const turn = Math.max(round, 0) % names.length
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const cost = await measure(sides[name], round)
      if (round >= 0) costs.get(name)!.push(cost)
    }
  }
  return Object.fromEntries(
    names.map(name => {
      const all = costs.get(name)!
      return [name, { wall: median(all.map(cost => cost.wall)), cpu: median(all.map(cost => cost.cpu)) }]
    }),
  ) as Record<Name, Cost>
}

async function measure({ operations, run, prepare }: Side, round: number): Promise<Cost> {
  await prepare?.(round)
  collectGarbage()
  const cpu = process.cpuUsage()
  const began = performance.now()
  await run(round)
  const wall = (performance.now() - began) * 1000
  const { user, system } = process.cpuUsage(cpu)
  return { wall: wall / operations, cpu: (user + system) / operations }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
