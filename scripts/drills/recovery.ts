/**
 * What the drills of backups share: a gateway that was hammered, its backups, and what a restored one is held to.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { openCheckpoint } from '../../protocol/checkpoint.ts'
import { verifyInclusion } from '../../protocol/log.ts'
import { parseNoteKey } from '../../protocol/note.ts'
import { openPromise } from '../../protocol/promise.ts'
import { parseLogProof, type Receipt } from '../../protocol/receipt.ts'
import { parseTrust } from '../../protocol/trust.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { liveView } from '../../server/chain/view.ts'
import type { CheckedGateway } from './asking.ts'
import { untilFinal } from './check-told.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { HAMMERED_ENV } from './hammer.ts'
import { readTold } from './told.ts'

/** Where the gateway's keys open: what an operator keeps apart from every backup. */
export const PASSPHRASE = 'keystore.passphrase'

/** Starts a gateway on a restored folder, with the passphrase put back as its operator would; says how long that took. */
export async function startRestored(
  original: Pick<RunningGateway, 'dataDir'>,
  dataDir: string,
): Promise<{ gateway: RunningGateway; ms: number }> {
  copyFileSync(join(original.dataDir, PASSPHRASE), join(dataDir, PASSPHRASE))
  const began = performance.now()
  const gateway = await startGateway({ dataDir, env: HAMMERED_ENV })
  return { gateway, ms: performance.now() - began }
}

/** A restored gateway held to the trust file of the day on which the original was new. */
export const asTrusted = (
  restored: RunningGateway,
  original: Pick<RunningGateway, 'trustPath'>,
): CheckedGateway => ({
  url: restored.url,
  token: restored.token,
  chainUrl: restored.chainUrl,
  trustPath: original.trustPath,
})

const ACKNOWLEDGED = new Set(['accepted', 'revoked', 'suspended', 'resumed'])
const PATIENCE_MS = 120_000

/**
 * Every acknowledged statement is at its place in the log, its promise is kept, and its receipt verifies against the chain. Values are not
 * asked for: they may be gone. Returns violations, one for each statement that is not there.
 */
export async function checkPlaces(
  gateway: CheckedGateway,
  told: string,
): Promise<{ checked: number; violations: string[] }> {
  await untilFinal(gateway, PATIENCE_MS)
  const trust = parseTrust(readFileSync(gateway.trustPath))
  const [log] = trust.logs
  const noteKey = parseNoteKey(log!.noteKey)
  const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
  const violations: string[] = []
  // A client that asked again under its key was told the same twice.
  const checked = new Set<string>()
  for (const line of readTold(told)) {
    if (!ACKNOWLEDGED.has(line.told) || line.leaf === undefined || checked.has(line.leaf)) continue
    const { leaf, index, promise, key } = line
    const name = `${line.what} ${line.identifier ?? line.id ?? ''} (key ${key}, leaf ${leaf})`
    checked.add(leaf)
    if (promise !== undefined && toHex(openPromise(promise, noteKey).leaf) !== leaf)
      violations.push(`${name}: its promise is for another leaf`)
    const response = await fetch(`${gateway.url}/v1/receipts/${leaf}`)
    const { receipt } = (response.ok ? await response.json() : {}) as { receipt?: Receipt | null }
    if (receipt === undefined || receipt === null) {
      violations.push(`${name}: the log does not have it`)
      continue
    }
    const proof = parseLogProof(receipt.proof)
    const { size, root } = openCheckpoint(proof.signedCheckpoint, noteKey)
    const isProven = verifyInclusion({
      leaf: fromHex(leaf)!,
      index: proof.index,
      size,
      proof: proof.hashes,
      root,
    })
    const onChain = await view.checkpointOfSize(log!.origin, size)
    if (!isProven || onChain === null || toHex(onChain.root) !== toHex(root))
      violations.push(`${name}: its receipt does not verify`)
    if (index !== undefined && proof.index !== index)
      violations.push(`${name}: told index ${index}, its receipt says ${proof.index}`)
  }
  return { checked: checked.size, violations }
}

/** The lines of a told file so far, as a file of their own. */
export function toldSoFar(told: string, copy: string): string {
  writeFileSync(copy, readFileSync(told))
  return copy
}
