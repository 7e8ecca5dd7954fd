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
  /** Called when a head went back. */
  onDoubt?: () => void
}

/** The client that everybody asks through, and the watch that closes and opens it. */
export function watchChain(rpc: Rpc, options: WatchOptions): { rpc: Rpc; watch: ChainWatch } {
  let doubts: string | null = null
  let highest = -1

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
    const atLeast = highest
    const result = await rpc.call<Result>(method, params)
    assertTrusted()
    const head = options.headStays ? headIn(method, params, result) : null
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
