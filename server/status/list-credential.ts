/**
 * The on-chain status bits as W3C Bitstring Status Lists, for verifiers that know no chain. A projection: the chain is the
 * truth, so an issuer cannot show two people two lists. https://www.w3.org/TR/vc-bitstring-status-list/
 */
import { gzipSync } from 'node:zlib'
import { toUtf8, toBase64url } from '../../protocol/bytes.ts'
import { STATUS_LIST_CAPACITY, statusListUrl } from '../../protocol/certificate.ts'
import { formatInstant } from '../../protocol/instant.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { statusListId } from '../../protocol/snapshot.ts'
import { bitsOf } from '../chain/export.ts'
import { blockAt, ContractRevert, contractReader } from '../chain/view.ts'
import { currentKey } from '../departments/department-keys.ts'
import { publicUrl, type World } from '../world.ts'

export type ListPurpose = 'revocation' | 'suspension' | 'refresh'
const PURPOSE_NUMBER: Record<ListPurpose, number> = { revocation: 0, suspension: 1, refresh: 2 }

/**
 * A BitstringStatusListCredential of one list and purpose as a JWT (`vc+jwt`), signed with the department's issuing key. The
 * bits are those at the present head. Refuses STATUS_LIST_NOT_FOUND.
 */
export async function statusListCredential(
  world: Pick<World, 'store' | 'keys' | 'chain' | 'clock' | 'config'>,
  uscc: string,
  list: number,
  purpose: ListPurpose,
): Promise<string> {
  const department = (await world.store.departments()).find(row => row.uscc === uscc)
  if (department === undefined) throw notFound()
  const head = await blockAt(world.chain.rpc, 'latest')
  const read = contractReader(world.chain.rpc, world.chain.deployment.contracts, head.number)
  const url = statusListUrl(publicUrl(world), uscc, list, purpose)
  const { name: key, publicKey } = await currentKey(world, uscc, 'issuing')
  const kid = `${department.did}#${thumbprint(publicKey)}`
  const header = { alg: 'ES256', typ: 'vc+jwt', kid }
  const payload = {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: url,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: department.did,
    validFrom: formatInstant(head.time),
    credentialSubject: {
      id: `${url}#list`,
      type: 'BitstringStatusList',
      statusPurpose: purpose,
      encodedList: encodeList(await indices()),
    },
  }
  const input = [header, payload].map(part => toBase64url(toUtf8(JSON.stringify(part)))).join('.')
  return `${input}.${toBase64url(await world.keys.sign(key, toUtf8(input), { kind: 'status-list' }))}`

  async function indices(): Promise<number[]> {
    try {
      return await bitsOf(read, statusListId(uscc, list), PURPOSE_NUMBER[purpose])
    } catch (error) {
      if (error instanceof ContractRevert && error.error === 'UnknownList') throw notFound()
      throw error
    }
  }
}

/** Multibase base64url of the gzipped bits; index 0 is the left-most bit. */
export function encodeList(indices: number[]): string {
  const bits = new Uint8Array(STATUS_LIST_CAPACITY / 8)
  for (const index of indices) bits[index >> 3]! |= 0x80 >> (index & 7)
  return `u${toBase64url(gzipSync(bits))}`
}

const notFound = () => new Refusal('STATUS_LIST_NOT_FOUND', 'there is no such status list')
