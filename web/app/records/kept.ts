/** Which records were made in this browser: the gateway keeps no list of who notarized what. */
export interface KeptRecord {
  id: string
  /** Of the file; it is kept here only. */
  name: string
  size: number
  /** Seconds since 1970. */
  at: number
}

const MOST = 200
const keyOf = (account: string) => `onceproof-records-${account}`

export function keptRecords(account: string): KeptRecord[] {
  try {
    return JSON.parse(localStorage.getItem(keyOf(account)) ?? '[]') as KeptRecord[]
  } catch {
    return []
  }
}

export function keepRecord(account: string, record: KeptRecord): void {
  const others = keptRecords(account).filter(({ id }) => id !== record.id)
  localStorage.setItem(keyOf(account), JSON.stringify([record, ...others].slice(0, MOST)))
}

export const forgetRecords = (account: string): void => localStorage.removeItem(keyOf(account))
