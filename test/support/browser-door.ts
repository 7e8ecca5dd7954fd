/**
 * The protocol as a browser loads it: `#crypto` is `browser.ts`. On Node the import condition cannot be chosen from within, so a
 * second copy of the modules is loaded under `?door=browser`, and what they import stays under it.
 */
import { registerHooks } from 'node:module'

const DOOR = '?door=browser'
const loaded: string[] = []

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (context.parentURL?.endsWith(DOOR) !== true) return nextResolve(specifier, context)
    if (specifier === '#crypto') {
      return {
        ...nextResolve('./crypto/browser.ts', { ...context, parentURL: protocol }),
        ...under('crypto/browser.ts'),
      }
    }
    const found = nextResolve(specifier, context)
    if (!found.url.startsWith(protocol)) return found
    return { ...found, ...under(found.url.slice(protocol.length)) }
  },
})

const protocol = new URL('../../protocol/', import.meta.url).href

function under(path: string): { url: string } {
  loaded.push(path)
  return { url: protocol + path + DOOR }
}

/** Imports a module of `protocol/` with everything that it imports there, through the browser's door. */
export async function throughBrowserDoor<M>(path: string): Promise<M> {
  return (await import(under(path).url)) as M
}

/** The modules that were asked for through the browser's door, relative to `protocol/`. */
export const loadedThroughBrowserDoor = (): ReadonlySet<string> => new Set(loaded)
