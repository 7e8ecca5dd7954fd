/** Whether what a step issues comes in the place of an older certificate, of which one, and what becomes of that one. */
import { parseCertificateIdentifier } from '../../../protocol/identifiers.ts'
import { useWords } from '../words.ts'
import type { Case, Matter } from './api-types.ts'
import { useEndingReasons, useNames } from './catalogue.ts'
import { recognise } from './given.ts'

/** Of this type, and of a party of the case. */
export interface Older {
  identifier: string
  /** Of the case. */
  party: number
  /** Whether the new one is for the same party; else it passes to somebody else. */
  isSameHolder: boolean
}

type How = 'supersede' | 'revoke'

export interface Replaces {
  /** Identifier of one that the case knows, or another one that is typed; null = it replaces none. */
  from: string | null
  typed: string
  how: How | null
  reason: string
}

export const REPLACES_NONE: Replaces = { from: null, typed: '', how: null, reason: '' }
const TYPED = 'typed'

/** What the case knows of this type: its items say it, whoever took them. */
export function olderOf(of: Case, { cert, party: role }: Matter['outputs'][number]): Older[] {
  const known = new Map<string, Older>()
  for (const { cert: type, identifier, party } of of.items) {
    if (type !== cert || identifier === null) continue
    known.set(identifier, { identifier, party, isSameHolder: of.parties[party]?.role === role })
  }
  return [...known.values()]
}

const howOf = ({ from, how }: Replaces, older: readonly Older[]): How =>
  how ??
  (older.find(({ identifier }) => identifier === from)?.isSameHolder === false ? 'revoke' : 'supersede')

/** As the gateway takes it; undefined when it replaces none. */
export function replacementOf(replaces: Replaces, older: readonly Older[]) {
  if (replaces.from === null) return undefined
  const identifier = replaces.from === TYPED ? (identifierIn(replaces.typed) ?? '') : replaces.from
  return { identifier, how: howOf(replaces, older), reason: replaces.reason }
}

/** Whether a number that was typed cannot be one: a character of it is wrong or missing. */
export const isMistyped = ({ from, typed }: Replaces): boolean =>
  from === TYPED && identifierIn(typed) === null

function identifierIn(typed: string): string | null {
  const given = recognise(typed, location.origin)
  return given.kind === 'certificate' ? given.identifier : null
}

export function ReplacesField({
  id,
  of,
  older,
  replaces,
  isWrong,
  onChange,
}: {
  id: string
  of: Case
  older: readonly Older[]
  replaces: Replaces
  /** After it was sent: what was typed is no certificate number. */
  isWrong: boolean
  onChange: (replaces: Replaces) => void
}) {
  const { say } = useWords('counter')
  const names = useNames()
  const reasons = useEndingReasons()
  const { from } = replaces
  return (
    <fieldset>
      <legend>{say('replaces')}</legend>
      <div className="field">
        <label htmlFor={`${id}-from`}>{say('replacesWhich')}</label>
        <select
          id={`${id}-from`}
          value={from ?? ''}
          onChange={event =>
            onChange({ ...replaces, from: event.target.value === '' ? null : event.target.value, how: null })
          }
        >
          <option value="">{say('replacesNone')}</option>
          {older.map(({ identifier, party }) => (
            <option key={identifier} value={identifier}>
              {say('replacesOne', {
                role: names.inLanguage(of.parties[party]),
                tail: tailOf(identifier),
              })}
            </option>
          ))}
          <option value={TYPED}>{say('replacesTyped')}</option>
        </select>
      </div>
      {from === TYPED && (
        <div className="field">
          <label htmlFor={`${id}-typed`}>{say('replacesNumber')}</label>
          <input
            id={`${id}-typed`}
            required
            autoComplete="off"
            spellCheck={false}
            value={replaces.typed}
            aria-invalid={isWrong}
            aria-describedby={isWrong ? `${id}-wrong` : undefined}
            onChange={event => onChange({ ...replaces, typed: event.target.value })}
          />
          {isWrong && (
            <p className="wrong" id={`${id}-wrong`} role="alert">
              {say('replacesWrong')}
            </p>
          )}
        </div>
      )}
      {from !== null && (
        <>
          <div className="field">
            <label htmlFor={`${id}-how`}>{say('replacesHow')}</label>
            <select
              id={`${id}-how`}
              value={howOf(replaces, older)}
              onChange={event => onChange({ ...replaces, how: event.target.value as How })}
            >
              <option value="supersede">{say('replaces_supersede')}</option>
              <option value="revoke">{say('replaces_revoke')}</option>
            </select>
          </div>
          <div className="field">
            <label htmlFor={`${id}-reason`}>{say('replacesReason')}</label>
            <select
              id={`${id}-reason`}
              required
              value={replaces.reason}
              onChange={event => onChange({ ...replaces, reason: event.target.value })}
            >
              <option value="">{say('choose')}</option>
              {reasons.data?.map(reason => (
                <option key={reason.code} value={reason.code}>
                  {names.inLanguage(reason)}
                </option>
              ))}
            </select>
          </div>
          <p className="small">{say('replacesWhat')}</p>
        </>
      )}
    </fieldset>
  )
}

/** The serial's end: enough to tell two of one person apart. */
const tailOf = (identifier: string): string => parseCertificateIdentifier(identifier).serial.slice(-6)
