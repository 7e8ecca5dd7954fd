import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Form, Input, Radio, Select } from 'antd'
import { useState } from 'react'
import { api, told } from '../api/client.ts'
import type { paths } from '../api/schema.d.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag, type Tone } from '../parts/tone.tsx'
import { useDepartments } from '../shell.tsx'
import { useWords, type Key } from '../words.ts'

type Order =
  paths['/v1/withholdings']['get']['responses'][200]['content']['application/json']['orders'][number]

const REASONS = ['DATA_LEAK', 'WRONG_DATA', 'COURT_ORDER', 'ATTACK'] as const
const RELEASE_REASON = 'RESOLVED'
/** As the gateway asks for it. */
const IDENTIFIER = /^\s*1\.2\.156\.3005\.2\.[0-9A-Z.]{52,80}\s*$/
const STATES: Readonly<Record<Order['state'], readonly [Key<'oversight'>, Tone]>> = {
  proposed: ['state_proposed', 'waiting'],
  'in force': ['state_in_force', 'error'],
  'release proposed': ['state_release_proposed', 'waiting'],
  released: ['state_released', 'neutral'],
}

/** Orders to withhold: proposed by one person and confirmed by another, ended in the same way. */
export function Orders({ mayOrder }: { mayOrder: boolean }) {
  const { say } = useWords('oversight')
  const orders = useQuery({
    queryKey: ['withholdings'],
    queryFn: () => told(api.GET('/v1/withholdings')),
    refetchInterval: 10_000,
  })
  return (
    <Card title={<h2>{say('orders')}</h2>}>
      <Flex vertical gap={16}>
        <span>{say('ordersWhy')}</span>
        <Asked query={orders}>
          {data =>
            data.orders.length === 0 ? (
              <p className="quiet">{say('ordersEmpty')}</p>
            ) : (
              <ul className="plain rows">
                {data.orders.map(order => (
                  <li key={order.id}>
                    <OneOrder order={order} mayOrder={mayOrder} />
                  </li>
                ))}
              </ul>
            )
          }
        </Asked>
        {mayOrder && <Propose />}
      </Flex>
    </Card>
  )
}

function OneOrder({ order, mayOrder }: { order: Order; mayOrder: boolean }) {
  const { say } = useWords('oversight')
  const department = useDepartmentName()
  const params = { path: { id: order.id } }
  const confirm = useWrite<null, Order>((_, key) =>
    told(api.POST('/v1/withholdings/{id}/confirmation', { params: { ...params, header: once(key) } })),
  )
  const proposeRelease = useWrite<null, Order>((_, key) =>
    told(
      api.POST('/v1/withholdings/{id}/release', {
        params: { ...params, header: once(key) },
        body: { reason: RELEASE_REASON },
      }),
    ),
  )
  const confirmRelease = useWrite<null, Order>((_, key) =>
    told(
      api.POST('/v1/withholdings/{id}/release/confirmation', { params: { ...params, header: once(key) } }),
    ),
  )
  const next = {
    proposed: { act: confirm, word: 'confirm' },
    'in force': { act: proposeRelease, word: 'proposeRelease' },
    'release proposed': { act: confirmRelease, word: 'confirmRelease' },
    released: null,
  }[order.state] as { act: typeof confirm; word: Key<'oversight'> } | null
  const [word, tone] = STATES[order.state]
  const reason = REASONS.find(known => known === order.reason)
  return (
    <Flex vertical gap={8}>
      <ToneTag tone={tone}>{say(word)}</ToneTag>
      <strong>
        {say(order.identifier === null ? 'of' : 'ofOne', { department: department(order.department) })}
      </strong>
      {order.identifier !== null && <code>{order.identifier}</code>}
      <span>
        {say('reason')}：{say(reason === undefined ? 'reason_other' : `reason_${reason}`)} ·{' '}
        {say('proposedAt')} <Moment seconds={order.proposed.at} />
      </span>
      {mayOrder && next !== null && (
        <Flex>
          <Button
            danger={order.state === 'proposed'}
            loading={next.act.isPending}
            onClick={() => next.act.mutate(null)}
          >
            {say(next.word)}
          </Button>
        </Flex>
      )}
      <ProblemNotice error={next?.act.error} />
    </Flex>
  )
}

interface Draft {
  of: 'one' | 'all'
  identifier?: string
  department?: string
  reason: string
}

function Propose() {
  const { say, language } = useWords('oversight')
  const [of, setOf] = useState<Draft['of']>('one')
  const [form] = Form.useForm<Draft>()
  const departments = useDepartments()
  const propose = useWrite<Draft, Order>(
    (draft, key) =>
      told(
        api.POST('/v1/withholdings', {
          params: { header: once(key) },
          body:
            draft.of === 'all'
              ? { department: draft.department ?? '', reason: draft.reason }
              : { identifier: (draft.identifier ?? '').trim(), reason: draft.reason },
        }),
      ),
    { onDone: () => form.resetFields() },
  )
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={{ of: 'one' }}
      onFinish={propose.mutate}
      className="narrow"
    >
      <h3>{say('propose')}</h3>
      <Form.Item name="of">
        <Radio.Group onChange={event => setOf((event.target as { value: Draft['of'] }).value)}>
          <Radio value="one">{say('proposeOne')}</Radio>
          <Radio value="all">{say('proposeAll')}</Radio>
        </Radio.Group>
      </Form.Item>
      {of === 'one' ? (
        <Form.Item
          name="identifier"
          label={say('identifier')}
          extra={say('identifierWhere')}
          rules={[
            { required: true, message: say('identifierMissing') },
            { pattern: IDENTIFIER, message: say('identifierWrong') },
          ]}
        >
          <Input autoComplete="off" />
        </Form.Item>
      ) : (
        <Form.Item
          name="department"
          label={say('department')}
          rules={[{ required: true, message: say('departmentMissing') }]}
        >
          <Select
            aria-label={say('department')}
            options={(departments.data ?? []).map(({ code, zh, en }) => ({
              value: code,
              label: language === 'en' ? en : zh,
            }))}
          />
        </Form.Item>
      )}
      <Form.Item
        name="reason"
        label={say('reason')}
        rules={[{ required: true, message: say('reasonMissing') }]}
      >
        <Select
          aria-label={say('reason')}
          options={REASONS.map(reason => ({ value: reason, label: say(`reason_${reason}`) }))}
        />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={propose.isPending}>
        {say('propose')}
      </Button>
      {propose.isSuccess && <Alert role="status" type="success" showIcon title={say('proposed')} />}
      <ProblemNotice error={propose.error} />
    </Form>
  )
}

function useDepartmentName(): (code: string) => string {
  const { language } = useWords('oversight')
  const departments = useDepartments()
  return code => {
    const found = departments.data?.find(department => department.code === code)
    return found === undefined ? '' : language === 'en' ? found.en : found.zh
  }
}
