/** For whom one acts at the moment, for whom one may, and changing between them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, told } from '../api/client.ts'
import type { paths } from '../api/schema.d.ts'
import { useSession } from '../session.tsx'

export type Representation =
  paths['/v1/representations']['get']['responses'][200]['content']['application/json']['representations'][number]
export type Capacity = Representation['capacity']

/** `represented`: who may act for whom one acts as. `representing`: for whom one may act oneself. */
export function useRepresentations(side: 'represented' | 'representing') {
  const session = useSession().data
  return useQuery({
    queryKey: ['representations', side, session?.holder],
    queryFn: async () =>
      (await told(api.GET('/v1/representations', { params: { query: { side, limit: '100' } } })))
        .representations,
    enabled: session?.role === 'holder',
  })
}

export function useActing() {
  const session = useSession().data ?? null
  const representing = useRepresentations('representing').data
  const holder = session?.holder ?? null
  const person = session?.person ?? null
  const found = representing?.find(one => one.holder === holder && one.state === 'in-force')
  const isForOther = holder !== null && holder !== person
  const option = session?.actingFor.find(one => one.holder === holder)
  return {
    holder,
    person,
    isForOther,
    capacity: (found?.capacity ?? option?.capacity ?? 'agent') as Capacity,
    kind: isForOther ? (found?.other?.kind ?? null) : ('natural' as const),
    name: found?.other?.name ?? null,
    ownName: session?.name ?? null,
  }
}

/**
 * Acts as this holder from now on: oneself, or somebody whom one represents. The application begins anew, so that nothing of whom one acted
 * for before is left on any screen.
 */
export function useTakeHolder() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (holder: string) => {
      await queries.cancelQueries()
      return told(api.POST('/v1/session/role', { body: { role: 'holder', holder } }))
    },
    onSuccess: () => {
      queries.clear()
      location.assign('/app/wallet')
    },
  })
}
