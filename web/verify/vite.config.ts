/** Builds what the public pages load when somebody wants more than they say without script; the gateway serves it (server/pages/files.ts). */
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig } from 'vite'

// The detector's own copy: code and WebAssembly must be of one release.
const detector = createRequire(createRequire(import.meta.url).resolve('barcode-detector/ponyfill'))

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^zxing-wasm\/reader\/zxing_reader\.wasm(?=\?|$)/,
        replacement: detector.resolve('zxing-wasm/reader/zxing_reader.wasm'),
      },
    ],
  },
  root: import.meta.dirname,
  base: '/verify/files/',
  envDir: false,
  publicDir: false,
  build: {
    outDir: resolve(import.meta.dirname, '../dist/verify'),
    emptyOutDir: true,
    target: 'es2022',
    manifest: 'manifest.json',
    assetsDir: '.',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_200,
    rolldownOptions: {
      input: {
        check: resolve(import.meta.dirname, 'check.ts'),
        scan: resolve(import.meta.dirname, 'scan.ts'),
      },
    },
  },
})
