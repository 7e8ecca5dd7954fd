import { z } from 'zod'
import { certificateOwner } from '../certificates/owner.ts'
import { identifierParams } from '../certificates/views.ts'
import { departmentOf } from '../departments/admit.ts'
import type { Owner } from '../http/access.ts'
import { defineRoute } from '../http/routes.ts'
import { certificateIdentifier, departmentCode, seconds, ulid } from '../http/schemas.ts'
import type { WithholdingRow } from '../store/uses.ts'
import type { World } from '../world.ts'
import { answerCorrection, correctionOf, corrections } from './corrections.ts'
import { eraseCertificate } from './erasure.ts'
import { answerObjection, objectionOf, objections } from './objections.ts'
import { correction, correctionView, objection, objectionView } from './views.ts'
import { confirmRelease, confirmWithholding, proposeRelease, proposeWithholding } from './withholding.ts'

const reason = z.string().regex(/^[A-Z_]{2,40}$/)
const words = z.string().trim().min(1).max(2_000)
const byId = z.strictObject({ id: ulid })
const department = z.strictObject({ code: departmentCode })
const open = z.strictObject({ open: z.enum(['true', 'false']).optional() })

const order = z.strictObject({
  id: ulid,
  identifier: certificateIdentifier.nullable().describe('null: every certificate of the department'),
  department: departmentCode,
  state: z.enum(['proposed', 'in force', 'release proposed', 'released']),
  reason,
  proposed: z.strictObject({ by: z.string(), at: seconds }),
  confirmed: z.strictObject({ by: z.string(), at: seconds }).nullable(),
  releaseReason: reason.nullable(),
  releaseProposed: z.strictObject({ by: z.string(), at: seconds }).nullable(),
  released: z.strictObject({ by: z.string(), at: seconds }).nullable(),
  index: z.int().nullable().describe('Index of the order in the log'),
  releaseIndex: z.int().nullable(),
})

function orderView(row: WithholdingRow): z.infer<typeof order> {
  const act = (by: string | null, at: number | null) => (by === null || at === null ? null : { by, at })
  const confirmed = act(row.confirmedBy, row.effectiveAt)
  const released = act(row.releaseConfirmedBy, row.releasedAt)
  const releaseProposed = act(row.releaseProposedBy, row.releaseProposedAt)
  const { id, identifier, department: of, reason: why, releaseReason, orderSeq, releaseSeq } = row
  return {
    id,
    identifier,
    department: of,
    state:
      released !== null
        ? 'released'
        : confirmed === null
          ? 'proposed'
          : releaseProposed === null
            ? 'in force'
            : 'release proposed',
    reason: why,
    proposed: { by: row.proposedBy, at: row.proposedAt },
    confirmed,
    releaseReason,
    releaseProposed,
    released,
    index: orderSeq === null ? null : orderSeq - 1,
    releaseIndex: releaseSeq === null ? null : releaseSeq - 1,
  }
}

/** A department's own, and whoever supervises all of them. */
async function supervised(world: Pick<World, 'store'>, code: string): Promise<Owner> {
  const regulators = (await world.store.departments()).filter(({ roles }) => roles.includes('regulator'))
  return { departments: [code, ...regulators.map(regulator => regulator.code)] }
}

const ownerOfOrder = async (world: World, id: string) =>
  supervised(world, (await world.store.withholding(id))?.department ?? '')

const isOpen = (text: 'true' | 'false' | undefined) => (text === undefined ? {} : { open: text === 'true' })

const orderAnswer = {
  200: { description: { zh: '停止展示令', en: 'The order' }, schema: order },
}
const orderRefusals = ['WITHHOLDING_NOT_FOUND', 'WITHHOLDING_STATE', 'TWO_PERSONS']

