import { expect } from 'chai'
import { toBase64 } from '../../protocol/bytes.ts'
import { leafHash } from '../../protocol/log.ts'
import { formatLogProof, parseLogProof, type Receipt } from '../../protocol/receipt.ts'
import { verify } from '../../protocol/verify.ts'
import { bytesOf, fileVector, trustOf, viewOf } from '../support/vectors.ts'

interface File {
  certificate: string
  receipt: Receipt & { leaf?: string }
}

const logged = fileVector('valid', 'certificate_es256')
const other = fileVector('valid', 'certificate_eddsa')
const read = ({ fileBase64 }: { fileBase64: string }) =>
  JSON.parse(Buffer.from(bytesOf(fileBase64)).toString()) as File

describe('A certificate with the receipt of another one', () => {
  const { certificate } = read(other)
  const { certificate: honest, receipt } = read(logged)
  const leaf = leafHash(honest.slice(0, honest.indexOf('~')))

  const anchoredOf = async (borrowed: File['receipt']) => {
    const file = { format: 'onceproof-certificate/1', certificate, receipt: borrowed }
    const bytes = Buffer.from(JSON.stringify(file))
    return (await verify(bytes, trustOf(other), viewOf('live'), other.now)).answers.anchored
  }

  it('is not anchored by it, also when the file brings the leaf that would fit', async () => {
    expect(await anchoredOf(receipt)).to.deep.equal({ answer: 'no', because: 'PROOF_WRONG' })
    const { hashes, ...proof } = parseLogProof(receipt.proof)
    for (const brought of [
      [leaf, ...hashes],
      [...hashes, leaf],
    ]) {
      const longer = { ...receipt, proof: formatLogProof({ ...proof, hashes: brought }) }
      expect(await anchoredOf(longer)).to.deep.equal({ answer: 'no', because: 'PROOF_WRONG' })
    }
    const named = { ...receipt, leaf: toBase64(leaf) }
    expect(await anchoredOf(named)).to.deep.equal({ answer: 'no', because: 'RECEIPT_SYNTAX' })
  })
})
