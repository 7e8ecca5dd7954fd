import { expect } from 'chai'
import { AbiCoder, keccak256, toUtf8Bytes } from 'ethers'
import { fromUtf8, toBase64, toHex, toUtf8 } from '../../protocol/bytes.ts'
import type { JsonObject } from '../../protocol/json.ts'
import {
  departmentId,
  formatSnapshot,
  parseSnapshot,
  snapshotView,
  statusListId,
} from '../../protocol/snapshot.ts'
import {
  civilAffairs,
  drop,
  keys,
  origins,
  publicSecurity,
  set,
  STRETCHES,
  statusIndexes,
  trust,
  types,
  TURN,
  type Edit,
} from '../../scripts/vectors/scene.ts'
import { codeOf, refusalOf } from '../support/refusals.ts'
import { vectorBytes } from '../support/vectors.ts'

const bytes = vectorBytes('snapshot.json')
const snapshot = parseSnapshot(bytes)
const object = JSON.parse(fromUtf8(bytes)!) as JsonObject
const edited = (edit: Edit) => () => parseSnapshot(toUtf8(JSON.stringify(edit(object))))
const view = snapshotView(snapshot)

describe('Snapshots', function () {
  it('are written back byte for byte', () => {
    expect(toUtf8(formatSnapshot(snapshot))).to.deep.equal(bytes)
  })

  const refusals: Record<string, Edit> = {
    'another format': set('format', 'onceproof-snapshot/2'),
    'an unknown member': set('comment', 'x'),
    'no block': drop('block'),
    'a block time as text': set('block.time', '0'),
    'a negative block number': set('block.number', -1),
    'a contract less': drop('contracts.GrantRegistry'),
    'no departments': drop('departments'),
    'a department with a short USCC': set('departments.0.uscc', 'X'),
    'a suspension without end': drop('departments.2.suspensions.0.until'),
    'a key with a short id': set('keys.0.id', '0x00'),
    'a key of purpose 0': set('keys.0.purpose', 0),
    'a key of no algorithm': set('keys.0.algorithm', 256),
    'a key without compromisedSince': drop('keys.0.compromisedSince'),
    'a public key in upper case': set('keys.0.publicKey', `0x${'AB'.repeat(32)}`),
    'a permit without region': drop('permits.0.region'),
    'a period without department': drop('permits.0.periods.0.department'),
    'checkpoints that do not grow': set('logs.0.checkpoints.1.size', 1),
    'a checkpoint of size 0': set('logs.0.checkpoints.0.size', 0),
    'a root of 31 bytes': set('logs.0.checkpoints.0.root', toBase64(new Uint8Array(31))),
    'a root in hexadecimal': set('logs.0.checkpoints.0.root', `0x${'00'.repeat(32)}`),
    'an origin with a plus sign': set('logs.0.origin', 'a+b'),
    'revoked indexes that descend': set('statusLists.0.revoked', [8, 7]),
    'a revoked index twice': set('statusLists.0.revoked', [7, 7]),
    'an index beyond its list': set('statusLists.0.suspended', [131_072]),
    'a superseded index twice': set(
      'statusLists.0.superseded',
      [9, 9].map(index => ({ index, successor: `0x${'00'.repeat(32)}` })),
    ),
    'a successor of 31 bytes': set('statusLists.0.superseded.0.successor', `0x${'00'.repeat(31)}`),
  }
  for (const [what, edit] of Object.entries(refusals)) {
    it(`with ${what} are refused`, () => {
      expect(codeOf(edited(edit))).to.equal('SNAPSHOT_SYNTAX')
    })
  }

  it('that are refused name the member', () => {
    expect(refusalOf(edited(set('keys.3.addedAt', -1)))?.details.field).to.equal('keys[3].addedAt')
  })

  it('that are not JSON keep the code of docs/formats.md §2', () => {
    expect(codeOf(() => parseSnapshot(toUtf8('[')))).to.equal('JSON_SYNTAX')
  })

  it('name departments and status lists as the contracts do', () => {
    const department = keccak256(toUtf8Bytes(civilAffairs.uscc))
    expect(departmentId(civilAffairs.uscc)).to.equal(department)
    for (const number of [0, 1, 4096, 9_999_999_999]) {
      const encoded = AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint64'], [department, number])
      expect(statusListId(civilAffairs.uscc, number)).to.equal(keccak256(encoded))
    }
  })
})

