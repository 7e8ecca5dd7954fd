import { expect } from 'chai'
import { Signature, SigningKey, TypedDataEncoder, getBytes, hexlify, id, recoverAddress } from 'ethers'
import {
  accountSignature,
  chainHolder,
  grantDigest,
  grantTypedData,
  holderKeyDigest,
  holderKeyTypedData,
  noticeHash,
  readGrantTypedData,
  termsHash,
  withdrawAllDigest,
  withdrawAllTypedData,
  withdrawalDigest,
  withdrawalTypedData,
  type GrantDomain,
  type ReuseGrant,
} from '../../protocol/grant.ts'
import type { JsonObject, JsonValue } from '../../protocol/json.ts'
import type { Message, MessageVector } from '../../scripts/vectors/messages.ts'
import { REUSE_GRANT, TERMS } from '../contracts/typed-data.ts'
import { throughBrowserDoor } from '../support/browser-door.ts'
import { codeOf } from '../support/refusals.ts'
import { readVector } from '../support/vectors.ts'

const vectors = (readVector('messages.json') as MessageVector[]).filter(({ domain }) =>
  ['onceproof GrantRegistry', 'onceproof HolderKey'].includes(domain.name),
)
const domain: GrantDomain = { chainId: 31337, verifyingContract: `0x${'ab'.repeat(20)}` }
const word = (byte: string) => `0x${byte.repeat(32)}`

const grant: ReuseGrant = {
  holder: word('11'),
  terms: {
    items: [
      { certificate: word('22'), fields: ['holderName', '登记日期'] },
      { certificate: word('33'), fields: ['name'] },
    ],
    grantee: word('44'),
    matter: 'M01',
    purpose: '核验婚姻状况',
    maxUses: 3,
    notice: word('55'),
    salt: word('66'),
  },
  notBefore: 1_770_000_000,
  notAfter: 1_780_000_000,
  epoch: 7n,
}

const grantOfVector = (message: Message): ReuseGrant => {
  const { holder, terms, notBefore, notAfter, epoch } = message as unknown as Texts<ReuseGrant>
  const { maxUses, ...rest } = terms as unknown as Texts<ReuseGrant['terms']>
  return {
    holder,
    terms: { ...rest, maxUses: Number(maxUses) },
    notBefore: Number(notBefore),
    notAfter: Number(notAfter),
    epoch: BigInt(epoch),
  }
}

/** Numbers as vectors have them. */
type Texts<T> = { [Name in keyof T]: T[Name] extends number | bigint ? string : T[Name] }

