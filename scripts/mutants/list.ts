import { caseMutants } from './cases.ts'
import { continuityMutants } from './continuity.ts'
import { contractMutants } from './contracts.ts'
import { formatMutants } from './formats.ts'
import { identityMutants } from './identity.ts'
import { issuingMutants } from './issuing.ts'
import { grantMutants } from './grants.ts'
import type { Mutant } from './mutant.ts'
import { paperMutants } from './papers.ts'
import { presentationMutants } from './presentations.ts'
import { serverMutants } from './server.ts'
import { signerMutants } from './signer.ts'
import { verificationMutants } from './verification.ts'

/** Every mutant. A change of the source that moves one’s text moves the mutant too: `test/project/mutants.test.ts` sees to it. */
export const mutants: Mutant[] = [
  ...verificationMutants,
  ...formatMutants,
  ...contractMutants,
  ...serverMutants,
  ...paperMutants,
  ...presentationMutants,
  ...issuingMutants,
  ...grantMutants,
  ...caseMutants,
  ...identityMutants,
  ...signerMutants,
  ...continuityMutants,
]
