/**
 * A signer's folder: `policy.json`, `keystore.json` with `keystore.passphrase`, `secret` (shared with the gateway) and `journal.ndjson`.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Refusal } from '../../protocol/refusal.ts'
import { makeDirectoryDurably, writeFileDurably } from '../store/durable-file.ts'
import { acquireLock } from '../chain/embedded/lock.ts'
import { ensureKey } from '../keys/ensure.ts'
import { createKeystore, openKeystore } from '../keys/keystore.ts'
import { authorityKey, issuingKey } from '../keys/names.ts'
import { openJournal, readJournal, type JournalEntry } from './journal.ts'
import { parsePolicy, type SignerPolicy } from './policy.ts'
import { signerAnswerer } from './service.ts'

const SECRET_BYTES = 32

/**
 * Makes a signer's folder with a first issuing key and a first authority key. What is there already is left as it is, so a call that
 * was cut short is finished by the next. Refuses SIGNER_POLICY.
 */
export async function makeSigner(folder: string, policy: SignerPolicy): Promise<void> {
  const text = `${JSON.stringify(policy, null, 2)}\n`
  const { uscc } = parsePolicy(text)
  makeDirectoryDurably(folder, 0o700)
  const make = (name: string, content: string) => {
    const path = join(folder, name)
    if (!existsSync(path)) writeFileDurably(path, content, 0o600)
  }
  make('policy.json', text)
  make('secret', `${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
  make('keystore.passphrase', `${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
  const path = join(folder, 'keystore.json')
  const passphrase = read(folder, 'keystore.passphrase').trim()
  const keys = existsSync(path)
    ? await openKeystore({ path, passphrase })
    : await createKeystore({ path, passphrase })
  const own = { department: uscc }
  await ensureKey(keys, { name: issuingKey(uscc, 1), purpose: 'issuing', algorithm: 'ES256', ...own })
  await ensureKey(keys, { name: authorityKey(uscc, 1), purpose: 'authority', algorithm: 'secp256k1', ...own })
}

export interface RunningSigner {
  url: string
  /** Stops listening and closes the journal. */
  close(): Promise<void>
}

/**
 * Opens the folder and listens. Refuses SIGNER_IN_USE when another one has it, SIGNER_POLICY, SIGNER_LOG_DAMAGED, and what the
 * keystore refuses.
 */
export async function openSigner(
  folder: string,
  { port, host = '127.0.0.1', clock = Date.now }: { port: number; host?: string; clock?: () => number },
): Promise<RunningSigner> {
  const policy = parsePolicy(read(folder, 'policy.json'))
  const lock = lockOf(folder)
  try {
    const passphrase = read(folder, 'keystore.passphrase').trim()
    const keys = await openKeystore({ path: join(folder, 'keystore.json'), passphrase, clock })
    const journal = await openJournal(join(folder, 'journal.ndjson'))
    const secret = read(folder, 'secret').trim()
    const server = createServer(
      { requestTimeout: 60_000, headersTimeout: 10_000 },
      signerAnswerer({ keys, policy, journal, secret, clock }),
    )
    await listen(server, port, host)
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
      async close() {
        server.closeAllConnections()
        server.close()
        await journal.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Everything that a signer wrote down, after checking that each line follows from the one before. Refuses SIGNER_LOG_DAMAGED. */
export function signedBy(folder: string): JournalEntry[] {
  const path = join(folder, 'journal.ndjson')
  return existsSync(path) ? readJournal(readFileSync(path, 'utf8')).entries : []
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

function lockOf(folder: string) {
  try {
    return acquireLock(join(folder, 'signer.lock'))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LOCK_HELD') throw error
    throw new Refusal('SIGNER_IN_USE', `another signer is running on ${folder}`, { found: folder })
  }
}

function read(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch {
    throw new Refusal('SIGNER_POLICY', `there is no signer in ${folder}: ${name} cannot be read`, {
      field: name,
      found: folder,
    })
  }
}
