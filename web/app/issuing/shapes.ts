/** Shapes of the API's answers that several pages of the desk show. */
import type { paths } from '../api/schema.d.ts'

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } }
}
  ? Body
  : never

export type Batch = Answer<'/v1/batches/{id}'>
export type Row = Answer<'/v1/batches/{id}/rows'>['rows'][number]
export type Sample = Answer<'/v1/batches/{id}/preview'>['samples'][number]
export type Summary = Answer<'/v1/batches/{id}/summary'>
export type Proposal = Answer<'/v1/proposals'>['proposals'][number]
export type ProposalDetail = Answer<'/v1/proposals/{id}'>
export type CertificateState = Answer<'/v1/certificates/{identifier}/state'>
export type Correction = Answer<'/v1/departments/{code}/corrections'>['corrections'][number]
export type Objection = Answer<'/v1/departments/{code}/objections'>['objections'][number]
export type Registration = Answer<'/v1/departments/{code}/registration'>

export type BatchState = Batch['state']
export type Standing = CertificateState['standing']
export type Action = Proposal['action']
