/**
 * What a power cut leaves: undoes below a folder what was not synced, from the notes of `forget.c`, when the processes have been killed.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Chance } from '../../generate/random.ts'
import { compilePreload, forChildren } from '../preload/preload.ts'

/** A folder whose unsynced changes can be taken back. */
export interface ForgetfulFolder {
  /** For the environment of every process that works on the folder. */
  env: Record<string, string>
  /** The power goes for all of those processes in the middle of the n-th sync from now, whoever asks for it. */
  endAtSync: (n: number) => void
  /** Takes the changes back, when those processes are gone. Without `chance` nothing stays that was not synced, with it some does. */
  cut: (chance?: Chance) => Forgotten
}

export interface Forgotten {
  /** Changes of files and of directory entries since the beginning. */
  changes: number
  /** Of these, how many were not synced, and of those how many are gone in whole or in part. */
  unsynced: number
  undone: number
  /** What was done to the folder that is not modelled: the cut proves nothing about it. */
  notModelled: string[]
}

/** The library, compiled into `folder`; null when this machine has no C compiler. Throws with what the compiler said. */
export const compileForget = (folder: string): string | null =>
  compilePreload(join(import.meta.dirname, 'forget.c'), folder)

export interface ForgetOptions {
  library: string
  /** Without symbolic links. What is in it now counts as synced. */
  root: string
  /** A new folder beside the root. */
  journal: string
  /** File names with this end are never synced. */
  deaf?: string
}

export function forgetfulFolder({ library, root, journal, deaf }: ForgetOptions): ForgetfulFolder {
  mkdirSync(join(journal, 'inodes'), { recursive: true, mode: 0o700 })
  const control = controlFile(join(journal, 'control'))
  return {
    endAtSync: n => control.set(SYNCS_LEFT, n),
    env: {
      FORGET_CONTROL: control.path,
      LD_PRELOAD: library,
      FORGET_ROOT: root,
      FORGET_JOURNAL: journal,
      // Writes of io_uring pass no function of the C library.
      UV_USE_IO_URING: '0',
      ...(deaf !== undefined && { FORGET_DEAF: deaf }),
    },
    cut(chance) {
      const notes = readNotes(journal)
      const changes = notes.filter(isChange)
      const unsynced = unsyncedIn(notes)
      const kept = keptOf(unsynced, chance)
      const undone = undoFiles(journal, unsynced.filter(isOfFile), chance)
      undoEntries(
        journal,
        unsynced.filter(note => isOfEntry(note) && !kept.has(note)),
      )
      dropSharedMemory(root)
      rmSync(journal, { recursive: true })
      return {
        changes: changes.length,
        unsynced: unsynced.length,
        undone: undone + unsynced.filter(note => isOfEntry(note) && !kept.has(note)).length,
        notModelled: [...new Set(notes.filter(({ kind }) => kind === 'unknown').map(({ path }) => path))],
      }
    },
  }
}

// ---- the notes

const KINDS = [
  'write',
  'cut',
  'sync',
  'create',
  'remove',
  'rename',
  'make directory',
  'remove directory',
  'sync directory',
  'unknown',
] as const

interface Note {
  kind: (typeof KINDS)[number]
  time: bigint
  inode: string
  offset: number
  length: number
  oldSize: number
  path: string
  /** What stood where it was written, or behind where the file was cut. */
  old: Buffer
}

const MAGIC = 0x46524754
const HEAD_BYTES = 56

const isOfFile = ({ kind }: Note) => kind === 'write' || kind === 'cut'
const isOfEntry = ({ kind }: Note) => !isOfFile({ kind } as Note) && !/^(sync|unknown)/.test(kind)
const isChange = (note: Note) => isOfFile(note) || isOfEntry(note)

/** In the order in which it happened. */
function readNotes(journal: string): Note[] {
  const notes = readdirSync(journal)
    .filter(name => name.endsWith('.journal'))
    .flatMap(name => notesIn(readFileSync(join(journal, name))))
  return notes.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}

/** A last note that a kill cut short was noted before its change was made: there is nothing to undo. */
function notesIn(bytes: Buffer): Note[] {
  const notes: Note[] = []
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    if (bytes.readUInt32LE(at) !== MAGIC) throw new Error(`the notes cannot be read at byte ${at}`)
    const whole = (offset: number) => Number(bytes.readBigUInt64LE(at + offset))
    const pathAt = at + HEAD_BYTES
    const oldAt = pathAt + bytes.readUInt32LE(at + 48)
    const end = oldAt + bytes.readUInt32LE(at + 52)
    if (end > bytes.length) break
    notes.push({
      kind: KINDS[bytes.readUInt32LE(at + 4) - 1]!,
      time: bytes.readBigUInt64LE(at + 8),
      inode: String(bytes.readBigUInt64LE(at + 16)),
      offset: whole(24),
      length: whole(32),
      oldSize: whole(40),
      path: bytes.toString('utf8', pathAt, oldAt),
      old: bytes.subarray(oldAt, end),
    })
    at = end
  }
  return notes
}

/** The directory whose entries it changes. A renamed file keeps its directory here. */
const directoryOf = ({ path }: Note): string => dirname(path.split('\n').at(-1)!)

