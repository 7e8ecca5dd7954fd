/**
 * Sets a production gateway up. Every step looks before it acts, so a run that was cut short anywhere is finished by the next with the
 * same answers, and a run after that changes nothing. The environment file is written last: where it is, all is done.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { keccak256 } from 'ethers'
import { sha256 } from '#crypto'
import { toUtf8 } from '../../protocol/bytes.ts'
import { CONTRACT_NAMES } from '../../protocol/chain-view.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { saveRegion } from '../../server/catalogue/own-region.ts'
import { publishType } from '../../server/catalogue/publish.ts'
import { readDeployment, type Deployment } from '../../server/chain/deployment.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { chainIdentity } from '../../server/chain/view.ts'
import { publicUrlOf } from '../../server/config.ts'
import { admitDepartment } from '../../server/departments/admit.ts'
import type { Caller } from '../../server/http/auth.ts'
import { createLogger } from '../../server/http/logger.ts'
import { createMetrics } from '../../server/http/metrics.ts'
import { assign } from '../../server/identity/assignments.ts'
import { publishMatters } from '../../server/matters/matters.ts'
import { openWorld } from '../../server/open-world.ts'
import { writeFileDurably } from '../../server/store/durable-file.ts'
import type { World } from '../../server/world.ts'
import type { Plan } from './answers.ts'
import { formatEnvironment, readEnvironment } from './environment-file.ts'

export interface Installed {
  environmentFile: string
  dataDir: string
  /** Where the operator's token lies. */
  tokenPath: string
  logOrigin: string
  /** Pays; on a chain with fees it needs funds. */
  relayer: string
  /** Holds the contracts' roles; on a chain with fees the relayer shares what it has with it. */
  governance: string
  deployment: Deployment
  departments: number
  types: number
  matters: number
  administrators: number
}

const OPERATOR: Caller = {
  role: 'operator',
  subject: 'init',
  department: null,
  holder: null,
  person: null,
  scopes: [],
  authenticatedAt: null,
}
const ADMINISTRATORS = 'init.administrators'

/**
 * Carries the plan out. Refuses, before anything is done, INIT_DIFFERS (the environment file says something else) and PASSPHRASE_LOST; then
 * whatever the steps refuse, RELAYER_UNFUNDED with the address that needs funds among it.
 */
export async function carryOut(plan: Plan, say: (text: string) => void): Promise<Installed> {
  const { config, region, environmentFile } = plan
  const environment = formatEnvironment(plan.settings)
  assertSameEnvironment(plan)
  mkdirSync(dirname(environmentFile), { recursive: true })
  ensurePassphrase(plan, say)
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  saveRegion(config.dataDir, region)

  const logger = createLogger({ level: 'error', write: say, clock: Date.now })
  const opened = await openWorld({
    config,
    publicUrl: publicUrlOf(config, config.port),
    adopt: await contractsToAdopt(plan),
    needsChain: true,
    logger,
    metrics: createMetrics(),
    say,
  })
  try {
    const { world, tokenPath } = opened
    if (world.quarantine !== null) throw world.quarantine
    await admitDepartments(world, region.departments, say)
    for (const type of plan.types) await publishType(world, type)
    await importMatters(world, plan.matters)
    await assignAdministrators(world, plan.administrators)
    if (!existsSync(environmentFile)) writeFileDurably(environmentFile, environment, 0o640)
    return {
      environmentFile,
      dataDir: config.dataDir,
      tokenPath,
      logOrigin: world.log.origin,
      relayer: world.chain.relayer.address,
      governance: world.chain.governance.address,
      deployment: world.chain.deployment,
      departments: (await world.store.departments()).length,
      types: (await world.store.types()).length,
      matters: (await world.store.matters()).length,
      administrators: plan.administrators.length,
    }
  } finally {
    await opened.close()
  }
}

/** Lines that were added to the file by hand stay, and stay out of it. */
function assertSameEnvironment({ environmentFile, settings }: Plan): void {
  if (!existsSync(environmentFile)) return
  const there = readEnvironment(environmentFile)
  for (const [name, value] of Object.entries(settings)) {
    if (there[name] === value) continue
    throw new Refusal('INIT_DIFFERS', `${environmentFile} says something else of ${name}`, {
      field: name,
      expected: `what ${environmentFile} says; to change it, edit that file`,
    })
  }
}

