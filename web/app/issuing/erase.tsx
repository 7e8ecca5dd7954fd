import { Alert, Button, Checkbox, Flex } from 'antd'
import { useId } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { useDraft } from '../parts/draft.ts'
import { nameIn, useReasons } from './types.ts'

/** Why the values of a certificate may go for good: out of the region's list of reasons for ending one. */
const REASONS = ['HOLDER_REQUEST', 'ISSUED_IN_ERROR', 'DECEASED_OR_DISSOLVED']

/** Erasing what a certificate says, folded away: it cannot be undone, nor done twice. */
export function Erase({ identifier, isErased }: { identifier: string; isErased: boolean }) {
  const { say, language } = useWords('issuing')
  const id = useId()
  const reasons = useReasons()
  const [kept, keep, letGo] = useDraft(`erase-${identifier}`, { reason: '', isSure: false })
  const erase = useWrite(
    async (reason: string, key) =>
      told(
        api.POST('/v1/certificates/{identifier}/erasure', {
          params: { path: { identifier }, header: once(key) },
          body: { reason },
        }),
      ),
    { onDone: letGo },
  )
  if (isErased && !erase.isSuccess) return null
  return (
    <details className="panel no-print" open={kept.reason !== '' || erase.isSuccess}>
      <summary>{say('erase')}</summary>
      {erase.isSuccess ? (
        <Alert type="success" showIcon role="status" title={say('eraseDone')} />
      ) : (
        <Flex vertical gap={12} align="start">
          <p>{say('eraseWhat')}</p>
          <div className="ask">
            <label htmlFor={id}>{say('reason')}</label>
            <select
              id={id}
              className="choice"
              value={kept.reason}
              onChange={({ target }) => keep({ ...kept, reason: target.value })}
            >
              <option value="">{say('choose')}</option>
              {(reasons.data?.ending ?? [])
                .filter(({ code }) => REASONS.includes(code))
                .map(reason => (
                  <option key={reason.code} value={reason.code}>
                    {nameIn(reason, language)}
                  </option>
                ))}
            </select>
          </div>
          <Checkbox
            checked={kept.isSure}
            onChange={({ target }) => keep({ ...kept, isSure: target.checked })}
          >
            {say('eraseSure')}
          </Checkbox>
          <Button
            danger
            disabled={kept.reason === '' || !kept.isSure}
            loading={erase.isPending}
            onClick={() => erase.mutate(kept.reason)}
          >
            {say('eraseGo')}
          </Button>
          <ProblemNotice error={erase.error} />
        </Flex>
      )}
    </details>
  )
}
