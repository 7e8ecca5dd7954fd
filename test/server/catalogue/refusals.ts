import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'

/** The refusal that the action ends in; fails the test when it ends otherwise. */
export function refusalOf(action: () => unknown): Refusal {
  try {
    action()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  return expect.fail('nothing was refused')
}

/** `field code` for each error of the refusal. */
export function errorsOf(action: () => unknown): string[] {
  return (refusalOf(action).details.errors ?? []).map(error => `${error.field} ${error.code}`)
}
