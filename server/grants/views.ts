/** How keys, requests for consent and grants are told over HTTP. */
import { z } from 'zod'
import { toBase64url, toHex } from '../../protocol/bytes.ts'
import { noticeHash, withdrawalTypedData } from '../../protocol/grant.ts'
import { hex32, json, seconds, ulid } from '../http/schemas.ts'
import type { ConsentPartyRow, ConsentRequestRow, GrantRow, HolderKeyRow } from '../store/grants.ts'
import type { World } from '../world.ts'
import type { OpenedItem } from './answer.ts'
import { PURPOSES, REFUSING, type Purpose, type Refusing } from './notice.ts'
import { grantDomain } from './signature.ts'

export const holderIdText = z.string().regex(/^[\w-]{43}$/)
export const signerText = z
  .string()
  .regex(/^0x([0-9a-f]{2}){20,200}$/)
  .describe('An account address, or an ERC-7913 verifier followed by its key; lower-case hex')
export const signatureText = z.string().regex(/^0x([0-9a-fA-F]{2}){1,4096}$/)
export const fieldName = z.string().min(1).max(64)
export const purpose = z.enum(Object.keys(PURPOSES) as [Purpose])
export const refusing = z.enum(Object.keys(REFUSING) as [Refusing])

export const keyView = z.strictObject({
  signer: signerText,
  chainHolder: hex32,
  epoch: z.int(),
  state: z.enum(['active', 'waiting', 'replaced', 'cancelled']),
  requestedAt: seconds,
  dueAt: seconds.describe('When it took or will take effect'),
  endedAt: seconds.nullable(),
  leaf: hex32.nullable().describe('Leaf of the identity authority’s statement'),
})

export function viewKey(row: HolderKeyRow): z.infer<typeof keyView> {
  return {
    signer: toHex(row.signer),
    chainHolder: toHex(row.chainHolder),
    epoch: row.epoch,
    state: row.state,
    requestedAt: row.requestedAt,
    dueAt: row.dueAt,
    endedAt: row.endedAt,
    leaf: row.leaf === null ? null : toHex(row.leaf),
  }
}

const item = z.strictObject({
  leaf: hex32,
  identifier: z.string(),
  type: z.string(),
  required: z.array(fieldName),
  optional: z.array(fieldName),
})
const party = z.strictObject({
  holder: holderIdText,
  role: z.string().nullable().describe('Which party of the matter he is'),
  needed: z.boolean(),
  state: z.enum(['waiting', 'agreed', 'partly', 'refused']),
  shownAt: seconds.nullable(),
  answeredAt: seconds.nullable(),
  grant: hex32.nullable(),
  items: z.array(item).nullable().describe('Only for the asking department and this holder'),
})
export const requestView = z.strictObject({
  id: ulid,
  department: z.string(),
  matter: z.string(),
  case: ulid.nullable(),
  purpose,
  refusing,
  term: z.strictObject({
    template: z.enum(['ONE_OFF', 'THIS_MATTER', 'DATED', 'SHORT_CODE']),
    seconds: z.int(),
    maxUses: z.int(),
    from: seconds.nullable(),
    until: seconds.nullable(),
  }),
  noticeVersion: z.int(),
  createdAt: seconds,
  expiresAt: seconds,
  withdrawnAt: seconds.nullable(),
  state: z.enum(['waiting', 'complete', 'incomplete', 'expired', 'withdrawn']),
  agreed: z.int().describe('How many of the needed parties have agreed'),
  needed: z.int(),
  parties: z.array(party),
})

/** Complete when every needed party has agreed to all; incomplete when all have answered and somebody has not. */
export function stateOfRequest(
  { parties, expiresAt, withdrawnAt }: ConsentRequestRow,
  now: number,
): z.infer<typeof requestView>['state'] {
  if (withdrawnAt !== null) return 'withdrawn'
  const needed = parties.filter(one => one.needed)
  if (needed.every(({ state }) => state === 'agreed')) return 'complete'
  if (needed.every(({ state }) => state !== 'waiting')) return 'incomplete'
  return now > expiresAt ? 'expired' : 'waiting'
}

