/** Every page of the issuing desk on one screen. */
import type { RouteObject } from 'react-router'
import { ForRoles } from '../parts/for-roles.tsx'

const desk = async () => ({ Component: (await import('./desk.tsx')).Desk })

export const issuingPages: RouteObject = {
  path: 'issuing',
  children: [
    {
      element: <ForRoles roles={['maker', 'checker', 'supervisor']} />,
      children: [
        {
          lazy: desk,
          children: [
            { index: true, lazy: async () => ({ Component: (await import('./work-page.tsx')).WorkPage }) },
            {
              path: 'batches/:id',
              lazy: async () => ({ Component: (await import('./batch-page.tsx')).BatchPage }),
            },
            {
              path: 'certificates',
              lazy: async () => ({ Component: (await import('./certificates-page.tsx')).CertificatesPage }),
            },
            {
              path: 'certificates/:identifier',
              lazy: async () => ({ Component: (await import('./certificate-page.tsx')).CertificatePage }),
            },
            {
              path: 'proposals/:id',
              lazy: async () => ({ Component: (await import('./proposal-page.tsx')).ProposalPage }),
            },
            {
              path: 'corrections',
              lazy: async () => ({ Component: (await import('./corrections-page.tsx')).CorrectionsPage }),
            },
            { path: 'keys', lazy: async () => ({ Component: (await import('./keys-page.tsx')).KeysPage }) },
          ],
        },
      ],
    },
    {
      element: <ForRoles roles={['maker']} />,
      children: [
        {
          lazy: desk,
          children: [
            { path: 'new', lazy: async () => ({ Component: (await import('./new-page.tsx')).NewPage }) },
            {
              path: 'new/:code',
              lazy: async () => ({ Component: (await import('./new-batch-page.tsx')).NewBatchPage }),
            },
            {
              path: 'new/:code/form',
              lazy: async () => ({
                Component: (await import('./new-certificate-page.tsx')).NewCertificatePage,
              }),
            },
            {
              path: 'certificates/:identifier/change/:action',
              lazy: async () => ({ Component: (await import('./change-page.tsx')).ChangePage }),
            },
          ],
        },
      ],
    },
  ],
}
