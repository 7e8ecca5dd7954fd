/** Certificate types as the catalogue has them: what a page needs of a definition to show and ask for its fields. */
import { useQuery } from '@tanstack/react-query'
import { api, told } from '../api/client.ts'
import type { Language } from '../language.ts'

export interface Named {
  readonly zh: string
  readonly en: string
}

interface Leaf extends Named {
  readonly key: string
  readonly required: boolean
  readonly example: unknown
  readonly unit?: string
}

/** A field whose value is no list. */
export type PlainField = Leaf &
  (
    | { readonly type: 'string' | 'text' | 'date' | 'datetime' | 'money' | 'hash' }
    | { readonly type: 'number'; readonly integer?: boolean; readonly min?: number; readonly max?: number }
    | { readonly type: 'enum'; readonly enum: readonly string[] }
  )

export type ListField = Leaf & { readonly type: 'array'; readonly items: 'string' | readonly PlainField[] }
export type Field = PlainField | ListField

export interface Definition extends Named {
  readonly code: string
  readonly issuer: string
  readonly numberField: string
  readonly nameField: string
  readonly holderIdFields?: readonly string[]
  readonly validity: { readonly kind: string; readonly field?: string; readonly allowLongTerm?: boolean }
  readonly fields: readonly Field[]
}

/** A published type. */
export interface PublishedType {
  readonly code: string
  readonly version: number
  readonly typeCode: string
  readonly department: string
  readonly definition: Definition
}

/** The newest version of every type. */
export function useTypes() {
  return useQuery({
    queryKey: ['types'],
    queryFn: async () => (await told(api.GET('/v1/types'))).types as unknown as PublishedType[],
    staleTime: 300_000,
  })
}

/** The newest version of a type, by which new rows are checked. */
export function useType(code: string) {
  return useQuery({
    queryKey: ['types', code],
    queryFn: async () =>
      (await told(api.GET('/v1/types/{code}', { params: { path: { code } } }))) as unknown as PublishedType,
    staleTime: 60_000,
  })
}

/** One version of a type: rows and certificates are shown by the version that they were made under. */
export function useTypeVersion(code: string | undefined, version: number | undefined) {
  return useQuery({
    queryKey: ['types', code, version],
    queryFn: async () => {
      const path = { code: code!, version: String(version) }
      const { type } = await told(api.GET('/v1/types/{code}/versions/{version}', { params: { path } }))
      return type as unknown as PublishedType
    },
    enabled: code !== undefined && version !== undefined,
    staleTime: Infinity,
  })
}

/** The region's words for why a certificate may change. */
export function useReasons() {
  return useQuery({
    queryKey: ['region'],
    queryFn: () => told(api.GET('/v1/region')),
    staleTime: Infinity,
    select: ({ reasons }) => reasons,
  })
}

export const nameIn = (named: Named | undefined, language: Language): string =>
  named === undefined ? '' : language === 'en' ? named.en : named.zh

/** Whether the holder has to be named beside the fields, because none of them says his number. */
export const asksHolders = ({ holderIdFields = [] }: Definition): boolean => holderIdFields.length === 0

/** A last day that may also be 长期. */
export const mayBeLongTerm = ({ validity }: Definition, { key }: Field | PlainField): boolean =>
  validity.allowLongTerm === true && validity.field === key

/** The holder's name in a row; of several holders all. */
export function holderName(
  { nameField }: Definition,
  values: Readonly<Record<string, unknown>> | null,
): string {
  const [key = '', inner] = nameField.split('.')
  const value = values?.[key]
  if (inner === undefined) return typeof value === 'string' ? value : ''
  if (!Array.isArray(value)) return ''
  return value
    .map((item: unknown) => (isRecord(item) ? item[inner] : undefined))
    .filter(name => typeof name === 'string')
    .join('、')
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A path of an error (`members[0].idNo`) as people call it: names of fields, and which entry. */
export function pathName(
  { fields }: Definition,
  path: string,
  language: Language,
  entry: (place: number) => string,
): string {
  const [, key = '', place, inner] = /^([^[.]*)(?:\[(\d+)\])?(?:\.(.*))?$/.exec(path) ?? []
  const field = fields.find(one => one.key === key)
  if (field === undefined) return path
  const parts = [nameIn(field, language)]
  if (place !== undefined) parts.push(entry(Number(place) + 1))
  if (inner !== undefined && field.type === 'array' && field.items !== 'string')
    parts.push(
      nameIn(
        field.items.find(item => item.key === inner),
        language,
      ) || inner,
    )
  return parts.join(' · ')
}

/** The field that a path of an error leads to; of a list the list. */
export const fieldAt = ({ fields }: Definition, path: string): Field | undefined => {
  const key = /^[^[.]*/.exec(path)?.[0]
  return fields.find(one => one.key === key)
}

/** The innermost field of a path, whose example and choices help to correct it. */
export function leafAt(definition: Definition, path: string): Field | PlainField | undefined {
  const field = fieldAt(definition, path)
  const inner = /\]\.(.+)$/.exec(path)?.[1]
  if (inner === undefined || field?.type !== 'array' || field.items === 'string') return field
  return field.items.find(item => item.key === inner) ?? field
}
