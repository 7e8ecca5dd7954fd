// Hardhat's EDR, the EVM that executes the embedded chain's blocks, in memory and with its own mining off.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'
import type { Genesis } from './genesis.ts'

export interface Evm {
  /** One request to EDR's own JSON-RPC. A refusal is thrown as an error with `code`, `message` and `data`. */
  request(method: string, params: readonly unknown[]): Promise<unknown>
}

/** A thousand million ether: no chain that one process replays can spend it. */
const RELAYER_BALANCE = (10n ** 27n).toString()

/** A fresh EVM that stands at block 0. The same inputs always give the same block 0, bit for bit. */
export async function createEvm(genesis: Genesis, dataDir: string): Promise<Evm> {
  const hre = await createHardhatRuntimeEnvironment(
    {
      // Where nothing is: EDR would otherwise load every compiled contract of the project to word its errors.
      paths: { artifacts: join(dataDir, 'none'), cache: join(dataDir, 'none') },
      networks: {
        embedded: {
          type: 'edr-simulated',
          chainType: 'l1',
          chainId: genesis.chainId,
          hardfork: genesis.hardfork,
          mining: { auto: false, interval: 0, mempool: { order: 'fifo' } },
          blockGasLimit: BigInt(genesis.blockGasLimit),
          allowBlocksWithSameTimestamp: true,
          initialDate: genesis.initialDate,
          // Without this, EDR gives money to twenty accounts whose keys everybody knows.
          accounts: [{ privateKey: genesis.relayerKey, balance: RELAYER_BALANCE }],
        },
      },
    },
    {},
    import.meta.dirname,
  )
  const { provider } = await hre.network.create({ network: 'embedded' })
  return { request: (method, params) => provider.request({ method, params: [...params] }) }
}

/** Version of the installed EDR. It does not say it itself: `web3_clientVersion` answers with another number. */
export function installedEdrVersion(): string {
  const fromHardhat = createRequire(createRequire(import.meta.url).resolve('hardhat/hre'))
  const manifest = join(dirname(fromHardhat.resolve('@nomicfoundation/edr')), 'package.json')
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
