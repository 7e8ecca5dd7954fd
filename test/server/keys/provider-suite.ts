/** What every provider of a department's keys does alike, wherever it keeps them. */
import { expect } from 'chai'
import { getBytes, hexlify, keccak256, recoverAddress, toUtf8Bytes } from 'ethers'
import { verifySignature } from '../../../protocol/key.ts'
import { Refusal } from '../../../protocol/refusal.ts'
import type { DepartmentProvider } from '../../../server/keys/keyring.ts'
import { authorityKey, issuingKey } from '../../../server/keys/names.ts'
import { addressOf, type SigningContext } from '../../../server/keys/provider.ts'

export interface Candidate {
  provider: DepartmentProvider
  /** Things that it would sign: a signing input, and an order with its digest. */
  input: (keyName: string) => Promise<{ data: Uint8Array; context: SigningContext }>
  order: () => { digest: Uint8Array; context: SigningContext }
  close: () => Promise<void>
}

const HALF_N = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(Refusal)
  return (error as Refusal).code
}

/** `open` gives a provider without keys, or with those that it makes for itself. */
export function behavesAsProvider(open: () => Promise<Candidate>): void {
  let candidate: Candidate
  let provider: DepartmentProvider
  let issuing: string
  let authority: string

  before(async () => {
    candidate = await open()
    ;({ provider } = candidate)
    issuing = issuingKey(provider.department, 1)
    authority = authorityKey(provider.department, 1)
    const known = (await provider.list()).map(({ name }) => name)
    const { department } = provider
    if (!known.includes(issuing))
      await provider.generate({ name: issuing, purpose: 'issuing', algorithm: 'ES256', department })
    if (!known.includes(authority))
      await provider.generate({ name: authority, purpose: 'authority', algorithm: 'secp256k1', department })
  })
  after(() => candidate.close())

  it('lists the department’s keys, each with what it is for', async () => {
    const { department } = provider
    const listed = (await provider.list()).map(({ createdAt: _, ...key }) => key)
    expect(listed).to.have.deep.members([
      { name: issuing, purpose: 'issuing', algorithm: 'ES256', department },
      { name: authority, purpose: 'authority', algorithm: 'secp256k1', department },
    ])
  })

  it('tells a public key, always the same', async () => {
    const key = await provider.publicKey(issuing)
    expect(key.length).to.equal(64)
    expect(await provider.publicKey(issuing)).to.deep.equal(key)
    expect(await provider.publicKey(authority)).to.not.deep.equal(key)
  })

  it('signs as ES256, in r‖s, one or many', async () => {
    const key = await provider.publicKey(issuing)
    const one = await candidate.input(issuing)
    const two = await candidate.input(issuing)
    const signature = await provider.sign(issuing, one.data, one.context)
    expect(verifySignature('ES256', key, one.data, signature)).to.equal(true)
    const signatures = await provider.signMany(issuing, [one, two])
    expect(
      signatures.map((made, i) => verifySignature('ES256', key, [one, two][i]!.data, made)),
    ).to.deep.equal([true, true])
  })

  it('signs orders as contracts take them: low s, and v of its account', async () => {
    const account = addressOf(await provider.publicKey(authority))
    // Half of the raw signatures of a token have a high s.
    for (let i = 0; i < 8; i++) {
      const { digest, context } = candidate.order()
      const signature = await provider.signDigest(authority, digest, context)
      expect(signature.length).to.equal(65)
      expect(BigInt(hexlify(signature.subarray(32, 64))) <= HALF_N).to.equal(true)
      expect(recoverAddress(digest, hexlify(signature)).toLowerCase()).to.equal(account)
    }
  })

  it('makes the next key, which signs from then on', async () => {
    const name = issuingKey(provider.department, 2)
    const key = { name, purpose: 'issuing', algorithm: 'ES256', department: provider.department } as const
    expect((await provider.generate(key)).name).to.equal(name)
    const { data, context } = await candidate.input(name)
    const signature = await provider.sign(name, data, context)
    expect(verifySignature('ES256', await provider.publicKey(name), data, signature)).to.equal(true)
  })

  it('refuses a key that it does not have', async () => {
    const { data, context } = await candidate.input(issuing)
    const unknown = issuingKey(provider.department, 9)
    expect(await codeOf(provider.sign(unknown, data, context))).to.equal('KEY_UNKNOWN')
    expect(await codeOf(provider.publicKey(unknown))).to.equal('KEY_UNKNOWN')
  })

  it('signs with a key only what it is for', async () => {
    const { data, context } = await candidate.input(issuing)
    expect(await codeOf(provider.sign(authority, data, context))).to.be.oneOf(['KEY_ALGORITHM', 'SIGNER_KEY'])
    const order = candidate.order()
    expect(await codeOf(provider.signDigest(issuing, order.digest, order.context))).to.be.oneOf([
      'KEY_ALGORITHM',
      'SIGNER_KEY',
    ])
  })
}

let drawn = 0
/** For providers that sign what they are given. */
export const anyInput = async () => ({
  data: toUtf8Bytes(`input ${++drawn}`),
  context: { kind: 'statement' } as SigningContext,
})
export const anyOrder = () => ({
  digest: getBytes(keccak256(toUtf8Bytes(`order ${++drawn}`))),
  context: { kind: 'statement' } as SigningContext,
})
