/** Why a key did not sign, when it was neither the gateway nor a defect. */
export type TroubleCode =
  'cancelled' | 'passphrase' | 'elsewhere' | 'other-key' | 'no-passkeys' | 'no-wallet' | 'backup' | 'differs'

export class KeyTrouble extends Error {
  override readonly name = 'KeyTrouble'
  readonly code: TroubleCode
  /** Of `differs`: what in the document to be signed is not what was shown. */
  readonly about: readonly string[]

  constructor(code: TroubleCode, about: readonly string[] = []) {
    super(code)
    this.code = code
    this.about = about
  }
}
