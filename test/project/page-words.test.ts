import { globSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'

type Words = Record<string, { zh: string; en: string }>

const FILES = globSync('web/app/words/*.ts').toSorted((a, b) => (a < b ? -1 : 1))
/** Words that are the same in both languages, or name the other one. */
const NAMES =
  /^(?:English|中文|PDF|JSON|CSV|XLSX|onceproof|[\d\s{}\w·:,./()（）：-]*\{\{.*\}\}[\d\s·:,./()（）：-]*)$/

describe('words of the pages', () => {
  it('are there', () => {
    expect(FILES).to.include('web/app/words/common.ts')
  })

  for (const file of FILES) {
    it(`of ${file} are Chinese and English, and fill in the same`, async () => {
      const loaded = (await import(pathToFileURL(file).href)) as Record<string, Words>
      const wrong: string[] = []
      const blanks = (text: string) => [...text.matchAll(/\{\{\w+\}\}/g)].map(([blank]) => blank).toSorted()
      for (const [key, { zh, en }] of Object.values(loaded).flatMap(words => Object.entries(words))) {
        if (!/[\u4e00-\u9fff]/.test(zh) && !NAMES.test(zh)) wrong.push(`${key} is not Chinese: ${zh}`)
        if (/[\u4e00-\u9fff]/.test(en) && !NAMES.test(en)) wrong.push(`${key} is not English: ${en}`)
        if (blanks(zh).join() !== blanks(en).join()) wrong.push(`${key} fills in differently`)
        if (/哈希/.test(zh)) wrong.push(`${key} says 哈希`)
      }
      expect(wrong).to.deep.equal([])
    })
  }
})
