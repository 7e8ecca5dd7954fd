/**
 * TLS by certificate files that whoever renews certificates replaces while the gateway runs. Connections that are open stay as they are;
 * the next ones get the new certificate.
 */
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { Refusal } from '../../protocol/refusal.ts'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

export interface Credentials {
  /** PEM, with its chain. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

/** Reads both files. Refuses TLS_FILES when one cannot be read, is no PEM, or they do not belong together; the key appears nowhere. */
export function readCredentials({ certFile, keyFile }: CertificateFiles): Credentials {
  const refused = (field: string, expected: string, found: string) =>
    new Refusal('TLS_FILES', `${found}: expected ${expected}`, { field, expected, found })
  const read = (field: string, path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      throw refused(field, 'a readable file', path)
    }
  }
  const cert = read('ONCEPROOF_TLS_CERT_FILE', certFile)
  const key = read('ONCEPROOF_TLS_KEY_FILE', keyFile)
  try {
    createSecureContext({ cert, key })
  } catch {
    throw refused('ONCEPROOF_TLS_KEY_FILE', 'a certificate and the key that belongs to it, as PEM', keyFile)
  }
  return { cert, key }
}

/**
 * Looks at the files and gives `use` what they hold when it is something new: a pair that is half replaced goes to `onFailure` and is
 * looked at again the next time, the old one staying in use.
 */
export function certificateReader(
  files: CertificateFiles,
  {
    known,
    use,
    onFailure,
  }: {
    known: Credentials
    use: (credentials: Credentials) => void
    onFailure: (refusal: Refusal) => void
  },
): () => void {
  let inUse = known
  return () => {
    let now: Credentials
    try {
      now = readCredentials(files)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return onFailure(error)
    }
    if (inUse.cert === now.cert && inUse.key === now.key) return
    inUse = now
    use(now)
  }
}
