import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { Page } from '../../parts/page.tsx'
import { useWords } from '../../words.ts'
import { Choose } from './choose.tsx'
import { PastPresentations } from './past.tsx'
import { Presenting, type Presented } from './presenting.tsx'

/** 亮证: choose what to show, then hold the code out. */
export function PresentPage() {
  const { say } = useWords('wallet')
  const [query] = useSearchParams()
  const [presented, setPresented] = useState<Presented | null>(null)
  if (presented !== null) {
    return (
      <Page title={say('presenting')}>
        <Presenting key={presented.presentation.id} begun={presented} onClose={() => setPresented(null)} />
      </Page>
    )
  }
  return (
    <Page title={say('present')} intro={say('presentWhat')}>
      <Choose first={query.get('certificate')} onOpened={setPresented} />
      <PastPresentations onResumed={setPresented} />
    </Page>
  )
}
