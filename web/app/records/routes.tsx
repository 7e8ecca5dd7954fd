import type { RouteObject } from 'react-router'
import { ForRoles } from '../parts/for-roles.tsx'

/** Records name nobody: whoever works here, and every holder, may make them. */
export const recordPages: RouteObject[] = [
  {
    path: 'records',
    element: <ForRoles roles={['maker', 'checker', 'officer', 'supervisor', 'auditor', 'holder']} />,
    children: [
      { index: true, lazy: async () => ({ Component: (await import('./records.tsx')).Records }) },
      {
        path: 'verify',
        lazy: async () => ({ Component: (await import('./verify-record.tsx')).VerifyRecord }),
      },
      { path: ':id', lazy: async () => ({ Component: (await import('./record-page.tsx')).RecordPage }) },
    ],
  },
]
