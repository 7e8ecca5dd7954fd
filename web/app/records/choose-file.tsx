import { Alert, Button, Flex, Progress } from 'antd'
import { useRef } from 'react'
import { useDroppedFile } from '../parts/use-dropped-file.ts'
import { useWords } from '../words.ts'
import type { Digesting } from './use-digest.ts'

/** A place to drop a file or choose one, and how far its fingerprint is. */
export function ChooseFile({
  digesting,
  onChosen,
  onCancel,
}: {
  digesting: Digesting
  onChosen: (file: File) => void
  onCancel: () => void
}) {
  const { say, language } = useWords('records')
  const input = useRef<HTMLInputElement>(null)
  useDroppedFile(onChosen)
  return (
    <Flex vertical gap={12}>
      <div className="drop">
        <input
          ref={input}
          type="file"
          hidden
          aria-label={say('choose')}
          onChange={event => {
            const [file] = event.target.files ?? []
            event.target.value = ''
            if (file !== undefined) onChosen(file)
          }}
        />
        <p>{say('dropHere')}</p>
        <Button size="large" onClick={() => input.current?.click()}>
          {say('choose')}
        </Button>
        <p className="small">{say('staysHere')}</p>
      </div>
      {digesting.state !== 'none' && (
        <p className="file-name">
          <strong>{digesting.file.name}</strong> · {sizeText(digesting.file.size, language)}
        </p>
      )}
      {digesting.state === 'running' && (
        <Flex gap={12} align="center" wrap>
          <Progress
            className="digest-progress"
            aria-label={say('computing')}
            percent={percentOf(digesting.done, digesting.file.size)}
          />
          <Button onClick={onCancel}>{say('common:cancel')}</Button>
        </Flex>
      )}
      <div role="status">
        {digesting.state === 'running' && <p className="visually-hidden">{say('computing')}</p>}
        {digesting.state === 'done' && <p>{say('computed')}</p>}
      </div>
      {digesting.state === 'failed' && (
        <Alert role="alert" type="error" showIcon title={say('failed')} description={say('failedNext')} />
      )}
      {digesting.state === 'done' && (
        <details className="technical">
          <summary>{say('common:technical')}</summary>
          <p>
            {say('sha256')} <code translate="no">{digesting.digest}</code>
          </p>
        </details>
      )}
    </Flex>
  )
}

const percentOf = (done: number, size: number): number => (size === 0 ? 100 : Math.floor((done / size) * 100))

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

export function sizeText(bytes: number, language: string): string {
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)), UNITS.length - 1)
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power)
}
