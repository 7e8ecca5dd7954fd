/**
 * Writes the vectors of log, identifiers, notes and salts to `test/vectors` (docs/formats.md §17):
 *
 *     node scripts/vectors/primitives.ts
 *
 * Everything in them follows from constants in this file; `test/protocol/vectors.test.ts` makes them again and compares. The
 * secret keys are for tests only.
 */
import { writeFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256, shake256 } from '#crypto'
import { concat, toBase64, toBase64url, toHex, toUtf8, utf8ToBase64url } from '../../protocol/bytes.ts'
import { signCheckpoint } from '../../protocol/checkpoint.ts'
import { makeDisclosures, saltsOf } from '../../protocol/disclosure.ts'
import { formatShortCode, formatUlid, mod3736 } from '../../protocol/identifiers.ts'
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  nodeHash,
  proofFrom,
  rootNodes,
  rootOf,
} from '../../protocol/log.ts'
import type { NodeRef } from '../../protocol/log.ts'
import { formatNoteKey, noteKey, signNote } from '../../protocol/note.ts'
import { signPromise } from '../../protocol/promise.ts'
import { formatLogProof } from '../../protocol/receipt.ts'
import { usccWithWrongOrganisation } from './scene.ts'

/** The files by name, as they are written. */
export function primitiveVectors(): Record<string, string> {
  const files = {
    'log.json': logVectors(),
    'identifiers.json': identifierVectors(),
    'notes.json': noteVectors(),
    'salts.json': saltVectors(),
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, vectors]) => [name, `${JSON.stringify(vectors, null, 1)}\n`]),
  )
}

interface InclusionVector {
  why: string
  holds: boolean
  leaf: string
  index: number
  size: number
  proof: string[]
  root: string
}

interface ConsistencyVector {
  why: string
  holds: boolean
  size1: number
  root1: string
  size2: number
  root2: string
  proof: string[]
}

function logVectors() {
  const statements = [
    '',
    'a.b.c',
    'x'.repeat(31),
    'x'.repeat(32),
    'x'.repeat(63),
    'x'.repeat(64),
    'x'.repeat(65),
  ]
  while (statements.length < 33) statements.push(`e30.${utf8ToBase64url(`{"n":${statements.length}}`)}.AA`)
  const leaves = statements.map(leafHash)
  return {
    about:
      'Hashes are base64. Leaf = SHA-256(0x00, statement), node = SHA-256(0x01, left, right). RFC 6962 §2.1.',
    leaves: statements.map((statement, i) => ({ statement, leaf: toBase64(leaves[i] ?? emptyRoot) })),
    roots: Array.from({ length: 34 }, (_, size) => ({ size, root: toBase64(rootOf(leaves.slice(0, size))) })),
    inclusion: inclusionVectors(leaves),
    consistency: consistencyVectors(leaves),
  }
}

function inclusionVectors(leaves: Uint8Array[]): InclusionVector[] {
  const vectors: InclusionVector[] = []
  for (const size of [1, 2, 3, 4, 7, 8, 33]) {
    const root = toBase64(rootOf(leaves.slice(0, size)))
    const every = size <= 8 ? Array.from({ length: size }, (_, i) => i) : [0, 1, size - 2, size - 1]
    for (const index of every) {
      const proof = inclusionProof(index, size, nodesOf(leaves)).map(toBase64)
      const good = {
        why: `leaf ${index} of ${size}`,
        holds: true,
        leaf: toBase64(leafAt(leaves, index)),
        index,
        size,
        proof,
        root,
      }
      vectors.push(good, ...brokenInclusions(good, leaves))
    }
  }
  for (const size of LARGE_SIZES) {
    const root = toBase64(uniformRoot(size))
    for (const index of [0, size - 1]) {
      const proof = inclusionProof(index, size, uniformNodes).map(toBase64)
      const good = {
        why: 'every leaf is the same',
        holds: true,
        leaf: toBase64(UNIFORM_LEAF),
        index,
        size,
        proof,
        root,
      }
      vectors.push(good, {
        ...good,
        holds: false,
        why: 'the last hash is missing',
        proof: proof.slice(0, -1),
      })
    }
  }
  const [leaf] = leaves.slice(0, 1).map(toBase64) as [string]
  const empty = { holds: false, leaf, index: 0, proof: [] }
  vectors.push(
    {
      ...empty,
      why: 'nothing is in the empty log',
      leaf: toBase64(emptyRoot),
      size: 0,
      root: toBase64(emptyRoot),
    },
    {
      ...empty,
      why: 'a root is a leaf only in the log of one',
      leaf: toBase64(rootOf(leaves.slice(0, 4))),
      size: 4,
      root: toBase64(rootOf(leaves.slice(0, 4))),
    },
    { ...empty, why: 'the size is 2^53', size: 2 ** 53, root: leaf },
    { ...empty, why: 'the size is negative', size: -1, root: leaf },
    { ...empty, why: 'the size is no integer', size: 1.5, root: leaf },
  )
  return vectors
}

