import { Alert, Button, Checkbox, Flex } from 'antd'
import { Fragment, useRef, useState } from 'react'
import type { JsonObject } from '../../../../protocol/json.ts'
import { api, Problem, told } from '../../api/client.ts'
import { once, useWrite } from '../../api/write.ts'
import { Asked } from '../../parts/asked.tsx'
import { useWords } from '../../words.ts'
import { useDraft } from '../../parts/draft.ts'
import { useIsFresh } from '../fresh.tsx'
import { activeKey, useKeys, type Key, type Keys } from '../keys/use-keys.ts'
import { signableGrant } from '../keys/sign.ts'
import { useSigning, WhyNot } from '../keys/signing.tsx'
import { LinkButton } from '../link-button.tsx'
import { useNames } from '../names.ts'
import { Sure } from '../sure.tsx'
import { Value } from '../value.tsx'
import { checkedGrant } from './check-grant.ts'
import type { Opened } from './consent-page.tsx'
import { NoticeCore } from './notice-core.tsx'

type Item = Opened['items'][number]

interface Choice {
  /** Whether certificates can be left out. */
  isPart: boolean
  /** By leaf: left out. */
  left: string[]
  /** By leaf: optional fields that were ticked. */
  optional: Record<string, string[]>
}

const NOTHING_OPTIONAL: Choice = { isPart: false, left: [], optional: {} }

/** The notice with one's own values, and the answer to it. */
export function AnswerForm({ opened }: { opened: Opened }) {
  const { say } = useWords('wallet')
  const [choice, setChoice, clear] = useDraft<Choice>(`consent-${opened.request.id}`, NOTHING_OPTIONAL)
  const keys = useKeys()
  return (
    <>
      <section className="wallet-box" aria-label={say('consentWhat')}>
        <NoticeCore request={opened.request} />
      </section>
      {opened.items.map(item => (
        <AskedCertificate key={item.leaf} item={item} choice={choice} onChoose={setChoice} />
      ))}
      <details className="wallet-box wallet-more">
        <summary>{say('noticeText')}</summary>
        <p className="wallet-notice-text">{opened.notice.text}</p>
      </details>
      <Asked query={keys}>
        {found => (
          <Decision opened={opened} choice={choice} setChoice={setChoice} clear={clear} keys={found} />
        )}
      </Asked>
    </>
  )
}

function AskedCertificate({
  item,
  choice,
  onChoose,
}: {
  item: Item
  choice: Choice
  onChoose: (choice: Choice) => void
}) {
  const { say } = useWords('wallet')
  const names = useNames()
  const isLeft = choice.isPart && choice.left.includes(item.leaf)
  const ticked = choice.optional[item.leaf] ?? []
  const name = names.type(item.type)
  const value = (key: string) => (
    <Value field={names.fieldOf(item.type, key)} value={item.values === null ? null : item.values[key]} />
  )
  return (
    <fieldset className="wallet-box">
      <legend className="visually-hidden">{name}</legend>
      <Flex vertical gap={8}>
        <h2>{name}</h2>
        {choice.isPart && (
          <Checkbox
            checked={!isLeft}
            onChange={event =>
              onChoose({
                ...choice,
                left: event.target.checked
                  ? choice.left.filter(leaf => leaf !== item.leaf)
                  : [...choice.left, item.leaf],
              })
            }
          >
            {say('partGive', { certificate: name })}
          </Checkbox>
        )}
        {!isLeft && (
          <>
            <h3>{say('fieldsRequired')}</h3>
            <dl className="wallet-facts">
              {item.required.map(key => (
                <Fragment key={key}>
                  <dt>{names.field(item.type, key)}</dt>
                  <dd>{value(key)}</dd>
                </Fragment>
              ))}
            </dl>
            {item.optional.length > 0 && (
              <>
                <h3>{say('fieldsOptional')}</h3>
                <ul className="plain">
                  {item.optional.map(key => (
                    <li key={key}>
                      <Checkbox
                        checked={ticked.includes(key)}
                        onChange={event =>
                          onChoose({
                            ...choice,
                            optional: {
                              ...choice.optional,
                              [item.leaf]: event.target.checked
                                ? [...ticked, key]
                                : ticked.filter(one => one !== key),
                            },
                          })
                        }
                      >
                        {names.field(item.type, key)}
                        {names.colon}
                        {value(key)}
                      </Checkbox>
                    </li>
                  ))}
                </ul>
              </>
            )}
          </>
        )}
      </Flex>
    </fieldset>
  )
}

function Decision({
  opened,
  choice,
  setChoice,
  clear,
  keys,
}: {
  opened: Opened
  choice: Choice
  setChoice: (choice: Choice) => void
  clear: () => void
  keys: Keys
}) {
  const { say } = useWords('wallet')
  const key = activeKey(keys)
  const { request } = opened
  const [isRefusing, setRefusing] = useState(false)
  const refuse = useWrite(
    async (id: string, idempotency) =>
      told(
        api.POST('/v1/consent-requests/{id}/refusal', {
          params: { path: { id }, header: once(idempotency) },
          body: {},
        }),
      ),
    {
      onDone: () => {
        clear()
        setRefusing(false)
      },
    },
  )
  return (
    <section className="wallet-box no-print" aria-label={say('consentAnswer')}>
      <Flex vertical gap={12}>
        {key === null ? (
          <Alert
            type="info"
            showIcon
            message={say('keyNeeded')}
            description={
              <Flex vertical gap={12} align="start">
                <span>{say('keyNeededWhy')}</span>
                <LinkButton type="primary" to={`/wallet/key?back=/wallet/consents/${request.id}`}>
                  {say('keyNeededGo')}
                </LinkButton>
              </Flex>
            }
          />
        ) : (
          <Agreeing opened={opened} choice={choice} keys={keys} active={key} clear={clear} />
        )}
        {isRefusing ? (
          <Sure
            label={say('refuse')}
            what={`${say('refuseSure')}${say(`refusing_${request.refusing}`)}`}
            yes={say('refuseYes')}
            isBusy={refuse.isPending}
            onSure={() => refuse.mutate(request.id)}
            onNot={() => setRefusing(false)}
          >
            <WhyNot error={refuse.error} />
          </Sure>
        ) : (
          <Flex gap={12} wrap>
            {opened.items.length > 1 && key !== null && (
              <Button onClick={() => setChoice({ ...choice, isPart: !choice.isPart, left: [] })}>
                {choice.isPart ? say('partNot') : say('part')}
              </Button>
            )}
            <Button danger onClick={() => setRefusing(true)}>
              {say('refuse')}
            </Button>
          </Flex>
        )}
      </Flex>
    </section>
  )
}

