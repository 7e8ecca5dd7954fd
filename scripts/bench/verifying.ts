/**
 * Verifying certificate files, all fields disclosed, one after the other in one thread.
 */
import type { KeyObject } from 'node:crypto'
import { toUtf8 } from '../../protocol/bytes.ts'
import { parseCertificate } from '../../protocol/certificate.ts'
import { parseFile } from '../../protocol/file.ts'
import { leafHash, verifyInclusion } from '../../protocol/log.ts'
import { readReceipt } from '../../protocol/receipt.ts'
import { invariant } from '../../protocol/refusal.ts'
import { snapshotView } from '../../protocol/snapshot.ts'
import { isSignedBy } from '../../protocol/statement.ts'
import { verify } from '../../protocol/verify.ts'
import { certificateFile } from '../../server/certificates/read.ts'
import { issueCertificates } from '../../server/certificates/issue.ts'
import { takeSnapshot } from '../../server/chain/export.ts'
import { issuingKey } from '../../server/keys/names.ts'
import { trustOf } from '../../server/verification/verify.ts'
import { nowSeconds } from '../../server/world.ts'
import { documents } from './documents.ts'
import type { Gateway } from './gateway.ts'
import { compare, type Side } from './measure.ts'
import { openAttestationDocument, sdJwt, type OpenAttestation } from './peers.ts'
import { fasterThan, type Row } from './rows.ts'

export interface VerifyingOptions {
  count: number
  rounds: number
  keys: { privateKey: KeyObject; publicKey: KeyObject }
  openAttestation: OpenAttestation | null
}

export async function measureVerifying(gateway: Gateway, options: VerifyingOptions): Promise<Row[]> {
  const { count, rounds, keys, openAttestation } = options
  const { world } = gateway
  const all = documents(count)
  const issued = await issueCertificates(world, { type: gateway.type, rows: all }, null)
  await gateway.anchor()
  const files: Uint8Array[] = []
  for (const row of issued) files.push(toUtf8(await certificateFile(world, row, null)))
  const publicKey = await world.keys.publicKey(issuingKey(gateway.uscc, 1))
  const trust = trustOf(world)
  const view = snapshotView(await takeSnapshot(world.chain.rpc, trust))
  const now = nowSeconds(world)

  const peer = sdJwt(keys.privateKey, keys.publicKey)
  const theirs: string[] = []
  for (const document of all) theirs.push(await peer.issue(document))

  const sides: Record<string, Side> = {
    intact: {
      operations: count,
      run: () => {
        for (const file of files) invariant(isIntact(file, publicKey), 'a file of ours is intact')
      },
    },
    whole: {
      operations: count,
      run: async () => {
        for (const file of files) {
          const { verdict } = await verify(file, trust, view, now)
          invariant(verdict === 'OFFLINE_OK', `a file of ours is ${verdict}`)
        }
      },
    },
    sdJwt: {
      operations: count,
      run: async () => {
        for (const text of theirs) await peer.verify(text)
      },
    },
  }
  if (openAttestation !== null) {
    const wrapped = openAttestation
      .wrapDocuments(all.map(openAttestationDocument))
      .map(document => JSON.stringify(document))
    sides['openAttestation'] = {
      operations: count,
      run: () => {
        for (const text of wrapped) {
          const document = JSON.parse(text) as Parameters<OpenAttestation['verifySignature']>[0]
          invariant(openAttestation.verifySignature(document), 'a document of theirs is intact')
        }
      },
    }
  }
  const costs = await compare(sides, { rounds })
  const cpu = (side: string) => costs[side]?.cpu ?? null
  const intact = {
    ours: cpu('intact')!,
    unit: 'µs CPU a file',
    note: 'ours: parsed strictly, 25 disclosures, ES256 signature, leaf, inclusion proof',
  }
  const whole = {
    ours: cpu('whole')!,
    unit: 'µs CPU a file',
    note: 'ours: all five questions against a snapshot in memory, with the Ed25519 signature of the checkpoint',
  }
  return [
    fasterThan(
      {
        name: 'verify with signature, against OpenAttestation',
        baseline: cpu('openAttestation'),
        ...intact,
        note: `${intact.note}; verifySignature: hashes and Merkle proof, no signature`,
      },
      2,
    ),
    fasterThan({ name: 'verify with signature, against @sd-jwt', baseline: cpu('sdJwt'), ...intact }, null),
    fasterThan(
      { name: 'whole verdict, against OpenAttestation', baseline: cpu('openAttestation'), ...whole },
      null,
    ),
    fasterThan({ name: 'whole verdict, against @sd-jwt', baseline: cpu('sdJwt'), ...whole }, null),
  ]
}

/** What a file proves without asking anybody but for the issuer's key. */
function isIntact(file: Uint8Array, publicKey: Uint8Array): boolean {
  const proof = parseFile(file)
  invariant(
    proof.kind === 'certificate' && proof.evidence.kind === 'receipt',
    'a certificate with its receipt',
  )
  const { statement } = parseCertificate(proof.certificate)
  const { index, hashes, checkpoint } = readReceipt(proof.evidence.receipt)
  const { size, root } = checkpoint
  return (
    isSignedBy(statement, publicKey) &&
    verifyInclusion({ leaf: leafHash(statement.text), index, size, proof: hashes, root })
  )
}
