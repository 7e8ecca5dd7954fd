/**
 * When the disk does not take what has to be kept: nothing of the write was done. SQLite says so, or the system of a file. A database that is
 * damaged, or used wrongly, is a defect and none of this.
 */
export type StorageFault = 'DISK_FULL' | 'STORE_UNAVAILABLE'

/** What the error says of the disk; null = it is about something else. */
export function storageFaultOf(error: unknown): StorageFault | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  if (/^(?:SQLITE_FULL|ENOSPC|EDQUOT)$/.test(error.code)) return 'DISK_FULL'
  const isAway = /^(?:SQLITE_(?:IOERR|READONLY|CANTOPEN|BUSY|NOMEM)(?:_\w+)?|EROFS|EIO|EMFILE|ENFILE|EFBIG)$/
  return isAway.test(error.code) ? 'STORE_UNAVAILABLE' : null
}
