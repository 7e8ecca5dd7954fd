/**
 * The auditor at the end of a drill.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseTrust } from '../../protocol/trust.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { fsck } from '../fsck/fsck.ts'
import type { RunningGateway } from './gateway-process.ts'

/**
 * What `fsck` finds in the folder, held to what clients were told if that is given; what it could not look at is a finding here. Normally
 * none.
 */
export async function audit(
  gateway: Pick<RunningGateway, 'dataDir' | 'chainUrl' | 'trustPath'>,
  clientLog: string | null = null,
): Promise<string[]> {
  const { dataDir, chainUrl, trustPath } = gateway
  const report = await fsck({
    dataDir,
    trust: parseTrust(readFileSync(trustPath)),
    rpc: createRpc(chainUrl),
    snapshot: null,
    passphrase: readFileSync(join(dataDir, 'keystore.passphrase'), 'utf8').trim(),
    confirmations: 1,
    clientLog,
    canaries: null,
  })
  return [
    ...report.violations.map(({ code, at }) => `fsck: ${code} ${JSON.stringify(at)}`),
    ...(report.outcome === 'undetermined'
      ? report.unchecked.map(({ what, why }) => `fsck could not check ${what}: ${why}`)
      : []),
  ]
}
