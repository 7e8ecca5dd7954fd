/**
 * The built-in keystore: every key of the gateway in one file, encrypted as a whole under a passphrase. For the start and for
 * demonstrations; whoever holds the file and the passphrase can sign for every department in it.
 *
 * The file is three lines:
 *
 *     onceproof-keystore/1
 *     {"kdf":{"name":"scrypt","N":131072,"r":8,"p":1,"salt":…},"check":…,"nonce":…,"ciphertext":…}
 *     sha256 <hex of the two lines above>
 *
 * The digest tells a damaged file from a wrong passphrase; what protects against a forger is the encryption, AES-256-GCM with the first
 * line and the `kdf` as additional data. scrypt (RFC 7914) gives 64 bytes: the encryption key, and `check`, by which a wrong
 * passphrase is known.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  scrypt,
  sign,
  timingSafeEqual,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { link, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { signatureFromDer } from '../../protocol/crypto/der-signature.ts'
import { Refusal, invariant } from '../../protocol/refusal.ts'
import { KEY_RULES, recoverableSignature } from './provider.ts'
import type { KeyAlgorithm, KeyInfo, KeyProvider, KeyPurpose } from './provider.ts'

const FORMAT = 'onceproof-keystore/1'
/** 128 MiB and some tenths of a second for each guess. https://www.rfc-editor.org/rfc/rfc7914 */
const SCRYPT = { N: 131_072, r: 8, p: 1 } as const
const SCRYPT_MEMORY = 256 * 1024 * 1024
const MAX_FILE_BYTES = 16 * 1024 * 1024
const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/

export interface KeystoreOptions {
  path: string
  /** Compared after Unicode normalisation (NFC), so that it does not depend on the keyboard. */
  passphrase: string
  /** Milliseconds, as `Date.now`; dates new keys. */
  clock?: () => number
}

export interface NewKey {
  name: string
  purpose: KeyPurpose
  algorithm: KeyAlgorithm
  department: string | null
}

/** A key outside the keystore, for a worker thread of this process: a `KeyObject` can be posted, its bytes stay in OpenSSL. */
export interface WorkerKey {
  algorithm: 'ES256' | 'EdDSA'
  key: KeyObject
}

export interface Keystore extends KeyProvider {
  /**
   * Makes a new key and saves the file; when it resolves the key survives a power cut. Refuses KEY_NAME, KEY_EXISTS, KEY_ALGORITHM
   * (not one of the purpose's), KEY_DEPARTMENT (missing, or not wanted; a second `kek` of one department) and KEYSTORE_CHANGED
   * (another process saved the file since it was opened).
   */
  generate(key: NewKey): Promise<KeyInfo>
  /** The same with a key that was made elsewhere: PKCS#8 (DER) for ES256 and EdDSA, 32 bytes else. Refuses KEY_MATERIAL. */
  importKey(key: NewKey, secret: Uint8Array): Promise<KeyInfo>
  /**
   * Hands out the private key of an ES256 or EdDSA key, for signing batches in worker threads of this process with `signInWorker`.
   * Only the built-in keystore can: with any other provider a batch signs through `sign`. Refuses KEY_UNKNOWN, KEY_ALGORITHM.
   */
  exportForWorker(name: string): WorkerKey
}

interface Entry extends KeyInfo {
  /** PKCS#8 (DER) or 32 bytes. */
  secret: Uint8Array
}

/** Derived once when the file is opened; every save draws a new nonce under it. */
interface FileKey {
  salt: Buffer
  encryption: KeyObject
  check: Buffer
}

/** Makes an empty keystore, readable by its owner only. Refuses KEYSTORE_EXISTS and KEYSTORE_PASSPHRASE_EMPTY. */
export async function createKeystore(options: KeystoreOptions): Promise<Keystore> {
  if (options.passphrase === '') {
    throw new Refusal('KEYSTORE_PASSPHRASE_EMPTY', 'a keystore needs a passphrase', { field: 'passphrase' })
  }
  const fileKey = await deriveKey(options.passphrase, randomBytes(32))
  const text = encrypt(fileKey, [])
  await writeDurably(options.path, text, { replace: false })
  return keystore(options, fileKey, [], text)
}

