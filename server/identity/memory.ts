/**
 * The memory of the demo's identity provider: sign-ins under way and codes, gone when the gateway stops (sessions of the gateway
 * are not here and go on). Bounded: the oldest entry gives way.
 */
import type { Adapter, AdapterPayload } from 'oidc-provider'

const MOST_ENTRIES = 5_000

interface Entry {
  payload: AdapterPayload
  /** Milliseconds. */
  until: number
}

/** Makes the store of each model of the provider; all share one bound. */
export function providerMemory(clock: () => number = Date.now): (model: string) => Adapter {
  const entries = new Map<string, Entry>()
  const find = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    if (entry.until > clock()) return entry.payload
    entries.delete(key)
    return undefined
  }
  return model => {
    const keyOf = (id: string) => `${model}:${id}`
    const findBy = (name: 'uid' | 'userCode', value: string) => {
      for (const key of entries.keys()) {
        const payload = key.startsWith(`${model}:`) ? find(key) : undefined
        if (payload?.[name] === value) return payload
      }
      return undefined
    }
    return {
      async upsert(id, payload, expiresIn) {
        entries.delete(keyOf(id))
        entries.set(keyOf(id), { payload, until: clock() + (expiresIn ?? 0) * 1000 })
        for (const oldest of entries.keys()) {
          if (entries.size <= MOST_ENTRIES) break
          entries.delete(oldest)
        }
      },
      find: async id => find(keyOf(id)),
      findByUid: async uid => findBy('uid', uid),
      findByUserCode: async userCode => findBy('userCode', userCode),
      async consume(id) {
        const payload = find(keyOf(id))
        if (payload !== undefined) payload.consumed = Math.floor(clock() / 1000)
      },
      async destroy(id) {
        entries.delete(keyOf(id))
      },
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key)
      },
    }
  }
}
