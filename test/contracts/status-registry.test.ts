import { expect } from 'chai'
import { AbiCoder, keccak256 } from 'ethers'
import { network } from 'hardhat'
import { accountSigner, p256Signer, walletSigner } from './signers.ts'
import type { Signer } from './signers.ts'
import { OPEN_LIST, ORDER, digestOf } from './typed-data.ts'
import {
  ADMIN_DELAY,
  CIVIL_AFFAIRS,
  MARKET_REGULATION,
  ZERO,
  addAuthority,
  admit,
  by,
  bytes32,
  deployContracts,
  present,
  role,
} from './deployment.ts'
import type { Deployment } from './deployment.ts'

const REVOKE = 1
const SUSPEND = 2
const RESUME = 3
const SUPERSEDE = 4
const CAPACITY = 131_072

const { ethers, networkHelpers } = await network.create()

interface Order {
  list: string
  action: number
  indices: number[]
  references: string[]
  statement: string
  salt: string
  deadline: number
}

async function newDepartment() {
  const deployment = await deployContracts(ethers)
  const department = await admit(deployment, CIVIL_AFFAIRS)
  const authority = accountSigner('authority of civil affairs')
  const keyId = await addAuthority(deployment, department, authority)
  const deadline = (await present(deployment)) + 100_000
  return { ...deployment, department, authority, keyId, deadline, list: listIdOf(department, 7) }
}

async function openList() {
  const under = await newDepartment()
  await open(under)
  return under
}

type ListUnderTest = Awaited<ReturnType<typeof newDepartment>>

function given<T>(fixture: () => Promise<T>): Promise<T> {
  return networkHelpers.loadFixture(fixture)
}

function listIdOf(department: string, number: number): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint64'], [department, number]))
}

function open(under: ListUnderTest, { signer = under.authority, deadline = under.deadline } = {}) {
  const { status, department } = under
  const signature = signer.sign(openListDigest(under, deadline))
  return status.openList(department, 7, signer.signer, deadline, signature)
}

function openListDigest({ domains, department }: ListUnderTest, deadline: number): string {
  return digestOf(domains.status, OPEN_LIST, { department, number: 7, deadline })
}

let salts = 0

function newOrder(under: ListUnderTest, action: number, indices: number[], references: string[] = []): Order {
  salts += 1
  return {
    list: under.list,
    action,
    indices,
    references,
    statement: bytes32('statement'),
    salt: bytes32(`salt ${salts}`),
    deadline: under.deadline,
  }
}

function digestOfOrder({ domains }: Deployment, order: Order): string {
  return digestOf(domains.status, ORDER, order)
}

function execute(under: ListUnderTest, order: Order, signer: Signer = under.authority) {
  return under.status.execute(order, signer.signer, signer.sign(digestOfOrder(under, order)))
}

/** Sends a new order of the department and returns its digest. */
async function order(under: ListUnderTest, action: number, indices: number[], references: string[] = []) {
  const made = newOrder(under, action, indices, references)
  await execute(under, made)
  return digestOfOrder(under, made)
}

async function statusOf({ status, list }: ListUnderTest, index: number) {
  const [revoked, suspended, superseded, successor] = await status.statusOf(list, index)
  return { revoked, suspended, superseded, successor }
}

const IN_FORCE = { revoked: false, suspended: false, superseded: false, successor: ZERO }

