import { keccak256 } from '#crypto'
import { toHex, toUtf8 } from '../../protocol/bytes.ts'

/** A log's name on chain: keccak256 of its origin (docs/formats.md §6). */
export const logId = (origin: string): string => toHex(keccak256(toUtf8(origin)))
