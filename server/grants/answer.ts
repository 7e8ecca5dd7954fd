/**
 * Answering a request for consent: the holder is shown the notice and his own values, then signs all of it or a part, or
 * refuses.
 */
import { randomBytes } from 'node:crypto'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import {
  chainHolder,
  grantDigest,
  grantTypedData,
  noticeHash,
  readGrantTypedData,
  termsHash,
  type ReuseGrant,
} from '../../protocol/grant.ts'
import type { JsonObject, JsonValue } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { fieldsOf } from '../certificates/read.ts'
import { departmentOf } from '../departments/admit.ts'
import type { Caller } from '../http/auth.ts'
import type { ConsentPartyRow, ConsentRequestRow, GrantRow } from '../store/grants.ts'
import { nowSeconds, type World } from '../world.ts'
import { announce, consentRequestOf, partyOf } from './ask.ts'
import { epochOnChain, stateOnChain } from './on-chain.ts'
import { activeKeyOf, personBytes } from './keys.ts'
import { assertMayAnswer } from './represent.ts'
import { assertSigned, grantDomain, signatureBytes } from './signature.ts'

export interface OpenedItem {
  identifier: string
  leaf: string
  type: string
  required: string[]
  optional: string[]
  /** The holder's own values of what is asked; null = the certificate's values were erased. */
  values: Record<string, unknown> | null
}

/**
 * A request, the caller's part of it, and who he is. Refuses CONSENT_REQUEST_NOT_FOUND, NOT_REPRESENTED and, unless he has answered,
 * CONSENT_REQUEST_WITHDRAWN.
 */
async function asked(
  world: World,
  caller: Caller,
  id: string,
): Promise<{ request: ConsentRequestRow; party: ConsentPartyRow; holder: string; person: string }> {
  const holder = caller.holder ?? ''
  const person = caller.person ?? holder
  const request = await consentRequestOf(world, id)
  const party = partyOf(request, holder)
  await assertMayAnswer(world, person, holder, request, party)
  if (request.withdrawnAt !== null && party.state === 'waiting') {
    throw new Refusal('CONSENT_REQUEST_WITHDRAWN', 'the department has taken this request back', {
      field: 'id',
    })
  }
  return { request, party, holder, person }
}

/**
 * Shows a holder what is asked of him, with his own values, and notes durably that the notice was shown: without that nobody
 * can consent. Refuses CONSENT_REQUEST_NOT_FOUND, CONSENT_REQUEST_WITHDRAWN and NOT_REPRESENTED.
 */
export async function openRequest(
  world: World,
  caller: Caller,
  id: string,
): Promise<{ request: ConsentRequestRow; party: ConsentPartyRow; items: OpenedItem[] }> {
  const { party: before, holder } = await asked(world, caller, id)
  const items: OpenedItem[] = []
  for (const item of before.items) items.push({ ...item, values: await valuesOf(world, item) })
  await world.store.noteShown(id, before.number)
  const request = await consentRequestOf(world, id)
  return { request, party: partyOf(request, holder), items }
}

async function valuesOf(
  world: World,
  item: ConsentPartyRow['items'][number],
): Promise<Record<string, unknown> | null> {
  const row = await world.store.certificateByIdentifier(item.identifier)
  if (row === null || row.sealed === null) return null
  const all = await fieldsOf(world, row)
  const asked = [...item.required, ...item.optional].filter(name => Object.hasOwn(all, name))
  return Object.fromEntries(asked.map(name => [name, all[name]]))
}

/** What a holder picks of a request: which certificates, and which fields of them. */
export type Picked = { certificate: string; fields: string[] }[]

/**
 * The typed data to sign for what was picked, in effect from now on for the whole term. Writes nothing. Refuses as
 * `acceptConsent` does for a grant that would not fit.
 */
export async function grantToSign(
  world: World,
  caller: Caller,
  id: string,
  picked: Picked,
): Promise<{ typedData: JsonObject; digest: string; signer: string }> {
  const { request, party, person } = await asked(world, caller, id)
  const key = await activeKeyOf(world, person)
  const { from, until, seconds, maxUses } = request.term
  const notBefore = Math.max(nowSeconds(world), from ?? 0)
  const grant: ReuseGrant = {
    holder: toHex(key.chainHolder),
    terms: {
      items: picked,
      grantee: departmentId((await departmentOf(world, request.department)).uscc),
      matter: request.matterText,
      purpose: request.purposeText,
      maxUses,
      notice: noticeHash(party.notice),
      salt: toHex(randomBytes(32)),
    },
    notBefore,
    notAfter: until ?? notBefore + seconds,
    epoch: await epochOnChain(world, key.chainHolder),
  }
  await assertFits(world, request, party, grant)
  const domain = grantDomain(world)
  return {
    typedData: grantTypedData(domain, grant),
    digest: grantDigest(domain, grant),
    signer: toHex(key.signer),
  }
}

/**
 * Accepts a signed grant. When this returns it is on disk with the exact typed data and counts for reading at once; the
 * anchorer brings it to the chain, unless the holder or anybody else has done so. The same grant again, in whatever encoding
 * of its signature, changes nothing. Refuses what `readGrantTypedData` refuses, GRANT_MISMATCH (another holder, department, matter, purpose or
 * notice), FIELD_NOT_REQUESTED, REQUIRED_FIELD_MISSING, CERTIFICATE_NOT_OF_HOLDER, TERM_TOO_LONG, GRANT_EXPIRED, EPOCH_WRONG,
 * SIGNATURE_FORM, SIGNATURE_WRONG, GRANT_WITHDRAWN, NOTICE_NOT_SHOWN, CONSENT_ANSWERED, CONSENT_REQUEST_WITHDRAWN, CONSENT_REQUEST_EXPIRED, HOLDER_KEY_MISSING and
 * NOT_REPRESENTED.
 */
