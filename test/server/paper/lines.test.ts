import { expect } from 'chai'
import { linesOf } from '../../../server/paper/lines.ts'

/** Every character ten wide. */
const wide = (text: string) => Array.from(text).length * 10
const lines = (text: string, characters: number) => linesOf(text, characters * 10, wide)

describe('lines of a text', () => {
  it('break between any two Chinese characters', () => {
    expect(lines('示例省云岭市望山区', 4)).to.deep.equal(['示例省云', '岭市望山', '区'])
  })

  it('never begin with closing nor end with opening punctuation', () => {
    expect(lines('一二三四，五六', 4)).to.deep.equal(['一二三', '四，五六'])
    expect(lines('一二三（四五）六', 4)).to.deep.equal(['一二三', '（四五）', '六'])
  })

  it('keep words and numbers whole where they fit', () => {
    expect(lines('文件指纹（SHA-256）', 9)).to.deep.equal(['文件指纹', '（SHA-256）'])
    expect(lines('one two three', 9)).to.deep.equal(['one two', 'three'])
    expect(lines('编号 990102199003071014', 20)).to.deep.equal(['编号', '990102199003071014'])
  })

  it('tear what is longer than a line', () => {
    expect(lines('a'.repeat(25), 10)).to.deep.equal(['a'.repeat(10), 'a'.repeat(10), 'a'.repeat(5)])
  })

  it('begin where the text says so, and lose nothing', () => {
    expect(lines('一\n\n二', 4)).to.deep.equal(['一', '', '二'])
    const text = '阿依努尔·示例江（A-1），𠮷𠮷𠮷“二”'
    for (let width = 1; width < 20; width++) expect(lines(text, width).join('')).to.equal(text)
  })
})
