import { Alert, Button, Flex, Input } from 'antd'
import { useId, useRef, useState } from 'react'
import { api, told } from '../../api/client.ts'
import { once, useWrite } from '../../api/write.ts'
import { useSession } from '../../session.tsx'
import { useWords } from '../../words.ts'
import { useIsFresh } from '../fresh.tsx'
import { externalAccount, hasExternalWallet, signWithExternal } from './external.ts'
import { forgetKey, keepKey } from './kept.ts'
import { makePasskey, passkeys, signWithPasskey, type MadePasskey } from './passkey.ts'
import { makeWrappedKey, SHORTEST_PASSPHRASE, signWithPassphrase } from './passphrase.ts'
import { signableBinding, type Signable } from './sign.ts'
import { WhyNot } from './signing.tsx'
import type { Keys } from './use-keys.ts'

/** A key that was made, and how it signs what shows that it is there. */
interface NewKey {
  signer: string
  sign(message: Signable): Promise<string>
}

/** Three ways to a key: a passkey first; a passphrase where there are none; a wallet for who has one. */
export function MakeKey({ keys, isReplacing }: { keys: Keys; isReplacing: boolean }) {
  const { say } = useWords('signing')
  const session = useSession().data
  const way = passkeys()
  const { isFresh, notice } = useIsFresh()
  const [isStale, setStale] = useState(false)
  const { domain, verifiers } = keys
  const bind = useBinding(keys)
  const made = useRef<MadePasskey | null>(null)
  const begin = (make: () => Promise<NewKey>) => {
    if (isFresh()) bind.mutate(make)
    else setStale(true)
  }
  const passkey = () =>
    begin(async () => {
      // Where the device made one and then did not sign, it is asked to sign and not to make another.
      made.current ??= await makePasskey(verifiers.webAuthn, session?.name ?? say('key'))
      const { signer, credential } = made.current
      keepKey({ kind: 'passkey', signer, credential, domain })
      return { signer, sign: ({ digest }) => signWithPasskey(signer, credential, digest) }
    })
  const passphrase = (chosen: string) =>
    begin(async () => {
      const made = await makeWrappedKey(verifiers.p256, chosen)
      keepKey({ kind: 'passphrase', ...made, domain })
      return { signer: made.signer, sign: ({ digest }) => signWithPassphrase(made, chosen, digest) }
    })
  const external = () =>
    begin(async () => {
      const signer = await externalAccount()
      keepKey({ kind: 'external', signer, domain })
      return { signer, sign: ({ typedData }) => signWithExternal(signer, typedData) }
    })
  return (
    <section className="wallet-box" aria-label={say('make')}>
      <Flex vertical gap={16}>
        <h2>{isReplacing ? say('makeNew') : say('make')}</h2>
        <div>
          <h3>{say('kind_passkey')}</h3>
          <p>{say('passkeyWhat')}</p>
          {way === 'possible' ? (
            <Button type="primary" size="large" loading={bind.isPending} onClick={passkey}>
              {say('passkeyMake')}
            </Button>
          ) : (
            <Alert type="info" showIcon message={say(`passkey_${way}`)} />
          )}
        </div>
        {way !== 'insecure' && (
          <PassphraseKey isFirst={way !== 'possible'} isBusy={bind.isPending} onChosen={passphrase} />
        )}
        {way !== 'insecure' && hasExternalWallet() && (
          <div>
            <h3>{say('kind_external')}</h3>
            <p>{say('externalWhat')}</p>
            <Button loading={bind.isPending} onClick={external}>
              {say('externalUse')}
            </Button>
          </div>
        )}
        {isStale ? notice : <WhyNot error={bind.error} />}
      </Flex>
    </section>
  )
}

/** Makes a key, shows the gateway that it is there, and forgets it again when the gateway does not take it. */
function useBinding(keys: Keys) {
  const session = useSession().data
  return useWrite(async (make: () => Promise<NewKey>) => {
    const { signer, sign } = await make()
    try {
      const { nonce, deadline } = await told(api.POST('/v1/holder/keys/challenge', { body: { signer } }))
      const signature = await sign(signableBinding(keys.domain, session?.person ?? '', { nonce, deadline }))
      // Each challenge is another request.
      const params = { header: once(crypto.randomUUID()) }
      return await told(api.POST('/v1/holder/keys', { body: { signer, nonce, deadline, signature }, params }))
    } catch (error) {
      // Unless it was taken and only the answer was lost.
      const taken = await told(api.GET('/v1/holder/keys')).catch(() => null)
      if (taken !== null && !taken.keys.some(known => known.signer === signer)) forgetKey(signer)
      throw error
    }
  })
}

function PassphraseKey({
  isFirst,
  isBusy,
  onChosen,
}: {
  isFirst: boolean
  isBusy: boolean
  onChosen: (passphrase: string) => void
}) {
  const { say } = useWords('signing')
  const id = useId()
  const [chosen, setChosen] = useState('')
  const [again, setAgain] = useState('')
  const [fault, setFault] = useState<'passphraseShort' | 'passphraseOther' | null>(null)
  const send = () => {
    const found =
      chosen.length < SHORTEST_PASSPHRASE ? 'passphraseShort' : chosen !== again ? 'passphraseOther' : null
    setFault(found)
    if (found === null) onChosen(chosen)
  }
  return (
    <details className="wallet-more" open={isFirst}>
      <summary>{say('kind_passphrase')}</summary>
      <form
        onSubmit={event => {
          event.preventDefault()
          send()
        }}
      >
        <Flex vertical gap={12}>
          <p>{say('passphraseWhat')}</p>
          <div className="wallet-field">
            <label htmlFor={`${id}-one`}>{say('passphraseChoose', { count: SHORTEST_PASSPHRASE })}</label>
            <Input.Password
              id={`${id}-one`}
              value={chosen}
              autoComplete="new-password"
              aria-invalid={fault !== null}
              aria-describedby={`${id}-fault`}
              onChange={event => setChosen(event.target.value)}
            />
          </div>
          <div className="wallet-field">
            <label htmlFor={`${id}-two`}>{say('passphraseAgain')}</label>
            <Input.Password
              id={`${id}-two`}
              value={again}
              autoComplete="new-password"
              aria-invalid={fault === 'passphraseOther'}
              aria-describedby={`${id}-fault`}
              onChange={event => setAgain(event.target.value)}
            />
          </div>
          <span id={`${id}-fault`} role="alert" className="tone-error">
            {fault === null ? '' : say(fault, { count: SHORTEST_PASSPHRASE })}
          </span>
          <div>
            <Button type={isFirst ? 'primary' : 'default'} htmlType="submit" loading={isBusy}>
              {say('passphraseMake')}
            </Button>
          </div>
        </Flex>
      </form>
    </details>
  )
}
