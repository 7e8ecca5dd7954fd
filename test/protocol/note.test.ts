import { ed25519 } from '@noble/curves/ed25519.js'
import { expect } from 'chai'
import { concat, fromHex, toBase64, toHex, toUtf8 } from '../../protocol/bytes.ts'
import {
  openCheckpoint,
  parseCheckpoint,
  parseSignedCheckpoint,
  signCheckpoint,
} from '../../protocol/checkpoint.ts'
import { emptyRoot } from '../../protocol/log.ts'
import {
  formatNoteKey,
  noteKey,
  openNote,
  parseNote,
  parseNoteKey,
  signNote,
  verifyNote,
} from '../../protocol/note.ts'
import { openPromise, parsePromise, parseSignedPromise, signPromise } from '../../protocol/promise.ts'
import { formatLogProof, parseLogProof, readReceipt } from '../../protocol/receipt.ts'
import { Refusal } from '../../protocol/refusal.ts'

const origin = 'onceproof.example/log/1'
const secretOf = (n: number) => new Uint8Array(32).fill(n)
const keyOf = (n: number, name = origin) => noteKey(name, ed25519.getPublicKey(secretOf(n)))
const signWith = (n: number) => (data: Uint8Array) => ed25519.sign(data, secretOf(n))
const key = keyOf(1)
const refused = (code: string, act: () => unknown) =>
  expect(act).to.throw(Refusal).with.property('code', code)

