/**
 * Documents at rest: each is encrypted with AES-256-GCM under a key of its own, which is derived from the department's key and a random
 * salt kept beside the document. Destroying the salt destroys the document, in every copy that does not hold the salt; destroying
 * the department's key destroys all of its documents.
 *
 *     documentKey = KDF in counter mode (HMAC-SHA256, one block; key, "onceproof document", keySalt ‖ id)
 *     ciphertext  = 0x01 ‖ AES-256-GCM(documentKey, zero nonce, plaintext; 0x01 ‖ length ‖ department ‖ id) ‖ tag
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomFillSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Refusal, invariant } from '../../protocol/refusal.ts'
import type { Sealed } from '../store/store.ts'

/** Which document of whom: a ciphertext opens under these and no others. */
export interface DocumentName {
  department: string
  /** Unique among the documents of the department, e.g. the certificate's identifier. */
  id: string
}

const VERSION = 1
const SALT_BYTES = 32
const TAG_BYTES = 16
const KEY_BYTES = 32

/**
 * All zeros. GCM is broken by a nonce that is used twice under one key (NIST SP 800-38D §8,
 * https://doi.org/10.6028/NIST.SP.800-38D); here each key encrypts once, because its 256-bit salt is drawn anew for each encryption.
 */
const NONCE = Buffer.alloc(12)

/** Label ‖ 0x00 of the derivation. NIST SP 800-108r1 §4.1, https://doi.org/10.6028/NIST.SP.800-108r1-upd1 */
const BEFORE_CONTEXT = Buffer.from('\0\0\0\x01onceproof document\0', 'latin1')
/** L: 256 bits are derived. */
const AFTER_CONTEXT = Buffer.from([0, 0, 1, 0])

/** The department's key as `sealDocument` takes it fastest: with raw bytes each derivation costs six times as much. */
export function departmentKey(bytes: Uint8Array): KeyObject {
  invariant(bytes.length === KEY_BYTES, `a department key of ${bytes.length} bytes`)
  return createSecretKey(bytes)
}

/** Encrypts a document under a fresh salt. The same document sealed twice gives two unrelated results. */
export function sealDocument(kek: KeyObject | Uint8Array, name: DocumentName, plaintext: Uint8Array): Sealed {
  const keySalt = freshSalt()
  const cipher = createCipheriv('aes-256-gcm', documentKey(kek, keySalt, name), NONCE)
  cipher.setAAD(boundName(name))
  const body = cipher.update(plaintext)
  cipher.final()
  const ciphertext = new Uint8Array(1 + body.length + TAG_BYTES)
  ciphertext[0] = VERSION
  ciphertext.set(body, 1)
  ciphertext.set(cipher.getAuthTag(), 1 + body.length)
  return { keySalt, ciphertext }
}

/**
 * Decrypts what `sealDocument` gave for the same key and name. Refuses DOCUMENT_UNREADABLE for anything else: another document,
 * department or salt, an altered or cut ciphertext, a version that this release does not know.
 */
export function openDocument(kek: KeyObject | Uint8Array, name: DocumentName, sealed: Sealed): Uint8Array {
  const { keySalt, ciphertext } = sealed
  const end = ciphertext.length - TAG_BYTES
  if (keySalt.length !== SALT_BYTES || end < 1 || ciphertext[0] !== VERSION) throw unreadable(name)
  const decipher = createDecipheriv('aes-256-gcm', documentKey(kek, keySalt, name), NONCE, {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(boundName(name))
  decipher.setAuthTag(ciphertext.subarray(end))
  const plaintext = decipher.update(ciphertext.subarray(1, end))
  try {
    decipher.final()
  } catch {
    throw unreadable(name)
  }
  return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length)
}

/** Drawn for many documents at once: a draw of 32 bytes costs as much as one of 4,096. */
const drawn = new Uint8Array(128 * SALT_BYTES)
let used = drawn.length

function freshSalt(): Uint8Array {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  const salt = drawn.slice(used, used + SALT_BYTES)
  // Who destroys a document's salt must have destroyed its last copy.
  drawn.fill(0, used, (used += SALT_BYTES))
  return salt
}

function documentKey(kek: KeyObject | Uint8Array, keySalt: Uint8Array, { id }: DocumentName): KeyObject {
  const key = kek instanceof Uint8Array ? departmentKey(kek) : kek
  const block = Buffer.allocUnsafe(
    BEFORE_CONTEXT.length + SALT_BYTES + Buffer.byteLength(id) + AFTER_CONTEXT.length,
  )
  block.set(BEFORE_CONTEXT)
  block.set(keySalt, BEFORE_CONTEXT.length)
  const end = BEFORE_CONTEXT.length + SALT_BYTES + block.write(id, BEFORE_CONTEXT.length + SALT_BYTES)
  block.set(AFTER_CONTEXT, end)
  // Not the bytes: a cipher made from bytes costs three times as much as the encryption.
  return createSecretKey(createHmac('sha256', key).update(block).digest())
}

/** The length keeps ("PSB", "1…") and ("PS", "B1…") apart. */
function boundName({ department, id }: DocumentName): Buffer {
  const length = Buffer.byteLength(department)
  invariant(length < 0x1_00_00, 'a department code is short')
  const bound = Buffer.allocUnsafe(3 + length + Buffer.byteLength(id))
  bound[0] = VERSION
  bound.writeUInt16BE(length, 1)
  bound.write(department, 3)
  bound.write(id, 3 + length)
  return bound
}

function unreadable({ department, id }: DocumentName): Refusal {
  return new Refusal('DOCUMENT_UNREADABLE', `document ${id} of ${department} cannot be decrypted`, {
    found: id,
  })
}
