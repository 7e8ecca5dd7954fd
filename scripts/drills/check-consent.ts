/**
 * The oracle of consent: every grant that was acknowledged is kept as it was signed and is on chain once, every withdrawal ended its
 * grant here and on chain, every use is in the trail once and counted once, and after a withdrawal that was acknowledged there is none.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { chainHolder } from '../../protocol/grant.ts'
import type { Trust } from '../../protocol/trust.ts'
import type { Rpc } from '../../server/chain/rpc.ts'
import { contractReader } from '../../server/chain/view.ts'
import { digestOf, type TypedData } from '../../server/demo-lives.ts'
import { argumentsOf } from './anchored-once.ts'
import { eachAtOnce, LOOK_EVERY_MS, read, type PartCheck } from './asking.ts'
import type { HammeredGateway } from './hammer.ts'
import { READING_DEPARTMENT } from './people.ts'
import type { Told } from './told.ts'

export interface ConsentFacts {
  rpc: Rpc
  trust: Trust
  lines: readonly Told[]
  /** Longest wait until what was accepted is on chain, in milliseconds. */
  patienceMs: number
}

/** What the gateway shows of a grant. */
interface Shown {
  signer: string
  typedData: TypedData
  used: number
  withdrawn: object | null
  chain: { state: string; refusal: string | null }
}

/** One entry of the department's trail. */
interface Entry {
  id: string
  grant: string | null
  leaf: string
  index: number
  refused: string | null
}

/** Everything that clients were told of one grant. */
interface Story {
  isGiven: boolean
  withdrawals: Told[]
  /** Answers under one key belong together. */
  uses: Told[][]
}

/** What a use says that comes after the withdrawal. */
const ENDED = 'GRANT_WITHDRAWN'

/** Returns refused attempts, which nobody is told the place of, as statements that were told. */
export async function checkConsent(gateway: HammeredGateway, facts: ConsentFacts): Promise<PartCheck> {
  const { rpc, trust, lines } = facts
  const check: PartCheck = { violations: [], lost: 0, statements: [] }
  const requests = lines.flatMap(({ told, what, id }) =>
    told === 'stored' && what === 'request' ? [id!] : [],
  )
  await eachAtOnce(requests, async id => {
    if ((await read(gateway, `/v1/consent-requests/${id}`)) !== null) return
    check.lost++
    check.violations.push(`request for consent ${id}: the gateway does not have it`)
  })

  const stories = storiesIn(lines)
  if (stories.size === 0) return check
  await eachAtOnce([...stories], async ([digest, story]) => {
    const wrong = await checkGrant(gateway, facts, digest, story)
    if (wrong.length > 0) check.lost++
    check.violations.push(...wrong)
  })
  check.violations.push(...(await checkEvents(rpc, trust, stories)))
  await checkTrail(gateway, stories, check)
  return check
}

function storiesIn(lines: readonly Told[]): Map<string, Story> {
  const byGrant = Map.groupBy(
    lines.filter(({ grant }) => grant !== undefined),
    ({ grant }) => grant!,
  )
  return new Map(
    [...byGrant].map(([digest, about]) => [
      digest,
      {
        isGiven: about.some(({ told, what }) => told === 'stored' && what === 'grant'),
        withdrawals: about.filter(({ what }) => what === 'withdrawal'),
        uses: [
          ...Map.groupBy(
            about.filter(({ what }) => what === 'use'),
            ({ key }) => key,
          ).values(),
        ],
      },
    ]),
  )
}

const isDone = (line: Told): boolean => line.told === 'stored' || line.told === 'accepted'
const isRefused = (line: Told): boolean => line.told === 'refused'
/** None of its answers arrived: it may have been done or not. */
const isOpen = (answers: readonly Told[]): boolean =>
  answers.length > 0 && !answers.some(line => isDone(line) || isRefused(line))
const firstAsked = (answers: readonly Told[]): number => Math.min(...answers.map(({ asked }) => asked))

/** What is wrong with one grant; waits until it has reached the chain. */
async function checkGrant(
  gateway: HammeredGateway,
  { rpc, trust, patienceMs }: ConsentFacts,
  digest: string,
  { isGiven, withdrawals, uses }: Story,
): Promise<string[]> {
  if (!isGiven) return []
  const name = `grant ${digest}`
  let shown = await shownOf(gateway, digest)
  if (shown === null) return [`${name}: the gateway does not have it`]
  if (digestOf(shown.typedData) !== digest) return [`${name}: what is kept is not what was signed`]

  const isWithdrawn = withdrawals.some(isDone)
  if (isWithdrawn && shown.withdrawn === null)
    return [`${name}: its withdrawal was acknowledged, and it is not withdrawn`]
  if (withdrawals.length === 0 && shown.withdrawn !== null)
    return [`${name}: nobody withdrew it, and it is withdrawn`]

  const wrong: string[] = []
  const counted = uses.filter(answers => answers.some(isDone)).length
  const mayCount = counted + uses.filter(isOpen).length
  if (shown.used < counted || shown.used > mayCount)
    wrong.push(`${name}: ${counted} uses were acknowledged, and it counts ${shown.used}`)

  const ask = contractReader(rpc, trust.contracts, 'latest')
  const holder = chainHolder(shown.signer)
  const began = performance.now()
  for (;;) {
    const [grantedAt, withdrawnAt] = await ask('GrantRegistry', 'stateOf', [holder, digest])
    if (isWithdrawn && Number(withdrawnAt) !== 0) return wrong
    if (!isWithdrawn && Number(grantedAt) !== 0 && shown.chain.state === 'final') return wrong
    if (isOpen(withdrawals) && shown.withdrawn !== null) return wrong
    if (shown.chain.state === 'refused' && shown.withdrawn === null)
      return [...wrong, `${name}: it was accepted, then refused: ${shown.chain.refusal ?? ''}`]
    if (performance.now() - began > patienceMs)
      return [...wrong, `${name}: ${isWithdrawn ? 'its withdrawal' : 'it'} does not become final on chain`]
    await pause(LOOK_EVERY_MS)
    shown = (await shownOf(gateway, digest)) ?? shown
  }
}

