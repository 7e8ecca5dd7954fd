import type { Mutant } from './mutant.ts'

const SIGN_IN = 'test/server/identity/sign-in.test.ts'
const SESSIONS = 'server/identity/sessions.ts'

const only = (title: string) => `${SIGN_IN} › ${title}`

/** What would let somebody in as somebody else. */
export const identityMutants: Mutant[] = [
  {
    name: 'session-write-from-anywhere',
    why: 'A foreign page could act with the cookie that the browser sends along.',
    file: SESSIONS,
    find: "    assertOwnOrigin(world, request.method ?? '', request.headers)\n",
    replace: '',
    tests: [only('causes no write')],
  },
  {
    name: 'session-site-not-asked',
    why: 'A neighbour under the same domain would pass for our own page.',
    file: SESSIONS,
    find: "if (origin === own && (site === undefined || site === 'same-origin')) return",
    replace: 'if (origin === own) return',
    tests: [only('causes no write')],
  },
  {
    name: 'session-never-idle',
    why: 'A session left open at a counter would live for hours.',
    file: SESSIONS,
    find: 'if (now >= session.expiresAt || now - session.usedAt >= IDLE_SECONDS)',
    replace: 'if (now >= session.expiresAt)',
    tests: [only('ends after half an hour')],
  },
  {
    name: 'session-for-ever',
    why: 'A stolen session could be kept alive for ever.',
    file: SESSIONS,
    find: 'if (now >= session.expiresAt || now - session.usedAt >= IDLE_SECONDS)',
    replace: 'if (now - session.usedAt >= IDLE_SECONDS)',
    tests: [only('ends after half an hour')],
  },
  {
    name: 'session-role-kept-after-its-end',
    why: 'Who was dismissed would go on as an officer until he signs out.',
    file: SESSIONS,
    find: '  const taken = mayTake(await roleOptions(world, session, actingFor), session) ? session : GUEST',
    replace: '  await roleOptions(world, session, actingFor)\n  const taken = mayTake ? session : GUEST',
    tests: [only('loses the role in the running session')],
  },
  {
    name: 'session-of-before-lives-on',
    why: 'A session that was planted or left in the browser would stay open beside the new one.',
    file: 'server/store/sqlite/identity.ts',
    find: '        if (replaces !== null) deleteSession.run(replaces)\n',
    replace: '        if (replaces === null) deleteIdle.run(idleSince)\n',
    tests: [only('gets a new id')],
  },
  {
    name: 'session-name-in-the-clear',
    why: 'A copy of the database would tell who is signed in.',
    file: 'server/identity/content.ts',
    find: "  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])",
    replace:
      "  const body = Buffer.concat([cipher.update(text, 'utf8').subarray(0, 0), cipher.final(), Buffer.from(text)])",
    tests: [only('keeps no name')],
  },
  {
    name: 'sign-in-of-another-browser',
    why: 'Somebody could be signed in as another without noticing.',
    file: 'server/identity/sign-in.ts',
    find: "    answer.query['state'] !== underWay.state ||\n",
    replace: '',
    tests: [only('is taken only from the browser')],
  },
  {
    name: 'step-up-by-an-old-sign-in',
    why: 'Whoever sits down at an open computer could do what is grave.',
    file: 'server/identity/openid.ts',
    find: 'if (stepUp && authenticatedAt < startedAt - CLOCKS_DIFFER_SECONDS) throw notFresh()',
    replace: 'if (CLOCKS_DIFFER_SECONDS < startedAt - startedAt) throw notFresh()',
    tests: [only('is needed fresh')],
  },
  {
    name: 'role-of-anybody',
    why: 'Whoever signs in could take any role.',
    file: 'server/identity/roles.ts',
    find: '  if (mayTake(options, taken)) return\n',
    replace: '  if (options.assignments) return\n',
    tests: [only('cannot take the role of an officer')],
  },
]
