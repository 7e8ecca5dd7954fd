import { Flex } from 'antd'
import { useWords } from '../words.ts'
import { Day } from '../parts/moment.tsx'
import { Face, Facts } from './face.tsx'
import type { Sample } from './shapes.ts'
import { holderName, type Definition } from './types.ts'

/** What certificates of a batch will say, unsigned: the first, some at random, the one with the longest name, each called what it is. */
export function Samples({ definition, samples }: { definition: Definition; samples: readonly Sample[] }) {
  const { say } = useWords('issuing')
  const lengths = samples.map(({ fields }) => Array.from(holderName(definition, fields)).length)
  const longest = lengths.indexOf(Math.max(...lengths))
  return (
    <Flex vertical gap={16}>
      {samples.map(({ n, fields, validFrom, validUntil, holders }, place) => {
        const kinds = [
          ...(place === 0 ? [say('sampleFirst')] : []),
          ...(place === longest ? [say('sampleLongest')] : []),
        ]
        const kind = kinds.length === 0 ? say('sampleRandom') : kinds.join(' · ')
        return (
          <Face
            key={n}
            definition={definition}
            values={fields}
            mark={say('unsigned')}
            title={say('sampleOf', { kind, row: say('rowNumber', { number: n + 1 }) })}
          >
            <Facts
              facts={[
                [say('validFrom'), <Day key="from" seconds={secondsOf(validFrom)} />],
                [
                  say('validUntil'),
                  <Day key="until" seconds={validUntil === null ? null : secondsOf(validUntil)} />,
                ],
                ...(holders.length === 0 ? [] : [[say('holders'), holders.join('；')] as const]),
              ]}
            />
          </Face>
        )
      })}
    </Flex>
  )
}

const secondsOf = (instant: string) => Date.parse(instant) / 1000
