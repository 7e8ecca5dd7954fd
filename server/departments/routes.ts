import { z } from 'zod'
import { didDocument } from './did.ts'
import { underKey } from '../http/idempotency.ts'
import { defineRoute, type Reply } from '../http/routes.ts'
import { departmentCode, hex32, json, seconds, typeShort } from '../http/schemas.ts'
import type { DepartmentRow, Once } from '../store/store.ts'
import type { World } from '../world.ts'
import { admitDepartment, departmentOf } from './admit.ts'
import { commitNextKey, declareCompromised, retireKey, rotateKey } from './change-keys.ts'
import { endPermit, givePermit, registrationOf } from './registration.ts'
import { suspendOnChain } from './registry.ts'
import { changeStanding } from './standing.ts'

const application = z.strictObject({
  code: departmentCode,
  uscc: z.string().regex(/^[0-9A-Z]{18}$/),
  did: z.string().regex(/^did:web:[a-z0-9.%-]{1,200}$/),
  zh: z.string().min(1).max(100),
  en: z.string().min(1).max(200),
  roles: z
    .array(z.enum(['issuer', 'verifier', 'operator', 'regulator', 'auditor']))
    .min(1)
    .max(5),
})
const department = application.extend({ createdAt: seconds })

const keyPurpose = z.enum(['issuing', 'authority'])
const code = z.strictObject({ code: departmentCode })
const period = z.strictObject({ from: seconds, until: seconds.describe('0 = no end') })
const registration = z.strictObject({
  uscc: z.string(),
  suspensions: z.array(period),
  keys: z.array(
    z.strictObject({
      keyId: hex32,
      purpose: keyPurpose,
      generation: z.int(),
      state: z.enum(['made', 'committed', 'current', 'in force', 'ended', 'compromised']),
      addedAt: seconds,
      signUntil: seconds,
      anchorUntil: seconds,
      compromisedSince: seconds,
    }),
  ),
  keysElsewhere: z
    .array(
      z.strictObject({
        keyId: hex32,
        purpose: keyPurpose,
        addedAt: seconds,
        signUntil: seconds,
        anchorUntil: seconds,
        compromisedSince: seconds,
      }),
    )
    .describe('Registered, and not among the keys of this gateway: lost, or held by another one'),
  permits: z.array(period.extend({ type: z.string(), typeCode: z.string(), region: z.string() })),
})

/** What the chain says of a department, after a change: the caller sees what came of it. */
async function registered(world: World, department: string): Promise<z.infer<typeof registration>> {
  return registrationOf(world, await departmentOf(world, department))
}

/**
 * A change of the registry. It looks before it acts, so a repetition does nothing; and under a key that was answered it is not even
 * tried, so that a late repetition of a suspension does not undo the resumption after it.
 */
async function change(
  world: World,
  department: string,
  once: Once,
  work: (row: DepartmentRow) => Promise<void>,
): Promise<Reply> {
  const row = await departmentOf(world, department)
  if ((await world.store.answered(once)) === null) {
    await work(row)
    await world.store.rememberAnswer(once)
  }
  return { status: 200, body: await registrationOf(world, row) }
}

const changed = (zh: string, en: string) => ({ 200: { description: { zh, en }, schema: registration } })

const view = (row: DepartmentRow) => ({
  code: row.code,
  uscc: row.uscc,
  did: row.did,
  zh: row.zh,
  en: row.en,
  roles: row.roles,
  createdAt: row.createdAt,
})