/**
 * Opens a keystore. Refuses KEYSTORE_MISSING, KEYSTORE_MODE (others than the owner may read or write it), KEYSTORE_DAMAGED (cut,
 * altered, or of another format) and KEYSTORE_PASSPHRASE_WRONG.
 */
export async function openKeystore(options: KeystoreOptions): Promise<Keystore> {
  const text = await readPrivate(options.path)
  const envelope = parseEnvelope(text, options.path)
  const fileKey = await deriveKey(options.passphrase, envelope.salt)
  if (!timingSafeEqual(fileKey.check, envelope.check)) {
    throw new Refusal('KEYSTORE_PASSPHRASE_WRONG', `the passphrase does not open ${options.path}`, {
      field: 'passphrase',
    })
  }
  return keystore(options, fileKey, decrypt(fileKey, envelope, options.path), text)
}

/** Signature of 64 bytes, at once: for worker threads that sign thousands. Same result as `KeyProvider.sign`. */
export function signInWorker({ algorithm, key }: WorkerKey, data: Uint8Array): Uint8Array {
  return algorithm === 'ES256' ? signatureFromDer(sign('sha256', data, key)) : sign(null, data, key)
}

function keystore(
  { path, clock = Date.now }: KeystoreOptions,
  fileKey: FileKey,
  opened: Entry[],
  text: string,
): Keystore {
  const entries = new Map(opened.map(entry => [entry.name, entry]))
  const handles = new Map<string, KeyObject>()
  const publicKeys = new Map<string, Uint8Array>()
  let savedText = text
  let saving: Promise<unknown> = Promise.resolve()

  function entryOf(name: string, algorithms: readonly KeyAlgorithm[]): Entry {
    const entry = entries.get(name)
    if (entry === undefined)
      throw new Refusal('KEY_UNKNOWN', `there is no key ${name}`, { field: 'key', found: name })
    if (!algorithms.includes(entry.algorithm)) {
      throw new Refusal('KEY_ALGORITHM', `key ${name} is of ${entry.algorithm}`, {
        field: 'key',
        expected: algorithms.join(' or '),
        found: entry.algorithm,
      })
    }
    return entry
  }

  function handleOf({ name, algorithm, secret }: Entry): KeyObject {
    let handle = handles.get(name)
    if (handle === undefined) {
      handle = algorithm === 'secret' ? createSecretKey(secret) : privateKey(secret)
      handles.set(name, handle)
    }
    return handle
  }

  function publicKeyOf(entry: Entry): Uint8Array {
    let publicKey = publicKeys.get(entry.name)
    if (publicKey === undefined) {
      publicKey =
        entry.algorithm === 'secp256k1'
          ? secp256k1.getPublicKey(entry.secret, false).slice(1)
          : rawPublicKey(handleOf(entry))
      publicKeys.set(entry.name, publicKey)
    }
    return publicKey
  }

  function workerKey(name: string): WorkerKey {
    const entry = entryOf(name, ['ES256', 'EdDSA'])
    return { algorithm: entry.algorithm === 'ES256' ? 'ES256' : 'EdDSA', key: handleOf(entry) }
  }

  /** One save after the other: each writes all keys, so that two at once would lose one. */
  function add(key: NewKey, secretOf: () => Uint8Array): Promise<KeyInfo> {
    const added = saving.then(async () => {
      assertMayAdd(key, [...entries.values()])
      const entry: Entry = { ...key, createdAt: Math.floor(clock() / 1000), secret: secretOf() }
      if ((await readPrivate(path)) !== savedText) {
        throw new Refusal('KEYSTORE_CHANGED', `${path} was changed by another process; open it again`, {
          found: path,
        })
      }
      const next = encrypt(fileKey, [...entries.values(), entry])
      await writeDurably(path, next, { replace: true })
      savedText = next
      entries.set(entry.name, entry)
      return infoOf(entry)
    })
    saving = added.catch(() => undefined)
    return added
  }

  return {
    generate: key => add(key, () => newSecret(key.algorithm)),
    importKey: (key, secret) => add(key, () => checkedSecret(key.algorithm, secret)),
    exportForWorker: workerKey,

    async list(department) {
      const all = [...entries.values()].map(infoOf)
      return department === undefined ? all : all.filter(key => key.department === department)
    },
    async publicKey(name) {
      return publicKeyOf(entryOf(name, ['ES256', 'EdDSA', 'secp256k1'])).slice()
    },
    async sign(name, data) {
      return signInWorker(workerKey(name), data)
    },
    async signDigest(name, digest) {
      const entry = entryOf(name, ['secp256k1'])
      invariant(digest.length === 32, `a digest of ${digest.length} bytes`)
      // RFC 6979: the nonce follows from key and digest, so no generator can fail here.
      const rs = secp256k1.sign(digest, entry.secret, { prehash: false })
      return recoverableSignature(rs, digest, publicKeyOf(entry))
    },
    async kek(department) {
      const entry = [...entries.values()].find(one => one.purpose === 'kek' && one.department === department)
      if (entry === undefined) {
        throw new Refusal('KEY_UNKNOWN', `${department} has no key for documents`, {
          field: 'department',
          found: department,
        })
      }
      return handleOf(entry)
    },
    async mac(name, data) {
      const entry = entryOf(name, ['secret'])
      if (entry.purpose !== 'lookup') {
        throw new Refusal('KEY_ALGORITHM', `key ${name} is not for look-ups`, {
          expected: 'lookup',
          found: entry.purpose,
        })
      }
      return createHmac('sha256', handleOf(entry)).update(data).digest()
    },
  }
}

