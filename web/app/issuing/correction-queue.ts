import { useQuery } from '@tanstack/react-query'
import { api, told } from '../api/client.ts'
import { useSession } from '../session.tsx'
import type { Correction, Objection } from './shapes.ts'

interface Queues {
  corrections: Correction
  objections: Objection
}

/** What people asked the own department: those whose time is over first. */
export function useCorrections<Name extends keyof Queues>(queue: Name, open: boolean) {
  const session = useSession()
  const code = session.data?.department ?? null
  return useQuery({
    queryKey: ['queue', queue, code, open],
    queryFn: async (): Promise<Queues[Name][]> => {
      const params = { path: { code: code! }, query: { open: open ? ('true' as const) : ('false' as const) } }
      if (queue === 'corrections') {
        const { corrections } = await told(api.GET('/v1/departments/{code}/corrections', { params }))
        return corrections as Queues[Name][]
      }
      const { objections } = await told(api.GET('/v1/departments/{code}/objections', { params }))
      return objections as Queues[Name][]
    },
    enabled: code !== null,
  })
}
