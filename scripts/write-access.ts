/** Writes `docs/access.md` from the access table in `server/http/access.ts`; a test holds that the two agree. */
import { writeFileSync } from 'node:fs'
import { accessPage } from '../server/http/access-page.ts'

writeFileSync(new URL('../docs/access.md', import.meta.url), accessPage())
