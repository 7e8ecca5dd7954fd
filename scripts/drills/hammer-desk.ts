/** The issuing desk under the hammer: a maker uploads a batch and submits it, a checker looks at what will be signed and approves it. */
import { staffSub } from '../../server/identity/demo-people.ts'
import type { Asker, HammerClient, Hands } from './hands.ts'
import { signedIn } from './people.ts'
import { contentOf } from './told.ts'

export interface DeskOptions {
  department: string
  type: string
  /** Rows of a batch, least and most. */
  rows: readonly [number, number]
}

/** One batch from its upload to its approval; what is approved is issued by the gateway in the background. */
export function deskOperation(
  gateway: { url: string },
  hands: Hands,
  { department, type, rows: [least, most] }: DeskOptions,
): (client: HammerClient) => Promise<void> {
  let people: { maker: Asker; checker: Asker } | null = null

  return async client => {
    const { address, chance } = client
    people ??= {
      maker: signedIn(gateway, staffSub(department, 'maker'), address),
      checker: signedIn(gateway, staffSub(department, 'checker'), address),
    }
    const { maker, checker } = people
    const rows = Array.from({ length: chance.integer(least, most) }, () => client.row())
    const contents = rows.map(row => contentOf(Object.entries(row)))

    let id = ''
    const isUploaded = await hands.write(client, {
      what: 'draft',
      path: `/v1/batches?type=${type}`,
      by: maker,
      body: rows,
      placesIn: answer => {
        id = (answer as { id: string }).id
        return [{ id, rows: rows.length, contents }]
      },
    })
    if (!isUploaded) return
    const path = `/v1/batches/${id}`
    const about = { id, rows: rows.length }
    const placesIn = () => [about]
    const isSubmitted = await hands.write(client, {
      what: 'submission',
      path: `${path}/submit`,
      by: maker,
      body: {},
      about,
      placesIn,
    })
    if (!isSubmitted) return
    const summary = await hands.question<{ digest: string }>(client, {
      path: `${path}/summary`,
      by: checker,
    })
    if (summary === null) return
    const { digest } = summary
    await hands.write(client, {
      what: 'approval',
      path: `${path}/approve`,
      by: checker,
      body: { digest },
      about,
      placesIn,
    })
  }
}
