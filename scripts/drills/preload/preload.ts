/**
 * Libraries between a process and its system, for LD_PRELOAD: C of a drill's own, compiled when it is needed.
 */
import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'

const compiler = (): string | undefined =>
  ['cc', 'gcc', 'clang'].find(name => spawnSync(name, ['--version']).status === 0)

/** Why no library can be put before a process on this machine; null = one can. */
export function missingForPreload(): string | null {
  if (process.platform !== 'linux') return 'LD_PRELOAD as on Linux is needed'
  return compiler() === undefined ? 'no C compiler' : null
}

/** The library made of a C file, in `folder`; null when this machine has no C compiler. Throws with what the compiler said. */
export function compilePreload(source: string, folder: string): string | null {
  const program = compiler()
  if (program === undefined) return null
  const library = join(folder, `${basename(source, '.c')}.so`)
  const checks = ['-O2', '-Wall', '-Wextra', '-Werror']
  const args = [...checks, '-shared', '-fPIC', '-o', library, source, '-ldl', '-lpthread']
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} does not compile ${source}:\n${stderr}`)
  return library
}

/** For the environment of a process: what is added to that of every program that it starts. */
export function forChildren(env: Readonly<Record<string, string>>): Record<string, string> {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return { PRELOAD_CHILD_ENV: lines.join('\n') }
}
