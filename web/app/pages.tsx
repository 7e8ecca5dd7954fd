/** Every page of the application on one screen. Each area is loaded when somebody first goes there. */
import type { RouteObject } from 'react-router'
import { counterPages } from './counter/routes.tsx'
import { Home, Missing } from './home.tsx'
import { issuingPages } from './issuing/routes.tsx'
import { Broken } from './parts/broken.tsx'
import { ForRoles } from './parts/for-roles.tsx'
import { recordPages } from './records/routes.tsx'
import { Shell } from './shell.tsx'

export const pages: RouteObject[] = [
  {
    element: <Shell />,
    errorElement: <Broken />,
    children: [
      { index: true, element: <Home /> },
      {
        element: <ForRoles roles={['supervisor', 'operator', 'auditor']} />,
        children: [{ path: 'oversight', lazy: () => import('./oversight/overview.tsx') }],
      },
      {
        path: 'wallet/*',
        lazy: () => import('./wallet/pages.tsx'),
      },
      issuingPages,
      ...counterPages,
      ...recordPages,
      { path: '*', element: <Missing /> },
    ],
  },
]
