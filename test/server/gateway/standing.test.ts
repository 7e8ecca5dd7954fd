import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { departmentOf } from '../../../server/departments/admit.ts'
import { assertMayIssue, forgetStanding } from '../../../server/departments/standing.ts'
import { ChainUnreachable } from '../../../server/chain/rpc.ts'
import type { World } from '../../../server/world.ts'
import {
  answerOf,
  exampleRow,
  openGateway,
  publish,
  until,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

describe('whether a department may sign now', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC', 'MAR', 'TAX', 'BIZ')
    await untilAllFinal(gateway)
    gateway.holdClock(true)
  })
  after(() => gateway.close())

  const now = () => Math.floor(gateway.world.clock() / 1000)
  const change = (code: string, rest: string, body: unknown) =>
    answerOf<{ keys: { keyId: string; purpose: string }[] }>(
      gateway.post(`/v1/departments/${code}/${rest}`, body),
      200,
    )
  const tryToIssue = async (type: string) => {
    const response = await gateway.post('/v1/certificates', { type, fields: exampleRow(type) })
    return response.status === 201 ? 'issued' : (await problemIn(response)).code
  }
  const moveTo = (second: number) => gateway.advanceClock(second * 1000 - gateway.world.clock())
  const counting = (fails = () => false) => {
    const { world } = gateway
    let questions = 0
    const view = () => {
      if (fails()) throw new Error('the chain is not asked')
      questions++
      return world.chain.view()
    }
    const watched: World = { ...world, chain: { ...world.chain, view } }
    // Each question takes one view for the permit and one for the keys of each purpose.
    return { watched, questions: () => questions / 3 }
  }
  const codeOf = async (promise: Promise<unknown>) => {
    try {
      await promise
      return 'may sign'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  it('a key ends in its second although no block comes, and within what is remembered', async () => {
    const { keys } = await answerOf<{ keys: { keyId: string; purpose: string }[] }>(
      gateway.get('/v1/departments/MZJ/registration'),
    )
    const { keyId } = keys.find(({ purpose }) => purpose === 'issuing')!
    const signUntil = now() + 3_600
    await change('MZJ', `keys/${keyId}/retire`, { signUntil, anchorUntil: signUntil + 60 })
    moveTo(signUntil - 1)
    expect(await tryToIssue('MAR')).to.equal('issued')
    moveTo(signUntil)
    expect(await tryToIssue('MAR')).to.equal('KEY_NOT_IN_FORCE')
  })

  it('so does a permit', async () => {
    const until = now() + 3_600
    await change('SWJ', 'permits/TAX/end', { until })
    moveTo(until - 1)
    expect(await tryToIssue('TAX')).to.equal('issued')
    moveTo(until)
    expect(await tryToIssue('TAX')).to.equal('PERMIT_NOT_HELD')
  })

  it('the successor of a key signs from the second in which the other one ends', async () => {
    const rotated = await change('SCJ', 'keys', { purpose: 'issuing', generation: 2, overlapSeconds: 60 })
    expect(rotated.keys.filter(({ purpose }) => purpose === 'issuing')).to.have.length(2)
    moveTo(now() + 61)
    expect(await tryToIssue('BIZ')).to.equal('issued')
  })

  it('what was last said does not outlive an end while the chain cannot be asked', async () => {
    const department = await departmentOf(gateway.world, 'GAJ')
    let isDown = false
    const { watched } = counting(() => isDown)
    await answerOf(gateway.post('/v1/departments/GAJ/suspend', undefined), 200)
    await answerOf(gateway.post('/v1/departments/GAJ/resume', undefined), 200)
    const until = now() + 10
    await change('GAJ', 'permits/RIC/end', { until })
    const { typeCode } = (await gateway.world.store.types()).find(({ code }) => code === 'RIC')!
    expect(await codeOf(assertMayIssue(watched, department, typeCode))).to.equal('may sign')
    isDown = true
    moveTo(until - 1)
    expect(await codeOf(assertMayIssue(watched, department, typeCode))).to.equal('may sign')
    moveTo(until)
    expect(await codeOf(assertMayIssue(watched, department, typeCode))).to.equal('PERMIT_NOT_HELD')
  })

  it('fifty who ask at once ask the chain one question, and the next five seconds none', async () => {
    const department = await departmentOf(gateway.world, 'SCJ')
    const { watched, questions } = counting()
    await forgetStanding(watched, department.uscc)
    const all = Array.from({ length: 50 }, () => assertMayIssue(watched, department, null))
    expect(new Set((await Promise.all(all)).map(({ keyName }) => keyName)).size).to.equal(1)
    expect(questions()).to.equal(1)
    gateway.advanceClock(5_000)
    await assertMayIssue(watched, department, null)
    expect(questions()).to.equal(1)
    gateway.advanceClock(1)
    await assertMayIssue(watched, department, null)
    expect(questions()).to.equal(2)
  })

  it('an answer on its way when something changes is not kept', async () => {
    const { world } = gateway
    const department = await departmentOf(world, 'SCJ')
    const { promise: changed, resolve: change } = Promise.withResolvers<void>()
    let isAsked = false
    const asking: World = {
      ...world,
      chain: {
        ...world.chain,
        view: () => ({
          ...world.chain.view(),
          departmentOf: async () => {
            isAsked = true
            await changed
            return null
          },
        }),
      },
    }
    let onItsWay = Promise.resolve('nothing')
    // The gateway's own loop may ask first, and its question would be shared.
    await until(async () => {
      await forgetStanding(world, department.uscc)
      onItsWay = codeOf(assertMayIssue(asking, department, null))
      await Promise.race([onItsWay, pause(20)])
      return isAsked
    })
    await forgetStanding(world, department.uscc)
    change()
    expect(await onItsWay).to.equal('DEPARTMENT_SUSPENDED')
    expect(await codeOf(assertMayIssue(world, department, null))).to.equal('may sign')
  })

  it('what the store has of the chain’s word counts no longer once something was changed', async () => {
    const { world } = gateway
    const department = await departmentOf(world, 'SCJ')
    await assertMayIssue(world, department, null)
    const setting = `standing:${department.uscc}:`
    const kept = await world.store.setting(setting)
    expect(kept).to.be.a('string')
    const down: World = {
      ...world,
      chain: {
        ...world.chain,
        view: () => {
          throw new ChainUnreachable('it is away')
        },
      },
    }
    // What the gateway's own loop asks meanwhile is put aside.
    await until(async () => {
      await forgetStanding(world, department.uscc)
      await world.store.saveSetting(setting, kept!)
      return (await codeOf(assertMayIssue(down, department, null))) === 'CHAIN_UNREACHABLE'
    })
  })
})
