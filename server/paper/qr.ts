/** A QR code as squares. */
import { create } from 'qrcode'
import { invariant } from '../../protocol/refusal.ts'
import { MM, type Sheet } from './sheet.ts'

/** With its quiet zone. */
export const QR_SIZE = 32 * MM
const QUIET = 4
/** Beyond it, squares of this print are too small for a phone that is held over a copy. */
const MAX_VERSION = 7

/** Level M, quiet zone 4. Throws when the address is too long for version 7: that is a setting, not a value of somebody's. */
export function drawQr({ doc }: Sheet, address: string, x: number, y: number): void {
  const { modules, version } = create(address, { errorCorrectionLevel: 'M' })
  invariant(version <= MAX_VERSION, `an address on paper needs a QR code of version ${version}`)
  const { size, data } = modules
  const square = QR_SIZE / (size + 2 * QUIET)
  doc.rect(x, y, QR_SIZE, QR_SIZE).fill('#ffffff')
  for (let row = 0; row < size; row++) {
    for (let from = 0; from < size; from++) {
      let to = from
      while (to < size && data[row * size + to] === 1) to++
      // One rectangle for a run of squares: no hairlines between them.
      if (to > from)
        doc.rect(x + (from + QUIET) * square, y + (row + QUIET) * square, (to - from) * square, square)
      from = to
    }
  }
  doc.fill('#000000')
}
