/**
 * Resident memory of processes, as Linux tells it (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html).
 */
import { readFileSync } from 'node:fs'

/** Bytes that are resident now, and the most that ever were; 0 of a process that is gone, and where the system does not tell. */
export function residentBytes(pid: number): { now: number; peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const bytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024
    return { now: bytes('VmRSS'), peak: bytes('VmHWM') }
  } catch {
    return { now: 0, peak: 0 }
  }
}
