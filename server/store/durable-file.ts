import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

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
