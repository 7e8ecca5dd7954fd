/** Signing with whichever key is in effect. The digest is always computed here, never taken from the gateway. */
import {
  chainHolder,
  grantDigest,
  grantTypedData,
  holderKeyDigest,
  holderKeyTypedData,
  withdrawAllDigest,
  withdrawAllTypedData,
  withdrawalDigest,
  withdrawalTypedData,
  type GrantDomain,
  type ReuseGrant,
} from '../../../../protocol/grant.ts'
import { fromBase64url, toHex } from '../../../../protocol/bytes.ts'
import type { JsonObject } from '../../../../protocol/json.ts'
import { signWithExternal } from './external.ts'
import { keptKey } from './kept.ts'
import { signWithPasskey } from './passkey.ts'
import { signWithPassphrase } from './passphrase.ts'
import { KeyTrouble } from './trouble.ts'

export type KeyKind = 'passkey' | 'passphrase' | 'external'

export interface Verifiers {
  p256: string
  webAuthn: string
}

/** What a key is, told by its bytes. */
export function kindOf(signer: string, { p256, webAuthn }: Verifiers): KeyKind {
  if (signer.startsWith(webAuthn) && signer.length > 42) return 'passkey'
  return signer.startsWith(p256) && signer.length > 42 ? 'passphrase' : 'external'
}

/** A message to be signed: its digest for keys, the same as typed data for wallets. */
export interface Signable {
  domain: GrantDomain
  digest: string
  typedData: JsonObject
}

export const signableGrant = (domain: GrantDomain, grant: ReuseGrant): Signable => ({
  domain,
  digest: grantDigest(domain, grant),
  typedData: grantTypedData(domain, grant),
})

/** Withdrawing one grant (its digest) that this signer gave. */
export function signableWithdrawal(domain: GrantDomain, signer: string, grant: string): Signable {
  const holder = chainHolder(signer)
  return {
    domain,
    digest: withdrawalDigest(domain, holder, grant),
    typedData: withdrawalTypedData(domain, holder, grant),
  }
}

export function signableWithdrawAll(domain: GrantDomain, signer: string, epoch: number): Signable {
  const holder = chainHolder(signer)
  return {
    domain,
    digest: withdrawAllDigest(domain, holder, BigInt(epoch)),
    typedData: withdrawAllTypedData(domain, holder, BigInt(epoch)),
  }
}

/** That this person (id of a holder) has the key; nonce and deadline are the gateway's. */
export function signableBinding(
  domain: GrantDomain,
  person: string,
  { nonce, deadline }: { nonce: string; deadline: number },
): Signable {
  const holder = toHex(fromBase64url(person) ?? new Uint8Array())
  const challenge = { holder, nonce, deadline }
  return {
    domain,
    digest: holderKeyDigest(domain, challenge),
    typedData: holderKeyTypedData(domain, challenge),
  }
}

/**
 * The key's signature, 0x-hex. Throws KeyTrouble: `elsewhere` (the key is not in this browser), `differs` (made for another chain or
 * contract), and what the kinds throw.
 */
export async function signWith(
  signer: string,
  verifiers: Verifiers,
  { domain, digest, typedData }: Signable,
  passphrase: string,
  stop?: AbortSignal,
): Promise<string> {
  const kept = keptKey(signer)
  if (kept !== null && !isSameDomain(kept.domain, domain)) throw new KeyTrouble('differs', ['domain'])
  switch (kindOf(signer, verifiers)) {
    case 'passkey':
      return signWithPasskey(signer, kept?.kind === 'passkey' ? kept.credential : null, digest, stop)
    case 'passphrase':
      if (kept?.kind !== 'passphrase') throw new KeyTrouble('elsewhere')
      return signWithPassphrase(kept, passphrase, digest)
    case 'external':
      return signWithExternal(signer, typedData)
  }
}

const isSameDomain = (one: GrantDomain, other: GrantDomain): boolean =>
  one.chainId === other.chainId && one.verifyingContract === other.verifyingContract