/** For a holder, without what is asked of the others. */
export function viewRequest(
  row: ConsentRequestRow,
  now: number,
  holder: string | null,
): z.infer<typeof requestView> {
  const needed = row.parties.filter(one => one.needed)
  return {
    id: row.id,
    department: row.department,
    matter: row.matter,
    case: row.case,
    purpose: row.purpose as Purpose,
    refusing: row.refusing as Refusing,
    term: row.term,
    noticeVersion: row.noticeVersion,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    withdrawnAt: row.withdrawnAt,
    state: stateOfRequest(row, now),
    agreed: needed.filter(({ state }) => state === 'agreed' || state === 'partly').length,
    needed: needed.length,
    parties: row.parties.map(one => {
      const id = toBase64url(one.holder)
      const isOpen = holder === null || holder === id
      return {
        holder: id,
        role: one.role,
        needed: one.needed,
        state: one.state,
        shownAt: one.shownAt,
        answeredAt: one.answeredAt,
        grant: isOpen ? one.grant : null,
        items: isOpen ? one.items : null,
      }
    }),
  }
}

export const openedView = z.strictObject({
  request: requestView,
  notice: z.strictObject({ version: z.int(), text: z.string(), hash: hex32, shownAt: seconds }),
  items: z.array(
    item.extend({
      values: z.record(z.string(), json).nullable().describe('The holder’s own; null when they were erased'),
    }),
  ),
})

export function viewOpened(
  request: ConsentRequestRow,
  party: ConsentPartyRow,
  items: OpenedItem[],
  now: number,
): z.infer<typeof openedView> {
  return {
    request: viewRequest(request, now, toBase64url(party.holder)),
    notice: {
      version: request.noticeVersion,
      text: party.notice,
      hash: noticeHash(party.notice),
      shownAt: party.shownAt!,
    },
    items: items as z.infer<typeof openedView>['items'],
  }
}

export const grantView = z.strictObject({
  digest: hex32,
  holder: holderIdText,
  person: holderIdText,
  request: ulid,
  department: z.string(),
  matter: z.string(),
  notBefore: seconds,
  notAfter: seconds,
  epoch: z.int(),
  maxUses: z.int(),
  used: z.int(),
  items: z.array(z.strictObject({ certificate: hex32, fields: z.array(fieldName) })),
  state: z
    .enum(['accepted', 'granted', 'final', 'withdrawn', 'expired', 'used-up', 'refused'])
    .describe('How it stands for reading; `chain` says how far its way there has come'),
  chain: z.strictObject({
    state: z.enum(['accepted', 'granted', 'final', 'refused']),
    block: z.strictObject({ number: z.int(), time: seconds }).nullable(),
    refusal: z.string().nullable(),
  }),
  withdrawn: z
    .strictObject({ at: seconds, by: z.enum(['signature', 'session', 'chain', 'key', 'epoch']) })
    .nullable(),
  acceptedAt: seconds,
  signer: signerText,
  signature: signatureText,
  typedData: json.describe('Exactly what was signed'),
  withdrawal: json.describe('What the same key signs to withdraw it'),
})

export function viewGrant(world: World, row: GrantRow, now: number): z.infer<typeof grantView> {
  const digest = toHex(row.digest)
  return {
    digest,
    holder: toBase64url(row.holder),
    person: toBase64url(row.person),
    request: row.request,
    department: row.department,
    matter: row.matter,
    notBefore: row.notBefore,
    notAfter: row.notAfter,
    epoch: row.epoch,
    maxUses: row.maxUses,
    used: row.used,
    items: row.items.map(({ leaf, fields }) => ({ certificate: toHex(leaf), fields })),
    state: stateOfGrant(row, now),
    chain: { state: row.state, block: row.block, refusal: row.refusal },
    withdrawn: row.withdrawnAt === null ? null : { at: row.withdrawnAt, by: row.withdrawnBy! },
    acceptedAt: row.acceptedAt,
    signer: toHex(row.signer),
    signature: toHex(row.signature),
    typedData: JSON.parse(row.typedData) as z.infer<typeof json>,
    withdrawal: withdrawalTypedData(grantDomain(world), toHex(row.chainHolder), digest),
  }
}

function stateOfGrant(row: GrantRow, now: number): z.infer<typeof grantView>['state'] {
  if (row.withdrawnAt !== null) return 'withdrawn'
  if (row.state === 'refused') return 'refused'
  if (now > row.notAfter) return 'expired'
  return row.used >= row.maxUses ? 'used-up' : row.state
}
