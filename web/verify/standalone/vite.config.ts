/**
 * Builds `onceproof-verify.html`: style and script stand inside it, named by their digests in its own policy, so that the saved file loads
 * nothing and runs nothing else.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

// Not one space more than was digested may stand around style and script.
const page = ({ policy, style, script }: Record<'policy' | 'style' | 'script', string>) => `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>单机核验 · 一证通认</title>
<style>${style}</style>
</head>
<body>
<noscript>本文件需要 JavaScript。This file needs JavaScript.</noscript>
<script>${script}</script>
</body>
</html>
`

function oneFile(): Plugin {
  return {
    name: 'one-file',
    generateBundle(_options, bundle) {
      const [chunk] = Object.values(bundle)
      if (chunk?.type !== 'chunk') throw new Error('one chunk is expected')
      // The text of a script ends where HTML sees its end tag.
      const script = chunk.code.replaceAll('</script', '<\\/script')
      const style = readFileSync(resolve(import.meta.dirname, '../../../server/pages/style.css'), 'utf8')
      const policy = `default-src 'none'; script-src ${digest(script)}; style-src ${digest(style)}; connect-src http: https:; form-action 'none'; base-uri 'none'`
      const source = page({ policy, style, script })
      delete bundle[chunk.fileName]
      this.emitFile({ type: 'asset', fileName: 'onceproof-verify.html', source })
    },
  }
}

export default defineConfig({
  root: import.meta.dirname,
  envDir: false,
  publicDir: false,
  plugins: [oneFile()],
  build: {
    outDir: resolve(import.meta.dirname, '../../dist/verify'),
    // The other files of the pages were built into the same folder before.
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { input: resolve(import.meta.dirname, 'main.ts'), output: { format: 'iife' } },
  },
})
