import { id } from 'ethers'

/** A log's name on chain: keccak256 of its origin (docs/formats.md §6). */
export const logId = (origin: string): string => id(origin)
