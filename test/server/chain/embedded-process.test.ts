import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { Transaction, Wallet } from 'ethers'
import { journalPath } from '../../../server/chain/embedded/chain.ts'
import { readEndpoint } from '../../../server/chain/embedded/endpoint.ts'
import { acquireLock } from '../../../server/chain/embedded/lock.ts'
import { StartRefusal } from '../../../server/chain/embedded/refusal.ts'
import {
  environmentOf,
  superviseEmbeddedChain,
  type SuperviseOptions,
  type SupervisedChain,
} from '../../../server/chain/embedded/supervise.ts'
import { ChainUnreachable, createRpc, type Rpc } from '../../../server/chain/rpc.ts'
import {
  editJournal,
  scratchDirectory,
  signTransfer,
  signTransfers,
  startRefusalOf,
} from './embedded-support.ts'

const EMBEDDED = join(import.meta.dirname, '../../../server/chain/embedded')

describe('the embedded chain as a process', function () {
  let dataDir: string
  let remove: () => void
  const supervised = new Set<SupervisedChain>()
  const children = new Set<ChildProcess>()

  beforeEach(() => {
    ;({ dataDir, remove } = scratchDirectory())
  })

  afterEach(async () => {
    for (const chain of supervised) await chain.stop()
    supervised.clear()
    for (const child of children) child.kill('SIGKILL')
    children.clear()
    remove()
  })

  const supervise = async (options: Partial<SuperviseOptions> = {}) => {
    const chain = await superviseEmbeddedChain({ dataDir, port: 0, log: () => {}, ...options })
    supervised.add(chain)
    return chain
  }

  const kill = async (chain: SupervisedChain) => {
    const { pid } = chain
    process.kill(pid, 'SIGKILL')
    await until(() => chain.pid !== pid)
  }

  describe('killed with kill -9 under load', () => {
    it('has lost nothing that it acknowledged, and stands at the same blocks', async () => {
      const chain = await supervise()
      const rpc = createRpc(chain.url)
      const relayer = new Wallet(chain.relayerKey)
      const senders = Array.from({ length: 6 }, (_, i) => new Wallet(`0x${String(i + 1).repeat(64)}`))
      const funding = senders.map((to, i) => signTransfer(relayer, i, { to: to.address, value: 10n ** 18n }))
      for (const raw of funding) await rpc.call('eth_sendRawTransaction', [await raw])
      const acknowledged = new Set<string>()
      const seen = new Map<string, string>()

      for (let round = 0; round < 4; round++) {
        const { pid } = chain
        const before = acknowledged.size
        const keepSending = senders.map(async sender => {
          let nonce = Number(await rpc.call('eth_getTransactionCount', [sender.address, 'latest']))
          for (;;) {
            const raw = await signTransfer(sender, nonce++)
            acknowledged.add(await rpc.call<string>('eth_sendRawTransaction', [raw]))
            if (acknowledged.size === before + 20) await recordHead(rpc, seen)
            if (acknowledged.size === before + 50) process.kill(pid, 'SIGKILL')
          }
        })
        // The senders end only because the chain is gone under them.
        for (const outcome of await Promise.allSettled(keepSending)) {
          expect(outcome).to.have.property('reason').that.is.instanceOf(ChainUnreachable)
        }
        await until(() => chain.pid !== pid)
        expect(acknowledged.size).to.be.at.least(before + 50)
      }
      for (const hash of acknowledged) {
        const receipt = await rpc.call<{ status: string } | null>('eth_getTransactionReceipt', [hash])
        expect(receipt?.status).to.equal('0x1')
      }
      for (const [number, hash] of seen) expect(await hashAt(rpc, number)).to.equal(hash)
      expect(seen).to.have.property('size', 4)
    })

    it('refuses bytes again that were mined but never answered, so that a resend is safe', async () => {
      const chain = await supervise()
      const rpc = createRpc(chain.url)
      const relayer = new Wallet(chain.relayerKey)
      const raw = await signTransfer(relayer, 0)
      const hash = Transaction.from(raw).hash!
      await rpc.call('eth_sendRawTransaction', [raw])
      await kill(chain)

      const again = await rpc.call('eth_sendRawTransaction', [raw]).catch((error: Error) => error.message)
      expect(again).to.equal('nonce too low: next nonce 1, tx nonce 0')
      expect(await rpc.call('eth_getTransactionReceipt', [hash])).to.include({ status: '0x1' })
    })
  })

  describe('one process for one directory', () => {
    it('refuses a second chain on the same directory, and says so', async () => {
      const chain = await supervise()
      const second = runMain(['--data', dataDir])

      expect(second.status).to.equal(3)
      expect(second.stderr).to.match(/refused LOCK_HELD: another process already holds .*chain\.lock/)
      expect(await createRpc(chain.url).call('eth_blockNumber')).to.equal('0x0')
    })

    it('holds a lock against this process and others, and frees it with the process that was killed', async () => {
      const path = join(dataDir, 'some.lock')
      const script = `const { acquireLock } = await import(${JSON.stringify(join(EMBEDDED, 'lock.ts'))})
        acquireLock(${JSON.stringify(path)}); globalThis.gc(); console.log('held'); setInterval(() => {}, 1000)`
      const holder = runScript(script)
      await once(holder.stdout!, 'data')
      expect(() => acquireLock(path)).to.throw(StartRefusal, /another process already holds/)

      holder.kill('SIGKILL')
      await once(holder, 'exit')
      const lock = acquireLock(path)
      expect(() => acquireLock(path)).to.throw(StartRefusal)
      lock.release()
      acquireLock(path).release()
    })
  })

  describe('and the gateway', () => {
    it('goes on when the gateway is killed, and is taken up by the next one', async () => {
      const script = `const { superviseEmbeddedChain } = await import(${JSON.stringify(join(EMBEDDED, 'supervise.ts'))})
        const chain = await superviseEmbeddedChain({ dataDir: ${JSON.stringify(dataDir)}, port: 0, log: () => {} })
        console.log(JSON.stringify({ url: chain.url, pid: chain.pid })); setInterval(() => {}, 1000)`
      const gateway = runScript(script)
      const [line] = (await once(gateway.stdout!, 'data')) as [Buffer]
      const first = JSON.parse(line.toString()) as { url: string; pid: number }
      gateway.kill('SIGKILL')
      await once(gateway, 'exit')
      expect(await createRpc(first.url).call('eth_chainId')).to.equal('0x7a69')

      const chain = await supervise()
      expect({ url: chain.url, pid: chain.pid }).to.deep.equal(first)
      const rpc = createRpc(chain.url)
      const raw = await signTransfer(new Wallet(chain.relayerKey), 0)
      await rpc.call('eth_sendRawTransaction', [raw])
      expect(await rpc.call('eth_blockNumber')).to.equal('0x1')
    })

    it('is shared by two gateways that start at the same moment', async () => {
      const [one, other] = await Promise.all([supervise(), supervise()])
      expect(one.pid).to.equal(other.pid)
      expect(one.url).to.equal(other.url)
    })

    it('is started again at the same address when it dies, also one that was taken up', async () => {
      const started = await supervise()
      const adopted = await supervise()
      started.leave()
      await kill(adopted)

      expect(adopted.pid).to.not.equal(started.pid)
      expect(await createRpc(started.url).call('eth_chainId')).to.equal('0x7a69')
    })

    it('runs on when the gateway leaves it, and ends when it is told to', async () => {
      const chain = await supervise()
      chain.leave()
      const rpc = createRpc(chain.url)
      expect(await rpc.call('eth_blockNumber')).to.equal('0x0')

      await chain.stop()
      const gone = await rpc.call('eth_blockNumber').catch((error: unknown) => error)
      expect(gone).to.be.instanceOf(ChainUnreachable)
    })

    it('says for good when it can no longer be started', async () => {
      const chain = await supervise()
      const rpc = createRpc(chain.url)
      await rpc.call('eth_sendRawTransaction', [await signTransfer(new Wallet(chain.relayerKey), 0)])
      const exited = new Promise<StartRefusal>(resolve => chain.onExit(resolve))
      editJournal(dataDir, 'UPDATE block SET timestamp = timestamp + 1')
      process.kill(chain.pid, 'SIGKILL')

      const why = await exited
      expect(why.code).to.equal('JOURNAL_MISMATCH')
      expect(why.message).to.match(
        /^block 1 is 0x[0-9a-f]{64} in the journal and 0x[0-9a-f]{64} when replayed$/,
      )
    })

    it('keeps its port from start to start, and reports a port that another program took', async () => {
      const chain = await supervise()
      const { port } = readEndpoint(dataDir)!
      await chain.stop()
      const again = await supervise()
      expect(again.url).to.equal(chain.url)
      await again.stop()

      const other = createServer()
      other.listen(port, '127.0.0.1')
      await once(other, 'listening')
      const refusal = await startRefusalOf(supervise())
      other.close()
      expect(refusal.code).to.equal('PORT_TAKEN')
      expect(refusal.message).to.include(String(port))
    })

    it('does not begin anew when the journal of a chain that ran before is gone', async () => {
      const chain = await supervise()
      await chain.stop()
      rmSync(journalPath(dataDir))
      expect((await startRefusalOf(supervise())).code).to.equal('JOURNAL_MISSING')
    })

    it('finishes and records the block in hand when it is stopped', async () => {
      const chain = await supervise()
      const rpc = createRpc(chain.url)
      const raws = await signTransfers(new Wallet(chain.relayerKey), 0, 60)
      const outcomes = Promise.allSettled(raws.map(raw => rpc.call<string>('eth_sendRawTransaction', [raw])))
      await until(async () => (await rpc.call('eth_blockNumber').catch(() => '0x1')) !== '0x0')
      await chain.stop()
      const accepted = (await outcomes).flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))

      const again = createRpc((await supervise()).url)
      expect(accepted).to.not.have.length(0)
      for (const hash of accepted)
        expect(await again.call('eth_getTransactionReceipt', [hash])).to.not.equal(null)
    })

    it('tells the chain’s process none of the gateway’s secrets', async () => {
      const secrets = {
        CHAIN_RPC_URL: 'http://user:word@host',
        KEYSTORE_PASSPHRASE_FILE: '/x',
        ANYTHING: 'else',
      }
      expect(environmentOf({ ...secrets, PATH: '/bin', HOME: '/home' })).to.deep.equal({
        PATH: '/bin',
        HOME: '/home',
      })
      process.env['ONCEPROOF_TEST_SECRET'] = 'not for the chain'
      try {
        const chain = await supervise()
        // Where the system shows a process's environment, it is looked at.
        const shown = `/proc/${chain.pid}/environ`
        if (existsSync(shown)) expect(readFileSync(shown, 'utf8')).to.not.include('not for the chain')
      } finally {
        delete process.env['ONCEPROOF_TEST_SECRET']
      }
    })
  })

  function runScript(script: string): ChildProcess {
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(child)
    return child
  }
})

