import { useWords } from '../words.ts'

const KNOWN = [
  'KEY_NOT_IN_FORCE',
  'PERMIT_NOT_HELD',
  'DEPARTMENT_SUSPENDED',
  'ROWS_INVALID',
  'BATCH_ROWS_ALTERED',
  'BATCH_TYPE_CHANGED',
  'STATUS_ALREADY',
  'STATUS_NOT_SUSPENDED',
  'CERTIFICATE_OF_ANOTHER_DEPARTMENT',
] as const

/** What keeps an approved thing from being carried out, in words; the code stands small beside it. */
export function ProblemCode({ code }: { code: string }) {
  const { say } = useWords('issuing')
  const known = KNOWN.find(one => one === code)
  return (
    <span>
      {known === undefined ? say('stopped_OTHER') : say(`stopped_${known}`)}{' '}
      <code className="small" translate="no">
        {code}
      </code>
    </span>
  )
}