async function shownOf(gateway: HammeredGateway, digest: string): Promise<Shown | null> {
  const answer = await read(gateway, `/v1/grants/${digest}`)
  return answer === null ? null : (JSON.parse(answer.toString()) as Shown)
}

/** One event for each grant and each withdrawal; none of a withdrawal that nobody asked for. */
async function checkEvents(rpc: Rpc, trust: Trust, stories: ReadonlyMap<string, Story>): Promise<string[]> {
  const { address } = trust.contracts.GrantRegistry
  const timesOf = async (event: string) =>
    Map.groupBy(
      (await argumentsOf(rpc, address, 'GrantRegistry', event)).map(([, digest]) => String(digest)),
      d => d,
    )
  const [granted, withdrawn] = [await timesOf('Granted'), await timesOf('Withdrawn')]
  const violations: string[] = []
  for (const [digest, { withdrawals }] of stories) {
    const [given, ended] = [granted.get(digest)?.length ?? 0, withdrawn.get(digest)?.length ?? 0]
    if (given > 1) violations.push(`grant ${digest} was recorded ${given} times`)
    if (ended > 1) violations.push(`grant ${digest} was withdrawn ${ended} times`)
    if (ended > 0 && withdrawals.length === 0)
      violations.push(`grant ${digest} is withdrawn on chain, and nobody asked for it`)
  }
  return violations
}

/** Acknowledged uses against the trail, and both against the withdrawals. */
async function checkTrail(
  gateway: HammeredGateway,
  stories: ReadonlyMap<string, Story>,
  check: PartCheck,
): Promise<void> {
  const trail = await trailOf(gateway)
  const byGrant = Map.groupBy(trail, ({ grant }) => grant)
  for (const [digest, { withdrawals, uses }] of stories) {
    const entries = byGrant.get(digest) ?? []
    const endedAt = Math.min(...withdrawals.filter(isDone).map(({ at }) => at), Infinity)
    const askedToEndAt = Math.min(...withdrawals.map(({ asked }) => asked), Infinity)
    const told = new Set<string>()
    let refusals = 0
    for (const answers of uses) {
      const done = answers.find(isDone)
      const refused = answers.find(isRefused)
      if (done !== undefined) {
        told.add(done.id!)
        const found = entries.filter(({ id, refused: code }) => id === done.id && code === null)
        if (found.length !== 1 || found[0]!.leaf !== done.leaf || found[0]!.index !== done.index) {
          check.lost++
          check.violations.push(`use ${done.id} (key ${done.key}): the trail has it ${found.length} times`)
        }
        if (firstAsked(answers) > endedAt)
          check.violations.push(`use ${done.id} (key ${done.key}): the grant ${digest} was withdrawn before`)
      } else if (refused !== undefined) {
        refusals++
        if (refused.code !== ENDED || refused.at < askedToEndAt)
          check.violations.push(
            `use of the grant ${digest} (key ${refused.key}) was refused: ${refused.code}`,
          )
      }
    }
    const attempts = entries.filter(({ refused }) => refused !== null)
    if (attempts.length < refusals)
      check.violations.push(
        `grant ${digest}: ${refusals} refusals were told, and the trail has ${attempts.length}`,
      )
    for (const { id } of entries) {
      const isTold = told.has(id) || attempts.some(attempt => attempt.id === id) || uses.some(isOpen)
      if (!isTold) check.violations.push(`nobody was told of the use ${id} of the grant ${digest}`)
    }
    for (const { id, leaf, index } of attempts)
      check.statements.push({
        told: 'accepted',
        what: 'use',
        key: `attempt ${id}`,
        asked: 0,
        at: 0,
        id,
        leaf,
        index,
      })
  }
}

/** Everything that the department read or tried to. */
async function trailOf(gateway: HammeredGateway): Promise<Entry[]> {
  const path = `/v1/departments/${READING_DEPARTMENT}/uses?side=read&limit=200`
  const entries: Entry[] = []
  for (let before: number | null = null; ;) {
    const answer = await read(gateway, before === null ? path : `${path}&before=${before}`)
    const page = JSON.parse(answer?.toString() ?? '{"uses":[],"before":null}') as {
      uses: Entry[]
      before: number | null
    }
    entries.push(...page.uses)
    if (page.before === null) return entries
    before = page.before
  }
}
