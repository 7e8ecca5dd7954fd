import { expect } from 'chai'
import { TypedDataEncoder, concat, id, keccak256 } from 'ethers'
import { network } from 'hardhat'
import { accountSigner, p256Signer, passkeySigner, walletSigner } from './signers.ts'
import type { Signer } from './signers.ts'
import { REUSE_GRANT, WITHDRAWAL, WITHDRAW_ALL, digestOf, holderOf, termsHash } from './typed-data.ts'
import { ZERO, accountBytes, by, bytes32, deployContracts, present } from './deployment.ts'

const TERMS = {
  items: [
    { certificate: bytes32('household register'), fields: ['name', 'address'] },
    { certificate: bytes32('marriage certificate'), fields: [] },
  ],
  grantee: bytes32('housing security'),
  matter: '公租房申请',
  purpose: 'assess the application',
  maxUses: 3,
  notice: bytes32('the text that was shown'),
  salt: bytes32('salt'),
}

const { ethers, networkHelpers } = await network.create()

async function newRegistry() {
  const deployment = await deployContracts(ethers)
  const now = await present(deployment)
  return { ...deployment, holder: accountSigner('holder'), notBefore: now, notAfter: now + 10_000 }
}

type RegistryUnderTest = Awaited<ReturnType<typeof newRegistry>>

async function granted() {
  const under = await newRegistry()
  await grant(under)
  return under
}

function given<T>(fixture: () => Promise<T>): Promise<T> {
  return networkHelpers.loadFixture(fixture)
}

function messageOf({ holder, notBefore, notAfter }: RegistryUnderTest, epoch = 0, terms: object = TERMS) {
  return { holder: holderOf(holder.signer), terms, notBefore, notAfter, epoch }
}

function grantDigest(under: RegistryUnderTest, epoch = 0): string {
  return digestOf(under.domains.grants, REUSE_GRANT, messageOf(under, epoch))
}

function grant(under: RegistryUnderTest, { epoch = 0, key = under.holder } = {}) {
  const { grants, holder, notBefore, notAfter } = under
  const signature = key.sign(grantDigest(under, epoch))
  return grants.grant(holder.signer, termsHash(TERMS), notBefore, notAfter, epoch, signature)
}

function withdraw(under: RegistryUnderTest, key: Signer = under.holder) {
  const digest = grantDigest(under)
  const message = { holder: holderOf(under.holder.signer), grant: digest }
  const signature = key.sign(digestOf(under.domains.grants, WITHDRAWAL, message))
  return under.grants.withdraw(under.holder.signer, digest, signature)
}

function withdrawAll(under: RegistryUnderTest, epoch: number, key: Signer = under.holder) {
  const message = { holder: holderOf(under.holder.signer), epoch }
  const signature = key.sign(digestOf(under.domains.grants, WITHDRAW_ALL, message))
  return under.grants.withdrawAll(under.holder.signer, epoch, signature)
}

async function stateOf(under: RegistryUnderTest) {
  const [grantedAt, withdrawnAt, epoch] = await under.grants.stateOf(
    holderOf(under.holder.signer),
    grantDigest(under),
  )
  return [grantedAt, withdrawnAt, epoch].map(Number)
}

async function isActive(under: RegistryUnderTest, time: number): Promise<boolean> {
  const answer: unknown = await under.grants.isActive(holderOf(under.holder.signer), grantDigest(under), time)
  return answer === true
}

