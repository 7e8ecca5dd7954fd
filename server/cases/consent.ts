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
 * Asks for these items and returns the ids of the requests. One request goes to everybody; who is more than one party is asked once for
 * each, because who may answer for him depends on which party he is. Refuses as `askConsent` does.
 */
export async function askInCase(
  world: World,
  of: CaseRow,
  matter: Matter,
  items: readonly ItemStatus[],
  actor: Actor,
  onceOf: (part: string) => Once,
): Promise<string[]> {
  const rounds: AskedParty[][] = []
  for (const own of Map.groupBy(items, ({ party }) => holderId({ id: party.holder })).values()) {
    const roles = [...Map.groupBy(own, ({ party }) => party.role)]
    for (const [round, [role, lines]] of roles.entries()) {
      ;(rounds[round] ??= []).push(askedParty(matter, role, lines))
    }
  }
  const ids: string[] = []
  for (const [round, parties] of rounds.entries()) {
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
      onceOf(`ask ${round}`),
    )
    ids.push(id)
  }
  return ids
}

function askedParty(matter: Matter, role: string, lines: readonly ItemStatus[]): AskedParty {
  return {
    holder: holderId({ id: lines[0]!.party.holder }),
    role,
    needed: matter.consent.allPartiesNeeded,
    items: [...Map.groupBy(lines, ({ certificate }) => certificate!.identifier)].map(
      ([identifier, same]) => ({
        identifier,
        required: [...new Set(same.flatMap(({ requirement }) => requirement.fields))],
        optional: [],
      }),
    ),
  }
}
