/**
 * The gateway's HTTP face: every route on one screen.
 */
import { statfsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Express } from 'express'
import { invariant } from '../protocol/refusal.ts'
import type { Anchorer } from './anchorer.ts'
import { catalogueRoutes } from './catalogue/routes.ts'
import { certificateRoutes } from './certificates/routes.ts'
import { authenticateClient } from './clients/token.ts'
import { clientRoutes } from './clients/routes.ts'
import { departmentRoutes } from './departments/routes.ts'
import { askRoutes } from './grants/ask-routes.ts'
import { holderKeyRoutes } from './grants/key-routes.ts'
import { consentRoutes, grantRoutes } from './grants/routes.ts'
import { identityRoutes } from './identity/routes.ts'
import { openIdentity, type Identity } from './identity/identity.ts'
import type { ActingFor } from './identity/roles.ts'
import { healthRoutes } from './health/routes.ts'
import { ACCESS } from './http/access.ts'
import { authenticateToken, type Authenticator } from './http/auth.ts'
import { answerRest, createApp, createEdge } from './http/edge.ts'
import { Unavailable } from './http/problem.ts'
import { apiDescriptionRoutes, openApiDocument, type OpenApiDocument } from './http/openapi.ts'
import { mountRoutes, type Route } from './http/routes.ts'
import { mountSite } from './http/site.ts'
import { decisionRoutes } from './issuing/decision-routes.ts'
import { proposalRoutes } from './issuing/proposal-routes.ts'
import { issuingRoutes } from './issuing/routes.ts'
import { logRoutes } from './log/routes.ts'
import { caseRoutes } from './cases/routes.ts'
import { matterRoutes } from './matters/routes.ts'
import { mountPageFiles, problemPageFor } from './pages/mount.ts'
import { pageRoutes } from './pages/routes.ts'
import { paperRoutes } from './paper/routes.ts'
import { presentationRoutes } from './presentations/routes.ts'
import { holderOversightRoutes } from './oversight/holder-routes.ts'
import { oversightRoutes } from './oversight/routes.ts'
import { recordRoutes } from './records/routes.ts'
import { reportRoutes } from './reports/routes.ts'
import { actingFor } from './representations/represents.ts'
import { representationRoutes } from './representations/routes.ts'
import { statusRoutes } from './status/routes.ts'
import { holderUseRoutes } from './uses/holder-routes.ts'
import { useRoutes } from './uses/routes.ts'
import { relayRoutes } from './verification/relay-routes.ts'
import { verificationRoutes } from './verification/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { nowSeconds, type World } from './world.ts'

/** Calls a client may make at once, and how many come back each second. */
const BUCKETS = {
  verify: { burst: 200, perSecond: 50 },
  // Taking a PDF apart costs a thread for a moment.
  upload: { burst: 20, perSecond: 0.5 },
  report: { burst: 5, perSecond: 1 / 60 },
  // One verification in a browser asks a dozen questions.
  relay: { burst: 240, perSecond: 8 },
  // 40 random bits behind ten guesses a minute: a lifetime finds nothing.
  lookup: { burst: 20, perSecond: 1 / 6 },
  // A department's machine needs one every five minutes.
  token: { burst: 60, perSecond: 1 },
  // Each asks the node about every key and permit there is.
  registration: { burst: 100, perSecond: 2 },
  snapshot: { burst: 10, perSecond: 0.2 },
  // Taking codes and looking at them; digits are counted apart, for each officer and department.
  presentation: { burst: 60, perSecond: 1 },
  // A code a minute for each phone, many phones behind one address.
  presenting: { burst: 100, perSecond: 5 },
  // One sign-in with the demo's provider takes six of them.
  signIn: { burst: 300, perSecond: 2 },
}

/** Somebody has to bring the mirror and start the gateway again. */
const QUARANTINE_RETRY_SECONDS = 600
const CHAIN_RETRY_SECONDS = 10

export const API_INFO = {
  title: 'onceproof 一证通认',
  version: '0.1.0',
  description:
    '电子证照签发、存证、上链与核验。E-certificates and record notarization, anchored and verifiable by anybody.',
}

