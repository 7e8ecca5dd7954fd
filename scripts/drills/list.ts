/** Every drill, in the order of docs/operations.md. */
import { backupUnderLoad } from './backup.ts'
import { chainDown } from './chain-down.ts'
import { chainLoss } from './chain-loss.ts'
import { clockDrill } from './clock/clock.ts'
import type { Drill } from './drill.ts'
import { faultyDiskDrill } from './faulty-disk.ts'
import { flippedBits } from './flipped-bits.ts'
import { flood } from './flood.ts'
import { forgedFiles } from './forged-files.ts'
import { history } from './history.ts'
import { keyLost } from './key-lost.ts'
import { kill } from './kill.ts'
import { malformedHttp } from './malformed-http.ts'
import { oldBackup } from './old-backup.ts'
import { powerCut } from './power-cut/power-cut.ts'
import { rebuildFromMirror } from './rebuild.ts'
import { reorg } from './reorg.ts'
import { memoryDrill } from './resources/memory.ts'
import { openFilesDrill } from './resources/open-files.ts'
import { rpcFaults } from './rpc-faults.ts'

export const drills: readonly Drill[] = [
  kill,
  powerCut,
  faultyDiskDrill,
  clockDrill,
  memoryDrill,
  openFilesDrill,
  backupUnderLoad,
  oldBackup,
  rebuildFromMirror,
  chainDown,
  rpcFaults,
  reorg,
  chainLoss,
  flippedBits,
  keyLost,
  flood,
  malformedHttp,
  forgedFiles,
  history,
]
