import type { Mutant } from './mutant.ts'

const STORE = 'test/server/store/presentations.test.ts'
const HTTP = 'test/server/gateway/presentations.test.ts'

const only = (file: string, title: string) => `${file} › ${title}`

/** What a code must not give twice, too late, to another, or to who guesses. */
export const presentationMutants: Mutant[] = [
  {
    name: 'presentation-read-twice',
    why: 'A counter could read what was shown once as often as it liked.',
    file: 'server/store/sqlite/presentations.ts',
    find: "if (item.used_at !== null) return 'CODE_USED'\n",
    replace: 'if (item.used_at !== null) return null\n',
    tests: [only(STORE, 'is read once')],
  },
  {
    name: 'presentation-read-by-another',
    why: 'A department could read what was shown to another one.',
    file: 'server/store/sqlite/presentations.ts',
    find: "if (meant !== department) return 'PRESENTATION_OTHER_DEPARTMENT'\n",
    replace: '',
    tests: [only(STORE, 'is read once')],
  },
  {
    name: 'presentation-other-fields',
    why: 'A counter could read fields that the holder did not choose.',
    file: 'server/store/sqlite/presentations.ts',
    find: "if (!fields.every(field => shown.has(field))) return 'FIELD_NOT_PRESENTED'\n",
    replace: '',
    tests: [only(STORE, 'is read once')],
  },
  {
    name: 'presentation-code-for-ever',
    why: 'A photograph of a code would work for ever.',
    file: 'server/store/sqlite/presentations.ts',
    find: "if (at >= record.code_expires_at) return { refused: 'CODE_EXPIRED' }\n",
    replace: '',
    tests: [only(STORE, 'lets a code live to the second')],
  },
  {
    name: 'presentation-code-for-a-second-more',
    why: 'A code would still be taken in the second in which the next one is shown.',
    file: 'server/store/sqlite/presentations.ts',
    find: "if (at >= record.code_expires_at) return { refused: 'CODE_EXPIRED' }\n",
    replace: "if (at > record.code_expires_at) return { refused: 'CODE_EXPIRED' }\n",
    tests: [only(STORE, 'lets a code live to the second')],
  },
  {
    name: 'presentation-guesses-uncounted',
    why: 'Somebody could try all the eight digits there are.',
    file: 'server/store/sqlite/presentations.ts',
    find: 'insertGuess.run(reader.department, reader.officer, now())\n',
    replace: '',
    tests: [only(STORE, 'bears few wrong digits')],
  },
  {
    name: 'presentation-digits-twice',
    why: 'Two people would be shown the same digits, and the counter would get the wrong one.',
    file: 'server/store/migrations.ts',
    find: 'CREATE UNIQUE INDEX presentations_by_digits',
    replace: 'CREATE INDEX presentations_by_digits',
    tests: [only(STORE, 'never has the same digits alive twice')],
  },
  {
    name: 'presentation-digits-plain-hash',
    why: 'Whoever copies the database could find living digits by hashing all of them.',
    file: 'server/presentations/code.ts',
    find: 'return world.keys.mac(LOOKUP_KEY, toUtf8(`presentation:${digits}`))',
    replace: 'return tokenHash((void world, void LOOKUP_KEY, void toUtf8, digits))',
    tests: [only(HTTP, 'at rest')],
  },
  {
    name: 'presentation-foreign-code',
    why: 'A scanner at the counter would take a code that leads to another site.',
    file: 'server/presentations/code.ts',
    find: "scanned.startsWith(start) ? scanned.slice(start.length) : ''",
    replace: "scanned.slice(scanned.lastIndexOf('/') + 1)",
    tests: [only(HTTP, 'at a counter')],
  },
  {
    name: 'presentation-bound-shown-to-strangers',
    why: 'What a holder shows to one department only would be seen by whoever scans it.',
    file: 'server/presentations/show.ts',
    find: 'row.verifier === null &&\n',
    replace: '',
    tests: [only(HTTP, 'to a stranger')],
  },
  {
    name: 'presentation-renewed-without-end',
    why: 'A phone left unlocked would show certificates all day without asking who holds it.',
    file: 'server/presentations/present.ts',
    find: 'const isOver = now >= row.steppedUpAt + RENEWED_SECONDS',
    replace: 'const isOver = now < 0 && row.steppedUpAt > RENEWED_SECONDS',
    tests: [only(HTTP, 'by the clock')],
  },
  {
    name: 'presentation-of-another-holder',
    why: 'A holder could present certificates of somebody else.',
    file: 'server/presentations/present.ts',
    find: 'if (!(await holdersOfCertificate(world, certificate)).includes(holder)) throw notFound()',
    replace: 'if (holder === (await holdersOfCertificate(world, certificate)).join()) void notFound()',
    tests: [only(HTTP, 'by its holder only')],
  },
]
