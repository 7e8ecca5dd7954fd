/** Asking the parties of a case for consent: one request for all of them, with what the matter needs of each. */
import type { Matter } from '../matters/definition.ts'
import { holderId } from '../holders/holders.ts'
import { askConsent, type AskedParty } from '../grants/ask.ts'
import type { CaseRow } from '../store/cases.ts'
import type { Once } from '../store/store.ts'
import type { World } from '../world.ts'
import type { Actor } from './collect.ts'
import type { ItemStatus } from './requirements.ts'

/**
 * Asks for these items and returns the id of the request. Refuses as `askConsent` does.
 */
export async function askInCase(
  world: World,
  of: CaseRow,
  matter: Matter,
  items: readonly ItemStatus[],
  actor: Actor,
  once: Once,
): Promise<string> {
  const parties = [...Map.groupBy(items, ({ party }) => holderId({ id: party.holder }))].map(
    ([holder, own]): AskedParty => ({
      holder,
      // Somebody may be two parties at once, and is asked once for both.
      role: null,
      needed: matter.consent.allPartiesNeeded,
      items: [...Map.groupBy(own, ({ certificate }) => certificate!.identifier)].map(
        ([identifier, lines]) => ({
          identifier,
          required: [...new Set(lines.flatMap(({ requirement }) => requirement.fields))],
          optional: [],
        }),
      ),
    }),
  )
  const { id } = await askConsent(
    world,
    {
      department: actor.department,
      officer: actor.officer,
      matter: matter.code,
      case: of.id,
      refusing: 'PAPER',
      term: { template: 'THIS_MATTER' },
      parties,
    },
    once,
  )
  return id
}