describe('Signed notes', () => {
  describe('the published example (Go sumdb)', () => {
    // https://pkg.go.dev/golang.org/x/mod/sumdb/note
    const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    const note = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`

    it('verifies', () => {
      expect(openNote(note, [parseNoteKey(vkey)])).to.equal(text)
      expect(formatNoteKey(parseNoteKey(vkey))).to.equal(vkey)
    })

    it('fails when one letter of the text is changed', () => {
      refused('NOTE_SIGNATURE', () => openNote(note.replace('think', 'thinx'), [parseNoteKey(vkey)]))
    })
  })

  it('are read back as they were signed', () => {
    const text = '一证通认\n\nan empty line inside\n'
    const note = signNote(text, key, signWith(1))
    expect(openNote(note, [key])).to.equal(text)
    expect(parseNote(note).signatures.map(({ name, id }) => [name, toHex(id)])).to.deep.equal([
      [origin, toHex(key.id)],
    ])
  })

  it('may be signed by others too: unknown keys count for nothing', () => {
    const text = 'text\n'
    const other = keyOf(2)
    const lines = (...notes: string[]) =>
      `${text}\n${notes.map(note => note.slice(text.length + 1)).join('')}`
    const mine = signNote(text, key, signWith(1))
    const theirs = signNote(text, other, signWith(2))
    const both = lines(theirs, mine)
    expect(verifyNote(parseNote(both), [key])).to.deep.equal([key])
    expect(verifyNote(parseNote(both), [key, other])).to.deep.equal([other, key])
    refused('NOTE_NO_KNOWN_KEY', () => openNote(theirs, [key]))
    refused('NOTE_NO_KNOWN_KEY', () => openNote(mine, []))
    refused('NOTE_NO_KNOWN_KEY', () => openNote(mine, [keyOf(1, 'another.example/log')]))
    const stolen = signNote(text, { ...other, id: key.id, name: key.name }, signWith(2))
    refused('NOTE_SIGNATURE', () => openNote(stolen, [key]))
    refused('NOTE_SIGNATURE', () => openNote(lines(mine, stolen), [key]))
    refused('NOTE_SIGNATURE', () => openNote(lines(stolen, mine), [key]))
  })

  it('have 1 to 16 signatures and at most 65,536 bytes', () => {
    const [line = ''] = signNote('text\n', key, signWith(1)).split('\n').slice(2)
    expect(parseNote(`text\n\n${`${line}\n`.repeat(16)}`).signatures).to.have.length(16)
    refused('NOTE_SYNTAX', () => parseNote(`text\n\n${`${line}\n`.repeat(17)}`))
    refused('NOTE_SYNTAX', () => parseNote('text\n\n'))
    const room = 65_536 - toUtf8(`\n\n${line}\n`).length
    expect(parseNote(`${'a'.repeat(room)}\n\n${line}\n`).text).to.have.length(room + 1)
    refused('NOTE_SYNTAX', () => parseNote(`${'a'.repeat(room + 1)}\n\n${line}\n`))
  })

  it('are refused in any other form', () => {
    const good = signNote('text\n', key, signWith(1))
    const signature = good.slice(good.lastIndexOf(' ') + 1, -1)
    const bad = [
      '',
      '\n',
      'text\n',
      good.slice(0, -1),
      `${good}\n`,
      good.replace('\n\n', '\n'),
      good.replace('text\n', ''),
      good.replace('text', 'te\txt'),
      good.replace('text', 'te\rxt'),
      good.replace('text', 'te\u0000xt'),
      good.replace('text', 'te\ud800xt'),
      good.replace('—', '--'),
      good.replace('— ', '—'),
      good.replace('— ', '—  '),
      good.replace(`— ${origin}`, '— '),
      good.replace(origin, 'a+b'),
      good.replace(origin, 'a\u3000b'),
      good.replace(origin, 'a b'),
      good.replace(signature, ''),
      good.replace(signature, 'AAAAAA=='),
      good.replace(signature, signature.slice(0, -1)),
      good.replace(signature, signature.replaceAll('=', '')),
      good.replace(signature, `${signature} `),
      good.replace(signature, '!'.repeat(92)),
    ]
    for (const note of bad) refused('NOTE_SYNTAX', () => parseNote(note))
    for (const text of ['', 'no line feed', '\n', 'tab\t\n'])
      refused('NOTE_SYNTAX', () => signNote(text, key, signWith(1)))
  })

  it('keys are refused with a wrong ID, another type, other lengths, names with space or plus', () => {
    const good = formatNoteKey(key)
    const [name = '', id = ''] = good.split('+')
    const encoded = good.slice(name.length + id.length + 2)
    const bad = [
      '',
      name,
      `${name}+${id}`,
      `${name}+00000000+${encoded}`,
      `${name}+${id.toUpperCase()}+${encoded}`,
      `${name}+${id.slice(1)}+${encoded}`,
      `other+${id}+${encoded}`,
      `+${id}+${encoded}`,
      `${name}+${id}+${encoded}\n`,
      `${name}+${id}+${encoded.slice(0, -1)}`,
      `${name}+${id}+${toBase64(concat(Uint8Array.of(2), key.publicKey))}`,
      `${name}+${id}+${toBase64(key.publicKey)}`,
    ]
    for (const text of bad) refused('NOTE_SYNTAX', () => parseNoteKey(text))
    for (const other of ['', 'a b', 'a+b', 'a\nb', 'a\u00a0b'])
      refused('NOTE_SYNTAX', () => noteKey(other, key.publicKey))
    refused('NOTE_SYNTAX', () => noteKey(origin, new Uint8Array(31)))
    expect(parseNoteKey(good)).to.deep.equal(key)
  })

  describe('checkpoint', () => {
    const checkpoint = { origin, size: 20_852_163, root: emptyRoot }
    const text = `${origin}\n20852163\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`

    it('is three lines under the key of its origin', () => {
      const note = signCheckpoint(checkpoint, key, signWith(1))
      expect(note.startsWith(`${text}\n— ${origin} `)).to.equal(true)
      expect(openCheckpoint(note, key)).to.deep.equal(checkpoint)
      expect(parseSignedCheckpoint(note).checkpoint).to.deep.equal(checkpoint)
      expect(parseCheckpoint(text.replace('20852163', '9007199254740991')).size).to.equal(2 ** 53 - 1)
    })

    it('is refused with extension lines, other numbers, another root, an origin with space', () => {
      const bad = [
        '',
        text.slice(0, -1),
        `${text}extension\n`,
        `${text}\n`,
        text.replace(origin, ''),
        text.replace(origin, 'a b'),
        text.replace(origin, 'a+b'),
        ...[
          '',
          '020852163',
          '-1',
          '1.0',
          '1e3',
          ' 1',
          '0x10',
          '9007199254740992',
          '99999999999999999999',
        ].map(size => text.replace('20852163', size)),
        text.replace('FU=\n', 'FU\n'),
        text.replace('FU=\n', 'FV=\n'),
        text.replace('+', '-'),
        `${origin}\n1\n${toBase64(new Uint8Array(31))}\n`,
        text.replaceAll('\n', '\r\n'),
      ]
      for (const each of bad) refused('CHECKPOINT_SYNTAX', () => parseCheckpoint(each))
      refused('CHECKPOINT_SYNTAX', () => signCheckpoint(checkpoint, keyOf(1, 'other.example'), signWith(1)))
      refused('CHECKPOINT_SYNTAX', () => signCheckpoint({ ...checkpoint, size: -1 }, key, signWith(1)))
      const elsewhere = signNote(text.replace(origin, 'other.example'), key, signWith(1))
      refused('CHECKPOINT_SYNTAX', () => openCheckpoint(elsewhere, key))
    })
  })

  describe('promise', () => {
    const promise = { origin, leaf: emptyRoot, acceptedAt: 1_767_225_600, delay: 86_400 }
    const text = `onceproof-promise/v1 ${origin}\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n1767225600\n86400\n`

    it('is four lines under the key of its origin', () => {
      const note = signPromise(promise, key, signWith(1))
      expect(note.startsWith(`${text}\n— ${origin} `)).to.equal(true)
      expect(openPromise(note, key)).to.deep.equal(promise)
      expect(parseSignedPromise(note).promise).to.deep.equal(promise)
    })

    it('is never a checkpoint, nor a checkpoint a promise', () => {
      const checkpoint = signCheckpoint({ origin, size: 1, root: emptyRoot }, key, signWith(1))
      refused('PROMISE_SYNTAX', () => openPromise(checkpoint, key))
      refused('CHECKPOINT_SYNTAX', () => openCheckpoint(signPromise(promise, key, signWith(1)), key))
    })

    it('is refused with another version, more lines, other numbers, another leaf', () => {
      const bad = [
        '',
        text.slice(0, -1),
        `${text}more\n`,
        text.replace('/v1', '/v2'),
        text.replace('v1 ', 'v1'),
        text.replace('v1 ', 'v1  '),
        text.replace(` ${origin}`, ' '),
        text.replace('FU=\n', 'FU\n'),
        text.replace('1767225600', '01767225600'),
        text.replace('1767225600', '-1'),
        text.replace('86400', ''),
        text.replace('86400', '1.5'),
      ]
      for (const each of bad) refused('PROMISE_SYNTAX', () => parsePromise(each))
      refused('PROMISE_SYNTAX', () => signPromise(promise, keyOf(1, 'other.example'), signWith(1)))
      refused('PROMISE_SYNTAX', () => signPromise({ ...promise, delay: -1 }, key, signWith(1)))
      const elsewhere = signNote(text.replace(origin, 'other.example'), key, signWith(1))
      refused('PROMISE_SYNTAX', () => openPromise(elsewhere, key))
    })
  })

  describe('receipt', () => {
    const signedCheckpoint = signCheckpoint({ origin, size: 3, root: emptyRoot }, key, signWith(1))
    const hashes = [secretOf(7), secretOf(8)]
    const proof = formatLogProof({ index: 1, hashes, signedCheckpoint })
    const anchor = {
      chainId: 31_337,
      contract: `0x${'ab'.repeat(20)}`,
      blockNumber: 12,
      blockTime: 1_767_225_600,
    }
    const line = toBase64(secretOf(7))

    it('holds the proof text of C2SP tlog-proof and where the log is anchored', () => {
      expect(
        proof.startsWith(
          `c2sp.org/tlog-proof@v1\nindex 1\n${line}\n${toBase64(secretOf(8))}\n\n${origin}\n3\n`,
        ),
      ).to.equal(true)
      expect(parseLogProof(proof)).to.deep.equal({ index: 1, hashes, signedCheckpoint })
      const receipt = readReceipt({ proof, anchor })
      expect(receipt).to.deep.include({ index: 1, hashes, anchor })
      expect(receipt.checkpoint).to.deep.equal({ origin, size: 3, root: emptyRoot })
      expect(verifyNote(receipt.note, [key])).to.deep.equal([key])
      const alone = formatLogProof({ index: 0, hashes: [], signedCheckpoint })
      expect(parseLogProof(alone)).to.deep.equal({ index: 0, hashes: [], signedCheckpoint })
    })

    it('is refused when the proof text has another form', () => {
      const bad = [
        '',
        proof.replace('@v1', '@v2'),
        ` ${proof}`,
        proof.replace('index 1', 'extra AAAA\nindex 1'),
        proof.replace('index 1', 'index 01'),
        proof.replace('index 1', 'index -1'),
        proof.replace('index 1', 'index  1'),
        proof.replace('index 1', 'index 3'),
        proof.replace('index 1', 'index 9007199254740992'),
        proof.replace('index 1\n', ''),
        proof.replace(line, `${line} `),
        proof.replace(line, line.slice(0, -1)),
        proof.replace(line, toBase64(new Uint8Array(31))),
        proof.replace(line, Array.from({ length: 53 }, () => line).join('\n')),
        proof.replace(line, ''),
        proof.replace('\n\n', '\n'),
        proof.replace(`\n\n${origin}`, `\n\n\n${origin}`),
        proof.replace(`${origin}\n3\n`, `${origin}\n3\nextension\n`),
        proof.slice(0, -1),
        proof.replaceAll('\n', '\r\n'),
      ]
      for (const each of bad) refused('RECEIPT_SYNTAX', () => readReceipt({ proof: each, anchor }))
    })

    it('is refused when members are missing, added or of another kind', () => {
      const without = (name: keyof typeof anchor) =>
        Object.fromEntries(Object.entries(anchor).filter(([member]) => member !== name))
      const bad: unknown[] = [
        null,
        [],
        'receipt',
        { proof },
        { anchor },
        { proof, anchor, leaf: line },
        { proof: 1, anchor },
        { proof, anchor: null },
        { proof, anchor: [] },
        { proof, anchor: without('chainId') },
        { proof, anchor: without('blockTime') },
        { proof, anchor: { ...anchor, root: line } },
        { proof, anchor: { ...anchor, chainId: '31337' } },
        { proof, anchor: { ...anchor, blockNumber: -1 } },
        { proof, anchor: { ...anchor, blockTime: 1.5 } },
        { proof, anchor: { ...anchor, blockTime: 2 ** 53 } },
        { proof, anchor: { ...anchor, contract: anchor.contract.toUpperCase() } },
        { proof, anchor: { ...anchor, contract: `${anchor.contract}\n` } },
        { proof, anchor: { ...anchor, contract: 7 } },
      ]
      for (const each of bad) refused('RECEIPT_SYNTAX', () => readReceipt(each))
    })
  })

  it('a key ID is the one of C2SP: SHA-256(name, line feed, 0x01, key), four bytes', () => {
    const known = parseNoteKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')
    expect(noteKey('PeterNeumann', known.publicKey).id).to.deep.equal(fromHex('0xc74f20a3'))
  })
})
