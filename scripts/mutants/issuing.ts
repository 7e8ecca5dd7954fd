import type { Mutant } from './mutant.ts'

const UPLOADS = 'test/server/issuing/uploads.test.ts'
const DESK = 'test/server/issuing/desk.test.ts'
const PROPOSALS = 'test/server/issuing/proposals.test.ts'
const only = (file: string, title: string) => `${file} › ${title}`

/** What the issuing desk must not let in, let through or do twice. */
export const issuingMutants: Mutant[] = [
  {
    name: 'batch-approved-by-its-maker',
    why: 'One person alone could issue whatever he likes.',
    file: 'server/store/sqlite/batches.ts',
    find: 'if (hasHand.get(id, by) === undefined) return\n',
    replace: 'return\n',
    tests: [only(DESK, 'refuses the approval of whoever had a hand')],
  },
  {
    name: 'batch-approved-unseen',
    why: 'A maker could change rows after the checker has looked at them.',
    file: 'server/store/sqlite/batches.ts',
    find: 'record.digest === null || Buffer.compare(record.digest, digest) !== 0',
    replace: 'record.digest === null',
    tests: [only(DESK, 'refuses an approval of something else')],
  },
  {
    name: 'batch-signed-as-it-lies',
    why: 'Who alters the database between approval and signing would have his rows signed.',
    file: 'server/issuing/carry-out.ts',
    find: 'batch.digest === null || Buffer.compare(digest, batch.digest) !== 0',
    replace: 'batch.digest === null',
    tests: [only(DESK, 'issues nothing when the rows are not those')],
  },
  {
    name: 'batch-issued-twice',
    why: 'A crash after the signing would issue the whole batch again.',
    file: 'server/issuing/carry-out.ts',
    find: "onceOf('batch', id),",
    replace: 'null,',
    tests: [only(DESK, 'issues an approved batch once')],
  },
  {
    name: 'batch-rows-kept',
    why: 'A second copy of every value would stay where no erasure of a certificate reaches it.',
    file: 'server/store/sqlite/batches.ts',
    find: 'withdraw.run(now(), id)\n        eraseRows.run(id)\n',
    replace: 'withdraw.run(now(), id)\n',
    tests: [only(DESK, 'approves nothing that was withdrawn')],
  },
  {
    name: 'proposal-approved-by-its-maker',
    why: 'One person alone could revoke a certificate.',
    file: 'server/store/sqlite/proposals.ts',
    find: 'if (record.maker !== by) return\n',
    replace: 'return\n',
    tests: [only(PROPOSALS, 'refuses the proposer')],
  },
  {
    name: 'sheet-formula-let-in',
    why: 'The result that a workbook claims for a formula would be signed as a fact.',
    file: 'server/issuing/read-workbook.ts',
    find: "if (cell.f !== undefined || cell.F !== undefined) return { kind: 'formula' }\n",
    replace: '',
    tests: [only(UPLOADS, 'refuses formulas')],
  },
  {
    name: 'sheet-unpacked-without-end',
    why: 'A small workbook could fill the memory of the gateway.',
    file: 'server/issuing/zip-guard.ts',
    find: 'entry.size > RATIO_COUNTS_FROM && entry.size > entry.packed * MAX_RATIO',
    replace: 'entry.size > 99 * RATIO_COUNTS_FROM && entry.size > entry.packed * MAX_RATIO',
    tests: [only(UPLOADS, 'is refused before it is unpacked')],
  },
  {
    name: 'csv-formula-handed-out',
    why: 'A value from a stranger would run in the spreadsheet of whoever opens the bad rows.',
    file: 'server/issuing/write-csv.ts',
    find: "looksLikeFormula(cell) ? `'${cell}` : cell",
    replace: 'cell',
    tests: [only(DESK, 'hands bad rows out as CSV')],
  },
  {
    name: 'batch-recalled-and-issued',
    why: 'What was recalled while it was being signed would be issued all the same.',
    file: 'server/store/sqlite/batches.ts',
    find: '        newAnswer(0, 0, now(), null, issuing)\n',
    replace: '',
    tests: [only(DESK, 'is recalled or issued')],
  },
  {
    name: 'batch-recalled-after-it-was-issued',
    why: 'Certificates would be in the log, and their batch would say that there are none.',
    file: 'server/store/sqlite/batches.ts',
    find: "        if (earlierAnswer(issuing) !== null) throw wrongState(['approved'], 'issued')\n",
    replace: '        if (earlierAnswer(issuing) !== null) return\n',
    tests: [only(DESK, 'is recalled or issued')],
  },
]