describe('Views of a snapshot', function () {
  it('tell which chain and block they are of', async () => {
    expect(await view.identity()).to.deep.equal({
      chainId: trust.chain.chainId,
      genesis: trust.chain.genesis,
      contracts: trust.contracts,
    })
    expect(await view.head()).to.deep.equal(snapshot.block)
    expect(view.kind).to.equal('snapshot')
    expect(snapshotView(snapshot, 'live').kind).to.equal('live')
  })

  it('find a checkpoint by its exact size, and the first that covers an index', async () => {
    const { checkpoints } = snapshot.logs.find(log => log.origin === origins.main)!
    for (const [i, { size, root, time, blockNumber }] of checkpoints.entries()) {
      const expected = { size, time, blockNumber }
      const exact = await view.checkpointOfSize(origins.main, size)
      expect(exact).to.deep.include(expected)
      expect(toBase64(exact!.root)).to.equal(root)
      expect(await view.firstCovering(origins.main, size - 1)).to.deep.include(expected)
      const after = await view.firstCovering(origins.main, size)
      expect(after?.size ?? null).to.equal(checkpoints[i + 1]?.size ?? null)
      expect(await view.checkpointOfSize(origins.main, size + 1_000_000)).to.equal(null)
    }
    expect(checkpoints[0]!.time).to.equal(STRETCHES.before.time)
    expect(await view.checkpointOfSize('nowhere.example', 1)).to.equal(null)
    expect(await view.firstCovering('nowhere.example', 0)).to.equal(null)
  })

  it('know keys, departments and permits, and say null or none for what is not there', async () => {
    const key = await view.keyOf(keys.added.id)
    expect(key).to.include({ department: civilAffairs.id, purpose: 1, algorithm: 1, addedAt: TURN })
    expect(toHex(key!.publicKey)).to.equal(toHex(keys.added.publicKey))
    expect(await view.keyOf(keys.unregistered.id)).to.equal(null)
    expect(await view.departmentOf(publicSecurity.id)).to.deep.include({
      did: publicSecurity.did,
      uscc: publicSecurity.uscc,
    })
    expect((await view.departmentOf(publicSecurity.id))!.suspensions.length).to.equal(2)
    expect(await view.departmentOf(`0x${'00'.repeat(32)}`)).to.equal(null)
    expect((await view.permitsOf(types.handedOver, '990100')).map(p => p.from)).to.have.length(2)
    expect(await view.permitsOf(types.handedOver, '990200')).to.deep.equal([])
  })

  it('tell the status of every index of a list, and null of a list that nobody opened', async () => {
    const of = (index: number) => view.statusOf(civilAffairs.uscc, 1, index)
    const clear = { revoked: false, suspended: false, superseded: false, successor: null }
    expect(await of(statusIndexes.clear)).to.deep.equal(clear)
    expect(await of(statusIndexes.revoked)).to.deep.equal({ ...clear, revoked: true })
    expect(await of(statusIndexes.suspended)).to.deep.equal({ ...clear, suspended: true })
    const superseded = await of(statusIndexes.superseded)
    expect(superseded).to.deep.include({ revoked: false, suspended: false, superseded: true })
    expect(superseded!.successor).to.match(/^0x[0-9a-f]{64}$/)
    expect(await view.statusOf(civilAffairs.uscc, 2, 0)).to.equal(null)
    expect(await view.statusOf('X', 1, 0)).to.equal(null)
  })
})
