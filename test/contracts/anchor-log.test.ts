import { expect } from 'chai'
import { hexlify } from 'ethers'
import { network } from 'hardhat'
import { accountSigner, p256Signer } from './signers.ts'
import type { Signer } from './signers.ts'
import {
  consistencyProof,
  inclusionProof,
  nodeHash,
  rootOf,
  someLeaves,
  treeOf,
  uniformTree,
} from './merkle.ts'
import type { Tree } from './merkle.ts'
import { CHECKPOINT, URGENT_LEAF, digestOf } from './typed-data.ts'
import { ZERO, by, bytes32, deployContracts, present, role } from './deployment.ts'
import type { Deployment } from './deployment.ts'

const ORIGIN = 'log.example.gov/onceproof'
const LOG = bytes32(ORIGIN)
const MAX_SIZE = Number.MAX_SAFE_INTEGER

const { ethers, networkHelpers } = await network.create()

async function newLog() {
  const deployment = await deployContracts(ethers)
  const logKey = accountSigner('log key')
  const asLogAdmin = by(deployment.accounts.logAdmin, deployment.log)
  await asLogAdmin.registerLog(ORIGIN, logKey.signer)
  return { ...deployment, logKey, asLogAdmin, tree: treeOf(someLeaves(40)) }
}

type LogUnderTest = Awaited<ReturnType<typeof newLog>>

/** A log that is anchored at sizes 3, 7 and 20. */
async function grownLog() {
  const deployment = await newLog()
  const times: number[] = []
  for (const [oldSize, size] of [
    [0, 3],
    [3, 7],
    [7, 20],
  ] as const) {
    await anchor(deployment, oldSize, size)
    times.push(await present(deployment))
  }
  return { ...deployment, times }
}

function given<T>(fixture: () => Promise<T>): Promise<T> {
  return networkHelpers.loadFixture(fixture)
}

function signCheckpoint({ domains }: Deployment, key: Signer, size: number, root: Buffer, log = LOG): string {
  return key.sign(digestOf(domains.log, CHECKPOINT, { log, size, root }))
}

function anchor(under: LogUnderTest, oldSize: number, size: number, tree: Tree = under.tree) {
  const root = rootOf(tree, size)
  const proof = oldSize === 0 ? [] : consistencyProof(tree, oldSize, size)
  return under.log.anchor(LOG, size, root, proof, signCheckpoint(under, under.logKey, size, root))
}

