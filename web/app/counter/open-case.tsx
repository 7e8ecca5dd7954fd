/** By matter: which matter, for whom. Numbers are typed here once, looked up by the gateway and kept nowhere. */
import { Alert, Button, Card, Checkbox, Flex } from 'antd'
import { useState, type FormEvent } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { isCitizenNumber, isUscc } from '../../../protocol/identifiers.ts'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import type { Case, Matter } from './api-types.ts'
import { useMatter, useMatters, useNames } from './catalogue.ts'

export function OpenCase() {
  const { say } = useWords('counter')
  const { inLanguage } = useNames()
  const session = useSession()
  const matters = useMatters()
  const [code, setCode] = useState<string | null>(null)
  const matter = useMatter(code)
  return (
    <Page title={say('newTitle')} intro={say('newIntro')}>
      <Asked
        query={matters}
        isEmpty={all => !all.some(({ leadDept }) => leadDept === session.data?.department)}
        empty={say('newNone')}
      >
        {all => (
          <Card className="form-card">
            <div className="field">
              <label htmlFor="matter">{say('matter')}</label>
              <select
                id="matter"
                value={code ?? ''}
                onChange={event => setCode(event.target.value === '' ? null : event.target.value)}
              >
                <option value="">{say('choose')}</option>
                {all
                  .filter(({ leadDept }) => leadDept === session.data?.department)
                  .map(one => (
                    <option key={one.code} value={one.code}>
                      {inLanguage(one)}
                    </option>
                  ))}
              </select>
            </div>
            {code !== null && (
              <Asked query={matter}>{found => <Parties key={found.code} matter={found} />}</Asked>
            )}
          </Card>
        )}
      </Asked>
    </Page>
  )
}

interface Line {
  role: string
  number: string
}

interface Opening {
  parties: Line[]
  conditions: Record<string, boolean>
  assisted: boolean
}

function Parties({ matter }: { matter: Matter }) {
  const { say } = useWords('counter')
  const { inLanguage } = useNames()
  const navigate = useNavigate()
  const { number: shown } = (useLocation().state ?? {}) as { number?: string }
  const [lines, setLines] = useState<Line[]>(() => startingLines(matter, shown ?? ''))
  const [conditions, setConditions] = useState<Record<string, boolean>>({})
  const [isAssisted, setAssisted] = useState(false)
  const [isTried, setTried] = useState(false)
  const open = useWrite<Opening, Case>(
    async (opening, key) => {
      const body = { matter: matter.code, channel: 'counter' as const, ...opening }
      return told(api.POST('/v1/cases', { body, params: { header: once(key) } }))
    },
    { onDone: ({ id }) => void navigate(`/counter/cases/${id}`) },
  )
  const partyOf = (role: string) => matter.parties.find(party => party.role === role)!
  const isNeeded = (place: number): boolean => {
    const { role } = lines[place]!
    const before = lines.slice(0, place).filter(line => line.role === role).length
    return before < partyOf(role).min
  }
  const wrongs = lines.map(({ role, number }, place) => {
    if (number === '') return isNeeded(place) ? say('numberMissing') : null
    const isRight = partyOf(role).holderType === 'legal' ? isUscc(number) : isCitizenNumber(number)
    return isRight ? null : say(`numberWrong_${partyOf(role).holderType}`)
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const wrong = wrongs.findIndex(one => one !== null)
    if (wrong >= 0) {
      document.getElementById(`party-${wrong}`)?.focus()
      return
    }
    open.mutate({
      parties: lines.filter(({ number }) => number !== ''),
      conditions,
      assisted: isAssisted,
    })
  }
  return (
    <form onSubmit={submit} noValidate>
      <Flex vertical gap={12}>
        {isTried && wrongs.some(one => one !== null) && (
          <Alert role="alert" type="error" showIcon title={say('newWrong')} />
        )}
        {lines.map(({ role, number }, place) => {
          const party = partyOf(role)
          const wrong = isTried ? (wrongs[place] ?? null) : null
          return (
            <div className="field" key={`${role}-${place}`}>
              <label htmlFor={`party-${place}`}>
                {say(party.holderType === 'legal' ? 'partyLegal' : 'partyNatural', {
                  role: inLanguage(party),
                })}
                {!isNeeded(place) && say('common:optional')}
              </label>
              <input
                id={`party-${place}`}
                autoComplete="off"
                spellCheck={false}
                maxLength={24}
                value={number}
                aria-invalid={wrong !== null}
                aria-describedby={wrong === null ? undefined : `party-${place}-wrong`}
                onChange={event => {
                  const typed = event.target.value.normalize('NFKC').replaceAll(/\s/g, '').toUpperCase()
                  setLines(lines.with(place, { role, number: typed }))
                }}
              />
              {wrong !== null && (
                <p className="wrong" id={`party-${place}-wrong`}>
                  {wrong}
                </p>
              )}
            </div>
          )
        })}
        <Flex gap={8} wrap>
          {matter.parties
            .filter(({ role, max }) => lines.filter(line => line.role === role).length < max)
            .map(party => (
              <Button key={party.role} onClick={() => setLines([...lines, { role: party.role, number: '' }])}>
                {say('partyAdd', { role: inLanguage(party) })}
              </Button>
            ))}
        </Flex>
        {matter.conditions.map(condition => (
          <Checkbox
            key={condition.code}
            checked={conditions[condition.code] === true}
            onChange={event => setConditions({ ...conditions, [condition.code]: event.target.checked })}
          >
            {inLanguage(condition)}
          </Checkbox>
        ))}
        <Checkbox checked={isAssisted} onChange={event => setAssisted(event.target.checked)}>
          {say('assisted')}
        </Checkbox>
        <p className="small">{say('numberNotKept')}</p>
        <Flex gap={12}>
          <Button type="primary" size="large" htmlType="submit" loading={open.isPending}>
            {say('open')}
          </Button>
        </Flex>
        <ProblemNotice error={open.error} />
      </Flex>
    </form>
  )
}

/** As many lines as the matter needs; the number that was shown goes where it fits. */
function startingLines(matter: Matter, shown: string): Line[] {
  const lines = matter.parties.flatMap(({ role, min }) =>
    Array.from({ length: Math.max(min, 1) }, () => ({ role, number: '' })),
  )
  const kind = isUscc(shown) ? 'legal' : 'natural'
  const place = lines.findIndex(
    ({ role }) => matter.parties.find(party => party.role === role)?.holderType === kind,
  )
  return shown === '' || place < 0 ? lines : lines.with(place, { ...lines[place]!, number: shown })
}