export function apiRoutes(anchorer: Pick<Anchorer, 'health'>, identity: Identity): Route<World>[] {
  return [
    ...departmentRoutes,
    ...clientRoutes,
    ...catalogueRoutes,
    ...certificateRoutes,
    ...issuingRoutes,
    ...decisionRoutes,
    ...proposalRoutes,
    ...recordRoutes,
    ...paperRoutes,
    ...verificationRoutes,
    ...logRoutes,
    ...statusRoutes,
    ...matterRoutes,
    ...caseRoutes,
    ...webhookRoutes,
    ...useRoutes,
    ...representationRoutes,
    ...holderKeyRoutes,
    ...askRoutes,
    ...consentRoutes,
    ...grantRoutes,
    ...presentationRoutes,
    ...pageRoutes,
    ...reportRoutes,
    ...relayRoutes,
    ...holderUseRoutes,
    ...oversightRoutes,
    ...holderOversightRoutes,
    ...identityRoutes(identity),
    ...healthRoutes(anchorer.health),
  ] as Route<World>[]
}

/** What `/openapi.json` of any gateway describes, without one: for the types of its callers. */
export function apiDocument(): OpenApiDocument {
  const unasked = (): never => {
    throw new Error('a description answers nobody')
  }
  const identity = { party: null, actingFor: unasked, authenticator: unasked, mount: unasked }
  return openApiDocument(apiRoutes({ health: unasked }, identity), API_INFO, ACCESS)
}

const SITE_FOLDER = fileURLToPath(new URL('../web/dist/app', import.meta.url))

/** Whom a person represents now, himself not counted. */
const representedBy: ActingFor = async (world, person) =>
  (await actingFor(world, person, nowSeconds(world))).flatMap(({ capacity, holder }) =>
    capacity === 'self' ? [] : [{ capacity, holder }],
  )

/** What nobody else measures of a gateway. */
function measure(world: World): void {
  const { metrics, config, store } = world
  metrics.gauge('onceproof_disk_free_bytes', 'Free bytes on the disk of the data folder', [], () => {
    const { bavail, bsize } = statfsSync(config.dataDir)
    return bavail * bsize
  })
  metrics.gauge(
    'onceproof_store_writable',
    '0 from the first write that the disk does not take until one is on it again',
    [],
    () => (store.isWritable() ? 1 : 0),
  )
  metrics.gauge(
    'onceproof_quarantine',
    '1 while the log is behind the chain and nothing is written',
    [],
    () => (world.quarantine === null ? 0 : 1),
  )
}

export function gatewayApp(
  world: World,
  anchorer: Pick<Anchorer, 'health'>,
  options: {
    operatorToken: string
    /** Where it listens. */
    port?: number
    checkReplies?: boolean
    authenticators?: readonly Authenticator[]
  },
): Express {
  const { port = world.config.port } = options
  measure(world)
  const identity = openIdentity(world, { port, actingFor: representedBy })
  const edge = createEdge({
    // In a demo the same folder holds every key, so its token may do what they can; elsewhere it only operates.
    authenticators: [
      authenticateToken(options.operatorToken, world.config.profile === 'demo' ? 'root' : 'operator'),
      authenticateClient(world),
      identity.authenticator,
      ...(options.authenticators ?? []),
    ],
    access: ACCESS,
    logger: world.logger,
    metrics: world.metrics,
    clock: world.clock,
    buckets: BUCKETS,
    trustedProxies: world.config.trustedProxies,
    checkReplies: options.checkReplies ?? false,
    problemPage: problemPageFor(world),
    writesRefused: () => {
      const { quarantine, chain } = world
      if (quarantine !== null)
        return new Unavailable(quarantine.code, QUARANTINE_RETRY_SECONDS, quarantine.message)
      // A first start while the chain is away: nothing is deployed yet.
      return chain.isDeployed() ? null : new Unavailable('CHAIN_UNREACHABLE', CHAIN_RETRY_SECONDS)
    },
  })
  const app = createApp(edge)
  identity.mount(app, edge)
  mountPageFiles(app)
  const routes = apiRoutes(anchorer, identity)
  const described = apiDescriptionRoutes(routes, API_INFO, ACCESS)
  const all = [...routes, ...(described as Route<World>[])]
  mountRoutes(app, all, world, edge)
  const known = new Set(all.map(({ operationId }) => operationId))
  const idle = Object.keys(ACCESS).filter(operationId => !known.has(operationId))
  mountSite(app, world, SITE_FOLDER)
  invariant(idle.length === 0, `rows of the access table without a route: ${idle.join(', ')}`)
  answerRest(app, edge)
  return app
}
