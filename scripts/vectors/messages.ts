/**
 * `test/vectors/messages.json`: the EIP-712 messages of docs/formats.md §16 with their digests as ethers computes them: an
 * encoder that shares nothing with the contracts. https://eips.ethereum.org/EIPS/eip-712
 */
import { TypedDataEncoder } from 'ethers'
import { toHex } from '../../protocol/bytes.ts'
import { seedOf } from './keys.ts'

export type Message = { [member: string]: string | string[] | Message | Message[] }

export interface MessageVector {
  name: string
  /** What §16 calls the primary type, with the types that it refers to. */
  encodeType: string
  primaryType: string
  domain: { name: string; version: string; chainId: number; verifyingContract: string }
  /** Integers in decimal, bytes32 in hex. */
  message: Message
  domainSeparator: string
  structHash: string
  digest: string
}

const ANCHOR_LOG = 'onceproof AnchorLog'
const STATUS_REGISTRY = 'onceproof StatusRegistry'
const GRANT_REGISTRY = 'onceproof GrantRegistry'
const HOLDER_KEY = 'onceproof HolderKey'

const TYPES = {
  Checkpoint: 'Checkpoint(bytes32 log,uint64 size,bytes32 root)',
  UrgentLeaf: 'UrgentLeaf(bytes32 log,bytes32 leaf)',
  OpenList: 'OpenList(bytes32 department,uint64 number,uint48 deadline)',
  Order:
    'Order(bytes32 list,uint8 action,uint32[] indices,bytes32[] references,bytes32 statement,bytes32 salt,uint48 deadline)',
  ReuseGrant:
    'ReuseGrant(bytes32 holder,Terms terms,uint48 notBefore,uint48 notAfter,uint64 epoch)' +
    'Item(bytes32 certificate,string[] fields)' +
    'Terms(Item[] items,bytes32 grantee,string matter,string purpose,uint32 maxUses,bytes32 notice,bytes32 salt)',
  Withdrawal: 'Withdrawal(bytes32 holder,bytes32 grant)',
  WithdrawAll: 'WithdrawAll(bytes32 holder,uint64 epoch)',
  HolderKey: 'HolderKey(bytes32 holder,bytes32 nonce,uint48 deadline)',
}

const word = (name: string) => toHex(seedOf(`message ${name}`))
const ZERO = `0x${'00'.repeat(32)}`
const MAX_UINT48 = String(2 ** 48 - 1)
const MAX_UINT64 = '18446744073709551615'