/** What was picked of what is asked, as the gateway takes it. */
function pickedOf({ items }: Opened, { isPart, left, optional }: Choice) {
  return items
    .filter(({ leaf }) => !isPart || !left.includes(leaf))
    .map(item => ({
      certificate: item.leaf,
      fields: [...item.required, ...item.optional.filter(key => optional[item.leaf]?.includes(key))],
    }))
}

type Picked = ReturnType<typeof pickedOf>

function Agreeing({
  opened,
  choice,
  keys,
  active,
  clear,
}: {
  opened: Opened
  choice: Choice
  keys: Keys
  active: Key
  clear: () => void
}) {
  const { say } = useWords('wallet')
  const signing = useSigning(active.signer)
  const { isFresh, notice } = useIsFresh()
  const [isStale, setStale] = useState(false)
  const give = useGrant(opened, keys, active, signing.sign, clear)
  const picked = pickedOf(opened, choice)
  const agree = () => {
    // Asked before the key is: nobody should sign for an answer that is refused.
    if (isFresh()) give.mutate(picked)
    else setStale(true)
  }
  return (
    <>
      {signing.isHere ? (
        <p>{say(`signsWith_${signing.kind ?? 'passkey'}`)}</p>
      ) : (
        <Alert
          type="warning"
          showIcon
          message={say('keyElsewhere')}
          action={<LinkButton to="/wallet/key">{say('keyElsewhereGo')}</LinkButton>}
        />
      )}
      {signing.field}
      {picked.length === 0 && <p role="alert">{say('partNothing')}</p>}
      <div>
        <Button
          type="primary"
          size="large"
          disabled={picked.length === 0 || !signing.isHere}
          loading={give.isPending}
          onClick={agree}
        >
          {picked.length < opened.items.length ? say('agreePart', { count: picked.length }) : say('agree')}
        </Button>
      </div>
      {isStale ? notice : <WhyNot error={give.error} />}
    </>
  )
}

/**
 * Takes the document to be signed, holds it against what was shown, signs and hands it in. What was signed is handed in again as it is when
 * the answer was lost.
 */
function useGrant(
  opened: Opened,
  keys: Keys,
  active: Key,
  sign: ReturnType<typeof useSigning>['sign'],
  onDone: () => void,
) {
  const names = useNames()
  const signed = useRef<{ picked: string; typedData: JsonObject; signature: string } | null>(null)
  const { request, notice } = opened
  return useWrite(
    async (picked: Picked, key) => {
      const asked = JSON.stringify(picked)
      if (signed.current?.picked !== asked) {
        const prepared = await told(
          api.POST('/v1/consent-requests/{id}/typed-data', {
            params: { path: { id: request.id } },
            body: { items: picked },
          }),
        )
        const shown = {
          signer: active.signer,
          domain: keys.domain,
          department: names.departmentOf(request.department) ?? { uscc: '', zh: '' },
          matter: names.matterOf(request.matter) ?? { code: '', zh: '' },
          purpose: PURPOSES[request.purpose],
          notice: notice.text,
          term: request.term,
          items: picked,
          names: picked.flatMap(({ certificate, fields }) => {
            const { type } = opened.items.find(({ leaf }) => leaf === certificate)!
            return [
              names.typeOf(type)?.zh ?? type,
              ...fields.map(field => names.fieldOf(type, field)?.zh ?? field),
            ]
          }),
        }
        const grant = checkedGrant(prepared.typedData, shown, Math.floor(Date.now() / 1_000))
        const message = signableGrant(keys.domain, grant)
        const signature = await sign(message)
        signed.current = { picked: asked, typedData: message.typedData, signature }
      }
      const { typedData, signature } = signed.current
      try {
        return await told(
          api.POST('/v1/consent-requests/{id}/grant', {
            params: { path: { id: request.id }, header: once(key) },
            body: { typedData, signature } as never,
          }),
        )
      } catch (error) {
        if (error instanceof Problem && error.body.status >= 400 && error.body.status < 500)
          signed.current = null
        throw error
      }
    },
    {
      onDone: () => {
        signed.current = null
        onDone()
      },
    },
  )
}

/** As the notice and the signed document say it, in Chinese. */
const PURPOSES: Readonly<Record<Opened['request']['purpose'], string>> = {
  GOV_SERVICE: '办理政务服务事项',
  JUDICIAL: '司法诉讼与执行',
  ENFORCEMENT: '行政执法检查',
  SOCIAL_AID: '社会救助核对',
  EMPLOYMENT: '就业与从业资格',
  BANKING: '金融服务',
  STATISTICS: '统计分析（去标识化）',
}