/** Every change that no sync came after. */
function unsyncedIn(notes: readonly Note[]): Note[] {
  const syncedFiles = new Set<string>()
  const syncedDirectories = new Set<string>()
  return notes
    .toReversed()
    .filter(note => {
      if (note.kind === 'sync') syncedFiles.add(note.inode)
      if (note.kind === 'sync directory') syncedDirectories.add(note.path)
      if (isOfFile(note)) return !syncedFiles.has(note.inode)
      return isOfEntry(note) && !syncedDirectories.has(directoryOf(note))
    })
    .reverse()
}

/** Of a directory's changes the first ones stay, up to a chosen one: file systems keep their order. */
function keptOf(unsynced: readonly Note[], chance: Chance | undefined): Set<Note> {
  if (chance === undefined) return new Set()
  const entries = Map.groupBy(unsynced.filter(isOfEntry), directoryOf)
  return new Set([...entries.values()].flatMap(notes => notes.slice(0, chance.integer(0, notes.length))))
}

// ---- undoing

const SECTOR = 512

/** Newest first, so that every undo finds what its change left. Then what stays is done again, in order. Returns how many are gone. */
function undoFiles(journal: string, notes: readonly Note[], chance: Chance | undefined): number {
  const files = new Map<string, number>()
  const fileOf = (inode: string) => {
    const file = files.get(inode) ?? openSync(join(journal, 'inodes', inode), 'r+')
    files.set(inode, file)
    return file
  }
  try {
    const redo = notes.toReversed().map(note => {
      const file = fileOf(note.inode)
      const size = fstatSync(file).size
      const written =
        note.kind === 'write' ? readAt(file, note.offset, Math.min(note.length, size - note.offset)) : null
      if (note.old.length > 0) writeSync(file, note.old, 0, note.old.length, note.offset)
      ftruncateSync(file, note.oldSize)
      return { note, written }
    })
    let gone = 0
    for (const { note, written } of redo.reverse()) {
      const fate = chance?.pick(['gone', 'torn', 'whole'] as const) ?? 'gone'
      if (fate !== 'whole') gone++
      if (fate === 'gone') continue
      if (written === null) ftruncateSync(fileOf(note.inode), note.offset)
      else
        for (const [from, to] of sectors(note.offset, written.length)) {
          if (fate === 'torn' && chance?.happens(0.5)) continue
          writeSync(fileOf(note.inode), written, from, to - from, note.offset + from)
        }
    }
    return gone
  } finally {
    for (const file of files.values()) closeSync(file)
  }
}

function readAt(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, length))
  readSync(file, bytes, 0, bytes.length, offset)
  return bytes
}

/** From and to within what was written, at the borders of the disk's sectors. */
function* sectors(offset: number, length: number): Generator<[number, number]> {
  for (let from = 0; from < length;) {
    const to = Math.min(length, from + SECTOR - ((offset + from) % SECTOR))
    yield [from, to]
    from = to
  }
}

function undoEntries(journal: string, notes: readonly Note[]): void {
  const back = (inode: string, path: string) => linkSync(join(journal, 'inodes', inode), path)
  for (const { kind, path, inode, offset } of notes.toReversed()) {
    const [from = '', to = ''] = path.split('\n')
    // What had its own directory removed has no name to come back to.
    if (!existsSync(dirname(from))) continue
    if (kind === 'create') rmSync(from, { force: true })
    else if (kind === 'remove') {
      if (!existsSync(from)) back(inode, from)
    } else if (kind === 'rename') {
      if (existsSync(to)) renameSync(to, from)
      if (offset !== 0) back(String(offset), to)
    } else if (kind === 'make directory') rmSync(path, { recursive: true, force: true })
    else mkdirSync(path, { recursive: true, mode: 0o700 })
  }
}

/** SQLite's shared memory is never synced, and made anew when the first process opens the database. */
function dropSharedMemory(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('-shm')) unlinkSync(join(folder, name))
  }
}

// ---- faults of the disk

export type DiskFault = 'ENOSPC' | 'EROFS' | 'EIO'

export interface FaultyDisk {
  env: Record<string, string>
  /** From now on what would change anything below the root fails so; null = nothing fails. */
  fail: (how: DiskFault | null) => void
  /** The same for what the processes that are started by those with `env` would change. */
  failChildren: (how: DiskFault | null) => void
}

const ERRNO: Record<DiskFault, number> = { ENOSPC: 28, EROFS: 30, EIO: 5 }

/** A disk below `root` that can be made full, read-only or broken while processes work on it. `control` is a new file outside. */
export function faultyDisk(library: string, root: string, control: string): FaultyDisk {
  const own = controlFile(control)
  const children = controlFile(`${control}-children`)
  const env = { LD_PRELOAD: library, FORGET_ROOT: root, UV_USE_IO_URING: '0' }
  const set = (file: typeof own) => (how: DiskFault | null) => file.set(FAULT, how === null ? 0 : ERRNO[how])
  return {
    env: {
      ...env,
      FORGET_CONTROL: own.path,
      ...forChildren({ ...env, FORGET_CONTROL: children.path }),
    },
    fail: set(own),
    failChildren: set(children),
  }
}

// ---- what the library reads while it works

/** Where they stand in `struct control`. */
const FAULT = 0
const SYNCS_LEFT = 4
const CONTROL_BYTES = 64

function controlFile(path: string) {
  writeFileSync(path, Buffer.alloc(CONTROL_BYTES))
  return {
    path,
    set(offset: number, value: number) {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32LE(value)
      const file = openSync(path, 'r+')
      try {
        writeSync(file, bytes, 0, bytes.length, offset)
      } finally {
        closeSync(file)
      }
    },
  }
}
