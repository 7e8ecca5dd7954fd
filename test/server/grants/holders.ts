/** Holders with keys of every kind, certificates and requests for consent, for the tests of grants. */
import { readFileSync } from 'node:fs'
import {
  ContractFactory,
  JsonRpcProvider,
  NonceManager,
  TypedDataEncoder,
  Wallet,
  id,
  type InterfaceAbi,
  type TypedDataField,
} from 'ethers'
import { isCitizenNumber } from '../../../protocol/identifiers.ts'
import type { JsonObject } from '../../../protocol/json.ts'
import { bringAbout } from '../../../server/chain/transactions.ts'
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { housingMatter } from '../../../scripts/drills/people.ts'
import {
  accountSigner,
  p256Signer,
  passkeySigner,
  walletSigner,
  type Signer,
} from '../../contracts/signers.ts'
import {
  admit,
  answerOf,
  exampleRow,
  issue,
  publish,
  type Asking,
  type Issued,
  type OpenedGateway,
  type Who,
} from '../../support/opened-gateway.ts'

/** Public housing, as much of it as one department needs of identity certificates. */
export async function publishHousing(gateway: Pick<OpenedGateway, 'get' | 'post'>): Promise<void> {
  await publish(gateway, 'RIC')
  await admit(gateway, 'ZJJ', 'ZSJ')
  await answerOf(gateway.post('/v1/matters', { matters: [housingMatter()] }), 201)
}

let people = 0

/** The number of somebody whom no other test knows. */
export function newNumber(year = 1970 + (process.pid % 30)): string {
  const start = `990102${year}0101${String(++people).padStart(3, '0')}`
  return '0123456789X'
    .split('')
    .map(check => start + check)
    .find(isCitizenNumber)!
}

export interface Holder {
  id: string
  idNo: string
  who: Who
  asks: Asking
  certificate: Issued
}

/** Somebody with an identity certificate of his own, signed in. */
export async function newHolder(
  gateway: OpenedGateway,
  name = '石有证',
  idNo = newNumber(),
): Promise<Holder> {
  const id = holderId(await ensureHolder(gateway.world, idNo))
  const certificate = await issue(gateway, 'RIC', { ...exampleRow('RIC'), idNo, name })
  return {
    id,
    idNo,
    who: { role: 'holder', holder: id },
    asks: gateway.as({ role: 'holder', holder: id }),
    certificate,
  }
}

export interface BoundKey {
  signer: string
  chainHolder: string
  epoch: number
  state: string
  dueAt: number
  leaf: string | null
}

interface Challenge {
  nonce: string
  deadline: number
  typedData: JsonObject
}

export const challenge = ({ asks }: Holder, signer: string): Promise<Challenge> =>
  answerOf(asks.post('/v1/holder/keys/challenge', { signer }), 200)

/** Binds a key as its owner does; the answer as it comes. */
export async function bind(holder: Holder, { signer, sign }: Signer): Promise<Response> {
  const { nonce, deadline, typedData } = await challenge(holder, signer)
  return holder.asks.post('/v1/holder/keys', {
    signer,
    nonce,
    deadline,
    signature: sign(digestOf(typedData)),
  })
}

/** What a wallet computes from what it shows. */
export function digestOf(typedData: JsonObject): string {
  const { EIP712Domain: _, ...types } = typedData['types'] as unknown as Record<string, TypedDataField[]>
  return TypedDataEncoder.hash(typedData['domain'] as object, types, typedData['message'] as object)
}

/** Keys of every kind that holders may have; contracts are deployed on the gateway's own chain. */
export async function signersOfEveryKind(gateway: OpenedGateway): Promise<Record<string, Signer>> {
  const { p256, webAuthn } = gateway.world.chain.deployment.verifiers
  const owner = accountSigner('the owner of a wallet')
  const wallet = await deploy(gateway, 'OwnedWallet', [owner.signer])
  return {
    'an account': accountSigner('an account of a holder'),
    'a contract wallet (ERC-1271)': walletSigner(wallet, owner),
    'a P-256 key (ERC-7913)': p256Signer(p256),
    'a passkey (ERC-7913, WebAuthn)': passkeySigner(webAuthn),
  }
}

