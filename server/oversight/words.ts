/**
 * What people write to each other in objections and corrections: encrypted under the key of the department that has to answer.
 */
import { toUtf8 } from '../../protocol/bytes.ts'
import { departmentOf } from '../departments/admit.ts'
import { openDocument, sealDocument } from '../keys/sealing.ts'
import type { Sealed } from '../store/store.ts'
import type { World } from '../world.ts'

type WordWorld = Pick<World, 'store' | 'keys'>

/** `name` is unique among the documents of the department, e.g. `objection:<id>:says`. */
export async function sealWords(
  world: WordWorld,
  department: string,
  name: string,
  words: unknown,
): Promise<Sealed> {
  const { uscc } = await departmentOf(world, department)
  const kek = await world.keys.kek(uscc)
  return sealDocument(kek, { department: uscc, id: name }, toUtf8(JSON.stringify(words)))
}

/** null when they were erased. */
export async function openWords<Words>(
  world: WordWorld,
  department: string,
  name: string,
  sealed: Sealed | null,
  read: (value: unknown) => Words,
): Promise<Words | null> {
  if (sealed === null) return null
  const { uscc } = await departmentOf(world, department)
  const opened = openDocument(await world.keys.kek(uscc), { department: uscc, id: name }, sealed)
  return read(JSON.parse(new TextDecoder().decode(opened)))
}
