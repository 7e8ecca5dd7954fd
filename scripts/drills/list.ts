/** Every drill, in the order of docs/operations.md. */
import { chainLoss } from './chain-loss.ts'
import type { Drill } from './drill.ts'
import { forgedFiles } from './forged-files.ts'
import { malformedHttp } from './malformed-http.ts'

export const drills: readonly Drill[] = [chainLoss, malformedHttp, forgedFiles]
