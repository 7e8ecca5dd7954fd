/** Computes the SHA-256 of a file slice by slice, beside the page: never more than a slice of it is in memory, and no byte of it leaves. */
import { sha256 } from '@noble/hashes/sha2.js'

export type DigestNews = { done: number } | { digest: string } | { failed: true }

const SLICE = 4 * 1024 * 1024

const scope = self as unknown as {
  postMessage(news: DigestNews): void
  addEventListener(name: 'message', listener: (event: MessageEvent<File>) => void): void
}

scope.addEventListener('message', ({ data: file }) => {
  void digestOf(file).catch(() => scope.postMessage({ failed: true }))
})

async function digestOf(file: File): Promise<void> {
  const hash = sha256.create()
  for (let from = 0; from < file.size; from += SLICE) {
    const slice = await file.slice(from, from + SLICE).arrayBuffer()
    hash.update(new Uint8Array(slice))
    scope.postMessage({ done: Math.min(from + SLICE, file.size) })
  }
  const digest = [...hash.digest()].map(byte => byte.toString(16).padStart(2, '0')).join('')
  scope.postMessage({ digest })
}
