import { z } from 'zod'
import type { Caller } from '../http/auth.ts'
import { defineRoute } from '../http/routes.ts'
import { hex32, json, seconds } from '../http/schemas.ts'
import type { World } from '../world.ts'
import { bindKey, cancelReplacement, challengeKey, keysOf } from './keys.ts'
import { grantDomain } from './signature.ts'
import { keyView, signatureText, signerText, viewKey } from './views.ts'

const address = z.string().regex(/^0x[0-9a-f]{40}$/)

/** A key is a human's own, also when he acts for somebody else. */
const personOf = ({ person, holder }: Caller): string => person ?? holder ?? ''

export const holderKeyRoutes = [
  defineRoute({
    method: 'get',
    path: '/v1/holder/keys',
    operationId: 'listHolderKeys',
    summary: { zh: '我的签名密钥', en: 'The caller’s own keys, newest first' },
    tags: ['consent'],
    owner: 'caller',
    idempotent: false,
    bodyKind: 'none',
    responses: {
      200: {
        description: { zh: '密钥', en: 'Keys' },
        schema: z.strictObject({
          keys: z.array(keyView),
          domain: z
            .strictObject({ chainId: z.int(), verifyingContract: address })
            .describe('Where signatures count: chain and contract'),
          verifiers: z
            .strictObject({ p256: address, webAuthn: address })
            .describe('ERC-7913 verifiers for P-256 keys and passkeys'),
          waitSeconds: z.int().describe('How long a key that replaces another one waits'),
        }),
      },
    },
    handler: async (world: World, { caller }) => ({
      status: 200,
      body: {
        keys: (await keysOf(world, personOf(caller))).map(viewKey),
        domain: grantDomain(world),
        verifiers: world.chain.deployment.verifiers,
        waitSeconds: world.config.keyWaitSeconds,
      },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holder/keys/challenge',
    operationId: 'challengeHolderKey',
    summary: { zh: '取得绑定密钥所需的质询', en: 'What a key must sign to be bound' },
    tags: ['consent'],
    owner: 'caller',
    idempotent: false,
    bodyKind: 'json',
    body: z.strictObject({ signer: signerText }),
    responses: {
      200: {
        description: { zh: '质询', en: 'The challenge, good once' },
        schema: z.strictObject({ nonce: hex32, deadline: seconds, typedData: json }),
      },
    },
    refusals: ['SIGNER_UNKNOWN'],
    handler: async (world: World, { caller, body }) => ({
      status: 200,
      body: await challengeKey(world, personOf(caller), body.signer),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holder/keys',
    operationId: 'bindHolderKey',
    summary: {
      zh: '绑定签名密钥；已有密钥时为更换，等待期满后生效',
      en: 'Bind a key; where there is one, replace it after the waiting time',
    },
    tags: ['consent'],
    owner: 'caller',
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({ signer: signerText, nonce: hex32, deadline: seconds, signature: signatureText }),
    responses: {
      201: { description: { zh: '已生效', en: 'In effect' }, schema: keyView },
      202: { description: { zh: '等待生效', en: 'Waits for its day' }, schema: keyView },
    },
    refusals: [
      'SIGNER_UNKNOWN',
      'SIGNATURE_FORM',
      'SIGNATURE_WRONG',
      'CHALLENGE_UNKNOWN',
      'HOLDER_KEY_TAKEN',
      'HOLDER_KEY_WAITING',
      'IDENTITY_AUTHORITY_MISSING',
    ],
    handler: async (world: World, { caller, body, once }) => {
      const row = await bindKey(world, personOf(caller), body, once)
      return { status: row.state === 'waiting' ? 202 : 201, body: viewKey(row) }
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holder/keys/cancellation',
    operationId: 'cancelHolderKeyReplacement',
    summary: { zh: '取消等待中的密钥更换', en: 'Cancel the replacement that waits' },
    tags: ['consent'],
    owner: 'caller',
    idempotent: true,
    bodyKind: 'json',
    body: z.strictObject({}),
    responses: { 200: { description: { zh: '已取消', en: 'Cancelled' }, schema: keyView } },
    refusals: ['HOLDER_KEY_NOT_WAITING'],
    handler: async (world: World, { caller }) => ({
      status: 200,
      body: viewKey(await cancelReplacement(world, personOf(caller))),
    }),
  }),
]
