import { Alert, Button, Flex, Input } from 'antd'
import { useId, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { saveFile } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useDroppedFile } from '../parts/use-dropped-file.ts'
import { useWords } from '../words.ts'
import { FileInput } from './file-input.tsx'
import { Panel } from './panel.tsx'
import { nameIn, useType } from './types.ts'
import { contentTypeOf, UPLOAD_ENDINGS, useUpload } from './upload.ts'

/** A new batch of a type: its template, and the filled file. */
export function NewBatchPage() {
  const { say, language } = useWords('issuing')
  const { code = '' } = useParams()
  const type = useType(code)
  return (
    <Page title={say('newOf', { type: nameIn(type.data?.definition, language) })} intro={say('newHow')}>
      <Asked query={type}>
        {() => (
          <Flex vertical gap={16}>
            <Template code={code} />
            <Upload code={code} />
            <Panel title={say('newSingle')}>
              <p>{say('newSingleWhat')}</p>
              <Link to={`/issuing/new/${code}/form`}>{say('newSingleGo')}</Link>
            </Panel>
          </Flex>
        )}
      </Asked>
    </Page>
  )
}

function Template({ code }: { code: string }) {
  const { say } = useWords('issuing')
  const [failed, setFailed] = useState<unknown>(null)
  const save = (ending: 'xlsx' | 'csv') => {
    setFailed(null)
    saveFile(`/v1/types/${code}/template.${ending}`, `${code}.${ending}`).catch(setFailed)
  }
  return (
    <Panel title={say('template')}>
      <p>{say('templateWhat')}</p>
      <Flex gap={8} wrap>
        <Button type="primary" onClick={() => save('xlsx')}>
          {say('templateXlsx')}
        </Button>
        <Button onClick={() => save('csv')}>{say('templateCsv')}</Button>
      </Flex>
      <ProblemNotice error={failed} />
    </Panel>
  )
}

function Upload({ code }: { code: string }) {
  const { say } = useWords('issuing')
  const id = useId()
  const navigate = useNavigate()
  const [file, setFile] = useState<File | null>(null)
  const [isUnreadable, setUnreadable] = useState(false)
  const [name, setName] = useState('')
  const upload = useUpload(code, batch => void navigate(`/issuing/batches/${batch.id}`))
  const contentType = file === null ? null : contentTypeOf(file.name)
  const hasNumber = /\d{15}/.test(name)
  const take = (chosen: File | null) => {
    upload.reset()
    setUnreadable(false)
    setFile(chosen)
  }
  useDroppedFile(take)
  const send = async (chosen: File, contentType: string) => {
    const bytes = await chosen.arrayBuffer().catch(() => null)
    setUnreadable(bytes === null)
    if (bytes === null) return
    const mark = `${chosen.name} ${chosen.size} ${chosen.lastModified}`
    upload.mutate({ body: new Blob([bytes]), contentType, mark, name: name.trim() })
  }
  return (
    <Panel title={say('upload')}>
      <p id={id}>{say('uploadWhat')}</p>
      <div className="drop">
        <FileInput
          label={say('uploadChoose')}
          accept={UPLOAD_ENDINGS.join(',')}
          describedBy={id}
          chosen={file === null ? null : say('uploadChosen', { name: file.name })}
          onChoose={take}
        />
      </div>
      {file !== null && contentType === null && (
        <Alert
          role="alert"
          type="error"
          showIcon
          title={say('uploadKind')}
          description={say('uploadKindNext')}
        />
      )}
      {isUnreadable && (
        <Alert
          role="alert"
          type="error"
          showIcon
          title={say('uploadChanged')}
          description={say('uploadChangedNext')}
        />
      )}
      <div className="ask">
        <label htmlFor={`${id}-name`}>{say('batchName')}</label>
        <div id={`${id}-hint`} className="ask-hint small">
          {say('batchNameHint')}
        </div>
        <Input
          id={`${id}-name`}
          maxLength={40}
          aria-describedby={`${id}-hint`}
          aria-invalid={hasNumber}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        {hasNumber && (
          <span role="alert" className="tone-error">
            {say('batchNameNumber')}
          </span>
        )}
      </div>
      <Flex>
        <Button
          type="primary"
          size="large"
          disabled={file === null || contentType === null || hasNumber}
          loading={upload.isPending}
          onClick={() => {
            if (file !== null && contentType !== null) void send(file, contentType)
          }}
        >
          {say('uploadGo')}
        </Button>
      </Flex>
      {upload.isPending && <output>{say('uploadRunning')}</output>}
      <ProblemNotice error={upload.error} />
    </Panel>
  )
}
