/**
 * Which characters a text on a certificate may hold. What a person cannot see must not make two texts differ, turn the
 * reading direction, or be lost in print; so text is NFC (https://unicode.org/reports/tr15/) and without such characters.
 */

/** Nearly every value: printable ASCII, Chinese characters and punctuation. All of it is its own NFC. */
const PLAIN =
  /^[ -~\u00b7\u00d7\u3001-\u3003\u3008-\u3011\u3014-\u301b\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff5e]*$/

/**
 * Controls and unassigned or private use (\p{C} holds Cc, Cf, Cn, Co, Cs: bidirectional marks, zero-width characters,
 * tags, soft hyphen, lone surrogates), line and paragraph separators, variation selectors, fillers that print as nothing.
 */
const INVISIBLE =
  /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufffc\ufffd\u{e0100}-\u{e01ef}]/u

/** What is wrong with the characters of a text, as what was found; null when nothing is. `lines`: line feeds are allowed. */
export function characterFault(text: string, lines: boolean): string | null {
  if (!PLAIN.test(text)) {
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

function isSpace(unit: number): boolean {
  return (
    unit === 0x20 || unit === 0x0a || unit === 0xa0 || unit === 0x3000 || (unit >= 0x2000 && unit <= 0x200a)
  )
}

function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
