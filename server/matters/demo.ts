/** The demonstration region's matters, templates of consent and purposes. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const word = z.strictObject({ code: z.string().regex(/^[A-Z_]{2,40}$/), zh: z.string(), en: z.string() })
/** ISO 8601. */
const duration = z.string().regex(/^P(?:\d+D|T\d+[HM])$/)

const file = z.strictObject({
  format: z.literal('onceproof-matters/1'),
  synthetic: z.literal(true),
  purposes: z.array(word),
  consentTemplates: z.array(
    word.extend({
      maxUses: z.int().nullable(),
      validity: duration,
      maxValidity: duration.optional(),
    }),
  ),
  matters: z.array(z.unknown()),
})

export type DemoMatters = z.infer<typeof file>

let demo: DemoMatters | undefined

/** Read once. Its matters are checked when they are published. */
export function demoMatters(): DemoMatters {
  demo ??= file.parse(JSON.parse(readFileSync(new URL('demo-matters.json', import.meta.url), 'utf8')))
  return demo
}
