/** A department's own signer. docs/keys.md says how it and a gateway are put together. */
import { resolve } from 'node:path'
import { makeSigner, openSigner, signedBy } from '../../server/signer/open.ts'
import { parseTrust } from '../../protocol/trust.ts'
import { readInput } from './files.ts'
import { both, labels } from './messages.ts'
import { line, usage, type Outcome } from './terminal.ts'

export interface NewSignerOptions {
  folder: string
  uscc: string
  did: string
  region: string
  trust: string
}

/** Makes the folder: keys, secret, and a policy to be read and narrowed before the first start. */
export async function initSigner({ folder, uscc, did, region, trust }: NewSignerOptions): Promise<Outcome> {
  const { chain, contracts } = parseTrust(await readInput(trust))
  await makeSigner(folder, {
    uscc,
    did,
    region,
    types: '*',
    maxValidityDays: null,
    maxBackdatingDays: null,
    statements: ['status', 'record', 'use', 'catalogue', 'holder-key', 'withholding'],
    statusRegistry: { chainId: chain.chainId, address: contracts.StatusRegistry.address },
    newKeys: true,
  })
  return {
    data: { folder: resolve(folder), uscc },
    lines: [both(labels.signerMade), line(labels.folder, resolve(folder))],
  }
}

/** Runs until it is told to stop. */
export async function startSigner({
  folder,
  port = '8790',
  host = '127.0.0.1',
}: {
  folder: string
  port?: string
  host?: string
}): Promise<Outcome> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw usage('--port is a port', { field: '--port', expected: '0 to 65535', found: port })
  }
  const signer = await openSigner(folder, { port: Number(port), host })
  const { url } = signer
  return { data: { url }, lines: [], stream: running() }

  async function* running() {
    yield `${both(labels.signerRuns)}: ${url}\n`
    await new Promise<void>(stop => {
      process.once('SIGTERM', stop)
      process.once('SIGINT', stop)
    })
    await signer.close()
  }
}

/** Reads the signer's own log and checks it. */
export function signerLog({ folder }: { folder: string }): Outcome {
  const signed = signedBy(folder)
  return {
    data: { signed },
    lines: [
      line(labels.signedCount, signed.length),
      ...signed.slice(-20).map(({ kind, about }) => `  ${kind} ${about}`),
    ],
  }
}
