/** Machine clients in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type { ClientRow, ClientStore } from '../clients.ts'
import type { Context } from './context.ts'

interface ClientRecord {
  id: string
  department: string
  jwk: string
  scopes: string
  created_at: number
  disabled_at: number | null
}

export function clientVerbs({ db, write, now }: Context): ClientStore {
  const insert = db.prepare<[string, string, string, string, number]>(
    'INSERT INTO clients VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING',
  )
  const byId = db.prepare<[string], ClientRecord>('SELECT * FROM clients WHERE id = ?')
  const all = db.prepare<[], ClientRecord>('SELECT * FROM clients ORDER BY department, created_at, id')
  const disable = db.prepare<[number, string]>(
    'UPDATE clients SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL',
  )
  const forget = db.prepare<[number]>('DELETE FROM client_assertions WHERE expires_at < ?')
  const note = db.prepare<[string, string, number]>(
    'INSERT INTO client_assertions VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )

  return {
    saveClient: client =>
      write(() => {
        const scopes = client.scopes.join(' ')
        insert.run(client.id, client.department, client.jwk, scopes, client.createdAt)
        const found = byId.get(client.id)!
        if (found.department !== client.department || found.scopes !== scopes) {
          throw new Refusal(
            'CLIENT_EXISTS',
            'this key is registered with another department or other scopes',
            {
              field: 'jwk',
              found: found.department,
            },
          )
        }
        return toClient(found)
      }),
    async clientById(id) {
      const record = byId.get(id)
      return record === undefined ? null : toClient(record)
    },
    async clients() {
      return all.all().map(toClient)
    },
    disableClient: (id, at) =>
      write(() => {
        disable.run(at, id)
      }),
    noteAssertion: (client, jti, expiresAt) =>
      write(() => {
        forget.run(now())
        return note.run(client, jti, expiresAt).changes === 1
      }),
  }
}

function toClient(record: ClientRecord): ClientRow {
  const { id, department, jwk, scopes, created_at: createdAt, disabled_at: disabledAt } = record
  return { id, department, jwk, scopes: scopes.split(' '), createdAt, disabledAt }
}
