import { Button, Flex } from 'antd'
import { useSearchParams } from 'react-router'
import { Asked } from '../parts/asked.tsx'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { CorrectionCard } from './correction-card.tsx'
import { useCorrections } from './correction-queue.ts'
import { ObjectionCard } from './objection-card.tsx'
import { Panel } from './panel.tsx'

/** What people asked of the department and are owed an answer to, each with its clock. */
export function CorrectionsPage() {
  const { say } = useWords('issuing')
  const session = useSession()
  const [chosen, choose] = useSearchParams()
  const isOpen = chosen.get('answered') !== '1'
  return (
    <Page
      title={say('corrections')}
      intro={say('correctionsIntro')}
      actions={
        <Button onClick={() => choose(isOpen ? { answered: '1' } : {})}>
          {isOpen ? say('correctionsAnswered') : say('correctionsWaiting')}
        </Button>
      }
    >
      <Corrections open={isOpen} />
      {session.data?.role === 'supervisor' && <Objections open={isOpen} />}
    </Page>
  )
}

function Corrections({ open }: { open: boolean }) {
  const { say } = useWords('issuing')
  const corrections = useCorrections('corrections', open)
  return (
    <Panel title={say('correctionsTitle')}>
      <Asked query={corrections}>
        {found =>
          found.length === 0 ? (
            <p className="ask-hint">{open ? say('correctionsNone') : say('correctionsNoneAnswered')}</p>
          ) : (
            <Flex component="ul" vertical gap={16} className="plain">
              {found.map(correction => (
                <li key={correction.id}>
                  <CorrectionCard correction={correction} />
                </li>
              ))}
            </Flex>
          )
        }
      </Asked>
    </Panel>
  )
}

function Objections({ open }: { open: boolean }) {
  const { say } = useWords('issuing')
  const objections = useCorrections('objections', open)
  return (
    <Panel title={say('objectionsTitle')}>
      <p>{say('objectionsIntro')}</p>
      <Asked query={objections}>
        {found =>
          found.length === 0 ? (
            <p className="ask-hint">{say('objectionsNone')}</p>
          ) : (
            <Flex component="ul" vertical gap={16} className="plain">
              {found.map(objection => (
                <li key={objection.id}>
                  <ObjectionCard objection={objection} />
                </li>
              ))}
            </Flex>
          )
        }
      </Asked>
    </Panel>
  )
}
