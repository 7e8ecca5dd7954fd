import { useQuery } from '@tanstack/react-query'
import { api, told } from '../../api/client.ts'
import type { paths } from '../../api/schema.d.ts'
import { useSession } from '../../session.tsx'

export type Keys = paths['/v1/holder/keys']['get']['responses'][200]['content']['application/json']
export type Key = Keys['keys'][number]

/** One's own keys, whomever one acts for, and where their signatures count. */
export function useKeys() {
  const person = useSession().data?.person
  return useQuery({ queryKey: ['keys', person], queryFn: () => told(api.GET('/v1/holder/keys')) })
}

export const activeKey = (keys: Keys): Key | null => keys.keys.find(({ state }) => state === 'active') ?? null
export const waitingKey = (keys: Keys): Key | null =>
  keys.keys.find(({ state }) => state === 'waiting') ?? null
