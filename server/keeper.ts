/**
 * The keeper: the loop that looks after open cases and tells departments what happened. It asks nothing of the chain, so an outage there
 * holds up no flag and no message. Every step looks at what is there, so it may be stopped or killed at any point.
 */
import { destroyExpiredCopies, finishCutShort, flagChangedCertificates } from './cases/keep.ts'
import { deliverDue } from './webhooks/deliver.ts'
import type { World } from './world.ts'

export interface Keeper {
  /** Lets the present round end, then rests for ever. */
  stop: () => Promise<void>
}

/** A certificate that changes is flagged in the open cases within a second. */
const LOOK_MS = 250
/** What is only there after a failure, or in no hurry. */
const SELDOM_MS = 5_000

export function startKeeper(world: World): Keeper {
  const tasks = [
    every(LOOK_MS, () => flagChangedCertificates(world)),
    every(LOOK_MS, () => deliverDue(world)),
    every(SELDOM_MS, () => finishCutShort(world)),
    every(SELDOM_MS, () => destroyExpiredCopies(world)),
  ]
  return {
    stop: async () => {
      await Promise.all(tasks.map(task => task.stop()))
    },
  }

  /** Does the work again and again, each time after a rest. A failure is told and tried again. */
  function every(restMs: number, work: () => Promise<void>): Keeper {
    const stopping = new AbortController()
    const running = () => !stopping.signal.aborted
    let wake: () => void = () => undefined
    const loop = (async () => {
      while (running()) {
        try {
          await work()
        } catch (error) {
          world.logger.warn('looking after cases failed, will be tried again', { component: 'keeper', error })
        }
        if (!running()) return
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, restMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    })()
    return {
      stop: async () => {
        stopping.abort()
        wake()
        await loop
      },
    }
  }
}
