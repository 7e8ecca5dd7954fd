/**
 * Evidence package: what a court or an auditor needs to check a record without this gateway.
 */
import { strToU8, zipSync, type Zippable } from 'fflate'
import { Refusal } from '../../protocol/refusal.ts'
import { receiptOf } from '../anchoring/receipts.ts'
import { ChainUnreachable, toQuantity } from '../chain/rpc.ts'
import type { RecordRow } from '../store/store.ts'
import { recordFile } from '../records/notarize.ts'
import type { World } from '../world.ts'
import { trustFile } from './verify.ts'

/** Bytes are the same for the same record: no clock goes into the archive. */
const ZIP_DATE = '1980-01-01T00:00:00'

/** The package as a zip. Refuses NOT_FINAL_YET until the record's checkpoint is final on chain. */
export async function evidencePackage(world: World, record: RecordRow): Promise<Uint8Array> {
  const receipt = await receiptOf(world, record.seq)
  if (receipt === null)
    throw new Refusal('NOT_FINAL_YET', 'the record is not final on chain yet; ask again later')
  const header = await world.chain.rpc.call('eth_getBlockByNumber', [
    toQuantity(receipt.anchor.blockNumber),
    false,
  ])
  if (header === null) throw new ChainUnreachable('the node does not have the block of the record')
  const payload = JSON.parse(Buffer.from(record.statement.split('.')[1]!, 'base64url').toString()) as {
    record: { digest: string }
  }
  const digest = Buffer.from(payload.record.digest, 'base64url').toString('hex')
  const files: Zippable = {
    'record.json': strToU8(await recordFile(world, record)),
    'digest.txt': strToU8(`${digest}\n`),
    'statement.jws': strToU8(`${record.statement}\n`),
    'receipt.tlog-proof': strToU8(receipt.proof),
    'block-header.json': strToU8(`${JSON.stringify(header, null, 2)}\n`),
    'trust.json': strToU8(trustFile(world)),
    'README.txt': strToU8(howToVerify(record.id, digest, receipt.anchor)),
  }
  return zipSync(files, { mtime: ZIP_DATE, level: 6 })
}

function howToVerify(
  id: string,
  digest: string,
  anchor: { chainId: number; contract: string; blockNumber: number; blockTime: number },
): string {
  const time = new Date(anchor.blockTime * 1000).toISOString()
  return `存证证据包 Evidence package ${id}

本包证明：指纹为下列数值的文件，最迟在 ${time} 已存在，此后未被改动。
它不证明文件内容在此之前是否真实，那是提交者的责任。
It proves that a file of the following fingerprint existed no later than ${time} and has not changed since.
It does not prove that its content was true before: that is the word of whoever submitted it.

SHA-256   ${digest}
chain     ${anchor.chainId}
contract  ${anchor.contract} (AnchorLog)
block     ${anchor.blockNumber}

record.json          记录文件（声明与回执） statement and receipt
digest.txt           文件指纹 fingerprint of the file
statement.jws        登记声明（JWS） the logged statement
receipt.tlog-proof   日志包含证明 C2SP tlog-proof
block-header.json    区块头 header of the block that anchored it
trust.json           签发方建议的信任文件，请自行核对其指纹 trust file suggested by the notary: compare its fingerprint with one that you have from elsewhere

核验 Verify (needs a node of the chain, not this service):
  sha256sum YOUR-FILE                      # must print the fingerprint above
  npx onceproof verify record.json --trust trust.json --rpc URL-OF-A-NODE --original YOUR-FILE

手工核验方法见 docs/formats.md 第 18 节。 By hand: docs/formats.md, section 18.
`
}