function brokenInclusions(good: InclusionVector, leaves: Uint8Array[]): InclusionVector[] {
  const { index, size, proof } = good
  const bad = (why: string, change: Partial<InclusionVector>) => ({
    ...good,
    ...change,
    holds: false,
    why: `${good.why}: ${why}`,
  })
  const vectors = [
    bad('one hash too many', { proof: [...proof, good.root] }),
    bad('the index is the size', { index: size }),
    bad('a leaf of 31 bytes', { leaf: toBase64(leafAt(leaves, index).slice(1)) }),
    bad('another root', { root: toBase64(emptyRoot) }),
  ]
  if (size > 1) {
    vectors.push(
      bad('the first hash is missing', { proof: proof.slice(1) }),
      bad('the last hash is missing', { proof: proof.slice(0, -1) }),
      bad('the first hash is zero', { proof: [toBase64(new Uint8Array(32)), ...proof.slice(1)] }),
      bad('another index', { index: index === 0 ? 1 : index - 1 }),
      bad('another statement', { leaf: toBase64(leafAt(leaves, (index + 1) % size)) }),
    )
  }
  const level = index % 2 === 0 && index + 1 < size ? 1 : 0
  if (level === 1) {
    const inner = toBase64(nodeHash(leafAt(leaves, index), leafAt(leaves, index + 1)))
    vectors.push(
      bad('an inner node as leaf, with the rest of the proof', { leaf: inner, proof: proof.slice(1) }),
    )
  }
  return vectors
}

function consistencyVectors(leaves: Uint8Array[]): ConsistencyVector[] {
  const vectors: ConsistencyVector[] = []
  const rootAt = (size: number) => toBase64(rootOf(leaves.slice(0, size)))
  for (const size2 of [1, 2, 3, 4, 7, 8, 33]) {
    const every = size2 <= 8 ? Array.from({ length: size2 }, (_, i) => i + 1) : [1, 2, 31, 32, 33]
    for (const size1 of every) {
      const proof = consistencyProof(size1, size2, nodesOf(leaves)).map(toBase64)
      const why = `from ${size1} to ${size2}`
      const good = { why, holds: true, size1, root1: rootAt(size1), size2, root2: rootAt(size2), proof }
      const bad = (what: string, change: Partial<ConsistencyVector>) => ({
        ...good,
        ...change,
        holds: false,
        why: `${why}: ${what}`,
      })
      vectors.push(
        good,
        bad('one hash too many', { proof: [...proof, good.root2] }),
        bad('another first root', { root1: toBase64(emptyRoot) }),
        bad('another second root', { root2: toBase64(emptyRoot) }),
      )
      if (proof.length > 0) {
        vectors.push(
          bad('no proof', { proof: [] }),
          bad('the first hash is missing', { proof: proof.slice(1) }),
          bad('the last hash is missing', { proof: proof.slice(0, -1) }),
          bad('the sizes exchanged', { size1: size2, size2: size1, root1: good.root2, root2: good.root1 }),
        )
      }
    }
  }
  for (const size2 of LARGE_SIZES) {
    const size1 = Math.floor(size2 / 3)
    const proof = consistencyProof(size1, size2, uniformNodes).map(toBase64)
    const roots = { root1: toBase64(uniformRoot(size1)), root2: toBase64(uniformRoot(size2)) }
    const good = { why: 'every leaf is the same', holds: true, size1, size2, ...roots, proof }
    vectors.push(good, { ...good, holds: false, why: 'the last hash is missing', proof: proof.slice(0, -1) })
  }
  const fork = [...leaves.slice(0, 3), leafHash('another'), ...leaves.slice(4, 8)]
  const forked = consistencyProof(5, 8, nodesOf(fork)).map(toBase64)
  const fromNothing = { holds: false, size1: 0, root1: toBase64(emptyRoot), proof: [] }
  vectors.push(
    {
      why: 'leaf 3 was changed',
      holds: false,
      size1: 5,
      root1: rootAt(5),
      size2: 8,
      root2: toBase64(rootOf(fork)),
      proof: forked,
    },
    { ...fromNothing, why: 'from size 0 nothing is proved', size2: 5, root2: rootAt(5) },
    { ...fromNothing, why: 'not even between empty logs', size2: 0, root2: toBase64(emptyRoot) },
    {
      ...fromNothing,
      why: 'the sizes are 2^53',
      size1: 2 ** 53,
      root1: rootAt(1),
      size2: 2 ** 53,
      root2: rootAt(1),
    },
  )
  return vectors
}

