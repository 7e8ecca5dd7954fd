import { z } from 'zod'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { fromHex } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { receiptOf, statementState as stateOf } from '../anchoring/receipts.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { Unavailable } from '../http/problem.ts'
import { defineRoute } from '../http/routes.ts'
import {
  anchorFacts,
  answers,
  block,
  certificateIdentifier,
  hex32,
  json,
  seconds,
  sha256Hex,
  statementState,
  typeShort,
  ulid,
  verdictName,
  verificationReport,
} from '../http/schemas.ts'
import type { World } from '../world.ts'
import { recordOf } from '../records/notarize.ts'
import { evidencePackage } from './evidence.ts'
import { isPdf, readPdf } from './pdf-attachment.ts'
import { snapshotText } from './snapshot.ts'
import { lookUp, reportFile, trustFile, verifyRecord } from './verify.ts'

const MAX_FILE = 2_097_152

const publicState = z.strictObject({
  verdict: verdictName,
  answers: answers.optional(),
  asOf: block.nullable().optional(),
  anchor: anchorFacts.nullable().optional(),
  type: z.strictObject({ code: typeShort, zh: z.string(), en: z.string() }).optional(),
  validFrom: seconds.optional(),
  validUntil: seconds.nullable().optional(),
  fields: z.array(z.tuple([z.string(), json])).optional(),
})

export const verificationRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/verify',
    operationId: 'verifyFile',
    summary: {
      zh: '核验证照文件或存证文件，或附有该文件的 PDF',
      en: 'Verify a certificate file or record file, or a PDF that carries it',
    },
    tags: ['verification'],
    rateLimit: 'verify',
    idempotent: false,
    bodyKind: 'stream',
    mediaTypes: [MEDIA_TYPE, 'application/json', 'application/pdf', 'application/octet-stream'],
    maxBody: MAX_FILE,
    query: z.strictObject({
      sha256: sha256Hex.optional().describe('For a record: digest of the file in hand'),
    }),
    responses: { 200: { description: { zh: '核验结论', en: 'The verdict' }, schema: verificationReport } },
    handler: async (world: World, { body, query }) => {
      const pieces: Uint8Array[] = []
      await body.pipe(piece => void pieces.push(piece))
      const digest = query.sha256 === undefined ? null : fromHex(`0x${query.sha256}`)
      const bytes = Buffer.concat(pieces)
      // Of a PDF without a certificate file there is nothing that can be read.
      const file = isPdf(bytes) ? ((await readPdf(bytes))?.file ?? new Uint8Array()) : bytes
      return { status: 200, body: await reportFile(world, file, digest) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/verify/lookup',
    operationId: 'lookUp',
    summary: {
      zh: '凭短码和证号后四位（或纸面二维码中的密钥）查询状态（脱敏）；查无与不符答复相同',
      en: 'State and masked fields, by short code and last four characters of the number or the key on paper; unknown and wrong are answered alike',
    },
    tags: ['verification'],
    rateLimit: 'lookup',
    idempotent: false,
    bodyKind: 'json',
    body: z.union([
      z.strictObject({
        identifier: certificateIdentifier.optional(),
        shortCode: z.string().min(1).max(20),
        lastFour: z.string().min(1).max(8),
      }),
      z.strictObject({
        shortCode: z.string().min(1).max(20),
        key: z.string().min(1).max(64).describe('From the QR code on paper, in place of the number'),
      }),
    ]),
    responses: { 200: { description: { zh: '状态或查无', en: 'State, or NOT_FOUND' }, schema: publicState } },
    handler: async (world: World, { body }) => {
      const state = await lookUp(world, body)
      return { status: 200, body: state ?? { verdict: 'NOT_FOUND' } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/verify/record',
    operationId: 'verifyRecord',
    summary: {
      zh: '凭存证编号和文件指纹核验',
      en: 'Verify a record by its id and the digest of the file in hand',
    },
    tags: ['verification'],
    rateLimit: 'lookup',
    idempotent: false,
    bodyKind: 'json',
    body: z.strictObject({ id: ulid, sha256: sha256Hex }),
    responses: {
      200: { description: { zh: '核验结论或查无', en: 'The verdict, or NOT_FOUND' }, schema: publicState },
    },
    handler: async (world: World, { body }) => {
      const verification = await verifyRecord(world, body.id, fromHex(`0x${body.sha256}`)!)
      if (verification === null) return { status: 200, body: { verdict: 'NOT_FOUND' } }
      const { verdict, answers: given, asOf, anchor } = verification
      return { status: 200, body: { verdict, answers: given, asOf, anchor } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/receipts/{leaf}',
    operationId: 'getReceipt',
    summary: { zh: '按叶子哈希取回执', en: 'The receipt of a statement, by its leaf hash' },
    tags: ['verification'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ leaf: hex32 }),
    responses: {
      200: {
        description: { zh: '回执，或尚无', en: 'The receipt, or none yet' },
        schema: z.strictObject({ statement: statementState, receipt: json }),
      },
    },
    refusals: ['NOT_FOUND'],
    handler: async (world: World, { params: { leaf } }) => {
      const seq = await world.store.seqOfLeaf(fromHex(leaf)!)
      if (seq === null) throw new Refusal('NOT_FOUND', 'the log has no such leaf', { field: 'leaf' })
      const receipt = await receiptOf(world, seq)
      return {
        status: 200,
        body: { statement: await stateOf(world, seq), receipt: receipt as unknown as z.infer<typeof json> },
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/trust',
    operationId: 'getTrust',
    summary: {
      zh: '信任文件',
      en: 'Trust file of this gateway; compare its fingerprint with one from elsewhere',
    },
    tags: ['verification'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: { description: { zh: '信任文件', en: 'Trust file' }, contentType: 'application/json' },
    },
    handler: async (world: World) => ({ status: 200, bytes: Buffer.from(trustFile(world)) }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/snapshot',
    operationId: 'getSnapshot',
    summary: { zh: '链上状态快照，供离线核验', en: 'Snapshot of the chain’s facts, for verifying offline' },
    tags: ['verification'],
    rateLimit: 'snapshot',
    idempotent: false,
    bodyKind: 'none',
    responses: { 200: { description: { zh: '快照', en: 'Snapshot' }, contentType: 'application/json' } },
    handler: async (world: World) => {
      try {
        return { status: 200, bytes: Buffer.from(await snapshotText(world)) }
      } catch (error) {
        if (error instanceof ChainUnreachable) throw new Unavailable('CHAIN_UNREACHABLE', 10)
        throw error
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/records/{id}/evidence',
    operationId: 'getEvidencePackage',
    summary: {
      zh: '证据包（zip）：指纹、声明、回执、区块头、核验方法',
      en: 'Evidence package (zip): digest, statement, receipt, block header, how to verify',
    },
    tags: ['records'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ id: ulid }),
    responses: {
      200: { description: { zh: '证据包', en: 'Evidence package' }, contentType: 'application/zip' },
    },
    refusals: ['RECORD_NOT_FOUND', 'NOT_FINAL_YET'],
    handler: async (world: World, { params: { id } }) => ({
      status: 200,
      bytes: await evidencePackage(world, await recordOf(world, id)),
      headers: { 'Content-Disposition': `attachment; filename="evidence-${id}.zip"` },
    }),
  }),
]
