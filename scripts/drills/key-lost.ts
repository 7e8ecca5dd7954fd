/**
 * Keys are lost: the keystore is gone, then its passphrase; an older copy of the keys is brought back, so that keys made since are gone for
 * good: newer keys of one department, every key of another. What they signed stays good, and both departments go on with new keys.
 */
import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { parseTrust } from '../../protocol/trust.ts'
import { verify } from '../../protocol/verify.ts'
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { liveView } from '../../server/chain/view.ts'
import { generateRows } from '../generate/certificates.ts'
import { checkTold, untilFinal } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { audit } from './audit.ts'

export const keyLost: Drill = {
  name: 'key-lost',
  title: { zh: '密钥丢失', en: 'keys are lost' },
  event: 'keys',
  promise:
    'Without its keys the gateway refuses to start instead of making new ones; meanwhile anybody verifies against the chain. With an older copy of the keys it starts, what lost keys signed stays good, and their departments go on with new ones.',
  missing: () => null,
  run,
}

/** Acknowledged under keys that are lost afterwards, and under those that take their place. */
const STATEMENTS = { short: 10, long: 300 }
const ROUNDS = { short: 1, long: 5 }
/** Of the hammer: its keys are rotated after the copy was made. */
const ROTATED = 'GAJ'
/** Admitted after the copy was made: none of its keys is in it. */
const NEW = { department: 'MZJ', type: 'MAR' }
const PATIENCE_MS = 120_000

async function run(context: DrillContext): Promise<DrillResult> {
  const { form, seed, chance, folder, isTimeUp, say } = context
  const gateway = await startGateway({ env: HAMMERED_ENV })
  const violations: string[] = []
  const outages: number[] = []
  let acknowledged = 0
  let lost = 0
  try {
    await prepareForHammer(gateway)
    for (let round = 1; round <= ROUNDS[form] && (round === 1 || !isTimeUp()); round++) {
      const outcome = await rehearse({ ...context, gateway, round, folder, chance: () => chance(round) })
      violations.push(...outcome.violations.map(violation => `round ${round}: ${violation}`))
      outages.push(outcome.outageMs)
      acknowledged += outcome.acknowledged
      lost += outcome.lost
      say(`${round} of ${ROUNDS[form]}: ready after ${Math.round(outcome.outageMs)} ms (seed ${seed})`)
    }
    if (/"level":"error"/.test(gateway.output())) violations.push('the service log has errors of ours')
  } finally {
    await gateway.stop({ andChain: true })
  }
  const rtoMs = Math.max(...outages)
  return {
    figures: {
      rounds: outages.length,
      keysLost: outages.length * 2 + 3,
      acknowledged,
      lost,
      repairedMaxMs: Math.round(rtoMs),
    },
    violations,
    rpo: lost,
    rtoMs,
  }
}

interface Scene extends DrillContext {
  gateway: RunningGateway
  round: number
}

async function rehearse({ gateway, round, folder, seed, form, chance }: Scene) {
  const violations: string[] = []
  const expect = (holds: boolean, otherwise: string) => void (holds || violations.push(otherwise))
  const at = (name: string) => join(gateway.dataDir, name)
  const [copy, aside] = [join(folder, `keys-${round}`), join(folder, `gone-${round}`)]
  copyFileSync(at('keystore.json'), copy)

  // Keys that are made since, and what they sign.
  const generation = round + 1
  for (const purpose of ['issuing', 'authority'])
    await done(gateway, `/v1/departments/${ROTATED}/keys`, { purpose, generation, overlapSeconds: 0 })
  if (round === 1) await admitNew(gateway)
  const before = join(folder, `before-${round}.ndjson`)
  await hammered(gateway, before, `${seed}-${round}-before`, STATEMENTS[form] + chance(0).integer(0, 5))
  const issued = round === 1 ? await issueNew(gateway, seed) : null
  await untilFinal(gateway, PATIENCE_MS)
  const lostKeys = (await registrationOf(gateway, ROTATED)).keys.filter(key => key.generation === generation)
  const file = issued === null ? null : await fileOf(gateway, issued.identifier)

  const began = performance.now()
  await gateway.kill9()
  renameSync(at('keystore.json'), aside)
  expect((await refusedStart(gateway)) === 'KEYSTORE_LOST', 'it starts without its keystore')
  if (file !== null) {
    const verdict = await verdictOnChain(gateway, file)
    expect(verdict === 'VALID', `without a gateway, what the lost key signed is ${verdict}`)
  }
  if (form === 'long') {
    renameSync(aside, at('keystore.json'))
    renameSync(at('keystore.passphrase'), aside)
    expect((await refusedStart(gateway)) === 'PASSPHRASE_LOST', 'it starts without its passphrase')
    renameSync(aside, at('keystore.passphrase'))
  }
  copyFileSync(copy, at('keystore.json'))
  await gateway.restart()

  // What is lost is said, not made up for.
  const { keysElsewhere } = await registrationOf(gateway, ROTATED)
  for (const { keyId, purpose } of lostKeys)
    expect(
      keysElsewhere.some(key => key.keyId === keyId),
      `the lost ${purpose} key is not named`,
    )
  if (issued !== null) violations.push(...(await checkNew(gateway, issued, seed)))

  // The way out.
  for (const purpose of ['issuing', 'authority'])
    await done(gateway, `/v1/departments/${ROTATED}/keys`, { purpose, generation, overlapSeconds: 0 })
  for (const key of lostKeys) await endKey(gateway, key)
  if (issued !== null) await done(gateway, '/v1/departments', applicationOf(NEW.department))
  const outageMs = performance.now() - began
  if (issued !== null) {
    await issueNew(gateway, `${seed} again`)
    const path = `/v1/certificates/${issued.identifier}/status`
    await done(gateway, path, { action: 'revoke', reason: 'HOLDER_REQUEST' })
    const verdict = await verdictOnChain(gateway, file!)
    expect(verdict === 'REVOKED', `revoked under the new authority key, it is ${verdict}`)
  }
  const after = join(folder, `after-${round}.ndjson`)
  await hammered(gateway, after, `${seed}-${round}-after`, STATEMENTS[form])

  let acknowledged = 0
  let lost = 0
  for (const told of [before, after]) {
    const check = await checkTold(gateway, told, { alone: false })
    violations.push(...check.violations)
    acknowledged += check.figures.acknowledged
    lost += check.lost
  }
  // Of a department whose key for documents is lost, nobody reads the values any more: the auditor has to say which.
  const found = await audit(gateway)
  if (issued !== null) {
    const unreadable = found.filter(line => line.includes('DOCUMENT_UNREADABLE'))
    expect(unreadable.length === 1, `the auditor names ${unreadable.length} unreadable documents, not 1`)
  }
  violations.push(...found.filter(line => !line.includes('DOCUMENT_UNREADABLE')))
  return { violations, outageMs, acknowledged, lost }
}

