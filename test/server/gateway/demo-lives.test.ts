import { expect } from 'chai'
import { loadDemo } from '../../../server/demo.ts'
import { personaSub, staffSub } from '../../../server/identity/demo-people.ts'
import { signInAs } from '../../../server/demo-client.ts'
import { openGateway, untilAllFinal, type OpenedGateway } from '../../support/opened-gateway.ts'

describe('the people of the demonstration region', function () {
  this.timeout(180_000)
  let gateway: OpenedGateway

  before(async () => {
    gateway = await openGateway()
    await loadDemo({ url: gateway.url, token: gateway.token, lives: true })
    await untilAllFinal(gateway)
  })
  after(() => gateway.close())

  it('have read by duty, by consent and by presentation, and were refused once', async () => {
    const graduate = await signInAs(gateway.url, personaSub('P07'))
    const tenant = await signInAs(gateway.url, personaSub('P09'))
    const grounds = async (client: typeof graduate) => {
      const { uses } = await client.get<{ uses: { ground: string; refused: string | null }[] }>(
        '/v1/holder/uses',
      )
      return uses.map(({ ground, refused }) => `${ground} ${refused ?? 'read'}`)
    }
    expect(await grounds(graduate)).to.include('presentation read')
    expect(await grounds(tenant)).to.include('consent read')
    const officer = await signInAs(gateway.url, staffSub('SCJ', 'supervisor'))
    const { uses } = await officer.get<{ uses: { ground: string; refused: string | null }[] }>(
      '/v1/departments/SCJ/uses?side=read',
    )
    expect(uses.map(({ ground, refused }) => `${ground} ${refused ?? 'read'}`)).to.include.members([
      'duty read',
      'duty FIELD_NOT_IN_MATTER',
    ])
  })

  it('have consent that waits, is given, is refused and is withdrawn', async () => {
    const states = async (persona: string) => {
      const client = await signInAs(gateway.url, personaSub(persona))
      const { requests } = await client.get<{ requests: { parties: { state: string }[] }[] }>(
        '/v1/consent-requests?limit=100',
      )
      return requests.flatMap(({ parties }) => parties.map(({ state }) => state))
    }
    expect(await states('P09')).to.include.members(['waiting', 'agreed'])
    expect(await states('P12')).to.include('refused')
    const graduate = await signInAs(gateway.url, personaSub('P07'))
    const { grants } = await graduate.get<{ grants: { withdrawn: unknown }[] }>('/v1/grants')
    expect(grants.some(({ withdrawn }) => withdrawn !== null)).to.equal(true)
  })

  it('have an open case of each matter, and a batch in each state', async () => {
    const { cases } = await gateway
      .get('/v1/cases?limit=100')
      .then(response => response.json() as Promise<{ cases: { matter: string; state: string }[] }>)
    expect(new Set(cases.map(({ matter }) => matter)).size).to.equal(12)
    const maker = await signInAs(gateway.url, staffSub('GAJ', 'maker'))
    const { batches } = await maker.get<{ batches: { state: string; bad: number }[] }>('/v1/batches')
    expect(batches.map(({ state }) => state)).to.include.members(['submitted', 'draft'])
    expect(batches.some(({ bad }) => bad > 0)).to.equal(true)
  })

  it('do nothing twice when the load is repeated', async () => {
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    await loadDemo({ url: gateway.url, token: gateway.token, lives: true })
    await untilAllFinal(gateway)
    const after = gateway.rowCounts()
    for (const table of [
      'statements',
      'certificates',
      'uses',
      'grants',
      'consent_requests',
      'cases',
      'batch_drafts',
    ]) {
      expect(after[table], table).to.equal(before[table])
    }
  })
})
