import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { fromBase64url } from '../../protocol/bytes.ts'
import { formatNoteKey, noteKey } from '../../protocol/note.ts'
import { verify } from '../../protocol/verify.ts'
import { bytesOf, fileVector, trustOf, viewOf, type FileVector } from '../support/vectors.ts'

const anchoredOf = async (vector: FileVector, trust = trustOf(vector)) =>
  (await verify(bytesOf(vector.fileBase64), trust, viewOf('live'), vector.now)).answers.anchored

describe('A checkpoint whose signature was checked before', function () {
  const good = fileVector('valid', 'certificate_es256')
  const forged = fileVector('invalid', 'checkpoint_signature_bit_flipped')

  it('still needs the key that the verifier trusts now', async () => {
    const trust = trustOf(good)
    const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    const logs = trust.logs.map(({ origin }) => ({
      origin,
      noteKey: formatNoteKey(noteKey(origin, fromBase64url(x)!)),
    }))
    for (let round = 0; round < 2; round++) {
      expect(await anchoredOf(good)).to.deep.equal({ answer: 'yes', because: 'FINAL' })
      expect(await anchoredOf(good, { ...trust, logs })).to.deep.equal({
        answer: 'no',
        because: 'NOTE_NO_KNOWN_KEY',
      })
    }
  })

  it('vouches for no other note of the same size and root, and one that failed fails again', async () => {
    for (let round = 0; round < 2; round++) {
      expect(await anchoredOf(good)).to.deep.equal({ answer: 'yes', because: 'FINAL' })
      expect(await anchoredOf(forged)).to.deep.equal({ answer: 'no', because: 'NOTE_SIGNATURE' })
    }
  })
})