export const departmentRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/departments',
    operationId: 'listDepartments',
    summary: { zh: '部门名录', en: 'Departments of this region' },
    tags: ['departments'],
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '部门', en: 'Departments' },
        schema: z.strictObject({ departments: z.array(department) }),
      },
    },
    handler: async (world: World) => ({
      status: 200,
      body: { departments: (await world.store.departments()).map(view) },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/departments',
    operationId: 'admitDepartment',
    summary: {
      zh: '登记部门：生成密钥并登记上链',
      en: 'Admit a department: make its keys and register them on chain',
    },
    tags: ['departments'],
    idempotent: true,
    bodyKind: 'json',
    body: application,
    responses: { 201: { description: { zh: '已登记', en: 'Admitted' }, schema: department } },
    refusals: ['DEPARTMENT_EXISTS', 'USCC_WRONG'],
    handler: async (world: World, { body, once }) => ({
      status: 201,
      body: view(await underKey(world.store, once, () => admitDepartment(world, body))),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/departments/{code}',
    operationId: 'getDepartment',
    summary: { zh: '一个部门', en: 'One department' },
    tags: ['departments'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: departmentCode }),
    responses: { 200: { description: { zh: '部门', en: 'The department' }, schema: department } },
    refusals: ['DEPARTMENT_NOT_FOUND'],
    handler: async (world: World, { params }) => ({
      status: 200,
      body: view(await departmentOf(world, params.code)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/departments/{code}/did.json',
    operationId: 'getDidDocument',
    summary: {
      zh: '部门的 DID 文档（由链上登记推导）',
      en: 'DID document of a department, derived from the registry',
    },
    tags: ['departments'],
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ code: departmentCode }),
    responses: { 200: { description: { zh: 'DID 文档', en: 'DID document' }, schema: json } },
    refusals: ['DEPARTMENT_NOT_FOUND'],
    handler: async (world: World, { params }) => ({
      status: 200,
      body: await didDocument(world, await departmentOf(world, params.code)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/departments/{code}/registration',
    operationId: 'getRegistration',
    summary: {
      zh: '部门在链上的登记：密钥、签发权限、暂停',
      en: 'What the registry on chain says of a department: keys, permits, suspensions',
    },
    tags: ['departments'],
    idempotent: false,
    bodyKind: 'none',
    params: code,
    rateLimit: 'registration',
    responses: { 200: { description: { zh: '登记', en: 'The registration' }, schema: registration } },
    refusals: ['DEPARTMENT_NOT_FOUND'],
    handler: async (world: World, { params }) => ({
      status: 200,
      body: await registered(world, params.code),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/departments/{code}/keys',
    operationId: 'rotateKey',
    summary: {
      zh: '更换密钥：新密钥登记上链，旧密钥在重叠期后停用',
      en: 'Rotate a key: register the next one, the old one ends after an overlap',
    },
    tags: ['departments'],
    idempotent: true,
    bodyKind: 'json',
    params: code,
    body: z.strictObject({
      purpose: keyPurpose,
      generation: z.int().min(2).max(9_999).describe('One more than the newest registered'),
      overlapSeconds: z
        .int()
        .min(0)
        .max(366 * 86_400)
        .default(7 * 86_400),
    }),
    responses: changed('已更换', 'Rotated'),
    refusals: ['DEPARTMENT_NOT_FOUND', 'KEY_GENERATION', 'REGISTRY_REFUSED'],
    handler: async (world: World, { params, body, once }) =>
      change(world, params.code, once, department => rotateKey(world, department, body)),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/departments/{code}/keys/next',
    operationId: 'commitNextKey',
    summary: {
      zh: '预先登记下一把密钥（链上承诺）',
      en: 'Commit the next key on chain before it is needed; rotating then activates it',
    },
    tags: ['departments'],
    idempotent: true,
    bodyKind: 'json',
    params: code,
    body: z.strictObject({ purpose: keyPurpose, generation: z.int().min(2).max(9_999) }),
    responses: changed('已预先登记', 'Committed'),
    refusals: ['DEPARTMENT_NOT_FOUND', 'KEY_GENERATION', 'REGISTRY_REFUSED'],
    handler: async (world: World, { params, body, once }) =>
      change(world, params.code, once, department => commitNextKey(world, department, body)),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/departments/{code}/keys/{keyId}/retire',
    operationId: 'retireKey',
    summary: { zh: '停用密钥', en: 'Set when a key ends' },
    tags: ['departments'],
    idempotent: true,
    bodyKind: 'json',
    params: code.extend({ keyId: hex32 }),
    body: z.strictObject({ signUntil: seconds, anchorUntil: seconds }),
    responses: changed('已停用', 'Its end is set'),
    refusals: ['DEPARTMENT_NOT_FOUND', 'KEY_UNKNOWN', 'REGISTRY_REFUSED'],
    handler: async (world: World, { params, body, once }) =>
      change(world, params.code, once, department =>
        retireKey(world, department, { keyId: params.keyId, ...body }),
      ),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/departments/{code}/keys/{keyId}/compromise',
    operationId: 'declareCompromised',
    summary: {
      zh: '宣告密钥泄露：此前上链的仍有效，此后的一律不认',
      en: 'Declare a key compromised: what was anchored before stays good, nothing later counts',
    },
    tags: ['departments'],
    idempotent: true,
    bodyKind: 'json',
    params: code.extend({ keyId: hex32 }),
    body: z.strictObject({ since: seconds }),
    responses: changed('已宣告', 'Declared'),
    refusals: ['DEPARTMENT_NOT_FOUND', 'KEY_UNKNOWN', 'REGISTRY_REFUSED'],
    handler: async (world: World, { params, body, once }) =>
      change(world, params.code, once, department =>
        declareCompromised(world, department, { keyId: params.keyId, ...body }),
      ),
  }),
  ...(['suspend', 'resume'] as const).map(action =>
    defineRoute({
      method: 'post',
      path: `/v1/departments/{code}/${action}`,
      operationId: `${action}Department`,
      summary:
        action === 'suspend'
          ? {
              zh: '暂停部门：即刻不得签发',
              en: 'Suspend a department: it signs nothing from the next block on',
            }
          : { zh: '恢复部门', en: 'Resume a department' },
      tags: ['departments'],
      idempotent: true,
      bodyKind: 'none',
      params: code,
      responses: changed('已生效', 'In effect'),
      refusals: ['DEPARTMENT_NOT_FOUND', 'REGISTRY_REFUSED'],
      handler: async (world: World, { params, once }) =>
        change(world, params.code, once, ({ uscc }) =>
          changeStanding(world, { uscc }, () => suspendOnChain(world, uscc, action === 'suspend')),
        ),
    }),
  ),
  defineRoute({
    method: 'post',
    path: '/v1/departments/{code}/permits',
    operationId: 'grantPermit',
    summary: {
      zh: '授予签发权限（类型×地区，同时只有一个部门持有，由合约保证）',
      en: 'Give the permit for a type in this region; the contract sees to it that one department holds it',
    },
    tags: ['departments'],
    idempotent: true,
    bodyKind: 'json',
    params: code,
    body: z.strictObject({ type: typeShort.describe('Of the catalogue, or RECORD') }),
    responses: changed('已授予', 'Given'),
    refusals: ['DEPARTMENT_NOT_FOUND', 'TYPE_NOT_FOUND', 'PERMIT_HELD'],
    handler: async (world: World, { params, body, once }) =>
      change(world, params.code, once, department => givePermit(world, department, body.type)),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/departments/{code}/permits/{type}/end',
    operationId: 'endPermit',
    summary: { zh: '终止签发权限', en: 'End a permit' },
    tags: ['departments'],
    idempotent: true,
    bodyKind: 'json',
    params: code.extend({ type: typeShort }),
    body: z.strictObject({ until: seconds }),
    responses: changed('已终止', 'Its end is set'),
    refusals: ['DEPARTMENT_NOT_FOUND', 'TYPE_NOT_FOUND', 'PERMIT_NOT_HELD', 'REGISTRY_REFUSED'],
    handler: async (world: World, { params, body, once }) =>
      change(world, params.code, once, department => endPermit(world, department, params.type, body.until)),
  }),
]
