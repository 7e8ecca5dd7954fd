/**
 * Type check of what browsers run and of the tests that drive them, against the API as it is now: the API’s types are written from its own description first, so the two
 * cannot drift apart.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'
import { apiDocument } from '../server/app.ts'
import type { OpenApiDocument } from '../server/http/openapi.ts'

const HEAD = '/** Written by scripts/check-pages.ts from the API description. */\n\n'

const description = withOneProblem(apiDocument()) as unknown as Parameters<typeof openapiTS>[0]
writeFileSync('web/app/api/schema.d.ts', HEAD + astToString(await openapiTS(description)))
const failed = ['web', 'test/browser'].filter(project => !holds(project))
process.exit(failed.length === 0 ? 0 : 1)

function holds(project: string): boolean {
  const args = ['node_modules/tsc/bin/tsc', '--project', project]
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0
}

/** Every refusal has one shape; said once for each operation instead of once for each status. */
function withOneProblem(document: OpenApiDocument): OpenApiDocument {
  const copy = structuredClone(document)
  for (const operation of Object.values(copy.paths).flatMap(path => Object.values(path))) {
    const responses = operation['responses'] as Record<string, unknown>
    const problem = Object.entries(responses).find(([status]) => status >= '400')?.[1] as { content: unknown }
    for (const status of Object.keys(responses)) if (status >= '400') delete responses[status]
    responses['default'] = { description: 'Problem', content: problem.content }
  }
  return copy
}
