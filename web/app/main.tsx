import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createBrowserRouter } from 'react-router'
import { RouterProvider } from 'react-router/dom'
import { Problem } from './api/client.ts'
import { takeFromAddress } from './language.ts'
import { pages } from './pages.tsx'
import { SettingsProvider } from './settings.tsx'
import './style.css'

takeFromAddress(new URL(location.href))

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused is refused again; what was lost may come.
      retry: (count, error) => count < 2 && error instanceof Problem && error.body.status === 0,
    },
  },
})

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
const root = document.getElementById('app')
if (root === null) throw new Error('the page has no place for the application')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <SettingsProvider nonce={nonce}>
        <RouterProvider router={createBrowserRouter(pages, { basename: '/app' })} />
      </SettingsProvider>
    </QueryClientProvider>
  </StrictMode>,
)
