import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { openConnection, type Db } from '../../../server/store/sqlite/connection.ts'
import { alteredRows, guardedTables } from '../../../server/store/sqlite/row-sums.ts'
import { temporaryFolder } from '../../support/opened-gateway.ts'

describe('check sums of rows', () => {
  let path: string
  let db: Db

  beforeEach(() => {
    path = join(temporaryFolder(), 'store.db')
    db = openConnection(path)
    db.exec(`
      INSERT INTO settings VALUES ('a', '1'), ('b', '2');
      INSERT INTO departments VALUES ('D1', '11990100MB9Y010004', 'did:web:d.example', '部门', 'Department', '[]', 7);
      INSERT INTO holders VALUES (x'0102', 'person', x'0304', 7);
      INSERT INTO batches VALUES (1, 2, 'batch');`)
  })
  afterEach(() => db.close())

  const altered = () => [...alteredRows(db)].map(({ table, row }) => `${table} ${row}`)

  /** As a disk, or another program, would do it. */
  function behind(sql: string): void {
    const other = new Database(path)
    other.pragma('foreign_keys = OFF')
    other.exec(sql)
    other.close()
  }

  it('follow every change of ours: new, changed, replaced and deleted rows, and changed keys', () => {
    db.exec(`
      UPDATE settings SET value = '3' WHERE name = 'a';
      INSERT INTO settings VALUES ('b', '4') ON CONFLICT DO UPDATE SET value = excluded.value;
      INSERT OR REPLACE INTO settings VALUES ('b', '5');
      UPDATE settings SET name = 'c' WHERE name = 'a';
      INSERT INTO settings VALUES ('d', '6');
      DELETE FROM settings WHERE name = 'd';
      DELETE FROM holders;`)
    expect(altered()).to.deep.equal([])
  })

  it('are undone with the transaction that is undone', () => {
    expect(() =>
      db.transaction(() => {
        db.exec("UPDATE settings SET value = '9'")
        throw new Error('undone')
      })(),
    ).to.throw('undone')
    expect(altered()).to.deep.equal([])
  })

  const changes: [what: string, sql: string, row: string][] = [
    ['a value', "UPDATE settings SET value = '0' WHERE name = 'a'", 'settings ["a"]'],
    ['a number', 'UPDATE departments SET created_at = 8', 'departments ["D1"]'],
    ['a blob', "UPDATE holders SET lookup = x'0305'", 'holders ["0102"]'],
    ['a row that is new', "INSERT INTO settings VALUES ('z', '')", 'settings ["z"]'],
    ['a row that is gone', "DELETE FROM settings WHERE name = 'b'", 'settings ["b"]'],
    ['a sum', "UPDATE row_sums SET sum = sum + 1 WHERE name = 'batches'", 'batches [1]'],
  ]
  for (const [what, sql, row] of changes) {
    it(`name the row when another program changes ${what}`, () => {
      behind(sql)
      expect(altered()).to.deep.equal([row])
    })
  }

  it('still name it after the file is opened again', () => {
    behind("UPDATE settings SET value = '0' WHERE name = 'a'")
    db.close()
    db = openConnection(path)
    expect(altered()).to.deep.equal(['settings ["a"]'])
  })

  it('are made anew when the schema has another column', () => {
    db.close()
    behind('ALTER TABLE settings ADD COLUMN note TEXT')
    db = openConnection(path)
    expect(altered()).to.deep.equal([])
  })

  it('are kept for every table but those that prove themselves', () => {
    const all = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      .pluck()
      .all()
    const guarded = new Set(guardedTables(db).map(({ table }) => table))
    expect(all.filter(table => !guarded.has(table)).sort()).to.deep.equal([
      'certificates',
      'leaves',
      'row_sums',
      'statements',
      'status_order',
      'tiles',
    ])
  })
})
