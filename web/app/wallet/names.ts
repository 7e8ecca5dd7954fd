/** What certificates, fields, matters and departments are called, in the language of the page. */
import { useQuery } from '@tanstack/react-query'
import { api, told } from '../api/client.ts'
import type { Language } from '../language.ts'
import { useDepartments } from '../shell.tsx'
import { useWords } from '../words.ts'

export interface Named {
  zh: string
  en: string
}

interface ItemField extends Named {
  key: string
  type: string
  unit?: string
}
export interface FieldDefinition extends ItemField {
  items?: 'string' | ItemField[]
}
export interface TypeDefinition extends Named {
  code: string
  issuer: string
  holderType: 'natural' | 'legal' | 'both'
  useModes: ('duty' | 'consent' | 'present')[]
  catalogue: { resourceCategory: Named }
  fields: FieldDefinition[]
}

export const named = (language: Language, { zh, en }: Named): string => (language === 'en' ? en : zh)

export function useTypes() {
  return useQuery({
    queryKey: ['types'],
    queryFn: async () =>
      (await told(api.GET('/v1/types'))).types.map(type => type.definition as unknown as TypeDefinition),
    staleTime: 300_000,
  })
}

/** The version under which a certificate was issued: a newer one may call its fields otherwise. */
export function useTypeVersion(type: { code: string; version: number } | undefined) {
  return useQuery({
    queryKey: ['types', type?.code, type?.version, 'definition'],
    queryFn: async () => {
      const path = { code: type!.code, version: String(type!.version) }
      const found = await told(api.GET('/v1/types/{code}/versions/{version}', { params: { path } }))
      return found.type.definition as TypeDefinition
    },
    enabled: type !== undefined,
    staleTime: Infinity,
  })
}

export function useMatters() {
  return useQuery({
    queryKey: ['matters'],
    queryFn: async () => (await told(api.GET('/v1/matters'))).matters,
    staleTime: 300_000,
  })
}

/** Names by code; a code that nobody knows stands for itself, as a field of an older version may. */
export function useNames() {
  const { say, language } = useWords('wallet')
  const types = useTypes().data
  const matters = useMatters().data
  const departments = useDepartments().data
  const typeOf = (code: string) => types?.find(type => type.code === code)
  const fieldOf = (type: string, key: string) => typeOf(type)?.fields.find(field => field.key === key)
  const name = (found: Named | undefined, otherwise: string) =>
    found === undefined ? otherwise : named(language, found)
  return {
    language,
    /** Between a name and what it names. */
    colon: language === 'en' ? ': ' : '：',
    typeOf,
    fieldOf,
    type: (code: string) => name(typeOf(code), code),
    field: (type: string, key: string) => name(fieldOf(type, key), key),
    fields: (type: string, keys: readonly string[]) =>
      keys.map(key => name(fieldOf(type, key), key)).join(language === 'en' ? ', ' : '、'),
    matter: (code: string) =>
      code === 'PRESENT'
        ? say('matterNone')
        : name(
            matters?.find(matter => matter.code === code),
            code,
          ),
    department: (code: string) =>
      name(
        departments?.find(department => department.code === code),
        code,
      ),
    departmentOf: (code: string) => departments?.find(department => department.code === code),
    matterOf: (code: string) => matters?.find(matter => matter.code === code),
    /** The part of life that a type belongs to. */
    area: (code: string) => areaOf(typeOf(code), language) ?? say('areaOther'),
  }
}

/** `身份户籍／居民身份证`: what stands before the stroke is the area. */
export function areaOf(type: TypeDefinition | undefined, language: Language): string | null {
  if (type === undefined) return null
  const [area = ''] = named(language, type.catalogue.resourceCategory).split(/\s*[／/]\s*/u)
  return area === '' ? null : area
}
