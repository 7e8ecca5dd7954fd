import { makeDirectoryDurably } from '../../store/durable-file.ts'
import { join } from 'node:path'
import { openEmbeddedChain, type EmbeddedChainOptions } from './chain.ts'
import { readEndpoint, writeEndpoint } from './endpoint.ts'
import { listenRpc } from './http.ts'
import { acquireLock } from './lock.ts'

export interface ServedChain {
  /** `http://127.0.0.1:PORT`: the same at every start, unless another port is asked for. */
  readonly url: string
  /** Finishes and journals the block that is being made, answers its senders, and lets go of the directory. */
  stop(): Promise<void>
}

export interface ServeOptions extends EmbeddedChainOptions {
  /** 0 means the port of the last start, or a free one at the first. */
  port: number
}

/**
 * Opens the chain in `dataDir` and serves it on 127.0.0.1. The journal is replayed and compared before the port is
 * opened. Refuses (`StartRefusal`) a directory that another process works on, a port that is taken, and everything
 * that `openEmbeddedChain` refuses.
 */
export async function serveEmbeddedChain(options: ServeOptions): Promise<ServedChain> {
  const { dataDir, log } = options
  makeDirectoryDurably(dataDir, 0o700)
  const lock = acquireLock(join(dataDir, 'chain.lock'))
  try {
    const chain = await openEmbeddedChain(options)
    try {
      const server = await listenRpc(chain, { port: options.port || (readEndpoint(dataDir)?.port ?? 0), log })
      const { port } = server
      const url = `http://127.0.0.1:${port}`
      const { chainId, genesisHash } = chain
      writeEndpoint(dataDir, { pid: process.pid, port, url, chainId, genesisHash })
      return {
        url,
        async stop() {
          await chain.stop()
          await server.close()
          lock.release()
        },
      }
    } catch (error) {
      await chain.stop()
      throw error
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
