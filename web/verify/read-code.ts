/** Reads QR codes in pictures, by WebAssembly that this gateway serves itself. */
import { BarcodeDetector, prepareZXingModule } from 'barcode-detector/ponyfill'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

prepareZXingModule({
  overrides: {
    locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasm : prefix + path),
  },
})
const detector = new BarcodeDetector({ formats: ['qr_code'] })

/** The text of the first QR code; null when there is none. */
export async function readCode(picture: ImageBitmapSource): Promise<string | null> {
  const [found] = await detector.detect(picture)
  return found?.rawValue ?? null
}
