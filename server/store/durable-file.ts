import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Replaces the file at `path` by `text`. When this returns, the new content survives a power cut; a crash on the way
 * leaves the old content, or no file where there was none, never half of one. `mode` is the file's permission bits.
 */
export function writeFileDurably(path: string, text: string, mode: number): void {
  const draft = `${path}.new`
  const file = openSync(draft, 'w', mode)
  try {
    // A draft left by a crash keeps its old permissions when it is opened again.
    fchmodSync(file, mode)
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  syncDirectory(dirname(path))
}

/** Makes what another program or library wrote into a file durable. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Makes the directory at `path` and those above it that are missing. When this returns they survive a power cut: without it the whole
 * directory could be gone, with every file in it that was synced. `mode` is the permission bits of each that is made.
 */
export function makeDirectoryDurably(path: string, mode: number): void {
  const made = mkdirSync(path, { recursive: true, mode })
  if (made === undefined) return
  const first = dirname(resolve(made))
  for (let above = dirname(resolve(path)); above.length >= first.length; above = dirname(above)) {
    syncDirectory(above)
    if (above === dirname(above)) return
  }
}

/** Makes the directory's entries durable. Windows cannot open a directory, and needs no such step. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
