/** The holder’s wallet: loaded when somebody first goes there. */
import { useRoutes } from 'react-router'
import { Missing } from '../home.tsx'
import { ForRoles } from '../parts/for-roles.tsx'
import { CertificatePage } from './certificate-page.tsx'
import { CertificatesPage } from './certificates-page.tsx'
import { ConsentPage } from './consent/consent-page.tsx'
import { ConsentsPage } from './consent/consents-page.tsx'
import { FamilyPage } from './family-page.tsx'
import { WalletFrame } from './frame.tsx'
import { GrantsPage } from './grants-page.tsx'
import { KeyPage } from './keys/key-page.tsx'
import { PresentPage } from './present/present-page.tsx'
import { UsesPage } from './uses-page.tsx'

const pages = [
  {
    element: <ForRoles roles={['holder']} />,
    children: [
      {
        element: <WalletFrame />,
        children: [
          { index: true, element: <CertificatesPage /> },
          { path: 'certificates/:identifier', element: <CertificatePage /> },
          { path: 'present', element: <PresentPage /> },
          { path: 'consents', element: <ConsentsPage /> },
          { path: 'consents/:id', element: <ConsentPage /> },
          { path: 'grants', element: <GrantsPage /> },
          { path: 'uses', element: <UsesPage /> },
          { path: 'key', element: <KeyPage /> },
          { path: 'family', element: <FamilyPage /> },
          { path: '*', element: <Missing /> },
        ],
      },
    ],
  },
]

/** Everything under /wallet. */
export const Component = () => useRoutes(pages)