describe('GrantRegistry', () => {
  describe('the grant that a wallet signs', () => {
    it('has the type string of the specification, nested terms and items included', () => {
      expect(TypedDataEncoder.from(REUSE_GRANT).encodeType('ReuseGrant')).to.equal(
        'ReuseGrant(bytes32 holder,Terms terms,uint48 notBefore,uint48 notAfter,uint64 epoch)' +
          'Item(bytes32 certificate,string[] fields)' +
          'Terms(Item[] items,bytes32 grantee,string matter,string purpose,uint32 maxUses,bytes32 notice,bytes32 salt)',
      )
    })

    it('has the digest that the contract computes from the hash of the terms alone', async () => {
      const under = await given(newRegistry)
      for (const terms of [TERMS, { ...TERMS, items: [] }, { ...TERMS, salt: ZERO }]) {
        const { holder, notBefore, notAfter, epoch } = messageOf(under, 5, terms)
        expect(await under.grants.digestOf(holder, termsHash(terms), notBefore, notAfter, epoch)).to.equal(
          digestOf(under.domains.grants, REUSE_GRANT, messageOf(under, 5, terms)),
        )
      }
    })
  })

  describe('grant', () => {
    it('records what the holder signed, whoever sends it', async () => {
      const under = await given(newRegistry)
      const { grants, accounts, holder, notBefore, notAfter } = under
      const digest = grantDigest(under)
      await expect(grant({ ...under, grants: by(accounts.stranger, grants) }))
        .to.emit(grants, 'Granted')
        .withArgs(holderOf(holder.signer), digest, notBefore, notAfter, 0)
      const now = await present(under)
      expect(await stateOf(under)).to.deep.equal([now, 0, 0])
      expect([...(await grants.grantOf(holderOf(holder.signer), digest))].map(Number)).to.deep.equal([
        now,
        0,
        notBefore,
        notAfter,
        0,
      ])
    })

    it('has no effect a second time, also with another signature, after expiry or after withdrawal', async () => {
      const under = await given(granted)
      const { grants, holder, notBefore, notAfter } = under
      const before = await stateOf(under)
      const again = () => grants.grant(holder.signer, termsHash(TERMS), notBefore, notAfter, 0, '0x')
      await expect(again()).not.to.emit(grants, 'Granted')
      await networkHelpers.time.increaseTo(notAfter + 1)
      await expect(again()).not.to.emit(grants, 'Granted')
      expect(await stateOf(under)).to.deep.equal(before)
      await withdraw(under)
      await expect(again()).not.to.emit(grants, 'Granted')
      expect(await isActive(under, notBefore)).to.equal(false)
    })

    it("refuses a signature that is not the holder's", async () => {
      const under = await given(newRegistry)
      await expect(grant(under, { key: accountSigner('stranger') }))
        .to.be.revertedWithCustomError(under.grants, 'InvalidSignature')
        .withArgs(holderOf(under.holder.signer), grantDigest(under))
    })

    it('refuses a malformed signature of the right holder: one grant has one accepted form', async () => {
      const under = await given(newRegistry)
      const { grants, holder, notBefore, notAfter } = under
      const good = holder.sign(grantDigest(under))
      const [r, s, v] = [good.slice(2, 66), good.slice(66, 130), good.slice(130)]
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
      const highS = (order - BigInt(`0x${s}`)).toString(16).padStart(64, '0')
      const compactS = (BigInt(`0x${s}`) | (v === '1c' ? 2n ** 255n : 0n)).toString(16).padStart(64, '0')
      const malformed = [
        `0x${r}${highS}${v === '1b' ? '1c' : '1b'}`,
        `0x${r}${compactS}`,
        `0x${r}${s}${v === '1b' ? '00' : '01'}`,
        `0x${r}${s}1d`,
        `${good}00`,
        '0x',
      ]
      for (const signature of malformed) {
        await expect(
          grants.grant(holder.signer, termsHash(TERMS), notBefore, notAfter, 0, signature),
        ).to.be.revertedWithCustomError(grants, 'InvalidSignature')
      }
    })

    it('refuses other terms, times or epoch than were signed', async () => {
      const under = await given(newRegistry)
      const { grants, holder, notBefore, notAfter } = under
      const signature = holder.sign(grantDigest(under))
      for (const [terms, from, until] of [
        [termsHash({ ...TERMS, maxUses: 4 }), notBefore, notAfter],
        [termsHash(TERMS), notBefore - 1, notAfter],
        [termsHash(TERMS), notBefore, notAfter + 1],
      ] as const) {
        await expect(
          grants.grant(holder.signer, terms, from, until, 0, signature),
        ).to.be.revertedWithCustomError(grants, 'InvalidSignature')
      }
    })

    it('refuses a validity that ends before it begins', async () => {
      const under = await given(newRegistry)
      const { notBefore } = under
      await expect(grant({ ...under, notAfter: notBefore - 1 }))
        .to.be.revertedWithCustomError(under.grants, 'InvalidPeriod')
        .withArgs(notBefore, notBefore - 1)
    })

    it('refuses a grant that has expired, and takes one in its last second', async () => {
      const under = await given(newRegistry)
      const last = under.notBefore + 100
      await networkHelpers.time.setNextBlockTimestamp(last)
      await expect(grant({ ...under, notAfter: last - 1 }))
        .to.be.revertedWithCustomError(under.grants, 'GrantExpired')
        .withArgs(last - 1, last)
      await networkHelpers.time.setNextBlockTimestamp(last + 1)
      await expect(grant({ ...under, notAfter: last + 1 })).to.emit(under.grants, 'Granted')
    })

    it('refuses an epoch that is over or has not come', async () => {
      const under = await given(newRegistry)
      await withdrawAll(under, 0)
      for (const epoch of [0, 2]) {
        await expect(grant(under, { epoch }))
          .to.be.revertedWithCustomError(under.grants, 'WrongEpoch')
          .withArgs(holderOf(under.holder.signer), 1, epoch)
      }
      await expect(grant(under, { epoch: 1 })).to.emit(under.grants, 'Granted')
    })

    it('needs no order among grants', async () => {
      const under = await given(newRegistry)
      for (const later of [3, 1, 2]) {
        await expect(grant({ ...under, notAfter: under.notAfter + later })).to.emit(under.grants, 'Granted')
      }
    })
  })

  describe('isActive', () => {
    it('is true from the first to the last second of the validity', async () => {
      const under = await given(granted)
      const { notBefore, notAfter } = under
      expect(await isActive(under, notBefore - 1)).to.equal(false)
      expect(await isActive(under, notBefore)).to.equal(true)
      expect(await isActive(under, notAfter)).to.equal(true)
      expect(await isActive(under, notAfter + 1)).to.equal(false)
    })

    it('is false for what was never submitted, was withdrawn, or is of an epoch that is over', async () => {
      const fresh = await given(newRegistry)
      expect(await isActive(fresh, fresh.notBefore)).to.equal(false)
      const withdrawn = await given(granted)
      await withdraw(withdrawn)
      expect(await isActive(withdrawn, withdrawn.notBefore)).to.equal(false)
      const ended = await given(granted)
      await withdrawAll(ended, 0)
      expect(await isActive(ended, ended.notBefore)).to.equal(false)
    })
  })

  describe('withdraw', () => {
    it('withdraws a grant, relayed by anybody', async () => {
      const under = await given(granted)
      const [grantedAt] = await stateOf(under)
      await expect(withdraw(under))
        .to.emit(under.grants, 'Withdrawn')
        .withArgs(holderOf(under.holder.signer), grantDigest(under))
      expect(await stateOf(under)).to.deep.equal([grantedAt, await present(under), 0])
    })

    it('works before the grant was ever submitted, which then never can be', async () => {
      const under = await given(newRegistry)
      await withdraw(under)
      await expect(grant(under))
        .to.be.revertedWithCustomError(under.grants, 'GrantWithdrawn')
        .withArgs(holderOf(under.holder.signer), grantDigest(under))
    })

    it('works after the grant has expired, and after everything was withdrawn', async () => {
      const under = await given(granted)
      await networkHelpers.time.increaseTo(under.notAfter + 1)
      await withdrawAll(under, 0)
      await expect(withdraw(under)).to.emit(under.grants, 'Withdrawn')
    })

    it('keeps its first time when it is sent again', async () => {
      const under = await given(granted)
      await withdraw(under)
      const before = await stateOf(under)
      await networkHelpers.time.increase(100)
      await expect(withdraw(under)).not.to.emit(under.grants, 'Withdrawn')
      expect(await stateOf(under)).to.deep.equal(before)
    })

    it("refuses a signature that is not the holder's, and the grant's own signature", async () => {
      const under = await given(granted)
      const { grants, holder, domains } = under
      const digest = grantDigest(under)
      const message = { holder: holderOf(holder.signer), grant: digest }
      const signed = digestOf(domains.grants, WITHDRAWAL, message)
      for (const signature of [accountSigner('stranger').sign(signed), holder.sign(digest)]) {
        await expect(grants.withdraw(holder.signer, digest, signature))
          .to.be.revertedWithCustomError(grants, 'InvalidSignature')
          .withArgs(holderOf(holder.signer), signed)
      }
    })

    it("of another holder leaves this one's grant alone", async () => {
      const under = await given(newRegistry)
      const { grants, domains, notBefore } = under
      const other = accountSigner('other holder')
      const digest = grantDigest(under)
      const signed = digestOf(domains.grants, WITHDRAWAL, { holder: holderOf(other.signer), grant: digest })
      await grants.withdraw(other.signer, digest, other.sign(signed))
      await grant(under)
      expect(await isActive(under, notBefore)).to.equal(true)
    })
  })

  describe('withdrawDirect', () => {
    it('withdraws a grant of the sender, before it is submitted or after, once', async () => {
      const under = await given(newRegistry)
      const { grants, accounts } = under
      const digest = bytes32('some grant')
      const holder = keccak256(accountBytes(accounts.stranger))
      const asHolder = by(accounts.stranger, grants)
      await expect(asHolder.withdrawDirect(digest)).to.emit(grants, 'Withdrawn').withArgs(holder, digest)
      const first = (await grants.stateOf(holder, digest)).withdrawnAt
      await networkHelpers.time.increase(100)
      await expect(asHolder.withdrawDirect(digest)).not.to.emit(grants, 'Withdrawn')
      expect((await grants.stateOf(holder, digest)).withdrawnAt).to.equal(first)
    })

    it("of a stranger leaves the holder's grant alone", async () => {
      const under = await given(granted)
      await by(under.accounts.stranger, under.grants).withdrawDirect(grantDigest(under))
      expect(await isActive(under, under.notBefore)).to.equal(true)
    })
  })

  describe('withdrawAll', () => {
    it('ends the epoch and all that was granted in it', async () => {
      const under = await given(granted)
      const holder = holderOf(under.holder.signer)
      await expect(withdrawAll(under, 0)).to.emit(under.grants, 'AllWithdrawn').withArgs(holder, 1)
      expect(await under.grants.epochOf(holder)).to.equal(1)
      expect(await isActive(under, under.notBefore)).to.equal(false)
    })

    it('has no effect for an epoch that is over', async () => {
      const under = await given(granted)
      await withdrawAll(under, 0)
      await expect(withdrawAll(under, 0)).not.to.emit(under.grants, 'AllWithdrawn')
      expect(await under.grants.epochOf(holderOf(under.holder.signer))).to.equal(1)
    })

    it('refuses an epoch that has not come', async () => {
      const under = await given(granted)
      await expect(withdrawAll(under, 1))
        .to.be.revertedWithCustomError(under.grants, 'WrongEpoch')
        .withArgs(holderOf(under.holder.signer), 0, 1)
    })

    it("refuses a signature that is not the holder's", async () => {
      const under = await given(granted)
      const holder = holderOf(under.holder.signer)
      await expect(withdrawAll(under, 0, accountSigner('stranger')))
        .to.be.revertedWithCustomError(under.grants, 'InvalidSignature')
        .withArgs(holder, digestOf(under.domains.grants, WITHDRAW_ALL, { holder, epoch: 0 }))
    })
  })

  describe('withdrawAllDirect', () => {
    it('ends the epoch of the sender and of nobody else', async () => {
      const under = await given(granted)
      const { grants, accounts } = under
      const holder = keccak256(accountBytes(accounts.stranger))
      await expect(by(accounts.stranger, grants).withdrawAllDirect())
        .to.emit(grants, 'AllWithdrawn')
        .withArgs(holder, 1)
      expect(await grants.epochOf(holder)).to.equal(1)
      expect(await isActive(under, under.notBefore)).to.equal(true)
    })
  })

  describe('holders of every kind', () => {
    it('grant and withdraw with a P-256 key', async () => {
      const deployed = await given(newRegistry)
      const under = { ...deployed, holder: p256Signer(deployed.p256Verifier) }
      await expect(grant(under)).to.emit(under.grants, 'Granted')
      await expect(withdraw(under)).to.emit(under.grants, 'Withdrawn')
      await expect(withdrawAll(under, 0)).to.emit(under.grants, 'AllWithdrawn')
    })

    it('grant and withdraw with a passkey', async () => {
      const deployed = await given(newRegistry)
      const under = { ...deployed, holder: passkeySigner(deployed.webAuthnVerifier) }
      await expect(grant(under)).to.emit(under.grants, 'Granted')
      await expect(withdraw(under)).to.emit(under.grants, 'Withdrawn')
      await expect(withdrawAll(under, 0)).to.emit(under.grants, 'AllWithdrawn')
    })

    it('are refused with a passkey that did not verify its user', async () => {
      const deployed = await given(newRegistry)
      const holder = passkeySigner(deployed.webAuthnVerifier, { isUserVerified: false })
      await expect(grant({ ...deployed, holder })).to.be.revertedWithCustomError(
        deployed.grants,
        'InvalidSignature',
      )
    })

    it('are refused with another P-256 key, or with an assertion for another grant', async () => {
      const deployed = await given(newRegistry)
      const key = p256Signer(deployed.p256Verifier)
      const passkey = passkeySigner(deployed.webAuthnVerifier)
      const elsewhere = (signer: Signer): Signer => ({ ...signer, sign: () => signer.sign(id('elsewhere')) })
      for (const [holder, used] of [
        [key, p256Signer(deployed.p256Verifier)],
        [key, elsewhere(key)],
        [passkey, passkeySigner(deployed.webAuthnVerifier)],
        [passkey, elsewhere(passkey)],
      ] as const) {
        await expect(grant({ ...deployed, holder }, { key: used })).to.be.revertedWithCustomError(
          deployed.grants,
          'InvalidSignature',
        )
      }
    })

    it('are refused without a key, with less than an address, or with a verifier that is none', async () => {
      const deployed = await given(newRegistry)
      const { sign } = accountSigner('a')
      const nowhere = concat([`0x${'11'.repeat(20)}`, '0x1234'])
      for (const signer of ['0x', `0x${'11'.repeat(19)}`, `0x${'00'.repeat(20)}`, nowhere]) {
        await expect(grant({ ...deployed, holder: { signer, sign } })).to.be.revertedWithCustomError(
          deployed.grants,
          'InvalidSignature',
        )
      }
    })
  })

  describe('contract wallets', () => {
    async function walletOf(under: RegistryUnderTest, name: string, ...args: unknown[]) {
      const wallet = await under.ethers.deployContract(name, args)
      return walletSigner(await wallet.getAddress(), under.holder)
    }

    it('grant by ERC-1271', async () => {
      const deployed = await given(newRegistry)
      const owner = ethers.getAddress(deployed.holder.signer)
      const under = { ...deployed, holder: await walletOf(deployed, 'OwnedWallet', owner) }
      await expect(grant(under)).to.emit(under.grants, 'Granted')
    })

    it("of one owner cannot use each other's grants", async () => {
      const deployed = await given(newRegistry)
      const owner = ethers.getAddress(deployed.holder.signer)
      const first = { ...deployed, holder: await walletOf(deployed, 'OwnedWallet', owner) }
      const second = { ...deployed, holder: await walletOf(deployed, 'OwnedWallet', owner) }
      const { grants, notBefore, notAfter } = deployed
      const signature = first.holder.sign(grantDigest(first))
      await expect(
        grants.grant(second.holder.signer, termsHash(TERMS), notBefore, notAfter, 0, signature),
      ).to.be.revertedWithCustomError(grants, 'InvalidSignature')
    })

    it('that revert or burn all gas grant nothing', async () => {
      const deployed = await given(newRegistry)
      for (const name of ['RevertingWallet', 'GasBurningWallet']) {
        const holder = await walletOf(deployed, name)
        await expect(grant({ ...deployed, holder })).to.be.revertedWithCustomError(
          deployed.grants,
          'InvalidSignature',
        )
      }
    })

    it('that change their mind leave a grant recorded, which they can withdraw directly', async () => {
      const deployed = await given(newRegistry)
      const wallet = await ethers.deployContract('FickleWallet')
      const address = await wallet.getAddress()
      const under = { ...deployed, holder: walletSigner(address, deployed.holder) }
      await grant(under)
      await wallet.getFunction('refuse')()
      await expect(withdraw(under)).to.be.revertedWithCustomError(under.grants, 'InvalidSignature')
      const asWallet = await ethers.getImpersonatedSigner(address)
      await networkHelpers.setBalance(address, 10n ** 18n)
      await by(asWallet, under.grants).withdrawDirect(grantDigest(under))
      expect(await isActive(under, under.notBefore)).to.equal(false)
    })
  })
})
