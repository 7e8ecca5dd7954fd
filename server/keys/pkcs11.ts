/**
 * A department's keys on a PKCS#11 token (an HSM, a smart card, SoftHSM2): they never leave it. Optional: the package pkcs11js is
 * loaded only when a token is configured, and is no dependency of ours. https://docs.oasis-open.org/pkcs11/pkcs11-base/v3.0/
 *
 * A key is found by its label, which is its name here. The token signs digests (CKM_ECDSA) as r‖s; a high s and the missing v of a
 * secp256k1 signature are put right by `recoverableSignature`.
 */
import { createHash } from 'node:crypto'
import { verifySignature } from '../../protocol/key.ts'
import { Refusal, invariant } from '../../protocol/refusal.ts'
import type { DepartmentProvider } from './keyring.ts'
import type { NewKey } from './keystore.ts'
import { recoverableSignature, type KeyInfo } from './provider.ts'

export interface Pkcs11Options {
  /** USCC. */
  department: string
  module: string
  token: string
  pin: string
  /** Module of the driver; the package pkcs11js when left out. */
  driver?: string
}

/** As much of pkcs11js as is used here; sessions and objects are its own buffers. */
interface Pkcs11 {
  load(path: string): void
  C_Initialize(): void
  C_Finalize(): void
  close(): void
  C_GetSlotList(present: boolean): Buffer[]
  C_GetTokenInfo(slot: Buffer): { label: string }
  C_OpenSession(slot: Buffer, flags: number): Buffer
  C_Login(session: Buffer, user: number, pin: string): void
  C_FindObjectsInit(session: Buffer, template: Attribute[]): void
  C_FindObjects(session: Buffer, count: number): Buffer[]
  C_FindObjectsFinal(session: Buffer): void
  C_GetAttributeValue(session: Buffer, object: Buffer, template: { type: number }[]): { value: Buffer }[]
  C_GenerateKeyPair(
    session: Buffer,
    mechanism: { mechanism: number },
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): { publicKey: Buffer; privateKey: Buffer }
  C_SignInit(session: Buffer, mechanism: { mechanism: number }, key: Buffer): void
  C_Sign(session: Buffer, data: Buffer, out: Buffer): Buffer
}
interface Attribute {
  type: number
  value: number | boolean | string | Buffer
}

// Numbers of PKCS#11 3.0, so that nothing of the driver is needed to name them.
const CKF_SERIAL_SESSION = 4
const CKF_RW_SESSION = 2
const CKU_USER = 1
const CKM_EC_KEY_PAIR_GEN = 0x1040
const CKM_ECDSA = 0x1041
const CKO = { publicKey: 2, privateKey: 3 } as const
const CKK_EC = 3
const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const
/** DER of the curve's object identifier: prime256v1, secp256k1. */
const CURVE = {
  ES256: Buffer.from('06082a8648ce3d030107', 'hex'),
  secp256k1: Buffer.from('06052b8104000a', 'hex'),
} as const
type Curve = keyof typeof CURVE

/**
 * Opens a session with the token. Refuses CONFIG_INVALID when the driver, the library, the token or the PIN is not right, and later
 * KEY_UNKNOWN, KEY_ALGORITHM, KEY_EXISTS and SIGNATURE_WRONG.
 */
