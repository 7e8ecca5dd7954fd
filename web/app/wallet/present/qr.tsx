import { create } from 'qrcode'
import { useMemo } from 'react'

/** Light around the code, without which scanners do not find it (ISO/IEC 18004). */
const QUIET = 4

/** A QR code as an image whose name says what it stands for. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { path, side } = useMemo(() => squares(text), [text])
  return (
    <div role="img" aria-label={label}>
      <svg viewBox={`0 0 ${side} ${side}`} shapeRendering="crispEdges" aria-hidden="true">
        <rect width={side} height={side} fill="#fff" />
        <path d={path} fill="#000" />
      </svg>
    </div>
  )
}

function squares(text: string): { path: string; side: number } {
  const { modules } = create(text, { errorCorrectionLevel: 'M' })
  let path = ''
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      if (modules.get(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`
    }
  }
  return { path, side: modules.size + 2 * QUIET }
}