/** A new passphrase for an old keystore would open nothing: a missing one is then said to be lost. */
function ensurePassphrase(plan: Plan, say: (text: string) => void): void {
  const { passphraseFile, generatePassphrase, config } = plan
  if (existsSync(passphraseFile)) return
  if (existsSync(join(config.dataDir, 'keystore.json'))) {
    throw new Refusal('PASSPHRASE_LOST', `there is a keystore, but no passphrase in ${passphraseFile}`, {
      field: 'passphraseFile',
      expected: 'the file with the passphrase of the keystore that is there',
      found: passphraseFile,
    })
  }
  if (!generatePassphrase) {
    throw new Refusal('FILE_MISSING', `there is no ${passphraseFile}`, {
      field: 'passphraseFile',
      expected: 'a file, or generatePassphrase: true',
    })
  }
  mkdirSync(dirname(passphraseFile), { recursive: true, mode: 0o700 })
  writeFileDurably(passphraseFile, `${randomBytes(32).toString('base64url')}\n`, 0o600)
  say(`the passphrase was generated in ${passphraseFile}; keep a copy apart from the backups`)
}

const NO_CODE = keccak256('0x')

async function contractsToAdopt({ contracts, config }: Plan): Promise<Deployment | null> {
  if (contracts === null || existsSync(join(config.dataDir, 'deployment.json'))) return null
  if (typeof contracts === 'string') {
    const deployment = readDeployment(contracts)
    if (deployment !== null) return deployment
    throw new Refusal('FILE_MISSING', `there is no ${contracts}`, { field: 'contracts' })
  }
  const { p256, webAuthn, ...ours } = contracts
  const at = {
    DepartmentRegistry: { address: ours.DepartmentRegistry },
    AnchorLog: { address: ours.AnchorLog },
    StatusRegistry: { address: ours.StatusRegistry },
    GrantRegistry: { address: ours.GrantRegistry },
  }
  const found = await chainIdentity(createRpc(config.chainRpcUrl!), at)
  for (const contract of CONTRACT_NAMES) {
    if (found.contracts[contract].codeHash !== NO_CODE) continue
    throw new Refusal('CHAIN_CODE_WRONG', `there is no contract at ${at[contract].address}`, {
      field: `contracts.${contract}`,
      found: at[contract].address,
    })
  }
  const { chainId, genesis } = found
  return { chain: { chainId, genesis }, contracts: found.contracts, verifiers: { p256, webAuthn } }
}

/** All at once: on a chain of slow blocks one after the other would take an hour. */
async function admitDepartments(
  world: World,
  departments: Plan['region']['departments'],
  say: (text: string) => void,
): Promise<void> {
  if (departments.length > 0) say(`admitting ${departments.length} departments`)
  const admitted = await Promise.allSettled(
    departments.map(({ code, uscc, domain, zh, en, roles }) =>
      admitDepartment(world, { code, uscc, did: `did:web:${domain}`, zh, en, roles }),
    ),
  )
  const failed = admitted.find(one => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function importMatters(world: World, matters: unknown[]): Promise<void> {
  if (matters.length === 0) return
  const request = sha256(toUtf8(JSON.stringify(matters)))
  const key = `init-${Buffer.from(request).toString('hex').slice(0, 32)}`
  await publishMatters(world, matters, OPERATOR.subject, { key, request })
}

/** The first ones only: once they are there, people are assigned by people. */
async function assignAdministrators(world: World, administrators: string[]): Promise<void> {
  const issuer = world.config.openidIssuer!
  const wanted = JSON.stringify([issuer, ...administrators])
  const done = await world.store.setting(ADMINISTRATORS)
  if (done === wanted) return
  if (done !== null) {
    throw new Refusal('INIT_DIFFERS', 'the first administrators are assigned already; they assign others', {
      field: 'administrators',
      expected: 'those of the first time',
    })
  }
  for (const sub of administrators) {
    const assignee = { issuer, sub }
    await assign(world, OPERATOR, { assignee, role: 'operator', department: null, from: null, until: null })
  }
  await world.store.saveSetting(ADMINISTRATORS, wanted)
}
