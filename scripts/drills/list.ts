/** Every drill, in the order of docs/operations.md. */
import { chainLoss } from './chain-loss.ts'
import type { Drill } from './drill.ts'
import { forgedFiles } from './forged-files.ts'
import { history } from './history.ts'
import { kill } from './kill.ts'
import { malformedHttp } from './malformed-http.ts'
import { powerCut } from './power-cut/power-cut.ts'

export const drills: readonly Drill[] = [kill, powerCut, chainLoss, malformedHttp, forgedFiles, history]