export const oversightRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/withholdings',
    operationId: 'proposeWithholding',
    summary: {
      zh: '应急处置：提议停止展示一张证照或一个部门签发的全部证照；须另一人确认后生效',
      en: 'Propose to withhold one certificate or all of a department; in force once another person confirms',
    },
    tags: ['oversight'],
    idempotent: true,
    bodyKind: 'json',
    body: z.union([
      z.strictObject({ identifier: certificateIdentifier, reason }),
      z.strictObject({ department: departmentCode, reason }),
    ]),
    responses: { 201: { description: { zh: '已提议', en: 'Proposed' }, schema: order } },
    refusals: ['CERTIFICATE_NOT_FOUND', 'DEPARTMENT_NOT_FOUND'],
    owner: async (world: World, { body }) => {
      if ('department' in body) return supervised(world, body.department)
      const { departments } = await certificateOwner(world, body.identifier)
      return supervised(world, departments[0] ?? '')
    },
    handler: async (world: World, { body, caller, once }) => {
      const target =
        'department' in body
          ? { identifier: null, department: body.department }
          : { identifier: body.identifier, department: null }
      const row = await proposeWithholding(world, target, body.reason, caller.subject, once)
      return { status: 201, body: orderView(row) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/withholdings/{id}/confirmation',
    operationId: 'confirmWithholding',
    summary: {
      zh: '确认停止展示：立即对所有读取途径生效，命令本身记入存证日志',
      en: 'Confirm an order: in force at once on every way to read, and itself a statement in the log',
    },
    tags: ['oversight'],
    idempotent: true,
    bodyKind: 'none',
    params: byId,
    responses: orderAnswer,
    refusals: orderRefusals,
    owner: (world: World, { params }) => ownerOfOrder(world, params.id),
    handler: async (world: World, { params, caller, once }) => ({
      status: 200,
      body: orderView(await confirmWithholding(world, params.id, caller.subject, once)),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/withholdings/{id}/release',
    operationId: 'proposeRelease',
    summary: { zh: '提议恢复展示；须另一人确认', en: 'Propose that an order ends; another person confirms' },
    tags: ['oversight'],
    idempotent: true,
    bodyKind: 'json',
    params: byId,
    body: z.strictObject({ reason }),
    responses: orderAnswer,
    refusals: orderRefusals,
    owner: (world: World, { params }) => ownerOfOrder(world, params.id),
    handler: async (world: World, { params, body, caller, once }) => ({
      status: 200,
      body: orderView(await proposeRelease(world, params.id, body.reason, caller.subject, once)),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/withholdings/{id}/release/confirmation',
    operationId: 'confirmRelease',
    summary: { zh: '确认恢复展示', en: 'Confirm that an order ends' },
    tags: ['oversight'],
    idempotent: true,
    bodyKind: 'none',
    params: byId,
    responses: orderAnswer,
    refusals: orderRefusals,
    owner: (world: World, { params }) => ownerOfOrder(world, params.id),
    handler: async (world: World, { params, caller, once }) => ({
      status: 200,
      body: orderView(await confirmRelease(world, params.id, caller.subject, once)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/withholdings',
    operationId: 'listWithholdings',
    summary: { zh: '停止展示令，新者在前', en: 'Orders to withhold, newest first' },
    tags: ['oversight'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '停止展示令', en: 'Orders' },
        schema: z.strictObject({ orders: z.array(order) }),
      },
    },
    handler: async (world: World) => ({
      status: 200,
      body: { orders: (await world.store.withholdings()).map(orderView) },
    }),
  }),

  defineRoute({
    method: 'get',
    path: '/v1/departments/{code}/objections',
    operationId: 'listObjections',
    summary: {
      zh: '对本部门用证的异议（“这不是我同意的”），先到期者在前',
      en: 'Objections to what a department read, those due first first',
    },
    tags: ['oversight'],
    idempotent: false,
    bodyKind: 'none',
    params: department,
    query: open,
    responses: {
      200: {
        description: { zh: '异议', en: 'Objections' },
        schema: z.strictObject({ objections: z.array(objection) }),
      },
    },
    refusals: ['DEPARTMENT_NOT_FOUND'],
    owner: async (world: World, { params }) =>
      supervised(world, (await departmentOf(world, params.code)).code),
    handler: async (world: World, { params, query }) => {
      const found = await objections(world, { department: params.code, ...isOpen(query.open) })
      return { status: 200, body: { objections: found.map(objectionView) } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/objections/{id}/answer',
    operationId: 'answerObjection',
    summary: { zh: '答复异议', en: 'Answer an objection' },
    tags: ['oversight'],
    idempotent: true,
    bodyKind: 'json',
    params: byId,
    body: z.strictObject({ outcome: z.enum(['upheld', 'explained']), answer: words }),
    responses: { 200: { description: { zh: '已答复', en: 'Answered' }, schema: objection } },
    refusals: ['OBJECTION_NOT_FOUND', 'OBJECTION_ANSWERED'],
    owner: async (world: World, { params }) =>
      supervised(world, (await objectionOf(world, params.id)).department),
    handler: async (world: World, { params, body, caller, once }) => {
      const answer = { ...body, by: caller.subject }
      return { status: 200, body: objectionView(await answerObjection(world, params.id, answer, once)) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/departments/{code}/corrections',
    operationId: 'listCorrections',
    summary: {
      zh: '对本部门所发证照的纠错申请（“这里有误”），先到期者在前',
      en: 'Requests to correct what a department issued, those due first first',
    },
    tags: ['oversight'],
    idempotent: false,
    bodyKind: 'none',
    params: department,
    query: open,
    responses: {
      200: {
        description: { zh: '纠错申请', en: 'Requests' },
        schema: z.strictObject({ corrections: z.array(correction) }),
      },
    },
    refusals: ['DEPARTMENT_NOT_FOUND'],
    owner: async (world: World, { params }) => ({
      departments: [(await departmentOf(world, params.code)).code],
    }),
    handler: async (world: World, { params, query }) => {
      const found = await corrections(world, { department: params.code, ...isOpen(query.open) })
      return { status: 200, body: { corrections: found.map(correctionView) } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/corrections/{id}/answer',
    operationId: 'answerCorrection',
    summary: {
      zh: '答复纠错申请：已更正（附后续版本）或不予更正（附理由）',
      en: 'Answer a request to correct: corrected by a later version, or refused with the reason',
    },
    tags: ['oversight'],
    idempotent: true,
    bodyKind: 'json',
    params: byId,
    body: z.discriminatedUnion('outcome', [
      z.strictObject({ outcome: z.literal('corrected'), successor: certificateIdentifier, answer: words }),
      z.strictObject({ outcome: z.literal('refused'), answer: words }),
    ]),
    responses: { 200: { description: { zh: '已答复', en: 'Answered' }, schema: correction } },
    refusals: ['CORRECTION_NOT_FOUND', 'CORRECTION_ANSWERED', 'CORRECTION_SUCCESSOR'],
    owner: async (world: World, { params }) => ({
      departments: [(await correctionOf(world, params.id)).department],
    }),
    handler: async (world: World, { params, body, caller, once }) => {
      const { outcome, answer } = body
      const successor = 'successor' in body ? body.successor : null
      const given = { outcome, answer, successor, by: caller.subject }
      return { status: 200, body: correctionView(await answerCorrection(world, params.id, given, once)) }
    },
  }),

  defineRoute({
    method: 'post',
    path: '/v1/certificates/{identifier}/erasure',
    operationId: 'eraseCertificate',
    summary: {
      zh: '删除证照的字段值与种子：不可恢复；日志中的叶子仍可证明',
      en: 'Erase the values and the seed of a certificate for good; its leaf stays provable',
    },
    tags: ['certificates'],
    idempotent: true,
    bodyKind: 'json',
    params: identifierParams,
    body: z.strictObject({ reason }),
    responses: {
      200: {
        description: { zh: '已删除', en: 'Erased' },
        schema: z.strictObject({
          identifier: certificateIdentifier,
          reason,
          erasedBy: z.string(),
          erasedAt: seconds,
        }),
      },
    },
    refusals: ['CERTIFICATE_NOT_FOUND', 'CERTIFICATE_ERASED'],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params, body, caller, once }) => {
      const erasure = await eraseCertificate(world, params.identifier, body.reason, caller.subject, once)
      const { identifier, reason: why, erasedBy, erasedAt } = erasure
      return { status: 200, body: { identifier, reason: why, erasedBy, erasedAt } }
    },
  }),
]