describe('StatusRegistry', () => {
  describe('openList', () => {
    it('opens a list of a department that signed for it, whoever sends it', async () => {
      const under = await given(newDepartment)
      const { status, list, department, registry } = under
      expect(await status.isOpen(list)).to.equal(false)
      await expect(open(under)).to.emit(status, 'ListOpened').withArgs(list, department, 7)
      expect(await status.isOpen(list)).to.equal(true)
      expect(await status.ownerOf(list)).to.equal(department)
      expect(await status.listCount()).to.equal(1)
      expect([...(await status.listAt(0))]).to.deep.equal([list, department, 7n])
      expect(await status.registry()).to.equal(await registry.getAddress())
    })

    it('has no effect on a list that is open', async () => {
      const under = await given(openList)
      await expect(under.status.openList(under.department, 7, '0x', 0, '0x')).not.to.emit(
        under.status,
        'ListOpened',
      )
      expect(await under.status.listCount()).to.equal(1)
    })

    it('refuses a deadline that has passed, and takes one at this very second', async () => {
      const under = await given(newDepartment)
      const time = (await present(under)) + 10
      await networkHelpers.time.setNextBlockTimestamp(time)
      await expect(open(under, { deadline: time - 1 }))
        .to.be.revertedWithCustomError(under.status, 'DeadlinePassed')
        .withArgs(time - 1, time)
      await networkHelpers.time.setNextBlockTimestamp(time + 1)
      await expect(open(under, { deadline: time + 1 })).to.emit(under.status, 'ListOpened')
    })

    it('refuses a signer that is no authority of the department', async () => {
      const under = await given(newDepartment)
      const stranger = accountSigner('stranger')
      await expect(open(under, { signer: stranger }))
        .to.be.revertedWithCustomError(under.status, 'NotAuthority')
        .withArgs(under.department, stranger.signer)
    })

    it("refuses a signature that is not the authority's, or over another number", async () => {
      const under = await given(newDepartment)
      const { status, department, authority, deadline, domains } = under
      const digest = openListDigest(under, deadline)
      const otherNumber = digestOf(domains.status, OPEN_LIST, { department, number: 8, deadline })
      for (const signature of [accountSigner('stranger').sign(digest), authority.sign(otherNumber), '0x']) {
        await expect(status.openList(department, 7, authority.signer, deadline, signature))
          .to.be.revertedWithCustomError(status, 'InvalidSignature')
          .withArgs(digest)
      }
    })
  })

  describe('execute: revoke', () => {
    it('revokes for good and says so', async () => {
      const under = await given(openList)
      const revocation = newOrder(under, REVOKE, [0, 9, CAPACITY - 1])
      const digest = digestOfOrder(under, revocation)
      await expect(execute(under, revocation))
        .to.emit(under.status, 'StatusChanged')
        .withArgs(under.list, digest, REVOKE, [0, 9, CAPACITY - 1], [], revocation.statement)
      for (const index of [0, 9, CAPACITY - 1]) {
        expect(await statusOf(under, index)).to.deep.equal({ ...IN_FORCE, revoked: true })
      }
      expect(await statusOf(under, 1)).to.deep.equal(IN_FORCE)
      expect(await under.status.orderUsedAt(digest)).to.equal(await present(under))
    })

    it('is final: no later order of any kind changes a revoked certificate', async () => {
      const under = await given(openList)
      const suspension = await order(under, SUSPEND, [5])
      await order(under, REVOKE, [5])
      for (const [action, references] of [
        [REVOKE, []],
        [SUSPEND, []],
        [RESUME, [suspension]],
        [SUPERSEDE, [bytes32('successor')]],
      ] as const) {
        await expect(execute(under, newOrder(under, action, [5], [...references])))
          .to.be.revertedWithCustomError(under.status, 'AlreadyRevoked')
          .withArgs(under.list, 5)
      }
    })
  })

  describe('execute: suspend and resume', () => {
    it('suspends, names the suspension, and lifts it', async () => {
      const under = await given(openList)
      const suspension = await order(under, SUSPEND, [3, 4])
      expect(await statusOf(under, 3)).to.deep.equal({ ...IN_FORCE, suspended: true })
      expect(await under.status.suspendedBy(under.list, 3)).to.equal(suspension)
      await order(under, RESUME, [3], [suspension])
      expect(await statusOf(under, 3)).to.deep.equal(IN_FORCE)
      expect(await under.status.suspendedBy(under.list, 3)).to.equal(ZERO)
      expect(await statusOf(under, 4)).to.deep.equal({ ...IN_FORCE, suspended: true })
    })

    it('refuses to suspend twice', async () => {
      const under = await given(openList)
      await order(under, SUSPEND, [3])
      await expect(execute(under, newOrder(under, SUSPEND, [3])))
        .to.be.revertedWithCustomError(under.status, 'AlreadySuspended')
        .withArgs(under.list, 3)
    })

    it('refuses to lift a suspension that there is not', async () => {
      const under = await given(openList)
      await expect(execute(under, newOrder(under, RESUME, [3], [ZERO])))
        .to.be.revertedWithCustomError(under.status, 'NotSuspended')
        .withArgs(under.list, 3)
    })

    it('refuses a resume that names an earlier suspension than the one in force', async () => {
      const under = await given(openList)
      const first = await order(under, SUSPEND, [3])
      await order(under, RESUME, [3], [first])
      const second = await order(under, SUSPEND, [3])
      await expect(execute(under, newOrder(under, RESUME, [3], [first])))
        .to.be.revertedWithCustomError(under.status, 'WrongSuspension')
        .withArgs(under.list, 3, second, first)
    })
  })

  describe('execute: supersede', () => {
    it('names the successor, once', async () => {
      const under = await given(openList)
      const successor = bytes32('successor')
      await order(under, SUPERSEDE, [8], [successor])
      expect(await statusOf(under, 8)).to.deep.equal({ ...IN_FORCE, superseded: true, successor })
      await expect(execute(under, newOrder(under, SUPERSEDE, [8], [bytes32('another')])))
        .to.be.revertedWithCustomError(under.status, 'AlreadySuperseded')
        .withArgs(under.list, 8)
    })

    it('refuses a supersession without a successor', async () => {
      const under = await given(openList)
      await expect(execute(under, newOrder(under, SUPERSEDE, [8], [ZERO])))
        .to.be.revertedWithCustomError(under.status, 'SuccessorMissing')
        .withArgs(under.list, 8)
    })

    it('leaves the certificate open to suspension and revocation', async () => {
      const under = await given(openList)
      const successor = bytes32('successor')
      await order(under, SUPERSEDE, [8], [successor])
      await order(under, SUSPEND, [8])
      await order(under, REVOKE, [8])
      expect(await statusOf(under, 8)).to.deep.equal({
        revoked: true,
        suspended: true,
        superseded: true,
        successor,
      })
    })
  })

  describe('execute: the order', () => {
    it('is executed once', async () => {
      const under = await given(openList)
      const suspension = newOrder(under, SUSPEND, [3])
      await execute(under, suspension)
      const digest = digestOfOrder(under, suspension)
      await order(under, RESUME, [3], [digest])
      await expect(execute(under, suspension))
        .to.be.revertedWithCustomError(under.status, 'OrderUsed')
        .withArgs(digest)
    })

    it('says that it was used also after its deadline, so that a relayer can tell success', async () => {
      const under = await given(openList)
      const suspension = newOrder(under, SUSPEND, [3])
      await execute(under, suspension)
      await networkHelpers.time.increaseTo(under.deadline + 1)
      await expect(execute(under, suspension)).to.be.revertedWithCustomError(under.status, 'OrderUsed')
    })

    it('was never used if it was never sent', async () => {
      const under = await given(openList)
      expect(await under.status.orderUsedAt(bytes32('never'))).to.equal(0)
    })

    it('changes all or nothing', async () => {
      const under = await given(openList)
      await order(under, REVOKE, [2])
      const revocation = newOrder(under, REVOKE, [1, 2, 3])
      await expect(execute(under, revocation))
        .to.be.revertedWithCustomError(under.status, 'AlreadyRevoked')
        .withArgs(under.list, 2)
      expect(await statusOf(under, 1)).to.deep.equal(IN_FORCE)
      expect(await under.status.orderUsedAt(digestOfOrder(under, revocation))).to.equal(0)
    })

    it('may not name an index twice', async () => {
      const under = await given(openList)
      const twice: [number, string[], string][] = [
        [REVOKE, [], 'AlreadyRevoked'],
        [SUSPEND, [], 'AlreadySuspended'],
        [SUPERSEDE, [bytes32('a'), bytes32('b')], 'AlreadySuperseded'],
      ]
      for (const [action, references, error] of twice) {
        await expect(execute(under, newOrder(under, action, [6, 6], references)))
          .to.be.revertedWithCustomError(under.status, error)
          .withArgs(under.list, 6)
      }
      const suspension = await order(under, SUSPEND, [6])
      await expect(execute(under, newOrder(under, RESUME, [6, 6], [suspension, suspension])))
        .to.be.revertedWithCustomError(under.status, 'NotSuspended')
        .withArgs(under.list, 6)
    })

    it('changes 1 to 256 indices', async () => {
      const under = await given(openList)
      const range = (count: number) => Array.from({ length: count }, (_, i) => i)
      for (const count of [0, 257]) {
        await expect(execute(under, newOrder(under, REVOKE, range(count))))
          .to.be.revertedWithCustomError(under.status, 'InvalidBatch')
          .withArgs(count)
      }
      await order(under, REVOKE, range(256))
      const [first, second] = await under.status.words(under.list, 0, 0, 2)
      expect([first, second]).to.deep.equal([2n ** 256n - 1n, 0n])
    })

    it('refuses an action that there is not', async () => {
      const under = await given(openList)
      for (const action of [0, 5]) {
        await expect(execute(under, newOrder(under, action, [1])))
          .to.be.revertedWithCustomError(under.status, 'InvalidAction')
          .withArgs(action)
      }
    })

    it('refuses references where none belong, and any other number than one for each index', async () => {
      const under = await given(openList)
      const wrong: [number, string[], number][] = [
        [REVOKE, [ZERO], 0],
        [SUSPEND, [ZERO], 0],
        [RESUME, [], 1],
        [RESUME, [ZERO, ZERO], 1],
        [SUPERSEDE, [], 1],
      ]
      for (const [action, references, expected] of wrong) {
        await expect(execute(under, newOrder(under, action, [1], references)))
          .to.be.revertedWithCustomError(under.status, 'InvalidReferences')
          .withArgs(expected, references.length)
      }
    })

    it('refuses an index beyond the list', async () => {
      const under = await given(openList)
      for (const index of [CAPACITY, 2 ** 32 - 1]) {
        await expect(execute(under, newOrder(under, REVOKE, [index])))
          .to.be.revertedWithCustomError(under.status, 'IndexOutOfRange')
          .withArgs(under.list, index)
      }
    })

    it('refuses a list that does not exist', async () => {
      const under = await given(newDepartment)
      await expect(execute(under, newOrder(under, REVOKE, [1])))
        .to.be.revertedWithCustomError(under.status, 'UnknownList')
        .withArgs(under.list)
    })

    it('refuses a deadline that has passed, and takes one at this very second', async () => {
      const under = await given(openList)
      const time = (await present(under)) + 10
      await networkHelpers.time.setNextBlockTimestamp(time)
      await expect(execute(under, { ...newOrder(under, REVOKE, [1]), deadline: time - 1 }))
        .to.be.revertedWithCustomError(under.status, 'DeadlinePassed')
        .withArgs(time - 1, time)
      await networkHelpers.time.setNextBlockTimestamp(time + 1)
      await execute(under, { ...newOrder(under, REVOKE, [1]), deadline: time + 1 })
    })
  })

  describe('execute: the signer', () => {
    it('must be an authority of the owner: not of another department, nor a stranger', async () => {
      const under = await given(openList)
      const other = await admit(under, MARKET_REGULATION)
      const otherAuthority = accountSigner('authority of market regulation')
      await addAuthority(under, other, otherAuthority)
      for (const signer of [otherAuthority, accountSigner('stranger')]) {
        await expect(execute(under, newOrder(under, REVOKE, [1]), signer))
          .to.be.revertedWithCustomError(under.status, 'NotAuthority')
          .withArgs(under.department, signer.signer)
      }
    })

    it('must have signed this very order', async () => {
      const under = await given(openList)
      const { status, authority } = under
      const revocation = newOrder(under, REVOKE, [1])
      const signature = authority.sign(digestOfOrder(under, revocation))
      const altered: Partial<Order>[] = [
        { action: SUSPEND },
        { indices: [2] },
        { indices: [1, 2] },
        { statement: ZERO },
        { salt: ZERO },
        { deadline: revocation.deadline + 1 },
      ]
      for (const change of altered) {
        const forged = { ...revocation, ...change }
        await expect(status.execute(forged, authority.signer, signature))
          .to.be.revertedWithCustomError(status, 'InvalidSignature')
          .withArgs(digestOfOrder(under, forged))
      }
    })

    it('cannot stand in for the authority with its own signature', async () => {
      const under = await given(openList)
      const revocation = newOrder(under, REVOKE, [1])
      const digest = digestOfOrder(under, revocation)
      await expect(
        under.status.execute(revocation, under.authority.signer, accountSigner('stranger').sign(digest)),
      )
        .to.be.revertedWithCustomError(under.status, 'InvalidSignature')
        .withArgs(digest)
    })

    it('counts no longer once its key is retired, compromised or its department suspended', async () => {
      const stops: ((under: ListUnderTest) => Promise<unknown>)[] = [
        async ({ registry, accounts, keyId, ...under }) => {
          const time = (await present(under)) + 10
          await networkHelpers.time.setNextBlockTimestamp(time)
          return by(accounts.guardian, registry).retireKey(keyId, time, 0)
        },
        ({ registry, accounts, keyId }) => by(accounts.guardian, registry).declareCompromised(keyId, 1),
        ({ registry, accounts, department }) => by(accounts.guardian, registry).suspendDepartment(department),
      ]
      for (const stop of stops) {
        const under = await given(openList)
        await stop(under)
        await expect(execute(under, newOrder(under, REVOKE, [1])))
          .to.be.revertedWithCustomError(under.status, 'NotAuthority')
          .withArgs(under.department, under.authority.signer)
      }
    })

    it('may be a P-256 key', async () => {
      const under = await given(openList)
      const signer = p256Signer(under.p256Verifier)
      await addAuthority(under, under.department, signer)
      await expect(execute(under, newOrder(under, REVOKE, [1]), signer)).to.emit(
        under.status,
        'StatusChanged',
      )
    })

    it('may be a contract wallet, whose refusal is one', async () => {
      const under = await given(openList)
      const owner = accountSigner('owner')
      const wallet = await ethers.deployContract('OwnedWallet', [ethers.getAddress(owner.signer)])
      const signer = walletSigner(await wallet.getAddress(), owner)
      await addAuthority(under, under.department, signer)
      await expect(execute(under, newOrder(under, REVOKE, [1]), signer)).to.emit(
        under.status,
        'StatusChanged',
      )

      const reverting = await ethers.deployContract('RevertingWallet')
      const refusing = walletSigner(await reverting.getAddress(), owner)
      await addAuthority(under, under.department, refusing)
      await expect(execute(under, newOrder(under, REVOKE, [2]), refusing)).to.be.revertedWithCustomError(
        under.status,
        'InvalidSignature',
      )
    })
  })

  describe('handOver', () => {
    async function twoDepartments() {
      const under = await openList()
      const successor = await admit(under, MARKET_REGULATION)
      const successorAuthority = accountSigner('authority of market regulation')
      await addAuthority(under, successor, successorAuthority)
      const asListAdmin = by(under.accounts.listAdmin, under.status)
      return { ...under, successor, successorAuthority, asListAdmin }
    }

    it('makes the orders of the new department count and those of the old one not', async () => {
      const under = await given(twoDepartments)
      const { status, list, department, successor, successorAuthority, asListAdmin } = under
      await expect(asListAdmin.handOver(list, successor))
        .to.emit(status, 'ListHandedOver')
        .withArgs(list, department, successor)
      expect(await status.ownerOf(list)).to.equal(successor)
      expect([...(await status.listAt(0))]).to.deep.equal([list, department, 7n])
      await expect(execute(under, newOrder(under, REVOKE, [1])))
        .to.be.revertedWithCustomError(status, 'NotAuthority')
        .withArgs(successor, under.authority.signer)
      await expect(execute(under, newOrder(under, REVOKE, [1]), successorAuthority)).to.emit(
        status,
        'StatusChanged',
      )
    })

    it('lets the new department lift a suspension of the old one', async () => {
      const under = await given(twoDepartments)
      const suspension = await order(under, SUSPEND, [3])
      await under.asListAdmin.handOver(under.list, under.successor)
      await execute(under, newOrder(under, RESUME, [3], [suspension]), under.successorAuthority)
      expect(await statusOf(under, 3)).to.deep.equal(IN_FORCE)
    })

    it('refuses an unknown list, an unknown department, and anybody but the list admin', async () => {
      const under = await given(twoDepartments)
      const { status, registry, accounts, asListAdmin, list, successor } = under
      await expect(asListAdmin.handOver(bytes32('nowhere'), successor))
        .to.be.revertedWithCustomError(status, 'UnknownList')
        .withArgs(bytes32('nowhere'))
      await expect(asListAdmin.handOver(list, bytes32('nobody')))
        .to.be.revertedWithCustomError(registry, 'UnknownDepartment')
        .withArgs(bytes32('nobody'))
      for (const account of [accounts.admin, accounts.relayer, accounts.registrar]) {
        await expect(by(account, status).handOver(list, successor))
          .to.be.revertedWithCustomError(status, 'AccessControlUnauthorizedAccount')
          .withArgs(account.address, role('LIST_ADMIN_ROLE'))
      }
    })
  })

  describe('reading', () => {
    it('reverts for a list that does not exist: silence is not "in force"', async () => {
      const { status } = await given(newDepartment)
      const nowhere = bytes32('nowhere')
      for (const answer of [
        status.statusOf(nowhere, 0),
        status.suspendedBy(nowhere, 0),
        status.ownerOf(nowhere),
        status.words(nowhere, 0, 0, 1),
      ]) {
        await expect(answer).to.be.revertedWithCustomError(status, 'UnknownList').withArgs(nowhere)
      }
    })

    it('reverts for an index beyond the list', async () => {
      const { status, list } = await given(openList)
      for (const answer of [status.statusOf(list, CAPACITY), status.suspendedBy(list, CAPACITY)]) {
        await expect(answer).to.be.revertedWithCustomError(status, 'IndexOutOfRange').withArgs(list, CAPACITY)
      }
    })

    it('gives words whose bytes are a W3C bitstring: index 0 and 9 make 80 40', async () => {
      const under = await given(openList)
      await order(under, REVOKE, [0, 9])
      await order(under, SUSPEND, [256])
      await order(under, SUPERSEDE, [CAPACITY - 1], [bytes32('successor')])
      const bytesOf = async (purpose: number) => {
        const words = [...(await under.status.words(under.list, purpose, 0, 512))] as bigint[]
        return Buffer.from(words.map(word => word.toString(16).padStart(64, '0')).join(''), 'hex')
      }
      const [revocation, suspension, superseded] = [await bytesOf(0), await bytesOf(1), await bytesOf(2)]
      expect(revocation.length).to.equal(CAPACITY / 8)
      expect(setBitsOf(revocation)).to.deep.equal([0, 9])
      expect(revocation.subarray(0, 2).toString('hex')).to.equal('8040')
      expect(setBitsOf(suspension)).to.deep.equal([256])
      expect(setBitsOf(superseded)).to.deep.equal([CAPACITY - 1])
      expect([...(await under.status.words(under.list, 1, 1, 1))]).to.deep.equal([2n ** 255n])
    })

    it('refuses words and purposes that there are not', async () => {
      const { status, list } = await given(openList)
      const endless = 2n ** 256n - 1n
      for (const [start, count] of [
        [0, 513],
        [512, 1],
        [513, 0],
        [1, endless],
        [endless, 1],
      ]) {
        await expect(status.words(list, 0, start, count))
          .to.be.revertedWithCustomError(status, 'WordsOutOfRange')
          .withArgs(start, count)
      }
      expect([...(await status.words(list, 0, 512, 0))]).to.deep.equal([])
      await expect(status.words(list, 3, 0, 1))
        .to.be.revertedWithCustomError(status, 'InvalidPurpose')
        .withArgs(3)
    })

    it('gives the digest that a wallet signs', async () => {
      const under = await given(openList)
      for (const made of [
        newOrder(under, REVOKE, []),
        newOrder(under, RESUME, [1, 2 ** 32 - 1], [bytes32('a'), bytes32('b')]),
      ]) {
        expect(await under.status.digestOf(made)).to.equal(digestOfOrder(under, made))
      }
    })
  })

  describe('deployment', () => {
    it('refuses to be without an admin', async () => {
      const factory = await ethers.getContractFactory('StatusRegistry')
      const nobody = `0x${'00'.repeat(20)}`
      await expect(factory.deploy(nobody, ADMIN_DELAY, nobody))
        .to.be.revertedWithCustomError(factory, 'AccessControlInvalidDefaultAdmin')
        .withArgs(nobody)
    })
  })
})

/** Reads a bitstring as https://www.w3.org/TR/vc-bitstring-status-list/ says: index 0 is the left-most bit. */
function setBitsOf(bytes: Buffer): number[] {
  const bits: number[] = []
  for (let index = 0; index < bytes.length * 8; index++) {
    if (((bytes[index >> 3]! >> (7 - (index & 7))) & 1) === 1) bits.push(index)
  }
  return bits
}
