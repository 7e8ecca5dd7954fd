import { useQuery } from '@tanstack/react-query'
import { api, told } from '../api/client.ts'
import { useWords } from '../words.ts'
import { useNames } from './catalogue.ts'

export function useCase(id: string | null) {
  return useQuery({
    queryKey: ['case', id],
    queryFn: () => told(api.GET('/v1/cases/{id}', { params: { path: { id: id ?? '' } } })),
    enabled: id !== null,
  })
}

export function useOpenCases() {
  return useQuery({
    queryKey: ['cases', 'open'],
    queryFn: async () =>
      (await told(api.GET('/v1/cases', { params: { query: { limit: '200' } } }))).cases.filter(
        ({ state }) => state === 'open',
      ),
  })
}

/** The open case for which things are read, or none: then only a person's identity is looked at. */
export function CaseChoice({
  chosen,
  onChosen,
}: {
  chosen: string | null
  onChosen: (id: string | null) => void
}) {
  const { say } = useWords('counter')
  const { inLanguage } = useNames()
  const cases = useOpenCases()
  return (
    <div className="field">
      <label htmlFor="for-case">{say('forCase')}</label>
      <select
        id="for-case"
        value={chosen ?? ''}
        onChange={event => onChosen(event.target.value === '' ? null : event.target.value)}
      >
        <option value="">{say('forNoCase')}</option>
        {cases.data?.map(one => (
          <option key={one.id} value={one.id}>
            {inLanguage(one)} · {one.number}
          </option>
        ))}
      </select>
    </div>
  )
}
