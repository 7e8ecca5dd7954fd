import type { Mutant } from './mutant.ts'

const LOST = 'test/server/continuity/lost-blocks.test.ts'
const RENEW = 'test/server/continuity/renew.test.ts'
const WATCH = 'test/server/chain/watch.test.ts'
const NOT_FINAL = 'test/server/gateway/not-final.test.ts'
const BACKUP = 'test/scripts/cli-backup.test.ts'
const FSCK = 'test/scripts/cli-fsck.test.ts'
const UPGRADE = 'test/production/upgrade.test.ts'
const CHAIN = 'test/server/chain/embedded-chain.test.ts'
const CHAIN_PROCESS = 'test/server/chain/embedded-process.test.ts'
const GROUP = 'test/server/store/group-commit.test.ts'
const GRANTS_AWAY = 'test/server/grants/without-chain.test.ts'
const POWER = 'test/drills/power.test.ts'
const HAMMER = 'test/drills/hammer.test.ts'

const only = (file: string, title: string) => `${file} › ${title}`

/** What a lost chain, a lost disk or a second start must not take along, and what the auditor and the oracles must not miss. */
export const continuityMutants: Mutant[] = [
  {
    name: 'continuity-lost-blocks-unseen',
    why: 'A chain that another branch overtook would go on as if nothing final had been in its last blocks.',
    file: 'server/continuity/lost-blocks.ts',
    find: 'if (final?.block != null) {',
    replace: 'if (final?.block != null && chain.isEmbedded) {',
    tests: [NOT_FINAL],
  },
  {
    name: 'continuity-registry-change-lost',
    why: 'A block that held only a change of the registry could be lost without anybody noticing.',
    file: 'server/continuity/lost-blocks.ts',
    find: 'if (counted <= nonce) {',
    replace: 'if (counted < 0) {',
    tests: [LOST],
  },
  {
    name: 'continuity-believed-while-brought-back',
    why: 'While lost blocks are brought back, what was revoked in them would verify as valid.',
    file: 'server/chain/watch.ts',
    find: '      doubts ??= why\n',
    replace: '',
    tests: [WATCH, LOST],
  },
  {
    name: 'continuity-head-goes-back-unnoticed',
    why: 'An embedded chain that lost blocks while the gateway runs would be believed until the next start.',
    file: 'server/chain/watch.ts',
    find: 'if (head < atLeast) {',
    replace: 'if (head < 0) {',
    tests: [WATCH, LOST],
  },
  {
    name: 'continuity-brought-back-by-half',
    why: 'What was taken back would be called whole again before it stands in a block.',
    file: 'server/continuity/lost-blocks.ts',
    find: '  await bringAboutReopened(untold)\n  const still',
    replace: '  const still',
    tests: [LOST],
  },
  {
    name: 'continuity-lagging-node-is-a-loss',
    why: 'A node that lags for a moment would make the gateway do everything again.',
    file: 'server/continuity/lost-blocks.ts',
    find: 'if (!chain.isEmbedded && !hasLaggedLong(world)) {',
    replace: 'if (!chain.isEmbedded && head.number < 0) {',
    tests: [only(LOST, 'network lags')],
  },
  {
    name: 'renewal-out-of-order',
    why: 'A key that had ended before a checkpoint would on the new chain end after it, and old certificates would change their verdict.',
    file: 'server/continuity/renew.ts',
    find: 'if (end !== null && end <= renewal.startedAt) planned',
    replace: 'if (end !== null && end < 0) planned',
    tests: [RENEW],
  },
  {
    name: 'renewal-begun-again',
    why: 'A renewal that was cut short would begin anew, and put the new chain aside as if it were the old one.',
    file: 'server/continuity/renew.ts',
    find: '  if (renewal === null) {\n    const deployment',
    replace: "  if (renewal === null || renewal.stage === 'repeating') {\n    const deployment",
    tests: [RENEW],
  },
  {
    name: 'restore-takes-what-is-cut',
    why: 'A file of a backup that was altered would be restored.',
    file: 'server/recovery/manifest.ts',
    find: 'if (found !== sha256) throw damaged(at, sha256, found)',
    replace: '',
    tests: [only(BACKUP, 'truncated, an altered')],
  },
  {
    name: 'restore-takes-two-times',
    why: 'A database and a chain of two times would be restored as one.',
    file: 'server/recovery/restore.ts',
    find: '  if (hash !== block.hash)\n',
    replace: '  if (hash === null)\n',
    tests: [only(BACKUP, 'mixed from two times')],
  },
  {
    name: 'restore-takes-other-keys',
    why: 'A gateway would be restored with keys that did not sign its log.',
    file: 'server/recovery/restore.ts',
    find: '  if (keys !== null) assertKeysOf(manifest, keys)\n',
    replace: '',
    tests: [only(BACKUP, 'keys of another log')],
  },
  {
    name: 'restore-over-what-is-there',
    why: 'A restore would write over a folder with something in it.',
    file: 'server/recovery/restore.ts',
    find: '  if (readdirSync(target).length === 0) return\n',
    replace: '  if (readdirSync(target).length >= 0) return\n',
    tests: [only(BACKUP, 'overwrites nothing')],
  },
  {
    name: 'restore-of-a-later-release',
    why: 'A database that a later release wrote would be opened by one that does not know it.',
    file: 'server/recovery/manifest.ts',
    find: 'if (read.data.schema > newest) {',
    replace: 'if (read.data.schema > newest + 9_999) {',
    tests: [only(BACKUP, 'of a later release')],
  },
  {
    name: 'restore-brings-back-the-erased',
    why: 'What somebody had erased would be there again after an older backup was restored.',
    file: 'server/recovery/restore.ts',
    find: 'return await eraseAgain({ store, mirror: { folder: join(folder, MIRROR) } })',
    replace: 'return 0',
    tests: [only(BACKUP, 'restores what was erased')],
  },
  {
    name: 'restore-is-not-known-as-a-copy',
    why: 'A gateway restored from an old backup would write before it has caught up, and give numbers twice.',
    file: 'server/recovery/restore.ts',
    find: '    await store.saveSetting(RESTORED, createdAt)\n',
    replace: '',
    tests: ['test/production/restored.test.ts'],
  },
  {
    name: 'upgrade-without-a-copy',
    why: 'An upgrade that goes wrong would leave nothing to go back to.',
    file: 'server/store/sqlite/upgrade.ts',
    find: 'if (found === 0 || found === newest) return null',
    replace: 'if (found <= newest) return null',
    tests: [UPGRADE],
  },
  {
    name: 'chain-block-not-on-the-disk',
    why: 'A power cut would take back blocks in which something had become final.',
    file: 'server/chain/embedded/journal.ts',
    find: "set('synchronous', 'FULL', 2)",
    replace: "set('synchronous', 'NORMAL', 1)",
    tests: [only(POWER, 'embedded chain whose journal')],
  },
  {
    name: 'chain-missing-block-skipped',
    why: 'A journal from which a block was cut out would be replayed as another history.',
    file: 'server/chain/embedded/journal.ts',
    find: 'if (number !== last + 1)',
    replace: 'if (number <= last)',
    tests: [CHAIN, CHAIN_PROCESS],
  },
  {
    name: 'store-full-disk-unsaid',
    why: 'A gateway whose disk takes nothing would call itself ready.',
    file: 'server/store/sqlite/group-commit.ts',
    find: 'if (storageFaultOf(reason) !== null) writable = false',
    replace: '',
    tests: [GROUP],
  },
  {
    name: 'store-called-writable-by-nothing',
    why: 'A commit that changed nothing would make a full disk look well again.',
    file: 'server/store/sqlite/group-commit.ts',
    find: 'if (!writable) tryDisk()',
    replace: '',
    tests: [GROUP],
  },
  {
    name: 'fsck-does-not-check-signatures',
    why: 'The auditor would take a checkpoint that the log’s key did not sign.',
    file: 'scripts/fsck/checkpoints.ts',
    find: 'if (logKeys !== null && !logKeys.some(key => key === rowSigner(audited, row)))',
    replace: 'if (logKeys !== null && logKeys.length === 0)',
    tests: [FSCK],
  },
  {
    name: 'fsck-silence-is-yes',
    why: 'A part that could not be looked at would count as in order.',
    file: 'scripts/fsck/fsck.ts',
    find: "violations.length > 0 ? 'violations' : open.length > 0 ? 'undetermined' : 'clean'",
    replace: "violations.length > 0 ? 'violations' : 'clean'",
    tests: [FSCK],
  },
  {
    name: 'fsck-takes-silence-for-a-fault',
    why: 'A node that goes away in the middle would be told as a fault of the auditor.',
    file: 'scripts/fsck/fsck.ts',
    find: 'if (error instanceof ChainUnreachable || error instanceof RpcFailure)',
    replace: 'if (error instanceof RpcFailure)',
    tests: [FSCK],
  },
  {
    name: 'grants-all-kept-without-a-chain',
    why: 'While the chain is away nobody could take back all that he granted.',
    file: 'server/grants/withdraw.ts',
    find: '  } else {\n    if (BigInt(epoch) > (await epochOnChain(world, chainHolder)))',
    replace: '  } else {\n    if (BigInt(epoch) < 0)',
    tests: ['test/server/grants/attacks.test.ts › all at once'],
  },
  {
    name: 'grants-signature-believed-without-a-chain',
    why: 'While the chain is away anybody’s signature would end a grant.',
    file: 'server/grants/signature.ts',
    find: 'throw new ChainUnreachable(`a signature could not be checked: ${error.message.slice(0, 200)}`)',
    replace: 'return true',
    tests: [GRANTS_AWAY],
  },
  {
    name: 'oracle-content-not-compared',
    why: 'A certificate that says something else than it was asked to say would pass every drill.',
    file: 'scripts/drills/check-told.ts',
    find: 'contentOf(subject.certificate.fields) !== content',
    replace: 'content.length === 0',
    tests: [only(HAMMER, 'says something else')],
  },
  {
    name: 'hammer-closes-twice',
    why: 'A second end of a hammer would close another drill’s file, and what clients were told would be lost.',
    file: 'scripts/drills/hammer.ts',
    find: '      leaving.abort()\n      return (ending ??= end())',
    replace: '      leaving.abort()\n      return end()',
    tests: [only(HAMMER, 'closes its file once')],
  },
]
