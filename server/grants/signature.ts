/**
 * Whether a signature is a holder's, as `GrantRegistry` will find it: accounts by recovery, contract accounts by ERC-1271
 * (https://eips.ethereum.org/EIPS/eip-1271), P-256 keys and passkeys by the deployed ERC-7913 verifiers
 * (https://eips.ethereum.org/EIPS/eip-7913).
 */
import { Interface, recoverAddress } from 'ethers'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { accountSignature, type GrantDomain } from '../../protocol/grant.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { bytesOf, ChainUnreachable, isExecutionFailure, RpcFailure, toQuantity } from '../chain/rpc.ts'
import type { World } from '../world.ts'

type ChainWorld = Pick<World, 'chain'>

/** Where grants of this gateway count. */
export function grantDomain({ chain }: ChainWorld): GrantDomain {
  const { deployment } = chain
  return {
    chainId: deployment.chain.chainId,
    verifyingContract: deployment.contracts.GrantRegistry.address,
  }
}

const ACCOUNT_BYTES = 20
/** Verifier, x and y of a P-256 key. */
const VERIFIED_KEY_BYTES = 20 + 64
/** What a stranger's contract may burn while it is asked. */
const CALL_GAS = 2_000_000

const ABI = new Interface([
  'function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)',
  'function verify(bytes key, bytes32 hash, bytes signature) view returns (bytes4)',
])

/** Bytes of a key that holders can use here: an account, or a P-256 key behind one of our verifiers. Refuses SIGNER_UNKNOWN. */
export function signerBytes({ chain }: ChainWorld, signer: string): Uint8Array {
  const bytes = fromHex(signer)
  const { p256, webAuthn } = chain.deployment.verifiers
  const isAccount = bytes?.length === ACCOUNT_BYTES && bytes.some(byte => byte !== 0)
  const isVerified =
    bytes?.length === VERIFIED_KEY_BYTES && [p256, webAuthn].includes(toHex(bytes.subarray(0, ACCOUNT_BYTES)))
  if (bytes !== null && (isAccount || isVerified)) return bytes
  throw new Refusal('SIGNER_UNKNOWN', 'not a key that holders can use here', {
    field: 'signer',
    expected: `an account, or 64 bytes of a P-256 key after ${p256} or ${webAuthn}`,
  })
}

/**
 * The signature as the contract takes it, once it was found to be the key's over the digest. Asks the chain for all but plain
 * accounts' recovery. Refuses SIGNATURE_FORM and SIGNATURE_WRONG; a contract that reverts or burns its gas has not signed.
 */
export async function assertSigned(
  world: ChainWorld,
  signer: string,
  digest: string,
  signature: Uint8Array,
): Promise<Uint8Array> {
  if (signer.length === 2 + 2 * ACCOUNT_BYTES) {
    const code = bytesOf(await world.chain.rpc.call('eth_getCode', [signer, 'latest']))
    if (code === '0x') {
      const normal = accountSignature(signature)
      if (recovered(digest, normal) !== signer) throw wrong()
      return normal
    }
    const call = ABI.encodeFunctionData('isValidSignature', [digest, signature])
    if (!(await answersMagic(world, signer, 'isValidSignature', call))) throw wrong()
    return signature
  }
  const verifier = signer.slice(0, 2 + 2 * ACCOUNT_BYTES)
  const call = ABI.encodeFunctionData('verify', [`0x${signer.slice(verifier.length)}`, digest, signature])
  if (!(await answersMagic(world, verifier, 'verify', call))) throw wrong()
  return signature
}

function recovered(digest: string, signature: Uint8Array): string | null {
  try {
    return recoverAddress(digest, toHex(signature)).toLowerCase()
  } catch {
    // An r that is no point of the curve.
    return null
  }
}

/** Both standards answer with the selector of the function that was asked. */
async function answersMagic(
  { chain }: ChainWorld,
  to: string,
  name: 'isValidSignature' | 'verify',
  data: string,
): Promise<boolean> {
  try {
    const answer = await chain.rpc.call('eth_call', [{ to, data, gas: toQuantity(CALL_GAS) }, 'latest'])
    return bytesOf(answer) === ABI.getFunction(name)!.selector.padEnd(66, '0')
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error
    if (isExecutionFailure(error)) return false
    // A node that cannot answer has not said that the signature is wrong.
    throw new ChainUnreachable(`a signature could not be checked: ${error.message.slice(0, 200)}`)
  }
}

const wrong = () =>
  new Refusal('SIGNATURE_WRONG', 'the signature is not that of the key', { field: 'signature' })

/** Signature bytes from hex of either case. Refuses SIGNATURE_FORM. */
export function signatureBytes(text: string): Uint8Array {
  const bytes = fromHex(text.toLowerCase())
  if (bytes !== null && bytes.length > 0) return bytes
  throw new Refusal('SIGNATURE_FORM', 'a signature is 0x and hex', { field: 'signature' })
}
