/**
 * A P-256 key made in this browser and kept under a passphrase, where passkeys are missing. Outside of one signature it exists only
 * encrypted; neither it nor the passphrase is ever sent.
 */
import { p256 } from '@noble/curves/nist.js'
import { fromBase64url, fromHex, toBase64url, toHex, toUtf8 } from '../../../../protocol/bytes.ts'
import { KeyTrouble } from './trouble.ts'

/** OWASP's count for PBKDF2 with SHA-256. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2 */
const ROUNDS = 600_000
/** Whoever copies the browser's store may try as often as he likes. */
export const SHORTEST_PASSPHRASE = 12

export interface WrappedKey {
  kdf: { name: 'PBKDF2-SHA-256'; rounds: number; salt: string }
  cipher: { name: 'AES-256-GCM'; iv: string; text: string }
}

export interface MadeKey {
  /** 0x-hex: the verifier, then x and y. */
  signer: string
  wrapped: WrappedKey
}

/** Makes a key and wraps it at once. */
export async function makeWrappedKey(verifier: string, passphrase: string): Promise<MadeKey> {
  const secret = p256.utils.randomSecretKey()
  try {
    const signer = verifier + toHex(p256.getPublicKey(secret, false).slice(1)).slice(2)
    return { signer, wrapped: await wrap(secret, signer, passphrase) }
  } finally {
    secret.fill(0)
  }
}

/** r ‖ s over a digest (0x-hex), as the P-256 verifier takes it. Throws KeyTrouble `passphrase`. */
export async function signWithPassphrase(
  { signer, wrapped }: MadeKey,
  passphrase: string,
  digest: string,
): Promise<string> {
  const secret = await unwrap(wrapped, signer, passphrase)
  try {
    return toHex(p256.sign(fromHex(digest)!, secret, { prehash: false, lowS: true }))
  } finally {
    secret.fill(0)
  }
}

async function wrap(secret: Uint8Array, signer: string, passphrase: string): Promise<WrappedKey> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const key = await keyFrom(passphrase, salt, ROUNDS)
  const text = await crypto.subtle.encrypt(gcm(iv, signer), key, secret.slice())
  return {
    kdf: { name: 'PBKDF2-SHA-256', rounds: ROUNDS, salt: toBase64url(salt) },
    cipher: { name: 'AES-256-GCM', iv: toBase64url(iv), text: toBase64url(new Uint8Array(text)) },
  }
}

async function unwrap({ kdf, cipher }: WrappedKey, signer: string, passphrase: string): Promise<Uint8Array> {
  const [salt, iv, text] = [kdf.salt, cipher.iv, cipher.text].map(fromBase64url)
  if (!salt || !iv || !text) throw new KeyTrouble('backup')
  const key = await keyFrom(passphrase, salt, kdf.rounds)
  try {
    return new Uint8Array(await crypto.subtle.decrypt(gcm(iv, signer), key, text.slice()))
  } catch {
    // GCM cannot tell a wrong passphrase from a changed text; the first is what happens.
    throw new KeyTrouble('passphrase')
  }
}

async function keyFrom(passphrase: string, salt: Uint8Array, iterations: number): Promise<CryptoKey> {
  // Keyboards differ in how they write the same sign.
  const typed = toUtf8(passphrase.normalize('NFKC')).slice()
  const base = await crypto.subtle.importKey('raw', typed, 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: salt.slice(), iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

/** The signer is bound in, so that a kept key cannot be passed off as another one. */
const gcm = (iv: Uint8Array, signer: string) => ({
  name: 'AES-GCM',
  iv: iv.slice(),
  additionalData: toUtf8(signer).slice(),
})
