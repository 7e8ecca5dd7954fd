/** What tests of the issuing desk need of the demonstration's people. */
import { write } from '../../server/demo-client.ts'
import type { ApiClient } from '../../server/http/client.ts'

/** An identity card of the holder that is in force. */
export async function ownRic(holder: ApiClient): Promise<string> {
  const { certificates } = await holder.get<{
    certificates: { identifier: string; type: { code: string }; standing: string }[]
  }>('/v1/holder/certificates?limit=100')
  return certificates.find(({ type, standing }) => type.code === 'RIC' && standing === 'ACTIVE')!.identifier
}

/** “这里有误”. */
export const ask = (holder: ApiClient, identifier: string, says: string) =>
  write(holder, `/v1/holder/certificates/${identifier}/corrections`, {
    field: 'address',
    says,
    evidence: '户口簿',
  })