describe('the embedded chain over HTTP', function () {
  let remove: () => void
  let chain: SupervisedChain

  before(async () => {
    const scratch = scratchDirectory()
    remove = scratch.remove
    chain = await superviseEmbeddedChain({ dataDir: scratch.dataDir, port: 0, log: () => {} })
  })

  after(async () => {
    await chain.stop()
    remove()
  })

  const post = async (body: string) => {
    const response = await fetch(chain.url, { method: 'POST', body })
    return { status: response.status, text: await response.text() }
  }
  const ask = async (body: unknown) => JSON.parse((await post(JSON.stringify(body))).text) as unknown

  it('answers JSON-RPC 2.0, alone and in batches, and stays silent to notifications', async () => {
    const chainId = { jsonrpc: '2.0', id: 1, method: 'eth_chainId' }
    expect(await ask(chainId)).to.deep.equal({ jsonrpc: '2.0', id: 1, result: '0x7a69' })

    const { id: _, ...notification } = chainId
    const unknown = { jsonrpc: '2.0', id: 'x', method: 'evm_mine', params: [] }
    const answers = (await ask([chainId, notification, unknown, 5])) as Record<string, unknown>[]
    expect(answers.map(one => one['id'])).to.deep.equal([1, 'x', null])
    expect(answers[1]).to.have.nested.property('error.code', -32601)
    expect(answers[2]).to.have.nested.property('error.code', -32600)
    expect(await post(JSON.stringify(notification))).to.deep.equal({ status: 204, text: '' })

    for (const [body, code] of [
      ['{', -32700],
      ['[]', -32600],
      [JSON.stringify({ id: 1, method: 'eth_chainId' }), -32600],
      [JSON.stringify({ ...chainId, params: { a: 1 } }), -32602],
      [JSON.stringify({ ...chainId, method: 'eth_getBalance' }), -32602],
      [JSON.stringify(Array.from({ length: 1001 }, () => chainId)), -32600],
    ] as const) {
      expect(JSON.parse((await post(body)).text), body.slice(0, 80)).to.have.nested.property(
        'error.code',
        code,
      )
    }
  })

  it('puts the transactions of one batch into one block', async () => {
    const raws = await signTransfers(new Wallet(chain.relayerKey), 0, 20)
    await ask(
      raws.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] })),
    )
    expect(await createRpc(chain.url).call('eth_blockNumber')).to.equal('0x1')
  })

  it('may be read by any web page, but answers under no name that is not the loopback’s', async () => {
    const { port } = new URL(chain.url)
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest(
          { host: '127.0.0.1', port, method: 'GET', headers: { host } },
          response => {
            response.resume()
            resolve(response.statusCode)
          },
        )
        request.once('error', reject).end()
      })
    expect(await statusFor(`127.0.0.1:${port}`)).to.equal(200)
    expect(await statusFor(`localhost:${port}`)).to.equal(200)
    expect(await statusFor(`[::1]:${port}`)).to.equal(200)
    expect(await statusFor(`attacker.example:${port}`)).to.equal(403)
    expect(await statusFor('localhost.attacker.example')).to.equal(403)

    const preflight = await fetch(chain.url, { method: 'OPTIONS' })
    expect(preflight.status).to.equal(204)
    expect(preflight.headers.get('access-control-allow-origin')).to.equal('*')
    expect((await fetch(chain.url, { method: 'DELETE' })).status).to.equal(405)
  })

  it('refuses a request that is too large', async () => {
    const outcome = await post(' '.repeat(8 * 1024 * 1024 + 1)).then(
      answer => answer.status,
      () => 'cut off',
    )
    expect(outcome).to.be.oneOf([413, 'cut off'])
    expect(await createRpc(chain.url).call('eth_chainId')).to.equal('0x7a69')
  })
})

function runMain(args: string[]) {
  return spawnSync(process.execPath, [join(EMBEDDED, 'main.ts'), ...args], { encoding: 'utf8' })
}

async function recordHead(rpc: Rpc, seen: Map<string, string>): Promise<void> {
  const head = await rpc.call<{ number: string; hash: string }>('eth_getBlockByNumber', ['latest', false])
  seen.set(head.number, head.hash)
}

async function hashAt(rpc: Rpc, number: string): Promise<string | undefined> {
  return (await rpc.call<{ hash: string } | null>('eth_getBlockByNumber', [number, false]))?.hash
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(10)
}
