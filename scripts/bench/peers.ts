/**
 * Whom we are measured against. OpenAttestation is not among the project's packages, the benchmark installs it for itself into `.bench/`;
 * @sd-jwt and merkletreejs are there already, as oracles of the tests.
 */
import { spawnSync } from 'node:child_process'
import { hash, sign, verify, randomBytes, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SDJwtInstance } from '@sd-jwt/core'
import { toBase64url } from '../../protocol/bytes.ts'
import { signatureFromDer, signatureToDer } from '../../protocol/crypto/der-signature.ts'
import type { Document } from './documents.ts'

const OPEN_ATTESTATION = { name: '@govtechsg/open-attestation', version: '6.9.7' }

interface WrappedDocument {
  signature: { merkleRoot: string }
}

export interface OpenAttestation {
  wrapDocuments: (documents: object[]) => WrappedDocument[]
  /** Hashes the document again and checks its Merkle proof; who issued it is on chain and not asked here. */
  verifySignature: (document: WrappedDocument) => boolean
}

/** Installs OpenAttestation into `folder` unless it is there, without running any script of it. Throws when npm cannot. */
export async function openAttestation(folder: string, say: (text: string) => void): Promise<OpenAttestation> {
  const { name, version } = OPEN_ATTESTATION
  const home = join(folder, 'node_modules', name)
  if (installedVersion(home) !== version) {
    say(`installing ${name} ${version} into ${folder}`)
    mkdirSync(folder, { recursive: true })
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', '--no-save']
    // npm must run on this very Node, whatever the system has.
    const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` }
    const { status, error } = spawnSync(
      'npm',
      ['install', '--prefix', folder, ...quiet, `${name}@${version}`],
      {
        stdio: ['ignore', 2, 2],
        env,
      },
    )
    if (status !== 0) throw new Error(`npm could not install ${name} ${version}`, { cause: error })
  }
  const module = (await import(pathToFileURL(join(home, 'dist/cjs/index.js')).href)) as {
    default: OpenAttestation
  }
  return module.default
}

function installedVersion(home: string): string | null {
  const path = join(home, 'package.json')
  if (!existsSync(path)) return null
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

/** What OpenAttestation wants beside the fields: whose document it is and how it is shown. */
export function openAttestationDocument(document: Document): object {
  return {
    ...document,
    issuers: [
      {
        name: '云岭市人力资源和社会保障局',
        documentStore: `0x${'11'.repeat(20)}`,
        identityProof: { type: 'DNS-TXT', location: 'yunling.example' },
      },
    ],
    $template: { name: 'skill', type: 'EMBEDDED_RENDERER', url: 'https://yunling.example' },
  }
}

export interface SdJwt {
  issue: (document: Document) => Promise<string>
  verify: (sdJwt: string) => Promise<unknown>
}

/**
 * @sd-jwt with ES256 and SHA-256 by OpenSSL and salts of 16 bytes, every field of the document disclosable. It signs and verifies as we
 * do, because Node's own conversion of signatures would cost it 25 µs more.
 */
export function sdJwt(privateKey: KeyObject, publicKey: KeyObject): SdJwt {
  const instance = new SDJwtInstance<Record<string, unknown>>({
    hashAlg: 'sha-256',
    signAlg: 'ES256',
    hasher: data => hash('sha256', typeof data === 'string' ? data : new Uint8Array(data), 'buffer'),
    saltGenerator: () => randomBytes(16).toString('base64url'),
    signer: data => toBase64url(signatureFromDer(sign('sha256', Buffer.from(data), privateKey))),
    verifier: (data, signature) =>
      verify('sha256', Buffer.from(data), publicKey, signatureToDer(Buffer.from(signature, 'base64url'))),
  })
  const claims = { iss: 'https://yunling.example', vct: 'urn:onceproof:skill' }
  return {
    issue: document =>
      instance.issue({ ...claims, ...document }, { _sd: Object.keys(document) } as object, {
        header: { typ: 'dc+sd-jwt' },
      }),
    verify: text => instance.verify(text),
  }
}
