/** Is the file in hand the one that was notarized? Its fingerprint is computed here and compared with the record. */
import { Button, Card, Flex } from 'antd'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { parseUlid } from '../../../protocol/identifiers.ts'
import { api, told } from '../api/client.ts'
import { useWrite } from '../api/write.ts'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { FiveChecks, Technical, Verdict } from '../parts/verdict.tsx'
import { useWords } from '../words.ts'
import { ChooseFile } from './choose-file.tsx'
import { useDigest } from './use-digest.ts'
import './records.css'

export function VerifyRecord() {
  const { say } = useWords('records')
  const verdict = useWords('verdict')
  const [search] = useSearchParams()
  const [id, setId] = useState(search.get('id') ?? '')
  const [isTried, setTried] = useState(false)
  const { digesting, start, cancel } = useDigest()
  const verify = useWrite((body: { id: string; sha256: string }) =>
    told(api.POST('/v1/verify/record', { body })),
  )
  const number = id.normalize('NFKC').trim().toUpperCase()
  const isWrong = isTried && parseUlid(number) === null
  const ask = () => {
    setTried(true)
    if (parseUlid(number) === null) {
      document.getElementById('record-number')?.focus()
      return
    }
    if (digesting.state === 'done') verify.mutate({ id: number, sha256: digesting.digest })
  }
  const found = verify.data
  // A file has no holder and no QR code: what is said of certificates would lead astray.
  const wordsOf = (of: string) => {
    if (of === 'VALID') return { headline: say('matches'), text: say('matchesNext') }
    return of === 'NOT_FOUND' ? { headline: say('differs'), text: say('differsNext') } : undefined
  }
  return (
    <Page title={say('verifyTitle')} intro={say('verifyIntro')}>
      <Card>
        <Flex vertical gap={12}>
          <div className="field">
            <label htmlFor="record-number">{say('number')}</label>
            <input
              id="record-number"
              autoComplete="off"
              spellCheck={false}
              maxLength={40}
              value={id}
              aria-invalid={isWrong}
              aria-describedby={isWrong ? 'record-number-wrong' : undefined}
              onChange={event => {
                setId(event.target.value)
                verify.reset()
              }}
            />
            {isWrong && (
              <p className="wrong" id="record-number-wrong" role="alert">
                {say('numberWrong')}
              </p>
            )}
          </div>
          <ChooseFile
            digesting={digesting}
            onChosen={file => {
              verify.reset()
              start(file)
            }}
            onCancel={cancel}
          />
          <Flex gap={12}>
            <Button
              type="primary"
              size="large"
              disabled={digesting.state !== 'done'}
              loading={verify.isPending}
              onClick={ask}
            >
              {say('verify')}
            </Button>
          </Flex>
          <ProblemNotice error={verify.error} />
        </Flex>
      </Card>
      {found !== undefined && (
        <>
          <Verdict verified={found} what={say('record')} words={wordsOf(found.verdict)} />
          {found.answers?.intact.answer === 'yes' && found.anchor != null && (
            <p>
              {say('sinceBefore')}
              <Moment seconds={found.anchor.blockTime} precise />
              {say('sinceAfter')}
              {say('beforeThat')}
            </p>
          )}
          {found.answers !== undefined && (
            <Card title={<h2>{verdict.say('checks')}</h2>}>
              <FiveChecks answers={found.answers} />
            </Card>
          )}
          {found.anchor != null && (
            <Technical
              lines={[
                [verdict.say('block'), found.anchor.blockNumber],
                [verdict.say('place'), found.anchor.index],
              ]}
            />
          )}
        </>
      )}
    </Page>
  )
}
