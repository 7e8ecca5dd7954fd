import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { vectorFiles } from '../../scripts/vectors/files.ts'
import { fromBase64url, toHex } from '../../protocol/bytes.ts'
import { parseJson } from '../../protocol/json.ts'
import { leafHash } from '../../protocol/log.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { parseStatement } from '../../protocol/statement.ts'
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts'
import { verify } from '../../protocol/verify.ts'
import type { JsonVector } from '../../scripts/vectors/json-texts.ts'
import type { StatementVector } from '../../scripts/vectors/statements.ts'
import { bytesOf, fileVectors, readVector, trustOf, vectorBytes, viewOf } from '../support/vectors.ts'

const codeOf = (act: () => unknown): string | null => {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('vectors: certificate files and record files', function () {
  for (const folder of ['valid', 'invalid'] as const) {
    describe(folder, () => {
      for (const vector of fileVectors(folder)) {
        const title = `${vector.name.replaceAll('_', ' ')}: ${vector.expected.verdict}`
        it(title, async () => {
          const { verdict, answers } = await verify(
            bytesOf(vector.fileBase64, vector.padding),
            trustOf(vector),
            viewOf(vector.view),
            vector.now,
            vector.digest === undefined ? {} : { digest: fromBase64url(vector.digest)! },
          )
          expect(answers).to.deep.equal(vector.expected.answers)
          expect(verdict).to.equal(vector.expected.verdict)
          expect(VERDICTS[verdict].exit).to.equal(vector.expected.exit)
        })
      }
    })
  }

  it('no file whose bytes are not sound is ever accepted', () => {
    const verdicts = new Set(fileVectors('invalid').map(vector => vector.expected.verdict))
    expect([...verdicts].sort()).to.deep.equal(['TAMPERED', 'UNREADABLE'])
  })

  it('every verdict that a verification can give is there', () => {
    const given = new Set([...fileVectors('valid'), ...fileVectors('invalid')].map(v => v.expected.verdict))
    const all = (Object.keys(VERDICTS) as Verdict[]).slice(0, 19)
    expect([...given].sort()).to.deep.equal([...all].sort())
  })

  it('every reason of docs/formats.md §13 is there', () => {
    const page = new TextDecoder().decode(vectorBytes('../../docs/formats.md'))
    const section = page.slice(page.indexOf('\n## 13 '), page.indexOf('\n## 14 '))
    const reasons = new Set(section.match(/`[A-Z][A-Z0-9_]+`/g)!.map(code => code.slice(1, -1)))
    // The type of records, not a reason.
    reasons.delete('RECORD')
    const given = new Set(
      [...fileVectors('valid'), ...fileVectors('invalid')].flatMap(vector =>
        Object.values(vector.expected.answers).map(answer => answer.because),
      ),
    )
    expect([...reasons].filter(reason => !given.has(reason))).to.deep.equal([])
  })
})

describe('vectors: JSON texts', function () {
  for (const vector of readVector('json.json') as JsonVector[]) {
    const bytes = bytesOf(vector.textBase64, vector.padding)
    if ('value' in vector) {
      it(`${vector.name.replaceAll('_', ' ')} is read`, () => {
        expect(parseJson(bytes)).to.deep.equal(vector.value)
      })
    } else {
      it(`${vector.name.replaceAll('_', ' ')} is refused`, () => {
        expect(vector.refused).to.include(codeOf(() => parseJson(bytes)))
      })
    }
  }
})

describe('vectors: statements', function () {
  const vectors = readVector('statements.json') as StatementVector[]
  for (const vector of vectors) {
    if ('kind' in vector) {
      it(`${vector.name.replaceAll('_', ' ')} is read`, () => {
        expect(parseStatement(vector.text).kind).to.equal(vector.kind)
        expect(toHex(leafHash(vector.text))).to.equal(vector.leaf)
      })
    } else {
      it(`${vector.name.replaceAll('_', ' ')}: ${vector.refused}`, () => {
        expect(codeOf(() => parseStatement(vector.text))).to.equal(vector.refused)
      })
    }
  }
})

describe('vectors: the generator', function () {
  const ours = [...vectorFiles().keys()]

  it('writes every committed vector byte for byte again', () => {
    for (const [path, text] of vectorFiles()) {
      expect(new TextDecoder().decode(vectorBytes(path)) === text, path).to.equal(true)
    }
  })

  it('leaves no vector behind that it does not write', () => {
    const folder = new URL('../vectors/', import.meta.url)
    for (const name of ['valid', 'invalid']) {
      const committed = readdirSync(new URL(name, folder)).map(file => `${name}/${file}`)
      expect(committed.filter(path => !ours.includes(path))).to.deep.equal([])
    }
  })
})
