import { useQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { api, Problem, saveFile, told } from '../api/client.ts'
import { useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Day } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { Corrections } from './corrections.tsx'
import { LinkButton } from './link-button.tsx'
import { named, useNames, useTypeVersion } from './names.ts'
import { StandingTag } from './standing.tsx'
import { Value } from './value.tsx'

/** One certificate: masked, until its holder has shown again who he is. */
export function CertificatePage() {
  const { say, language } = useWords('wallet')
  const { identifier = '' } = useParams()
  const names = useNames()
  const certificate = useQuery({
    queryKey: ['certificate', identifier],
    queryFn: () =>
      told(api.GET('/v1/holder/certificates/{identifier}', { params: { path: { identifier } } })),
  })
  const definition = useTypeVersion(certificate.data?.type).data
  const fieldOf = (key: string) => definition?.fields.find(field => field.key === key)
  const nameOf = (key: string) => {
    const field = fieldOf(key)
    return field === undefined ? key : named(language, field)
  }
  const [full, setFull] = useState<Record<string, unknown> | null>(null)
  const unmask = useWrite(
    async (_: null) =>
      told(api.GET('/v1/holder/certificates/{identifier}/values', { params: { path: { identifier } } })),
    { onDone: ({ fields }) => setFull(fields) },
  )
  const title = certificate.data === undefined ? say('certificate') : named(language, certificate.data.type)
  return (
    <Page title={title}>
      <Asked query={certificate}>
        {card => {
          const fields: Record<string, unknown> = full ?? card.fields
          const canPresent =
            card.standing === 'ACTIVE' && (names.typeOf(card.type.code)?.useModes.includes('present') ?? true)
          return (
            <>
              <section className="wallet-box" aria-label={say('face')}>
                <Flex vertical gap={12}>
                  <Flex gap={16} wrap align="center">
                    <StandingTag {...card} />
                    <span>{say('issuedBy', { department: named(language, card.department) })}</span>
                    <span>
                      {card.validUntil === null ? say('validWithoutEnd') : say('validUntil')}{' '}
                      {card.validUntil !== null && <Day seconds={card.validUntil} />}
                    </span>
                  </Flex>
                  <dl className="wallet-facts">
                    {Object.entries(definition === undefined ? {} : fields).map(([key, value]) => (
                      <Fact key={key} name={nameOf(key)}>
                        <Value field={fieldOf(key)} value={value} />
                      </Fact>
                    ))}
                  </dl>
                  <Flex className="no-print" gap={12} wrap>
                    {full === null ? (
                      <Button loading={unmask.isPending} onClick={() => unmask.mutate(null)}>
                        {say('unmask')}
                      </Button>
                    ) : (
                      <Button onClick={() => setFull(null)}>{say('mask')}</Button>
                    )}
                  </Flex>
                  {full === null && <p className="wallet-quiet small no-print">{say('maskedWhy')}</p>}
                  <ProblemNotice error={unmask.error} />
                </Flex>
              </section>
              <Flex className="no-print" gap={12} wrap>
                {canPresent && (
                  <LinkButton type="primary" size="large" to={`/wallet/present?certificate=${identifier}`}>
                    {say('navPresent')}
                  </LinkButton>
                )}
              </Flex>
              <Downloads identifier={identifier} name={named(language, card.type)} />
              <section className="wallet-box no-print" aria-label={say('more')}>
                <Flex gap={16} wrap>
                  <Link to={`/wallet/uses?certificate=${identifier}`}>{say('usesOfThis')}</Link>
                  <Link to={`/wallet/grants?certificate=${identifier}`}>{say('grantsOfThis')}</Link>
                </Flex>
              </section>
              <Corrections identifier={identifier} type={card.type.code} fields={Object.keys(card.fields)} />
            </>
          )
        }}
      </Asked>
    </Page>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Downloads({ identifier, name }: { identifier: string; name: string }) {
  const { say, language } = useWords('wallet')
  return (
    <section className="wallet-box no-print" aria-label={say('download')}>
      <Flex vertical gap={8}>
        <h2>{say('download')}</h2>
        <Flex gap={12} wrap>
          <Save
            path={`/v1/holder/certificates/${identifier}/paper?language=${language === 'en' ? 'en' : 'zh'}`}
            otherwise={`${name}.pdf`}
            label={say('downloadPdf')}
          />
          <Save
            path={`/v1/holder/certificates/${identifier}/file`}
            otherwise={`${identifier}.json`}
            label={say('downloadFile')}
          />
        </Flex>
        <p className="wallet-quiet small">{say('downloadWhat')}</p>
      </Flex>
    </section>
  )
}

/** A button that saves a file, or says why there is none. */
export function Save({ path, otherwise, label }: { path: string; otherwise: string; label: string }) {
  const [error, setError] = useState<Problem | null>(null)
  const [isBusy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    setError(null)
    try {
      await saveFile(path, otherwise)
    } catch (failed) {
      if (!(failed instanceof Problem)) throw failed
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Flex vertical gap={8}>
      <Button loading={isBusy} onClick={() => void save()}>
        {label}
      </Button>
      <ProblemNotice error={error} />
    </Flex>
  )
}
