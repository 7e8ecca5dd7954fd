import type { Mutant } from './mutant.ts'

const DRAWING = 'test/server/paper/drawing.test.ts'
const PAPERS = 'test/server/paper/papers.test.ts'

const only = (file: string, title: string) => `${file} › ${title}`

/** What paper must not leave out, carry, or outlive. */
export const paperMutants: Mutant[] = [
  {
    name: 'paper-drops-a-character',
    why: 'A name would be printed without the character that no font has, and nobody would see it.',
    file: 'server/paper/fonts.ts',
    find: 'if (font === null) throw missing(character, weight, field)\n',
    replace: 'if (font === null) continue\n',
    tests: [only(DRAWING, 'refuses by name and place')],
  },
  {
    name: 'paper-of-revoked',
    why: 'A revoked certificate would be printed as if it were in force.',
    file: 'server/paper/certificate-paper.ts',
    find: "['REVOKED', 'SUPERSEDED', 'SUSPENDED'].includes(standing)",
    replace: "['SUPERSEDED', 'SUSPENDED'].includes(standing)",
    tests: [only(PAPERS, 'after revocation')],
  },
  {
    name: 'paper-of-suspended',
    why: 'A suspended certificate would be printed as if it were in force.',
    file: 'server/paper/certificate-paper.ts',
    find: "['REVOKED', 'SUPERSEDED', 'SUSPENDED'].includes(standing)",
    replace: "['REVOKED', 'SUPERSEDED'].includes(standing)",
    tests: [only(PAPERS, 'while suspended')],
  },
  {
    name: 'paper-outlives-erasure',
    why: 'The drawing of an erased certificate would stay in memory.',
    file: 'server/oversight/erasure.ts',
    find: '  forgetPapers()\n',
    replace: '',
    tests: [only(PAPERS, 'after erasure')],
  },
  {
    name: 'paper-outlives-withholding',
    why: 'The drawing of a certificate that an order withholds would stay in memory.',
    file: 'server/oversight/withholding.ts',
    find: '  forgetPapers()\n',
    replace: '',
    tests: [only(PAPERS, 'while an order withholds it')],
  },
  {
    name: 'paper-text-with-page-numbers',
    why: 'A value that goes on over pages would look edited, and people would learn not to heed the warning.',
    file: 'server/verification/pdf-worker.ts',
    find: "text += marks.includes(true) ? '' : item.str",
    replace: 'text += item.str',
    tests: [only(PAPERS, 'longer than a page')],
  },
]