describe('AnchorLog', () => {
  describe('registerLog', () => {
    it('registers a log under the hash of its origin, with its key', async () => {
      const { log, asLogAdmin } = await given(newLog)
      const key = accountSigner('second').signer
      await expect(asLogAdmin.registerLog('second.example', key))
        .to.emit(log, 'LogRegistered')
        .withArgs(bytes32('second.example'), 'second.example', key)
      expect([...(await log.logOf(bytes32('second.example')))]).to.deep.equal(['second.example', key, ZERO])
      expect(await log.logCount()).to.equal(2)
      expect(await log.logAt(1)).to.equal(bytes32('second.example'))
    })

    it('refuses an origin without or with too many characters', async () => {
      const { log, asLogAdmin, logKey } = await given(newLog)
      for (const origin of ['', 'x'.repeat(256)]) {
        await expect(asLogAdmin.registerLog(origin, logKey.signer))
          .to.be.revertedWithCustomError(log, 'InvalidOrigin')
          .withArgs(origin)
      }
    })

    it('refuses a key that names nobody', async () => {
      const { log, asLogAdmin } = await given(newLog)
      for (const key of [
        '0x',
        `0x${'11'.repeat(19)}`,
        `0x${'00'.repeat(20)}`,
        `0x${'00'.repeat(20)}${'11'.repeat(64)}`,
      ]) {
        await expect(asLogAdmin.registerLog('second.example', key))
          .to.be.revertedWithCustomError(log, 'InvalidLogKey')
          .withArgs(key)
        await expect(asLogAdmin.replaceLogKey(LOG, key))
          .to.be.revertedWithCustomError(log, 'InvalidLogKey')
          .withArgs(key)
      }
    })

    it('refuses a log that is registered already', async () => {
      const { log, asLogAdmin } = await given(newLog)
      await expect(asLogAdmin.registerLog(ORIGIN, accountSigner('other').signer))
        .to.be.revertedWithCustomError(log, 'LogAlreadyRegistered')
        .withArgs(LOG)
    })
  })

  describe('replaceLogKey', () => {
    it('makes the new key count and the old one not', async () => {
      const under = await given(newLog)
      const { log, asLogAdmin, tree, logKey } = under
      const newKey = accountSigner('new log key')
      await expect(asLogAdmin.replaceLogKey(LOG, newKey.signer))
        .to.emit(log, 'LogKeyReplaced')
        .withArgs(LOG, newKey.signer)
      const root = rootOf(tree, 3)
      await expect(
        log.anchor(LOG, 3, root, [], signCheckpoint(under, logKey, 3, root)),
      ).to.be.revertedWithCustomError(log, 'NotSignedByLogKey')
      await expect(log.anchor(LOG, 3, root, [], signCheckpoint(under, newKey, 3, root))).to.emit(
        log,
        'Anchored',
      )
    })
  })

  describe('setSuccessor', () => {
    const second = bytes32('second.example')
    const third = bytes32('third.example')

    async function threeLogs() {
      const under = await grownLog()
      await under.asLogAdmin.registerLog('second.example', under.logKey.signer)
      await under.asLogAdmin.registerLog('third.example', under.logKey.signer)
      return under
    }

    it('closes a log for new checkpoints and leaves, and keeps what it holds', async () => {
      const under = await given(threeLogs)
      const { log, asLogAdmin, logKey, domains } = under
      await expect(asLogAdmin.setSuccessor(LOG, second)).to.emit(log, 'LogSucceeded').withArgs(LOG, second)
      await expect(anchor(under, 20, 30))
        .to.be.revertedWithCustomError(log, 'LogClosed')
        .withArgs(LOG, second)
      const leaf = bytes32('leaf')
      const signature = logKey.sign(digestOf(domains.log, URGENT_LEAF, { log: LOG, leaf }))
      await expect(log.notarize(LOG, leaf, signature))
        .to.be.revertedWithCustomError(log, 'LogClosed')
        .withArgs(LOG, second)
      await expect(anchor(under, 7, 20)).not.to.be.revert(ethers)
      expect((await log.head(LOG)).size).to.equal(20)
      expect((await log.logOf(LOG)).successor).to.equal(second)
    })

    it('happens once', async () => {
      const { log, asLogAdmin } = await given(threeLogs)
      await asLogAdmin.setSuccessor(LOG, second)
      await expect(asLogAdmin.setSuccessor(LOG, third))
        .to.be.revertedWithCustomError(log, 'LogClosed')
        .withArgs(LOG, second)
    })

    it('closes no cycle', async () => {
      const { log, asLogAdmin } = await given(threeLogs)
      await asLogAdmin.setSuccessor(LOG, second)
      await asLogAdmin.setSuccessor(second, third)
      for (const [from, to] of [
        [third, LOG],
        [third, second],
        [third, third],
      ] as const) {
        await expect(asLogAdmin.setSuccessor(from, to))
          .to.be.revertedWithCustomError(log, 'InvalidSuccessor')
          .withArgs(from, to)
      }
    })

    it('refuses a successor that is not registered', async () => {
      const { log, asLogAdmin } = await given(threeLogs)
      await expect(asLogAdmin.setSuccessor(LOG, bytes32('nowhere')))
        .to.be.revertedWithCustomError(log, 'UnknownLog')
        .withArgs(bytes32('nowhere'))
    })
  })

  describe('anchor', () => {
    it('takes the first checkpoint without a proof, from anybody, and keeps its block', async () => {
      const under = await given(newLog)
      const { log, tree } = under
      const root = hexlify(rootOf(tree, 3))
      await expect(anchor(under, 0, 3))
        .to.emit(log, 'Anchored')
        .withArgs(LOG, 0, 3, root)
      const block = await ethers.provider.getBlock('latest')
      const stored = [3n, BigInt(block!.timestamp), BigInt(block!.number), root]
      expect([...(await log.head(LOG))]).to.deep.equal(stored)
      expect([...(await log.checkpointAt(LOG, 0))]).to.deep.equal(stored)
      expect(await log.checkpointCount(LOG)).to.equal(1)
    })

    it('takes a later one with the proof that it extends the head', async () => {
      const under = await given(grownLog)
      await expect(anchor(under, 20, 21))
        .to.emit(under.log, 'Anchored')
        .withArgs(LOG, 3, 21, hexlify(rootOf(under.tree, 21)))
    })

    it('takes the greatest size that every reader can hold, with a real proof', async () => {
      const under = await given(newLog)
      const tree = uniformTree(someLeaves(1)[0]!)
      await anchor(under, 0, 2 ** 52 + 1, tree)
      await expect(anchor(under, 2 ** 52 + 1, MAX_SIZE, tree)).to.emit(under.log, 'Anchored')
    })

    it('accepts a stored checkpoint again without any effect, whoever sends it with whatever', async () => {
      const { log, tree, accounts, times } = await given(grownLog)
      const asStranger = by(accounts.stranger, log)
      for (const [i, size] of [3, 7, 20].entries()) {
        await expect(
          asStranger.anchor(LOG, size, rootOf(tree, size), [bytes32('nonsense')], '0x'),
        ).not.to.emit(log, 'Anchored')
        expect((await log.checkpointOfSize(LOG, size)).time).to.equal(times[i])
      }
      expect(await log.checkpointCount(LOG)).to.equal(3)
    })

    it('refuses a fork: a stored size with another root, though the log key signed it', async () => {
      const under = await given(grownLog)
      const { log, logKey, tree } = under
      const forged = rootOf(treeOf(someLeaves(40, 'forged')), 7)
      await expect(log.anchor(LOG, 7, forged, [], signCheckpoint(under, logKey, 7, forged)))
        .to.be.revertedWithCustomError(log, 'RootConflict')
        .withArgs(LOG, 7, hexlify(rootOf(tree, 7)), hexlify(forged))
    })

    it('refuses a fork that grows: the proof of another tree, though the log key signed it', async () => {
      const under = await given(grownLog)
      const forged = treeOf([...someLeaves(19), ...someLeaves(21, 'forged')])
      await expect(anchor(under, 20, 30, forged))
        .to.be.revertedWithCustomError(under.log, 'InconsistentCheckpoint')
        .withArgs(LOG, 20, 30)
    })

    it('refuses a log whose entries changed places', async () => {
      const under = await given(grownLog)
      const leaves = someLeaves(40)
      ;[leaves[4], leaves[5]] = [leaves[5]!, leaves[4]!]
      await expect(anchor(under, 20, 30, treeOf(leaves)))
        .to.be.revertedWithCustomError(under.log, 'InconsistentCheckpoint')
        .withArgs(LOG, 20, 30)
    })

    it('refuses a smaller size that was never stored', async () => {
      const under = await given(grownLog)
      for (const size of [1, 5, 19]) {
        await expect(anchor(under, 0, size))
          .to.be.revertedWithCustomError(under.log, 'SizeBehindHead')
          .withArgs(LOG, size, 20)
      }
    })

    it('refuses size 0 and sizes that a reader could not hold', async () => {
      const under = await given(newLog)
      const root = rootOf(under.tree, 1)
      for (const size of [0n, 2n ** 53n, 2n ** 64n - 1n]) {
        await expect(under.log.anchor(LOG, size, root, [], '0x'))
          .to.be.revertedWithCustomError(under.log, 'InvalidSize')
          .withArgs(size)
      }
    })

    it('refuses a first checkpoint with a proof', async () => {
      const under = await given(newLog)
      const root = rootOf(under.tree, 3)
      const signature = signCheckpoint(under, under.logKey, 3, root)
      await expect(under.log.anchor(LOG, 3, root, [ZERO], signature))
        .to.be.revertedWithCustomError(under.log, 'ProofOfNothing')
        .withArgs(LOG, 1)
    })

    it('refuses a log that is not registered', async () => {
      const { log } = await given(newLog)
      await expect(log.anchor(bytes32('nowhere'), 1, ZERO, [], '0x'))
        .to.be.revertedWithCustomError(log, 'UnknownLog')
        .withArgs(bytes32('nowhere'))
    })

    it('refuses the signature of another key, and of the log key over anything else', async () => {
      const under = await given(newLog)
      const { log, logKey, domains, tree, asLogAdmin } = under
      await asLogAdmin.registerLog('second.example', logKey.signer)
      const root = rootOf(tree, 3)
      const leafInstead = digestOf(domains.log, URGENT_LEAF, { log: LOG, leaf: root })
      const signatures = [
        signCheckpoint(under, accountSigner('stranger'), 3, root),
        signCheckpoint(under, logKey, 4, root),
        signCheckpoint(under, logKey, 3, rootOf(tree, 4)),
        signCheckpoint(under, logKey, 3, root, bytes32('second.example')),
        logKey.sign(leafInstead),
        '0x',
        `0x${'00'.repeat(65)}`,
        `0x${'00'.repeat(64)}1d`,
      ]
      const digest = digestOf(domains.log, CHECKPOINT, { log: LOG, size: 3, root })
      for (const signature of signatures) {
        await expect(log.anchor(LOG, 3, root, [], signature))
          .to.be.revertedWithCustomError(log, 'NotSignedByLogKey')
          .withArgs(LOG, digest)
      }
    })

    it('takes the signature of a P-256 log key', async () => {
      const under = await given(newLog)
      const logKey = p256Signer(under.p256Verifier)
      await under.asLogAdmin.replaceLogKey(LOG, logKey.signer)
      await expect(anchor({ ...under, logKey }, 0, 3)).to.emit(under.log, 'Anchored')
    })
  })

  describe('anchor, for all pairs of sizes 1 to 40', () => {
    // One log for each old size, whose head stays there: each pair is asked by a call, not sent.
    async function fortyLogs() {
      const under = await newLog()
      for (let size = 1; size <= 40; size++) {
        const origin = `log of ${size}`
        await under.asLogAdmin.registerLog(origin, under.logKey.signer)
        const root = rootOf(under.tree, size)
        const signature = signCheckpoint(under, under.logKey, size, root, bytes32(origin))
        await under.log.anchor(bytes32(origin), size, root, [], signature)
      }
      return under
    }

    function ask(under: LogUnderTest, oldSize: number, size: number, proof: Buffer[]) {
      const log = bytes32(`log of ${oldSize}`)
      const root = rootOf(under.tree, size)
      const signature = signCheckpoint(under, under.logKey, size, root, log)
      return under.log.anchor.staticCall(log, size, root, proof, signature)
    }

    it('accepts the proof of a naive reference', async () => {
      const under = await given(fortyLogs)
      for (let oldSize = 1; oldSize < 40; oldSize++) {
        for (let size = oldSize + 1; size <= 40; size++) {
          await ask(under, oldSize, size, consistencyProof(under.tree, oldSize, size))
        }
      }
    })

    it('refuses a proof that is short, long, swapped or altered', async () => {
      const under = await given(fortyLogs)
      let refused = 0
      for (let oldSize = 1; oldSize < 40; oldSize += 4) {
        for (let size = oldSize + 1; size <= 40; size += 4) {
          const proof = consistencyProof(under.tree, oldSize, size)
          for (const mutant of mutantsOf(proof)) {
            await expect(ask(under, oldSize, size, mutant))
              .to.be.revertedWithCustomError(under.log, 'InconsistentCheckpoint')
              .withArgs(bytes32(`log of ${oldSize}`), oldSize, size)
            refused += 1
          }
        }
      }
      expect(refused).to.be.greaterThan(300)
    })
  })

  describe('notarize', () => {
    const leaf = bytes32('urgent leaf')

    function signLeaf({ domains, logKey }: LogUnderTest): string {
      return logKey.sign(digestOf(domains.log, URGENT_LEAF, { log: LOG, leaf }))
    }

    it('keeps the block of a leaf that the log key signed, sent by anybody', async () => {
      const under = await given(newLog)
      await expect(under.log.notarize(LOG, leaf, signLeaf(under)))
        .to.emit(under.log, 'Notarized')
        .withArgs(LOG, leaf)
      const block = await ethers.provider.getBlock('latest')
      expect([...(await under.log.notarizedAt(LOG, leaf))].map(Number)).to.deep.equal([
        block!.timestamp,
        block!.number,
      ])
    })

    it('keeps the first time when it is sent again', async () => {
      const under = await given(newLog)
      await under.log.notarize(LOG, leaf, signLeaf(under))
      const first = await under.log.notarizedAt(LOG, leaf)
      await networkHelpers.time.increase(100)
      await expect(under.log.notarize(LOG, leaf, '0x')).not.to.emit(under.log, 'Notarized')
      expect([...(await under.log.notarizedAt(LOG, leaf))]).to.deep.equal([...first])
    })

    it('refuses a leaf that the log key did not sign', async () => {
      const under = await given(newLog)
      const { log, domains } = under
      await expect(log.notarize(LOG, leaf, accountSigner('stranger').sign(bytes32('x'))))
        .to.be.revertedWithCustomError(log, 'NotSignedByLogKey')
        .withArgs(LOG, digestOf(domains.log, URGENT_LEAF, { log: LOG, leaf }))
    })

    it('answers zeros for a leaf that was not notarized, and does not count as logged', async () => {
      const under = await given(newLog)
      expect([...(await under.log.notarizedAt(LOG, leaf))].map(Number)).to.deep.equal([0, 0])
      await under.log.notarize(LOG, leaf, signLeaf(under))
      expect(await under.log.checkpointCount(LOG)).to.equal(0)
    })
  })

  describe('a proof of two thousand hashes', () => {
    // Calldata of zeros needs 660,000 gas at least; to hash all of it would need another million.
    const gasLimit = 800_000
    const overlong = Array.from({ length: 2_000 }, () => ZERO)

    it('is refused by anchor before it is hashed', async () => {
      const under = await given(grownLog)
      const root = rootOf(under.tree, 30)
      const signature = signCheckpoint(under, under.logKey, 30, root)
      await expect(under.log.anchor.staticCall(LOG, 30, root, overlong, signature, { gasLimit }))
        .to.be.revertedWithCustomError(under.log, 'InconsistentCheckpoint')
        .withArgs(LOG, 20, 30)
    })

    it('is false for verifyInclusion before it is hashed', async () => {
      const { log, tree } = await given(grownLog)
      expect(await log.verifyInclusion(LOG, tree.hashOf(0, 1), 0, 20, overlong, { gasLimit })).to.equal(false)
    })
  })

  describe('reading', () => {
    it('reverts for a log that is not registered', async () => {
      const { log } = await given(newLog)
      const nowhere = bytes32('nowhere')
      const asked = [
        log.logOf(nowhere),
        log.head(nowhere),
        log.checkpointCount(nowhere),
        log.checkpointAt(nowhere, 0),
        log.checkpointsFrom(nowhere, 0, 1),
        log.checkpointOfSize(nowhere, 1),
        log.firstCovering(nowhere, 0),
        log.verifyInclusion(nowhere, ZERO, 0, 1, []),
        log.notarizedAt(nowhere, ZERO),
        log.notarize(nowhere, ZERO, '0x'),
      ]
      for (const answer of asked) {
        await expect(answer).to.be.revertedWithCustomError(log, 'UnknownLog').withArgs(nowhere)
      }
    })

    it('answers size 0 where there is no checkpoint', async () => {
      const { log } = await given(newLog)
      expect((await log.head(LOG)).size).to.equal(0)
      expect((await log.firstCovering(LOG, 0)).size).to.equal(0)
      expect((await log.checkpointOfSize(LOG, 0)).size).to.equal(0)
      expect((await log.checkpointAt(LOG, 0)).size).to.equal(0)
      expect(await log.verifyInclusion(LOG, ZERO, 0, 0, [])).to.equal(false)
    })

    it('finds the first checkpoint that covers a leaf', async () => {
      const { log } = await given(grownLog)
      const sizes: number[] = []
      for (const leafIndex of [0, 2, 3, 6, 7, 19, 20]) {
        sizes.push(Number((await log.firstCovering(LOG, leafIndex)).size))
      }
      expect(sizes).to.deep.equal([3, 3, 7, 7, 20, 20, 0])
      expect((await log.firstCovering(LOG, 2n ** 64n - 1n)).size).to.equal(0)
    })

    it('finds a checkpoint by its exact size', async () => {
      const { log } = await given(grownLog)
      const found: number[] = []
      for (let size = 0; size <= 21; size++) found.push(Number((await log.checkpointOfSize(LOG, size)).size))
      expect(found.filter(size => size !== 0)).to.deep.equal([3, 7, 20])
    })

    it('pages through the checkpoints', async () => {
      const { log } = await given(grownLog)
      const page = async (start: number | bigint, max: number | bigint) =>
        [...(await log.checkpointsFrom(LOG, start, max))].map(c => Number(c.size))
      const endless = 2n ** 256n - 1n
      expect(await page(0, endless)).to.deep.equal([3, 7, 20])
      expect(await page(1, 1)).to.deep.equal([7])
      expect(await page(2, 5)).to.deep.equal([20])
      expect(await page(3, 1)).to.deep.equal([])
      expect(await page(endless, endless)).to.deep.equal([])
      expect(await page(0, 0)).to.deep.equal([])
    })
  })

  describe('verifyInclusion', () => {
    it('is true for every leaf of every stored checkpoint, and for no other place', async () => {
      const { log, tree } = await given(grownLog)
      for (const size of [3, 7, 20]) {
        for (let index = 0; index < size; index++) {
          const proof = inclusionProof(tree, index, size)
          const leaf = tree.hashOf(index, 1)
          expect(await log.verifyInclusion(LOG, leaf, index, size, proof)).to.equal(true)
          const elsewhere = (index + 1) % size
          expect(await log.verifyInclusion(LOG, leaf, elsewhere, size, proof)).to.equal(false)
        }
      }
    })

    it('is false for a proof that is short, long, swapped or altered, and for another leaf', async () => {
      const { log, tree } = await given(grownLog)
      for (let index = 0; index < 20; index++) {
        const proof = inclusionProof(tree, index, 20)
        const leaf = tree.hashOf(index, 1)
        for (const mutant of mutantsOf(proof)) {
          expect(await log.verifyInclusion(LOG, leaf, index, 20, mutant)).to.equal(false)
        }
        expect(await log.verifyInclusion(LOG, bytes32('other'), index, 20, proof)).to.equal(false)
      }
    })

    it('is false for an inner node that is passed off as a leaf', async () => {
      const { log, tree } = await given(grownLog)
      for (let index = 0; index < 20; index++) {
        const proof = inclusionProof(tree, index, 20)
        let node = tree.hashOf(index, 1)
        for (let height = 0; height < proof.length; height++) {
          const isRight = Math.floor(index / 2 ** height) % 2 === 1
          node = isRight ? nodeHash(proof[height]!, node) : nodeHash(node, proof[height]!)
          const rest = proof.slice(height + 1)
          for (const place of [index, Math.floor(index / 2 ** (height + 1))]) {
            expect(await log.verifyInclusion(LOG, node, place, 20, rest)).to.equal(false)
          }
        }
      }
    })

    it('is false for the root as a leaf, unless the log has that one leaf only', async () => {
      const under = await given(grownLog)
      expect(await under.log.verifyInclusion(LOG, rootOf(under.tree, 3), 0, 3, [])).to.equal(false)
      const fresh = await given(newLog)
      await anchor(fresh, 0, 1)
      expect(await fresh.log.verifyInclusion(LOG, rootOf(fresh.tree, 1), 0, 1, [])).to.equal(true)
    })

    it('is false for a size that is not stored and for an index beyond the size', async () => {
      const { log, tree } = await given(grownLog)
      const leaf = tree.hashOf(2, 1)
      expect(await log.verifyInclusion(LOG, leaf, 2, 4, inclusionProof(tree, 2, 4))).to.equal(false)
      expect(await log.verifyInclusion(LOG, leaf, 3, 3, inclusionProof(tree, 2, 3))).to.equal(false)
      expect(await log.verifyInclusion(LOG, leaf, 2n ** 64n - 1n, 3, inclusionProof(tree, 2, 3))).to.equal(
        false,
      )
    })
  })

  describe('roles', () => {
    it('let nobody else register a log, replace its key or close it', async () => {
      const { log, accounts, logKey } = await given(newLog)
      for (const account of [accounts.admin, accounts.relayer, accounts.deployer, accounts.registrar]) {
        for (const call of [
          by(account, log).registerLog('other.example', logKey.signer),
          by(account, log).replaceLogKey(LOG, logKey.signer),
          by(account, log).setSuccessor(LOG, LOG),
        ]) {
          await expect(call)
            .to.be.revertedWithCustomError(log, 'AccessControlUnauthorizedAccount')
            .withArgs(account.address, role('LOG_ADMIN_ROLE'))
        }
      }
    })

    it('refuse to replace the key of a log, or close one, that is not registered', async () => {
      const { log, asLogAdmin, logKey } = await given(newLog)
      for (const call of [
        asLogAdmin.replaceLogKey(bytes32('nowhere'), logKey.signer),
        asLogAdmin.setSuccessor(bytes32('nowhere'), LOG),
      ]) {
        await expect(call).to.be.revertedWithCustomError(log, 'UnknownLog').withArgs(bytes32('nowhere'))
      }
    })
  })
})

/** Every proof that is nearly this one: none of them may pass. */
function mutantsOf(proof: Buffer[]): Buffer[][] {
  const stray = Buffer.alloc(32)
  const mutants = [
    [...proof, stray],
    [stray, ...proof],
  ]
  if (proof.length > 0) {
    mutants.push([], proof.slice(1), proof.slice(0, -1), [...proof, proof.at(-1)!])
    const i = proof.length >> 1
    mutants.push(proof.with(i, flipOneBit(proof[i]!)))
  }
  if (proof.length > 1) {
    mutants.push([proof[1]!, proof[0]!, ...proof.slice(2)], proof.toReversed())
  }
  return mutants
}

function flipOneBit(bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes)
  flipped[31]! ^= 1
  return flipped
}
