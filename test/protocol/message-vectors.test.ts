import { expect } from 'chai'
import { keccak256 } from '#crypto'
import { concat, fromHex, fromUtf8, toHex, toUtf8 } from '../../protocol/bytes.ts'
import type { Message, MessageVector } from '../../scripts/vectors/messages.ts'
import { typedDigest } from '../../server/chain/contracts.ts'
import { readVector, vectorBytes } from '../support/vectors.ts'

const vectors = readVector('messages.json') as MessageVector[]
const page = fromUtf8(vectorBytes('../../docs/formats.md'))!
const section = page.slice(page.indexOf('\n## 16 '), page.indexOf('\n## 17 '))
const DOMAIN = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'

/** EIP-712 as the standard words it, for the types that §16 uses. https://eips.ethereum.org/EIPS/eip-712#definition-of-encodedata */
function hashStruct(encodeType: string, message: Message): Uint8Array {
  const [, members = ''] = /\(([^)]*)\)/.exec(encodeType)!
  const words = members.split(',').map(member => {
    const [type = '', name = ''] = member.split(' ')
    return encodeValue(encodeType, type, message[name]!)
  })
  return keccak256(concat(keccak256(toUtf8(encodeType)), ...words))
}

function encodeValue(encodeType: string, type: string, value: Message[string]): Uint8Array {
  if (type.endsWith('[]')) {
    const items = (value as string[]).map(item => encodeValue(encodeType, type.slice(0, -2), item))
    return keccak256(concat(...items))
  }
  if (type === 'string') return keccak256(toUtf8(value as string))
  if (type === 'bytes32') return fromHex(value as string)!
  if (type === 'address') return concat(new Uint8Array(12), fromHex(value as string)!)
  if (type.startsWith('uint'))
    return fromHex(
      `0x${BigInt(value as string)
        .toString(16)
        .padStart(64, '0')}`,
    )!
  // A struct's own type string begins with its own name; Item refers to nothing, Terms to Item.
  return hashStruct(ownType(encodeType, type), value as Message)
}

function ownType(encodeType: string, type: string): string {
  const parts = encodeType.match(/\w+\([^)]*\)/g)!
  const own = parts.find(part => part.startsWith(`${type}(`))!
  const referred = parts.filter(part => part !== own && own.includes(`${part.slice(0, part.indexOf('('))}[]`))
  return own + referred.join('')
}

describe('vectors: messages.json', function () {
  for (const vector of vectors) {
    it(`${vector.name.replaceAll('_', ' ')} has this digest`, () => {
      const { domain, encodeType, message } = vector
      const domainSeparator = hashStruct(DOMAIN, { ...domain, chainId: String(domain.chainId) })
      const structHash = hashStruct(encodeType, message)
      expect(toHex(domainSeparator)).to.equal(vector.domainSeparator)
      expect(toHex(structHash)).to.equal(vector.structHash)
      const digest = keccak256(concat(Uint8Array.of(0x19, 0x01), domainSeparator, structHash))
      expect(toHex(digest)).to.equal(vector.digest)
    })

    it(`${vector.name.replaceAll('_', ' ')} has the type that docs/formats.md names for its domain`, () => {
      const row = section.split('\n').find(line => line.startsWith(`| \`${vector.domain.name}\` |`))!
      expect(row).to.include(`\`${vector.encodeType}\``)
      expect(vector.encodeType.startsWith(`${vector.primaryType}(`)).to.equal(true)
    })
  }

  it('has every type of docs/formats.md §16', () => {
    const types = [...section.matchAll(/`(\w+\([^`]*\))`/g)].map(([, type = '']) => type)
    const named = types.filter(type => !type.startsWith('keccak256'))
    expect([...new Set(vectors.map(({ encodeType }) => encodeType))].sort()).to.deep.equal(
      [...new Set(named)].sort(),
    )
  })

  it('is what the service signs for the log and the status registry', () => {
    const types = ['Checkpoint', 'OpenList', 'Order'] as const
    const signed = vectors.filter(({ primaryType }) => types.some(type => type === primaryType))
    expect(signed.length).to.be.above(types.length)
    for (const { primaryType, domain, message, digest } of signed) {
      const contract = { address: domain.verifyingContract }
      const where = {
        chain: { chainId: domain.chainId },
        contracts: {
          DepartmentRegistry: contract,
          AnchorLog: contract,
          StatusRegistry: contract,
          GrantRegistry: contract,
        },
      }
      expect(typedDigest(primaryType as (typeof types)[number], message, where)).to.equal(digest)
    }
  })
})
