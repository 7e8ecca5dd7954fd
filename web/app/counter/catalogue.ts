/** Names of types, fields, matters and departments, asked once and kept. */
import { useQuery } from '@tanstack/react-query'
import { api, told } from '../api/client.ts'
import { useDepartments } from '../shell.tsx'
import { useWords } from '../words.ts'
import type { CertificateType, Matter } from './api-types.ts'

const LONG = 300_000

export function useTypes() {
  return useQuery({
    queryKey: ['types'],
    queryFn: async () =>
      (await told(api.GET('/v1/types'))).types.map(
        ({ definition }) => definition as unknown as CertificateType,
      ),
    staleTime: LONG,
  })
}

export function useMatters() {
  return useQuery({
    queryKey: ['matters'],
    queryFn: async () => (await told(api.GET('/v1/matters'))).matters,
    staleTime: LONG,
  })
}

/** The newest version of a matter. */
export function useMatter(code: string | null) {
  return useQuery({
    queryKey: ['matter', code],
    queryFn: async () =>
      (await told(api.GET('/v1/matters/{code}', { params: { path: { code: code ?? '' } } })))
        .definition as unknown as Matter,
    staleTime: LONG,
    enabled: code !== null,
  })
}

/** Why a certificate may be ended or replaced, as the region lists it. */
export function useEndingReasons() {
  return useQuery({
    queryKey: ['region'],
    queryFn: () => told(api.GET('/v1/region')),
    staleTime: Infinity,
    select: ({ reasons }) => reasons.ending,
  })
}

/** What things are called in the language of the page; a name that is not known yet is an ellipsis, never a code. */
export function useNames() {
  const { language } = useWords('common')
  const types = useTypes()
  const departments = useDepartments()
  const matters = useMatters()
  const inLanguage = (named: { zh: string; en: string } | undefined): string =>
    named === undefined ? '…' : language === 'en' ? named.en : named.zh
  const typeOf = (code: string) => types.data?.find(type => type.code === code)
  return {
    inLanguage,
    typeOf,
    type: (code: string) => inLanguage(typeOf(code)),
    fields: (code: string, keys: readonly string[]) =>
      keys
        .map(key => inLanguage(typeOf(code)?.fields.find(field => field.key === key)))
        .join(language === 'en' ? ', ' : '、'),
    department: (code: string) => inLanguage(departments.data?.find(department => department.code === code)),
    matter: (code: string) => inLanguage(matters.data?.find(matter => matter.code === code)),
    types: types.data ?? [],
  }
}
