import type { RouteObject } from 'react-router'
import { ForRoles } from '../parts/for-roles.tsx'

/** The counter of a department; its supervisor sees cases and uses too. */
export const counterPages: RouteObject[] = [
  {
    path: 'counter',
    element: <ForRoles roles={['officer', 'supervisor']} />,
    children: [
      {
        lazy: async () => ({ Component: (await import('./counter.tsx')).Counter }),
        children: [
          { index: true, lazy: async () => ({ Component: (await import('./desk.tsx')).Desk }) },
          { path: 'cases', lazy: async () => ({ Component: (await import('./case-list.tsx')).CaseList }) },
          {
            path: 'cases/new',
            lazy: async () => ({ Component: (await import('./open-case.tsx')).OpenCase }),
          },
          {
            path: 'cases/:id',
            lazy: async () => ({ Component: (await import('./case-page.tsx')).CasePage }),
          },
          { path: 'uses', lazy: async () => ({ Component: (await import('./uses.tsx')).Uses }) },
        ],
      },
    ],
  },
]
