import type { Keyring } from './keyring.ts'
import type { NewKey } from './keystore.ts'

/** Makes the key when there is none of this name; it survives a power cut when this resolves. */
export async function ensureKey(keys: Pick<Keyring, 'list' | 'generate'>, key: NewKey): Promise<void> {
  const known = await keys.list(key.department)
  if (!known.some(({ name }) => name === key.name)) await keys.generate(key)
}
