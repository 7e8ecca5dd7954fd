/**
 * The fonts of paper: Noto Sans SC, and for characters that it lacks its sister Noto Sans JP, both open (OFL 1.1). A text is split
 * into runs of one font; a character that no font has is refused by name and never left out.
 */
import { fileURLToPath } from 'node:url'
import { openSync, type Font } from 'fontkit'
import { Refusal } from '../../protocol/refusal.ts'

export type Weight = 'regular' | 'bold'

export interface Run {
  text: string
  /** Name under which the font is registered in a document. */
  font: string
}

const PACKAGES = '@expo-google-fonts'
const FILES: Record<string, string> = {
  regular: `${PACKAGES}/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf`,
  bold: `${PACKAGES}/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf`,
  rareRegular: `${PACKAGES}/noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf`,
  rareBold: `${PACKAGES}/noto-sans-jp/700Bold/NotoSansJP_700Bold.ttf`,
}
const CHAINS: Record<Weight, readonly string[]> = {
  regular: ['regular', 'rareRegular'],
  bold: ['bold', 'rareBold'],
}

const opened = new Map<string, Font>()

/** Opened once in a thread, when it is first needed. */
export function fontNamed(name: string): Font {
  const known = opened.get(name)
  if (known !== undefined) return known
  const font = openSync(fontPath(name))
  opened.set(name, font)
  return font
}

/** Where the file of a font lies. */
export const fontPath = (name: string): string => fileURLToPath(import.meta.resolve(FILES[name] ?? name))

/** A character as people see it, which may be several code points: these stay in one font. */
const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' })

export const charactersOf = (text: string): string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment)

/** The text as runs of one font each. Refuses GLYPH_MISSING, with the place (`field`) and the character as `U+XXXX`. */
export function runsOf(text: string, weight: Weight, field: string): Run[] {
  const runs: Run[] = []
  let before = ''
  for (const character of charactersOf(text)) {
    const font = fontFor(character, weight, before)
    if (font === null) throw missing(character, weight, field)
    const last = runs.at(-1)
    if (last?.font === font) last.text += character
    else runs.push({ text: character, font })
    before = character
  }
  return runs
}

/** The text with each character that cannot be printed spelled out as `[U+XXXX]`: for names that are nobody's, as of files. */
export function spelledOut(text: string): string {
  return charactersOf(text)
    .map(character => {
      if (character === '\n' || fontFor(character, 'regular', '') !== null) return character
      return Array.from(character, one => `[${nameOf(one)}]`).join('')
    })
    .join('')
}

/** Quotation marks of Chinese are as wide as a character; between Latin letters the sister font has narrow ones. */
const QUOTE = /^[‘’“”]$/u
const LATIN = /^[A-Za-z\u00c0-\u024f]$/u
/** Nothing that cannot be seen, or that turns the reading direction, is ever put on paper. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u

function fontFor(character: string, weight: Weight, before: string): string | null {
  if (UNSEEN.test(character)) return null
  const chain = CHAINS[weight]
  const ordered = QUOTE.test(character) && LATIN.test(before) ? chain.toReversed() : chain
  return ordered.find(name => hasAll(fontNamed(name), character)) ?? null
}

function hasAll(font: Font, character: string): boolean {
  for (const one of character) if (!font.hasGlyphForCodePoint(one.codePointAt(0)!)) return false
  return true
}

function missing(character: string, weight: Weight, field: string): Refusal {
  const first = Array.from(character).find(one => fontFor(one, weight, '') === null) ?? character
  return new Refusal('GLYPH_MISSING', 'the fonts of paper do not have a character of this value', {
    field,
    expected: 'a character that can be printed',
    found: nameOf(first),
  })
}

const nameOf = (character: string) =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

/** How wide a text is, in points, by the advance widths of its characters. Refuses as `runsOf`. */
export function widthOf(text: string, weight: Weight, size: number, field: string): number {
  return runsOf(text, weight, field).reduce((width, run) => width + widthOfRun(run, size), 0)
}

export function widthOfRun({ text, font: name }: Run, size: number): number {
  const font = fontNamed(name)
  let units = 0
  for (const one of text) units += advanceOf(font, one.codePointAt(0)!)
  return (units / font.unitsPerEm) * size
}

const advances = new Map<Font, Map<number, number>>()

function advanceOf(font: Font, codePoint: number): number {
  let known = advances.get(font)
  if (known === undefined) advances.set(font, (known = new Map<number, number>()))
  let width = known.get(codePoint)
  if (width === undefined) {
    width = font.glyphForCodePoint(codePoint).advanceWidth
    known.set(codePoint, width)
  }
  return width
}
