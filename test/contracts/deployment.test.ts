import { expect } from 'chai'
import { hexlify, keccak256 } from 'ethers'
import type { BaseContract, FunctionFragment } from 'ethers'
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types'
import { artifacts, network } from 'hardhat'
import { accountSigner } from './signers.ts'
import { rootOf, someLeaves, treeOf } from './merkle.ts'
import {
  CHECKPOINT,
  OPEN_LIST,
  ORDER,
  REUSE_GRANT,
  URGENT_LEAF,
  WITHDRAWAL,
  WITHDRAW_ALL,
  digestOf,
  holderOf,
  termsHash,
} from './typed-data.ts'
import {
  CIVIL_AFFAIRS,
  ZERO,
  accountBytes,
  addAuthority,
  admit,
  by,
  bytes32,
  deployContracts,
} from './deployment.ts'

const CONTRACTS = ['DepartmentRegistry', 'AnchorLog', 'StatusRegistry', 'GrantRegistry'] as const
const LOG = bytes32('log.example.gov')
const TERMS = {
  items: [{ certificate: bytes32('certificate'), fields: ['name'] }],
  grantee: bytes32('grantee'),
  matter: 'matter',
  purpose: 'purpose',
  maxUses: 1,
  notice: bytes32('notice'),
  salt: bytes32('salt'),
}

const { ethers, networkHelpers } = await network.create()

/** A deployment in use: a log with a checkpoint, a department with a list, a holder with a grant. */
async function inUse(library: HardhatEthers) {
  const deployment = await deployContracts(library)
  const logKey = accountSigner('log key')
  await by(deployment.accounts.logAdmin, deployment.log).registerLog('log.example.gov', logKey.signer)
  const department = await admit(deployment, CIVIL_AFFAIRS)
  const authority = accountSigner('authority')
  await addAuthority(deployment, department, authority)
  return { ...deployment, logKey, department, authority, holder: accountSigner('holder') }
}

/** The same, on the network of this file. */
async function inUseHere() {
  return inUse(ethers)
}

type InUse = Awaited<ReturnType<typeof inUse>>

const root = rootOf(treeOf(someLeaves(5)), 5)
// Far enough that no chain in these tests gets there.
const DEADLINE = 2 ** 40