function infoOf({ name, purpose, algorithm, department, createdAt }: Entry): KeyInfo {
  return { name, purpose, algorithm, department, createdAt }
}

function assertMayAdd({ name, purpose, algorithm, department }: NewKey, entries: Entry[]): void {
  const rules = KEY_RULES[purpose]
  if (!KEY_NAME.test(name)) {
    throw new Refusal('KEY_NAME', `${name} is not a name for a key`, {
      field: 'name',
      expected: KEY_NAME.source,
      found: name,
    })
  }
  if (entries.some(entry => entry.name === name)) {
    throw new Refusal('KEY_EXISTS', `there is a key ${name} already`, { field: 'name', found: name })
  }
  if (!rules.algorithms.includes(algorithm)) {
    throw new Refusal('KEY_ALGORITHM', `a key for ${purpose} cannot be of ${algorithm}`, {
      field: 'algorithm',
      expected: rules.algorithms.join(' or '),
      found: algorithm,
    })
  }
  const isSecondKek =
    purpose === 'kek' && entries.some(entry => entry.purpose === 'kek' && entry.department === department)
  if (rules.ofDepartment !== (department !== null) || isSecondKek) {
    throw new Refusal('KEY_DEPARTMENT', `key ${name} for ${purpose} cannot be of department ${department}`, {
      field: 'department',
      expected: rules.ofDepartment ? 'a department (with one kek only)' : 'none',
      found: String(department),
    })
  }
}

function newSecret(algorithm: KeyAlgorithm): Uint8Array {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        type: 'pkcs8',
        format: 'der',
      })
    case 'EdDSA':
      return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' })
    case 'secp256k1':
      return secp256k1.utils.randomSecretKey()
    case 'secret':
      return randomBytes(32)
  }
}

function checkedSecret(algorithm: KeyAlgorithm, secret: Uint8Array): Uint8Array {
  const isSound = {
    ES256: () => privateKey(secret).asymmetricKeyDetails?.namedCurve === 'prime256v1',
    EdDSA: () => privateKey(secret).asymmetricKeyType === 'ed25519',
    secp256k1: () => secp256k1.utils.isValidSecretKey(secret),
    secret: () => secret.length === 32,
  }[algorithm]
  let sound = false
  try {
    sound = isSound()
  } catch {
    // Not PKCS#8 at all.
  }
  if (!sound)
    throw new Refusal('KEY_MATERIAL', `these ${secret.length} bytes are not a private key of ${algorithm}`)
  return new Uint8Array(secret)
}

function privateKey(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  return new Uint8Array(Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]))
}

interface Envelope {
  salt: Buffer
  check: Buffer
  nonce: Buffer
  ciphertext: Buffer
}

function deriveKey(passphrase: string, salt: Buffer): Promise<FileKey> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, 64, { ...SCRYPT, maxmem: SCRYPT_MEMORY }, (error, derived) => {
      if (error !== null) return reject(error)
      resolve({ salt, encryption: createSecretKey(derived.subarray(0, 32)), check: derived.subarray(32) })
    })
  })
}

function kdfOf(salt: Buffer): object {
  return { name: 'scrypt', ...SCRYPT, salt: salt.toString('base64') }
}