const LARGE_SIZES = [2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32 + 5, 2 ** 53 - 1]
const UNIFORM_LEAF = leafHash('the same')

/** Complete subtrees of a log of which every leaf is the same: known by their level. */
function uniformNodes(refs: NodeRef[]): Uint8Array[] {
  return refs.map(({ level }) => {
    let hash = UNIFORM_LEAF
    for (let i = 0; i < level; i++) hash = nodeHash(hash, hash)
    return hash
  })
}

function uniformRoot(size: number): Uint8Array {
  const plan = rootNodes(size)
  return proofFrom(plan, uniformNodes(plan.flat()))[0] ?? emptyRoot
}

function nodesOf(leaves: Uint8Array[]): (refs: NodeRef[]) => Uint8Array[] {
  return refs =>
    refs.map(({ level, index }) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)))
}

function leafAt(leaves: Uint8Array[], index: number): Uint8Array {
  return leaves[index] ?? emptyRoot
}

function identifierVectors() {
  const arc = '1.2.156.3005.2'
  const good = `${arc}.11100000000013338W032.11220000013544541J.2430599.001.F`
  const zeroVersion = mod3736('11100000000013338W03211220000013544541J2430599000')
  const identifier = (text: string, why: string, warnings?: string[]) => ({
    kind: 'certificate',
    text,
    valid: warnings !== undefined,
    ...(warnings === undefined ? {} : { warnings }),
    why,
  })
  const one = (kind: string) => (text: string, valid: boolean, why: string) => ({ kind, text, valid, why })
  const [uscc, organisation, citizen, ulid] = ['uscc', 'organisation', 'citizen', 'ulid'].map(one) as [
    ReturnType<typeof one>,
    ReturnType<typeof one>,
    ReturnType<typeof one>,
    ReturnType<typeof one>,
  ]
  const typed = (text: string, value: string | null, why: string) => ({
    kind: 'short-code',
    text,
    valid: value !== null,
    value,
    why,
  })
  const code = formatShortCode(Uint8Array.of(1, 35, 69, 103, 137))
  return [
    identifier(good, 'found in use', []),
    identifier(`${arc}.11100000000013338W011.11430000006122244L.20230000403.001.U`, 'found in use', []),
    identifier(
      `${arc}.11100000000013338W011.11110000000021135M.20230329701.003.Y`,
      'found in use, third version',
      [],
    ),
    identifier(
      `${arc}.11100000000013338W009.11330105002500287C.2025052201.002.0`,
      'found in use, check character 0',
      [],
    ),
    identifier(
      `${arc}.11100000MB03271699022.340100.000000016.001.9`,
      'the issuer is a region: read, never issued',
      ['ISSUER_NOT_USCC'],
    ),
    identifier(
      `${arc}.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M`,
      'found in use; computes D',
    ),
    identifier(good.replace(/F$/, 'G'), 'wrong check character'),
    identifier(good.replace('2430599', '2430598'), 'one digit changed'),
    identifier(good.replace('13338W', '13383W'), 'two digits exchanged'),
    identifier(good.toLowerCase(), 'small letters'),
    identifier(good.replace(arc, '1.2.156.3005.1'), 'another arc'),
    identifier(good.replace('2430599', '243059'), 'serial of six characters'),
    identifier(good.replace('.001.', '.1.'), 'version of one digit'),
    identifier(`${good.slice(0, -5)}000.${zeroVersion}`, 'version 000'),
    identifier(good.replaceAll('.', ''), 'no dots'),
    identifier(`${good}\n`, 'line feed at the end'),
    identifier('', 'empty'),
    uscc('91350100M000100Y43', true, 'example of the standard'),
    uscc('11110000000021135M', true, 'a real department'),
    uscc('11100000MB03271699', true, 'a real department'),
    uscc('91350100M000100Y34', false, 'last two exchanged'),
    uscc('91350100M000100Y44', false, 'wrong check character'),
    uscc(
      usccWithWrongOrganisation('91350100M000100Y43'),
      false,
      'only the organisation code inside is wrong',
    ),
    identifier(
      withIssuer(good, usccWithWrongOrganisation('91350100M000100Y43')),
      'only the organisation code inside the issuer is wrong: read, never issued',
      ['ISSUER_NOT_USCC'],
    ),
    identifier(
      withType(good, `${usccWithWrongOrganisation('91350100M000100Y43')}001`),
      'only the organisation code inside the authority is wrong: read, never issued',
      ['TYPE_NOT_USCC'],
    ),
    uscc('91350100m000100y43', false, 'small letters'),
    uscc('91350100MOOO1OOY43', false, 'O for 0'),
    uscc('91350100M000100Y4', false, '17 characters'),
    organisation('M000100Y4', true, 'inside the example of GB 32100'),
    organisation('00002113M', false, 'check is a digit or X'),
    organisation('M000100Y5', false, 'wrong check character'),
    organisation('M000100Y-4', false, 'hyphen'),
    citizen('11010519491231002X', true, 'example of the standard'),
    citizen('440524188001010014', true, 'example of the standard'),
    citizen('11010519491231002x', false, 'small x'),
    citizen('110105194912310029', false, 'wrong check character'),
    citizen('110105194902290029', false, '29 February 1949 does not exist'),
    citizen('11010519491231002', false, '17 characters'),
    citizen('01010519491231002X', false, 'no region begins with 0'),
    typed(code, code, 'as written'),
    typed(`${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase(), code, 'small letters and a hyphen'),
    typed(' oOiIlL 00', '00111100', 'letters that look like digits'),
    typed('ABCDEFG', null, 'seven characters'),
    typed('ABCDEFGHJ', null, 'nine characters'),
    typed('ABCDEFGU', null, 'U is not in the alphabet'),
    typed('', null, 'empty'),
    ulid('01ARZ3NDEKTSV4RRFFQ69G5FAV', true, 'example of the specification'),
    ulid(formatUlid(2 ** 48 - 1, new Uint8Array(10).fill(255)), true, 'the last one'),
    ulid('8ZZZZZZZZZZZZZZZZZZZZZZZZZ', false, 'more than 128 bits'),
    ulid('01arz3ndektsv4rrffq69g5fav', false, 'small letters'),
    ulid('01ARZ3NDEKTSV4RRFFQ69G5FAI', false, 'I is not in the alphabet'),
    ulid('01ARZ3NDEKTSV4RRFFQ69G5FA', false, '25 characters'),
  ]
}

function noteVectors() {
  const origin = 'onceproof.example/log/1'
  const [secret, otherSecret] = [1, 2].map(n => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array]
  const key = noteKey(origin, ed25519.getPublicKey(secret))
  const other = noteKey('witness.example', ed25519.getPublicKey(otherSecret))
  const sign = (data: Uint8Array) => ed25519.sign(data, secret)
  const signOther = (data: Uint8Array) => ed25519.sign(data, otherSecret)

  const root = sha256('root')
  const checkpoint = signCheckpoint({ origin, size: 8, root }, key, sign)
  const promise = signPromise({ origin, leaf: root, acceptedAt: 1_767_225_600, delay: 86_400 }, key, sign)
  const proof = formatLogProof({
    index: 5,
    hashes: [sha256('a'), sha256('b'), sha256('c')],
    signedCheckpoint: checkpoint,
  })
  const line = (note: string) => note.slice(note.lastIndexOf('\n\n') + 2)
  const witnessed =
    checkpoint + line(signNote(checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1), other, signOther))
  const signed = (text: string) => signNote(text, key, sign)
  const forged = signNote('text\n', key, signOther)

  const held = (kind: string, text: string, why: string) => ({ kind, text, refusal: null, why })
  const refused = (kind: string, text: string, refusal: string, why: string) => ({ kind, text, refusal, why })
  return {
    about:
      'Each text is read as its kind and verified under `keys`. A secret is the Ed25519 seed, for tests only.',
    keys: [formatNoteKey(key)],
    secrets: [toHex(secret), toHex(otherSecret)],
    vectors: [
      held('note-key', formatNoteKey(key), 'the key of this file'),
      held(
        'note-key',
        'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
        'published with Go',
      ),
      refused(
        'note-key',
        formatNoteKey(key).replace(origin, 'other.example'),
        'NOTE_SYNTAX',
        'the key ID is of another name',
      ),
      refused('note-key', origin, 'NOTE_SYNTAX', 'a name alone'),
      refused(
        'note-key',
        `${origin}+00000000+${toBase64(concat(Uint8Array.of(1), key.publicKey))}`,
        'NOTE_SYNTAX',
        'wrong key ID',
      ),
      refused('note-key', formatNoteKey(key).slice(0, -4), 'NOTE_SYNTAX', '30 bytes of key'),

      held('note', signed('text\n'), 'one signature'),
      held('note', signed('一证通认\n\nempty line inside\n'), 'the last empty line separates'),
      held('note', witnessed, 'a second signature of an unknown key'),
      refused('note', forged, 'NOTE_SIGNATURE', 'signed with another key under this name and ID'),
      refused('note', signed('text\n').replace('text', 'Text'), 'NOTE_SIGNATURE', 'the text was changed'),
      refused(
        'note',
        signed('text\n') + line(forged),
        'NOTE_SIGNATURE',
        'a good and a bad signature of the key',
      ),
      refused(
        'note',
        signNote('text\n', other, signOther),
        'NOTE_NO_KNOWN_KEY',
        'only an unknown key signed',
      ),
      refused('note', 'text\n', 'NOTE_SYNTAX', 'no signature'),
      refused('note', 'text\n\n', 'NOTE_SYNTAX', 'no signature line'),
      refused('note', signed('text\n').slice(0, -1), 'NOTE_SYNTAX', 'no line feed at the end'),
      refused('note', signed('text\n').replace('—', '-'), 'NOTE_SYNTAX', 'a hyphen for the em dash'),
      refused('note', signed('text\n').replace('text', 'te\txt'), 'NOTE_SYNTAX', 'a control character'),
      refused('note', signed('text\n') + line(forged).repeat(16), 'NOTE_SYNTAX', '17 signature lines'),
      refused('note', signed('text\n').replaceAll('=', ''), 'NOTE_SYNTAX', 'base64 without padding'),

      held('checkpoint', checkpoint, 'size 8'),
      held('checkpoint', witnessed, 'with a second signature'),
      held('checkpoint', signCheckpoint({ origin, size: 0, root: emptyRoot }, key, sign), 'the empty log'),
      held('checkpoint', signCheckpoint({ origin, size: 2 ** 53 - 1, root }, key, sign), 'the largest size'),
      refused(
        'checkpoint',
        signed(`${origin}\n8\n${toBase64(root)}\nextension\n`),
        'CHECKPOINT_SYNTAX',
        'an extension line',
      ),
      refused(
        'checkpoint',
        signed(`${origin}\n08\n${toBase64(root)}\n`),
        'CHECKPOINT_SYNTAX',
        'a leading zero',
      ),
      refused(
        'checkpoint',
        signed(`${origin}\n9007199254740992\n${toBase64(root)}\n`),
        'CHECKPOINT_SYNTAX',
        'size 2^53',
      ),
      refused('checkpoint', signed(`${origin}\n8\n${toBase64url(root)}\n`), 'CHECKPOINT_SYNTAX', 'base64url'),
      refused(
        'checkpoint',
        signed(`${origin}\n8\n${toBase64(root.slice(1))}\n`),
        'CHECKPOINT_SYNTAX',
        'a root of 31 bytes',
      ),
      refused(
        'checkpoint',
        signed(`other.example\n8\n${toBase64(root)}\n`),
        'CHECKPOINT_SYNTAX',
        'an origin that is not the name of the key',
      ),
      refused('checkpoint', promise, 'CHECKPOINT_SYNTAX', 'a promise'),

      held('promise', promise, 'anchored within a day'),
      refused('promise', checkpoint, 'PROMISE_SYNTAX', 'a checkpoint'),
      refused(
        'promise',
        signed(`onceproof-promise/v2 ${origin}\n${toBase64(root)}\n1\n1\n`),
        'PROMISE_SYNTAX',
        'another version',
      ),
      refused(
        'promise',
        signed(`onceproof-promise/v1 ${origin}\n${toBase64(root)}\n1\n`),
        'PROMISE_SYNTAX',
        'three lines',
      ),
      refused(
        'promise',
        signed(`onceproof-promise/v1 ${origin}\n${toBase64(root)}\n1\n-1\n`),
        'PROMISE_SYNTAX',
        'a negative delay',
      ),
      refused(
        'promise',
        signed(`onceproof-promise/v1 other.example\n${toBase64(root)}\n1\n1\n`),
        'PROMISE_SYNTAX',
        'an origin that is not the name of the key',
      ),
      refused('promise', promise.replace('86400', '86401'), 'NOTE_SIGNATURE', 'the delay was changed'),

      held('log-proof', proof, 'index 5, three hashes'),
      held(
        'log-proof',
        formatLogProof({ index: 0, hashes: [], signedCheckpoint: checkpoint }),
        'no hashes: a form that can be read',
      ),
      refused('log-proof', proof.replace('@v1', '@v2'), 'RECEIPT_SYNTAX', 'another version'),
      refused('log-proof', proof.replace('index', 'extra AAAA\nindex'), 'RECEIPT_SYNTAX', 'an extra line'),
      refused('log-proof', proof.replace('index 5', 'index 05'), 'RECEIPT_SYNTAX', 'a leading zero'),
      refused('log-proof', proof.replace('index 5\n', ''), 'RECEIPT_SYNTAX', 'no index'),
      refused(
        'log-proof',
        proof.replace(toBase64(sha256('a')), toBase64(new Uint8Array(31))),
        'RECEIPT_SYNTAX',
        'a hash of 31 bytes',
      ),
      refused(
        'log-proof',
        proof.replace('\n\n', '\n'),
        'RECEIPT_SYNTAX',
        'no empty line before the checkpoint',
      ),
    ],
  }
}

function saltVectors() {
  const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
  const resource = {
    id: 'urn:onceproof:file:01ARZ3NDEKTSV4RRFFQ69G5FAV',
    mediaType: 'application/pdf',
    digestSRI: `sha256-${toBase64(sha256('file'))}`,
  }
  const fields: [string, unknown][] = [
    ['holderName', '张三'],
    ['area', 89.5],
    ['coOwners', ['李四', '王五']],
    ['quote', 'a "b" \\ \n'],
    ['married', true],
    ['remark', null],
    ['address', { city: '示范市', street: '通认路 1 号' }],
    ['empty', ''],
  ]
  const issued = (why: string, given: [string, unknown][], relatedResource: unknown) => {
    const made = makeDisclosures(seed, given, relatedResource)
    const n = made.disclosures.length
    const decoys = 8 - (given.length % 8) + (relatedResource === null ? 1 : 0)
    const stream = shake256(seed, 16 * n + 32 * decoys)
    return {
      why,
      seed: toHex(seed),
      fields: given,
      relatedResource,
      salts: saltsOf(seed, n),
      disclosures: made.disclosures,
      digests: made.disclosures.map(text => toBase64url(sha256(text))),
      decoys: Array.from({ length: decoys }, (_, i) =>
        toBase64url(sha256(stream.subarray(16 * n + 32 * i, 16 * n + 32 * i + 32))),
      ),
      subjectDigests: made.subjectDigests,
      topDigest: made.topDigest,
    }
  }
  const [salt = ''] = saltsOf(seed, 1)
  const refused = (disclosure: string, refusal: string, why: string) => ({ why, disclosure, refusal })
  const text = (value: unknown) => utf8ToBase64url(JSON.stringify(value))
  const good = text([salt, 'holderName', '张三'])
  return {
    about:
      'salts: docs/formats.md §5. `refused`: disclosures that no certificate may carry, whether or not their digest is signed.',
    issued: [
      issued('no field', [], null),
      issued('one field', fields.slice(0, 1), null),
      issued('seven fields: one decoy', fields.slice(0, 7), null),
      issued('eight fields: eight decoys', fields, null),
      issued('a field and the original file', fields.slice(0, 1), resource),
      issued('eight fields and the original file', fields, resource),
    ],
    refused: [
      refused(`${good}=`, 'DISCLOSURE_BASE64', 'padding'),
      refused(good.replace(/.$/, ' '), 'DISCLOSURE_BASE64', 'white space'),
      refused(
        `${good}A`.slice(0, 4 * Math.floor(good.length / 4) + 1),
        'DISCLOSURE_BASE64',
        'a length that base64 never has',
      ),
      refused(
        utf8ToBase64url('[]  ').replace(/.$/, 'B'),
        'DISCLOSURE_BASE64',
        'unused bits that are not zero',
      ),
      refused(
        text([salt, 'holderName']),
        'DISCLOSURE_SHAPE',
        'two elements: of an array, which this profile does not have',
      ),
      refused(text([salt, 'holderName', '张三', 1]), 'DISCLOSURE_SHAPE', 'four elements'),
      refused(text({ salt }), 'DISCLOSURE_SHAPE', 'no array'),
      refused(text([salt.slice(0, -1), 'holderName', '张三']), 'DISCLOSURE_SHAPE', 'a salt of 21 characters'),
      refused(text([`${salt}AA`, 'holderName', '张三']), 'DISCLOSURE_SHAPE', 'a salt of 18 bytes'),
      refused(
        text([salt.replace(/.$/, 'B'), 'holderName', '张三']),
        'DISCLOSURE_SHAPE',
        'a salt that is not canonical',
      ),
      refused(text([1, 'holderName', '张三']), 'DISCLOSURE_SHAPE', 'the salt is a number'),
      refused(text([salt, 7, '张三']), 'DISCLOSURE_SHAPE', 'the name is a number'),
      refused(utf8ToBase64url(`["${salt}","holderName","张三"`), 'JSON_SYNTAX', 'no JSON'),
      refused(
        utf8ToBase64url(`["${salt}","area",1.0]`),
        'JSON_NUMBER',
        'a number that is not in shortest form',
      ),
      refused(utf8ToBase64url(`["${salt}","area",{"a":1,"a":2}]`), 'JSON_DUPLICATE_KEY', 'a member twice'),
      refused(
        toBase64url(concat(toUtf8(`["${salt}","holderName","`), Uint8Array.of(0xff), toUtf8('"]'))),
        'JSON_NOT_UTF8',
        'no UTF-8',
      ),
    ],
  }
}

const withIssuer = (identifier: string, issuer: string) => withPart(identifier, 6, issuer)
const withType = (identifier: string, type: string) => withPart(identifier, 5, type)

/** The identifier with another part and a check character that fits. */
function withPart(identifier: string, at: number, part: string): string {
  const parts = identifier.split('.').with(at, part)
  return [...parts.slice(0, -1), mod3736(parts.slice(5, -1).join(''))].join('.')
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(primitiveVectors())) {
    writeFileSync(new URL(`../../test/vectors/${name}`, import.meta.url), text)
  }
}