/** Deploys a contract of the tests; its address. */
export async function deploy(gateway: OpenedGateway, name: string, args: unknown[] = []): Promise<string> {
  const path = `../../../artifacts/test/contracts/wallets/Wallets.sol/${name}.json`
  const { abi, bytecode } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
    abi: InterfaceAbi
    bytecode: string
  }
  const contract = await new ContractFactory(abi, bytecode, await sender(gateway, name)).deploy(...args)
  await contract.waitForDeployment()
  return (await contract.getAddress()).toLowerCase()
}

/** Somebody on the gateway's chain whom the gateway does not know, with something to pay with. */
export async function sender(gateway: OpenedGateway, name: string): Promise<NonceManager> {
  const provider = new JsonRpcProvider(gateway.chainUrl, undefined, { pollingInterval: 20, cacheTimeout: -1 })
  opened.add(provider)
  const wallet = new Wallet(id(name), provider)
  const { transactions, relayer } = gateway.world.chain
  await bringAbout(transactions, relayer, {
    purpose: `fund:${wallet.address}`,
    to: wallet.address,
    data: '0x',
    value: 10n ** 18n,
    isDone: async () => (await provider.getBalance(wallet.address)) > 0n,
  })
  return new NonceManager(wallet)
}

const opened = new Set<JsonRpcProvider>()
export function closeSenders(): void {
  for (const provider of opened) provider.destroy()
  opened.clear()
}

/** The whole of what a holder is asked for. */
export const partyOf = ({ id: holder, certificate: { identifier } }: Holder) => ({
  holder,
  role: 'applicant',
  items: [{ identifier, required: ['name', 'idNo'], optional: ['address'] }],
})

export interface AskedRequest {
  id: string
  state: string
  agreed: number
  needed: number
  parties: { holder: string; state: string; shownAt: number | null; grant: string | null; items: unknown }[]
}

/** A request of the housing department for the identity certificates of these holders. */
export function ask(gateway: OpenedGateway, holders: Holder[], changed: object = {}): Promise<AskedRequest> {
  const officer = gateway.as({ role: 'officer', department: 'ZJJ' })
  return answerOf(
    officer.post('/v1/consent-requests', {
      department: 'ZJJ',
      matter: 'X05',
      refusing: 'PAPER',
      term: { template: 'THIS_MATTER', maxUses: 3 },
      parties: holders.map(partyOf),
      ...changed,
    }),
    201,
  )
}

export interface Prepared {
  typedData: JsonObject & { message: JsonObject & { terms: JsonObject } }
  digest: string
  signer: string
}

/** Opens a request and takes the typed data for these fields of the holder's certificate. */
export async function prepare(
  { asks, certificate }: Holder,
  request: string,
  fields: string[] = ['name', 'idNo'],
): Promise<Prepared> {
  const path = `/v1/consent-requests/${request}`
  await answerOf(asks.post(`${path}/opening`, {}), 200)
  const items = [{ certificate: certificate.leaf, fields }]
  return answerOf(asks.post(`${path}/typed-data`, { items }), 200)
}

export const give = ({ asks }: Holder, request: string, typedData: unknown, signature: string) =>
  asks.post(`/v1/consent-requests/${request}/grant`, { typedData, signature })

export interface GivenGrant {
  digest: string
  holder: string
  person: string
  state: string
  used: number
  signer: string
  signature: string
  chain: { state: string; block: { number: number; time: number } | null; refusal: string | null }
  withdrawn: { at: number; by: string } | null
  withdrawal: JsonObject
  items: { certificate: string; fields: string[] }[]
  typedData: JsonObject
}

/** Asked, opened, signed and accepted. */
export async function grantOf(
  gateway: OpenedGateway,
  holder: Holder,
  { sign }: Signer,
  changed: object = {},
): Promise<GivenGrant & { request: string }> {
  const { id: request } = await ask(gateway, [holder], changed)
  const { typedData, digest } = await prepare(holder, request)
  return answerOf(give(holder, request, typedData, sign(digest)), 201)
}

/** A reading by an officer of the housing department, as it comes. */
export const read = (
  gateway: OpenedGateway,
  { certificate: { identifier } }: Holder,
  grant: string,
  changed: object = {},
  department = 'ZJJ',
): Promise<Response> =>
  gateway
    .as({ role: 'officer', department })
    .post('/v1/uses', { identifier, matter: 'X05', ground: 'consent', fields: ['name'], grant, ...changed })
