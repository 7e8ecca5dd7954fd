import { expect } from 'chai'
import { QUESTIONS, VERDICTS } from '../../../protocol/verdict.ts'
import {
  QUESTION_WORDS,
  TONE_COLOUR,
  VALID_RECORD,
  VERDICT_WORDS,
} from '../../../server/wording/verdict-words.ts'

const isChinese = (text: string) => expect(text).to.match(/\p{Script=Han}/u)
const isEnglish = (text: string) => expect(text).to.match(/^[A-Z][^\p{Script=Han}]+$/u)

describe('the words of verdicts and questions', () => {
  it('are there for every verdict in both languages, each headline said by one verdict only', () => {
    expect(Object.keys(VERDICT_WORDS)).to.deep.equal(Object.keys(VERDICTS))
    for (const { headline, why, next } of [...Object.values(VERDICT_WORDS), VALID_RECORD]) {
      for (const { zh, en } of [headline, why, next]) {
        isChinese(zh)
        isEnglish(en)
      }
    }
    for (const language of ['zh', 'en'] as const) {
      const headlines = Object.values(VERDICT_WORDS).map(({ headline }) => headline[language])
      expect(new Set(headlines).size).to.equal(headlines.length)
    }
  })

  it('say of each question what is asked and how it is checked', () => {
    expect(Object.keys(QUESTION_WORDS)).to.deep.equal([...QUESTIONS])
    for (const { zh, en, ask, how } of Object.values(QUESTION_WORDS)) {
      for (const text of [zh, ask.zh, how.zh]) isChinese(text)
      for (const text of [en, ask.en, how.en]) isEnglish(text)
    }
  })

  it('say 指纹, never 哈希', () => {
    expect(JSON.stringify([VERDICT_WORDS, QUESTION_WORDS])).to.not.include('哈希')
  })

  it('stand in colours that are read on white', () => {
    for (const { tone } of Object.values(VERDICTS))
      expect(contrastOnWhite(TONE_COLOUR[tone])).to.be.at.least(4.5)
  })
})

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrastOnWhite(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)
}
