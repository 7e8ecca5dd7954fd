import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { apiRoutes } from '../../../server/app.ts'
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { ACCESS, isPublic, type Owner } from '../../../server/http/access.ts'
import { ROLES, type Caller, type Role } from '../../../server/http/auth.ts'
import { openIdentity } from '../../../server/identity/identity.ts'
import { parameterNames, type Route } from '../../../server/http/routes.ts'
import { parseQuery, splitUrl } from '../../../server/http/url.ts'
import type { World } from '../../../server/world.ts'
import {
  freshKey,
  openGateway,
  untilAllFinal,
  type OpenedGateway,
  type Who,
} from '../../support/opened-gateway.ts'
import { bodyOf, CANARY, EXAMPLES, headersOf, makeScene, type Example, type Scene } from './examples.ts'

/** What the table refuses by; any other refusal comes from a rule of the operation itself, which let the caller in. */
const REFUSALS_OF_ACCESS = new Set([
  'TOKEN_MISSING',
  'TOKEN_WRONG',
  'TOKEN_EXPIRED',
  'ACCESS_DENIED',
  'ACCESS_NOT_OWN',
  'SCOPE_MISSING',
  'STEP_UP_REQUIRED',
])
const HOME = 'GAJ'

describe('the access table, cell by cell', () => {
  let gateway: OpenedGateway
  let scene: Scene
  let holder: string
  let routes: Map<string, Route<World>>

  before(async () => {
    gateway = await openGateway()
    // Certificates count as a holder's once he is known.
    holder = holderId(await ensureHolder(gateway.world, CANARY.idNo))
    scene = await makeScene(gateway)
    const health = () => {
      throw new Error('no handler is called here')
    }
    const { port } = new URL(gateway.url)
    const identity = openIdentity(gateway.world, { port: Number(port), actingFor: async () => [] })
    const all = apiRoutes({ health }, identity)
    routes = new Map(all.map(route => [route.operationId, route]))
  })
  after(() => gateway.close())

  const exampleOf = (operationId: string): Promise<Example> | Example => EXAMPLES[operationId]!(scene)

  async function ask(
    example: Example,
    who: Who | null,
    session: Record<string, string> = {},
  ): Promise<{ status: number; code: string }> {
    const token = who === null ? null : who.role === 'root' ? gateway.token : gateway.as(who).token
    const body = bodyOf(example)
    const key = example.method === 'GET' ? null : freshKey()
    const response = await gateway.request(example.path, {
      method: example.method,
      redirect: 'manual',
      headers: { ...headersOf(example, token, key), ...session },
      ...(body && { body }),
    })
    if (response.status < 400) {
      await response.body?.cancel()
      return { status: response.status, code: '' }
    }
    const { code } = (await response.json()) as { code: string }
    return { status: response.status, code }
  }

  /** A list that its handler limits to the caller's own. */
  async function expectNothingOfOthers(operationId: string, example: Example, stranger: Who): Promise<void> {
    if (example.method !== 'GET') return
    const text = await (await gateway.as(stranger).get(example.path)).text()
    for (const foreign of [scene.certificate.identifier, scene.certificate.leaf, holder]) {
      expect(text.includes(foreign), `${operationId} shows a ${stranger.role} what is another's`).to.equal(
        false,
      )
    }
  }

  const callerOf = (who: Who): Caller => gateway.as(who).caller

  /** Whose the thing of an example is, as the route itself says; null where the handler sees to it. */
  async function ownerOf(operationId: string, example: Example, caller: Caller): Promise<Owner | null> {
    const { owner, ...route } = routes.get(operationId)!
    if (typeof owner !== 'function') return null
    const { path } = splitUrl(example.path)
    const names = parameterNames(route.path)
    const pattern = route.path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '([^/]+)')
    const found = new RegExp(`^${pattern}$`).exec(path)!
    const params = Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1]!)]))
    return owner(gateway.world, {
      params: route.params.parse(params),
      query: route.query.parse(parseQuery(example.path)),
      headers: {},
      body: route.bodyKind === 'json' ? route.body.parse(example.body) : undefined,
      caller,
    })
  }

  /** Somebody of this role, of this department or as this holder. */
  const somebody = (role: Role, { department = HOME, as = holder, scope = '' } = {}): Who => {
    if (role === 'holder') return { role, holder: as }
    if (role === 'client') return { role, department, scopes: [scope] }
    return ['maker', 'checker', 'officer', 'supervisor'].includes(role) ? { role, department } : { role }
  }

  const rows = () => Object.entries(gateway.rowCounts())

  for (const [operationId, row] of Object.entries(ACCESS)) {
    const { cells, action = 'no', stepUp } = row
    if (isPublic(row)) {
      it(`${operationId}: open to everybody, whatever they show`, async () => {
        for (const role of ROLES) {
          // What may be done once is done anew for each.
          const example = await exampleOf(operationId)
          const who = role === 'anyone' ? null : somebody(role, { scope: 'issue:GAJ:*' })
          expect(await ask(example, who, example.session), role).to.include({ status: example.status })
        }
      })
      continue
    }

    const allowed = ROLES.filter(role => cells[role] !== undefined)
    it(`${operationId}: for ${allowed.map(role => `${role} (${cells[role]})`).join(', ')}`, async () => {
      const example = await exampleOf(operationId)
      const scope = `${action}:${HOME}:*`

      // ---- who may not, and what is not theirs: exactly the right refusal, and nothing is written
      await untilAllFinal(gateway)
      const before = rows()
      const refused = async (what: string, who: Who | null, status: number, code: string) =>
        expect(await ask(example, who), `${operationId} by ${what}`).to.deep.equal({ status, code })

      await refused('nobody', null, 401, 'TOKEN_MISSING')
      for (const role of ROLES) {
        if (cells[role] !== undefined || role === 'anyone') continue
        await refused(role, somebody(role, { scope }), 403, 'ACCESS_DENIED')
      }
      for (const role of allowed) {
        if (role === 'client') {
          await refused(
            'a client without the scope',
            somebody(role, { scope: `other:${HOME}:*` }),
            403,
            'SCOPE_MISSING',
          )
        }
        if (stepUp === true && role !== 'root' && role !== 'client') {
          const tired: Who = { ...somebody(role), signedIn: null }
          await refused(`a ${role} who signed in long ago`, tired, 403, 'STEP_UP_REQUIRED')
        }
        if (cells[role] !== 'own') continue
        const stranger = somebody(role, {
          department: 'SJJ',
          as: randomBytes(32).toString('base64url'),
          scope: `${action}:SJJ:*`,
        })
        const owner = await ownerOf(operationId, example, callerOf(stranger))
        if (owner === null) {
          await expectNothingOfOthers(operationId, example, stranger)
          continue
        }
        // What follows from who asks is always his own.
        if (stranger.department !== undefined && owner.departments?.includes(stranger.department)) continue
        if (stranger.holder !== undefined && owner.holders?.includes(stranger.holder)) continue
        await refused(`a ${role} who does not own it`, stranger, 403, 'ACCESS_NOT_OWN')
        const department = owner.departments?.[0]
        if (role === 'client' && department !== undefined) {
          // Own department, but the scope is another one's or for another type.
          const scopes = [
            `${action}:SJJ:*`,
            ...(owner.type === undefined ? [] : [`${action}:${department}:ZZZ`]),
          ]
          await refused('a client with a wrong scope', { role, department, scopes }, 403, 'SCOPE_MISSING')
        }
      }
      expect(rows(), `${operationId} changed something for whom it refused`).to.deep.equal(before)

      // ---- who may
      for (const role of allowed) {
        const fresh = example.method === 'GET' ? example : await exampleOf(operationId)
        const isExampleRole = role === (fresh.as?.role ?? 'root')
        const who = isExampleRole ? (fresh.as ?? { role }) : await owning(operationId, role, fresh, action)
        // Where only a session will do, it is the session that asks, whatever its role.
        const { status, code } = await ask(fresh, fresh.session === undefined ? who : null, fresh.session)
        expect([...REFUSALS_OF_ACCESS], `${operationId} by ${role}`).to.not.include(code)
        expect(status, `${operationId} by ${role} ${code}`).to.be.below(500)
        if (isExampleRole) expect(status, `${operationId} by ${role} ${code}`).to.equal(fresh.status)
      }
    })
  }

  /** Somebody of this role to whom the thing of the example belongs, when that matters. */
  async function owning(operationId: string, role: Role, example: Example, action: string): Promise<Who> {
    const { department = HOME, holder: as = holder } = example.as ?? {}
    const scope = `${action}:${department}:*`
    const guess = somebody(role, { department, as, scope })
    if (ACCESS[operationId]!.cells[role] === 'any') return guess
    const owner = await ownerOf(operationId, example, callerOf(guess))
    if (owner === null) return guess
    const [first] = (role === 'holder' ? owner.holders : owner.departments) ?? []
    expect(first, `${operationId}: nobody of role ${role} could own this`).to.be.a('string')
    if (role === 'holder') return somebody(role, { as: first! })
    return somebody(role, { department: first!, scope: `${action}:${first!}:${owner.type ?? '*'}` })
  }
})
