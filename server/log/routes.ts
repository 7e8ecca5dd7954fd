import { z } from 'zod'
import { toBase64, toHex } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { parseTilePath } from '../../protocol/tiles.ts'
import { consistencyProofOf, inclusionProofOf } from '../anchoring/proofs.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { block } from '../http/schemas.ts'
import type { World } from '../world.ts'

const count = integerText(0, Number.MAX_SAFE_INTEGER)
const hashes = z.array(z.string().describe('base64, 32 bytes'))
const text = 'text/plain; charset=utf-8'

export const logRoutes = [
  defineRoute({
    method: 'get',
    path: '/log/checkpoint',
    operationId: 'getCheckpoint',
    summary: { zh: '最新检查点（C2SP 签名笔记）', en: 'Latest checkpoint, a C2SP signed note' },
    tags: ['log'],
    idempotent: false,
    bodyKind: 'none',
    responses: { 200: { description: { zh: '检查点', en: 'Checkpoint' }, contentType: text } },
    refusals: ['LOG_EMPTY'],
    handler: async (world: World) => {
      const checkpoint = await world.store.latestCheckpoint()
      if (checkpoint === null) throw new Refusal('LOG_EMPTY', 'the log has no checkpoint yet')
      return { status: 200, bytes: Buffer.from(checkpoint.note) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/log/tile/{path*}',
    operationId: 'getTile',
    summary: { zh: '日志瓦片（C2SP tlog-tiles）', en: 'A tile of the log, C2SP tlog-tiles' },
    tags: ['log'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ path: z.string().max(100) }),
    responses: {
      200: { description: { zh: '瓦片', en: 'Hashes' }, contentType: 'application/octet-stream' },
    },
    refusals: ['TILE_NOT_FOUND'],
    handler: async (world: World, { params: { path } }) => {
      const missing = () => new Refusal('TILE_NOT_FOUND', 'the log has no such tile', { field: 'path' })
      const address = parseTilePath(`tile/${path}`)
      if (address === null) throw missing()
      const tile = await world.store.tile(address.level, address.n)
      const width = address.width * 32
      if (tile === null || tile.length < width) throw missing()
      // A full tile never changes (https://c2sp.org/tlog-tiles).
      const cache = 'public, max-age=31536000, immutable'
      return { status: 200, bytes: tile.subarray(0, width), headers: { 'Cache-Control': cache } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/log',
    operationId: 'getLog',
    summary: { zh: '日志概况', en: 'The log: origin, key, size, latest anchor' },
    tags: ['log'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '概况', en: 'The log' },
        schema: z.strictObject({
          origin: z.string(),
          noteKey: z.string(),
          accepted: z.int(),
          sealed: z.int(),
          latest: z
            .strictObject({ size: z.int(), state: z.string(), block: block.nullable(), root: z.string() })
            .nullable(),
        }),
      },
    },
    handler: async (world: World) => {
      const { accepted, sealed } = await world.store.logSize()
      const checkpoint = await world.store.latestCheckpoint()
      const latest = checkpoint && {
        size: checkpoint.size,
        state: checkpoint.state,
        block: checkpoint.block,
        root: toHex(checkpoint.root),
      }
      return { status: 200, body: { ...world.log, accepted, sealed, latest } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/log/checkpoints',
    operationId: 'listCheckpoints',
    summary: { zh: '全部检查点及其上链位置', en: 'All checkpoints and where they are anchored' },
    tags: ['log'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ from: count.optional(), limit: integerText(1, 1000).optional() }),
    responses: {
      200: {
        description: { zh: '检查点', en: 'Checkpoints' },
        schema: z.strictObject({
          checkpoints: z.array(
            z.strictObject({
              size: z.int(),
              root: z.string(),
              state: z.string(),
              block: block.nullable(),
              note: z.string(),
              reanchored: z.boolean(),
            }),
          ),
        }),
      },
    },
    handler: async (world: World, { query: { from = 0, limit = 1000 } }) => ({
      status: 200,
      body: {
        checkpoints: (await world.store.checkpoints(from, limit)).map(
          ({ size, root, state, block: at, note, reanchored }) => ({
            size,
            root: toBase64(root),
            state,
            block: at,
            note,
            reanchored,
          }),
        ),
      },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/log/inclusion',
    operationId: 'getInclusionProof',
    summary: { zh: '包含证明', en: 'Inclusion proof of a leaf in the tree of a sealed size' },
    tags: ['log'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ index: count, size: count }),
    responses: {
      200: { description: { zh: '证明', en: 'Proof' }, schema: z.strictObject({ proof: hashes }) },
    },
    refusals: ['LOG_RANGE'],
    handler: async (world: World, { query: { index, size } }) => ({
      status: 200,
      body: { proof: (await inclusionProofOf(world.store, index, size)).map(toBase64) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/log/consistency',
    operationId: 'getConsistencyProof',
    summary: { zh: '一致性证明', en: 'Consistency proof between two sizes' },
    tags: ['log'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ from: count, to: count }),
    responses: {
      200: { description: { zh: '证明', en: 'Proof' }, schema: z.strictObject({ proof: hashes }) },
    },
    refusals: ['LOG_RANGE'],
    handler: async (world: World, { query: { from, to } }) => ({
      status: 200,
      body: { proof: (await consistencyProofOf(world.store, from, to)).map(toBase64) },
    }),
  }),
]
