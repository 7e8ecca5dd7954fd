/**
 * A workbook is a zip archive from a stranger. Before anything is unpacked its directory is read and held to limits, and
 * unpacking then stops at what the directory said: an archive can neither claim little and give much nor the other way round.
 *
 * APPNOTE.TXT 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT): §4.3.7 local header, §4.3.12 directory,
 * §4.3.16 end of directory.
 */
import { crc32, inflateRawSync } from 'node:zlib'
import { Refusal } from '../../protocol/refusal.ts'

export interface ZipEntry {
  name: string
  /** Bytes packed and unpacked, as declared. */
  packed: number
  size: number
  method: number
  crc: number
  /** Where its local header begins. */
  at: number
}

const MAX_ENTRIES = 1_000
export const MAX_UNPACKED = 64 * 1024 * 1024
/** Deflate packs at most 1032 : 1; sheets of text pack 10 to 40 : 1. */
const MAX_RATIO = 300
/** Below this a ratio says nothing. */
const RATIO_COUNTS_FROM = 1024 * 1024

const END = 0x06054b50
const ENTRY = 0x02014b50
const LOCAL = 0x04034b50
const END_BYTES = 22
const LONGEST_COMMENT = 65_535

/**
 * The directory of an archive. Refuses SHEET_FORMAT for what is no whole zip archive of the plain kind (encrypted, split and
 * zip64 ones are not) and SHEET_TOO_LARGE for one that would unpack to too much.
 */
export function readDirectory(archive: Uint8Array): ZipEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength)
  const end = findEnd(view)
  if (end === null) throw badFormat('no end of a zip directory')
  const count = view.getUint16(end + 10, true)
  const size = view.getUint32(end + 12, true)
  const start = view.getUint32(end + 16, true)
  if (view.getUint16(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count) {
    throw badFormat('an archive in several parts')
  }
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) throw badFormat('a zip64 archive')
  if (count > MAX_ENTRIES) throw tooLarge(`at most ${MAX_ENTRIES} parts`, `${count} parts`)
  if (start + size > end) throw badFormat('a directory outside of the archive')

  const entries: ZipEntry[] = []
  let at = start
  let total = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== ENTRY) throw badFormat('a broken directory')
    const flags = view.getUint16(at + 8, true)
    const nameLength = view.getUint16(at + 28, true)
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
    if (next > end) throw badFormat('a broken directory')
    if ((flags & 1) !== 0) throw badFormat('an encrypted archive')
    const entry: ZipEntry = {
      name: new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    }
    total += entry.size
    if (entry.packed === 0xffffffff || entry.size === 0xffffffff || total > MAX_UNPACKED) {
      throw tooLarge(`at most ${MAX_UNPACKED} bytes unpacked`, 'more')
    }
    if (entry.size > RATIO_COUNTS_FROM && entry.size > entry.packed * MAX_RATIO) {
      throw tooLarge(`packed at most ${MAX_RATIO} : 1`, 'packed tighter')
    }
    entries.push(entry)
    at = next
  }
  if (new Set(entries.map(({ name }) => name.toLowerCase())).size < count)
    throw badFormat('two parts of one name')
  return entries
}

/** The content of a part. Refuses SHEET_FORMAT when it is cut off or is not what the directory says. */
export function unpack(archive: Uint8Array, entry: ZipEntry): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength)
  if (entry.at + 30 > archive.length || view.getUint32(entry.at, true) !== LOCAL) {
    throw badFormat('a part that is not where the directory says')
  }
  const begin = entry.at + 30 + view.getUint16(entry.at + 26, true) + view.getUint16(entry.at + 28, true)
  if (begin + entry.packed > archive.length) throw badFormat('a part that is cut off')
  const packed = archive.subarray(begin, begin + entry.packed)
  const content = entry.method === 0 ? packed : entry.method === 8 ? inflate(packed, entry.size) : null
  if (content === null || content.length !== entry.size || crc32(content) !== entry.crc) {
    throw badFormat('a part that differs from the directory')
  }
  return content
}

function inflate(packed: Uint8Array, size: number): Uint8Array | null {
  try {
    // One byte more than declared would be a lie already.
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) })
  } catch {
    return null
  }
}

function findEnd(view: DataView): number | null {
  const last = view.byteLength - END_BYTES
  for (let at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) {
    if (
      view.getUint32(at, true) === END &&
      at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength
    )
      return at
  }
  return null
}

export const badFormat = (found: string) =>
  new Refusal('SHEET_FORMAT', 'this is not a workbook that can be read', {
    field: 'body',
    expected: 'a whole .xlsx workbook',
    found,
  })

export const tooLarge = (expected: string, found: string) =>
  new Refusal('SHEET_TOO_LARGE', 'the file would unpack to too much', { field: 'body', expected, found })
