/** What a browser encodes and decodes by itself, held against a library and against a real chain. */
import { expect } from 'chai'
import { getBytes, hexlify, randomBytes } from 'ethers'
import { INTERFACES } from '../../../server/chain/contracts.ts'
import type { ContractName } from '../../../protocol/chain-view.ts'
import { CALLS, decodeResult, encodeCall } from '../../../web/verify/reader.ts'

const CONTRACT: Record<string, ContractName> = {
  keyOf: 'DepartmentRegistry',
  departmentOf: 'DepartmentRegistry',
  suspensionsOf: 'DepartmentRegistry',
  permitsOf: 'DepartmentRegistry',
  checkpointOfSize: 'AnchorLog',
  firstCovering: 'AnchorLog',
  statusOf: 'StatusRegistry',
}

const word = () => hexlify(randomBytes(32))
const number = () => Math.floor(Math.random() * 2 ** 31)
const text = () => '部门a𠮷'.repeat(Math.floor(Math.random() * 9))
const interval = () => ({ from: number(), until: number() })
const many = <T>(make: () => T) => Array.from({ length: Math.floor(Math.random() * 4) }, make)
const checkpoint = () => [{ size: number(), time: number(), blockNumber: number(), root: word() }]

const RESULTS: Record<string, () => unknown[]> = {
  keyOf: () => [
    {
      department: word(),
      purpose: 1,
      algorithm: 2,
      addedAt: number(),
      signUntil: number(),
      anchorUntil: number(),
      compromisedSince: number(),
      publicKey: hexlify(randomBytes(64)),
    },
  ],
  departmentOf: () => [text(), text(), number()],
  suspensionsOf: () => [many(interval)],
  permitsOf: () => [many(() => ({ department: word(), ...interval() }))],
  checkpointOfSize: checkpoint,
  firstCovering: checkpoint,
  statusOf: () => [true, false, Math.random() < 0.5, word()],
}

const plain = (value: unknown): unknown =>
  typeof value === 'bigint'
    ? Number(value)
    : Array.isArray(value)
      ? value.map(plain)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
        : value

describe('the calls that a browser encodes itself', () => {
  for (const [method, { signature, takes }] of Object.entries(CALLS)) {
    const abi = INTERFACES[CONTRACT[method]!]

    it(`${signature}: as the contract’s interface has them, arguments and results`, () => {
      expect(abi.getFunction(method)?.format('sighash')).to.equal(signature)
      for (let round = 0; round < 50; round++) {
        const args = takes.map(type => (type === 'word' ? word() : type === 'uint' ? number() : text()))
        expect(encodeCall(method, args)).to.equal(abi.encodeFunctionData(method, args))
        const values = RESULTS[method]!()
        expect(plain(decodeResult(method, abi.encodeFunctionResult(method, values)))).to.deep.equal(values)
      }
    })

    it(`${signature}: what is cut off or points outside is no answer`, () => {
      const bytes = getBytes(abi.encodeFunctionResult(method, RESULTS[method]!()))
      for (let length = 0; length < Math.min(bytes.length - 31, 256); length += 16)
        expect(() => decodeResult(method, hexlify(bytes.subarray(0, length))), String(length)).to.throw()
      for (const answer of ['0x', '0x00', null, {}, 'x', `0x${'ff'.repeat(32)}`, `0x${'ff'.repeat(320)}`])
        try {
          // Where every value is free, anything long enough is one; nothing else may pass.
          const read = decodeResult(method, answer)
          expect(read).to.be.an('array')
          expect(method).to.equal('none')
        } catch (error) {
          expect((error as Error).name).to.not.equal('RangeError')
        }
    })
  }
})
