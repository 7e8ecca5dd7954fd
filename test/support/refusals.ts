import { Refusal } from '../../protocol/refusal.ts'

/** The code of the refusal, or null when nothing was refused. What is no refusal is thrown on. */
export function codeOf(act: () => unknown): string | null {
  return refusalOf(act)?.code ?? null
}

export function refusalOf(act: () => unknown): Refusal | null {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
