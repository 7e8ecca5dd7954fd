import { Alert } from 'antd'
import { CheckCircleFilled, ClockCircleFilled } from '@ant-design/icons'
import { useWords } from '../words.ts'
import { ProblemCode } from './problem-code.tsx'
import type { Batch } from './shapes.ts'
import { STAGES, useWatchedBatch } from './watch-batch.ts'

/** How far an approved batch has come, live: 校验 → 签章 → 入账 → 上链 → 送达. */
export function BatchProgress({ batch }: { batch: Batch }) {
  const { say } = useWords('issuing')
  const isRunning = batch.state === 'approved' || (batch.state === 'issued' && batch.deliveredAt === null)
  const isLost = useWatchedBatch(batch.id, isRunning)
  const current = STAGES.find(stage => !isDone(batch, stage))
  return (
    <section className="panel" aria-labelledby="progress">
      <h2 id="progress">{say('progress')}</h2>
      {isRunning && <p>{say('progressLeave')}</p>}
      {isLost && <Alert type="warning" showIcon title={say('progressLost')} role="status" />}
      {batch.state === 'approved' && batch.problem !== null && (
        <Alert
          type="warning"
          showIcon
          role="status"
          title={say('stoppedTitle')}
          description={<ProblemCode code={batch.problem} />}
        />
      )}
      <ol className="stages">
        {STAGES.map(stage => {
          const { done, all } = countOf(batch, stage)
          const state = isDone(batch, stage) ? 'done' : stage === current ? 'now' : 'later'
          return (
            <li key={stage} className={`stage stage-${state}`} data-stage={stage} data-state={state}>
              <span className="stage-icon">
                {state === 'done' ? <CheckCircleFilled aria-hidden /> : <ClockCircleFilled aria-hidden />}
              </span>
              <span className="stage-name">{say(`stage_${stage}`)}</span>
              <progress max={Math.max(1, all)} value={done} aria-label={say(`stage_${stage}`)} />
              <span className="stage-count">
                {done} / {all}
              </span>
              <span className="stage-what small">{say(`stageWhat_${stage}`)}</span>
            </li>
          )
        })}
      </ol>
      <output className="visually-hidden">
        {current === undefined
          ? say('progressDone')
          : say('progressNow', { stage: say(`stage_${current}`), ...countOf(batch, current) })}
      </output>
    </section>
  )
}

/** What counts is what will be signed: rows that were left out were checked and stay behind. */
function countOf({ progress }: Batch, stage: (typeof STAGES)[number]): { done: number; all: number } {
  const { done, all } = progress[stage]
  return stage === 'checked'
    ? { done: Math.min(done, progress.signed.all), all: progress.signed.all }
    : { done, all }
}

function isDone(batch: Batch, stage: (typeof STAGES)[number]): boolean {
  const { done, all } = countOf(batch, stage)
  return all > 0 && done >= all
}
