import { demoMatters } from '../../server/matters/demo.ts'
import { admit, answerOf, publish, type OpenedGateway } from './opened-gateway.ts'

interface Named {
  code: string
  leadDept: string
  collaborators: string[]
  requirements: { cert: string }[]
  outputs: { cert: string; kind?: string }[]
}

/** Publishes a matter of the demonstration region, its departments and types being admitted and published first. */
export async function publishMatter(
  gateway: Pick<OpenedGateway, 'get' | 'post'>,
  code: string,
): Promise<void> {
  const matter = (demoMatters().matters as Named[]).find(one => one.code === code)
  if (matter === undefined) throw new Error(`no matter ${code}`)
  const outputs = matter.outputs.filter(({ kind }) => kind !== 'record')
  await admit(gateway, matter.leadDept, ...matter.collaborators)
  await publish(gateway, ...new Set([...matter.requirements, ...outputs].map(({ cert }) => cert)))
  await answerOf(gateway.post('/v1/matters', { matters: [matter] }), 201)
}
