import { useQuery } from '@tanstack/react-query'
import { api, told } from '../../api/client.ts'
import { Asked } from '../../parts/asked.tsx'
import { useWords } from '../../words.ts'
import { GrantCard } from '../grants-page.tsx'

const LOOK_AGAIN_MS = 2_000

/** The grant that came of it, until the chain has it. */
export function GivenGrant({ digest }: { digest: string }) {
  const { say } = useWords('wallet')
  const grant = useQuery({
    queryKey: ['grant', digest],
    queryFn: () => told(api.GET('/v1/grants/{digest}', { params: { path: { digest } } })),
    refetchInterval: ({ state }) =>
      state.data?.chain.state === 'final' || state.data?.chain.state === 'refused' ? false : LOOK_AGAIN_MS,
  })
  return (
    <section aria-label={say('grant')}>
      <h2>{say('grant')}</h2>
      <Asked query={grant}>{found => <GrantCard grant={found} />}</Asked>
    </section>
  )
}
