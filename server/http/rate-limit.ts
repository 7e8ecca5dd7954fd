/**
 * Token buckets by client address, in bounded memory. One bucket name has one budget, shared by all routes that name it.
 */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { Refusal, invariant } from '../../protocol/refusal.ts'
import { Unavailable } from './problem.ts'

export interface Bucket {
  /** So many requests at once … */
  readonly burst: number
  /** … and so many each second in the long run. */
  readonly perSecond: number
}

export interface RateLimiter {
  /** Takes one request from the client's bucket; throws RATE_LIMITED (429) with the time to wait when it is empty. */
  admit(bucket: string, client: string): void
  /** How many clients are remembered, over all buckets. */
  size(): number
}

export interface RateLimiterOptions {
  readonly buckets: Readonly<Record<string, Bucket>>
  /** Milliseconds that never go back. */
  readonly clock: () => number
  /** The one longest unseen is forgotten, and so has a full bucket again. */
  readonly mostClients?: number
}

/** A rate limiter. Its memory is bounded by `mostClients` (default 20,000) entries. */
export function createRateLimiter({ buckets, clock, mostClients = 20_000 }: RateLimiterOptions): RateLimiter {
  // A Map keeps the order of insertion: re-inserting on use makes its first entry the one longest unseen.
  const levels = new Map<string, { tokens: number; at: number }>()
  return {
    admit(name, client) {
      const bucket = Object.hasOwn(buckets, name) ? buckets[name] : undefined
      invariant(bucket, `no rate limit bucket is named ${name}`)
      const key = `${name} ${client}`
      const now = clock()
      const level = levels.get(key) ?? { tokens: bucket.burst, at: now }
      const refilled = (Math.max(0, now - level.at) / 1000) * bucket.perSecond
      const tokens = Math.min(bucket.burst, level.tokens + refilled)
      const isAdmitted = tokens >= 1
      levels.delete(key)
      levels.set(key, { tokens: isAdmitted ? tokens - 1 : tokens, at: now })
      if (levels.size > mostClients) {
        for (const oldest of levels.keys()) {
          levels.delete(oldest)
          break
        }
      }
      if (!isAdmitted) throw new Unavailable('RATE_LIMITED', (1 - tokens) / bucket.perSecond)
    },
    size: () => levels.size,
  }
}

/**
 * Tells clients apart by address. `X-Forwarded-For` counts only as far as declared proxies (addresses or CIDR ranges) wrote
 * it: it is read from the right, and the first address that is not a declared proxy's is the client. IPv6 clients are told
 * apart by /64, which one subscriber owns whole.
 */
export function createClientOf(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const trusted = proxyList(trustedProxies)
  const isTrusted = (address: string) =>
    trustedProxies.length > 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return request => {
    let client = plainAddress(request.socket.remoteAddress ?? '')
    const forwarded = request.headers['x-forwarded-for']
    const hops = forwarded === undefined ? [] : String(forwarded).split(',')
    while (isIP(client) !== 0 && isTrusted(client)) {
      const next = plainAddress(hops.pop()?.trim() ?? '')
      if (isIP(next) === 0) break
      client = next
    }
    return isIP(client) === 6 ? networkOf(client) : client
  }
}

/** Reads declared proxies; refuses what is neither an address nor a CIDR range. */
export function proxyList(proxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const proxy of proxies) {
    const [address = '', prefix, ...rest] = proxy.split('/')
    const family = isIP(address)
    const most = family === 6 ? 128 : 32
    const bits = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
    if (family === 0 || rest.length > 0 || !(bits >= 1 && bits <= most)) {
      throw new Refusal('CONFIG_INVALID', 'a trusted proxy is neither an address nor a CIDR range')
    }
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

/** An IPv4 address that reached an IPv6 socket is that IPv4 address. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? address.split('%')[0] ?? ''
}

/** The first 64 bits, in one spelling for all spellings of an address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  // A dotted quad at the end stands for two groups.
  const groupsOnTheRight = right.length + (right.at(-1)?.includes('.') === true ? 1 : 0)
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - groupsOnTheRight)
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4)
  return `${groups.map(group => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
