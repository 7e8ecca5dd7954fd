/** A camera that always sees the same: a video file that Chromium plays in its place. */
import { create } from 'qrcode'

const WIDTH = 640
const HEIGHT = 480
const QUIET = 4
const WHITE = 235
const BLACK = 16
const NO_COLOUR = 128

/**
 * A QR code of the text, or a wall when it is null: one frame of Y4M (https://wiki.multimedia.cx/index.php/YUV4MPEG2), brightness, then
 * colours at half the width and height.
 */
export function videoOf(text: string | null): Buffer {
  const brightness = Buffer.alloc(WIDTH * HEIGHT, WHITE)
  if (text !== null) drawCode(text, brightness)
  const colours = Buffer.alloc((WIDTH * HEIGHT) / 2, NO_COLOUR)
  const head = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n`
  return Buffer.concat([Buffer.from(head), brightness, colours])
}

function drawCode(text: string, brightness: Buffer): void {
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules
  const square = Math.floor(HEIGHT / (size + 2 * QUIET))
  const left = Math.floor((WIDTH - size * square) / 2)
  const top = Math.floor((HEIGHT - size * square) / 2)
  for (let y = 0; y < size * square; y++) {
    for (let x = 0; x < size * square; x++) {
      const isDark = data[Math.floor(y / square) * size + Math.floor(x / square)] === 1
      if (isDark) brightness[(top + y) * WIDTH + left + x] = BLACK
    }
  }
}
