/**
 * A whole gateway in this process, on a data folder of its own: store, keystore, embedded chain, one department and one type. The
 * anchorer rests, so that nothing is measured that was not asked for; `anchor` does a round of it.
 */
import { join } from 'node:path'
import { anchorOnce } from '../../server/anchorer.ts'
import { sealCheckpointWhenDue } from '../../server/anchoring/seal.ts'
import { demoRegion, type Region } from '../../server/catalogue/region.ts'
import { publishType } from '../../server/catalogue/publish.ts'
import { configFromEnv } from '../../server/config.ts'
import { admitDepartment } from '../../server/departments/admit.ts'
import { createLogger } from '../../server/http/logger.ts'
import { createMetrics } from '../../server/http/metrics.ts'
import { openWorld } from '../../server/open-world.ts'
import type { World } from '../../server/world.ts'
import { documentType } from './documents.ts'

export interface Gateway {
  world: World
  operatorToken: string
  /** The type to issue. */
  type: string
  /** USCC of the department that issues it. */
  uscc: string
  /** Seals whatever waits; without statements that wait nothing. */
  seal: () => Promise<void>
  /** Seals and anchors until everything is final. */
  anchor: () => Promise<void>
  close: () => Promise<void>
}

export async function openGateway(folder: string): Promise<Gateway> {
  const config = configFromEnv(
    { DATA_DIR: join(folder, 'data'), ONCEPROOF_CHAIN_PORT: '0', ONCEPROOF_DEMO: 'false' },
    { cwd: folder },
  )
  const logger = createLogger({ level: 'warn', write: () => undefined, clock: Date.now })
  const publicUrl = 'http://127.0.0.1:8787'
  const { world, anchorer, operatorToken, close } = await openWorld({
    config,
    publicUrl,
    logger,
    metrics: createMetrics(),
  })
  await anchorer.stop()
  const sealing = { ...world, config: { ...world.config, sealAt: 1 } }

  const type = documentType()
  const issuer = demoRegion().departments.find(department => department.code === type.issuer)!
  await admitDepartment(world, applicationOf(issuer))
  const notary = demoRegion().departments.find(department => department.roles.includes('operator'))!
  await admitDepartment(world, applicationOf(notary))
  await publishType(world, type)
  return {
    world,
    operatorToken,
    type: type.code,
    uscc: issuer.uscc,
    seal: async () => void (await sealCheckpointWhenDue(sealing)),
    anchor: async () => {
      do await anchorOnce(sealing)
      while ((await world.store.openCheckpoints()).length > 0)
    },
    close: () => close({ andChain: true }),
  }
}

function applicationOf({ code, uscc, domain, zh, en, roles }: Region['departments'][number]) {
  return { code, uscc, did: `did:web:${domain}`, zh, en, roles: [...roles] }
}
