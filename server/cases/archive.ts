/**
 * The archive of a case: what a department files, in one zip that can be checked without this gateway.
 */
import { strToU8, zipSync, type Zippable } from 'fflate'
import { toHex } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { receiptOf } from '../anchoring/receipts.ts'
import { copyPaper } from '../paper/certificate-paper.ts'
import type { CaseRow } from '../store/cases.ts'
import type { World } from '../world.ts'
import { copyOf, type Actor } from './collect.ts'
import { archiveCover, watermarkOf } from './cover.ts'
import { viewCase } from './views.ts'

/** No clock goes into the archive but that of its PDFs, which say who took them out and when. */
const ZIP_DATE = '1980-01-01T00:00:00'

/**
 * The zip for a department of the case: a cover, the case with its steps and overrides, the statement (and, once final, the receipt) of
 * every use and output, the copies that this department took (as files and on paper), and each grant as it was signed. Copies whose time
 * is over, and those of other departments, are not in it. Every page says who took it out. Refuses PAPER_BUSY.
 */
export async function archiveOf(world: World, of: CaseRow, actor: Actor): Promise<Uint8Array> {
  const { department } = actor
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
      await addCopy(world, files, of, number, actor)
    }
  }
  for (const { number, cert, identifier, record, state } of of.outputs) {
    if (state === 'given-up') continue
    const certificate = identifier === null ? null : await world.store.certificateByIdentifier(identifier)
    const row = certificate ?? (record === null ? null : await world.store.recordById(record))
    if (row !== null) await addStatement(world, files, `outputs/${number}-${cert}`, row)
  }
  const cover = await archiveCover(world, of, actor, Object.keys(files).toSorted())
  return zipSync({ 'cover.pdf': cover, ...files }, { mtime: ZIP_DATE, level: 6 })
}

async function addCopy(
  world: World,
  files: Zippable,
  of: CaseRow,
  number: number,
  actor: Actor,
): Promise<void> {
  const file = await copyOf(world, of, number, actor.department)
  const name = `certificates/${number}`
  files[`${name}.json`] = text(file)
  const row = await world.store.certificateByIdentifier(of.items[number]!.adopted!.identifier)
  if (row === null) return
  try {
    files[`${name}.pdf`] = await copyPaper(world, row, file, await watermarkOf(world, of, actor))
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'GLYPH_MISSING') throw error
    const { field = '', found = '' } = error.details
    files[`${name}.txt`] = text(`无法打印 cannot be printed: ${field} ${found}\n`)
  }
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

cover.pdf        归档说明：读取依据、步骤、结果、文件目录 what was read on which ground, steps, outputs, files
case.json        办件：所需证照、步骤、结果、改交纸质的理由 the case: items, steps, outputs, overrides
events.json      经过 what happened, in order
uses/            每次用证的声明（JWS）与包含证明 a statement for each use, and its proof
outputs/         办结签发的证照或存证的声明与包含证明 statements of what was issued
certificates/    本部门取得、仍在保存期内的证照文件及其打印件（仅含获准字段） copies of this department as files and on paper, with the fields that it may see
consents/        授权书原文与签名（EIP-712） grants as they were signed

核验 Verify: npx onceproof verify certificates/N.json --trust trust.json --rpc URL-OF-A-NODE
`
