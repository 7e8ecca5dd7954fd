/**
 * A chain that lost blocks answers as if what they held had never been: a certificate that was revoked in one of them reads as in
 * force. So whoever asks through the watched client is told "could not ask" from the moment that this is noticed until all is there
 * again. Who brings it back asks the node itself.
 */
import { ChainUnreachable, quantityToNumber, type Rpc } from './rpc.ts'

export interface ChainWatch {
  /** Why nobody may rely on what the chain says now; null = nothing is known against it. */
  readonly doubts: string | null
  /** Until `trust`, every question through the watched client is "could not ask". */
  doubt(why: string): void
  /** All is there: what the head is from now on counts. */
  trust(): void
}

export interface WatchOptions {
  /** One node without reorganisations: its head never goes back unless it lost blocks. */
  headStays: boolean
  /** Milliseconds. */
  clock: () => number
  /** Called when a head went back. */
  onDoubt?: () => void
}

/** The client that everybody asks through, and the watch that closes and opens it. */
export function watchChain(rpc: Rpc, options: WatchOptions): { rpc: Rpc; watch: ChainWatch } {
  let doubts: string | null = null
  let highest = -1
  const heads = recentHeads(options.clock)

  const watch: ChainWatch = {
    get doubts() {
      return doubts
    },
    doubt(why) {
      doubts ??= why
    },
    trust() {
      doubts = null
      highest = -1
    },
  }

  function assertTrusted(): void {
    if (doubts !== null) throw new ChainUnreachable(`the chain cannot be relied on: ${doubts}`)
  }

  async function call<Result>(method: string, params: readonly unknown[] = []): Promise<Result> {
    assertTrusted()
    // Heads that were seen before this question was put; answers may overtake each other.
    const atLeast = options.headStays ? highest : heads.highest()
    const result = await rpc.call<Result>(method, params)
    assertTrusted()
    if (!options.headStays) {
      heads.assertNotBehind(atLeast, headIn(method, params, result), result)
      return result
    }
    const head = headIn(method, params, result)
    if (head === null) return result
    if (head < atLeast) {
      watch.doubt(`its head went back from block ${atLeast} to block ${head}`)
      options.onDoubt?.()
      assertTrusted()
    }
    highest = Math.max(highest, head)
    return result
  }

  return { rpc: { node: rpc.node, call }, watch }
}

/** Number of the head, where an answer tells it. */
function headIn(method: string, params: readonly unknown[], result: unknown): number | null {
  if (method === 'eth_blockNumber') return quantityToNumber(result)
  if (method !== 'eth_getBlockByNumber' || params[0] !== 'latest') return null
  return quantityToNumber((result as { number?: unknown } | null)?.number)
}

/** A node of a network that lags behind another one for longer than this has not lagged: the chain is shorter now. */
const BEHIND_MS = 30_000
const MOST_HEADS = 256

/**
 * Behind one address of a network there may be many nodes, some of which lag: what they say of now was true a while ago, and what is
 * concluded from it ("not on chain", "not revoked") may be wrong. A head below one that was seen is such an answer, unless another block
 * stands at its height: then the chain was reorganised. It is believed after a while all the same, so that a chain that is cut
 * short does not shut us out.
 */
function recentHeads(clock: () => number) {
  const seen = new Map<number, string>()
  let highest = -1
  let behindSince: number | null = null

  /** `atLeast`: the highest head that was seen when the question was put. */
  function assertNotBehind(atLeast: number, number: number | null, answer: unknown): void {
    const hash = (answer as { hash?: unknown } | null)?.hash
    if (number === null || typeof hash !== 'string') return
    const isReorganised = (seen.get(number) ?? hash) !== hash
    if (number < atLeast && !isReorganised) {
      behindSince ??= clock()
      if (Math.abs(clock() - behindSince) < BEHIND_MS)
        throw new ChainUnreachable(`the node is at block ${number}, behind block ${atLeast}`)
    }
    if (number < atLeast || isReorganised) {
      for (const height of seen.keys()) if (height > number) seen.delete(height)
      highest = number
    }
    behindSince = null
    highest = Math.max(highest, number)
    seen.set(number, hash)
    if (seen.size > MOST_HEADS) seen.delete(seen.keys().next().value!)
  }

  return { assertNotBehind, highest: () => highest }
}
