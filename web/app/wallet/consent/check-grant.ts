/**
 * Before a key signs: is the document that the gateway wants signed exactly what the holder was shown and chose? The gateway asks, the
 * browser checks, the key signs; none of the three takes another's word.
 */
import {
  chainHolder,
  noticeHash,
  readGrantTypedData,
  type GrantDomain,
  type ReuseGrant,
} from '../../../../protocol/grant.ts'
import type { JsonValue } from '../../../../protocol/json.ts'
import { Refusal } from '../../../../protocol/refusal.ts'
import { departmentId } from '../../../../protocol/snapshot.ts'
import { KeyTrouble } from '../keys/trouble.ts'

/** What stood on the screen, and what was chosen there. */
export interface Shown {
  signer: string
  domain: GrantDomain
  department: { uscc: string; zh: string }
  matter: { code: string; zh: string }
  /** In Chinese, as the notice has it. */
  purpose: string
  notice: string
  term: { seconds: number; from: number | null; until: number | null; maxUses: number }
  items: readonly { certificate: string; fields: readonly string[] }[]
  /** Names of everything that was picked, as the notice has them. */
  names: readonly string[]
}

/** Clocks of people's devices are wrong by hours, seldom by a day. */
const CLOCKS_APART_SECONDS = 86_400

/**
 * The grant to sign. Throws KeyTrouble `differs`, saying in what: `form`, `domain`, `key`, `department`, `matter`, `purpose`, `items`, `term`,
 * `uses`, `notice`. `now`: seconds by this device.
 */
export function checkedGrant(typedData: unknown, shown: Shown, now: number): ReuseGrant {
  const grant = readStrictly(typedData, shown.domain)
  const { terms, notBefore, notAfter } = grant
  const { term } = shown
  const lines = {
    key: grant.holder === chainHolder(shown.signer),
    department: terms.grantee === departmentId(shown.department.uscc),
    matter: terms.matter === `${shown.matter.code} ${shown.matter.zh}`,
    purpose: terms.purpose === shown.purpose,
    items: sameItems(terms.items, shown.items),
    uses: terms.maxUses >= 1 && terms.maxUses <= term.maxUses,
    term:
      notBefore <= notAfter &&
      (term.from === null || notBefore >= term.from) &&
      (term.until === null
        ? notAfter - notBefore <= term.seconds && Math.abs(notBefore - now) <= CLOCKS_APART_SECONDS
        : notAfter <= term.until),
    notice: terms.notice === noticeHash(shown.notice) && noticeSays(shown),
  }
  const wrong = Object.entries(lines).flatMap(([line, holds]) => (holds ? [] : [line]))
  if (wrong.length > 0) throw new KeyTrouble('differs', wrong)
  return grant
}

function readStrictly(typedData: unknown, domain: GrantDomain): ReuseGrant {
  try {
    return readGrantTypedData(typedData as JsonValue, domain)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new KeyTrouble('differs', [error.code === 'TYPED_DATA_DOMAIN' ? 'domain' : 'form'])
  }
}

/** The same certificates with the same fields, in whatever order. */
function sameItems(signed: ReuseGrant['terms']['items'], picked: Shown['items']): boolean {
  const text = (items: Shown['items']) =>
    items
      .map(({ certificate, fields }) => `${certificate} ${[...fields].sort().join(' ')}`)
      .sort()
      .join('\n')
  return text(signed) === text(picked)
}

/** The notice is signed by its hash: it must not say something else than the screen. */
const noticeSays = ({ notice, department, matter, purpose, names }: Shown): boolean =>
  [department.zh, matter.code, matter.zh, purpose, ...names].every(name => notice.includes(name))
