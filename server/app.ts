/**
 * The gateway's HTTP face: every route on one screen.
 */
import type { Express } from 'express'
import type { Anchorer } from './anchorer.ts'
import { catalogueRoutes } from './catalogue/routes.ts'
import { certificateRoutes } from './certificates/routes.ts'
import { departmentRoutes } from './departments/routes.ts'
import { healthRoutes } from './health/routes.ts'
import { answerRest, createApp, createEdge } from './http/edge.ts'
import { apiDescriptionRoutes } from './http/openapi.ts'
import { mountRoutes, type Route } from './http/routes.ts'
import { logRoutes } from './log/routes.ts'
import { recordRoutes } from './records/routes.ts'
import { statusRoutes } from './status/routes.ts'
import { verificationRoutes } from './verification/routes.ts'
import type { World } from './world.ts'

/** Calls a client may make at once, and how many come back each second. */
const BUCKETS = {
  verify: { burst: 200, perSecond: 50 },
  // 40 random bits behind ten guesses a minute: a lifetime finds nothing.
  lookup: { burst: 20, perSecond: 1 / 6 },
  snapshot: { burst: 10, perSecond: 0.2 },
}

export const API_INFO = {
  title: 'onceproof 一证通认',
  version: '0.1.0',
  description:
    '电子证照签发、存证、上链与核验。E-certificates and record notarization, anchored and verifiable by anybody.',
}

export function apiRoutes(anchorer: Pick<Anchorer, 'health'>): Route<World>[] {
  return [
    ...departmentRoutes,
    ...catalogueRoutes,
    ...certificateRoutes,
    ...recordRoutes,
    ...verificationRoutes,
    ...logRoutes,
    ...statusRoutes,
    ...healthRoutes(anchorer.health),
  ] as Route<World>[]
}

export function gatewayApp(
  world: World,
  anchorer: Pick<Anchorer, 'health'>,
  options: { operatorToken: string; checkReplies?: boolean },
): Express {
  const edge = createEdge({
    operatorToken: options.operatorToken,
    logger: world.logger,
    metrics: world.metrics,
    clock: world.clock,
    buckets: BUCKETS,
    trustedProxies: world.config.trustedProxies,
    checkReplies: options.checkReplies ?? false,
  })
  const app = createApp(edge)
  const routes = apiRoutes(anchorer)
  mountRoutes(app, routes, world, edge)
  mountRoutes(
    app,
    apiDescriptionRoutes(routes as unknown as Route<never>[], API_INFO) as Route<World>[],
    world,
    edge,
  )
  answerRest(app, edge)
  return app
}
