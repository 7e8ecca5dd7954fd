import { Alert, Input } from 'antd'
import { useId, useRef, useState, type ReactNode } from 'react'
import { ProblemNotice } from '../../parts/problem-notice.tsx'
import { useWords } from '../../words.ts'
import { hasExternalWallet } from './external.ts'
import { keptKey } from './kept.ts'
import { kindOf, signWith, type KeyKind, type Signable } from './sign.ts'
import { KeyTrouble } from './trouble.ts'
import { useKeys } from './use-keys.ts'

export interface Signing {
  kind: KeyKind | null
  /** Whether this browser can try: a key under a passphrase may lie in another one, a wallet be missing. */
  isHere: boolean
  /** Whether it has signed here before: a passkey that has not may be on another device, and the browser asks for it all the same. */
  isKnown: boolean
  /** Where the passphrase is typed, or what to do where a passkey may not be; null when nothing has to be said. */
  field: ReactNode
  sign(message: Signable): Promise<string>
  /** Ends what `sign` waits for. */
  stop(): void
}

/** Signing with one key (0x-hex) of the signed-in person. */
export function useSigning(signer: string | null): Signing {
  const keys = useKeys().data
  const [passphrase, setPassphrase] = useState('')
  const asking = useRef<AbortController>(null)
  const stop = () => asking.current?.abort()
  if (keys === undefined || signer === null) {
    const sign = () => Promise.reject(new KeyTrouble('elsewhere'))
    return { kind: null, isHere: false, isKnown: false, field: null, sign, stop }
  }
  const kind = kindOf(signer, keys.verifiers)
  const isHere = kind === 'passphrase' ? keptKey(signer) !== null : kind === 'passkey' || hasExternalWallet()
  const isKnown = kind === 'passkey' ? keptKey(signer) !== null : isHere
  return {
    kind,
    isHere,
    isKnown,
    field:
      kind === 'passkey' && !isKnown ? (
        <NotUsedHere />
      ) : (
        kind === 'passphrase' && isHere && <Passphrase value={passphrase} onChange={setPassphrase} />
      ),
    stop,
    async sign(message) {
      asking.current = new AbortController()
      const signature = await signWith(signer, keys.verifiers, message, passphrase, asking.current.signal)
      setPassphrase('')
      return signature
    },
  }
}

function NotUsedHere() {
  const { say } = useWords('signing')
  return (
    <Alert
      type="warning"
      showIcon
      message={say('passkeyNotUsedHere')}
      description={say('passkeyNotUsedHereNext')}
    />
  )
}

function Passphrase({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { say } = useWords('signing')
  const id = useId()
  return (
    <div className="wallet-field">
      <label htmlFor={id}>{say('passphrase')}</label>
      <Input.Password
        id={id}
        value={value}
        autoComplete="current-password"
        aria-describedby={`${id}-what`}
        onChange={event => onChange(event.target.value)}
      />
      <span id={`${id}-what`} className="wallet-quiet small">
        {say('passphraseStays')}
      </span>
    </div>
  )
}

/** Why something that takes a key did not happen: the key, or the gateway. */
export function WhyNot({ error }: { error: unknown }) {
  const { say, language } = useWords('signing')
  if (!(error instanceof KeyTrouble)) return <ProblemNotice error={error} />
  const about = error.about.map(line => say(`line_${line}` as 'line_form'))
  return (
    <Alert
      role="alert"
      type={error.code === 'cancelled' ? 'info' : 'error'}
      showIcon
      message={say(`trouble_${error.code}`)}
      description={
        <>
          {about.length > 0 && (
            <p>{say('differsIn', { lines: about.join(language === 'en' ? ', ' : '、') })}</p>
          )}
          <p>{say(`trouble_${error.code}_next`)}</p>
        </>
      }
    />
  )
}
