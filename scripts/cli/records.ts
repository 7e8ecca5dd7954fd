/**
 * Records over HTTP: notarize a file, fetch its evidence package.
 */
import { openAsBlob } from 'node:fs'
import { assertWritable, unreadable, writeOutput } from './files.ts'
import { digestOfFile, isFinal, kindOfId, recordLines, saveFile, type RecordView } from './certificates.ts'
import { operatorClient, waitUntil, writeOnce, type GatewayOptions } from './gateway.ts'
import { both, labels } from './messages.ts'
import { line, usage, type Outcome } from './terminal.ts'

export interface NotarizeOptions extends GatewayOptions {
  upload?: boolean
  name?: string
  mediaType?: string
  out?: string
  wait?: boolean
}

/**
 * Notarizes a file by its digest: the file stays here, and so does its name unless `name` gives one. With `upload` the file is
 * sent, for the gateway to hash; it keeps nothing of it either.
 */
export async function notarize(path: string, options: NotarizeOptions): Promise<Outcome> {
  if (options.out !== undefined) assertWritable(options.out)
  const { sha256, size } = await digestOfFile(path)
  const client = await operatorClient(options)
  const { name, mediaType } = options
  const facts = { ...(name !== undefined && { name }), ...(mediaType !== undefined && { mediaType }) }
  const record = await writeOnce(options, async key => {
    if (options.upload !== true) {
      return client.post<RecordView>('/v1/records', { sha256: sha256.toString('hex'), size, ...facts }, key)
    }
    const query = new URLSearchParams(facts).toString()
    const file = await openAsBlob(path).catch((error: unknown) => {
      throw unreadable(path, error)
    })
    const to = `/v1/records/file${query === '' ? '' : `?${query}`}`
    return client.send<RecordView>(to, file, 'application/octet-stream', key)
  })
  const settled =
    options.wait === true
      ? await waitUntil(() => client.get<RecordView>(`/v1/records/${record.id}`), isFinal)
      : record
  const saved = await saveFile(client, record.id, options.out, 'records')
  return {
    data: { ...settled, sha256: sha256.toString('hex'), size, ...saved?.data },
    lines: [
      both(labels.notarized),
      line(labels.sha256, sha256.toString('hex')),
      ...recordLines(settled),
      ...(saved?.lines ?? []),
    ],
  }
}

export interface EvidenceOptions extends GatewayOptions {
  out: string
  wait?: boolean
}

/** Fetches the evidence package of a record; with `wait` once it is final on chain. */
export async function evidence(id: string, options: EvidenceOptions): Promise<Outcome> {
  if (kindOfId(id) !== 'record') throw usage('not the id of a record', { field: 'id', found: id })
  assertWritable(options.out)
  const client = await operatorClient(options)
  if (options.wait === true) await waitUntil(() => client.get<RecordView>(`/v1/records/${id}`), isFinal)
  const bytes = await client.getBytes(`/v1/records/${id}/evidence`)
  await writeOutput(options.out, bytes)
  return { data: { id, out: options.out, bytes: bytes.length }, lines: [line(labels.written, options.out)] }
}
