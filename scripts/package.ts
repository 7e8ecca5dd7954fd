/**
 * `node scripts/package.ts FOLDER`: makes the folder that is packed and shipped. Node strips no types below node_modules, where an
 * installed package lies, so what ships is JavaScript: the same files without their types, under the same names with `.js`. Pages and
 * contracts are built already; nothing is built where the package is installed. Then: `npm pack FOLDER` (docs/production.md).
 */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(import.meta.dirname, '..')

/** Sources that run where it is installed; what only builds or tests stays here. */
const SOURCES = [
  'protocol',
  'server',
  'scripts/{cli,doctor,drills,fsck,generate,init}',
  // What drills use of the benchmark.
  'scripts/bench/{documents,gateway}.ts',
]
/** What goes as it is. */
const AS_IS = [
  'artifacts/contracts/{AnchorLog,DepartmentRegistry,GrantRegistry,StatusRegistry}.sol/*[!d].json',
  'artifacts/contracts/Verifiers.sol/*[!g].json',
  'contracts/**/*.sol',
  'deploy/**/*',
  'docs/**/*.{md,json}',
  'web/dist/**/*',
  'web/dist/**/.vite/*',
  'scripts/onceproof.mjs',
  'ARCHITECTURE.md',
  'README.md',
  'README.zh-CN.md',
  'LICENSE',
]

/** Makes the package's folder anew. Refuses (throws) when the contracts or the pages are not built. */
export function makePackage(folder: string): void {
  for (const built of ['artifacts/.onceproof-compiled', 'web/dist/app', 'web/dist/verify']) {
    if (!existsSync(join(ROOT, built)))
      throw new Error(`${built} is not there: run npm test or npm start once`)
  }
  rmSync(folder, { recursive: true, force: true })
  for (const source of SOURCES) {
    const pattern = source.endsWith('.ts') ? source : `${source}/**/*`
    for (const entry of globSync(pattern, { cwd: ROOT, withFileTypes: true })) {
      if (entry.isFile()) ship(join(entry.parentPath, entry.name).slice(ROOT.length + 1), folder)
    }
  }
  for (const pattern of AS_IS) {
    for (const entry of globSync(pattern, { cwd: ROOT, withFileTypes: true })) {
      if (entry.isFile()) copy(join(entry.parentPath, entry.name).slice(ROOT.length + 1), folder)
    }
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
}

function ship(name: string, folder: string): void {
  if (!name.endsWith('.ts')) return copy(name, folder)
  const to = join(folder, name.replace(/\.ts$/, '.js'))
  mkdirSync(dirname(to), { recursive: true })
  const stripped = stripTypeScriptTypes(readFileSync(join(ROOT, name), 'utf8'))
  // Relative specifiers, paths of threads and processes; other names that end in .ts are no modules.
  writeFileSync(to, stripped.replaceAll(/'((?:\.{1,2}\/[^'\n]*|main))\.ts'/g, "'$1.js'"))
}

function copy(name: string, folder: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  cpSync(join(ROOT, name), join(folder, name))
}

/** Without what only this repository needs. */
function manifest(): object {
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>
  const {
    private: _private,
    scripts: _scripts,
    devDependencies: _dev,
    allowScripts: _allow,
    ...shipped
  } = own
  return {
    ...shipped,
    imports: {
      '#crypto': { node: './protocol/crypto/node.js', default: './protocol/crypto/browser.js' },
    },
    engines: { node: '>=24' },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('node scripts/package.ts FOLDER')
  makePackage(folder)
}
