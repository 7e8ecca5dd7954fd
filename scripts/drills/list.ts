/** Every drill, in the order of docs/operations.md. */
import type { Drill } from './drill.ts'

export const drills: readonly Drill[] = []
