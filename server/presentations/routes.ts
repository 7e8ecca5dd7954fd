/** Presenting 亮证 over HTTP: the holder's phone, the counter, and whoever scans the code. */
import { z } from 'zod'
import { Refusal } from '../../protocol/refusal.ts'
import { ACCESS, accessOf, assertOwn } from '../http/access.ts'
import type { Caller } from '../http/auth.ts'
import { underKey } from '../http/idempotency.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { certificateIdentifier, departmentCode, seconds, ulid } from '../http/schemas.ts'
import { fieldNames, matterCode, use, useView } from '../uses/views.ts'
import type { World } from '../world.ts'
import { DIGITS, TOKEN } from './code.ts'
import {
  actingFor,
  cancelPresentation,
  openPresentation,
  pausePresentation,
  presentationOfHolder,
  renewPresentation,
} from './present.ts'
import { readPresentation, resolvePresentation } from './resolve.ts'
import {
  presentation,
  presentationView,
  presented,
  presentedView,
  purpose,
  taken,
  takenView,
} from './views.ts'

const MOST_CERTIFICATES = 10
const MAX_PAGE = 100

const own = z.strictObject({ id: ulid })
const once = (items: readonly { identifier: string }[]) =>
  new Set(items.map(({ identifier }) => identifier)).size === items.length

/** Who reads: the caller's own department, or for whoever acts for all of them the one that he names. */
function readerOf(caller: Caller, named: string | undefined): { department: string; officer: string } {
  const department = caller.department ?? named
  if (department === undefined) {
    throw new Refusal('INPUT_INVALID', 'it is not said for which department', {
      field: 'department',
      expected: 'code of a department',
      found: 'nothing',
    })
  }
  return { department, officer: caller.subject }
}

const byDepartment = (
  _world: World,
  { body, caller }: { body: { department?: string | undefined }; caller: Caller },
) => ({
  departments: [body.department ?? caller.department ?? ''],
})

