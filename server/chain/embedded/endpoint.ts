import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileDurably } from '../../store/durable-file.ts'

const endpointFile = z.object({
  /** Process that serves, or served, the chain. */
  pid: z.int().min(1),
  port: z.int().min(1).max(65_535),
  url: z.url(),
  chainId: z.int().min(1),
  genesisHash: z.string().regex(/^0x[0-9a-f]{64}$/),
})

/** Where the chain of a data directory answers. It outlives the process, so that the next one keeps its port. */
export type Endpoint = z.infer<typeof endpointFile>

export const endpointPath = (dataDir: string): string => join(dataDir, 'endpoint.json')

/** Reads `endpoint.json`; null when there is none or it is damaged: it holds nothing that a start cannot make anew. */
export function readEndpoint(dataDir: string): Endpoint | null {
  try {
    return endpointFile.parse(JSON.parse(readFileSync(endpointPath(dataDir), 'utf8')))
  } catch {
    return null
  }
}

/** Replaces `endpoint.json`; readers see the old one or the new one, never half of it. */
export function writeEndpoint(dataDir: string, endpoint: Endpoint): void {
  writeFileDurably(endpointPath(dataDir), `${JSON.stringify(endpoint, null, 2)}\n`, 0o644)
}
