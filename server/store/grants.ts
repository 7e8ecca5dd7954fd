/**
 * Holders' keys, requests for consent, and grants, in the words of their domain. Verbs as in `store.ts`: each is one
 * transaction, durable when it resolves.
 */
import type { NewStatement, Once, Page } from './store.ts'

/** `waiting`: a replacement that takes effect at `dueAt` unless it is cancelled before. */
export type HolderKeyState = 'active' | 'waiting' | 'replaced' | 'cancelled'

export interface HolderKeyRow {
  id: number
  /** Holder id of the human whose key it is, 32 bytes. */
  person: Uint8Array
  /** Account, or ERC-7913 verifier ‖ key. */
  signer: Uint8Array
  /** keccak256(signer): the holder at `GrantRegistry`. */
  chainHolder: Uint8Array
  /** Counts the keys of this person from 0. */
  epoch: number
  state: HolderKeyState
  requestedAt: number
  /** When it took or will take effect. */
  dueAt: number
  endedAt: number | null
  /** Leaf of the identity authority's statement; null while waiting. */
  leaf: Uint8Array | null
}

export type NewHolderKey = Pick<HolderKeyRow, 'person' | 'signer' | 'chainHolder' | 'epoch' | 'dueAt'>

/** What a key must sign to show that its owner has it. Good once, until `expiresAt`. */
export interface KeyChallenge {
  nonce: Uint8Array
  person: Uint8Array
  signer: Uint8Array
  expiresAt: number
}

export interface RequestedItem {
  /** 0x-hex. */
  leaf: string
  identifier: string
  /** Short code of the type. */
  type: string
  required: string[]
  optional: string[]
}

export interface ConsentTerm {
  template: 'ONE_OFF' | 'THIS_MATTER' | 'DATED' | 'SHORT_CODE'
  /** Longest validity of a grant, in seconds. */
  seconds: number
  maxUses: number
  /** Of DATED: the first and the last second. */
  from: number | null
  until: number | null
}

export type AnswerState = 'waiting' | 'agreed' | 'partly' | 'refused'

export interface NewConsentParty {
  holder: Uint8Array
  /** Which party of the matter he is, when it was said. */
  role: string | null
  /** The request is complete when every needed party has agreed. */
  needed: boolean
  items: RequestedItem[]
  /** Exactly what this party is shown. */
  notice: string
}

export interface ConsentPartyRow extends NewConsentParty {
  number: number
  state: AnswerState
  shownAt: number | null
  answeredAt: number | null
  /** 0x-hex digest of its grant. */
  grant: string | null
}

export interface NewConsentRequest {
  /** ULID. */
  id: string
  /** Code of the department that asks, and who asked there. */
  department: string
  officer: string
  matter: string
  /** ULID. */
  case: string | null
  purpose: string
  /** As the typed data will say it. */
  matterText: string
  purposeText: string
  term: ConsentTerm
  refusing: string
  noticeVersion: number
  /** Until when it may be answered. */
  expiresAt: number
  parties: NewConsentParty[]
}

export interface ConsentRequestRow extends Omit<NewConsentRequest, 'parties'> {
  createdAt: number
  /** When the department took it back; who had not answered can no longer. */
  withdrawnAt: number | null
  parties: ConsentPartyRow[]
}

/** `refused`: the contract refuses it, so it never counted on chain and no longer counts here. */
export type GrantState = 'accepted' | 'granted' | 'final' | 'refused'
/** How a grant ended: signed by its key, by the signed-in holder without it, seen on chain, or with its key or epoch. */
export type WithdrawnBy = 'signature' | 'session' | 'chain' | 'key' | 'epoch'

export interface GrantItem {
  leaf: Uint8Array
  fields: string[]
}

export interface NewGrant {
  digest: Uint8Array
  /** Whose certificates they are. */
  holder: Uint8Array
  /** Whose key signed: the holder, or who represents him. */
  person: Uint8Array
  key: number
  chainHolder: Uint8Array
  request: string
  party: number
  department: string
  matter: string
  notBefore: number
  notAfter: number
  /** Epoch at `GrantRegistry`. */
  epoch: number
  maxUses: number
  items: GrantItem[]
  /** Exact JSON that was signed. */
  typedData: string
  termsHash: Uint8Array
  signer: Uint8Array
  signature: Uint8Array
  /** What the answer leaves out: `partly` when an item is missing. */
  answer: 'agreed' | 'partly'
}

export interface GrantRow extends Omit<NewGrant, 'answer'> {
  id: number
  acceptedAt: number
  used: number
  state: GrantState
  block: { number: number; time: number } | null
  /** Error name of the contract. */
  refusal: string | null
  withdrawnAt: number | null
  withdrawnBy: WithdrawnBy | null
}

/** A signed withdrawal on its way to the chain: of one grant, or of all of an epoch. */
export interface NewWithdrawal {
  chainHolder: Uint8Array
  signer: Uint8Array
  /** Null: of all. */
  grant: Uint8Array | null
  epoch: number | null
  signature: Uint8Array
}

export interface WithdrawalRow extends NewWithdrawal {
  id: number
  acceptedAt: number
  state: 'accepted' | 'executed' | 'final' | 'refused'
  refusal: string | null
}

