import { Alert, Button, Input } from 'antd'
import { useEffect, useId, useRef, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { api, told } from '../api/client.ts'
import { useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import type { RowError } from './error-words.ts'
import { RowForm } from './row-form.tsx'
import { rowOf, type Typed } from './row-values.ts'
import { asksHolders, nameIn, useType, type Definition } from './types.ts'
import { useUpload } from './upload.ts'

const JSON_TYPE = 'application/json'

/** One certificate by hand: a batch of one, checked before it is kept. */
export function NewCertificatePage() {
  const { say, language } = useWords('issuing')
  const { code = '' } = useParams()
  const type = useType(code)
  return (
    <Page title={say('newOneOf', { type: nameIn(type.data?.definition, language) })} intro={say('newOneHow')}>
      <Asked query={type}>{({ definition }) => <CertificateForm definition={definition} />}</Asked>
    </Page>
  )
}

function CertificateForm({ definition }: { definition: Definition }) {
  const { say } = useWords('issuing')
  const id = useId()
  const navigate = useNavigate()
  const [typed, setTyped] = useState<Readonly<Record<string, Typed>>>({})
  const [holders, setHolders] = useState('')
  const [errors, setErrors] = useState<readonly RowError[]>([])
  const alert = useRef<HTMLDivElement>(null)
  const { code } = definition
  const upload = useUpload(code, ({ id }) => void navigate(`/issuing/batches/${id}`))
  const check = useWrite(
    async (row: string) =>
      told(
        api.POST('/v1/batches/check', {
          params: { query: { type: code } },
          headers: { 'Content-Type': JSON_TYPE },
          body: row as never,
          bodySerializer: () => row,
        }),
      ),
    {
      onDone(found, row) {
        setErrors(found.errors)
        if (found.bad === 0) upload.mutate({ body: new Blob([row]), contentType: JSON_TYPE, mark: row })
      },
    },
  )
  useEffect(() => {
    if (errors.length > 0) alert.current?.focus()
  }, [errors])
  const send = () => {
    const names = holders.split(/[\s,;，；、]+/).filter(one => one !== '')
    const row = { ...rowOf(definition, typed), ...(names.length > 0 && { '#holders': names }) }
    check.mutate(JSON.stringify([row]))
  }
  return (
    <form
      className="panel"
      noValidate
      onSubmit={event => {
        event.preventDefault()
        send()
      }}
    >
      {errors.length > 0 && (
        <div ref={alert} tabIndex={-1}>
          <Alert type="error" showIcon title={say('formBad')} description={say('formBadNext')} />
        </div>
      )}
      <RowForm definition={definition} typed={typed} onChange={setTyped} errors={errors} />
      {asksHolders(definition) && (
        <div className="ask">
          <label htmlFor={id}>{say('holders')}</label>
          <div id={`${id}-hint`} className="ask-hint small">
            {say('holdersHint')}
          </div>
          <Input
            id={id}
            aria-describedby={`${id}-hint`}
            value={holders}
            onChange={({ target }) => setHolders(target.value)}
          />
        </div>
      )}
      <div>
        <Button type="primary" size="large" htmlType="submit" loading={check.isPending || upload.isPending}>
          {say('formGo')}
        </Button>
      </div>
      <ProblemNotice error={check.error ?? upload.error} />
    </form>
  )
}
