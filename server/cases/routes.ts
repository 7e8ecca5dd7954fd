import { z } from 'zod'
import { fromBase64url, fromHex, toBase64url } from '../../protocol/bytes.ts'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import type { Owner } from '../http/access.ts'
import type { Caller } from '../http/auth.ts'
import { EVENT_STREAM, eventStream, type StreamedEvent } from '../http/events.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { certificateIdentifier, departmentCode, json, typeShort, ulid } from '../http/schemas.ts'
import { matterOf } from '../matters/matters.ts'
import type { CaseFilter, CaseRow } from '../store/cases.ts'
import { nowSeconds, type World } from '../world.ts'
import { actStep, stepOf } from './act.ts'
import { judgeUse, RETURN_REASONS } from './judge-use.ts'
import { archiveOf } from './archive.ts'
import { collect, copyOf, type Actor } from './collect.ts'
import { askForPaper, declareInPlace } from './materials.ts'
import { caseOf, openCase } from './open.ts'
import { caseName, caseSummary, caseView, summaryOf, viewCase } from './views.ts'

const params = z.strictObject({ id: caseName })
const itemParams = z.strictObject({ id: caseName, item: integerText(0, 1_999) })
const reason = z.string().trim().min(4).max(500)
const holderText = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
/** Fields of a few certificates. */
const MAX_STEP_BYTES = 512 * 1024
const EVENTS_AT_ONCE = 200

/** The departments that take part, and the parties. */
async function ownerOf(world: World, { params: { id } }: { params: { id: string } }): Promise<Owner> {
  const { departments, parties } = await caseOf(world, id)
  return { departments, holders: parties.map(({ holder }) => toBase64url(holder)) }
}

/** Whoever is of no department acts for the one that leads. */
const actorOf = (caller: Caller, of: CaseRow): Actor => ({
  department: caller.department ?? of.departments[0]!,
  officer: caller.subject,
})

const viewerOf = ({ role, holder }: Caller): string | null => (role === 'holder' ? (holder ?? '') : null)

async function caseReply(world: World, caller: Caller, id: string, status = 200) {
  return { status, body: await viewCase(world, await caseOf(world, id), viewerOf(caller)) }
}

function filterFor({ role, department, holder }: Caller): CaseFilter {
  if (role === 'holder') return { holder: fromBase64url(holder ?? '') ?? new Uint8Array() }
  return department === null ? { all: true } : { department }
}

const caseResponse = { 200: { description: { zh: '办件', en: 'The case' }, schema: caseView } }