/** What a reading is asked against a grant for. */
export interface GrantCheck {
  /** 0x-hex. */
  digest: string
  leaf: Uint8Array
  department: string
  matter: string
  fields: string[]
  now: number
}

/**
 * Counts one use of a grant and answers null, or answers why it may not be used and changes nothing. To be called inside the
 * transaction that writes the use. GRANT_UNKNOWN, GRANT_OTHER_DEPARTMENT, GRANT_OTHER_MATTER, GRANT_WITHDRAWN,
 * GRANT_NOT_ON_CHAIN (the contract refused it), GRANT_NOT_YET, GRANT_EXPIRED, GRANT_OTHER_CERTIFICATE, FIELD_NOT_GRANTED,
 * GRANT_USED_UP.
 */
export type ConsumeGrant = (check: GrantCheck) => string | null

export interface GrantStore {
  // Holders' keys
  saveKeyChallenge(challenge: KeyChallenge): Promise<void>
  /**
   * Takes a key whose owner answered the challenge, in effect at once with its statement, or without one waiting for its day.
   * Refuses CHALLENGE_UNKNOWN (none such, another person's or key's, used or too old), HOLDER_KEY_EXISTS (at once, and there is
   * an active one), HOLDER_KEY_WAITING (another replacement waits) and HOLDER_KEY_TAKEN (somebody has or had this key).
   */
  acceptHolderKey(
    key: NewHolderKey,
    challenge: Pick<KeyChallenge, 'nonce' | 'expiresAt'>,
    statement: NewStatement | null,
    once: Once | null,
  ): Promise<HolderKeyRow>
  /**
   * Puts a waiting key in the place of the active one; every grant under the old one ends. False when it no longer waits.
   */
  activateHolderKey(id: number, statement: NewStatement): Promise<boolean>
  /** Refuses HOLDER_KEY_NOT_WAITING. */
  cancelHolderKey(person: Uint8Array): Promise<HolderKeyRow>
  /** Newest first. */
  holderKeys(person: Uint8Array): Promise<HolderKeyRow[]>
  /** Waiting keys whose day has come. */
  dueHolderKeys(now: number): Promise<HolderKeyRow[]>

  // Requests for consent
  /** The same `once` again changes nothing and gives the first one's row. */
  saveConsentRequest(request: NewConsentRequest, once: Once | null): Promise<ConsentRequestRow>
  consentRequest(id: string): Promise<ConsentRequestRow | null>
  /** Newest first; `before` is a ULID. */
  consentRequests(
    filter: { department: string } | { holder: Uint8Array },
    before: string | null,
    limit: number,
  ): Promise<ConsentRequestRow[]>
  /** Notes when a party first saw the notice. A no-op after that. */
  noteShown(id: string, party: number): Promise<void>
  /**
   * Takes a request back while somebody has not answered it; answers that were given stand. Again is a no-op. Refuses CONSENT_ANSWERED
   * (by everybody) and CONSENT_REQUEST_EXPIRED.
   */
  withdrawConsentRequest(id: string): Promise<ConsentRequestRow>
  /** Refuses CONSENT_ANSWERED, CONSENT_REQUEST_WITHDRAWN, CONSENT_REQUEST_EXPIRED. The same answer again is a no-op. */
  refuseConsent(id: string, party: number): Promise<void>

  // Grants
  /**
   * Takes a grant whose signature was checked and notes the party's answer. The same digest again changes nothing. Refuses
   * GRANT_MISMATCH (it answers another request already), NOTICE_NOT_SHOWN, CONSENT_ANSWERED, CONSENT_REQUEST_WITHDRAWN, CONSENT_REQUEST_EXPIRED, HOLDER_KEY_NOT_ACTIVE and GRANT_WITHDRAWN (withdrawn before
   * it came, or of an epoch that is over).
   */
  acceptGrant(grant: NewGrant): Promise<GrantRow>
  grantByDigest(digest: Uint8Array): Promise<GrantRow | null>
  /** Newest first. Of a holder: his own and those that he signed for others. */
  grants(filter: { department: string } | { holder: Uint8Array }, page: Page): Promise<GrantRow[]>
  /** Grants that the chain has neither finally recorded nor refused, oldest first. Withdrawn ones too. */
  openGrants(): Promise<GrantRow[]>
  markGrant(
    id: number,
    state: GrantState,
    block: { number: number; time: number } | null,
    refusal: string | null,
  ): Promise<void>
  /** Ends one grant of a chain holder at once, known here or not, and puts what is to be relayed on its way. Again is a no-op. */
  withdrawGrant(
    chainHolder: Uint8Array,
    digest: Uint8Array,
    by: WithdrawnBy,
    relay: NewWithdrawal | null,
  ): Promise<void>
  /** Ends every grant of a chain holder up to this epoch, and refuses later ones of it. */
  withdrawEpoch(
    chainHolder: Uint8Array,
    epoch: number,
    by: WithdrawnBy,
    relay: NewWithdrawal | null,
  ): Promise<void>
  /** Ends every grant of a chain holder that is here; later ones may come. */
  withdrawKnownGrants(chainHolder: Uint8Array, by: WithdrawnBy): Promise<void>
  openWithdrawals(): Promise<WithdrawalRow[]>
  markWithdrawal(id: number, state: WithdrawalRow['state'], refusal: string | null): Promise<void>
}
