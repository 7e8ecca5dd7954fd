import { expect } from 'chai'
import { AbiCoder, keccak256 } from 'ethers'
import { globalOptions, network } from 'hardhat'
import { accountSigner, p256Signer, passkeySigner } from './signers.ts'
import type { Signer } from './signers.ts'
import { consistencyProof, rootOf, someLeaves, uniformTree } from './merkle.ts'
import {
  CHECKPOINT,
  OPEN_LIST,
  ORDER,
  REUSE_GRANT,
  URGENT_LEAF,
  WITHDRAWAL,
  digestOf,
  holderOf,
  termsHash,
} from './typed-data.ts'
import {
  CIVIL_AFFAIRS,
  ZERO,
  addAuthority,
  admit,
  by,
  bytes32,
  deployContracts,
  present,
} from './deployment.ts'

const ANCHOR_LIMIT = 150_000
// Beyond four thousand million statements a proof may have up to 54 hashes.
const ANCHOR_LIMIT_AT_ANY_SIZE = 175_000
const LARGE = 2 ** 32
const LOG = bytes32('log.example.gov')
const TERMS = {
  items: [{ certificate: bytes32('certificate'), fields: ['name', 'address', 'birthDate'] }],
  grantee: bytes32('grantee'),
  matter: '公租房申请',
  purpose: 'assess the application',
  maxUses: 3,
  notice: bytes32('notice'),
  salt: bytes32('salt'),
}

const { ethers } = await network.create()

const table: [string, bigint][] = []

/** Notes and returns the gas that a transaction used. */
async function gasOf(
  name: string,
  sent: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>,
): Promise<bigint> {
  const receipt = await (await sent).wait()
  table.push([name, receipt!.gasUsed])
  return receipt!.gasUsed
}

