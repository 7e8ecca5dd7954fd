import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { api, Problem, told } from '../api/client.ts'
import type { paths } from '../api/schema.d.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ToneTag, type Tone } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import { useActing } from './acting.ts'
import { ownParty, useInbox } from './consent/inbox.ts'
import { signableWithdrawal, signableWithdrawAll } from './keys/sign.ts'
import { useSigning, WhyNot, type Signing } from './keys/signing.tsx'
import { KeyTrouble } from './keys/trouble.ts'
import { activeKey, useKeys } from './keys/use-keys.ts'
import { useNames } from './names.ts'
import { Sure } from './sure.tsx'

type Listed = paths['/v1/grants']['get']['responses'][200]['content']['application/json']['grants'][number]
/** Without the documents as they were signed. */
export type Grant = Omit<Listed, 'typedData' | 'withdrawal'>

const PAGE = 50
const LOOK_AGAIN_MS = 5_000
const counts = ({ state }: Grant) => state === 'accepted' || state === 'granted' || state === 'final'

/** What one has granted to whom, and the way to take it back. */
export function GrantsPage() {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const [query] = useSearchParams()
  const only = query.get('certificate')
  const leaf = useLeafOf(only)
  const grants = useInfiniteQuery({
    queryKey: ['grants', holder],
    queryFn: ({ pageParam }) =>
      told(
        api.GET('/v1/grants', {
          params: {
            query: { limit: String(PAGE), ...(pageParam !== null && { before: String(pageParam) }) },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: page => page.before,
    refetchInterval: LOOK_AGAIN_MS,
  })
  const all = (grants.data?.pages.flatMap((page): Grant[] => page.grants) ?? []).filter(
    ({ items }) => only === null || items.some(({ certificate }) => leaf.has(certificate)),
  )
  const now = all.filter(counts)
  const over = all.filter(grant => !counts(grant))
  return (
    <Page title={say('navGrants')} intro={say('grantsWhat')}>
      {only !== null && (
        <p>
          {say('onlyOne')} <Link to="/wallet/grants">{say('onlyAll')}</Link>
        </p>
      )}
      <Asked query={grants} isEmpty={() => all.length === 0} empty={say('grantsNone')}>
        {() => (
          <>
            <section aria-label={say('grantsNow')}>
              <h2>{say('grantsNow')}</h2>
              {now.length === 0 ? <p>{say('grantsNoneNow')}</p> : <Cards grants={now} />}
            </section>
            {now.length > 1 && only === null && <WithdrawAll grants={now} />}
            {over.length > 0 && (
              <section aria-label={say('grantsOver')}>
                <h2>{say('grantsOver')}</h2>
                <Cards grants={over} />
              </section>
            )}
          </>
        )}
      </Asked>
      {grants.hasNextPage && (
        <Button onClick={() => void grants.fetchNextPage()}>{say('common:more')}</Button>
      )}
    </Page>
  )
}

/** Leaves under which requests name a certificate. */
function useLeafOf(identifier: string | null): Set<string> {
  const { holder } = useActing()
  const items = (useInbox().data ?? []).flatMap(request => ownParty(request, holder)?.items ?? [])
  return new Set(items.filter(item => item.identifier === identifier).map(item => item.leaf))
}

function Cards({ grants }: { grants: Grant[] }) {
  return (
    <ul className="wallet-list">
      {grants.map(grant => (
        <li key={grant.digest}>
          <GrantCard grant={grant} />
        </li>
      ))}
    </ul>
  )
}

const TONES: Readonly<Record<Grant['state'], Tone>> = {
  accepted: 'success',
  granted: 'success',
  final: 'success',
  withdrawn: 'neutral',
  expired: 'neutral',
  'used-up': 'neutral',
  refused: 'error',
}

/** One grant: to whom, what of, until when, how often used, and how to take it back. */
export function GrantCard({ grant }: { grant: Grant }) {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const names = useNames()
  const items =
    ownParty(useInbox().data?.find(({ id }) => id === grant.request) ?? NO_REQUEST, holder)?.items ?? []
  const chain =
    grant.chain.state === 'final' || grant.chain.state === 'refused' ? grant.chain.state : 'accepted'
  return (
    <article className="wallet-box" aria-label={names.department(grant.department)}>
      <Flex vertical gap={8}>
        <Flex gap={12} wrap align="center">
          <strong>{names.department(grant.department)}</strong>
          <ToneTag tone={TONES[grant.state]}>{say(`grant_${grant.state}`)}</ToneTag>
        </Flex>
        <span>{names.matter(grant.matter)}</span>
        <ul>
          {grant.items.map(({ certificate, fields }) => {
            const type = items.find(({ leaf }) => leaf === certificate)?.type
            return (
              <li key={certificate}>
                {type === undefined ? say('certificate') : names.type(type)}
                {names.colon}
                {type === undefined
                  ? say('fieldCount', { count: fields.length })
                  : names.fields(type, fields)}
              </li>
            )
          })}
        </ul>
        <span className="wallet-quiet">
          {say('grantUntil')} <Moment seconds={grant.notAfter} /> ·{' '}
          {say('grantUsed', { used: grant.used, most: grant.maxUses })}
        </span>
        {(counts(grant) || grant.state === 'refused') && (
          <span className="wallet-quiet" data-chain={grant.chain.state}>
            {say(`chain_${chain}`)}
          </span>
        )}
        {grant.withdrawn !== null && (
          <span>
            {say(`withdrawnBy_${grant.withdrawn.by}`)} <Moment seconds={grant.withdrawn.at} />
          </span>
        )}
        {counts(grant) && <Withdraw grant={grant} />}
      </Flex>
    </article>
  )
}

const NO_REQUEST = { parties: [] } as unknown as Parameters<typeof ownParty>[0]

/** Two taps: 撤回, 确定. With the key it ends on the chain too, without it here at once. */
function Withdraw({ grant }: { grant: Grant }) {
  const { say } = useWords('wallet')
  const keys = useKeys()
  const active = keys.data === undefined ? null : activeKey(keys.data)
  const signing = useSigning(active?.signer === grant.signer ? grant.signer : null)
  const [isAsked, setAsked] = useState(false)
  const withdraw = useWrite(
    async ({ digest, isSigned }: { digest: string; isSigned: boolean }, key) => {
      const domain = keys.data?.domain
      const signature =
        isSigned && domain !== undefined
          ? await signing.sign(signableWithdrawal(domain, grant.signer, digest))
          : null
      return told(
        api.POST('/v1/grants/{digest}/withdrawal', {
          params: { path: { digest }, header: once(key) },
          body: { signature },
        }),
      )
    },
    { onDone: () => setAsked(false) },
  )
  const { digest } = grant
  const canSign = signing.kind !== null && signing.isHere
  if (!isAsked) {
    return (
      <div>
        <Button danger onClick={() => setAsked(true)}>
          {say('withdraw')}
        </Button>
      </div>
    )
  }
  return (
    <TakeBack
      label={say('withdraw')}
      what={say('withdrawWhat')}
      yes={say('withdrawSure')}
      signing={signing}
      canSign={canSign}
      write={withdraw}
      onSure={isSigned => withdraw.mutate({ digest, isSigned })}
      onNot={() => setAsked(false)}
    />
  )
}

/**
 * The second tap. With the key where this browser has used it; elsewhere the browser may ask in vain for as long as it likes, so that is
 * the other choice. Nobody has to wait for a key: without it goes while the browser asks.
 */
function TakeBack({
  label,
  what,
  yes,
  signing,
  canSign,
  write,
  onSure,
  onNot,
}: {
  label: string
  what: string
  yes: string
  signing: Signing
  canSign: boolean
  write: { isPending: boolean; error: unknown; variables: { isSigned: boolean } | undefined }
  onSure: (isSigned: boolean) => void
  onNot: () => void
}) {
  const { say } = useWords('wallet')
  const isLikely = canSign && signing.isKnown
  const isAsking = write.isPending && write.variables?.isSigned === true
  const isInVain = write.error instanceof KeyTrouble || isUnheard(write.error)
  const withoutKey = () => {
    signing.stop()
    onSure(false)
  }
  return (
    <Sure
      label={label}
      what={what}
      yes={yes}
      isBusy={write.isPending}
      onSure={() => onSure(isLikely)}
      onNot={() => {
        signing.stop()
        onNot()
      }}
      more={
        isAsking || (isLikely && isInVain) ? (
          <Button onClick={withoutKey}>{say('withdrawWithoutKey')}</Button>
        ) : (
          canSign && !isLikely && <Button onClick={() => onSure(true)}>{say('withdrawWithKey')}</Button>
        )
      }
    >
      {signing.field}
      {!isLikely && <p>{say(canSign ? 'withdrawElsewhere' : 'withdrawHere')}</p>}
      {isAsking && signing.kind !== 'passphrase' && <p role="status">{say('withdrawAsking')}</p>}
      <WhyNot error={write.error} />
    </Sure>
  )
}

/** What the key signed can only be checked on the chain. */
const isUnheard = (error: unknown): boolean => error instanceof Problem && error.code === 'CHAIN_UNREACHABLE'

/** Everything that the present key granted. */
function WithdrawAll({ grants }: { grants: Grant[] }) {
  const { say } = useWords('wallet')
  const keys = useKeys()
  const active = keys.data === undefined ? null : activeKey(keys.data)
  const signing = useSigning(active?.signer ?? null)
  const [isAsked, setAsked] = useState(false)
  const own = grants.filter(({ signer }) => signer === active?.signer)
  const all = useWrite(
    async ({ signer, epoch, isSigned }: { signer: string; epoch: number; isSigned: boolean }, key) => {
      const domain = keys.data?.domain
      const signature =
        isSigned && domain !== undefined
          ? await signing.sign(signableWithdrawAll(domain, signer, epoch))
          : null
      return told(
        api.POST('/v1/grants/withdrawal', {
          body: { signer, epoch, signature },
          params: { header: once(key) },
        }),
      )
    },
    { onDone: () => setAsked(false) },
  )
  if (active === null || own.length < 2) return null
  const input = { signer: active.signer, epoch: Math.max(...own.map(({ epoch }) => epoch)) }
  if (!isAsked) {
    return (
      <div>
        <Button danger onClick={() => setAsked(true)}>
          {say('withdrawAll')}
        </Button>
      </div>
    )
  }
  return (
    <section className="wallet-box" aria-label={say('withdrawAll')}>
      <TakeBack
        label={say('withdrawAll')}
        what={say('withdrawAllWhat', { count: own.length })}
        yes={say('withdrawAllSure')}
        signing={signing}
        canSign={signing.isHere}
        write={all}
        onSure={isSigned => all.mutate({ ...input, isSigned })}
        onNot={() => setAsked(false)}
      />
    </section>
  )
}
