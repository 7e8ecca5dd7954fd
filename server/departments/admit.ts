/**
 * Admitting a department: keys, registration on chain, a first status list.
 */
import { keccak256 } from 'ethers'
import { fromBase64url, toHex } from '../../protocol/bytes.ts'
import { isUscc } from '../../protocol/identifiers.ts'
import { thumbprint } from '../../protocol/key.ts'
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { ensureKey } from '../keys/ensure.ts'
import { authorityKey, issuingKey, kekName } from '../keys/names.ts'
import type { DepartmentRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import {
  addKeyOnChain,
  admitOnChain,
  ALGORITHM,
  authoritySigner,
  freeListNumber,
  grantPermitOnChain,
  openListOnChain,
  PURPOSE,
  RECORD_TYPE,
} from './registry.ts'
import { forgetStanding } from './standing.ts'

export interface DepartmentApplication {
  code: string
  uscc: string
  did: string
  zh: string
  en: string
  roles: string[]
}

/**
 * Admits a department with a new issuing key (P-256), authority key (secp256k1) and key-encryption key.
 *
 * Its keys are on disk first, then its row, then each registration on chain; every step looks before it acts, so a call that
 * was cut short is finished by the next one with the same content. Refuses DEPARTMENT_EXISTS when the code or the credit code
 * stands for another department already, and USCC_WRONG.
 */
export async function admitDepartment(
  world: Pick<World, 'store' | 'keys' | 'chain' | 'clock' | 'region'>,
  application: DepartmentApplication,
): Promise<DepartmentRow> {
  const { uscc, did, roles } = application
  if (!isUscc(uscc))
    throw new Refusal('USCC_WRONG', 'not a unified social credit code', {
      field: 'uscc',
      expected: 'GB 32100',
    })
  const row = await reconcile(world, application)

  const own = { department: uscc }
  await ensureKey(world.keys, { name: issuingKey(uscc, 1), purpose: 'issuing', algorithm: 'ES256', ...own })
  await ensureKey(world.keys, {
    name: authorityKey(uscc, 1),
    purpose: 'authority',
    algorithm: 'secp256k1',
    ...own,
  })
  await ensureKey(world.keys, { name: kekName(uscc), purpose: 'kek', algorithm: 'secret', ...own })
  await world.store.saveDepartment(row)

  await admitOnChain(world, { uscc, did })
  const issuing = await world.keys.publicKey(issuingKey(uscc, 1))
  await addKeyOnChain(world, {
    uscc,
    purpose: PURPOSE.issuing,
    algorithm: ALGORITHM.ES256,
    publicKey: issuing,
    keyId: toHex(fromBase64url(thumbprint(issuing)!)!),
  })
  const signer = await authoritySigner(world, authorityKey(uscc, 1))
  await addKeyOnChain(world, {
    uscc,
    purpose: PURPOSE.authority,
    algorithm: ALGORITHM.signer,
    publicKey: Buffer.from(signer.slice(2), 'hex'),
    keyId: keccak256(signer),
  })
  if (roles.includes('issuer')) {
    const [begun] = (await world.store.statusLists()).filter(list => list.department === uscc)
    const number = begun?.number ?? (await freeListNumber(world, uscc, 0))
    await world.store.openStatusList(uscc, number)
    await openListOnChain(world, uscc, number, authorityKey(uscc, 1))
  }
  if (roles.includes('operator')) await grantPermitOnChain(world, uscc, RECORD_TYPE, world.region)
  // Whoever asked meanwhile was told that it has no key.
  await forgetStanding(world, uscc)
  return row
}

/** The row to save: the one on file when this application says the same, a new one when nobody has code or credit code. */
async function reconcile(
  world: Pick<World, 'store' | 'clock'>,
  application: DepartmentApplication,
): Promise<DepartmentRow> {
  const all = await world.store.departments()
  const known = all.find(
    ({ code, uscc, did }) =>
      code === application.code || uscc === application.uscc || did === application.did,
  )
  if (known === undefined) return { ...application, createdAt: nowSeconds(world) }
  const same =
    known.code === application.code &&
    known.uscc === application.uscc &&
    known.did === application.did &&
    known.zh === application.zh &&
    known.en === application.en &&
    known.roles.join() === application.roles.join()
  if (same) return known
  throw new Refusal('DEPARTMENT_EXISTS', 'another department has this code, credit code or DID', {
    field: known.code === application.code ? 'code' : known.uscc === application.uscc ? 'uscc' : 'did',
    found: known.code,
  })
}

/** Refuses DEPARTMENT_NOT_FOUND. */
export async function departmentOf(world: Pick<World, 'store'>, code: string): Promise<DepartmentRow> {
  const department = (await world.store.departments()).find(row => row.code === code)
  if (department !== undefined) return department
  throw new Refusal('DEPARTMENT_NOT_FOUND', `there is no department ${code.slice(0, 40)}`, {
    field: 'department',
  })
}

/** The department that issued a certificate, whoever issues its type today. */
export async function issuingDepartment(
  world: Pick<World, 'store'>,
  { department: uscc }: { department: string },
): Promise<DepartmentRow> {
  const department = (await world.store.departments()).find(row => row.uscc === uscc)
  invariant(department !== undefined, 'who issued a certificate was admitted')
  return department
}

/** The department that notarizes for this gateway: the one with the role operator. Refuses NOTARY_MISSING. */
export async function notaryOf(world: Pick<World, 'store'>): Promise<DepartmentRow> {
  const notary = (await world.store.departments()).find(row => row.roles.includes('operator'))
  if (notary !== undefined) return notary
  throw new Refusal(
    'NOTARY_MISSING',
    'no department with the role operator has been admitted; records cannot be notarized yet',
    {
      expected: 'a department with the role operator',
    },
  )
}