export async function acceptConsent(
  world: World,
  caller: Caller,
  id: string,
  typedData: JsonValue,
  signature: string,
): Promise<GrantRow> {
  const { request, party, person } = await asked(world, caller, id)
  const domain = grantDomain(world)
  const grant = readGrantTypedData(typedData, domain)
  const digest = grantDigest(domain, grant)
  const key = await activeKeyOf(world, person)
  const signer = toHex(key.signer)
  if (grant.holder !== chainHolder(signer)) throw mismatch('message.holder', 'the key in effect of who signs')

  const signed = await assertSigned(world, signer, digest, signatureBytes(signature))
  const known = await world.store.grantByDigest(fromHex(digest)!)
  if (known !== null) {
    if (known.request === id && known.party === party.number) return known
    throw mismatch('message.terms.salt', 'a grant that answers this request and no other')
  }

  await assertFits(world, request, party, grant)
  if (grant.epoch !== (await epochOnChain(world, key.chainHolder))) {
    throw new Refusal('EPOCH_WRONG', 'the epoch is not the present one of this key', {
      field: 'message.epoch',
    })
  }
  if ((await stateOnChain(world, key.chainHolder, fromHex(digest)!)).withdrawnAt !== 0) {
    throw new Refusal('GRANT_WITHDRAWN', 'this grant was withdrawn on chain before it came')
  }
  const row = await world.store.acceptGrant({
    digest: fromHex(digest)!,
    holder: party.holder,
    person: personBytes(person),
    key: key.id,
    chainHolder: key.chainHolder,
    request: id,
    party: party.number,
    department: request.department,
    matter: request.matter,
    notBefore: grant.notBefore,
    notAfter: grant.notAfter,
    epoch: Number(grant.epoch),
    maxUses: grant.terms.maxUses,
    items: grant.terms.items.map(({ certificate, fields }) => ({ leaf: fromHex(certificate)!, fields })),
    typedData: JSON.stringify(typedData),
    termsHash: fromHex(termsHash(grant.terms))!,
    signer: key.signer,
    signature: signed,
    answer: grant.terms.items.length === party.items.length ? 'agreed' : 'partly',
  })
  world.wake()
  announce(world, await consentRequestOf(world, id), 'consent-given')
  return row
}

/** Refuses a request for one party. Again is a no-op. Refuses CONSENT_ANSWERED, CONSENT_REQUEST_WITHDRAWN, CONSENT_REQUEST_EXPIRED, NOT_REPRESENTED. */
export async function refuseRequest(world: World, caller: Caller, id: string): Promise<ConsentRequestRow> {
  const { party } = await asked(world, caller, id)
  await world.store.refuseConsent(id, party.number)
  const request = await consentRequestOf(world, id)
  announce(world, request, 'consent-refused')
  return request
}

async function assertFits(
  world: World,
  request: ConsentRequestRow,
  party: ConsentPartyRow,
  { terms, notBefore, notAfter }: ReuseGrant,
): Promise<void> {
  const { uscc } = await departmentOf(world, request.department)
  if (terms.grantee !== departmentId(uscc)) throw mismatch('message.terms.grantee', 'the asking department')
  if (terms.matter !== request.matterText) throw mismatch('message.terms.matter', request.matterText)
  if (terms.purpose !== request.purposeText) throw mismatch('message.terms.purpose', request.purposeText)
  if (terms.notice !== noticeHash(party.notice)) {
    throw mismatch('message.terms.notice', 'keccak256 of the notice that was shown')
  }
  if (terms.items.length === 0) throw new Refusal('REQUIRED_FIELD_MISSING', 'nothing was picked')
  for (const { certificate, fields } of terms.items) {
    const asked = party.items.find(({ leaf }) => leaf === certificate)
    if (asked === undefined) {
      throw new Refusal('CERTIFICATE_NOT_OF_HOLDER', 'a certificate that was not asked of this holder', {
        field: 'message.terms.items',
      })
    }
    const foreign = fields.find(name => !asked.required.includes(name) && !asked.optional.includes(name))
    if (foreign !== undefined) {
      throw new Refusal('FIELD_NOT_REQUESTED', 'a field that was not asked for', {
        field: 'message.terms.items',
        found: foreign.slice(0, 64),
      })
    }
    const missing = asked.required.find(name => !fields.includes(name))
    if (missing !== undefined) {
      throw new Refusal(
        'REQUIRED_FIELD_MISSING',
        'leave out the certificate or grant what is required of it',
        {
          field: 'message.terms.items',
          expected: missing,
        },
      )
    }
  }
  const { from, until, seconds, maxUses } = request.term
  const now = nowSeconds(world)
  if (notAfter < now) {
    throw new Refusal('GRANT_EXPIRED', 'its last second has passed', { field: 'message.notAfter' })
  }
  const tooLong =
    notAfter < notBefore ||
    notAfter > (until ?? Math.min(now, notBefore) + seconds + CLOCKS_APART_SECONDS) ||
    notBefore < (from ?? 0) ||
    terms.maxUses > maxUses ||
    terms.maxUses < 1
  if (tooLong) {
    throw new Refusal('TERM_TOO_LONG', 'a shorter term may be granted, not a longer one', {
      field: 'message.notAfter',
      expected: `at most ${seconds} seconds and ${maxUses} uses`,
    })
  }
}

/** A wallet's clock may be ahead of ours by this. */
const CLOCKS_APART_SECONDS = 300

const mismatch = (field: string, expected: string) =>
  new Refusal('GRANT_MISMATCH', 'what was signed differs from what was asked', { field, expected })
