/** Who is signed in, and as what. */
import { useQuery } from '@tanstack/react-query'
import { api, Problem, told } from './api/client.ts'
import type { paths } from './api/schema.d.ts'

export type Session = paths['/v1/session']['get']['responses'][200]['content']['application/json']
export type Role = Session['role']

/** Null: nobody is signed in. */
export function useSession() {
  return useQuery<Session | null, Problem>({
    queryKey: ['session'],
    queryFn: async () => {
      try {
        return await told(api.GET('/v1/session'))
      } catch (error) {
        if (error instanceof Problem && error.body.status === 401) return null
        throw error
      }
    },
    staleTime: 30_000,
    retry: false,
  })
}

/** Where a role begins. */
export const HOME_OF: Readonly<Partial<Record<Role, string>>> = {
  holder: '/wallet',
  maker: '/issuing',
  checker: '/issuing',
  officer: '/counter',
  supervisor: '/oversight',
  operator: '/oversight',
  auditor: '/oversight',
}

/** To the sign-in and back to this page; `stepUp` shows again who one is. */
export function signInAddress(options: { stepUp?: boolean; returnTo?: string } = {}): string {
  const { stepUp = false, returnTo = location.pathname + location.search } = options
  const query = new URLSearchParams({ returnTo })
  if (stepUp) query.set('stepUp', '1')
  return `/sign-in?${query}`
}
