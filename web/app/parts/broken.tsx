import { Button } from 'antd'
import { useWords } from '../words.ts'

/** A page that failed by a defect of ours: nothing of what the gateway holds is touched by that. */
export function Broken() {
  const { say } = useWords('common')
  return (
    <main>
      <h1>{say('problemBroken')}</h1>
      <p>{say('problemUnchanged')}</p>
      <Button href="/app">{say('navHome')}</Button>
    </main>
  )
}
