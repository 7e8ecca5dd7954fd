import type { Mutant } from './mutant.ts'

const STORE = 'test/server/store/grants.test.ts'
const PROTOCOL = 'test/protocol/grant.test.ts'
const CONSENT = 'test/server/grants/consent.test.ts'
const ATTACKS = 'test/server/grants/attacks.test.ts'
const KEYS = 'test/server/grants/keys.test.ts'

const only = (file: string, title: string) => `${file} › ${title}`

/** What a consent must not give: more, longer, to another, by another, or after it was taken back. */
export const grantMutants: Mutant[] = [
  {
    name: 'grant-used-after-withdrawal',
    why: 'A department could go on reading after the holder has withdrawn.',
    file: 'server/store/sqlite/grants.ts',
    find: "if (grant.withdrawn !== null) return 'GRANT_WITHDRAWN'\n",
    replace: '',
    tests: [only(STORE, 'between the check and the reading')],
  },
  {
    name: 'grant-used-by-another-department',
    why: 'A department could read by a grant that was given to another one.',
    file: 'server/store/sqlite/grants.ts',
    find: "if (grant.department !== department) return 'GRANT_OTHER_DEPARTMENT'\n",
    replace: '',
    tests: [only(STORE, 'refused by name')],
  },
  {
    name: 'grant-used-for-another-matter',
    why: 'A consent for one matter would serve every other matter too.',
    file: 'server/store/sqlite/grants.ts',
    find: "if (grant.matter !== matter) return 'GRANT_OTHER_MATTER'\n",
    replace: '',
    tests: [only(STORE, 'refused by name')],
  },
  {
    name: 'grant-used-for-other-fields',
    why: 'A department could read fields that the holder did not grant.',
    file: 'server/store/sqlite/grants.ts',
    find: "if (!fields.every(field => allowed.has(field))) return 'FIELD_NOT_GRANTED'\n",
    replace: '',
    tests: [only(STORE, 'refused by name')],
  },
  {
    name: 'grant-used-a-second-too-long',
    why: 'A grant could be used in the second after its last one.',
    file: 'server/store/sqlite/grants.ts',
    find: "if (at > grant.not_after) return 'GRANT_EXPIRED'\n",
    replace: "if (at > grant.not_after + 1) return 'GRANT_EXPIRED'\n",
    tests: [only(STORE, 'refused by name')],
  },
  {
    name: 'grant-used-once-more',
    why: 'A grant could be used once more than it says.',
    file: 'server/store/sqlite/grants.ts',
    find: 'WHERE id = ? AND used < max_uses',
    replace: 'WHERE id = ? AND used <= max_uses',
    tests: [only(STORE, 'as often as it says')],
  },
  {
    name: 'grant-of-an-ended-epoch',
    why: 'A grant that was signed before all were withdrawn would still be accepted.',
    file: 'server/store/sqlite/grants.ts',
    find: '(endedEpoch.get(grant.chainHolder) ?? -1) >= grant.epoch',
    replace: '(endedEpoch.get(grant.chainHolder) ?? -1) > grant.epoch',
    tests: [only(STORE, 'the end of its epoch')],
  },
  {
    name: 'grant-before-the-notice',
    why: 'A consent would count although nobody showed the holder what it is about.',
    file: 'server/store/sqlite/grants.ts',
    find: "    if (party.shown_at === null)\n      throw new Refusal('NOTICE_NOT_SHOWN', 'the notice has not been opened by this party')\n",
    replace: '',
    tests: [only(STORE, 'only after the notice')],
  },
  {
    name: 'grant-under-a-lost-key',
    why: 'Whoever found a lost key could grant on the day on which it was replaced.',
    file: 'server/store/sqlite/grants.ts',
    find: "w.person = k.person AND w.state = 'waiting' AND w.due_at <= ?",
    replace: "w.person = k.person AND w.state = 'waiting' AND w.due_at < 0 * ?",
    tests: [only(STORE, 'a new key ends every grant'), only(KEYS, 'is replaced after 72 hours')],
  },
  {
    name: 'challenge-good-twice',
    why: 'A signature that showed a key once would show it again to whoever recorded it.',
    file: 'server/store/sqlite/holder-keys.ts',
    find: "'DELETE FROM key_challenges WHERE nonce = ? AND person = ? AND signer = ? AND expires_at = ? AND expires_at >= ?'",
    replace:
      "'UPDATE key_challenges SET nonce = nonce WHERE nonce = ? AND person = ? AND signer = ? AND expires_at = ? AND expires_at >= ?'",
    tests: [only(STORE, 'a challenge is good once')],
  },
  {
    name: 'grant-with-a-member-that-no-type-names',
    why: 'A wallet could show a promise that nobody signed.',
    file: 'protocol/grant.ts',
    find: '  if (bad !== null) throw shapeRefusal(`message.${bad}`)\n',
    replace: '',
    tests: [only(PROTOCOL, 'when a member is missing')],
  },
  {
    name: 'grant-for-another-chain',
    why: 'A grant that was signed on a test chain would count on the real one.',
    file: 'protocol/grant.ts',
    find: 'chainId: literal(domain.chainId),',
    replace: 'chainId: anything,',
    tests: [only(PROTOCOL, 'another chain, contract')],
  },
  {
    name: 'grant-with-a-high-s',
    why: 'Whoever saw a signature could make a second one of the same grant.',
    file: 'protocol/grant.ts',
    find: "  if (s > ORDER / 2n) throw form('high s')\n",
    replace: '',
    tests: [only(PROTOCOL, 'with a high s')],
  },
  {
    name: 'grant-of-another-notice',
    why: 'A holder could be shown one text and sign another one.',
    file: 'server/grants/answer.ts',
    find: 'if (terms.notice !== noticeHash(party.notice)) {',
    replace: "if (terms.notice === '') {",
    tests: [only(ATTACKS, 'by what was signed')],
  },
  {
    name: 'grant-longer-than-asked',
    why: 'A wallet page could make the holder sign for years where days were asked for.',
    file: 'server/grants/answer.ts',
    find: '    notAfter > (until ?? Math.min(now, notBefore) + seconds + CLOCKS_APART_SECONDS) ||\n',
    replace: '',
    tests: [only(ATTACKS, 'by what was signed')],
  },
  {
    name: 'grant-of-whoever-signed',
    why: 'Anybody could consent in the place of a holder.',
    file: 'server/grants/signature.ts',
    find: '      if (recovered(digest, normal) !== signer) throw wrong()\n',
    replace: '',
    tests: [only(ATTACKS, 'with a high s, a v of 29')],
  },
  {
    name: 'grant-not-asked-of-the-chain',
    why: 'A withdrawal that a holder sent to the chain himself would not be seen here.',
    file: 'server/grants/on-chain.ts',
    find: "  if (withdrawnAt !== 0) await world.store.withdrawGrant(grant.chainHolder, grant.digest, 'chain', null)\n",
    replace: '',
    tests: [only(ATTACKS, 'directly on chain: no reading')],
  },
  {
    name: 'consent-for-somebody-else',
    why: 'Whoever took the role of another could consent for him without representing him.',
    file: 'server/grants/represent.ts',
    find: 'if (found !== null && (wanted === null || wanted.includes(found.capacity))) return\n',
    replace: 'return\n',
    tests: [only(CONSENT, 'a guardian’s signature')],
  },
  {
    name: 'consent-to-more-than-the-matter-needs',
    why: 'A department could ask for fields that the matter has no use for.',
    file: 'server/grants/ask.ts',
    find: 'if (allowed.has(name) && known.has(name)) continue\n',
    replace: 'if (known.has(name)) continue\n',
    tests: [only(CONSENT, 'beyond the matter')],
  },
  {
    name: 'consent-to-what-was-taken-back',
    why: 'A holder would answer what nobody asks any more, and the department could read by it.',
    file: 'server/store/sqlite/grants.ts',
    find: 'if (record.withdrawn_at !== null) {',
    replace: 'if (record.withdrawn_at === 0) {',
    tests: [only(CONSENT, 'is taken back by its department')],
  },
]
