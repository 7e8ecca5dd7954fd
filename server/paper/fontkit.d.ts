/** The part of fontkit that paper uses; the package brings no types. */
declare module 'fontkit' {
  export interface GlyphPath {
    toSVG(): string
  }
  export interface Font {
    readonly unitsPerEm: number
    readonly ascent: number
    readonly descent: number
    hasGlyphForCodePoint(codePoint: number): boolean
    glyphForCodePoint(codePoint: number): { readonly advanceWidth: number; readonly path: GlyphPath }
  }
  export function openSync(path: string): Font
}
