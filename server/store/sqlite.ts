/**
 * The store in one SQLite file, the embedded default. What a verb acknowledged is on the disk (WAL, `synchronous=FULL`, asserted at
 * every open). One process is meant to write; a second one is not harmful, it waits.
 */
import { failPoint } from './fail-points.ts'
import type { Store } from './store.ts'
import { batchVerbs } from './sqlite/batches.ts'
import { catalogueVerbs } from './sqlite/catalogue.ts'
import { brokenPromises, openConnection } from './sqlite/connection.ts'
import type { Context } from './sqlite/context.ts'
import { continuityVerbs } from './sqlite/continuity.ts'
import { appender } from './sqlite/appending.ts'
import { grantVerbs } from './sqlite/grants.ts'
import { groupCommit } from './sqlite/group-commit.ts'
import { holderKeyVerbs } from './sqlite/holder-keys.ts'
import { clientVerbs } from './sqlite/clients.ts'
import { reportVerbs } from './sqlite/reports.ts'
import { holderVerbs } from './sqlite/holders.ts'
import { identityVerbs } from './sqlite/identity.ts'
import { importVerbs } from './sqlite/imports.ts'
import { logVerbs } from './sqlite/log.ts'
import { proposalVerbs } from './sqlite/proposals.ts'
import { oversightVerbs } from './sqlite/oversight.ts'
import { caseVerbs } from './sqlite/cases.ts'
import { outbox } from './sqlite/outbox.ts'
import { webhookVerbs } from './sqlite/webhooks.ts'
import { matterVerbs } from './sqlite/matters.ts'
import { presentationVerbs } from './sqlite/presentations.ts'
import { representationVerbs } from './sqlite/representations.ts'
import { statementVerbs } from './sqlite/statements.ts'
import { statusListVerbs } from './sqlite/status-lists.ts'
import { transactionVerbs } from './sqlite/transactions.ts'
import { backUpBeforeUpgrade } from './sqlite/upgrade.ts'
import { alteredUses, useVerbs } from './sqlite/uses.ts'

export interface SqliteStoreOptions {
  /** Milliseconds since 1970, as `Date.now`. */
  clock: () => number
}

/**
 * Opens or creates the store at `path`; its folder must exist. One of an older schema is copied and brought to the newest. Refuses SQLITE_TOO_OLD, STORE_FORMAT (not a database of ours), STORE_NEWER
 * (written by a later release) and STORE_UNSAFE (commits would not be durable), and leaves the file as it was.
 */
export async function openSqliteStore(path: string, { clock }: SqliteStoreOptions): Promise<Store> {
  await backUpBeforeUpgrade(path, clock)
  const db = openConnection(path)
  const forgets: (() => void)[] = []
  const commits = groupCommit(db, () => {
    for (const forget of forgets) forget()
  })
  const context: Context = {
    db,
    write: commits.write,
    async accept(work) {
      const accepted = await commits.write(() => {
        failPoint('before-accept')
        return work()
      })
      failPoint('after-accept')
      return accepted
    },
    now: () => Math.floor(clock() / 1000),
    onUndo: forget => void forgets.push(forget),
  }
  const {
    findAlteredStatements,
    readCertificate,
    appendCertificate,
    appendRecord,
    appendStatusChange,
    ...statements
  } = statementVerbs(context)
  const { findAlteredHashes, seal, ...log } = logVerbs(context)
  const accepting = appender(context)
  const { forgetCatalogue, ...catalogue } = catalogueVerbs(context, accepting)
  const writers = { appendCertificate, appendRecord, appendStatusChange, seal, forgetCatalogue }
  const grants = grantVerbs(context, accepting)
  const { withheldNow, ...oversight } = oversightVerbs(context, accepting)
  const presentations = presentationVerbs(context, accepting)
  const consumers = {
    withheldBy: withheldNow,
    consumeGrant: grants.consumeGrant,
    consumePresentation: presentations.consumePresentation,
  }

  return {
    ...catalogue,
    ...statusListVerbs(context),
    ...statements,
    ...clientVerbs(context),
    ...reportVerbs(context),
    ...holderVerbs(context, readCertificate),
    ...holderKeyVerbs(context, accepting),
    ...identityVerbs(context),
    ...grants.verbs,
    ...batchVerbs(context),
    ...proposalVerbs(context),
    ...matterVerbs(context, accepting),
    ...presentations.verbs,
    ...representationVerbs(context, accepting),
    ...caseVerbs(context, accepting, outbox(context)),
    ...webhookVerbs(context, accepting),
    ...log,
    ...importVerbs(context, accepting, writers),
    ...transactionVerbs(context),
    ...continuityVerbs(context),
    ...oversight,
    ...useVerbs(context, accepting, consumers),
    async withheldBy(certificateSeq) {
      return withheldNow(certificateSeq)
    },
    isWritable: commits.isWritable,
    canWrite: commits.canWrite,
    async checkIntegrity() {
      const pages = db.prepare<[], string>('PRAGMA integrity_check').pluck().all()
      const references = db.prepare('PRAGMA foreign_key_check').all()
      return [
        ...pages.filter(line => line !== 'ok'),
        ...references.map(row => `dangling reference ${JSON.stringify(row)}`),
        ...brokenPromises(db),
        ...(await findAlteredStatements()),
        ...(await findAlteredHashes()),
        ...alteredUses(db).map(
          ({ index, what }) =>
            `use ${index + 1} ${what === 'missing' ? 'has no row' : 'differs from its statement'}`,
        ),
      ]
    },
    async close() {
      commits.close()
      db.close()
    },
  }
}