/** Every message that anybody signs, made for `signedFor` and sent to `sentTo`, with the error that must stop it. */
function messages(signedFor: InUse, sentTo: InUse): [string, () => Promise<unknown>, string, BaseContract][] {
  const { domains } = signedFor
  const { log, status, grants, logKey, authority, department, holder } = sentTo
  const list = hexlify(
    keccak256(ethers.AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint64'], [department, 1])),
  )
  const order = {
    list,
    action: 1,
    indices: [1],
    references: [],
    statement: ZERO,
    salt: ZERO,
    deadline: DEADLINE,
  }
  const holderId = holderOf(holder.signer)
  const grant = { holder: holderId, terms: TERMS, notBefore: 0, notAfter: DEADLINE, epoch: 0 }
  const grantDigest = digestOf(domains.grants, REUSE_GRANT, grant)
  const checkpoint = logKey.sign(digestOf(domains.log, CHECKPOINT, { log: LOG, size: 5, root }))
  const leaf = logKey.sign(digestOf(domains.log, URGENT_LEAF, { log: LOG, leaf: ZERO }))
  const opening = authority.sign(
    digestOf(domains.status, OPEN_LIST, { department, number: 1, deadline: DEADLINE }),
  )
  const orderSignature = authority.sign(digestOf(domains.status, ORDER, order))
  const withdrawal = holder.sign(
    digestOf(domains.grants, WITHDRAWAL, { holder: holderId, grant: grantDigest }),
  )
  const withdrawalOfAll = holder.sign(digestOf(domains.grants, WITHDRAW_ALL, { holder: holderId, epoch: 0 }))
  return [
    ['a checkpoint', () => log.anchor(LOG, 5, root, [], checkpoint), 'NotSignedByLogKey', log],
    ['an urgent leaf', () => log.notarize(LOG, ZERO, leaf), 'NotSignedByLogKey', log],
    [
      'the opening of a list',
      () => status.openList(department, 1, authority.signer, DEADLINE, opening),
      'InvalidSignature',
      status,
    ],
    [
      'a status order',
      () => status.execute(order, authority.signer, orderSignature),
      'InvalidSignature',
      status,
    ],
    [
      'a grant',
      () => grants.grant(holder.signer, termsHash(TERMS), 0, DEADLINE, 0, holder.sign(grantDigest)),
      'InvalidSignature',
      grants,
    ],
    [
      'a withdrawal',
      () => grants.withdraw(holder.signer, grantDigest, withdrawal),
      'InvalidSignature',
      grants,
    ],
    [
      'a withdrawal of all',
      () => grants.withdrawAll(holder.signer, 0, withdrawalOfAll),
      'InvalidSignature',
      grants,
    ],
  ]
}

async function openOwnList(under: InUse) {
  const digest = digestOf(under.domains.status, OPEN_LIST, {
    department: under.department,
    number: 1,
    deadline: DEADLINE,
  })
  const { status, department, authority } = under
  await status.openList(department, 1, authority.signer, DEADLINE, authority.sign(digest))
}

/** Sends every message and expects all of them to be refused. */
async function expectAllRefused(signedFor: InUse, sentTo: InUse) {
  const [first, second, opening, ...others] = messages(signedFor, sentTo)
  const refuse = async ([, send, error, contract]: (typeof others)[number]) => {
    await expect(send()).to.be.revertedWithCustomError(contract, error)
  }
  for (const message of [first!, second!, opening!]) await refuse(message)
  // An order is only asked for its signature once its list exists.
  await openOwnList(sentTo)
  for (const message of others) await refuse(message)
}

describe('A deployment', () => {
  describe('given messages that are signed for it', () => {
    it('takes every one of them', async () => {
      const own = await inUseHere()
      for (const [name, send] of messages(own, own)) {
        await expect(send(), name).not.to.be.revert(ethers)
      }
    })
  })

  describe('given messages that are signed for another deployment on the same chain', () => {
    it('takes none of them', async () => {
      await expectAllRefused(await inUseHere(), await inUseHere())
    })
  })

  describe('given messages that are signed for the same addresses on another chain', () => {
    it('takes none of them', async () => {
      const here = await network.create({ override: { chainId: 31_338 } })
      const there = await network.create({ override: { chainId: 31_339 } })
      const own = await inUse(here.ethers)
      const foreign = await inUse(there.ethers)
      expect(own.domains.log.verifyingContract).to.equal(foreign.domains.log.verifyingContract)
      expect(own.domains.log.chainId).not.to.equal(foreign.domains.log.chainId)
      await expectAllRefused(foreign, own)
    })
  })

  it('names its EIP-712 domains as specified', async () => {
    const { log, status, grants, domains } = await inUseHere()
    for (const [contract, domain] of [
      [log, domains.log],
      [status, domains.status],
      [grants, domains.grants],
    ] as const) {
      expect([...(await contract.eip712Domain())]).to.deep.equal([
        '0x0f',
        domain.name,
        domain.version,
        domain.chainId,
        domain.verifyingContract,
        ZERO,
        [],
      ])
    }
  })

  describe('given a stranger, or a relayer whose key was stolen', () => {
    it("changes nothing but the stranger's own, whatever function is called", async () => {
      const under = await networkHelpers.loadFixture(inUseHere)
      await openOwnList(under)
      const { accounts, registry, log, status, grants } = under
      const seen = new Set<string>()
      for (const [name, contract] of [
        ['DepartmentRegistry', registry],
        ['AnchorLog', log],
        ['StatusRegistry', status],
        ['GrantRegistry', grants],
      ] as const) {
        const asStranger: BaseContract = by(accounts.stranger, contract as BaseContract)
        for (const method of await writingFunctions(name)) {
          const args = argumentsOf(under, method)
          const error = refusals[method.name]
          seen.add(method.name)
          if (args === undefined || error === undefined)
            throw new Error(`${name}.${method.name} has no row here`)
          const call = asStranger.getFunction(method.name)(...args)
          if (error === OWN_ONLY) await call
          else await expect(call, method.name).to.be.revertedWithCustomError(contract, error)
        }
      }
      expect([...seen].toSorted()).to.deep.equal(Object.keys(refusals).toSorted())
    })
  })

  describe('its code', () => {
    for (const name of CONTRACTS) {
      it(`of ${name} takes no money, delegates to nobody, creates and destroys nothing`, async () => {
        const { abi, deployedBytecode } = await artifacts.readArtifact(name)
        const payable = abi.filter(entry => 'stateMutability' in entry && entry.stateMutability === 'payable')
        expect(payable).to.deep.equal([])
        const opcodes = opcodesOf(Buffer.from(deployedBytecode.slice(2), 'hex'))
        for (const forbidden of [CREATE, CREATE2, CALL, CALLCODE, DELEGATECALL, SELFDESTRUCT]) {
          expect(opcodes.has(forbidden), `opcode ${forbidden.toString(16)}`).to.equal(false)
        }
        expect(opcodes.has(STATICCALL)).to.equal(true)
      })
    }
  })
})

const CREATE = 0xf0
const CALL = 0xf1
const CALLCODE = 0xf2
const DELEGATECALL = 0xf4
const CREATE2 = 0xf5
const SELFDESTRUCT = 0xff
const STATICCALL = 0xfa
const INVALID = 0xfe

/** The opcodes of a contract, without the data of PUSH and without what solc puts after the code, behind INVALID. */
function opcodesOf(code: Buffer): Set<number> {
  const opcodes = new Set<number>()
  for (let i = 0; i < code.length; i++) {
    const opcode = code[i]!
    if (opcode === INVALID) break
    opcodes.add(opcode)
    const isPush = opcode >= 0x60 && opcode <= 0x7f
    if (isPush) i += opcode - 0x5f
  }
  return opcodes
}

async function writingFunctions(name: (typeof CONTRACTS)[number]): Promise<FunctionFragment[]> {
  const factory = await ethers.getContractFactory(name)
  const functions: FunctionFragment[] = []
  factory.interface.forEachFunction(method => {
    if (method.stateMutability !== 'view' && method.stateMutability !== 'pure') functions.push(method)
  })
  return functions
}

const OWN_ONLY = "changes what is the caller's own"
const NO_ROLE = 'AccessControlUnauthorizedAccount'

/** What stops a stranger in each function that can write. A function without a row fails the test. */
const refusals: Record<string, string> = {
  acceptDefaultAdminTransfer: 'AccessControlInvalidDefaultAdmin',
  activateNextKey: 'NotTheCommittedKey',
  addKey: NO_ROLE,
  admitDepartment: NO_ROLE,
  anchor: 'NotSignedByLogKey',
  beginDefaultAdminTransfer: NO_ROLE,
  cancelDefaultAdminTransfer: NO_ROLE,
  changeDefaultAdminDelay: NO_ROLE,
  commitNextKey: NO_ROLE,
  declareCompromised: NO_ROLE,
  endPermit: NO_ROLE,
  execute: 'NotAuthority',
  grant: 'InvalidSignature',
  grantPermit: NO_ROLE,
  grantRole: NO_ROLE,
  handOver: NO_ROLE,
  notarize: 'NotSignedByLogKey',
  openList: 'NotAuthority',
  registerLog: NO_ROLE,
  renounceRole: OWN_ONLY,
  replaceLogKey: NO_ROLE,
  resumeDepartment: NO_ROLE,
  retireKey: NO_ROLE,
  revokeRole: NO_ROLE,
  rollbackDefaultAdminDelay: NO_ROLE,
  setSuccessor: NO_ROLE,
  suspendDepartment: NO_ROLE,
  withdraw: 'InvalidSignature',
  withdrawAll: 'InvalidSignature',
  withdrawAllDirect: OWN_ONLY,
  withdrawDirect: OWN_ONLY,
}

function argumentsOf(under: InUse, method: FunctionFragment): unknown[] | undefined {
  const { department, authority, holder, accounts } = under
  const stranger = accounts.stranger.address
  const list = keccak256(ethers.AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint64'], [department, 1]))
  const forged = accountSigner('stranger')
  const signer = accountBytes(accounts.stranger)
  const signature = forged.sign(ZERO)
  const order = {
    list,
    action: 1,
    indices: [1],
    references: [],
    statement: ZERO,
    salt: ZERO,
    deadline: DEADLINE,
  }
  const rows: Record<string, unknown[]> = {
    acceptDefaultAdminTransfer: [],
    activateNextKey: [department, 2, 3, signer],
    addKey: [department, 2, 3, signer, 0, 0],
    admitDepartment: ['11330000MB1668303U', 'did:web:a.example'],
    anchor: [LOG, 5, root, [], signature],
    beginDefaultAdminTransfer: [stranger],
    cancelDefaultAdminTransfer: [],
    changeDefaultAdminDelay: [0],
    commitNextKey: [department, 2, keccak256(signer)],
    declareCompromised: [keccak256(authority.signer), 1],
    endPermit: ['type', 'region', 0],
    execute: [order, signer, signature],
    grant: [holder.signer, ZERO, 0, DEADLINE, 0, signature],
    grantPermit: [department, 'type', 'region'],
    grantRole: [bytes32('REGISTRAR_ROLE'), stranger],
    handOver: [list, department],
    notarize: [LOG, ZERO, signature],
    openList: [department, 2, signer, DEADLINE, signature],
    registerLog: ['other.example', signer],
    renounceRole: [bytes32('REGISTRAR_ROLE'), stranger],
    replaceLogKey: [LOG, signer],
    resumeDepartment: [department],
    retireKey: [keccak256(authority.signer), 0, 0],
    revokeRole: [bytes32('REGISTRAR_ROLE'), accounts.registrar.address],
    rollbackDefaultAdminDelay: [],
    setSuccessor: [LOG, LOG],
    suspendDepartment: [department],
    withdraw: [holder.signer, ZERO, signature],
    withdrawAll: [holder.signer, 0, signature],
    withdrawAllDirect: [],
    withdrawDirect: [ZERO],
  }
  return rows[method.name]
}
