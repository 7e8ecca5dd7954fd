/**
 * Every key that the gateway signs with: those of its own keystore, and those of departments that keep theirs elsewhere. A name
 * leads to its place, so nobody who signs has to know where a key lives.
 */
import { Refusal } from '../../protocol/refusal.ts'
import type { Keystore, NewKey, WorkerKey } from './keystore.ts'
import type { KeyInfo, KeyProvider, ToSign } from './provider.ts'

/** A department's keys for signing, wherever they are. Its key for documents is always the gateway's. */
export interface DepartmentProvider extends Pick<KeyProvider, 'publicKey' | 'sign' | 'signDigest'> {
  /** USCC. */
  readonly department: string
  list(): Promise<KeyInfo[]>
  generate(key: NewKey): Promise<KeyInfo>
  signMany(name: string, items: readonly ToSign[]): Promise<Uint8Array[]>
  close?(): void
}

export interface Keyring extends KeyProvider {
  /** Refuses as the keystore does; a provider elsewhere may refuse KEY_GENERATE_ELSEWHERE. */
  generate(key: NewKey): Promise<KeyInfo>
  signMany(name: string, items: readonly ToSign[]): Promise<Uint8Array[]>
  /** Whether the key is in this process, where worker threads can be given it. */
  isHere(name: string): boolean
  exportForWorker(name: string): WorkerKey
  close(): void
}

const DEPARTMENT_KEY = /^department\/([0-9A-Z]{18})\/(?:issuing|authority)\//

/** The keystore with these departments' providers before it. */
export function keyring(own: Keystore, elsewhere: readonly DepartmentProvider[]): Keyring {
  const byDepartment = new Map(elsewhere.map(provider => [provider.department, provider]))
  const providerOf = (name: string): DepartmentProvider | undefined => {
    const department = DEPARTMENT_KEY.exec(name)?.[1]
    return department === undefined ? undefined : byDepartment.get(department)
  }
  const placeOf = (name: string): Pick<KeyProvider, 'publicKey' | 'sign' | 'signDigest'> =>
    providerOf(name) ?? own

  return {
    async list(department) {
      const here = await own.list(department)
      if (typeof department === 'string') {
        const provider = byDepartment.get(department)
        // What the keystore may still hold under such a name is not what the department signs with.
        return provider === undefined
          ? here
          : [...here.filter(({ name }) => providerOf(name) === undefined), ...(await provider.list())]
      }
      if (department === null) return here
      const there = await Promise.all(elsewhere.map(provider => provider.list()))
      return [...here.filter(({ name }) => providerOf(name) === undefined), ...there.flat()]
    },
    generate: key => (providerOf(key.name) ?? own).generate(key),
    publicKey: name => placeOf(name).publicKey(name),
    sign: (name, data, context) => placeOf(name).sign(name, data, context),
    async signMany(name, items) {
      const provider = providerOf(name)
      if (provider !== undefined) return provider.signMany(name, items)
      return Promise.all(items.map(({ data }) => own.sign(name, data)))
    },
    signDigest: (name, digest, context) => placeOf(name).signDigest(name, digest, context),
    isHere: name => providerOf(name) === undefined,
    exportForWorker(name) {
      if (providerOf(name) === undefined) return own.exportForWorker(name)
      throw new Refusal('KEY_UNKNOWN', `key ${name} is not in this process`, { field: 'key', found: name })
    },
    kek: department => own.kek(department),
    mac: (name, data) => own.mac(name, data),
    close() {
      for (const provider of elsewhere) provider.close?.()
    },
  }
}
