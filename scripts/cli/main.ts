/**
 * Starts the command line: the only file of it that reads the arguments and ends the process.
 */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import type { Writable } from 'node:stream'

// A start with compiled code at hand takes half the time. Beside the dependencies, not in a folder that anybody can write to.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/onceproof'))

process.stdout.on('error', endQuietly)
process.stderr.on('error', endQuietly)
// Imported after the cache is on, so that it is compiled from there.
const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: text => print(process.stdout, text),
  err: text => print(process.stderr, text),
})

function print(stream: Writable, text: string): Promise<void> {
  return new Promise(resolve => {
    if (stream.write(text)) resolve()
    else stream.once('drain', resolve)
  })
}

/** Whoever reads has gone: `onceproof generate … | head`. */
function endQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
}
