/** Writes `docs/configuration.md` from the table of variables in `server/config.ts`; a test holds that the two agree. */
import { writeFileSync } from 'node:fs'
import { configurationPage } from '../server/config.ts'

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage())
