/** Sound requests for what concerns holders' keys, consent and grants; each by somebody whom no other example knows. */
import { accountSigner } from '../../contracts/signers.ts'
import { answerOf, type OpenedGateway } from '../../support/opened-gateway.ts'
import {
  ask,
  bind,
  challenge,
  digestOf,
  grantOf,
  newHolder,
  partyOf,
  prepare,
  publishHousing,
  type Holder,
} from '../grants/holders.ts'
import type { Example, MakeExample } from './examples.ts'

let keys = 0
const newKey = () => accountSigner(`key ${++keys} of an example`)

const post = (path: string, body: unknown, holder: Holder, status = 200): Example => ({
  path,
  method: 'POST',
  body,
  status,
  as: holder.who,
})
const get = (path: string, holder: Holder): Example => ({ path, method: 'GET', status: 200, as: holder.who })

const byHolder =
  (make: (holder: Holder, gateway: OpenedGateway) => Example | Promise<Example>): MakeExample =>
  async ({ gateway }) => {
    await publishHousing(gateway)
    return make(await newHolder(gateway), gateway)
  }

/** By somebody who has a key in effect. */
const bySigner = (
  make: (
    holder: Holder,
    signer: ReturnType<typeof newKey>,
    gateway: OpenedGateway,
  ) => Example | Promise<Example>,
) =>
  byHolder(async (holder, gateway) => {
    const signer = newKey()
    await answerOf(bind(holder, signer), 201)
    return make(holder, signer, gateway)
  })

const requestPath = async (gateway: OpenedGateway, holder: Holder, rest = '') =>
  `/v1/consent-requests/${(await ask(gateway, [holder])).id}${rest}`

export const CONSENT_EXAMPLES: Readonly<Record<string, MakeExample>> = {
  listHolderKeys: byHolder(holder => get('/v1/holder/keys', holder)),
  challengeHolderKey: byHolder(holder =>
    post('/v1/holder/keys/challenge', { signer: newKey().signer }, holder),
  ),
  bindHolderKey: byHolder(async holder => {
    const { signer, sign } = newKey()
    const { nonce, deadline, typedData } = await challenge(holder, signer)
    const signature = sign(digestOf(typedData))
    return post('/v1/holder/keys', { signer, nonce, deadline, signature }, holder, 201)
  }),
  cancelHolderKeyReplacement: bySigner(async holder => {
    await answerOf(bind(holder, newKey()), 202)
    return post('/v1/holder/keys/cancellation', {}, holder)
  }),
  askConsent: byHolder(holder => ({
    path: '/v1/consent-requests',
    method: 'POST',
    body: {
      department: 'ZJJ',
      matter: 'X05',
      refusing: 'PAPER',
      term: { template: 'ONE_OFF' },
      parties: [partyOf(holder)],
    },
    status: 201,
  })),
  listConsentRequests: byHolder(holder => get('/v1/consent-requests?limit=5', holder)),
  getConsentRequest: byHolder(async (holder, gateway) => ({
    path: await requestPath(gateway, holder),
    method: 'GET',
    status: 200,
  })),
  withdrawConsentRequest: byHolder(async (holder, gateway) => ({
    path: await requestPath(gateway, holder, '/withdrawal'),
    method: 'POST',
    body: {},
    status: 200,
  })),
  openConsentRequest: byHolder(async (holder, gateway) =>
    post(await requestPath(gateway, holder, '/opening'), {}, holder),
  ),
  prepareGrant: bySigner(async (holder, _signer, gateway) => {
    const items = [{ certificate: holder.certificate.leaf, fields: ['name', 'idNo'] }]
    return post(await requestPath(gateway, holder, '/typed-data'), { items }, holder)
  }),
  giveConsent: bySigner(async (holder, { sign }, gateway) => {
    const { id } = await ask(gateway, [holder])
    const { typedData, digest } = await prepare(holder, id)
    return post(`/v1/consent-requests/${id}/grant`, { typedData, signature: sign(digest) }, holder, 201)
  }),
  refuseConsent: byHolder(async (holder, gateway) =>
    post(await requestPath(gateway, holder, '/refusal'), {}, holder),
  ),
  listGrants: byHolder(holder => get('/v1/grants?limit=5', holder)),
  getGrant: bySigner(async (holder, signer, gateway) => ({
    path: `/v1/grants/${(await grantOf(gateway, holder, signer)).digest}`,
    method: 'GET',
    status: 200,
  })),
  withdrawGrant: bySigner(async (holder, signer, gateway) => {
    const { digest } = await grantOf(gateway, holder, signer)
    return post(`/v1/grants/${digest}/withdrawal`, { signature: null }, holder)
  }),
  withdrawAllGrants: bySigner((holder, { signer }) =>
    post('/v1/grants/withdrawal', { signer, epoch: 0, signature: null }, holder),
  ),
}