function additionalData(salt: Buffer): Buffer {
  return Buffer.from(`${FORMAT}\n${JSON.stringify(kdfOf(salt))}`)
}

function encrypt({ salt, encryption, check }: FileKey, entries: Entry[]): string {
  const plaintext = JSON.stringify({
    entries: entries.map(entry => ({ ...entry, secret: Buffer.from(entry.secret).toString('base64') })),
  })
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', encryption, nonce)
  cipher.setAAD(additionalData(salt))
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
  const envelope = {
    kdf: kdfOf(salt),
    check: check.toString('base64'),
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
  }
  const body = `${FORMAT}\n${JSON.stringify(envelope)}\n`
  return `${body}sha256 ${digestOf(body)}\n`
}

function parseEnvelope(text: string, path: string): Envelope {
  const match = /^(onceproof-keystore\/1\n(\{.*\})\n)sha256 ([0-9a-f]{64})\n$/.exec(text)
  const [, body = '', json = '', digest] = match ?? []
  if (match === null || digestOf(body) !== digest) throw damaged(path)
  const { kdf, check, nonce, ciphertext } = parsedOr(json, () => damaged(path)) as {
    kdf: { salt: string }
    check: string
    nonce: string
    ciphertext: string
  }
  const salt = Buffer.from(kdf.salt, 'base64')
  const envelope = {
    salt,
    check: Buffer.from(check, 'base64'),
    nonce: Buffer.from(nonce, 'base64'),
    ciphertext: Buffer.from(ciphertext, 'base64'),
  }
  // Other parameters would be another format: nobody may choose weaker ones, or some that never end.
  const isOurs =
    JSON.stringify(kdf) === JSON.stringify(kdfOf(salt)) &&
    envelope.check.length === 32 &&
    envelope.nonce.length === 12 &&
    envelope.ciphertext.length > 16
  if (!isOurs) throw damaged(path)
  return envelope
}

function decrypt({ salt, encryption }: FileKey, { nonce, ciphertext }: Envelope, path: string): Entry[] {
  const decipher = createDecipheriv('aes-256-gcm', encryption, nonce, { authTagLength: 16 })
  decipher.setAAD(additionalData(salt))
  decipher.setAuthTag(ciphertext.subarray(-16))
  let plaintext: string
  try {
    plaintext = Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]).toString(
      'utf8',
    )
  } catch {
    throw damaged(path)
  }
  const { entries } = JSON.parse(plaintext) as { entries: (Omit<Entry, 'secret'> & { secret: string })[] }
  return entries.map(entry => ({ ...entry, secret: new Uint8Array(Buffer.from(entry.secret, 'base64')) }))
}

function parsedOr(json: string, refusal: () => Refusal): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw refusal()
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function damaged(path: string): Refusal {
  return new Refusal('KEYSTORE_DAMAGED', `${path} is not a whole and unaltered keystore`, { found: path })
}

async function readPrivate(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new Refusal('KEYSTORE_MISSING', `there is no keystore ${path}`, { found: path })
    throw error
  })
  try {
    const { mode, size } = await file.stat()
    // Windows has no such bits; its files belong to the account by their folder.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Refusal('KEYSTORE_MODE', `${path} may be used by others than its owner`, {
        expected: '0600',
        found: `0${(mode & 0o777).toString(8)}`,
      })
    }
    if (size > MAX_FILE_BYTES) throw damaged(path)
    return await file.readFile('latin1')
  } finally {
    await file.close()
  }
}

/** Whoever reads `path` finds the old text or the new one, whole, also after a power cut at any line. */
async function writeDurably(path: string, text: string, { replace }: { replace: boolean }): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  const file = await open(temporary, 'wx', 0o600)
  try {
    try {
      await file.writeFile(text, 'latin1')
      await file.sync()
    } finally {
      await file.close()
    }
    if (replace) await rename(temporary, path)
    else await linkAsNew(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
  await syncFolder(folder)
}

/** A link never replaces: of two who create at once, one is refused. */
async function linkAsNew(temporary: string, path: string): Promise<void> {
  await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new Refusal('KEYSTORE_EXISTS', `there is a keystore ${path} already`, { found: path })
    throw error
  })
  await unlink(temporary)
}

/** The new name itself is on the disk only after its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
