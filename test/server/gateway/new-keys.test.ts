import { copyFileSync, cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { id } from 'ethers'
import type { Refusal } from '../../../protocol/refusal.ts'
import type { Trust } from '../../../protocol/trust.ts'
import { verify } from '../../../protocol/verify.ts'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import { startNode, type ControlledNode } from '../../../scripts/drills/controlled-node.ts'
import { fsck } from '../../../scripts/fsck/fsck.ts'
import { INTERFACES } from '../../../server/chain/contracts.ts'
import { createRpc } from '../../../server/chain/rpc.ts'
import { liveView } from '../../../server/chain/view.ts'
import { createKeystore } from '../../../server/keys/keystore.ts'
import { GOVERNANCE_KEY, RELAYER_KEY } from '../../../server/keys/names.ts'
import { addressOf } from '../../../server/keys/provider.ts'
import { GOVERNANCE_ROLES } from '../../../server/open-chain.ts'
import {
  answerOf,
  fileOf,
  issue,
  openGateway,
  publish,
  temporaryFolder,
  until,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

const RICH = '0x56bc75e2d63100000'

/** What docs/operations.md says to do when every copy of a keystore is gone and somebody else administers the contracts. */
describe('a new gateway on the contracts of one whose keys are gone', function () {
  this.timeout(60_000)
  let node: ControlledNode
  let former: OpenedGateway
  let gateway: OpenedGateway
  let old: Issued
  let oldFile: Uint8Array
  let oldTrust: Trust
  /** With new keys, funded and given its roles by the administrator of the contracts; nothing was opened yet. */
  let dataDir: string

  const trustOf = ({ url }: OpenedGateway) => answerOf<Trust>(fetch(`${url}/v1/trust`))
  const open = async (folder: string, env: Record<string, string> = {}) => {
    const opened = await openGateway({
      after: { dataDir: folder, url: `http://127.0.0.1:${await freePort()}` },
      env: { CHAIN_RPC_URL: node.url, ...env },
    })
    // A busy machine may let the node seem to be away at first.
    await until(() => opened.world.chain.isOpen())
    return opened
  }
  /** A folder with new keys whose accounts have funds; its governance. */
  const withKeys = async (folder: string): Promise<string> => {
    writeFileSync(join(folder, 'keystore.passphrase'), 'new\n')
    const keys = await createKeystore({ path: join(folder, 'keystore.json'), passphrase: 'new' })
    const own = { algorithm: 'secp256k1', department: null } as const
    await keys.generate({ name: GOVERNANCE_KEY, purpose: 'governance', ...own })
    await keys.generate({ name: RELAYER_KEY, purpose: 'relayer', ...own })
    for (const name of [GOVERNANCE_KEY, RELAYER_KEY])
      await node.request('hardhat_setBalance', [addressOf(await keys.publicKey(name)), RICH])
    return addressOf(await keys.publicKey(GOVERNANCE_KEY))
  }
  const verdictOf = async (file: Uint8Array, trust: Trust) => {
    const view = liveView(createRpc(node.url), trust.contracts)
    return (await verify(file, trust, view, Math.floor(Date.now() / 1000))).verdict
  }
  /** Both logs are trusted, each by its own key. */
  const bothLogs = async (): Promise<Trust> => {
    const trust = await trustOf(gateway)
    return { ...trust, logs: [...trust.logs, ...oldTrust.logs] }
  }

  before(async () => {
    node = await startNode()
    const first = temporaryFolder()
    await withKeys(first)
    former = await open(first)
    await publish(former, 'RIC')
    old = await issue(former, 'RIC')
    await untilAllFinal(former)
    oldFile = await fileOf(former, old.identifier)
    oldTrust = await trustOf(former)
    await former.close()

    dataDir = temporaryFolder()
    copyFileSync(join(first, 'deployment.json'), join(dataDir, 'deployment.json'))
    const governance = await withKeys(dataDir)
    const administrator = former.world.chain.governance.address
    await node.request('hardhat_impersonateAccount', [administrator])
    for (const [contract, role] of GOVERNANCE_ROLES) {
      const data = INTERFACES[contract].encodeFunctionData('grantRole', [id(role), governance])
      const to = oldTrust.contracts[contract].address
      await node.request('eth_sendTransaction', [{ from: administrator, to, data }])
      await node.mine(1)
    }
  })
  after(async () => {
    await gateway?.close()
    await node.close()
  })

  it('cannot go on with the log of the old one', async () => {
    const other = temporaryFolder()
    cpSync(dataDir, other, { recursive: true })
    const refusal = await open(other, { ONCEPROOF_LOG_ORIGIN: oldTrust.logs[0]!.origin }).then(
      () => expect.fail('it was opened'),
      (error: unknown) => error as Refusal,
    )
    expect(refusal.code).to.equal('LOG_KEY_DIFFERS')
  })

  it('has a log of its own, admits the same departments again, and issues', async () => {
    gateway = await open(dataDir)
    await publish(gateway, 'RIC')
    const next = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const trust = await bothLogs()
    expect(trust.contracts).to.deep.equal(oldTrust.contracts)
    expect(await verdictOf(await fileOf(gateway, next.identifier), trust)).to.equal('VALID')
    expect(await verdictOf(oldFile, trust)).to.equal('VALID')
    expect(await verdictOf(oldFile, oldTrust)).to.equal('VALID')
  })

  it('gives no place of a status list that the old one may have given', async () => {
    const lists = (await gateway.world.store.statusLists()).map(({ number }) => number)
    expect(lists).to.deep.equal([1])
  })

  it('names the keys that are gone, and ends them without harm to what they signed', async () => {
    const path = '/v1/departments/GAJ'
    const registration = async () =>
      answerOf<{ keysElsewhere: { keyId: string; purpose: string; signUntil: number }[] }>(
        gateway.get(`${path}/registration`),
      )
    const { keysElsewhere } = await registration()
    expect(keysElsewhere.map(({ purpose }) => purpose)).to.deep.equal(['issuing', 'authority'])
    const soon = Math.floor(Date.now() / 1000) + 2
    for (const { keyId } of keysElsewhere)
      await answerOf(gateway.post(`${path}/keys/${keyId}/retire`, { signUntil: soon, anchorUntil: soon }))
    expect((await registration()).keysElsewhere.map(({ signUntil }) => signUntil)).to.deep.equal([soon, soon])
    expect(await verdictOf(oldFile, await bothLogs())).to.equal('VALID')
  })

  it('is in order for the auditor', async () => {
    const report = await fsck({
      dataDir,
      trust: await trustOf(gateway),
      rpc: createRpc(node.url),
      snapshot: null,
      passphrase: 'new',
      confirmations: 1,
      clientLog: null,
      canaries: null,
    })
    expect(report.violations).to.deep.equal([])
  })
})
