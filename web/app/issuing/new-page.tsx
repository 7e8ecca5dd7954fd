import { Flex } from 'antd'
import { Link } from 'react-router'
import { Asked } from '../parts/asked.tsx'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { nameIn, useTypes } from './types.ts'

/** First question of a new batch: of which type. */
export function NewPage() {
  const { say, language } = useWords('issuing')
  const session = useSession()
  const types = useTypes()
  return (
    <Page title={say('newWhich')} intro={say('newWhichWhy')}>
      <Asked
        query={types}
        isEmpty={all => all.every(({ definition }) => definition.issuer !== session.data?.department)}
        empty={say('newNoType')}
      >
        {all => (
          <Flex component="ul" vertical gap={12} className="plain">
            {all
              .filter(({ definition }) => definition.issuer === session.data?.department)
              .map(({ code, definition }) => (
                <li key={code}>
                  <Link className="pick" to={`/issuing/new/${code}`}>
                    <strong>{nameIn(definition, language)}</strong>
                    <span className="small">{say('fieldsCount', { count: definition.fields.length })}</span>
                  </Link>
                </li>
              ))}
          </Flex>
        )}
      </Asked>
    </Page>
  )
}
