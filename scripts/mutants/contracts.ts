import type { Mutant } from './mutant.ts'

const inContract =
  (contract: string, file: string, tests: string[]) =>
  (name: string, why: string, find: string, replace: string): Mutant => ({
    name: `${contract}-${name}`,
    why,
    file,
    find,
    replace,
    tests,
  })

const ANCHOR_LOG = ['test/contracts/anchor-log.test.ts']
const inAnchorLog = inContract('anchor-log', 'contracts/AnchorLog.sol', ANCHOR_LOG)
const inMerkle = inContract('merkle', 'contracts/Rfc6962.sol', ANCHOR_LOG)
const inRegistry = inContract('registry', 'contracts/DepartmentRegistry.sol', [
  'test/contracts/department-registry.test.ts',
])
const inStatus = inContract('status-registry', 'contracts/StatusRegistry.sol', [
  'test/contracts/status-registry.test.ts',
])
const inGrants = inContract('grants', 'contracts/GrantRegistry.sol', [
  'test/contracts/grant-registry.test.ts',
])

/** What a contract must always hold, whoever sends. */
export const contractMutants: Mutant[] = [
  inAnchorLog(
    'skips-log-key',
    'Anybody could anchor checkpoints for the log.',
    'if (!SignatureChecker.isValidSignatureNow(entry.logKey, digest, signature)) {',
    'if (signature.length == 0) {',
  ),
  inAnchorLog(
    'skips-consistency',
    'The gateway could drop, reorder or change what is logged.',
    'if (!Rfc6962.extends(last.root, last.size, root, size, proof)) {',
    'if (last.size == 0) {',
  ),
  inAnchorLog(
    'allows-smaller-size',
    'The log could be wound back to before an entry.',
    'if (stored.size == 0) revert SizeBehindHead(log, size, headSize);',
    'if (stored.size == 0) return false;',
  ),
  inAnchorLog(
    'allows-fork-of-same-size',
    'Two logs of one size could both be anchored, and each reader be shown another.',
    'if (stored.root != root) revert RootConflict(log, size, stored.root, root);',
    'if (stored.root != root) return false;',
  ),
  inAnchorLog(
    'anchors-a-stored-checkpoint-again',
    'Whoever sends a checkpoint again would move its time, and with it every anchored time under it.',
    'if (_isStored(entry.checkpoints, log, size, root)) return;',
    '_isStored(entry.checkpoints, log, size, root);',
  ),
  inAnchorLog(
    'overwrites-first-time-of-a-leaf',
    'The time of an urgent leaf could be moved by sending it again.',
    'if (entry.notarizations[leaf].time != 0) return;',
    '',
  ),
  inAnchorLog(
    'closed-log-goes-on',
    'A log that was handed over could still be grown by who held it.',
    'if (entry.successor != 0) revert LogClosed(log, entry.successor);',
    '',
  ),
  inAnchorLog(
    'first-covering-is-the-one-after',
    'Anchored times would be those of a later checkpoint.',
    'uint256(leafIndex) + 1',
    'uint256(leafIndex) + 2',
  ),
  inMerkle(
    'inclusion-proof-of-any-length',
    'An inner node would be proved as a leaf on chain.',
    'return last == 0 && hash == root;',
    'return hash == root;',
  ),
  inMerkle(
    'node-prefix-of-a-leaf',
    'The chain would compute another tree than everybody else.',
    'mstore8(buffer, 0x01)',
    'mstore8(buffer, 0x00)',
  ),
  inRegistry(
    'second-permit-holder',
    'Two departments could issue the same type in one region at the same time.',
    'if (last.until == 0 || last.until > _now()) revert PermitHeld(last.department, last.until);',
    'if (last.department == department && last.until == 0) revert PermitHeld(last.department, last.until);',
  ),
  inRegistry(
    'compromise-moves-later',
    'Who holds the guardian’s role could make stolen signatures good again.',
    '(current != 0 && since >= current)',
    'false',
  ),
  inRegistry(
    'key-end-is-extended',
    'A retired key could be brought back, and history be rewritten.',
    'if (!_isBefore(end, current) && end != current) revert TimeExtended(current, end);',
    '',
  ),
  inRegistry(
    'authority-though-suspended',
    'A suspended department could go on changing the status of certificates.',
    '!isSuspendedAt(department, time)',
    'true',
  ),
  inRegistry(
    'authority-though-compromised',
    'A stolen authority key could revoke certificates after the theft was declared.',
    '_isBefore(time, key.compromisedSince) &&',
    '',
  ),
  inRegistry(
    'anybody-admits',
    'Anybody could admit a department of their own.',
    'string calldata did\n    ) external onlyRole(REGISTRAR_ROLE) returns (bytes32 id)',
    'string calldata did\n    ) external returns (bytes32 id)',
  ),
  inRegistry(
    'next-key-of-anybody',
    'Anybody could register a key of their own in a department’s name.',
    'if (keyId != committed) revert NotTheCommittedKey(committed, keyId);',
    '',
  ),
  inStatus(
    'revoked-can-change',
    'A revoked certificate could be resumed or superseded.',
    'if (_isSet(entry, REVOCATION, index)) revert AlreadyRevoked(list, index);',
    'if (action == REVOKE && _isSet(entry, REVOCATION, index)) revert AlreadyRevoked(list, index);',
  ),
  inStatus(
    'order-used-again',
    'An old order could be played again: suspended once, suspended at any time.',
    'if (_orderUsedAt[digest] != 0) revert OrderUsed(digest);',
    '',
  ),
  inStatus(
    'deadline-ignored',
    'An order that was kept back could be executed years later.',
    'if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);',
    '',
  ),
  inStatus(
    'lifts-any-suspension',
    'A resume that was kept back could lift a later suspension.',
    'if (named != suspension) revert WrongSuspension(list, index, suspension, named);',
    '',
  ),
  inStatus(
    'authority-of-any-department',
    'Any department could revoke another’s certificates.',
    'if (!registry.isAuthorityAt(department, signer, uint64(block.timestamp))) {',
    'if (signer.length == 0) {',
  ),
  inStatus(
    'skips-signature',
    'Whoever knows an authority’s address could give orders in its name.',
    'if (!SignatureChecker.isValidSignatureNow(signer, digest, signature)) revert InvalidSignature(digest);',
    '',
  ),
  inStatus(
    'digest-without-indices',
    'A signed order for one certificate could be executed on another.',
    'keccak256(abi.encodePacked(order.indices)),',
    'keccak256(""),',
  ),
  inStatus(
    'unknown-list-is-clear',
    'Reading a list that does not exist would say "in force".',
    'if (entry.owner == 0) revert UnknownList(list);',
    '',
  ),
  inStatus(
    'bitstring-reversed',
    'Readers of the W3C list would see the status of another certificate.',
    'return 1 << (255 - (index % 256));',
    'return 1 << (index % 256);',
  ),
  inGrants(
    'withdrawn-by-anybody',
    'Anybody could withdraw a holder’s consent, or keep one from ever being given.',
    '_requireSignature(signer, holder, _hashTypedDataV4(structHash), signature);\n\n        _withdraw(holder, digest);',
    '_withdraw(holder, digest);',
  ),
  inGrants(
    'granted-by-anybody',
    'Anybody could consent in a holder’s name.',
    '_requireSignature(signer, holder, digest, signature);',
    '',
  ),
  inGrants(
    'epoch-ignored',
    'Consent that was withdrawn altogether would go on.',
    'entry.epoch == _epochs[holder] &&',
    '',
  ),
  inGrants(
    'old-epoch-granted',
    'A grant signed before everything was withdrawn could be submitted afterwards.',
    'if (epoch != _epochs[holder]) revert WrongEpoch(holder, _epochs[holder], epoch);',
    '',
  ),
  inGrants(
    'withdrawn-is-granted-again',
    'A grant that was withdrawn before it was submitted could still be submitted.',
    'if (entry.withdrawnAt != 0) revert GrantWithdrawn(holder, digest);',
    '',
  ),
  inGrants('expiry-ignored', 'Consent for a day would hold for ever.', 'time <= entry.notAfter', 'true'),
]
