import { z } from 'zod'
import { certificateOwner } from '../certificates/owner.ts'
import { identifierParams } from '../certificates/views.ts'
import type { Caller } from '../http/auth.ts'
import { invariant } from '../../protocol/refusal.ts'
import { defineRoute } from '../http/routes.ts'
import { ulid } from '../http/schemas.ts'
import { useOwner } from '../uses/use-of.ts'
import type { World } from '../world.ts'
import { askCorrection, corrections } from './corrections.ts'
import { object, objections } from './objections.ts'
import { correction, correctionView, objection, objectionView } from './views.ts'

const words = z.string().trim().min(1).max(2_000)

/** The access table lets only holders come here. */
function holderIn(caller: Caller): string {
  invariant(caller.holder !== null, 'a holder is somebody')
  return caller.holder
}

export const holderOversightRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/holder/uses/{id}/objection',
    operationId: 'objectToUse',
    summary: { zh: '“这不是我同意的”：对一次用证提出异议', en: 'Object to a use of one’s certificate' },
    tags: ['holder'],
    idempotent: true,
    bodyKind: 'json',
    params: z.strictObject({ id: ulid }),
    body: z.strictObject({ says: words }),
    responses: { 201: { description: { zh: '已受理', en: 'Taken' }, schema: objection } },
    refusals: ['USE_NOT_FOUND', 'OBJECTION_EXISTS'],
    owner: (world: World, { params }) => useOwner(world, params.id),
    handler: async (world: World, { params, body, caller, once }) => ({
      status: 201,
      body: objectionView(await object(world, params.id, holderIn(caller), body.says, once)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/objections',
    operationId: 'listOwnObjections',
    summary: { zh: '我的异议', en: 'One’s own objections' },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '异议', en: 'Objections' },
        schema: z.strictObject({ objections: z.array(objection) }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller }) => ({
      status: 200,
      body: { objections: (await objections(world, { holder: holderIn(caller) })).map(objectionView) },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holder/certificates/{identifier}/corrections',
    operationId: 'askCorrection',
    summary: { zh: '“这里有误”：申请更正一个字段', en: 'Ask that a field be corrected' },
    tags: ['holder'],
    idempotent: true,
    bodyKind: 'json',
    params: identifierParams,
    body: z.strictObject({
      field: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/),
      says: words,
      evidence: words.optional().describe('Where the right value can be seen'),
    }),
    responses: { 201: { description: { zh: '已受理', en: 'Taken' }, schema: correction } },
    refusals: ['CERTIFICATE_NOT_FOUND', 'FIELD_UNKNOWN', 'CERTIFICATE_ERASED', 'CERTIFICATE_VALUES_MISSING'],
    owner: (world: World, { params }) => certificateOwner(world, params.identifier),
    handler: async (world: World, { params, body, caller, once }) => {
      const { field, says, evidence = null } = body
      const request = { field, says, evidence }
      const row = await askCorrection(world, params.identifier, holderIn(caller), request, once)
      return { status: 201, body: correctionView(row) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/corrections',
    operationId: 'listOwnCorrections',
    summary: { zh: '我的纠错申请', en: 'One’s own requests to correct' },
    tags: ['holder'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '纠错申请', en: 'Requests' },
        schema: z.strictObject({ corrections: z.array(correction) }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller }) => ({
      status: 200,
      body: { corrections: (await corrections(world, { holder: holderIn(caller) })).map(correctionView) },
    }),
  }),
]
