import { useWords } from '../words.ts'

/** What a holder wrote in a request to correct, as he wrote it. */
export function Says({ says }: { says: { says: string; evidence: string | null } | null }) {
  const { say } = useWords('issuing')
  if (says === null) return <span>{say('saysErased')}</span>
  return (
    <>
      <blockquote className="says">{says.says}</blockquote>
      {says.evidence !== null && (
        <p>
          {say('evidence')}：{says.evidence}
        </p>
      )}
    </>
  )
}
