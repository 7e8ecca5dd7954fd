/**
 * Breaking text into lines as Chinese typography does: anywhere between characters, but no line begins with closing punctuation or ends
 * with opening punctuation, and words and numbers of Latin letters stay whole where they fit.
 */
import { charactersOf } from './fonts.ts'

const NOT_FIRST = /^[、。，．：；？！）】》〉」』〕〗％…—’”)\]}>,.:;?!%]/u
const NOT_LAST = /[（【《〈「『〔〖‘“([{<]$/u
const PART_OF_WORD = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Nd}\p{M}'’./:@_+*#&=%-]+$/u

/** The lines of a text, none wider than `width` unless one character is. Line feeds of the text begin new lines. */
export function linesOf(text: string, width: number, widthOf: (text: string) => number): string[] {
  return text.split('\n').flatMap(paragraph => linesOfParagraph(paragraph, width, widthOf))
}

function linesOfParagraph(paragraph: string, width: number, widthOf: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  let used = 0
  for (const piece of piecesOf(paragraph, width, widthOf)) {
    const wide = widthOf(piece)
    // A blank at the end of a line is not seen: it may stick out.
    if (line !== '' && piece !== ' ' && used + wide > width) {
      lines.push(line.trimEnd())
      line = piece
      used = wide
    } else {
      line += piece
      used += wide
    }
  }
  return [...lines, line.trimEnd()]
}

/** What may not be torn: words, and characters with the punctuation that clings to them. */
function piecesOf(paragraph: string, width: number, widthOf: (text: string) => number): string[] {
  const pieces: string[] = []
  for (const character of charactersOf(paragraph)) {
    const last = pieces.at(-1)
    const clings =
      last !== undefined && last !== ' ' && (clingsTo(last, character) || isWord(last, character))
    // What is wider than the line would never fit: it is torn after all.
    if (clings && widthOf(last + character) <= width) pieces[pieces.length - 1] = last + character
    else pieces.push(character)
  }
  return pieces
}

const clingsTo = (before: string, character: string) => NOT_FIRST.test(character) || NOT_LAST.test(before)

const isWord = (before: string, character: string) =>
  PART_OF_WORD.test(Array.from(before).at(-1) ?? '') && PART_OF_WORD.test(character)
