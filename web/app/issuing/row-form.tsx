import { useErrorWords, type RowError } from './error-words.ts'
import { Faults, FieldInput } from './field-input.tsx'
import type { Typed } from './row-values.ts'
import { fieldAt, mayBeLongTerm, type Definition } from './types.ts'

/** Every field of a type to fill in, each with what is wrong with it. */
export function RowForm({
  definition,
  typed,
  onChange,
  errors,
}: {
  definition: Definition
  typed: Readonly<Record<string, Typed>>
  onChange: (typed: Readonly<Record<string, Typed>>) => void
  errors: readonly RowError[]
}) {
  const { nameOf, wordsOf } = useErrorWords(definition)
  const beside = errors.filter(({ field }) => fieldAt(definition, field) === undefined)
  return (
    <>
      {beside.length > 0 && (
        <Faults errors={beside.map(error => `${nameOf(error.field)}：${wordsOf(error)}`)} />
      )}
      <div className="asks">
        {definition.fields.map(field => (
          <FieldInput
            key={field.key}
            field={field}
            value={typed[field.key] ?? (field.type === 'array' ? [] : '')}
            longTerm={mayBeLongTerm(definition, field)}
            errors={errors
              .filter(error => fieldAt(definition, error.field)?.key === field.key)
              .map(error =>
                field.type === 'array' ? `${nameOf(error.field)}：${wordsOf(error)}` : wordsOf(error),
              )}
            onChange={value => onChange({ ...typed, [field.key]: value })}
          />
        ))}
      </div>
    </>
  )
}
