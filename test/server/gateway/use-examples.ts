/** Sound requests for uses, for what a holder sees of his own, and for oversight. */
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { answerOf, exampleRow, issue, type OpenedGateway, type Who } from '../../support/opened-gateway.ts'
import { EXAMPLE_MATTER } from './example-matter.ts'
import { CANARY, type Example, type MakeExample, type Scene } from './examples.ts'

const BASIS = { department: 'GAJ', matter: 'X01', type: 'RIC', basis: '《居民身份证法》第十五条' }
const SUPERVISOR: Who = { role: 'supervisor', department: 'GAJ' }

const get = (path: string, as?: Who): Example => ({ path, method: 'GET', status: 200, ...(as && { as }) })
const post = (path: string, body: unknown, status: number, as?: Who): Example => ({
  path,
  method: 'POST',
  body,
  status,
  ...(as && { as }),
})

async function holder(gateway: OpenedGateway, number: string = CANARY.idNo): Promise<Who> {
  return { role: 'holder', holder: holderId(await ensureHolder(gateway.world, number)) }
}

/** The department of the example matter reads the scene's certificate by duty. */
async function useRequest({ gateway, certificate }: Scene) {
  await answerOf(gateway.post('/v1/matters', { matters: [EXAMPLE_MATTER] }), 201)
  await answerOf(gateway.post('/v1/duty-bases', BASIS), 200)
  const { identifier } = certificate
  return { identifier, department: 'GAJ', matter: 'X01', ground: 'duty', fields: ['validTo'] }
}

async function used(scene: Scene): Promise<string> {
  const { use } = await answerOf<{ use: { id: string } }>(
    scene.gateway.post('/v1/uses', await useRequest(scene)),
    201,
  )
  return use.id
}

const ofOwn =
  (rest: string): MakeExample =>
  async ({ gateway, certificate }) =>
    get(`/v1/holder/certificates/${certificate.identifier}${rest}`, await holder(gateway))
const listOfOwn =
  (path: string): MakeExample =>
  async ({ gateway }) =>
    get(path, await holder(gateway))

const idOf = async (response: Promise<Response>, status: number) =>
  (await answerOf<{ id: string }>(response, status)).id

async function proposed({ gateway }: Scene): Promise<string> {
  const { identifier } = await issue(gateway, 'RIC')
  return idOf(gateway.post('/v1/withholdings', { identifier, reason: 'LAW_ENFORCEMENT' }), 201)
}
async function inForce(scene: Scene): Promise<string> {
  const path = `/v1/withholdings/${await proposed(scene)}`
  return idOf(scene.gateway.as(SUPERVISOR).post(`${path}/confirmation`, undefined), 200)
}

async function objected(scene: Scene): Promise<string> {
  const asking = scene.gateway.as(await holder(scene.gateway))
  return idOf(asking.post(`/v1/holder/uses/${await used(scene)}/objection`, { says: '不是我同意的' }), 201)
}

const CORRECTION = { field: 'address', says: '门牌号应为 78 号', evidence: '不动产权证' }
async function asked({ gateway, certificate: { identifier } }: Scene): Promise<string> {
  const asking = gateway.as(await holder(gateway))
  return idOf(asking.post(`/v1/holder/certificates/${identifier}/corrections`, CORRECTION), 201)
}

export const USE_EXAMPLES: Readonly<Record<string, MakeExample>> = {
  recordDutyBasis: async ({ gateway }) => {
    await answerOf(gateway.post('/v1/matters', { matters: [EXAMPLE_MATTER] }), 201)
    return post('/v1/duty-bases', BASIS, 200)
  },
  listDutyBases: () => get('/v1/duty-bases'),
  readCertificate: async scene => post('/v1/uses', await useRequest(scene), 201),
  getUseReceipt: async scene => get(`/v1/uses/${await used(scene)}/receipt`),
  listDepartmentUses: () => get('/v1/departments/GAJ/uses?side=issued&ground=duty&refused=false&limit=5'),
  countDepartmentUses: () => get('/v1/departments/GAJ/uses/counts'),

  listOwnCertificates: listOfOwn('/v1/holder/certificates?limit=5'),
  getOwnCertificate: ofOwn(''),
  getOwnValues: ofOwn('/values'),
  getOwnFile: ofOwn('/file?fields=name'),
  getOwnPaper: ofOwn('/paper'),
  listOwnUses: listOfOwn('/v1/holder/uses?department=GAJ&ground=duty&refused=false&limit=5'),
  exportOwnUses: async scene => {
    await used(scene)
    return get('/v1/holder/uses/export', await holder(scene.gateway))
  },
  exportOwnUsesJson: listOfOwn('/v1/holder/uses/export.json?refused=false'),
  objectToUse: async scene => {
    const path = `/v1/holder/uses/${await used(scene)}/objection`
    return post(path, { says: '不是我同意的' }, 201, await holder(scene.gateway))
  },
  listOwnObjections: listOfOwn('/v1/holder/objections'),
  askCorrection: async ({ gateway, certificate: { identifier } }) =>
    post(`/v1/holder/certificates/${identifier}/corrections`, CORRECTION, 201, await holder(gateway)),
  listOwnCorrections: listOfOwn('/v1/holder/corrections'),

  proposeWithholding: async ({ gateway }) => {
    const { identifier } = await issue(gateway, 'RIC')
    return post('/v1/withholdings', { identifier, reason: 'LAW_ENFORCEMENT' }, 201)
  },
  confirmWithholding: async scene =>
    post(`/v1/withholdings/${await proposed(scene)}/confirmation`, undefined, 200, SUPERVISOR),
  proposeRelease: async scene =>
    post(`/v1/withholdings/${await inForce(scene)}/release`, { reason: 'CLEARED' }, 200),
  confirmRelease: async scene => {
    const path = `/v1/withholdings/${await inForce(scene)}/release`
    await answerOf(scene.gateway.post(path, { reason: 'CLEARED' }), 200)
    return post(`${path}/confirmation`, undefined, 200, SUPERVISOR)
  },
  listWithholdings: () => get('/v1/withholdings'),
  listObjections: () => get('/v1/departments/GAJ/objections?open=true'),
  answerObjection: async scene =>
    post(
      `/v1/objections/${await objected(scene)}/answer`,
      { outcome: 'explained', answer: '依职能核对，见法律依据' },
      200,
    ),
  listCorrections: () => get('/v1/departments/GAJ/corrections?open=false'),
  answerCorrection: async scene =>
    post(`/v1/corrections/${await asked(scene)}/answer`, { outcome: 'refused', answer: '与登记一致' }, 200),
  eraseCertificate: async ({ gateway }) => {
    const { identifier } = await issue(gateway, 'RIC', exampleRow('RIC'))
    return post(`/v1/certificates/${identifier}/erasure`, { reason: 'HOLDER_REQUEST' }, 200)
  },
}
