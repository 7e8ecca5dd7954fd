/**
 * Forms with a file (RFC 7578 https://www.rfc-editor.org/rfc/rfc7578), as a browser without script sends them. Everything is kept in memory,
 * so everything has a limit; a part too many or too large refuses the whole.
 */
import busboy from 'busboy'
import { Refusal } from '../../protocol/refusal.ts'
import type { StreamedBody } from './body.ts'

export interface Multipart {
  /** Text by name; each name once. */
  readonly fields: ReadonlyMap<string, string>
  /** By name; one without content is left out, since a browser sends that for no file chosen. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

export interface MultipartLimits {
  readonly fileBytes: number
  readonly fieldBytes: number
  readonly fields: number
}

/** Refuses BODY_MULTIPART for what is not well formed and BODY_TOO_LARGE. */
export async function readMultipart(
  body: StreamedBody,
  contentType: string,
  limits: MultipartLimits,
): Promise<Multipart> {
  const fields = new Map<string, string>()
  const files = new Map<string, Uint8Array>()
  const { parser, done } = openParser(contentType, limits, fields, files)
  // Looked at below; without this, a failure while the body still arrives would be nobody's.
  done.catch(() => {})
  await body.pipe(piece => void parser.write(piece))
  parser.end()
  await done
  return { fields, files }
}

function openParser(
  contentType: string,
  { fileBytes, fieldBytes, fields: mostFields }: MultipartLimits,
  fields: Map<string, string>,
  files: Map<string, Uint8Array>,
) {
  let parser: busboy.Busboy
  try {
    parser = busboy({
      headers: { 'content-type': contentType },
      limits: {
        files: 1,
        fileSize: fileBytes,
        fields: mostFields,
        fieldSize: fieldBytes,
        fieldNameSize: 100,
        parts: mostFields + 1,
        headerPairs: 20,
      },
    })
  } catch {
    throw malformed()
  }
  const done = new Promise<void>((resolve, reject) => {
    const tooMuch = () => reject(tooLarge())
    parser.on('file', (name, stream) => {
      const pieces: Uint8Array[] = []
      stream.on('data', (piece: Uint8Array) => void pieces.push(piece))
      stream.on('limit', tooMuch)
      stream.on('error', () => reject(malformed()))
      stream.on('end', () => {
        const content = Buffer.concat(pieces)
        if (content.length > 0) files.set(name, content)
      })
    })
    parser.on('field', (name, value, { valueTruncated, nameTruncated }) => {
      if (valueTruncated || nameTruncated) tooMuch()
      else if (fields.has(name)) reject(malformed())
      else fields.set(name, value)
    })
    parser.on('partsLimit', tooMuch).on('filesLimit', tooMuch).on('fieldsLimit', tooMuch)
    parser.on('error', () => reject(malformed()))
    parser.on('close', resolve)
  })
  return { parser, done }
}

const malformed = () =>
  new Refusal('BODY_MULTIPART', 'the form cannot be read', {
    field: 'body',
    expected: 'multipart/form-data with each name once',
  })

const tooLarge = () => new Refusal('BODY_TOO_LARGE', 'the form or its file is too large', { field: 'body' })
