/**
 * Who works as what: an account, a role, a department, from when and until when, and who said so.
 */
import { randomBytes } from 'node:crypto'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentOf } from '../departments/admit.ts'
import type { Caller } from '../http/auth.ts'
import type { AssignmentRow, StaffRole } from '../store/identity.ts'
import { nowSeconds, type World } from '../world.ts'
import { demoAssignments } from './demo-people.ts'
import { ensureAccount, ensureAccounts } from './sign-in.ts'

/** A person: his account, or what a provider calls him, who need not have signed in yet. */
export type Assignee = { account: string } | { issuer: string; sub: string }

export interface NewAssignment {
  assignee: Assignee
  role: StaffRole
  department: string | null
  from: number | null
  until: number | null
}

/** Roles that are of no department. */
const OF_NO_DEPARTMENT: readonly StaffRole[] = ['operator', 'auditor']
/** What a department may give its own people; who supervises it is said by the operator. */
const BY_SUPERVISOR: readonly StaffRole[] = ['maker', 'checker', 'officer']

/**
 * Assigns; the same again is a no-op. Refuses ASSIGNMENT_ROLE (a role with or without department that needs the contrary, or
 * one that the caller may not give), ASSIGNMENT_OWN (nobody assigns himself), ASSIGNMENT_DATES, ASSIGNMENT_EXISTS,
 * ACCOUNT_NOT_FOUND, DEPARTMENT_NOT_FOUND.
 */
export async function assign(world: World, caller: Caller, asked: NewAssignment): Promise<AssignmentRow> {
  const { role, department, until } = asked
  if (OF_NO_DEPARTMENT.includes(role) !== (department === null)) {
    throw new Refusal('ASSIGNMENT_ROLE', 'this role needs another department', {
      field: 'department',
      expected: department === null ? 'a department' : 'no department',
    })
  }
  assertMayGive(caller, role)
  const now = nowSeconds(world)
  const from = asked.from ?? now
  if (until !== null && until <= Math.max(from, now)) {
    throw new Refusal('ASSIGNMENT_DATES', 'the assignment would end before it begins', {
      field: 'until',
      expected: 'a later time than from and now',
    })
  }
  if (department !== null) await departmentOf(world, department)
  const account =
    'account' in asked.assignee
      ? asked.assignee.account
      : (await ensureAccount(world, asked.assignee.issuer, asked.assignee.sub)).id
  if (account === caller.subject) throw new Refusal('ASSIGNMENT_OWN', 'nobody assigns himself')
  const row = newRow(world, { account, role, department, from, until, by: caller.subject })
  const [assigned] = await world.store.assign([row])
  return assigned!
}

/** Ends an assignment now: sessions that use it lose the role with their next request. Refuses ASSIGNMENT_ROLE. */
export async function endAssignment(world: World, caller: Caller, id: string): Promise<AssignmentRow> {
  const row = await assignmentOf(world, id)
  assertMayGive(caller, row.role)
  return world.store.endAssignment(id, nowSeconds(world), caller.subject)
}

/** Refuses ASSIGNMENT_NOT_FOUND. */
export async function assignmentOf(world: Pick<World, 'store'>, id: string): Promise<AssignmentRow> {
  const row = await world.store.assignmentById(id)
  if (row === null)
    throw new Refusal('ASSIGNMENT_NOT_FOUND', 'there is no such assignment', { field: 'path.id' })
  return row
}

const MADE_FOR = 'demo.assignments'

/**
 * Assigns the people of the demo, once for each issuer under which they sign in: what an operator ended stays ended. A start
 * that was cut short does it again.
 */
export async function assignDemoPeople(world: World, issuer: string): Promise<void> {
  if ((await world.store.setting(MADE_FOR)) === issuer) return
  const asked = demoAssignments()
  const accounts = await ensureAccounts(
    world,
    issuer,
    asked.map(({ sub }) => sub),
  )
  const from = nowSeconds(world)
  const rows = asked.map(({ role, department }, i) =>
    newRow(world, { account: accounts[i]!.id, role, department, from, until: null, by: 'demo' }),
  )
  await world.store.assign(rows)
  await world.store.saveSetting(MADE_FOR, issuer)
}

function assertMayGive({ role }: Caller, given: StaffRole): void {
  if (role !== 'supervisor' || BY_SUPERVISOR.includes(given)) return
  throw new Refusal('ASSIGNMENT_ROLE', 'a supervisor does not give this role', {
    field: 'role',
    expected: BY_SUPERVISOR.join(' or '),
    found: given,
  })
}

type Facts = Pick<AssignmentRow, 'account' | 'role' | 'department' | 'from' | 'until' | 'by'>

function newRow(world: Pick<World, 'clock'>, facts: Facts): AssignmentRow {
  const id = formatUlid(world.clock(), randomBytes(10))
  return { ...facts, id, createdAt: nowSeconds(world), endedAt: null, endedBy: null }
}
