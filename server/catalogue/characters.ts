/**
 * Which characters a text on a certificate may hold. What a person cannot see must not make two texts differ, turn the
 * reading direction, or be lost in print; so text is NFC (https://unicode.org/reports/tr15/) and without such characters.
 */

/**
 * Controls and unassigned or private use (\p{C} holds Cc, Cf, Cn, Co, Cs: bidirectional marks, zero-width characters,
 * tags, soft hyphen, lone surrogates), line and paragraph separators, variation selectors, fillers that print as nothing.
 */
const INVISIBLE =
  /\p{C}|\p{Zl}|\p{Zp}|\p{Variation_Selector}|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u180e|\u3164|\uffa0|\ufffc|\ufffd/u

/** What is wrong with the characters of a text, as what was found; null when nothing is. `lines`: line feeds are allowed. */
export function characterFault(text: string, lines: boolean): string | null {
  if (!isPlain(text)) {
    if (!text.isWellFormed()) return 'an unpaired surrogate'
    const invisible = INVISIBLE.exec(lines ? text.replaceAll('\n', '') : text)
    if (invisible !== null) return `an invisible or unassigned character, ${codePointName(invisible[0])}`
    if (text.normalize('NFC') !== text) return 'text that is not in Unicode form NFC'
  }
  // A space at either end cannot be seen in print and makes two equal names differ.
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  return isSpace(first) || isSpace(last) ? 'a space at the beginning or the end' : null
}

/**
 * Nearly every value: printable ASCII, Chinese characters (with extension A) and their punctuation, all of it its own NFC.
 * A loop, because a class of ranges as a regular expression takes five times as long and every text comes through here.
 */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const isAscii = unit >= 0x20 && unit <= 0x7e
    const isChinese = unit >= 0x3400 && unit <= 0x9fff && (unit <= 0x4dbf || unit >= 0x4e00)
    const isPunctuation =
      (unit >= 0xff01 && unit <= 0xff5e) || (unit >= 0x3001 && unit <= 0x301b) || unit === 0xb7
    if (!isAscii && !isChinese && !isPunctuation) return false
  }
  return true
}

function isSpace(unit: number): boolean {
  return (
    unit === 0x20 || unit === 0x0a || unit === 0xa0 || unit === 0x3000 || (unit >= 0x2000 && unit <= 0x200a)
  )
}

function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
