import { Refusal } from '../../protocol/refusal.ts'
import { certificateOf } from '../certificates/read.ts'
import { forgetPapers } from '../paper/drawn.ts'
import type { Once } from '../store/store.ts'
import type { ErasureRow } from '../store/uses.ts'
import { nowSeconds, type World } from '../world.ts'

/**
 * Erases a certificate for good: seed and values, the look-up of its holders, every copy that the gateway keeps of it, and what
 * was asked to be corrected in it. When this returns nothing of it can be recovered from this data folder; statement and leaf
 * stay, so that the log remains provable. A repetition returns the first erasure. Refuses CERTIFICATE_NOT_FOUND and CERTIFICATE_ERASED (by
 * another request).
 */
export async function eraseCertificate(
  world: World,
  identifier: string,
  reason: string,
  by: string,
  once: Once,
): Promise<ErasureRow> {
  const { seq: certificateSeq } = await certificateOf(world, identifier)
  const isRepeated = (await world.store.answered(once)) !== null
  if (!isRepeated && (await world.store.erasureOf(certificateSeq)) !== null) {
    throw new Refusal('CERTIFICATE_ERASED', 'the values of this certificate have been erased')
  }
  // Noted first, outside the database: an older copy of it, brought back, must not bring the values back.
  world.mirror.noteErasure({ identifier, at: nowSeconds(world), reason, by })
  const erasure = await world.store.erase({ certificateSeq, identifier, reason, erasedBy: by }, once)
  forgetPapers()
  world.events.publish(`certificate:${identifier}`, { erased: true })
  return erasure
}
