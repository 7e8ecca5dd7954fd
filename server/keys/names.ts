/**
 * Names of keys in the keystore. One name, one purpose.
 */
export const NOTE_KEY = 'log/note'
export const LOG_KEY = 'log/anchor'
export const GOVERNANCE_KEY = 'governance'
/** Signs the access tokens of machine clients. */
export const TOKEN_KEY = 'token'
/** HMAC of what is searched for: holders' numbers, short codes of presentations. */
export const LOOKUP_KEY = 'lookup'
/** HMAC from which the secret of each webhook follows. */
export const WEBHOOK_KEY = 'webhook'
/** Pays on a chain that is not the embedded one; has no authority. */
export const RELAYER_KEY = 'relayer'

/** `generation` counts a department's keys of one purpose from 1. */
export const issuingKey = (uscc: string, generation: number): string =>
  `department/${uscc}/issuing/${generation}`
export const authorityKey = (uscc: string, generation: number): string =>
  `department/${uscc}/authority/${generation}`
export const kekName = (uscc: string): string => `department/${uscc}/kek`
