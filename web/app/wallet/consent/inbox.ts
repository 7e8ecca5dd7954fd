import { useQuery } from '@tanstack/react-query'
import { api, told } from '../../api/client.ts'
import type { paths } from '../../api/schema.d.ts'
import { useSession } from '../../session.tsx'

export type ConsentRequest =
  paths['/v1/consent-requests']['get']['responses'][200]['content']['application/json']['requests'][number]

/** While somebody looks. A request comes when a clerk presses a button in front of him. */
const LOOK_AGAIN_MS = 3_000

/** Requests for consent to whom one acts as, newest first; asked for again every few seconds while the page is seen. */
export function useInbox() {
  const session = useSession().data
  return useQuery({
    queryKey: ['inbox', session?.holder],
    queryFn: async () =>
      (await told(api.GET('/v1/consent-requests', { params: { query: { limit: '100' } } }))).requests,
    enabled: session?.role === 'holder',
    refetchInterval: LOOK_AGAIN_MS,
  })
}

export const ownParty = (request: ConsentRequest, holder: string | null) =>
  request.parties.find(party => party.holder === holder)

export const waitsForMe = (request: ConsentRequest, holder: string | null): boolean =>
  request.state === 'waiting' && ownParty(request, holder)?.state === 'waiting'
