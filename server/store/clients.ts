/** Machine clients of departments. */

export interface ClientRow {
  id: string
  /** Code. */
  department: string
  /** Public JWK, JSON. */
  jwk: string
  /** `action:department:type`. */
  scopes: string[]
  createdAt: number
  disabledAt: number | null
}

export interface ClientStore {
  /** Refuses CLIENT_EXISTS for another department or other scopes under the same id; the same again is a no-op. */
  saveClient(client: ClientRow): Promise<ClientRow>
  clientById(id: string): Promise<ClientRow | null>
  clients(): Promise<ClientRow[]>
  /** For good; a no-op when it is disabled. */
  disableClient(id: string, at: number): Promise<void>
  /** Notes an assertion until it expires; false when it was shown before. Survives a crash, so that a restart is no second chance. */
  noteAssertion(client: string, jti: string, expiresAt: number): Promise<boolean>
}