describe('a grant', () => {
  it('has the digests of the published vectors, in Node and in a browser', async () => {
    const browser = await throughBrowserDoor<typeof import('../../protocol/grant.ts')>('grant.ts')
    for (const one of [{ grantDigest, withdrawalDigest, withdrawAllDigest, holderKeyDigest }, browser]) {
      for (const { name, primaryType, message, domain: where, digest } of vectors) {
        const { holder, grant: withdrawn, epoch, nonce, deadline } = message as Record<string, string>
        const found =
          primaryType === 'ReuseGrant'
            ? one.grantDigest(where, grantOfVector(message))
            : primaryType === 'Withdrawal'
              ? one.withdrawalDigest(where, holder!, withdrawn!)
              : primaryType === 'WithdrawAll'
                ? one.withdrawAllDigest(where, holder!, BigInt(epoch!))
                : one.holderKeyDigest(where, { holder: holder!, nonce: nonce!, deadline: Number(deadline) })
        expect(found, name).to.equal(digest)
      }
    }
    expect(vectors).to.have.length.greaterThan(6)
  })

  const challenge = { holder: word('11'), nonce: word('88'), deadline: 1_790_000_000 }

  it('has the digest that a wallet computes from the typed data it is shown', () => {
    for (const [shown, digest] of [
      [grantTypedData(domain, grant), grantDigest(domain, grant)],
      [withdrawalTypedData(domain, word('11'), word('77')), withdrawalDigest(domain, word('11'), word('77'))],
      [withdrawAllTypedData(domain, word('11'), 9n), withdrawAllDigest(domain, word('11'), 9n)],
      [holderKeyTypedData(domain, challenge), holderKeyDigest(domain, challenge)],
    ] as const) {
      const { EIP712Domain: _, ...types } = shown['types'] as Record<string, { name: string; type: string }[]>
      expect(TypedDataEncoder.hash(shown['domain'] as object, types, shown['message'] as object)).to.equal(
        digest,
      )
    }
    expect(termsHash(grant.terms)).to.equal(TypedDataEncoder.hashStruct('Terms', TERMS, grant.terms))
    expect(grantDigest(domain, grant)).to.equal(
      TypedDataEncoder.hash({ name: 'onceproof GrantRegistry', version: '1', ...domain }, REUSE_GRANT, grant),
    )
  })

  it('names a holder and a notice by keccak256', () => {
    expect(chainHolder('0x')).to.equal('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
    expect(noticeHash('告知')).to.equal(id('告知'))
  })

  it('is read back from its typed data as it was', () => {
    const text = JSON.stringify(grantTypedData(domain, grant))
    expect(readGrantTypedData(JSON.parse(text) as JsonValue, domain)).to.deep.equal(grant)
  })

  it('is refused when a member is missing, unknown, out of range, twice or of another type', () => {
    const wrong: [string, (data: JsonObject) => void][] = []
    const at = (path: string, value: JsonValue | undefined) =>
      wrong.push([
        `${path} = ${JSON.stringify(value)}`,
        data => {
          const names = path.split('.')
          const last = names.pop()!
          const owner = names.reduce<JsonObject>((inner, name) => inner[name] as JsonObject, data)
          if (value === undefined) delete owner[last]
          else owner[last] = value
        },
      ])
    at('note', 'a member that no type names')
    at('message.note', 'a member that no type names')
    at('message.terms.note', 'shown by no wallet')
    at('message.terms.items.0.note', '')
    at('message.holder', word('AB'))
    at('message.holder', word('11').slice(0, -2))
    at('message.terms', undefined)
    at('message.terms.maxUses', 3)
    at('message.terms.maxUses', '4294967296')
    at('message.terms.maxUses', '03')
    at('message.terms.items', [])
    at('message.terms.items.0.fields', [])
    at('message.terms.items.0.fields', ['name', 'name'])
    at('message.terms.items.1.certificate', word('22'))
    at('message.terms.matter', '')
    at('message.terms.matter', 'M01\n')
    at('message.terms.purpose', `a${String.fromCodePoint(0x202e)}b`)
    at('message.terms.purpose', '\ud800')
    at('message.notBefore', '281474976710656')
    at('message.notAfter', '-1')
    at('message.epoch', '18446744073709551616')
    at('message.epoch', 7)
    for (const [what, change] of wrong) {
      const data = structuredClone(grantTypedData(domain, grant))
      change(data)
      expect(
        codeOf(() => readGrantTypedData(data, domain)),
        what,
      ).to.equal('TYPED_DATA_SHAPE')
    }
    for (const value of [null, [], 'grant', 7] as JsonValue[]) {
      expect(codeOf(() => readGrantTypedData(value, domain))).to.equal('TYPED_DATA_SHAPE')
    }
  })

  it('is refused when it was signed for another chain, contract, name or version', () => {
    const changed: JsonObject[] = [
      { chainId: 1 },
      { chainId: '31337' },
      { verifyingContract: `0x${'cd'.repeat(20)}` },
      { name: 'onceproof StatusRegistry' },
      { version: '2' },
      { salt: word('00') },
    ]
    for (const change of changed) {
      const data = grantTypedData(domain, grant)
      data['domain'] = { ...(data['domain'] as JsonObject), ...change }
      expect(codeOf(() => readGrantTypedData(data, domain))).to.equal('TYPED_DATA_DOMAIN')
    }
  })

  it('is refused when its types are others, in number, order or name', () => {
    const types = () => grantTypedData(domain, grant)['types'] as Record<string, JsonObject[]>
    const others: [JsonValue, JsonValue][] = [
      [{ ...types(), Note: [{ name: 'note', type: 'string' }] }, 'ReuseGrant'],
      [{ ...types(), Item: [...types()['Item']!, { name: 'note', type: 'string' }] }, 'ReuseGrant'],
      [{ ...types(), Item: types()['Item']!.toReversed() }, 'ReuseGrant'],
      [types(), 'Terms'],
      [types(), 'Withdrawal'],
      [[], 'ReuseGrant'],
    ]
    for (const [changed, primaryType] of others) {
      const data = { ...grantTypedData(domain, grant), types: changed, primaryType }
      expect(codeOf(() => readGrantTypedData(data, domain))).to.equal('TYPED_DATA_TYPES')
    }
  })
})

describe('the signature of an account', () => {
  const digest = id('a grant')
  const key = new SigningKey(id('the key of a holder'))
  const signed = getBytes(key.sign(digest).serialized)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

  it('is one signature in whatever form a wallet gives it', () => {
    for (let i = 0; i < 16; i++) {
      const signature = key.sign(id(`message ${i}`))
      const whole = getBytes(signature.serialized)
      const zeroOne = whole.slice()
      zeroOne[64]! -= 27
      for (const form of [whole, zeroOne, getBytes(signature.compactSerialized)]) {
        expect(hexlify(accountSignature(form))).to.equal(signature.serialized)
      }
    }
    expect(recoverAddress(digest, Signature.from(hexlify(accountSignature(signed))))).to.equal(
      recoverAddress(digest, key.sign(digest)),
    )
  })

  it('is refused with a high s, another v, another length or numbers out of range', () => {
    const highS = signed.slice()
    const s = order - BigInt(hexlify(signed.subarray(32, 64)))
    highS.set(getBytes(`0x${s.toString(16).padStart(64, '0')}`), 32)
    highS[64] = signed[64] === 27 ? 28 : 27
    const withV = (v: number) => {
      const changed = signed.slice()
      changed[64] = v
      return changed
    }
    const zeroed = (from: number) => {
      const changed = signed.slice()
      changed.fill(0, from, from + 32)
      return changed
    }
    const largeR = signed.slice()
    largeR.fill(0xff, 0, 32)
    const wrong = [
      highS,
      ...[2, 26, 29, 31, 255].map(withV),
      zeroed(0),
      zeroed(32),
      largeR,
      signed.subarray(0, 63),
      new Uint8Array(66),
      new Uint8Array(0),
    ]
    for (const signature of wrong) {
      expect(codeOf(() => accountSignature(signature))).to.equal('SIGNATURE_FORM')
    }
  })
})
