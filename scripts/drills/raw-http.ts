/**
 * HTTP/1.1 by hand: sends whatever bytes it is given, however wrong, and reads what comes back. A client library would put
 * right, or refuse to send, exactly what a drill wants to send. https://www.rfc-editor.org/rfc/rfc9112
 */
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  status: number
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>
  /** At most `MOST_KEPT` bytes. */
  body: Buffer
  /** Bytes of the whole body. */
  length: number
}

/** What came instead of an answer. */
export type NoAnswer = 'closed' | 'silent' | 'not http'

export interface RawClient {
  /** Sends a request whose framing is right, on a connection that is kept; `hasBody` false where the answer to it has none (HEAD). */
  send(request: Buffer, hasBody?: boolean): Promise<RawAnswer | NoAnswer>
  /** Sends bytes of any kind on a connection of their own, and reads the first answer until the other side closes. */
  sendAlone(bytes: Buffer): Promise<RawAnswer | NoAnswer>
  close(): void
}

const MOST_KEPT = 64 * 1024
/** An answer that takes longer counts as none. */
const PATIENCE_MS = 20_000
/** What is sent alone may be a request that never ends: the drill ends it. */
const ALONE_PATIENCE_MS = 2_000

/** A client for the server at that port of this machine. */
export function rawClient(port: number): RawClient {
  const idle: Socket[] = []
  const all = new Set<Socket>()

  function open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket))
      socket.setNoDelay(true)
      all.add(socket)
      // Whoever waits for an answer sees the end of the connection; before it is open, this is all there is to see.
      socket.on('error', reject)
      socket.once('close', () => all.delete(socket))
    })
  }

  /** A connection that was kept may have been closed meanwhile: then the request, which never arrived, goes out on a new one. */
  async function send(request: Buffer, hasBody = true): Promise<RawAnswer | NoAnswer> {
    const kept = idle.pop()
    if (kept !== undefined && !kept.destroyed) {
      const { answer, isKept } = await exchange(kept, request, hasBody, PATIENCE_MS)
      if (isKept) idle.push(kept)
      if (answer !== 'closed') return answer
    }
    const socket = await open()
    const { answer, isKept } = await exchange(socket, request, hasBody, PATIENCE_MS)
    if (isKept) idle.push(socket)
    return answer
  }

  return {
    send,
    async sendAlone(bytes) {
      const socket = await open()
      const { answer } = await exchange(socket, bytes, true, ALONE_PATIENCE_MS)
      socket.destroy()
      return answer
    },
    close() {
      for (const socket of all) socket.destroy()
    },
  }
}

interface Exchange {
  answer: RawAnswer | NoAnswer
  isKept: boolean
}

function exchange(socket: Socket, bytes: Buffer, hasBody: boolean, patienceMs: number): Promise<Exchange> {
  return new Promise(resolve => {
    const parser = answerParser(hasBody)
    const timer = setTimeout(() => end(parser.soFar() ?? 'silent', false), patienceMs)
    function end(answer: RawAnswer | NoAnswer, isKept: boolean): void {
      clearTimeout(timer)
      socket.off('data', onData).off('close', onClose)
      if (!isKept) socket.destroy()
      resolve({ answer, isKept })
    }
    function onData(piece: Buffer): void {
      const done = parser.take(piece)
      if (done === 'not http') end('not http', false)
      else if (done !== null) end(done.answer, done.isKept)
    }
    const onClose = () => end(parser.soFar() ?? 'closed', false)
    socket.on('data', onData).on('close', onClose)
    socket.write(bytes)
  })
}

const HEAD_END = Buffer.from('\r\n\r\n')
const MOST_HEAD = 64 * 1024

interface Head {
  status: number
  headers: Map<string, string>
}

function answerParser(hasBody: boolean) {
  let buffered: Buffer = Buffer.alloc(0)
  let head: Head | null = null
  /** Bytes of the body that are still to come; for chunks, of the present one. */
  let left = 0
  let framing: 'length' | 'chunks' | 'close' = 'length'
  const kept: Buffer[] = []
  let keptLength = 0
  let length = 0

  function keep(piece: Buffer): void {
    length += piece.length
    if (keptLength >= MOST_KEPT) return
    const part = piece.subarray(0, MOST_KEPT - keptLength)
    kept.push(part)
    keptLength += part.length
  }

  const answer = (): RawAnswer => ({
    status: head!.status,
    headers: head!.headers,
    body: Buffer.concat(kept),
    length,
  })
  const isKept = () => head!.headers.get('connection')?.toLowerCase() !== 'close'

  function takeHead(): 'not http' | 'more' | 'ready' {
    for (;;) {
      const at = buffered.indexOf(HEAD_END)
      if (at < 0) return buffered.length > MOST_HEAD ? 'not http' : 'more'
      head = headOf(buffered.subarray(0, at).toString('latin1'))
      buffered = buffered.subarray(at + HEAD_END.length)
      if (head === null) return 'not http'
      // 100 Continue and the like are no answer yet.
      if (head.status >= 200) break
    }
    const isEmpty = !hasBody || head.status === 204 || head.status === 304
    if (isEmpty) left = 0
    else if (head.headers.get('transfer-encoding') === 'chunked') framing = 'chunks'
    else if (head.headers.has('content-length')) left = Number(head.headers.get('content-length'))
    else framing = 'close'
    return 'ready'
  }

  /** True when the last chunk was read. */
  function takeChunks(): boolean {
    for (;;) {
      if (left > 0) {
        const piece = buffered.subarray(0, left)
        keep(piece)
        left -= piece.length
        buffered = buffered.subarray(piece.length)
        if (left > 0) return false
        // The line end of this chunk may come later.
        left = -2
      }
      if (left === -2) {
        if (buffered.length < 2) return false
        buffered = buffered.subarray(2)
        left = 0
      }
      const at = buffered.indexOf('\r\n')
      if (at < 0) return false
      const size = Number.parseInt(buffered.subarray(0, at).toString('latin1'), 16)
      if (size === 0) return buffered.length >= at + 4
      buffered = buffered.subarray(at + 2)
      left = size
    }
  }

  return {
    /** Null while more is to come. */
    take(piece: Buffer): Exchange | 'not http' | null {
      buffered = buffered.length === 0 ? piece : Buffer.concat([buffered, piece])
      if (head === null || head.status < 200) {
        const state = takeHead()
        if (state === 'not http') return 'not http'
        if (state === 'more') return null
        // A stream of events has no end to wait for.
        if (head!.headers.get('content-type')?.startsWith('text/event-stream'))
          return { answer: answer(), isKept: false }
      }
      if (framing === 'chunks') return takeChunks() ? { answer: answer(), isKept: isKept() } : null
      if (framing === 'close') {
        keep(buffered)
        buffered = Buffer.alloc(0)
        return null
      }
      const part = buffered.subarray(0, left)
      keep(part)
      left -= part.length
      buffered = Buffer.alloc(0)
      return left === 0 ? { answer: answer(), isKept: isKept() } : null
    },
    /** What was read of an answer when the connection ended. */
    soFar: (): RawAnswer | null => (head === null || head.status < 200 ? null : answer()),
  }
}

function headOf(text: string): Head | null {
  const [first = '', ...lines] = text.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]
  if (status === undefined) return null
  const headers = new Map<string, string>()
  for (const line of lines) {
    const at = line.indexOf(':')
    if (at > 0) headers.set(line.slice(0, at).toLowerCase(), line.slice(at + 1).trim())
  }
  return { status: Number(status), headers }
}
