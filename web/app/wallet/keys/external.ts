/** A wallet that somebody has already: what it shows and signs is its own affair (EIP-1193, https://eips.ethereum.org/EIPS/eip-1193). */
import type { JsonObject } from '../../../../protocol/json.ts'
import { KeyTrouble } from './trouble.ts'

interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>
}

function provider(): Provider | null {
  const found = (globalThis as { ethereum?: Partial<Provider> }).ethereum
  return typeof found?.request === 'function' ? (found as Provider) : null
}

export const hasExternalWallet = (): boolean => provider() !== null

/** The account that the wallet offers, lower-case. Throws KeyTrouble `no-wallet` and `cancelled`. */
export async function externalAccount(): Promise<string> {
  const accounts = await asked('eth_requestAccounts')
  const [first] = Array.isArray(accounts) ? (accounts as unknown[]) : []
  if (typeof first !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(first)) throw new KeyTrouble('no-wallet')
  return first.toLowerCase()
}

/** Signs typed data with the very account. Throws KeyTrouble `no-wallet`, `cancelled` and `other-key`. */
export async function signWithExternal(signer: string, typedData: JsonObject): Promise<string> {
  if ((await externalAccount()) !== signer) throw new KeyTrouble('other-key')
  const signature = await asked('eth_signTypedData_v4', [signer, JSON.stringify(typedData)])
  if (typeof signature !== 'string' || !/^0x[0-9a-fA-F]+$/.test(signature)) throw new KeyTrouble('no-wallet')
  return signature
}

async function asked(method: string, params: unknown[] = []): Promise<unknown> {
  const wallet = provider()
  if (wallet === null) throw new KeyTrouble('no-wallet')
  try {
    return await wallet.request({ method, params })
  } catch (error) {
    // https://eips.ethereum.org/EIPS/eip-1193#provider-errors
    const isRefused = (error as { code?: unknown } | null)?.code === 4001
    throw new KeyTrouble(isRefused ? 'cancelled' : 'no-wallet')
  }
}
