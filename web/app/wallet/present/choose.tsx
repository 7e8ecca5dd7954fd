import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Flex, Radio } from 'antd'
import { useId, useState } from 'react'
import { api, told } from '../../api/client.ts'
import { once, useWrite } from '../../api/write.ts'
import { Asked } from '../../parts/asked.tsx'
import { Day } from '../../parts/moment.tsx'
import { ProblemNotice } from '../../parts/problem-notice.tsx'
import { useDepartments } from '../../shell.tsx'
import { useWords } from '../../words.ts'
import { Apart, cardsIn, useCertificates, type Card } from '../certificates-page.tsx'
import { useDraft } from '../../parts/draft.ts'
import { named, useNames } from '../names.ts'
import type { Presented } from './presenting.tsx'

const PURPOSES = ['SERVICE', 'IDENTITY', 'QUALIFICATION', 'INSPECTION', 'OTHER'] as const
type Purpose = (typeof PURPOSES)[number]
const MOST = 10

interface Draft {
  certificates: Record<string, 'all' | 'nameAndValidity' | string[]>
  purpose: Purpose
  verifier: string
}

/** Which certificates, which fields of them, what for, and for whose eyes. */
export function Choose({
  first,
  onOpened,
}: {
  first: string | null
  onOpened: (presented: Presented) => void
}) {
  const { say, language } = useWords('wallet')
  const id = useId()
  const names = useNames()
  const departments = useDepartments()
  const certificates = useCertificates()
  const [draft, setDraft, clear] = useDraft<Draft>(`present-${first ?? ''}`, {
    certificates: first === null ? {} : { [first]: 'nameAndValidity' },
    purpose: 'SERVICE',
    verifier: '',
  })
  const [fault, setFault] = useState<'presentNone' | 'presentNoField' | 'presentTooMany' | null>(null)
  const open = useWrite(
    async ({ certificates: chosen, purpose, verifier }: Draft, key) =>
      told(
        api.POST('/v1/holder/presentations', {
          body: {
            certificates: Object.entries(chosen).map(([identifier, fields]) => ({ identifier, fields })),
            purpose,
            ...(verifier !== '' && { verifier }),
          },
          params: { header: once(key) },
        }),
      ),
    {
      onDone: presented => {
        clear()
        onOpened(presented)
      },
    },
  )
  const choose = (identifier: string, fields: Draft['certificates'][string] | null) => {
    setFault(null)
    setDraft(before => {
      const { [identifier]: _, ...others } = before.certificates
      return { ...before, certificates: fields === null ? others : { ...others, [identifier]: fields } }
    })
  }
  const send = () => {
    const chosen = Object.values(draft.certificates)
    const found =
      chosen.length === 0
        ? 'presentNone'
        : chosen.length > MOST
          ? 'presentTooMany'
          : chosen.some(fields => Array.isArray(fields) && fields.length === 0)
            ? 'presentNoField'
            : null
    setFault(found)
    if (found === null) open.mutate(draft)
  }
  return (
    <Asked
      query={certificates}
      isEmpty={() => cardsIn(certificates).length === 0}
      empty={say('certificatesNone')}
    >
      {() => {
        const own = cardsIn(certificates).filter(
          card =>
            card.standing === 'ACTIVE' &&
            !card.withheld &&
            (names.typeOf(card.type.code)?.useModes.includes('present') ?? true),
        )
        return (
          <form
            onSubmit={event => {
              event.preventDefault()
              send()
            }}
          >
            <Flex vertical gap={16}>
              <fieldset className="wallet-box">
                <legend className="visually-hidden">{say('presentWhich')}</legend>
                <h2 aria-hidden>{say('presentWhich')}</h2>
                <ul className="wallet-list">
                  {own.map(card => (
                    <li key={card.identifier}>
                      <ChosenCertificate
                        card={card}
                        fields={draft.certificates[card.identifier] ?? null}
                        onChoose={fields => choose(card.identifier, fields)}
                      />
                    </li>
                  ))}
                </ul>
              </fieldset>
              <div className="wallet-field">
                <label htmlFor={`${id}-purpose`}>{say('presentPurpose')}</label>
                <select
                  id={`${id}-purpose`}
                  className="wallet-select"
                  value={draft.purpose}
                  onChange={event => setDraft({ ...draft, purpose: event.target.value as Purpose })}
                >
                  {PURPOSES.map(purpose => (
                    <option key={purpose} value={purpose}>
                      {say(`purpose_${purpose}`)}
                    </option>
                  ))}
                </select>
              </div>
              <div className="wallet-field">
                <label htmlFor={`${id}-verifier`}>{say('presentVerifier')}</label>
                <select
                  id={`${id}-verifier`}
                  className="wallet-select"
                  value={draft.verifier}
                  onChange={event => setDraft({ ...draft, verifier: event.target.value })}
                >
                  <option value="">{say('presentAnyone')}</option>
                  {(departments.data ?? []).map(department => (
                    <option key={department.code} value={department.code}>
                      {named(language, department)}
                    </option>
                  ))}
                </select>
              </div>
              <span role="alert" className="tone-error">
                {fault === null ? '' : say(fault)}
              </span>
              <ProblemNotice error={open.error} />
              <div>
                <Button type="primary" size="large" htmlType="submit" loading={open.isPending}>
                  {say('presentOpen')}
                </Button>
              </div>
            </Flex>
          </form>
        )
      }}
    </Asked>
  )
}

