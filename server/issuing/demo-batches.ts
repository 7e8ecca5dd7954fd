/**
 * Batches of the demonstration, made through the API by a maker and a checker of the public security bureau: one issued, one that
 * waits for its checker, one with a row that was refused.
 */
import { daysLater, lastDayOf } from '../catalogue/civil-date.ts'
import { demoRegion } from '../catalogue/region.ts'
import type { ApiClient } from '../http/client.ts'

export interface DemoBatches {
  issued: string
  submitted: string
  withBadRow: string
}

/** Their department and type: proofs that somebody has no criminal record. */
export const DEMO_BATCH_TYPE = { department: 'GAJ', type: 'NCR' } as const

/**
 * Ids of the batches. Every write carries a key that follows from what it is, so a load that was cut short is continued by the
 * next one on the same `today`. Refuses whatever the API refuses.
 */
export async function demoBatches(
  clients: { maker: ApiClient; checker: ApiClient },
  today: string,
): Promise<DemoBatches> {
  const { maker, checker } = clients
  const upload = async (name: string, title: string, rows: readonly unknown[]) => {
    const content = new Blob([JSON.stringify(rows)])
    const path = `/v1/batches?type=${DEMO_BATCH_TYPE.type}&name=${encodeURIComponent(title)}`
    const { id } = await maker.send<{ id: string }>(
      path,
      content,
      'application/json',
      `demo-batch-${name}-${today}`,
    )
    return id
  }
  const submit = (id: string) => maker.post(`/v1/batches/${id}/submit`, {}, `demo-submit-${id}`)

  const issued = await upload(
    'issued',
    '教师资格认定，第一批',
    [0, 1, 2].map(place => clearance(place, 2_001, today)),
  )
  await submit(issued)
  // Once it is issued its rows are erased, and with them what a digest could be made of: then there is nothing left to do.
  const { state } = await checker.get<{ state: string }>(`/v1/batches/${issued}`)
  if (state === 'submitted') {
    const { digest } = await checker.get<{ digest: string }>(`/v1/batches/${issued}/summary`)
    await checker.post(`/v1/batches/${issued}/approve`, { digest }, `demo-approve-${issued}`)
  }

  const submitted = await upload(
    'submitted',
    '教师资格认定，第二批',
    [3, 4, 5, 6].map(place => clearance(place, 2_001, today)),
  )
  await submit(submitted)

  const [first, second, third] = [0, 1, 2].map(place => clearance(place, 2_101, today))
  const wrongDigit = { ...second, idNo: withOtherCheckCharacter(second!.idNo) }
  const withBadRow = await upload('bad-row', '教师资格认定，补办', [first, wrongDigit, third])
  return { issued, submitted, withBadRow }
}

function clearance(place: number, firstNumber: number, today: string) {
  const adults = demoRegion().personas.filter(({ birthDate }) => lastDayOf(birthDate, 18, 'year') < today)
  const { name, sex, idNo, birthDate } = adults[place % adults.length]!
  const issueDate = daysLater(today, -1)
  const number = String(firstNumber + place).padStart(5, '0')
  return {
    certNo: `云公(望)证字〔${issueDate.slice(0, 4)}〕${number}号`,
    name,
    sex,
    idNo,
    periodFrom: lastDayOf(birthDate, 16, 'year'),
    periodTo: issueDate,
    result: '未发现有犯罪记录',
    purpose: '教师资格认定',
    recipient: '云岭市教育局',
    authority: '云岭市公安局望山分局',
    issueDate,
    validTo: lastDayOf(issueDate, 3, 'month'),
  }
}

const withOtherCheckCharacter = (idNo: string) => `${idNo.slice(0, 17)}${idNo.endsWith('0') ? '1' : '0'}`
