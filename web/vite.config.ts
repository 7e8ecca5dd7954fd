/** Builds the desks and the wallet into `web/dist/app`; the gateway serves them (server/http/site.ts). */
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  // What the browser asks for; `/app/…` is every page of the application.
  base: '/app/',
  plugins: [react()],
  // Read by nobody: values come from the gateway, never from the machine that built.
  envDir: false,
  publicDir: 'public',
  build: {
    outDir: resolve(import.meta.dirname, 'dist/app'),
    emptyOutDir: true,
    target: 'es2022',
    // An inlined file would need `data:` where the policy has none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_600,
    reportCompressedSize: false,
  },
})