function ChosenCertificate({
  card,
  fields,
  onChoose,
}: {
  card: Card
  fields: Draft['certificates'][string] | null
  onChoose: (fields: Draft['certificates'][string] | null) => void
}) {
  const { say, language } = useWords('wallet')
  const name = named(language, card.type)
  const mode = fields === null ? null : Array.isArray(fields) ? 'some' : fields
  return (
    <>
      <Checkbox
        checked={fields !== null}
        onChange={event => onChoose(event.target.checked ? 'nameAndValidity' : null)}
      >
        {name} <Apart card={card} />{' '}
        <span className="wallet-quiet">
          {card.validUntil === null ? say('validWithoutEnd') : say('validUntil')}{' '}
          {card.validUntil !== null && <Day seconds={card.validUntil} />}
        </span>
      </Checkbox>
      {mode !== null && (
        <fieldset className="wallet-indent">
          <legend className="visually-hidden">{say('presentFieldsOf', { certificate: name })}</legend>
          <Radio.Group
            value={mode}
            onChange={event => {
              const chosen = event.target.value as 'all' | 'nameAndValidity' | 'some'
              onChoose(chosen === 'some' ? [] : chosen)
            }}
            options={[
              { value: 'nameAndValidity', label: say('presentName') },
              { value: 'all', label: say('presentAll') },
              { value: 'some', label: say('presentSome') },
            ]}
          />
          {Array.isArray(fields) && (
            <SomeFields card={card} chosen={fields} onChoose={chosen => onChoose(chosen)} />
          )}
        </fieldset>
      )}
    </>
  )
}

function SomeFields({
  card,
  chosen,
  onChoose,
}: {
  card: Card
  chosen: string[]
  onChoose: (fields: string[]) => void
}) {
  const names = useNames()
  const { identifier } = card
  const certificate = useQuery({
    queryKey: ['certificate', identifier],
    queryFn: () =>
      told(api.GET('/v1/holder/certificates/{identifier}', { params: { path: { identifier } } })),
  })
  return (
    <Asked query={certificate}>
      {({ fields }) => (
        <Flex wrap gap={8}>
          {Object.keys(fields).map(key => (
            <Checkbox
              key={key}
              checked={chosen.includes(key)}
              onChange={event =>
                onChoose(event.target.checked ? [...chosen, key] : chosen.filter(one => one !== key))
              }
            >
              {names.field(card.type.code, key)}
            </Checkbox>
          ))}
        </Flex>
      )}
    </Asked>
  )
}
