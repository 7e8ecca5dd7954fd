import { z } from 'zod'
import { Refusal } from '../../protocol/refusal.ts'
import { ROLES } from '../http/auth.ts'
import type { Caller } from '../http/auth.ts'
import { underKey } from '../http/idempotency.ts'
import { HttpRefusal } from '../http/problem.ts'
import { defineRoute, integerText } from '../http/routes.ts'
import { departmentCode, seconds, ulid } from '../http/schemas.ts'
import { STAFF_ROLES, type AssignmentRow, type SessionRow } from '../store/identity.ts'
import { atPublicUrl, type World } from '../world.ts'
import { assign, assignmentOf, endAssignment } from './assignments.ts'
import { cookieIn, cookieLine, forgetLine, PENDING_COOKIE, SESSION_COOKIE } from './cookies.ts'
import type { Identity } from './identity.ts'
import type { RelyingParty } from './openid.ts'
import { assertMayTake, roleOptions, type RoleOptions } from './roles.ts'
import { assertOwnOrigin, callerOf, IDLE_SECONDS, LONGEST_SECONDS, nameIn, sessionOf } from './sessions.ts'
import { PENDING_SECONDS, sendToProvider, takeBack } from './sign-in.ts'

const holder = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
/** A path of this gateway, not `//host` nor what browsers read as such. */
const returnTo = z.string().regex(/^\/(?:[!-.0-[\]-~][!-[\]-~]{0,499})?$/)
const cookies = z.strictObject({ cookie: z.string().optional() })
const fromPage = cookies.extend({
  origin: z.string().optional(),
  'sec-fetch-site': z.string().optional(),
})

const session = z.strictObject({
  account: z.string().describe('Pseudonym: what records call the person'),
  name: z.string().nullable().describe('As the identity provider tells it'),
  role: z.enum(ROLES),
  department: departmentCode.nullable(),
  holder: holder.nullable(),
  person: holder.nullable(),
  authenticatedAt: seconds.nullable(),
  idleAt: seconds.nullable(),
  expiresAt: seconds.nullable(),
  roles: z.array(
    z.strictObject({
      role: z.enum([...STAFF_ROLES, 'holder']),
      department: departmentCode.nullable(),
      until: seconds.nullable(),
    }),
  ),
  actingFor: z.array(z.strictObject({ holder, capacity: z.string() })),
})

const assignment = z.strictObject({
  id: ulid,
  account: ulid,
  role: z.enum(STAFF_ROLES),
  department: departmentCode.nullable(),
  from: seconds,
  until: seconds.nullable(),
  by: z.string(),
  createdAt: seconds,
  endedAt: seconds.nullable(),
  endedBy: z.string().nullable(),
})

const assignmentView = (row: AssignmentRow): z.input<typeof assignment> => row

/** Text of any kind: what a provider adds is its own affair, and nothing but what we asked for is believed. */
const told = z.string().max(4_096).optional()

