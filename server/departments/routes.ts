import { z } from 'zod'
import { didDocument } from './did.ts'
import { underKey } from '../http/idempotency.ts'
import { defineRoute } from '../http/routes.ts'
import { departmentCode, json, seconds } from '../http/schemas.ts'
import type { DepartmentRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { admitDepartment, departmentOf } from './admit.ts'

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
]
