import { create } from 'qrcode'
import { useMemo } from 'react'

/** Modules of blank around the code, as readers need them (ISO/IEC 18004). */
const QUIET = 4

/** An address as a QR code; `label` says in words what it is, and whoever cannot scan finds the address elsewhere on the page. */
export function Qr({ address, label }: { address: string; label: string }) {
  const { size, path } = useMemo(() => drawn(address), [address])
  return (
    <svg
      className="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

function drawn(address: string): { size: number; path: string } {
  const { modules } = create(address, { errorCorrectionLevel: 'M' })
  let path = ''
  for (let y = 0; y < modules.size; y++) {
    for (let x = 0; x < modules.size; x++) {
      if (modules.get(y, x)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`
    }
  }
  return { size: modules.size + 2 * QUIET, path }
}
