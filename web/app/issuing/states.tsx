/** States of what the desk handles, as words with an icon. */
import { ToneTag, type Tone } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import type { Batch, Proposal, Standing } from './shapes.ts'

/** *issued* is not the end: holders have the certificates once they are final on chain. */
export type BatchStage = Exclude<Batch['state'], 'issued'> | 'running' | 'done'

export const stageOf = ({ state, deliveredAt }: Pick<Batch, 'state' | 'deliveredAt'>): BatchStage =>
  state === 'issued' ? (deliveredAt === null ? 'running' : 'done') : state

const BATCH_TONES: Readonly<Record<BatchStage, Tone>> = {
  draft: 'info',
  submitted: 'waiting',
  rejected: 'error',
  approved: 'waiting',
  running: 'waiting',
  done: 'success',
  withdrawn: 'past',
}

export function BatchTag({ batch }: { batch: Pick<Batch, 'state' | 'deliveredAt' | 'problem'> }) {
  const { say } = useWords('issuing')
  const stage = stageOf(batch)
  if (stage === 'approved' && batch.problem !== null)
    return <ToneTag tone="warning">{say('batch_stopped')}</ToneTag>
  return <ToneTag tone={BATCH_TONES[stage]}>{say(`batch_${stage}`)}</ToneTag>
}

const STANDING_TONES: Readonly<Record<Standing, Tone>> = {
  ACTIVE: 'success',
  NOT_YET_VALID: 'warning',
  EXPIRED: 'warning',
  SUSPENDED: 'warning',
  SUPERSEDED: 'warning',
  REVOKED: 'error',
}
export const STANDINGS = Object.keys(STANDING_TONES) as Standing[]

export function StandingTag({ standing }: { standing: Standing }) {
  const { say } = useWords('issuing')
  return <ToneTag tone={STANDING_TONES[standing]}>{say(`standing_${standing}`)}</ToneTag>
}

const PROPOSAL_TONES: Readonly<Record<Proposal['state'], Tone>> = {
  proposed: 'waiting',
  approved: 'waiting',
  done: 'success',
  rejected: 'error',
  withdrawn: 'past',
}

export function ProposalTag({ state }: { state: Proposal['state'] }) {
  const { say } = useWords('issuing')
  return <ToneTag tone={PROPOSAL_TONES[state]}>{say(`proposal_${state}`)}</ToneTag>
}
