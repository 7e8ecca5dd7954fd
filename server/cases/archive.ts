/**
 * The archive of a case: what a department files, in one zip that can be checked without this gateway.
 */
import { strToU8, zipSync, type Zippable } from 'fflate'
import { toHex } from '../../protocol/bytes.ts'
import { receiptOf } from '../anchoring/receipts.ts'
import type { CaseRow } from '../store/cases.ts'
import type { World } from '../world.ts'
import { copyOf } from './collect.ts'
import { viewCase } from './views.ts'

/** Bytes are the same for the same state: no clock goes into the archive. */
const ZIP_DATE = '1980-01-01T00:00:00'

/**
 * The zip for a department of the case: the case with its steps and overrides, the statement (and, once final, the receipt) of every
 * use and output, the copies that this department took, and each grant as it was signed. Copies whose time is over, and those of
 * other departments, are not in it.
 */
export async function archiveOf(world: World, of: CaseRow, department: string): Promise<Uint8Array> {
  const files: Zippable = {
    'case.json': text(`${JSON.stringify(await viewCase(world, of, null), null, 2)}\n`),
    'events.json': text(`${JSON.stringify(await world.store.caseEvents(of.id, 0, 10_000), null, 2)}\n`),
    'README.txt': text(README),
  }
  const now = Math.floor(world.clock() / 1000)
  for (const { number, adopted } of of.items) {
    if (adopted === null) continue
    const use = await world.store.useById(adopted.use)
    if (use !== null) {
      await addStatement(world, files, `uses/${number}-${use.id}`, use)
      if (use.grant !== null) await addGrant(world, files, use.grant)
    }
    if (adopted.department === department && adopted.copy !== null && adopted.copyExpiresAt > now) {
      files[`certificates/${number}.json`] = text(await copyOf(world, of, number, department))
    }
  }
  for (const { number, cert, identifier, record } of of.outputs) {
    const certificate = identifier === null ? null : await world.store.certificateByIdentifier(identifier)
    const row = certificate ?? (record === null ? null : await world.store.recordById(record))
    if (row !== null) await addStatement(world, files, `outputs/${number}-${cert}`, row)
  }
  return zipSync(files, { mtime: ZIP_DATE, level: 6 })
}

async function addStatement(
  world: World,
  files: Zippable,
  name: string,
  { seq, statement }: { seq: number; statement: string },
): Promise<void> {
  files[`${name}.jws`] = text(`${statement}\n`)
  const receipt = await receiptOf(world, seq)
  if (receipt !== null) files[`${name}.tlog-proof`] = text(receipt.proof)
}

async function addGrant(world: World, files: Zippable, digest: string): Promise<void> {
  const grant = await world.store.grantByDigest(new Uint8Array(Buffer.from(digest.slice(2), 'hex')))
  if (grant === null) return
  const receipt = {
    digest,
    typedData: JSON.parse(grant.typedData) as unknown,
    signer: toHex(grant.signer),
    signature: toHex(grant.signature),
  }
  files[`consents/${digest}.json`] = text(`${JSON.stringify(receipt, null, 2)}\n`)
}

const text = (content: string): Uint8Array => strToU8(content)

const README = `办件归档包 Archive of a case

case.json        办件：所需证照、步骤、结果、改交纸质的理由 the case: items, steps, outputs, overrides
events.json      经过 what happened, in order
uses/            每次用证的声明（JWS）与包含证明 a statement for each use, and its proof
outputs/         办结签发的证照或存证的声明与包含证明 statements of what was issued
certificates/    本部门取得、仍在保存期内的证照文件（仅含获准字段） copies of this department, with the fields that it may see
consents/        授权书原文与签名（EIP-712） grants as they were signed

核验 Verify: npx onceproof verify certificates/N.json --trust trust.json --rpc URL-OF-A-NODE
`
