import { useQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { Facts } from './face.tsx'
import { saveText } from './save-text.ts'
import type { Batch, CertificateState } from './shapes.ts'

/** The most that one answer lists. */
const PAGE = '200'

/** What became of an issued batch: where it stands on chain, its certificates, and a list of them to take away. */
export function BatchIssued({ batch }: { batch: Batch }) {
  const { say } = useWords('issuing')
  const navigate = useNavigate()
  const [failed, setFailed] = useState<unknown>(null)
  const [isSaving, setSaving] = useState(false)
  const newest = useQuery({
    queryKey: ['batch', batch.id, 'certificates', batch.deliveredAt],
    queryFn: async () => {
      const query = { batch: batch.id, limit: '1' }
      return (await told(api.GET('/v1/certificates', { params: { query } }))).certificates
    },
  })
  const save = async () => {
    setSaving(true)
    setFailed(null)
    try {
      const rows = (await certificatesOf(batch.id)).map(one => [
        one.identifier,
        say(`standing_${one.standing}`),
        one.leaf,
        one.statement.block === null ? '' : String(one.statement.block.number),
      ])
      const head = [say('identifier'), say('standing'), say('fingerprint'), say('block')]
      // Spreadsheets know UTF-8 by its mark.
      const text = `\uFEFF${[head, ...rows].map(cells => cells.map(quoted).join(',')).join('\r\n')}\r\n`
      saveText(text, 'text/csv', `${batch.id}.csv`)
    } catch (error) {
      setFailed(error)
    } finally {
      setSaving(false)
    }
  }
  return (
    <section className="panel" aria-labelledby="issued">
      <h2 id="issued">{say('issued')}</h2>
      <Asked query={newest}>
        {([one]) => (
          <Facts
            facts={[
              [say('issuedCount'), say('certificatesCount', { count: batch.progress.signed.done })],
              ...(batch.issuedAt === null
                ? []
                : [[say('issuedAt'), <Moment key="at" seconds={batch.issuedAt} />] as const]),
              [
                say('onChain'),
                one === undefined || one.statement.block === null ? (
                  say('onChainNot')
                ) : (
                  <span key="block">
                    {say('onChainBlock', { number: one.statement.block.number })} ·{' '}
                    <Moment seconds={one.statement.block.time} />
                  </span>
                ),
              ],
              ...(batch.deliveredAt === null
                ? []
                : [[say('deliveredAt'), <Moment key="delivered" seconds={batch.deliveredAt} />] as const]),
            ]}
          />
        )}
      </Asked>
      <p className="ask-hint">{say('issuedReceipts')}</p>
      <Flex gap={8} wrap className="no-print">
        <Button type="primary" onClick={() => void navigate(`/issuing/certificates?batch=${batch.id}`)}>
          {say('issuedList')}
        </Button>
        <Button loading={isSaving} onClick={() => void save()}>
          {say('issuedSave')}
        </Button>
        <Button onClick={() => window.print()}>{say('common:print')}</Button>
      </Flex>
      <ProblemNotice error={failed} />
    </section>
  )
}

async function certificatesOf(batch: string): Promise<CertificateState[]> {
  const all: CertificateState[] = []
  let before: number | null = null
  do {
    const query = { batch, limit: PAGE, ...(before !== null && { before: String(before) }) }
    const page: { certificates: CertificateState[]; before: number | null } = await told(
      api.GET('/v1/certificates', { params: { query } }),
    )
    all.push(...page.certificates)
    before = page.before
  } while (before !== null)
  return all
}

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
