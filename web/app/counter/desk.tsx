/** The counter's one box: whatever a person at a counter scans, types or drops, and what comes of it. */
import { Alert, Button, Card, Flex, Typography } from 'antd'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { useWrite } from '../api/write.ts'
import { publicLink } from '../language.ts'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useDroppedFile } from '../parts/use-dropped-file.ts'
import { useWords } from '../words.ts'
import type { Case } from './api-types.ts'
import { CaseChoice, useCase } from './case-choice.tsx'
import { find, NotTaken, type Found } from './find.ts'
import { FoundView } from './found.tsx'
import { recognise, type Given } from './given.ts'

export function Desk() {
  const { say } = useWords('counter')
  const [search, setSearch] = useSearchParams()
  const navigate = useNavigate()
  const caseId = search.get('case')
  const opened = useCase(caseId)
  const ofCase: Case | null = opened.data ?? null
  const box = useRef<HTMLInputElement>(null)
  const [given, setGiven] = useState<Given | null>(null)
  const answer = useWrite<Given, Found | NotTaken>(
    async (asked, key) => {
      try {
        return await find(asked, ofCase?.matter ?? null, key)
      } catch (error) {
        if (error instanceof NotTaken) return error
        throw error
      }
    },
    {
      onDone: found => {
        if (!(found instanceof NotTaken) && found.kind === 'case') void navigate(`/counter/cases/${found.id}`)
      },
    },
  )

  const take = (what: Given) => {
    setGiven(what)
    answer.reset()
    answer.mutate(what)
  }
  const next = () => {
    answer.reset()
    setGiven(null)
    if (box.current !== null) box.current.value = ''
    box.current?.focus()
  }
  useEffect(() => box.current?.focus(), [])
  useNextKey(next)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    const typed = box.current?.value ?? ''
    if (typed.trim() === '') return
    const what = recognise(typed, location.origin)
    take(what)
    // The address of another site is not left standing there to be copied.
    if (what.kind === 'foreign' && box.current !== null) box.current.value = ''
    box.current?.select()
  }
  useDroppedFile(file => take({ kind: 'file', file }))

  return (
    <Page title={say('deskTitle')} intro={say('deskIntro')}>
      <Card>
        <form onSubmit={submit}>
          <label htmlFor="box" className="box-label">
            {say('box')}
          </label>
          <div className="box">
            <input
              id="box"
              ref={box}
              type="text"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              maxLength={400}
              aria-describedby="box-help"
              onKeyDown={event => {
                if (event.key === 'Escape') next()
              }}
            />
            <Button type="primary" size="large" htmlType="submit" loading={answer.isPending}>
              {say('boxGo')}
            </Button>
          </div>
          <FileChoice onChosen={file => take({ kind: 'file', file })} />
          <Typography.Paragraph type="secondary" className="small" id="box-help">
            {say('boxHelp')}
          </Typography.Paragraph>
        </form>
        <CaseChoice
          chosen={caseId}
          onChosen={id => setSearch(id === null ? {} : { case: id }, { replace: true })}
        />
        <ProblemNotice error={opened.error} />
      </Card>
      {given !== null && (
        <Flex vertical gap={16} role="region" aria-label={say('result')}>
          <p className="taken-for" role="status">
            {say('takenFor', { what: say(`given_${given.kind}`) })}
          </p>
          <ProblemNotice error={answer.error} />
          {answer.data instanceof NotTaken && <NotTakenNotice why={answer.data.why} />}
          {answer.data !== undefined && !(answer.data instanceof NotTaken) && (
            <FoundView found={answer.data} ofCase={ofCase} />
          )}
          {!answer.isPending && (
            <Flex gap={12} wrap>
              <Button size="large" onClick={next}>
                {say('next')}
              </Button>
            </Flex>
          )}
        </Flex>
      )}
    </Page>
  )
}

/** Alt and N, wherever the focus is: no single key, which would be in the way of typing. */
function useNextKey(next: () => void): void {
  const latest = useRef(next)
  useEffect(() => {
    latest.current = next
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== 'KeyN') return
      event.preventDefault()
      latest.current()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
}

function FileChoice({ onChosen }: { onChosen: (file: File) => void }) {
  const { say } = useWords('counter')
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={say('fileChoose')}
        accept=".json,.pdf,application/json,application/pdf"
        onChange={event => {
          const [file] = event.target.files ?? []
          event.target.value = ''
          if (file !== undefined) onChosen(file)
        }}
      />
      <Button onClick={() => input.current?.click()}>{say('fileChoose')}</Button>
    </>
  )
}

function ReportLink() {
  const { say } = useWords('common')
  return (
    <div>
      <a className="report" href={publicLink('/verify/report')}>
        {say('footReport')}
      </a>
    </div>
  )
}

function NotTakenNotice({ why }: { why: NotTaken['why'] }) {
  const { say } = useWords('counter')
  return (
    <Alert
      role="alert"
      type={why === 'foreign' ? 'error' : 'warning'}
      showIcon
      title={say(`not_${why}`)}
      description={
        <>
          {say(`not_${why}Next`)}
          {why === 'foreign' && <ReportLink />}
        </>
      }
    />
  )
}
