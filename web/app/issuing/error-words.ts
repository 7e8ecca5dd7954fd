/** What is wrong with a row and how it is put right, in words for a clerk: by the code of the error and what the type says of the field. */
import { useWords } from '../words.ts'
import { leafAt, nameIn, pathName, type Definition } from './types.ts'

/** One error as the API tells it. */
export interface RowError {
  row?: number | undefined
  field: string
  code: string
  expected: string
  found: string
}

const KNOWN = [
  'ROW_NOT_OBJECT',
  'ROW_DUPLICATE',
  'ROW_TOO_LARGE',
  'HOLDER_NUMBER',
  'FIELD_UNKNOWN',
  'FIELD_REQUIRED',
  'FIELD_TYPE',
  'FIELD_TOO_LONG',
  'FIELD_PATTERN',
  'FIELD_ENUM',
  'FIELD_DATE',
  'FIELD_CHECK_DIGIT',
  'FIELD_CHARACTER',
  'FIELD_NUMBER',
  'FIELD_DATE_ORDER',
  'FIELD_TOO_MANY',
  'SHEET_FORMULA',
  'SHEET_CELL',
  'SHEET_JSON',
] as const
type Known = (typeof KNOWN)[number]

const isKnown = (code: string): code is Known => (KNOWN as readonly string[]).includes(code)

/** Says what an error is about and what to do. */
export function useErrorWords(definition: Definition) {
  const { say, language } = useWords('issuing')
  const nameOf = (path: string) =>
    path === ''
      ? say('wholeRow')
      : path === 'holders'
        ? say('holders')
        : pathName(definition, path, language, place => say('entry', { place }))
  return {
    nameOf,
    wordsOf(error: RowError): string {
      const { code, field: path } = error
      if (!isKnown(code)) return say('error_OTHER')
      const field = leafAt(definition, path)
      if (code === 'FIELD_PATTERN' && typeof field?.example === 'string')
        return say('error_FIELD_PATTERN_example', { example: field.example })
      if (code === 'FIELD_ENUM' && field?.type === 'enum')
        return say('error_FIELD_ENUM_choices', { choices: field.enum.join('、') })
      if (code === 'FIELD_DATE_ORDER') {
        // `not before <field>`, or `at most 3 months from <field>`.
        const before = /^not before (\w+)$/.exec(error.expected)?.[1]
        const other = definition.fields.find(({ key }) => key === before)
        if (other !== undefined)
          return say('error_FIELD_DATE_ORDER_other', { other: nameIn(other, language) })
      }
      if (code === 'ROW_DUPLICATE') {
        const row = /row (\d+)$/.exec(error.found)?.[1]
        if (row !== undefined) return say('error_ROW_DUPLICATE_row', { row })
      }
      return say(`error_${code}`)
    },
  }
}