export function messageVectors(): MessageVector[] {
  const checkpoint: Message = { log: word('log'), size: '1234', root: word('root') }
  const order: Message = {
    list: word('list'),
    action: '1',
    indices: ['42'],
    references: [ZERO],
    statement: word('statement'),
    salt: word('salt'),
    deadline: '1780000000',
  }
  const terms: Message = {
    items: [{ certificate: word('certificate'), fields: ['holderName', 'registeredOn'] }],
    grantee: word('grantee'),
    matter: '公租房申请',
    purpose: '核验婚姻状况',
    maxUses: '1',
    notice: word('notice'),
    salt: word('salt'),
  }
  const grant: Message = {
    holder: word('holder'),
    terms,
    notBefore: '1770000000',
    notAfter: '1780000000',
    epoch: '0',
  }
  return [
    vector('checkpoint', ANCHOR_LOG, 'Checkpoint', checkpoint),
    vector('checkpoint_of_size_zero', ANCHOR_LOG, 'Checkpoint', { ...checkpoint, size: '0' }),
    vector('checkpoint_of_the_largest_size', ANCHOR_LOG, 'Checkpoint', { ...checkpoint, size: MAX_UINT64 }),
    vector('checkpoint_on_another_chain', ANCHOR_LOG, 'Checkpoint', checkpoint, { chainId: 1 }),
    vector('checkpoint_for_another_contract', ANCHOR_LOG, 'Checkpoint', checkpoint, {
      verifyingContract: addressOf('another AnchorLog'),
    }),
    vector('urgent_leaf', ANCHOR_LOG, 'UrgentLeaf', { log: word('log'), leaf: word('leaf') }),
    vector('open_list', STATUS_REGISTRY, 'OpenList', {
      department: word('department'),
      number: '1',
      deadline: '1780000000',
    }),
    vector('open_list_with_the_largest_numbers', STATUS_REGISTRY, 'OpenList', {
      department: word('department'),
      number: MAX_UINT64,
      deadline: MAX_UINT48,
    }),
    vector('order_to_revoke', STATUS_REGISTRY, 'Order', order),
    vector('order_to_supersede_three', STATUS_REGISTRY, 'Order', {
      ...order,
      action: '4',
      indices: ['0', '7', '131071'],
      references: ['a', 'b', 'c'].map(name => word(`successor ${name}`)),
    }),
    vector('order_of_nothing', STATUS_REGISTRY, 'Order', { ...order, indices: [], references: [] }),
    vector('reuse_grant', GRANT_REGISTRY, 'ReuseGrant', grant),
    vector('reuse_grant_of_two_items', GRANT_REGISTRY, 'ReuseGrant', {
      ...grant,
      terms: {
        ...terms,
        items: [
          { certificate: word('certificate'), fields: ['holderName'] },
          { certificate: word('another certificate'), fields: [] },
        ],
        maxUses: '4294967295',
      },
    }),
    vector('reuse_grant_of_nothing', GRANT_REGISTRY, 'ReuseGrant', {
      ...grant,
      terms: { ...terms, items: [], matter: '', purpose: '' },
    }),
    vector('reuse_grant_with_characters_beyond_the_basic_plane', GRANT_REGISTRY, 'ReuseGrant', {
      ...grant,
      terms: { ...terms, matter: '𠀀😀', purpose: 'e\u0301' },
    }),
    vector('reuse_grant_with_the_largest_numbers', GRANT_REGISTRY, 'ReuseGrant', {
      ...grant,
      notBefore: MAX_UINT48,
      notAfter: MAX_UINT48,
      epoch: MAX_UINT64,
    }),
    vector('withdrawal', GRANT_REGISTRY, 'Withdrawal', { holder: word('holder'), grant: word('grant') }),
    vector('withdraw_all', GRANT_REGISTRY, 'WithdrawAll', { holder: word('holder'), epoch: '3' }),
    vector('holder_key', HOLDER_KEY, 'HolderKey', {
      holder: word('holder'),
      nonce: word('nonce'),
      deadline: '1780000000',
    }),
  ]
}

function vector(
  name: string,
  domainName: string,
  primaryType: keyof typeof TYPES,
  message: Message,
  elsewhere: Partial<MessageVector['domain']> = {},
): MessageVector {
  const domain = {
    name: domainName,
    version: '1',
    chainId: 31337,
    verifyingContract: addressOf(domainName),
    ...elsewhere,
  }
  const types = typesOf(TYPES[primaryType])
  const encoder = TypedDataEncoder.from(types)
  const encodeType = encoder.encodeType(primaryType)
  if (encodeType !== TYPES[primaryType]) throw new Error(`${primaryType} is not written as EIP-712 asks`)
  return {
    name,
    encodeType,
    primaryType,
    domain,
    message,
    domainSeparator: TypedDataEncoder.hashDomain(domain),
    structHash: encoder.hash(message),
    digest: TypedDataEncoder.hash(domain, types, message),
  }
}

/** `Name(type member,…)Name(…)` as ethers takes it. */
function typesOf(encodeType: string): Record<string, { name: string; type: string }[]> {
  return Object.fromEntries(
    [...encodeType.matchAll(/(\w+)\(([^)]*)\)/g)].map(([, type = '', members = '']) => [
      type,
      members.split(',').map(member => {
        const [memberType = '', name = ''] = member.split(' ')
        return { name, type: memberType }
      }),
    ]),
  )
}

const addressOf = (name: string) => toHex(seedOf(`address ${name}`).slice(0, 20))