export const caseRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/cases',
    operationId: 'openCase',
    summary: {
      zh: '立案：当事人按证件号码或持证主体标识指定，号码不留存',
      en: 'Open a case; parties are named by holder or by number, and numbers are not kept',
    },
    tags: ['cases'],
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      matter: z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/),
      channel: z.enum(['online', 'counter', 'phone', 'paper']),
      parties: z
        .array(
          z.strictObject({
            role: z.string().max(40),
            holder: holderText.optional(),
            number: z.string().min(8).max(40).optional(),
          }),
        )
        .min(1)
        .max(60),
      conditions: z.record(z.string().max(40), z.boolean()).default({}),
      assisted: z.boolean().default(false).describe('Somebody of the department fills it in'),
    }),
    responses: { 201: { description: { zh: '已立案', en: 'Opened' }, schema: caseView } },
    refusals: [
      'MATTER_NOT_FOUND',
      'CASE_PARTIES',
      'CASE_PARTY',
      'CASE_PARTY_SELF',
      'CASE_CONDITION',
      'HOLDER_NUMBER',
    ],
    owner: async (world: World, { body, caller }) => ({
      departments: [(await matterOf(world, body.matter)).leadDept],
      holders: caller.holder === null ? [] : [caller.holder],
    }),
    handler: async (world: World, { body, caller, once }) => {
      const { id } = await openCase(world, body, caller, once)
      return caseReply(world, caller, id, 201)
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/cases',
    operationId: 'listCases',
    summary: {
      zh: '本部门或本人的办件，新者在前',
      en: 'Cases of one’s department or one’s own, newest first',
    },
    tags: ['cases'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ before: ulid.optional(), limit: integerText(1, 200).optional() }),
    responses: {
      200: {
        description: { zh: '办件', en: 'Cases' },
        schema: z.strictObject({
          cases: z.array(caseSummary),
          before: ulid.nullable(),
          overrides: z
            .array(z.strictObject({ department: departmentCode, count: z.int() }))
            .describe('How often paper was asked for although it could be obtained'),
        }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { query: { before, limit = 50 }, caller }) => {
      const rows = await world.store.cases(filterFor(caller), before ?? null, limit)
      const cases = []
      for (const row of rows) cases.push(await summaryOf(world, row))
      const overrides = caller.role === 'holder' ? [] : await world.store.paperOverrides()
      return {
        status: 200,
        body: {
          cases,
          before: rows.length === limit ? rows.at(-1)!.id : null,
          overrides: overrides.filter(({ department }) => [null, department].includes(caller.department)),
        },
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/cases/{id}',
    operationId: 'getCase',
    summary: {
      zh: '一个办件：每项材料 ✓ ◔ ✗ ⊘、步骤与结果；可用办件编号查询',
      en: 'One case, by id or number: each item ✓ ◔ ✗ ⊘, steps and outputs',
    },
    tags: ['cases'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: caseResponse,
    refusals: ['CASE_NOT_FOUND'],
    owner: ownerOf,
    handler: (world: World, { params: { id }, caller }) => caseReply(world, caller, id),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/cases/{id}/collect',
    operationId: 'collectCase',
    summary: {
      zh: '归集材料：依职能、凭授权、凭亮证取得；未授权的发起授权请求',
      en: 'Collect: by duty, by consent, by presentation; ask those who were not asked',
    },
    tags: ['cases'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({
      shown: z
        .array(z.strictObject({ item: z.int().min(0).max(1_999), presentation: z.string().max(64) }))
        .max(60)
        .default([])
        .describe('Presentations of the holder for items that nobody may pull'),
      ask: z.boolean().default(true).describe('Ask those who were not asked for consent'),
    }),
    responses: {
      200: {
        description: { zh: '归集结果', en: 'What came of each item' },
        schema: z.strictObject({
          results: z.array(
            z.strictObject({
              item: z.int(),
              outcome: z.enum(['adopted', 'asked', 'refused']),
              code: z.string().nullable(),
            }),
          ),
          case: caseView,
        }),
      },
    },
    refusals: ['CASE_NOT_FOUND', 'CASE_NOT_OPEN'],
    owner: ownerOf,
    handler: async (world: World, { params: { id }, body, caller, once }) => {
      const of = await caseOf(world, id)
      const results = await collect(world, of.id, actorOf(caller, of), body, once)
      return {
        status: 200,
        body: { results, case: await viewCase(world, await caseOf(world, of.id), viewerOf(caller)) },
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/cases/{id}/items/{item}/copy',
    operationId: 'getCaseCopy',
    summary: {
      zh: '本部门为此办件取得的证照文件（仅含获准字段）',
      en: 'The certificate file that one’s department took for this case',
    },
    tags: ['cases'],
    idempotent: false,
    bodyKind: 'none',
    params: itemParams,
    responses: { 200: { description: { zh: '证照文件', en: 'Certificate file' }, contentType: MEDIA_TYPE } },
    refusals: ['CASE_NOT_FOUND', 'CASE_COPY_NONE'],
    owner: ownerOf,
    handler: async (world: World, { params: { id, item }, caller }) => {
      const of = await caseOf(world, id)
      const text = await copyOf(world, of, item, actorOf(caller, of).department)
      return { status: 200, bytes: Buffer.from(text) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/cases/{id}/items/{item}/judgement',
    operationId: 'judgeCaseUse',
    summary: {
      zh: '核对人证后采用或退回本部门已读取的证照',
      en: 'Adopt or return what one’s department has read, once person and content were looked at',
    },
    tags: ['cases'],
    idempotent: true,
    bodyKind: 'json',
    params: itemParams,
    body: z.discriminatedUnion('outcome', [
      z.strictObject({ outcome: z.literal('adopt'), use: ulid }),
      z.strictObject({ outcome: z.literal('return'), use: ulid, reason: z.enum(RETURN_REASONS) }),
    ]),
    responses: caseResponse,
    refusals: [
      'CASE_NOT_FOUND',
      'CASE_NOT_OPEN',
      'CASE_ITEM_UNKNOWN',
      'CASE_USE_OTHER',
      'FIELD_NOT_PRESENTED',
      'COPY_GONE',
      'WITHHELD',
      'CERTIFICATE_ERASED',
      'CERTIFICATE_VALUES_MISSING',
    ],
    owner: ownerOf,
    handler: async (world: World, { params: { id, item }, body, caller, once }) => {
      const of = await caseOf(world, id)
      await judgeUse(world, of.id, item, actorOf(caller, of), body, once)
      return caseReply(world, caller, of.id)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/cases/{id}/items/{item}/paper',
    operationId: 'askForPaper',
    summary: {
      zh: '要求提交纸质材料；能免提交的须写明理由',
      en: 'Ask for paper; of what can be obtained only as an override with a reason',
    },
    tags: ['cases'],
    idempotent: true,
    bodyKind: 'json',
    params: itemParams,
    body: z.strictObject({ override: z.boolean().default(false), reason: reason.optional() }),
    responses: caseResponse,
    refusals: ['MATERIAL_AVAILABLE', 'CASE_REASON_MISSING', 'CASE_ITEM_UNKNOWN', 'CASE_NOT_OPEN'],
    owner: ownerOf,
    handler: async (world: World, { params: { id, item }, body, caller, once }) => {
      const of = await caseOf(world, id)
      const override = body.override ? { reason: body.reason ?? null } : null
      await askForPaper(world, of.id, item, actorOf(caller, of), override, once)
      return caseReply(world, caller, of.id)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/cases/{id}/declarations',
    operationId: 'declareInCase',
    summary: { zh: '以书面声明代替（告知承诺制）', en: 'A declaration in place of a group’s certificates' },
    tags: ['cases'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ group: z.string().max(40) }),
    responses: caseResponse,
    refusals: ['CASE_GROUP', 'MATERIAL_AVAILABLE', 'CASE_NOT_OPEN'],
    owner: ownerOf,
    handler: async (world: World, { params: { id }, body, caller, once }) => {
      const of = await caseOf(world, id)
      await declareInPlace(world, of.id, body.group, caller.subject, once)
      return caseReply(world, caller, of.id)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/cases/{id}/steps/{step}',
    operationId: 'actCaseStep',
    summary: {
      zh: '办理一步：办结并签发结果，或退回并说明理由；签发不成的可放弃签发，重新办理',
      en: 'Act a step: complete it and issue its outputs, or return it with a reason; give up what cannot be issued',
    },
    tags: ['cases'],
    idempotent: true,
    bodyKind: 'json',
    params: z.strictObject({ id: caseName, step: integerText(1, 20) }),
    body: z.strictObject({
      outcome: z.enum(['complete', 'return', 'give-up']),
      reason: reason.optional(),
      outputs: z
        .array(
          z.strictObject({
            cert: typeShort,
            fields: z.record(z.string(), json).optional(),
            record: ulid.optional().describe('A notarized record that is the output'),
            replaces: z
              .strictObject({
                identifier: certificateIdentifier,
                how: z.enum(['revoke', 'supersede']),
                reason: z.string().regex(/^[A-Z_]{2,40}$/),
              })
              .optional(),
          }),
        )
        .max(20)
        .default([]),
    }),
    maxBody: MAX_STEP_BYTES,
    responses: caseResponse,
    refusals: [
      'CASE_STEP_UNKNOWN',
      'CASE_STEP_NOT_NEXT',
      'CASE_STEP_NOT_ISSUING',
      'CASE_REASON_MISSING',
      'CASE_NOT_READY',
      'CASE_FLAGGED',
      'CASE_OUTPUT',
      'CASE_REPLACES_OTHER',
      'CERTIFICATE_OF_ANOTHER_DEPARTMENT',
      'STATUS_REASON',
      'CASE_NOT_OPEN',
      'ROWS_INVALID',
    ],
    owner: async (world: World, { params: { id, step } }) => ({
      departments: [stepOf(await caseOf(world, id), step).department],
    }),
    handler: async (world: World, { params: { id, step }, body, caller, once }) => {
      const of = await caseOf(world, id)
      const actor = { department: stepOf(of, step).department, officer: caller.subject }
      await actStep(world, of.id, step, actor, { ...body, reason: body.reason ?? null }, once)
      return caseReply(world, caller, of.id)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/cases/{id}/close',
    operationId: 'closeCase',
    summary: { zh: '撤回或终止办件', en: 'Withdraw or end a case before its last step' },
    tags: ['cases'],
    idempotent: true,
    bodyKind: 'json',
    params,
    body: z.strictObject({ reason }),
    responses: caseResponse,
    refusals: ['CASE_NOT_OPEN'],
    owner: ownerOf,
    handler: async (world: World, { params: { id }, body, caller, once }) => {
      const of = await caseOf(world, id)
      await world.store.closeCase(of.id, body.reason, caller.subject, once)
      world.events.publish(`case:${of.id}`)
      return caseReply(world, caller, of.id)
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/cases/{id}/events',
    operationId: 'watchCase',
    summary: {
      zh: '办件进展（服务器推送），至办结为止',
      en: 'What happens to a case, as server-sent events, until it ends',
    },
    tags: ['cases'],
    idempotent: false,
    bodyKind: 'none',
    params,
    headers: z.strictObject({
      'last-event-id': z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
    }),
    responses: { 200: { description: { zh: '进展', en: 'Events' }, contentType: EVENT_STREAM } },
    refusals: ['CASE_NOT_FOUND'],
    owner: ownerOf,
    handler: async (world: World, { params: { id }, headers, caller }) => {
      const of = await caseOf(world, id)
      const last = headers['last-event-id'] ?? null
      const read = await eventsOf(world, of.id, caller.role === 'holder')
      return { status: 200, bytes: eventStream(world.events, `case:${of.id}`, last, read) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/cases/{id}/archive',
    operationId: 'getCaseArchive',
    summary: {
      zh: '归档包：声明、证明、授权回执、本部门取得的证照、步骤',
      en: 'Archive of a case as a zip: statements, proofs, consents, one’s own copies, steps',
    },
    tags: ['cases'],
    idempotent: false,
    bodyKind: 'none',
    params,
    responses: { 200: { description: { zh: '归档包', en: 'Zip' }, contentType: 'application/zip' } },
    refusals: ['CASE_NOT_FOUND'],
    owner: ownerOf,
    handler: async (world: World, { params: { id }, caller }) => {
      const of = await caseOf(world, id)
      const headers = { 'Content-Disposition': `attachment; filename="${of.number}.zip"` }
      return { status: 200, bytes: await archiveOf(world, of, actorOf(caller, of)), headers }
    },
  }),
]

/**
 * Of an applicant's view, that something happened; which certificate of which other party is not his to know. What parties answer is
 * kept with the requests and not among the case's events: that it changed since the stream began is told as `consent-changed`.
 */
async function eventsOf(world: World, id: string, isHolder: boolean) {
  let consents = await consentsOf(world, id)
  return async (last: string | null): Promise<{ events: StreamedEvent[]; ended: boolean }> => {
    // Read first: what ends the case is among the events that follow.
    const { state } = await caseOf(world, id)
    const rows = await world.store.caseEvents(id, Number(last ?? 0), EVENTS_AT_ONCE)
    const events = rows.map(({ seq, event, at, data }): StreamedEvent => ({
      id: String(seq),
      event,
      data: isHolder ? { at } : { at, ...data },
    }))
    const now = await consentsOf(world, id)
    if (now !== consents) {
      consents = now
      events.push({
        id: String(rows.at(-1)?.seq ?? last ?? 0),
        event: 'consent-changed',
        data: { at: nowSeconds(world) },
      })
    }
    return { events, ended: state !== 'open' && rows.length < EVENTS_AT_ONCE }
  }
}

/** How every party of the case's requests has answered, in one text to compare. */
async function consentsOf(world: World, id: string): Promise<string> {
  const { consentRequests } = await caseOf(world, id)
  const states: string[] = []
  for (const request of consentRequests) {
    const found = await world.store.consentRequest(request)
    for (const { state, grant } of found?.parties ?? []) {
      const given = grant === null ? null : await world.store.grantByDigest(fromHex(grant)!)
      states.push(`${request} ${state} ${given?.state} ${given?.withdrawnAt}`)
    }
    states.push(String(found?.withdrawnAt))
  }
  return states.join()
}
