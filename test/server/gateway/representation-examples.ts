/** Sound requests for what concerns representation; each about people whom no other example knows. */
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { answerOf, type OpenedGateway, type Who } from '../../support/opened-gateway.ts'
import { newNumber } from '../grants/holders.ts'
import type { MakeExample } from './examples.ts'

const IDENTITY: Who = { role: 'officer', department: 'GAJ' }

async function newPerson({ world }: OpenedGateway) {
  const number = newNumber()
  const holder = holderId(await ensureHolder(world, number))
  const who: Who = { role: 'holder', holder }
  return { number, who }
}

/** An agent recorded by the identity authority. */
async function newAgent(gateway: OpenedGateway) {
  const [agent, elder] = [await newPerson(gateway), await newPerson(gateway)]
  const body = { capacity: 'agent', person: agent.number, holder: elder.number }
  const { id } = await answerOf<{ id: string }>(gateway.as(IDENTITY).post('/v1/representations', body), 201)
  return { id, agent, elder }
}

export const REPRESENTATION_EXAMPLES: Readonly<Record<string, MakeExample>> = {
  recordRepresentation: async ({ gateway }) => ({
    path: '/v1/representations',
    method: 'POST',
    body: {
      capacity: 'agent',
      person: (await newPerson(gateway)).number,
      holder: (await newPerson(gateway)).number,
    },
    status: 201,
    as: IDENTITY,
  }),
  appointRepresentative: async ({ gateway }) => ({
    path: '/v1/representations/appointments',
    method: 'POST',
    body: { capacity: 'agent', person: (await newPerson(gateway)).number },
    status: 201,
    as: (await newPerson(gateway)).who,
  }),
  listRepresentations: async ({ gateway }) => ({
    path: '/v1/representations?side=represented&limit=5',
    method: 'GET',
    status: 200,
    as: (await newAgent(gateway)).elder.who,
  }),
  endRepresentation: async ({ gateway }) => {
    const { id, agent } = await newAgent(gateway)
    return { path: `/v1/representations/${id}/end`, method: 'POST', status: 200, as: agent.who }
  },
}
