/**
 * Where a webhook may point. A URL that a department gives makes this gateway open a connection, so it may only lead to the public
 * internet (server-side request forgery): https, no credentials, every address of the name public, and the connection goes to
 * the very address that was looked at.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { Refusal } from '../../protocol/refusal.ts'
import type { Profile } from '../config.ts'

export interface Address {
  address: string
  family: 4 | 6
}

/** Not globally reachable: https://www.iana.org/assignments/iana-ipv4-special-registry */
const NOT_PUBLIC_4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
/** Inside 2000::/3, outside of which nothing is public: https://www.iana.org/assignments/iana-ipv6-special-registry */
const NOT_PUBLIC_6: [string, number][] = [
  // Teredo and 6to4 lead to an IPv4 address inside them.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const notPublic = new BlockList()
for (const [net, prefix] of NOT_PUBLIC_4) notPublic.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of NOT_PUBLIC_6) notPublic.addSubnet(net, prefix, 'ipv6')
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic.check(address, 'ipv4')
  return isIP(address) === 6 && global6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6')
}

const isLoopback = (address: string): boolean =>
  isIP(address) !== 0 && loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')

const MAX_URL = 500

/**
 * The URL of a webhook. In a demo one on this machine may be named too, over http. Refuses WEBHOOK_URL; an address that is written out is
 * looked at here already, a name when it is called.
 */
export function parseTarget(text: string, profile: Profile): URL {
  const isUrl = text.length <= MAX_URL && URL.canParse(text)
  const url = isUrl ? new URL(text) : null
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  const isHere = host === 'localhost' || isLoopback(host)
  const isLocalDemo = profile === 'demo' && isHere
  const isRight =
    url !== null &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLocalDemo)) &&
    url.username === '' &&
    url.password === '' &&
    url.hash === '' &&
    (isIP(host) === 0 || isPublicAddress(host) || isLocalDemo)
  if (isRight) return url
  throw new Refusal('WEBHOOK_URL', 'a webhook may not point there', {
    field: 'url',
    expected: 'an https URL of a public host, without credentials and fragment',
  })
}

/**
 * The address to connect to. Every address of the name has to be public, so that whoever owns the name cannot mix a private one in.
 * Refuses WEBHOOK_ADDRESS; rejects as the resolver does when the name cannot be resolved.
 */
export async function resolveTarget(
  { hostname }: URL,
  profile: Profile,
  resolve: (host: string) => Promise<Address[]> = resolveAll,
): Promise<Address> {
  const found = await resolve(hostname.replace(/^\[|\]$/g, ''))
  const isAllowed = ({ address }: Address) =>
    isPublicAddress(address) || (profile === 'demo' && isLoopback(address))
  const [first] = found
  if (first !== undefined && found.every(isAllowed)) return first
  throw new Refusal('WEBHOOK_ADDRESS', 'the host is not at a public address', { field: 'url' })
}

async function resolveAll(host: string): Promise<Address[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}