export async function pkcs11Provider(options: Pkcs11Options): Promise<DepartmentProvider> {
  const { department } = options
  const { token, session } = await openToken(options)
  const own = new RegExp(`^department/${department}/(issuing|authority)/[1-9]\\d{0,5}$`)

  function objects(template: Attribute[]): Buffer[] {
    token.C_FindObjectsInit(session, template)
    try {
      const found: Buffer[] = []
      for (;;) {
        const some = token.C_FindObjects(session, 64)
        if (some.length === 0) return found
        found.push(...some)
      }
    } finally {
      token.C_FindObjectsFinal(session)
    }
  }

  const attribute = (object: Buffer, type: number): Buffer =>
    token.C_GetAttributeValue(session, object, [{ type }])[0]!.value

  function objectOf(name: string, kind: keyof typeof CKO): Buffer {
    const found = objects([
      { type: CKA.class, value: CKO[kind] },
      { type: CKA.label, value: name },
    ])
    if (found.length === 1) return found[0]!
    throw new Refusal('KEY_UNKNOWN', `the token has ${found.length} keys ${name}`, {
      field: 'key',
      found: name,
    })
  }

  function curveOf(name: string, wanted: Curve): void {
    const params = attribute(objectOf(name, 'publicKey'), CKA.ecParams)
    if (!params.equals(CURVE[wanted])) {
      throw new Refusal('KEY_ALGORITHM', `key ${name} is of another curve`, {
        field: 'key',
        expected: wanted,
      })
    }
  }

  function publicKeyOf(name: string): Uint8Array {
    const point = attribute(objectOf(name, 'publicKey'), CKA.ecPoint)
    // An OCTET STRING around the uncompressed point; some tokens leave the wrapping out.
    const raw = point.length === 67 && point[0] === 4 && point[1] === 65 ? point.subarray(2) : point
    invariant(raw.length === 65 && raw[0] === 4, 'an uncompressed point')
    return new Uint8Array(raw.subarray(1))
  }

  function signRaw(name: string, digest: Uint8Array): Uint8Array {
    token.C_SignInit(session, { mechanism: CKM_ECDSA }, objectOf(name, 'privateKey'))
    return new Uint8Array(token.C_Sign(session, Buffer.from(digest), Buffer.alloc(64)))
  }

  async function sign(name: string, data: Uint8Array): Promise<Uint8Array> {
    curveOf(name, 'ES256')
    const signature = signRaw(name, createHash('sha256').update(data).digest())
    if (verifySignature('ES256', publicKeyOf(name), data, signature)) return signature
    throw new Refusal('SIGNATURE_WRONG', 'the token answered with a signature that is not its own')
  }

  return {
    department,
    async list() {
      const labels = objects([{ type: CKA.class, value: CKO.publicKey }]).map(object =>
        attribute(object, CKA.label).toString('utf8'),
      )
      return labels.filter(name => own.test(name)).map(name => infoOf(name, department))
    },
    async publicKey(name) {
      return publicKeyOf(name)
    },
    async generate(key) {
      assertOwn(key, own)
      const label = [
        { type: CKA.label, value: key.name },
        { type: CKA.token, value: true },
      ]
      if (objects(label.slice(0, 1)).length > 0)
        throw new Refusal('KEY_EXISTS', `there is a key ${key.name} already`, {
          field: 'name',
          found: key.name,
        })
      const id = { type: CKA.id, value: createHash('sha256').update(key.name).digest() }
      token.C_GenerateKeyPair(
        session,
        { mechanism: CKM_EC_KEY_PAIR_GEN },
        [
          ...label,
          id,
          { type: CKA.keyType, value: CKK_EC },
          { type: CKA.verify, value: true },
          { type: CKA.private, value: false },
          { type: CKA.ecParams, value: CURVE[key.algorithm === 'ES256' ? 'ES256' : 'secp256k1'] },
        ],
        [
          ...label,
          id,
          { type: CKA.keyType, value: CKK_EC },
          { type: CKA.sign, value: true },
          { type: CKA.private, value: true },
          { type: CKA.sensitive, value: true },
          { type: CKA.extractable, value: false },
        ],
      )
      return infoOf(key.name, department)
    },
    sign,
    async signMany(name, items) {
      const signatures: Uint8Array[] = []
      for (const { data } of items) signatures.push(await sign(name, data))
      return signatures
    },
    async signDigest(name, digest) {
      curveOf(name, 'secp256k1')
      return recoverableSignature(signRaw(name, digest), digest, publicKeyOf(name))
    },
    close() {
      token.C_Finalize()
      token.close()
    },
  }
}

async function openToken(options: Pkcs11Options): Promise<{ token: Pkcs11; session: Buffer }> {
  const { module, token: label, pin, driver = 'pkcs11js' } = options
  const { PKCS11 } = await driverOf(driver)
  const token = new PKCS11()
  try {
    token.load(module)
    token.C_Initialize()
  } catch {
    throw invalid(`the library ${module} cannot be opened`)
  }
  try {
    const slot = token.C_GetSlotList(true).find(one => token.C_GetTokenInfo(one).label.trim() === label)
    if (slot === undefined) throw invalid(`there is no token ${label}`)
    const session = token.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
    token.C_Login(session, CKU_USER, pin)
    return { token, session }
  } catch (error) {
    token.C_Finalize()
    token.close()
    // Never the driver's own words: they may hold what was given to it.
    throw error instanceof Refusal ? error : invalid(`the token ${label} does not open with this PIN`)
  }
}

async function driverOf(driver: string): Promise<{ PKCS11: new () => Pkcs11 }> {
  try {
    const loaded = (await import(driver)) as {
      PKCS11?: new () => Pkcs11
      default?: { PKCS11: new () => Pkcs11 }
    }
    const PKCS11 = loaded.PKCS11 ?? loaded.default?.PKCS11
    if (PKCS11 !== undefined) return { PKCS11 }
  } catch {
    // Told below.
  }
  throw invalid('the package pkcs11js is not installed')
}

function infoOf(name: string, department: string): KeyInfo {
  const purpose = name.includes('/authority/') ? 'authority' : 'issuing'
  // A token does not tell when a key was made.
  return { name, purpose, algorithm: purpose === 'issuing' ? 'ES256' : 'secp256k1', department, createdAt: 0 }
}

function assertOwn({ name, purpose, algorithm }: NewKey, own: RegExp): void {
  if (own.exec(name)?.[1] !== purpose) {
    throw new Refusal('KEY_NAME', `${name} is no name for a key of this department`, {
      field: 'name',
      found: name,
    })
  }
  if (algorithm !== (purpose === 'issuing' ? 'ES256' : 'secp256k1'))
    throw new Refusal('KEY_ALGORITHM', `a key for ${purpose} on a token is of its curve`, {
      field: 'algorithm',
    })
}

const invalid = (found: string) =>
  new Refusal('CONFIG_INVALID', `ONCEPROOF_KEY_PROVIDERS: ${found}`, {
    field: 'ONCEPROOF_KEY_PROVIDERS',
    found,
  })
