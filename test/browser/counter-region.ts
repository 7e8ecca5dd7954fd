/** What the tests of the counter do besides the pages: people elsewhere, who act over HTTP. */
import { createHash, randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { demoRegion } from '../../server/catalogue/region.ts'
import { signInAs } from '../../server/demo-client.ts'
import { agree, bindWallet } from '../../server/demo-lives.ts'
import type { ApiClient } from '../../server/http/client.ts'
import { personaSub } from '../../server/identity/demo-people.ts'
import { isCitizenNumber } from '../../protocol/identifiers.ts'

export interface Place {
  url: string
  token: string
}

export const personaNumber = (id: string): string =>
  demoRegion().personas.find(persona => persona.id === id)!.idNo

/** The persona's own session, elsewhere; a fresh one, as presenting and consenting need. */
export const persona = ({ url }: Place, id: string): Promise<ApiClient> => signInAs(url, personaSub(id))

/** A case that the department of the officer opens for somebody; its path on the pages. */
export async function openedCase(
  { url }: Place,
  officer: string,
  {
    matter,
    others = [],
    ...party
  }: { matter: string; role: string; number: string; others?: { role: string; number: string }[] },
): Promise<string> {
  const parties = [party, ...others]
  const body = { matter, channel: 'counter', parties }
  const opened = await (await signInAs(url, officer)).post<{ id: string }>('/v1/cases', body, randomUUID())
  return `/app/counter/cases/${opened.id}`
}

interface Asked {
  id: string
  parties: { state: string }[]
}

/** The newest request that waits for the persona. */
async function newestRequest(client: ApiClient): Promise<Asked> {
  const { requests } = await client.get<{ requests: Asked[] }>('/v1/consent-requests?limit=50')
  return requests.find(({ parties }) => parties.some(({ state }) => state === 'waiting'))!
}

/** The persona reads what is asked and agrees to all of it, or to certificates of these types only. */
export async function agrees(place: Place, id: string, types?: readonly string[]): Promise<void> {
  const client = await persona(place, id)
  await bindWallet(client, id)
  await agree(client, id, await newestRequest(client), types)
}

/** The persona refuses what was asked last. */
export async function refuses(place: Place, id: string): Promise<void> {
  const client = await persona(place, id)
  const request = await newestRequest(client)
  await client.post(`/v1/consent-requests/${request.id}/refusal`, {}, randomUUID())
}

export interface Shown {
  url: string
  digits: string
}

/** The persona shows a certificate of the type by a code. */
export async function presents(place: Place, id: string, type: string, fields: string[]): Promise<Shown> {
  const client = await persona(place, id)
  const { certificates } = await client.get<{
    certificates: { identifier: string; type: { code: string }; standing: string }[]
  }>('/v1/holder/certificates?limit=100')
  const { identifier } = certificates.find(one => one.type.code === type && one.standing === 'ACTIVE')!
  const body = { certificates: [{ identifier, fields }], purpose: 'SERVICE' }
  const { code } = await client.post<{ code: Shown }>('/v1/holder/presentations', body, randomUUID())
  return code
}

const asRoot = ({ token }: Place) => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  'idempotency-key': randomUUID(),
})

export interface Issued {
  identifier: string
  shortCode: string
}

/** A certificate for somebody whom the demonstration does not know. */
export async function issueFor(
  place: Place,
  type: string,
  fields: Record<string, unknown>,
  number: string,
): Promise<Issued> {
  const example = demoRegion().certificateTypes.find(({ code }) => code === type)!
  const row = Object.fromEntries(example.fields.map(({ key, example: value }) => [key, value]))
  const response = await fetch(`${place.url}/v1/certificates`, {
    method: 'POST',
    headers: asRoot(place),
    body: JSON.stringify({ type, fields: { ...row, ...fields }, holders: [number] }),
  })
  if (!response.ok) throw new Error(`${type}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Issued
}

export async function revoke(place: Place, identifier: string): Promise<void> {
  const response = await fetch(`${place.url}/v1/certificates/${identifier}/status`, {
    method: 'POST',
    headers: asRoot(place),
    body: JSON.stringify({ action: 'revoke', reason: 'ISSUED_IN_ERROR' }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

/** The certificate file with all of its fields. */
export async function fileOf(place: Place, identifier: string): Promise<Buffer> {
  const response = await fetch(`${place.url}/v1/certificates/${identifier}/file`, { headers: asRoot(place) })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}

/** The same as it is printed. */
export async function paperOf(place: Place, identifier: string): Promise<Buffer> {
  const response = await fetch(`${place.url}/v1/certificates/${identifier}/paper`, { headers: asRoot(place) })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}

/** What verifying the file says now. */
export async function verdictOn(place: Place, file: Buffer): Promise<string> {
  const response = await fetch(`${place.url}/v1/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(file),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { verdict: string }).verdict
}

/** The number of a record that nobody made before. */
export async function notarized(place: Place): Promise<string> {
  const sha256 = createHash('sha256').update(randomUUID()).digest('hex')
  const response = await fetch(`${place.url}/v1/records`, {
    method: 'POST',
    headers: asRoot(place),
    body: JSON.stringify({ sha256 }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { id: string }).id
}

/** Numbers of people whom nobody knows, the same in every run. */
export function strangersNumber(name: string): string {
  const digest = createHash('sha256').update(name).digest()
  const start = `99010219${60 + (digest[0]! % 30)}0101${String(digest.readUInt16BE(1) % 1_000).padStart(3, '0')}`
  return '0123456789X'
    .split('')
    .map(check => start + check)
    .find(isCitizenNumber)!
}

/** Presses Tab until the thing is focused, as somebody without a mouse does. */
export async function tabTo(page: Page, name: string, { role = 'button', most = 80 } = {}): Promise<void> {
  const target = page.getByRole(role as 'button', { name, exact: true }).first()
  await target.waitFor()
  for (let pressed = 0; pressed < most; pressed++) {
    if (await target.evaluate(element => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`no way to ${role} ${name} by keyboard in ${most} steps`)
}
