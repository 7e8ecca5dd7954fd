/** Answers of the API that the counter works with, by name. */
import type { paths } from '../api/schema.d.ts'

type Answered<Responses> = Responses extends { 200: { content: { 'application/json': infer Body } } }
  ? Body
  : Responses extends { 201: { content: { 'application/json': infer Body } } }
    ? Body
    : never
type GetAnswer<Path extends keyof paths> = paths[Path] extends { get: { responses: infer R } }
  ? Answered<R>
  : never
type PostAnswer<Path extends keyof paths> = paths[Path] extends { post: { responses: infer R } }
  ? Answered<R>
  : never

export type Case = GetAnswer<'/v1/cases/{id}'>
export type CaseItem = Case['items'][number]
export type CaseStep = Case['steps'][number]
export type CaseSummary = GetAnswer<'/v1/cases'>['cases'][number]
export type Collected = PostAnswer<'/v1/cases/{id}/collect'>
export type ConsentRequest = GetAnswer<'/v1/consent-requests/{id}'>
export type Taken = PostAnswer<'/v1/presentations/resolve'>
export type Reading = PostAnswer<'/v1/presentations/{id}/reading'>['certificates'][number]
export type Use = GetAnswer<'/v1/departments/{code}/uses'>['uses'][number]
export type Report = PostAnswer<'/v1/verify'>
export type PublicState = PostAnswer<'/v1/verify/lookup'>
export type MatterSummary = GetAnswer<'/v1/matters'>['matters'][number]

interface Named {
  zh: string
  en: string
}

/** As much of a matter as the counter reads. */
export interface Matter extends Named {
  code: string
  leadDept: string
  parties: (Named & { role: string; holderType: 'natural' | 'legal'; min: number; max: number })[]
  conditions: (Named & { code: string })[]
  requirements: { cert: string; party: string; mode: 'duty' | 'consent' | 'present'; fields: string[] }[]
  fallbacks: (Named & { group: string })[]
  outputs: { cert: string; dept: string; party: string; kind?: 'certificate' | 'record' }[]
  consent: { defaultValidityDays: number; maxUses: number }
  steps: (Named & { dept: string })[]
}

interface LeafField extends Named {
  key: string
  type: 'string' | 'text' | 'enum' | 'date' | 'datetime' | 'number' | 'money' | 'hash'
  required: boolean
  unit?: string
  enum?: string[]
  example: unknown
}
export type TypeField =
  LeafField | (Omit<LeafField, 'type'> & { type: 'array'; items: 'string' | LeafField[] })

/** As much of a certificate type as the counter reads. */
export interface CertificateType extends Named {
  code: string
  typeCode: string
  shortZh: string
  issuer: string
  fields: TypeField[]
}