export const presentationRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/holder/presentations',
    operationId: 'openPresentation',
    summary: {
      zh: '亮证：选证照和要出示的项目，取得二维码和八位数字码',
      en: 'Present certificates: choose fields, get a QR code and eight digits',
    },
    tags: ['presentations'],
    rateLimit: 'presenting',
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      certificates: z
        .array(
          z.strictObject({
            identifier: certificateIdentifier,
            fields: z.union([z.enum(['all', 'nameAndValidity']), fieldNames]),
          }),
        )
        .min(1)
        .max(MOST_CERTIFICATES)
        .refine(once, 'each certificate once'),
      verifier: departmentCode.optional().describe('The only department that may read it'),
      purpose,
    }),
    responses: {
      201: { description: { zh: '亮证码', en: 'The presentation and its code' }, schema: presented },
    },
    refusals: [
      'CERTIFICATE_NOT_FOUND',
      'PRESENTATION_NOT_ALLOWED',
      'FIELD_UNKNOWN',
      'CERTIFICATE_ERASED',
      'CERTIFICATE_VALUES_MISSING',
      'WITHHELD',
      'DEPARTMENT_NOT_FOUND',
      'PRESENTATIONS_TOO_MANY',
    ],
    owner: 'caller',
    handler: async (world: World, { caller, body, once: key }) => {
      const request = { ...body, verifier: body.verifier ?? null }
      return {
        status: 201,
        body: await presentedView(world, await openPresentation(world, caller, request, key)),
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/presentations',
    operationId: 'listPresentations',
    summary: { zh: '我的亮证记录', en: 'One’s presentations, newest first' },
    tags: ['presentations'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({ before: ulid.optional(), limit: integerText(1, MAX_PAGE).optional() }),
    responses: {
      200: {
        description: { zh: '亮证记录', en: 'Presentations' },
        schema: z.strictObject({ presentations: z.array(presentation), before: ulid.nullable() }),
      },
    },
    owner: 'caller',
    handler: async (world: World, { caller, query: { before = null, limit = 20 } }) => {
      const rows = await world.store.presentations(actingFor(caller).holder, before, limit)
      const presentations = await Promise.all(rows.map(row => presentationView(world, row)))
      return {
        status: 200,
        body: { presentations, before: rows.length === limit ? rows.at(-1)!.id : null },
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/holder/presentations/{id}',
    operationId: 'getPresentation',
    summary: {
      zh: '一次亮证的状态：谁、何时、读了几项',
      en: 'State of a presentation: who read, when, how many fields',
    },
    tags: ['presentations'],
    idempotent: false,
    bodyKind: 'none',
    params: own,
    responses: { 200: { description: { zh: '状态', en: 'State' }, schema: presentation } },
    refusals: ['PRESENTATION_UNKNOWN'],
    owner: 'caller',
    handler: async (world: World, { caller, params: { id } }) => ({
      status: 200,
      body: await presentationView(world, await presentationOfHolder(world, caller, id)),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holder/presentations/{id}/renewal',
    operationId: 'renewPresentation',
    summary: { zh: '更新亮证码，旧码作废', en: 'A new code; the last one is dead' },
    tags: ['presentations'],
    rateLimit: 'presenting',
    idempotent: true,
    bodyKind: 'none',
    params: own,
    responses: { 200: { description: { zh: '新的亮证码', en: 'The new code' }, schema: presented } },
    refusals: ['PRESENTATION_UNKNOWN', 'CODE_USED', 'PRESENTATION_CANCELLED', 'STEP_UP_REQUIRED'],
    owner: 'caller',
    handler: async (world: World, { caller, params: { id }, once: key }) => ({
      status: 200,
      body: await presentedView(
        world,
        await underKey(world.store, key, () => renewPresentation(world, caller, id)),
      ),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holder/presentations/{id}/pause',
    operationId: 'pausePresentation',
    summary: { zh: '暂停更新：当前的码保留十分钟', en: 'Hold the present code for ten minutes' },
    tags: ['presentations'],
    idempotent: true,
    bodyKind: 'none',
    params: own,
    responses: { 200: { description: { zh: '状态', en: 'State' }, schema: presentation } },
    refusals: ['PRESENTATION_UNKNOWN', 'CODE_EXPIRED', 'CODE_USED', 'PRESENTATION_CANCELLED'],
    owner: 'caller',
    handler: async (world: World, { caller, params: { id }, once: key }) => ({
      status: 200,
      body: await presentationView(
        world,
        await underKey(world.store, key, () => pausePresentation(world, caller, id)),
      ),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holder/presentations/{id}/cancellation',
    operationId: 'cancelPresentation',
    summary: { zh: '结束亮证，立即生效', en: 'End a presentation at once' },
    tags: ['presentations'],
    idempotent: true,
    bodyKind: 'none',
    params: own,
    responses: { 200: { description: { zh: '状态', en: 'State' }, schema: presentation } },
    refusals: ['PRESENTATION_UNKNOWN', 'CODE_USED'],
    owner: 'caller',
    handler: async (world: World, { caller, params: { id }, once: key }) => ({
      status: 200,
      body: await presentationView(
        world,
        await underKey(world.store, key, () => cancelPresentation(world, caller, id)),
      ),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/presentations/resolve',
    operationId: 'resolvePresentation',
    summary: {
      zh: '窗口收码：扫码或输入八位数字，得知出示了哪些证照和项目（不含内容）',
      en: 'Take a code at the counter: which certificates and fields are shown, no values',
    },
    tags: ['presentations'],
    rateLimit: 'presentation',
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({
      code: z
        .union([
          z.strictObject({ digits: z.string().regex(DIGITS) }),
          z.strictObject({ token: z.string().regex(TOKEN) }),
          z.strictObject({ url: z.string().max(300) }),
        ])
        .describe('Digits as they were said, or what the scanner read'),
      matter: matterCode.optional().describe('What it is shown for; absent where only identity is asked'),
      department: departmentCode.optional().describe('Only for a caller who acts for every department'),
    }),
    responses: { 200: { description: { zh: '出示的内容（不含值）', en: 'What is shown' }, schema: taken } },
    refusals: [
      'PRESENTATION_UNKNOWN',
      'CODE_EXPIRED',
      'CODE_USED',
      'PRESENTATION_CANCELLED',
      'PRESENTATION_OTHER_DEPARTMENT',
      'PRESENTATION_FOREIGN',
      'CODE_GUESSING',
      'DEPARTMENT_NOT_FOUND',
    ],
    owner: byDepartment,
    handler: async (world: World, { caller, body, once: key }) => {
      const reader = { ...readerOf(caller, body.department), matter: body.matter ?? null }
      return { status: 200, body: takenView(await resolvePresentation(world, reader, body.code, key)) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/presentations/{id}/reading',
    operationId: 'readPresentation',
    summary: {
      zh: '亮证用证：读取出示的项目，每张证照一次，逐条记入存证日志',
      en: 'Read what was presented, each certificate once; every reading enters the log',
    },
    tags: ['presentations'],
    idempotent: true,
    bodyKind: 'json',
    params: own,
    body: z.strictObject({
      certificates: z
        .array(z.strictObject({ identifier: certificateIdentifier, fields: fieldNames.optional() }))
        .min(1)
        .max(MOST_CERTIFICATES)
        .refine(once, 'each certificate once')
        .optional()
        .describe('Absent: everything that was presented'),
      matter: matterCode.optional(),
      department: departmentCode.optional().describe('Only for a caller who acts for every department'),
    }),
    responses: {
      201: {
        description: { zh: '读取的证照', en: 'What was read' },
        schema: z.strictObject({
          certificates: z.array(
            z.union([
              z.strictObject({
                identifier: certificateIdentifier,
                use,
                copyExpiresAt: seconds,
                file: z.string().describe('Certificate file with exactly the fields of the use'),
              }),
              z.strictObject({ identifier: certificateIdentifier, refused: z.string() }),
            ]),
          ),
        }),
      },
    },
    refusals: [
      'PRESENTATION_UNKNOWN',
      'PRESENTATION_OTHER_DEPARTMENT',
      'PRESENTATION_CANCELLED',
      'CODE_EXPIRED',
      'CODE_USED',
      'FIELD_NOT_PRESENTED',
      'FIELD_NOT_IN_MATTER',
      'REQUIREMENT_NONE',
      'READER_NOT_IN_MATTER',
      'CERTIFICATE_NOT_IN_FORCE',
      'WITHHELD',
      'MATTER_NOT_FOUND',
    ],
    owner: byDepartment,
    handler: async (world: World, { caller, params: { id }, body, once: key }) => {
      await assertTypesInScope(world, caller, id)
      const request = {
        reader: readerOf(caller, body.department),
        matter: body.matter ?? null,
        case: null,
        wanted: body.certificates?.map(({ identifier, fields = null }) => ({ identifier, fields })) ?? null,
      }
      const readings = await readPresentation(world, id, request, key)
      const certificates = readings.map(one => {
        if ('refused' in one) return one
        const { use: row, copyExpiresAt, file } = one.reading
        return { identifier: one.identifier, use: useView(row), copyExpiresAt, file }
      })
      return { status: 201, body: { certificates } }
    },
  }),
]

/** A machine that may read one type of certificate does not get another because somebody presents both. */
async function assertTypesInScope(world: Pick<World, 'store'>, caller: Caller, id: string): Promise<void> {
  if (caller.role !== 'client') return
  const row = accessOf(ACCESS, 'readPresentation')
  for (const { type } of (await world.store.presentation(id))?.items ?? []) {
    assertOwn(row, caller, { departments: [caller.department ?? ''], type })
  }
}
