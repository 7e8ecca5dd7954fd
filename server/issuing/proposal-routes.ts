import { z } from 'zod'
import { fromHex } from '../../protocol/bytes.ts'
import { certificateOwner } from '../certificates/owner.ts'
import { certificateOf } from '../certificates/read.ts'
import { fieldRow, identifierParams } from '../certificates/views.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { certificateIdentifier, hex32, ulid } from '../http/schemas.ts'
import { isInstant } from '../status/change.ts'
import type { World } from '../world.ts'
import { resumeApproved } from './carry-out.ts'
import { departmentOfCaller, proposalOwner } from './owner.ts'
import { proposalOf, propose, rejectProposal } from './proposals.ts'
import { proposalDetail, proposalNow, proposalState, proposalView, viewOfProposal } from './views.ts'

const params = z.strictObject({ id: ulid })
const asProposal = { description: { zh: '变更申请', en: 'The proposal' }, schema: proposalDetail }
const reason = z.string().regex(/^[A-Z_]{2,40}$/)

export const proposalRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/certificates/{identifier}/proposals',
    operationId: 'proposeChange',
    summary: {
      zh: '申请暂停、恢复、注销或换发一张证照，待另一人审核',
      en: 'Propose to suspend, resume, revoke or replace a certificate, for another person to approve',
    },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params: identifierParams,
    body: z.discriminatedUnion('action', [
      z.strictObject({
        action: z.enum(['revoke', 'suspend', 'resume']),
        reason,
        effective: z.string().refine(isInstant, 'not an instant').optional(),
      }),
      z.strictObject({ action: z.literal('supersede'), reason, fields: fieldRow }),
    ]),
    maxBody: 262_144,
    responses: { 201: asProposal },
    refusals: [
      'CERTIFICATE_NOT_FOUND',
      'CERTIFICATE_OF_ANOTHER_DEPARTMENT',
      'STATUS_REASON',
      'STATUS_ALREADY',
      'STATUS_NOT_SUSPENDED',
      'ROWS_INVALID',
      'PROPOSAL_OPEN',
    ],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { caller, params: { identifier }, body, once }) => {
      const { action, reason: why } = body
      const effective = 'effective' in body ? (body.effective ?? null) : null
      const request = { action, reason: why, effective, fields: 'fields' in body ? body.fields : null }
      const id = await propose(world, await certificateOf(world, identifier), request, caller.subject, once)
      return { status: 201, body: await proposalNow(world, id) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/proposals',
    operationId: 'listProposals',
    summary: { zh: '本部门的变更申请，新者在前', en: 'Proposals of one’s department, newest first' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({
      state: proposalState.optional(),
      identifier: certificateIdentifier.optional(),
      before: ulid.optional(),
      limit: integerText(1, 100).optional(),
    }),
    responses: {
      200: {
        description: { zh: '变更申请', en: 'Proposals' },
        schema: z.strictObject({ proposals: z.array(proposalView), before: ulid.nullable() }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller, query }) => {
      const { state = null, identifier = null, before = null, limit = 50 } = query
      const filter = { department: departmentOfCaller(caller), state, identifier }
      const rows = await world.store.listProposals(filter, { before, limit })
      const proposals = []
      for (const row of rows) proposals.push(await viewOfProposal(world, row))
      return { status: 200, body: { proposals, before: rows.length === limit ? rows.at(-1)!.id : null } }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/proposals/{id}',
    operationId: 'getProposal',
    summary: { zh: '一项变更申请，换发时附新旧对比', en: 'A proposal; of a replacement, what differs' },
    tags: ['issuing'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: { 200: asProposal },
    refusals: ['PROPOSAL_NOT_FOUND'],
    owner: proposalOwner,
    handler: async (world: World, { params: { id } }) => ({
      status: 200,
      body: await proposalNow(world, id),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/proposals/{id}/approve',
    operationId: 'approveProposal',
    summary: {
      zh: '审核通过：由另一人在重新验证身份后进行；随后签署并上链',
      en: 'Approve a proposal: by another person who has just signed in; it is then ordered on chain',
    },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ digest: hex32 }),
    responses: { 202: asProposal },
    refusals: [
      'PROPOSAL_NOT_FOUND',
      'PROPOSAL_STATE',
      'PROPOSAL_OWN_APPROVAL',
      'PROPOSAL_DIGEST_DIFFERS',
      'STEP_UP_REQUIRED',
    ],
    owner: proposalOwner,
    handler: async (world: World, { caller, params: { id }, body, once }) => {
      await world.store.approveProposal(id, caller.subject, fromHex(body.digest)!, once)
      await resumeApproved(world)
      return { status: 202, body: await proposalNow(world, id) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/proposals/{id}/reject',
    operationId: 'rejectProposal',
    summary: { zh: '不予通过，并说明原因', en: 'Refuse a proposal, with a reason' },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    responses: { 200: asProposal },
    refusals: ['PROPOSAL_NOT_FOUND', 'PROPOSAL_STATE', 'PROPOSAL_OWN_APPROVAL'],
    owner: proposalOwner,
    handler: async (world: World, { caller, params: { id }, body, once }) => {
      await rejectProposal(world, await proposalOf(world, id), body.reason, caller.subject, once)
      return { status: 200, body: await proposalNow(world, id) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/proposals/{id}/withdraw',
    operationId: 'withdrawProposal',
    summary: { zh: '撤回申请', en: 'Take a proposal back' },
    tags: ['issuing'],
    idempotent: true,
    bodyKind: 'none',
    params,
    responses: { 200: asProposal },
    refusals: ['PROPOSAL_NOT_FOUND', 'PROPOSAL_STATE'],
    owner: proposalOwner,
    handler: async (world: World, { caller, params: { id }, once }) => {
      await world.store.withdrawProposal(id, caller.subject, once)
      return { status: 200, body: await proposalNow(world, id) }
    },
  }),
]
