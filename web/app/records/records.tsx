/** Notarizing a file: its fingerprint is computed here, and only that is registered. */
import { Button, Card, Flex } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { ChooseFile, sizeText } from './choose-file.tsx'
import { forgetRecords, keepRecord, keptRecords } from './kept.ts'
import { useDigest } from './use-digest.ts'
import './records.css'

interface Notarized {
  sha256: string
  size: number
  mediaType?: string
}

/** As the gateway takes them; a browser may say something longer of a file. */
const MEDIA_TYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/

export function Records() {
  const { say } = useWords('records')
  const navigate = useNavigate()
  const { data: session } = useSession()
  const account = session?.account ?? ''
  const { digesting, start, cancel } = useDigest()
  const notarize = useWrite(
    async (body: Notarized, key) => told(api.POST('/v1/records', { body, params: { header: once(key) } })),
    {
      onDone: ({ id, acceptedAt }) => {
        if (digesting.state !== 'done') return
        const { name, size } = digesting.file
        keepRecord(account, { id, name, size, at: acceptedAt })
        void navigate(`/records/${id}`)
      },
    },
  )
  return (
    <Page
      title={say('title')}
      intro={say('intro')}
      actions={
        <Link className="as-link" to="/records/verify">
          {say('toVerify')}
        </Link>
      }
    >
      <Card title={<h2>{say('notarizeTitle')}</h2>}>
        <Flex vertical gap={12}>
          <ChooseFile
            digesting={digesting}
            onChosen={file => {
              notarize.reset()
              start(file)
            }}
            onCancel={cancel}
          />
          {digesting.state === 'done' && (
            <Flex vertical gap={8} align="start">
              <Button
                type="primary"
                size="large"
                loading={notarize.isPending}
                onClick={() => {
                  const { size, type } = digesting.file
                  notarize.mutate({
                    sha256: digesting.digest,
                    size,
                    ...(MEDIA_TYPE.test(type) && { mediaType: type }),
                  })
                }}
              >
                {say('notarize')}
              </Button>
              <p className="small">{say('notarizeWhy')}</p>
            </Flex>
          )}
          <ProblemNotice error={notarize.error} />
        </Flex>
      </Card>
      <Kept account={account} />
      <Card title={<h2>{say('meaningTitle')}</h2>}>
        <ul>
          <li>{say('meaning1')}</li>
          <li>{say('meaning2')}</li>
          <li>{say('meaning3')}</li>
        </ul>
      </Card>
    </Page>
  )
}

function Kept({ account }: { account: string }) {
  const { say, language } = useWords('records')
  const [kept, setKept] = useState(() => keptRecords(account))
  return (
    <Card title={<h2>{say('keptTitle')}</h2>}>
      <Flex vertical gap={12} align="start">
        <p className="small">{say('keptWhy')}</p>
        {kept.length === 0 ? (
          <p>{say('keptNone')}</p>
        ) : (
          <>
            <ul className="plain kept">
              {kept.map(({ id, name, size, at }) => (
                <li key={id}>
                  <Link to={`/records/${id}`}>{name}</Link>
                  <span className="small">
                    {' '}
                    · {sizeText(size, language)} · <Moment seconds={at} />
                  </span>
                </li>
              ))}
            </ul>
            <Button
              onClick={() => {
                forgetRecords(account)
                setKept([])
              }}
            >
              {say('keptForget')}
            </Button>
          </>
        )}
      </Flex>
    </Card>
  )
}