describe('Gas', () => {
  before(function () {
    // Code that counts its own coverage costs more than the code that is deployed.
    if (globalOptions.coverage) this.skip()
  })

  after(() => {
    const lines = table.map(
      ([name, gas]) => `    ${name.padEnd(62)} ${gas.toLocaleString('en').padStart(10)}`,
    )
    console.log(`\n${lines.join('\n')}\n`)
  })

  it('of a checkpoint stays within the limit at every size, whatever it covers', async () => {
    const { log, accounts, domains } = await deployContracts(ethers)
    const tree = uniformTree(someLeaves(1)[0]!)
    const logKey = accountSigner('log key')
    const asLogAdmin = by(accounts.logAdmin, log)
    // Each pair a log of its own. A proof is longest from just after a power of two, and dearest, hashed twice all the
    // way, from just before one.
    const pairs = [
      [1, 2],
      [1_000, 1_100],
      [1_000_000, 1_004_096],
      [2 ** 19 + 1, 2 ** 20 - 1],
      [1_048_577, 2_097_151],
      [2 ** 20 - 3, 2 ** 20 - 1],
      [LARGE - 3, LARGE - 1],
      [2 ** 53 - 3, 2 ** 53 - 1],
    ] as const
    for (const [oldSize, size] of pairs) {
      const origin = `log of ${oldSize} and ${size}`
      const id = bytes32(origin)
      await asLogAdmin.registerLog(origin, logKey.signer)
      const anchor = (to: number, proof: Buffer[]) => {
        const root = rootOf(tree, to)
        const signature = logKey.sign(digestOf(domains.log, CHECKPOINT, { log: id, size: to, root }))
        return log.anchor(id, to, root, proof, signature)
      }
      const first = await gasOf(`anchor, first, size ${oldSize}`, anchor(oldSize, []))
      const proof = consistencyProof(tree, oldSize, size)
      const next = await gasOf(
        `anchor, size ${oldSize} to ${size}, ${proof.length} hashes`,
        anchor(size, proof),
      )
      expect(Number(first)).to.be.at.most(ANCHOR_LIMIT)
      expect(Number(next)).to.be.at.most(size < LARGE ? ANCHOR_LIMIT : ANCHOR_LIMIT_AT_ANY_SIZE)
      await gasOf(`anchor again, size ${size}`, anchor(size, []))
    }
  })

  it('of a checkpoint does not grow with the number of checkpoints', async () => {
    const { log, accounts, domains } = await deployContracts(ethers)
    const tree = uniformTree(someLeaves(1)[0]!)
    const logKey = accountSigner('log key')
    await by(accounts.logAdmin, log).registerLog('log.example.gov', logKey.signer)
    const gas: number[] = []
    for (let i = 0; i < 50; i++) {
      // From a power of two to the next: every proof is of one hash, and what is left is one shift for each bit.
      const [oldSize, size] = [2 ** (i - 1), 2 ** i]
      const root = rootOf(tree, size)
      const signature = logKey.sign(digestOf(domains.log, CHECKPOINT, { log: LOG, size, root }))
      const proof = i === 0 ? [] : consistencyProof(tree, oldSize, size)
      const receipt = await (await log.anchor(LOG, size, root, proof, signature)).wait()
      gas.push(Number(receipt!.gasUsed))
    }
    expect(Math.max(...gas.slice(2)) - Math.min(...gas.slice(2))).to.be.below(5_000)
  })

  it('of an urgent leaf stays below a checkpoint', async () => {
    const { log, accounts, domains } = await deployContracts(ethers)
    const logKey = accountSigner('log key')
    await by(accounts.logAdmin, log).registerLog('log.example.gov', logKey.signer)
    const leaf = bytes32('leaf')
    const signature = logKey.sign(digestOf(domains.log, URGENT_LEAF, { log: LOG, leaf }))
    expect(Number(await gasOf('notarize', log.notarize(LOG, leaf, signature)))).to.be.below(80_000)
  })

  it('of a status order grows by a bit for each certificate', async () => {
    const deployment = await deployContracts(ethers)
    const { status, domains } = deployment
    const department = await admit(deployment, CIVIL_AFFAIRS)
    const authority = accountSigner('authority')
    await addAuthority(deployment, department, authority)
    const deadline = (await present(deployment)) + 10_000
    const opening = digestOf(domains.status, OPEN_LIST, { department, number: 0, deadline })
    await gasOf(
      'open a list',
      status.openList(department, 0, authority.signer, deadline, authority.sign(opening)),
    )
    const list = keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint64'], [department, 0]))
    const execute = async (name: string, action: number, indices: number[], references: string[] = []) => {
      const order = {
        list,
        action,
        indices,
        references,
        statement: bytes32('s'),
        salt: bytes32(name),
        deadline,
      }
      const digest = digestOf(domains.status, ORDER, order)
      const gas = await gasOf(name, status.execute(order, authority.signer, authority.sign(digest)))
      return { gas: Number(gas), digest }
    }
    const spread = (count: number, from: number) => Array.from({ length: count }, (_, i) => from + i * 257)
    const one = await execute('revoke 1', 1, [7])
    const hundred = await execute('revoke 100, each in a word of its own', 1, spread(100, 300))
    await execute(
      'revoke 100 in one word',
      1,
      spread(100, 60_000).map((_, i) => 130_816 + i),
    )
    const suspension = await execute('suspend 1', 2, [11])
    await execute('suspend 100', 2, spread(100, 400))
    await execute('resume 1', 3, [11], [suspension.digest])
    await execute('supersede 1', 4, [12], [bytes32('successor')])
    expect(one.gas).to.be.below(130_000)
    expect(hundred.gas / 100).to.be.below(30_000)
  })

  it('of a grant and its withdrawal, by each kind of key', async () => {
    const deployment = await deployContracts(ethers)
    const { grants, domains, p256Verifier, webAuthnVerifier } = deployment
    const notBefore = await present(deployment)
    const notAfter = notBefore + 10_000
    const holders: [string, Signer, number][] = [
      ['account', accountSigner('holder'), 90_000],
      ['P-256', p256Signer(p256Verifier), 110_000],
      ['passkey', passkeySigner(webAuthnVerifier), 140_000],
    ]
    for (const [kind, { signer, sign }, limit] of holders) {
      const holder = holderOf(signer)
      const digest = digestOf(domains.grants, REUSE_GRANT, {
        holder,
        terms: TERMS,
        notBefore,
        notAfter,
        epoch: 0,
      })
      const granting = grants.grant(signer, termsHash(TERMS), notBefore, notAfter, 0, sign(digest))
      expect(Number(await gasOf(`grant, ${kind}`, granting))).to.be.below(limit)
      const withdrawal = sign(digestOf(domains.grants, WITHDRAWAL, { holder, grant: digest }))
      expect(
        Number(await gasOf(`withdraw, ${kind}`, grants.withdraw(signer, digest, withdrawal))),
      ).to.be.below(limit)
    }
    await gasOf('withdraw directly', grants.withdrawDirect(ZERO))
  })
})