/** What a department without any of its keys still gives, and what not. */
async function checkNew(gateway: RunningGateway, { identifier, leaf }: Issued, seed: string) {
  const answers: [what: string, path: string, status: number, code: string | null][] = [
    ['its values', `/v1/certificates/${identifier}/file`, 410, 'CERTIFICATE_VALUES_MISSING'],
    ['its state', `/v1/certificates/${identifier}/state`, 200, null],
    ['its receipt', `/v1/receipts/${leaf}`, 200, null],
  ]
  const violations: string[] = []
  for (const [what, path, status, code] of answers) {
    const answer = await gateway.get(path)
    const body = (await answer.json()) as { code?: string }
    if (answer.status !== status || (code !== null && body.code !== code))
      violations.push(`${what}: ${answer.status} ${body.code ?? ''}, not ${status} ${code ?? ''}`)
  }
  const { fields, noValues } = (await (await gateway.get(`/v1/certificates/${identifier}`)).json()) as {
    fields: unknown
    noValues: unknown
  }
  if (fields !== null || noValues !== 'missing') violations.push('its values are not said to be missing')
  const refused = await gateway.post('/v1/certificates', { type: NEW.type, fields: rowOf(seed) })
  const { code } = (await refused.json()) as { code?: string }
  if (code !== 'KEY_NOT_IN_FORCE') violations.push(`without a key, issuing is answered ${code}`)
  return violations
}

interface Issued {
  identifier: string
  leaf: string
}

interface RegisteredKey {
  keyId: string
  purpose: string
}

interface Registration {
  keys: (RegisteredKey & { generation: number })[]
  keysElsewhere: { keyId: string }[]
}

async function hammered(gateway: RunningGateway, file: string, seed: string, statements: number) {
  const hammer = await startHammer({ gateway, file, seed, batchRows: [2, 4] })
  await hammer.acknowledge(statements)
  await hammer.finish()
}

async function admitNew(gateway: RunningGateway): Promise<void> {
  await done(gateway, '/v1/departments', applicationOf(NEW.department))
  await done(gateway, '/v1/types', { definition: typeIn(demoRegion(), NEW.type) })
}

function applicationOf(department: string) {
  const { code, uscc, domain, zh, en, roles } = demoRegion().departments.find(one => one.code === department)!
  return { code, uscc, did: `did:web:${domain}`, zh, en, roles }
}

const rowOf = (seed: string): unknown => generateRows(typeIn(demoRegion(), NEW.type), 1, seed).next().value

const issueNew = (gateway: RunningGateway, seed: string) =>
  done<Issued>(gateway, '/v1/certificates', { type: NEW.type, fields: rowOf(seed) })

/**
 * Nobody who finds the key can use it: one is ended, as soon as can be, the other declared to be in wrong hands from now on. What it signed
 * is anchored.
 */
async function endKey(gateway: RunningGateway, { keyId, purpose }: RegisteredKey): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  const [how, body] =
    purpose === 'issuing'
      ? ['retire', { signUntil: now + 60, anchorUntil: now + 60 }]
      : ['compromise', { since: now }]
  await done(gateway, `/v1/departments/${ROTATED}/keys/${keyId}/${how}`, body)
}

async function registrationOf(gateway: RunningGateway, department: string): Promise<Registration> {
  return (await (await gateway.get(`/v1/departments/${department}/registration`)).json()) as Registration
}

async function fileOf(gateway: RunningGateway, identifier: string): Promise<Uint8Array> {
  return new Uint8Array(await (await gateway.get(`/v1/certificates/${identifier}/file`)).arrayBuffer())
}

/** As whoever has the file, the trust file and a node verifies it. */
async function verdictOnChain({ chainUrl, trustPath }: RunningGateway, file: Uint8Array): Promise<string> {
  const trust = parseTrust(readFileSync(trustPath))
  const view = liveView(createRpc(chainUrl), trust.contracts)
  return (await verify(file, trust, view, Math.floor(Date.now() / 1000))).verdict
}

/** The code with which a start is refused; '' when it is not. */
async function refusedStart(gateway: RunningGateway): Promise<string> {
  const said = gateway.output().length
  const started = await gateway.restart().then(
    () => true,
    () => false,
  )
  if (started) await gateway.kill9()
  return /refused to start: .* \[([A-Z_]+)\]/.exec(gateway.output().slice(said))?.[1] ?? ''
}

async function done<Answer>(gateway: RunningGateway, path: string, body: unknown): Promise<Answer> {
  const answer = await gateway.post(path, body)
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Answer
}
