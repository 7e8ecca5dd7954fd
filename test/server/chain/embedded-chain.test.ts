import { statSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { Transaction, Wallet } from 'ethers'
import { journalPath, nextBaseFee, type EmbeddedChain } from '../../../server/chain/embedded/chain.ts'
import { genesisPath } from '../../../server/chain/embedded/genesis.ts'
import {
  editGenesis,
  editJournal,
  flipInJournal,
  openChain,
  relayerOf,
  rpcFailureOf,
  scratchDirectory,
  send,
  signTransfer,
  signTransfers,
  startRefusalOf,
} from './embedded-support.ts'

interface Block {
  number: string
  hash: string
  timestamp: string
  transactions: string[]
}

const blockAt = (chain: EmbeddedChain, tag: string | number, full = false) =>
  chain.call('eth_getBlockByNumber', [
    typeof tag === 'number' ? `0x${tag.toString(16)}` : tag,
    full,
  ]) as Promise<Block>

const countOf = async (chain: EmbeddedChain, address: string, tag = 'latest') =>
  Number(await chain.call('eth_getTransactionCount', [address, tag]))

/** Init code that is one invalid instruction: it burns all its gas. */
const BURNS_ALL_GAS = '0xfe'
/** Init code that deploys `PUSH1 0 SLOAD PUSH1 1 ADD PUSH1 0 SSTORE PUSH1 0 PUSH1 0 LOG0`: a counter with an event. */
const COUNTER = '0x6d60005460010160005560006000a0600052600e6012f3'
/** Code that reverts with the four bytes 0xdeadbeef. */
const REVERTS = '0x63deadbeef6000526004601cfd'
/** A creation that reverts in a block whose time is before `seconds`: PUSH4 seconds, TIMESTAMP, LT, JUMPI to a REVERT. */
const notBefore = (seconds: number) => `0x63${seconds.toString(16).padStart(8, '0')}4210600b57005b5f5ffd`

describe('the embedded chain', function () {
  let dataDir: string
  let remove: () => void
  let chain: EmbeddedChain
  let relayer: Wallet

  beforeEach(async () => {
    ;({ dataDir, remove } = scratchDirectory())
    chain = await openChain(dataDir)
    relayer = relayerOf(dataDir)
  })

  afterEach(async () => {
    await chain.stop()
    remove()
  })

  const reopen = async (options: Parameters<typeof openChain>[1] = {}) => {
    await chain.stop()
    chain = await openChain(dataDir, options)
  }

  /** Stops the chain, spoils something, and returns why it then does not start. The chain is whole again after it. */
  const refusalAfter = async (spoil: () => void, options: Parameters<typeof openChain>[1] = {}) => {
    await chain.stop()
    spoil()
    return await startRefusalOf(openChain(dataDir, options))
  }

  describe('when a transaction is sent', () => {
    it('answers with its hash only once the block with it is in the journal', async () => {
      const raw = await signTransfer(relayer, 0)

      expect(await send(chain, raw)).to.equal(Transaction.from(raw).hash)

      const journal = new Database(journalPath(dataDir), { readonly: true })
      const kept = journal.prepare('SELECT hex(raw) FROM block_transaction WHERE block = 1').pluck().all()
      journal.close()
      expect(kept).to.deep.equal([raw.slice(2).toUpperCase()])
    })

    it('puts what arrives together into one block, in order', async () => {
      const raws = await signTransfers(relayer, 0, 30)
      const hashes = await Promise.all(raws.map(raw => send(chain, raw)))

      expect(chain.height).to.equal(1)
      expect((await blockAt(chain, 1)).transactions).to.deep.equal(hashes)
    })

    it('takes transactions of one sender that arrive out of order but without a gap', async () => {
      const raws = await signTransfers(relayer, 0, 5)
      await Promise.all(raws.toReversed().map(raw => send(chain, raw)))

      expect(await countOf(chain, relayer.address)).to.equal(5)
    })

    it('moves what a full block has no room for to the next block', async () => {
      const burns = (nonce: number) =>
        signTransfer(relayer, nonce, { to: null, value: 0, data: BURNS_ALL_GAS, gasLimit: 16_000_000 })
      const raws = await Promise.all([0, 1, 2, 3, 4].map(burns))
      await Promise.all(raws.map(raw => send(chain, raw)))

      expect((await blockAt(chain, 1)).transactions).to.have.length(3)
      expect((await blockAt(chain, 2)).transactions).to.have.length(2)
      expect(chain.height).to.equal(2)
    })

    it('makes at most five hundred of them one block', async () => {
      const raws = await signTransfers(relayer, 0, 510)
      await Promise.all(raws.map(raw => send(chain, raw)))

      expect((await blockAt(chain, 1)).transactions).to.have.length(500)
      expect((await blockAt(chain, 2)).transactions).to.have.length(10)
    })

    it('never shows a block to a reader before the journal has it', async () => {
      const raws = await signTransfers(relayer, 0, 40)
      const journal = new Database(journalPath(dataDir), { readonly: true })
      const journaled = journal.prepare('SELECT coalesce(max(number), 0) FROM block').pluck()
      const sending = { isOn: true }
      let seen = 0
      const reader = (async () => {
        while (sending.isOn) {
          const shown = Number(await chain.call('eth_blockNumber', []))
          expect(journaled.get()).to.be.at.least(shown)
          seen = Math.max(seen, shown)
        }
      })()
      for (const raw of raws) await send(chain, raw)
      sending.isOn = false
      await reader
      journal.close()
      expect(seen).to.be.greaterThan(1)
    })

    it('counts what still waits when asked for the pending nonce', async () => {
      const raws = await signTransfers(relayer, 0, 3)
      const sent = raws.map(raw => send(chain, raw))

      expect(await countOf(chain, relayer.address, 'pending')).to.equal(3)
      await Promise.all(sent)
    })
  })

  describe('what it refuses at the door', () => {
    it('refuses a transaction whose predecessors are missing, and does not mine it later', async () => {
      const [first, second, third] = await signTransfers(relayer, 0, 3)
      const failure = await rpcFailureOf(send(chain, third!))
      expect(failure.message).to.match(/^nonce too high: .* tx: 2 state: 0/)

      await send(chain, first!)
      await send(chain, second!)
      expect(await countOf(chain, relayer.address)).to.equal(2)
      await send(chain, third!)
      expect(await countOf(chain, relayer.address)).to.equal(3)
    })

    it('refuses the same bytes again while they wait, and once they are mined', async () => {
      const raw = await signTransfer(relayer, 0)
      const sent = send(chain, raw)

      expect((await rpcFailureOf(send(chain, raw))).message).to.equal('already known')
      await sent
      expect((await rpcFailureOf(send(chain, raw))).message).to.equal(
        'nonce too low: next nonce 1, tx nonce 0',
      )
    })

    it('refuses a fee below the base fee, and mines no empty block for it', async () => {
      const raw = await signTransfer(relayer, 0, { maxFeePerGas: 1n })

      expect((await rpcFailureOf(send(chain, raw))).message).to.match(
        /^max fee per gas less than block base fee/,
      )
      expect(chain.height).to.equal(0)
    })

    it('answers the sender of a transaction that a better paid one replaced', async () => {
      const raw = await signTransfer(relayer, 0)
      const better = await signTransfer(relayer, 0, {
        maxFeePerGas: 2n * 10n ** 10n,
        maxPriorityFeePerGas: 10n,
      })
      const replaced = rpcFailureOf(send(chain, raw))
      const hash = await send(chain, better)

      expect((await replaced).message).to.match(/^replaced/)
      expect((await blockAt(chain, 1)).transactions).to.deep.equal([hash])
    })

    it('refuses the one transaction that its sender can no longer pay, and mines those around it', async () => {
      const poor = new Wallet(`0x${'cd'.repeat(32)}`)
      await send(chain, await signTransfer(relayer, 0, { to: poor.address, value: 10n ** 18n }))
      const spend = { to: relayer.address, value: 6n * 10n ** 17n }
      const outcomes = await Promise.allSettled([
        send(chain, await signTransfer(relayer, 1)),
        send(chain, await signTransfer(poor, 0, spend)),
        send(chain, await signTransfer(poor, 1, spend)),
        send(chain, await signTransfer(relayer, 2)),
      ])

      expect(outcomes.map(one => one.status)).to.deep.equal([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
      expect(await countOf(chain, poor.address)).to.equal(1)
      expect(await countOf(chain, relayer.address)).to.equal(3)
      await reopen()
      expect(await countOf(chain, relayer.address)).to.equal(3)
    })

    it('refuses what is no transaction, is too large, or carries blobs', async () => {
      const messageFor = async (raw: unknown) =>
        (await rpcFailureOf(chain.call('eth_sendRawTransaction', [raw]))).message
      expect(await messageFor('0x12f')).to.match(/even number/)
      expect(await messageFor(12)).to.match(/even number/)
      expect(await messageFor('0x1234')).to.match(/Invalid transaction type/)
      expect(await messageFor(`0x02${'00'.repeat(128 * 1024)}`)).to.match(/^oversized data/)
      expect(await messageFor('0x03f870')).to.equal('transaction type not supported')
      expect(chain.height).to.equal(0)
    })

    it('refuses every method that is not on its list, above all those that act past the journal', async () => {
      const forbidden = [
        'evm_mine',
        'evm_revert',
        'evm_snapshot',
        'evm_setNextBlockTimestamp',
        'hardhat_setBalance',
        'hardhat_setCode',
        'hardhat_dropTransaction',
        'hardhat_impersonateAccount',
        'anvil_setBalance',
        'debug_traceTransaction',
        'eth_sendTransaction',
        'eth_sign',
        'eth_signTypedData_v4',
        'eth_accounts',
        'personal_sign',
        'toString',
      ]
      for (const method of forbidden) {
        expect((await rpcFailureOf(chain.call(method, []))).code, method).to.equal(-32601)
      }
      expect(chain.height).to.equal(0)
    })
  })

  describe('what it answers', () => {
    it('answers the reads of its list', async () => {
      await send(chain, await signTransfer(relayer, 0))
      const { hash, transactions } = await blockAt(chain, 1)
      const reads: [string, unknown[]][] = [
        ['eth_chainId', []],
        ['net_version', []],
        ['web3_clientVersion', []],
        ['eth_syncing', []],
        ['eth_gasPrice', []],
        ['eth_maxPriorityFeePerGas', []],
        ['eth_feeHistory', ['0x1', 'latest', []]],
        ['eth_getBlockByHash', [hash, true]],
        ['eth_getBalance', [relayer.address, 'latest']],
        ['eth_getCode', [relayer.address, 'latest']],
        ['eth_getStorageAt', [relayer.address, '0x0', 'latest']],
        ['eth_getTransactionByHash', [transactions[0]]],
        ['eth_getTransactionReceipt', [transactions[0]]],
        ['eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest' }]],
        ['eth_call', [{ to: relayer.address }, 'latest']],
        ['eth_estimateGas', [{ from: relayer.address, to: relayer.address }]],
      ]
      for (const [method, params] of reads) {
        const answer = await chain.call(method, params)
        expect(answer, method).to.satisfy((value: unknown) => value !== null && value !== undefined)
      }
      expect(await chain.call('eth_chainId', [])).to.equal('0x7a69')
    })

    it('answers a call that reverts as other nodes do, with what the contract returned', async () => {
      for (const method of ['eth_call', 'eth_estimateGas']) {
        const failure = await rpcFailureOf(chain.call(method, [{ data: REVERTS }, 'latest']))
        expect(failure.code).to.equal(3)
        expect(failure.message).to.match(/^execution reverted: /)
        expect(failure.data).to.equal('0xdeadbeef')
      }
    })

    it('reckons the base fee of the next block as the fee history does', async () => {
      const burn = (nonce: number, gasLimit: number) =>
        signTransfer(relayer, nonce, { to: null, value: 0, data: BURNS_ALL_GAS, gasLimit })
      const check = async () => {
        const block = (await blockAt(chain, 'latest')) as unknown as Record<string, string>
        const history = (await chain.call('eth_feeHistory', ['0x1', 'latest', []])) as {
          baseFeePerGas: string[]
        }
        const reckoned = nextBaseFee({
          baseFee: BigInt(block['baseFeePerGas']!),
          gasUsed: BigInt(block['gasUsed']!),
          gasLimit: BigInt(block['gasLimit']!),
        })
        expect(reckoned).to.equal(BigInt(history.baseFeePerGas[1]!))
      }
      await check()
      await send(chain, await signTransfer(relayer, 0))
      await check()
      await Promise.all([send(chain, await burn(1, 16_000_000)), send(chain, await burn(2, 14_000_000))])
      await check()
      await Promise.all([3, 4, 5].map(async nonce => send(chain, await burn(nonce, 16_000_000))))
      await check()
    })
  })

  describe('time', () => {
    it('never goes back when the clock of the machine does', async () => {
      const noon = Date.parse('2100-01-01T12:00:00Z')
      let now = noon
      await reopen({ clock: () => now })
      await send(chain, await signTransfer(relayer, 0))
      now = noon - 86_400_000
      await send(chain, await signTransfer(relayer, 1))
      now = noon + 5000
      await send(chain, await signTransfer(relayer, 2))

      const times = await Promise.all([1, 2, 3].map(async n => Number((await blockAt(chain, n)).timestamp)))
      expect(times).to.deep.equal([noon / 1000, noon / 1000, noon / 1000 + 5])
    })

    it('is in an estimate of gas what it will be in the next block, however the clock was set', async () => {
      const noon = Date.parse('2100-01-01T12:00:00Z')
      const day = 86_400_000
      let now = noon
      await reopen({ clock: () => now })
      const pending = async () => Number((await blockAt(chain, 'pending')).timestamp) * 1000
      const estimate = () =>
        chain.call('eth_estimateGas', [{ from: relayer.address, data: notBefore(noon / 1000) }])
      await send(chain, await signTransfer(relayer, 0))
      for (const at of [noon - day, noon + day, noon, noon - day]) {
        now = at
        await estimate()
        expect(await pending()).to.equal(Math.max(noon, at))
      }
      now = noon + day
      await send(chain, await signTransfer(relayer, 1))
      now = noon
      await estimate()
      expect(await pending()).to.equal(noon + day)
    })

    it('estimates gas at the present time after a restart, not at the time of the last block', async () => {
      await send(chain, await signTransfer(relayer, 0))
      const later = Date.now() + 30 * 86_400_000
      await reopen({ clock: () => later })

      const pending = Number((await blockAt(chain, 'pending')).timestamp)
      expect(pending).to.be.within(Math.floor(later / 1000), Math.floor(later / 1000) + 20)
    })
  })

  describe('when it starts again', () => {
    it('has the same blocks, receipts and logs, bit for bit, whatever was read in between', async () => {
      await send(
        chain,
        await signTransfer(relayer, 0, { to: null, value: 0, data: COUNTER, gasLimit: 200_000 }),
      )
      const [deployment] = (await blockAt(chain, 1)).transactions
      const receipt = (await chain.call('eth_getTransactionReceipt', [deployment])) as {
        contractAddress: string
      }
      const count = (nonce: number) =>
        signTransfer(relayer, nonce, { to: receipt.contractAddress, value: 0, gasLimit: 100_000 })
      const fails = await signTransfer(relayer, 4, { to: null, value: 0, data: REVERTS, gasLimit: 100_000 })

      await send(chain, await count(1))
      await chain.call('eth_estimateGas', [{ to: receipt.contractAddress }])
      await chain.call('eth_call', [{ to: receipt.contractAddress }, 'pending'])
      await blockAt(chain, 'pending')
      await Promise.all([send(chain, await count(2)), send(chain, await count(3)), send(chain, fails)])
      await rpcFailureOf(send(chain, await count(9)))
      await send(chain, await count(5))

      const history = async () => {
        const blocks = await Promise.all(
          Array.from({ length: chain.height + 1 }, (_, n) => blockAt(chain, n, true)),
        )
        const hashes = (await Promise.all(blocks.map((_, n) => blockAt(chain, n)))).flatMap(
          b => b.transactions,
        )
        const receipts = await Promise.all(
          hashes.map(hash => chain.call('eth_getTransactionReceipt', [hash])),
        )
        const logs = await chain.call('eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest' }])
        const slot = await chain.call('eth_getStorageAt', [receipt.contractAddress, '0x0', 'latest'])
        return { blocks, receipts, logs, slot }
      }
      const before = await history()
      expect(before.logs).to.have.length(4)
      expect(BigInt(before.slot as string)).to.equal(4n)

      await reopen()
      expect(await history()).to.deep.equal(before)
      await send(chain, await count(6))
      const more = await history()
      await reopen()
      expect(await history()).to.deep.equal(more)
    })

    it('refuses a journal with one flipped bit in a transaction, and names the block', async () => {
      const raws = await signTransfers(relayer, 0, 3)
      for (const raw of raws) await send(chain, raw)
      const { hash } = await blockAt(chain, 2)

      const refusal = await refusalAfter(() => flipInJournal(dataDir, raws[1]!, raws[1]!.length / 2 - 2))
      expect(refusal.code).to.equal('JOURNAL_MISMATCH')
      expect(refusal.message).to.match(/^block [12] /)
      flipInJournal(dataDir, raws[1]!.slice(0, -2), raws[1]!.length / 2 - 2)
      chain = await openChain(dataDir)
      expect((await blockAt(chain, 2)).hash).to.equal(hash)
    })

    it('refuses a journal with one flipped bit in a block hash, with both hashes', async () => {
      for (const raw of await signTransfers(relayer, 0, 3)) await send(chain, raw)
      const { hash } = await blockAt(chain, 2)
      const flipped =
        hash.slice(0, -2) + (Number.parseInt(hash.slice(-2), 16) ^ 1).toString(16).padStart(2, '0')

      const refusal = await refusalAfter(() => flipInJournal(dataDir, hash, 31))
      expect(refusal.code).to.equal('JOURNAL_MISMATCH')
      expect(refusal.message).to.equal(`block 2 is ${flipped} in the journal and ${hash} when replayed`)
    })

    it('refuses a journal with a changed time, a lost transaction or a lost block', async () => {
      for (const raw of await signTransfers(relayer, 0, 3)) await send(chain, raw)
      await chain.stop()
      const codeAfter = async (damage: string, repair: string) => {
        editJournal(dataDir, damage)
        const { code } = await startRefusalOf(openChain(dataDir))
        editJournal(dataDir, repair)
        return code
      }
      const later = 'UPDATE block SET timestamp = timestamp + 1 WHERE number = 3'
      expect(await codeAfter(later, later.replace('+', '-'))).to.equal('JOURNAL_MISMATCH')

      const hide = 'UPDATE block_transaction SET block = 1000 WHERE block = 2'
      expect(await codeAfter(hide, 'UPDATE block_transaction SET block = 2 WHERE block = 1000')).to.equal(
        'JOURNAL_MISMATCH',
      )
      const lose = 'UPDATE block SET number = 1000 WHERE number = 2'
      expect(await codeAfter(lose, 'UPDATE block SET number = 2 WHERE number = 1000')).to.equal(
        'JOURNAL_DAMAGED',
      )
      chain = await openChain(dataDir)
      expect(chain.height).to.equal(3)
    })

    it('refuses a file that is no journal', async () => {
      const refusal = await refusalAfter(() => {
        writeFileSync(journalPath(dataDir), Buffer.alloc(8192, 7))
        for (const part of ['-wal', '-shm']) rmSync(journalPath(dataDir) + part, { force: true })
      })
      expect(refusal.code).to.equal('JOURNAL_DAMAGED')
    })

    it('refuses other genesis inputs than the journal’s, and names each', async () => {
      await chain.stop()
      const kept = { chainId: 31337, blockGasLimit: 60_000_000 }
      const differing: [Record<string, unknown>, RegExp][] = [
        [{ chainId: 31338 }, /^chainId is 31337 in the journal and 31338 in /],
        [{ blockGasLimit: 30_000_000 }, /^blockGasLimit is 60000000 in the journal and 30000000 in /],
        [{ initialDate: '2020-01-01T00:00:00Z' }, /^initialDate is .* and 2020-01-01T00:00:00Z in /],
        [{ relayerKey: `0x${'ab'.repeat(32)}` }, /^relayer is 0x[0-9a-f]{40} in the journal and 0xe239cdc5/],
        [{ edrVersion: '0.1.0' }, /^edrVersion is .* and 0\.1\.0 in /],
        [{ chainId: 1, blockGasLimit: 2 }, /^chainId .*; blockGasLimit /],
      ]
      const whole = relayerOf(dataDir)
      const text = JSON.parse((await import('node:fs')).readFileSync(genesisPath(dataDir), 'utf8')) as Record<
        string,
        unknown
      >
      for (const [change, message] of differing) {
        editGenesis(dataDir, change)
        const refusal = await startRefusalOf(openChain(dataDir))
        expect(refusal.code).to.equal('GENESIS_MISMATCH')
        expect(refusal.message).to.match(message)
        expect(refusal.message).to.not.include(whole.privateKey.slice(2))
        editGenesis(dataDir, text)
      }
      const refusal = await startRefusalOf(openChain(dataDir, { chainId: 5 }))
      expect(refusal.message).to.equal('chainId is 31337 in the journal and 5 in the options')
      chain = await openChain(dataDir, { chainId: kept.chainId })
    })

    it('refuses to make up a lost genesis file, and one that it cannot read', async () => {
      const lost = await refusalAfter(() => rmSync(genesisPath(dataDir)))
      expect(lost.code).to.equal('GENESIS_MISSING')
      writeFileSync(genesisPath(dataDir), '{"format":2}')
      expect((await startRefusalOf(openChain(dataDir))).code).to.equal('GENESIS_UNREADABLE')
    })

    it('takes a journal over from another EDR version only when told to, and only with the same blocks', async () => {
      const raws = await signTransfers(relayer, 0, 2)
      for (const raw of raws) await send(chain, raw)
      const { hash } = await blockAt(chain, 2)
      const older = () => {
        editGenesis(dataDir, { edrVersion: '0.19.0' })
        editJournal(dataDir, "UPDATE genesis SET value = '0.19.0' WHERE name = 'edrVersion'")
      }
      const refusal = await refusalAfter(older)
      expect(refusal.code).to.equal('GENESIS_MISMATCH')
      expect(refusal.message).to.match(/^edrVersion is 0\.19\.0 in the journal and .*--accept-edr-upgrade/)

      chain = await openChain(dataDir, { acceptEdrUpgrade: true })
      expect((await blockAt(chain, 2)).hash).to.equal(hash)
      await reopen()

      await chain.stop()
      older()
      flipInJournal(dataDir, hash, 31)
      const changed = await startRefusalOf(openChain(dataDir, { acceptEdrUpgrade: true }))
      expect(changed.code).to.equal('JOURNAL_MISMATCH')
    })
  })

  it('keeps the secret key of its funded account readable by its owner only', () => {
    expect(statSync(genesisPath(dataDir)).mode & 0o777).to.equal(0o600)
    expect(join(dataDir, 'genesis.json')).to.equal(genesisPath(dataDir))
  })

  it('gives money to no account but its own', async () => {
    const published = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
    expect(await chain.call('eth_getBalance', [published, 'latest'])).to.equal('0x0')
    expect(BigInt((await chain.call('eth_getBalance', [relayer.address, 'latest'])) as string)).to.equal(
      10n ** 27n,
    )
  })
})
