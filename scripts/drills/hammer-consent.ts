/**
 * Consent under the hammer: citizens bind their keys, sign grants and withdraw them, and a department reads by them, its own requests and
 * those of others crossing each other.
 */
import { computeAddress } from 'ethers'
import { digestOf, walletOf, type TypedData } from '../../server/demo-lives.ts'
import { staffSub } from '../../server/identity/demo-people.ts'
import type { Asker, HammerClient, Hands } from './hands.ts'
import { citizens, HOUSING, HOUSING_FIELDS, READING_DEPARTMENT, signedIn, type Citizen } from './people.ts'

/** How often a grant may be used: as often as the matter allows. */
const USES = 3

interface Holder extends Citizen {
  asks: Asker
  isBound: boolean
  /** The certificate that his grants are about; of its own, so that no order suspends it. */
  certificate: { identifier: string; leaf: string } | null
  grants: Grant[]
}

interface Grant {
  digest: string
  identifier: string
  withdrawal: TypedData
  usesLeft: number
  isWithdrawn: boolean
}

/** Operations of each client, the first clients being one citizen each; further clients only read. */
export interface ConsentOperations {
  grant(client: HammerClient): Promise<void>
  use(client: HammerClient): Promise<void>
  withdrawal(client: HammerClient): Promise<void>
}

export function consentOperations(
  gateway: { url: string },
  hands: Hands,
  issueTo: (client: HammerClient, holder: Citizen) => Promise<{ identifier: string; leaf: string } | null>,
): ConsentOperations {
  const people = citizens()
  const holders = new Map<number, Holder>()
  const grants: Grant[] = []
  let officer: Asker | null = null

  function holderOf({ n, address }: HammerClient): Holder | null {
    const citizen = people[n]
    if (citizen === undefined) return null
    const known = holders.get(n) ?? {
      ...citizen,
      asks: signedIn(gateway, citizen.sub, address),
      isBound: false,
      certificate: null,
      grants: [],
    }
    holders.set(n, known)
    return known
  }

  const officerFor = ({ address }: HammerClient): Asker =>
    (officer ??= signedIn(gateway, staffSub(READING_DEPARTMENT, 'officer'), address))

  async function bind(client: HammerClient, holder: Holder): Promise<boolean> {
    const by = holder.asks
    const wallet = walletOf(holder.id)
    const signer = computeAddress(wallet.publicKey).toLowerCase()
    const path = '/v1/holder/keys'
    const bound = await hands.question<{ keys: { signer: string }[] }>(client, { path, by })
    if (bound === null) return false
    if (bound.keys.some(key => key.signer === signer)) return true
    const challenge = await hands.question<{ nonce: string; deadline: number; typedData: TypedData }>(
      client,
      { path: `${path}/challenge`, by, body: { signer } },
    )
    if (challenge === null) return false
    const { nonce, deadline, typedData } = challenge
    const signature = wallet.sign(digestOf(typedData)).serialized
    return hands.write(client, {
      what: 'key',
      path,
      by,
      body: { signer, nonce, deadline, signature },
      placesIn: answer => [{ leaf: (answer as { leaf: string }).leaf }],
    })
  }

  async function grant(client: HammerClient): Promise<void> {
    const holder = holderOf(client)
    if (holder === null) return
    holder.isBound ||= await bind(client, holder)
    holder.certificate ??= await issueTo(client, holder)
    if (!holder.isBound || holder.certificate === null) return
    const { identifier, leaf } = holder.certificate
    const by = holder.asks

    let request = ''
    const isAsked = await hands.write(client, {
      what: 'request',
      path: '/v1/consent-requests',
      by: officerFor(client),
      body: {
        department: READING_DEPARTMENT,
        matter: HOUSING,
        refusing: 'PAPER',
        term: { template: 'THIS_MATTER', maxUses: USES },
        parties: [
          {
            number: holder.idNo,
            role: 'applicant',
            items: [{ identifier, required: HOUSING_FIELDS.slice(0, 2), optional: HOUSING_FIELDS.slice(2) }],
          },
        ],
      },
      placesIn: answer => {
        request = (answer as { id: string }).id
        return [{ id: request }]
      },
    })
    if (!isAsked) return
    const path = `/v1/consent-requests/${request}`
    if ((await hands.question(client, { path: `${path}/opening`, by, body: {} })) === null) return
    const items = [{ certificate: leaf, fields: HOUSING_FIELDS }]
    const prepared = await hands.question<{ typedData: TypedData; digest: string }>(client, {
      path: `${path}/typed-data`,
      by,
      body: { items },
    })
    if (prepared === null) return
    const { typedData, digest } = prepared
    const signature = walletOf(holder.id).sign(digestOf(typedData)).serialized
    await hands.write(client, {
      what: 'grant',
      path: `${path}/grant`,
      by,
      body: { typedData, signature },
      about: { grant: digest },
      placesIn: answer => {
        const { withdrawal } = answer as { withdrawal: TypedData }
        const given = { digest, identifier, withdrawal, usesLeft: USES, isWithdrawn: false }
        if (!holder.grants.some(one => one.digest === digest)) {
          holder.grants.push(given)
          grants.push(given)
        }
        return [{ grant: digest }]
      },
    })
  }

  async function useOf(client: HammerClient, { digest, identifier }: Grant): Promise<void> {
    await hands.write(client, {
      what: 'use',
      path: '/v1/uses',
      by: officerFor(client),
      body: { identifier, matter: HOUSING, ground: 'consent', fields: [HOUSING_FIELDS[0]], grant: digest },
      about: { grant: digest },
      placesIn: answer => {
        const { id, leaf, index, grant: of } = (answer as { use: Required<UseAnswer> }).use
        return [{ id, leaf, index, grant: of }]
      },
    })
  }

  async function use(client: HammerClient): Promise<void> {
    const open = grants.filter(({ usesLeft, isWithdrawn }) => usesLeft > 0 && !isWithdrawn)
    if (open.length === 0) return
    const chosen = client.chance.pick(open)
    chosen.usesLeft--
    await useOf(client, chosen)
  }

  /** Withdraws a grant of one's own; afterwards the department tries it, once. */
  async function withdrawal(client: HammerClient): Promise<void> {
    const holder = holderOf(client)
    const open = holder?.grants.filter(({ isWithdrawn }) => !isWithdrawn) ?? []
    if (holder === null || open.length === 0) return
    const chosen = client.chance.pick(open)
    const { digest } = chosen
    const signature = walletOf(holder.id).sign(digestOf(chosen.withdrawal)).serialized
    const isDone = await hands.write(client, {
      what: 'withdrawal',
      path: `/v1/grants/${digest}/withdrawal`,
      by: holder.asks,
      body: { signature },
      about: { grant: digest },
      placesIn: () => [{ grant: digest }],
    })
    chosen.isWithdrawn = true
    if (isDone) await useOf(client, chosen)
  }

  return { grant, use, withdrawal }
}

interface UseAnswer {
  id: string
  leaf: string
  index: number
  grant: string
}