const queryText = (query: Record<string, string | undefined>): string => {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

export function identityRoutes(identity: Identity) {
  const { actingFor } = identity
  const party = (): RelyingParty => {
    if (identity.party !== null) return identity.party
    throw new Refusal('SIGN_IN_OFF', 'this gateway has no identity provider')
  }
  const sessionFrom = async (world: World, header: string | undefined, caller: Caller) => {
    const secret = cookieIn(header, SESSION_COOKIE)
    const row = secret === null ? null : await sessionOf(world, secret)
    if (secret === null || row === null || row.account !== caller.subject) return null
    return { secret, row }
  }
  const view = async (world: World, { secret, row }: { secret: string; row: SessionRow }) =>
    sessionView(
      await callerOf(world, row, actingFor),
      row,
      nameIn(row, secret),
      await roleOptions(world, row, actingFor),
    )

  return [
    defineRoute({
      method: 'get',
      path: '/sign-in',
      operationId: 'signIn',
      summary: { zh: '登录：前往身份服务', en: 'Sign in: go to the identity provider' },
      tags: ['identity'],
      idempotent: false,
      bodyKind: 'none',
      query: z.strictObject({ returnTo: returnTo.optional(), stepUp: z.literal('1').optional() }),
      headers: z.strictObject({ host: z.string().optional() }),
      rateLimit: 'signIn',
      responses: { 303: { description: { zh: '前往身份服务', en: 'To the identity provider' } } },
      refusals: ['SIGN_IN_OFF', 'SIGN_IN_UNAVAILABLE'],
      handler: async (world: World, { query, headers }) => {
        const elsewhere = atPublicUrl(world, headers.host, `/sign-in${queryText(query)}`)
        if (elsewhere !== null) return { status: 303, headers: { Location: elsewhere } }
        const { location, pending } = await sendToProvider(world, party(), {
          returnTo: query.returnTo ?? '/',
          stepUp: query.stepUp === '1',
        })
        return {
          status: 303,
          headers: {
            Location: location,
            'Set-Cookie': [cookieLine(PENDING_COOKIE, pending, PENDING_SECONDS)],
          },
        }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/sign-in/callback',
      operationId: 'signInCallback',
      summary: { zh: '登录：身份服务的答复', en: 'Sign in: the identity provider’s answer' },
      tags: ['identity'],
      idempotent: false,
      bodyKind: 'none',
      query: z.strictObject({
        code: told,
        state: told,
        iss: told,
        error: told,
        error_description: told,
        error_uri: told,
        session_state: told,
        scope: told,
        prompt: told,
        authuser: told,
        hd: told,
      }),
      headers: cookies,
      rateLimit: 'signIn',
      responses: { 303: { description: { zh: '已登录', en: 'Signed in' } } },
      refusals: [
        'SIGN_IN_OFF',
        'SIGN_IN_STATE',
        'SIGN_IN_REFUSED',
        'SIGN_IN_FAILED',
        'STEP_UP_NOT_FRESH',
        'SIGN_IN_UNAVAILABLE',
      ],
      handler: async (world: World, { query, headers }) => {
        const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
        const signedIn = await takeBack(world, party(), actingFor, {
          query: Object.fromEntries(given),
          pending: cookieIn(headers.cookie, PENDING_COOKIE),
          secret: cookieIn(headers.cookie, SESSION_COOKIE),
        })
        return {
          status: 303,
          headers: {
            Location: signedIn.returnTo,
            'Set-Cookie': [
              cookieLine(SESSION_COOKIE, signedIn.secret, LONGEST_SECONDS),
              forgetLine(PENDING_COOKIE),
            ],
          },
        }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/sign-out',
      operationId: 'signOut',
      summary: { zh: '退出登录', en: 'Sign out' },
      tags: ['identity'],
      idempotent: false,
      bodyKind: 'none',
      headers: fromPage,
      rateLimit: 'signIn',
      responses: {
        200: {
          description: {
            zh: '会话已结束；endSession 为在身份服务处一并退出的地址',
            en: 'The session has ended; `endSession` is where to sign out with the provider too',
          },
          schema: z.strictObject({ signedOut: z.literal(true), endSession: z.url().nullable() }),
        },
      },
      refusals: ['ORIGIN_WRONG'],
      handler: async (world: World, { headers }) => {
        assertOwnOrigin(world, 'POST', headers)
        const secret = cookieIn(headers.cookie, SESSION_COOKIE)
        const row = secret === null ? null : await sessionOf(world, secret)
        if (row !== null) await world.store.endSession(row.digest)
        // A provider that does not answer keeps nobody signed in here.
        const endSession = (await identity.party?.endSessionUrl().catch(() => null)) ?? null
        return {
          status: 200,
          body: { signedOut: true, endSession },
          headers: { 'Set-Cookie': [forgetLine(SESSION_COOKIE), forgetLine(PENDING_COOKIE)] },
        }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/session',
      operationId: 'getSession',
      summary: { zh: '我是谁、可用哪些角色', en: 'Who am I, and which roles may I take' },
      tags: ['identity'],
      idempotent: false,
      bodyKind: 'none',
      headers: cookies,
      responses: { 200: { description: { zh: '当前会话', en: 'The session' }, schema: session } },
      handler: async (world: World, { headers, caller }) => {
        const found = await sessionFrom(world, headers.cookie, caller)
        return {
          status: 200,
          body: found === null ? sessionView(caller, null, null, null) : await view(world, found),
        }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/session/role',
      operationId: 'takeRole',
      summary: { zh: '切换角色，无须重新登录', en: 'Take another role without signing in again' },
      tags: ['identity'],
      idempotent: false,
      bodyKind: 'json',
      body: z.strictObject({
        role: z.enum([...STAFF_ROLES, 'holder', 'guest']),
        department: departmentCode.optional(),
        holder: holder.optional().describe('Of role `holder`: as whom; default oneself'),
      }),
      headers: cookies,
      responses: { 200: { description: { zh: '当前会话', en: 'The session' }, schema: session } },
      refusals: ['ROLE_NOT_HELD', 'SESSION_ENDED'],
      handler: async (world: World, { headers, caller, body }) => {
        const found = await sessionFrom(world, headers.cookie, caller)
        if (found === null) {
          throw new HttpRefusal('SESSION_ENDED', 'there is no session', {
            'WWW-Authenticate': 'Bearer realm="onceproof"',
          })
        }
        const { secret, row } = found
        const taken = {
          role: body.role,
          department: body.department ?? null,
          holder: body.holder ?? (body.role === 'holder' ? row.person : null),
        }
        assertMayTake(await roleOptions(world, row, actingFor), taken)
        const now = await world.store.takeRole(row.digest, taken)
        return { status: 200, body: await view(world, { secret, row: now }) }
      },
    }),
    ...assignmentRoutes,
  ]
}

const newAssignment = z
  .strictObject({
    account: ulid.optional(),
    issuer: z.string().min(1).max(300).optional().describe('With `sub`, instead of an account'),
    sub: z.string().min(1).max(255).optional(),
    role: z.enum(STAFF_ROLES),
    department: departmentCode.optional(),
    from: seconds.optional().describe('Default: now'),
    until: seconds.optional().describe('Exclusive; default: until it is ended'),
  })
  .refine(
    ({ account, issuer, sub }) =>
      account === undefined
        ? issuer !== undefined && sub !== undefined
        : issuer === undefined && sub === undefined,
    'an account, or issuer and sub',
  )

const assignmentRoutes = [
  defineRoute({
    method: 'post',
    path: '/v1/assignments',
    operationId: 'createAssignment',
    summary: { zh: '指派人员：角色、部门、期限', en: 'Assign a person a role in a department for a time' },
    tags: ['identity'],
    idempotent: true,
    bodyKind: 'json',
    body: newAssignment,
    owner: (_world: World, { body }) => ({
      departments: body.department === undefined ? [] : [body.department],
    }),
    responses: { 201: { description: { zh: '已指派', en: 'Assigned' }, schema: assignment } },
    refusals: [
      'ASSIGNMENT_ROLE',
      'ASSIGNMENT_OWN',
      'ASSIGNMENT_DATES',
      'ASSIGNMENT_EXISTS',
      'ACCOUNT_NOT_FOUND',
      'DEPARTMENT_NOT_FOUND',
    ],
    handler: async (world: World, { body, caller, once }) => {
      const { role, department = null, from = null, until = null } = body
      const { account, issuer = '', sub = '' } = body
      const assignee = account === undefined ? { issuer, sub } : { account }
      const row = await underKey(world.store, once, () =>
        assign(world, caller, { assignee, role, department, from, until }),
      )
      return { status: 201, body: assignmentView(row) }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/assignments',
    operationId: 'listAssignments',
    summary: { zh: '人员指派', en: 'Assignments' },
    tags: ['identity'],
    idempotent: false,
    bodyKind: 'none',
    query: z.strictObject({
      department: departmentCode.optional(),
      account: ulid.optional(),
      before: ulid.optional(),
      limit: integerText(1, 200).optional(),
    }),
    owner: (_world: World, { query, caller }) => ({
      departments: [query.department ?? caller.department].filter(code => code !== null),
    }),
    responses: {
      200: {
        description: { zh: '指派，新的在前', en: 'Assignments, newest first' },
        schema: z.strictObject({ assignments: z.array(assignment) }),
      },
    },
    handler: async (world: World, { query, caller }) => {
      const { account, before = null, limit = 50 } = query
      const department = query.department ?? caller.department ?? undefined
      const rows = await world.store.assignments(
        { ...(account !== undefined && { account }), ...(department !== undefined && { department }) },
        { before, limit },
      )
      return { status: 200, body: { assignments: rows.map(assignmentView) } }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/assignments/{id}/end',
    operationId: 'endAssignment',
    summary: { zh: '终止指派', en: 'End an assignment' },
    tags: ['identity'],
    idempotent: true,
    bodyKind: 'none',
    params: z.strictObject({ id: ulid }),
    owner: async (world: World, { params }) => {
      const { department } = await assignmentOf(world, params.id)
      return { departments: department === null ? [] : [department] }
    },
    responses: { 200: { description: { zh: '已终止', en: 'Ended' }, schema: assignment } },
    refusals: ['ASSIGNMENT_NOT_FOUND', 'ASSIGNMENT_ROLE'],
    handler: async (world: World, { params, caller, once }) => ({
      status: 200,
      body: assignmentView(await underKey(world.store, once, () => endAssignment(world, caller, params.id))),
    }),
  }),
]

function sessionView(
  caller: Caller,
  row: SessionRow | null,
  name: string | null,
  options: RoleOptions | null,
): z.input<typeof session> {
  const { subject, role, department, holder: actingAs, authenticatedAt } = caller
  const assigned = options?.assignments.map(one => ({
    role: one.role,
    department: one.department,
    until: one.until,
  }))
  const own = row?.person ? [{ role: 'holder' as const, department: null, until: null }] : []
  return {
    account: subject,
    name,
    role,
    department,
    holder: actingAs,
    person: row?.person ?? caller.person,
    authenticatedAt,
    idleAt: row === null ? null : row.usedAt + IDLE_SECONDS,
    expiresAt: row?.expiresAt ?? null,
    roles: [...own, ...(assigned ?? [])],
    actingFor: [...(options?.actingFor ?? [])],
  }
}
