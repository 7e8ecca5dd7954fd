import { useWords } from '../words.ts'
import { nameIn, useTypes, type PublishedType } from './types.ts'

/** The type that an identifier names, once the catalogue is there. */
export function useTypeOf(): (identifier: string) => PublishedType | undefined {
  const types = useTypes()
  // 1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>
  return identifier => types.data?.find(({ typeCode }) => typeCode === identifier.split('.')[5])
}

/** A certificate as people call it: its type, and the end of its serial to tell two apart. */
export function useCertificateName(): (identifier: string) => string {
  const { say, language } = useWords('issuing')
  const typeOf = useTypeOf()
  return identifier => {
    const [serial = '', version = ''] = identifier.split('.').slice(7)
    const name = nameIn(typeOf(identifier)?.definition, language) || say('certificate')
    return say('certificateEnding', { name, ending: serial.slice(-4), version: Number(version) })
  }
}
