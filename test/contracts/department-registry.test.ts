import { generateKeyPairSync } from 'node:crypto'
import type { webcrypto } from 'node:crypto'
import { expect } from 'chai'
import { calculateJwkThumbprint } from 'jose'
import { keccak256 } from 'ethers'
import { network } from 'hardhat'
import { accountSigner, newP256Key } from './signers.ts'
import {
  ADMIN_DELAY,
  CIVIL_AFFAIRS,
  MARKET_REGULATION,
  ZERO,
  addAuthority,
  admit,
  by,
  bytes32,
  deployContracts,
  present,
  role,
} from './deployment.ts'

const ISSUING = 1
const AUTHORITY = 2
const ES256 = 1
const EDDSA = 2
const SIGNER = 3
const TYPE = '11100000000013338W032'
const REGION = '330000'

const { ethers, networkHelpers } = await network.create()

async function newRegistry() {
  const deployment = await deployContracts(ethers)
  const { registry, accounts } = deployment
  return {
    ...deployment,
    registry,
    asRegistrar: by(accounts.registrar, registry),
    asGuardian: by(accounts.guardian, registry),
    asStranger: by(accounts.stranger, registry),
  }
}

async function withDepartment() {
  const deployment = await newRegistry()
  return { ...deployment, department: await admit(deployment, CIVIL_AFFAIRS) }
}

async function withAuthority() {
  const deployment = await withDepartment()
  const authority = accountSigner('authority of civil affairs')
  const keyId = await addAuthority(deployment, deployment.department, authority)
  return { ...deployment, authority, keyId }
}

async function withPermit() {
  const deployment = await withDepartment()
  await deployment.asRegistrar.grantPermit(deployment.department, TYPE, REGION)
  return { ...deployment, from: await present(deployment) }
}

function given<T>(fixture: () => Promise<T>): Promise<T> {
  return networkHelpers.loadFixture(fixture)
}

describe('DepartmentRegistry', () => {
  describe('given a new registry', () => {
    it('has one admin, who cannot be replaced without the delay, and a deployer without any role', async () => {
      const { registry, accounts } = await given(newRegistry)
      expect(await registry.defaultAdmin()).to.equal(accounts.admin.address)
      expect(await registry.defaultAdminDelay()).to.equal(ADMIN_DELAY)
      for (const name of ['REGISTRAR_ROLE', 'GUARDIAN_ROLE']) {
        expect(await registry.hasRole(role(name), accounts.deployer.address)).to.equal(false)
      }
      expect(await registry.hasRole(ZERO, accounts.deployer.address)).to.equal(false)
    })

    it('is empty', async () => {
      const { registry } = await given(newRegistry)
      expect(await registry.departmentCount()).to.equal(0)
      expect(await registry.keyCount()).to.equal(0)
      expect(await registry.permitKeyCount()).to.equal(0)
    })
  })

  describe('admitDepartment', () => {
    it('admits a department under the hash of its credit code, with its DID and time', async () => {
      const { registry, asRegistrar } = await given(newRegistry)
      const id = keccak256(Buffer.from(CIVIL_AFFAIRS.uscc))
      await expect(asRegistrar.admitDepartment(CIVIL_AFFAIRS.uscc, CIVIL_AFFAIRS.did))
        .to.emit(registry, 'DepartmentAdmitted')
        .withArgs(id, CIVIL_AFFAIRS.uscc, CIVIL_AFFAIRS.did)
      expect([...(await registry.departmentOf(id))]).to.deep.equal([
        CIVIL_AFFAIRS.uscc,
        CIVIL_AFFAIRS.did,
        BigInt(await present({ ethers })),
      ])
      expect(await registry.departmentCount()).to.equal(1)
      expect(await registry.departmentAt(0)).to.equal(id)
    })

    for (const [what, uscc] of [
      ['is too short', '1133000000248208'],
      ['is too long', '11330000002482082PP'],
      ['has a small letter', '11330000002482082p'],
      ['has a sign below 0', '1133000000248208/P'],
      ['has a sign between 9 and A', '1133000000248208:P'],
      ['has a sign above Z', '1133000000248208[P'],
    ] as const) {
      it(`refuses a credit code that ${what}`, async () => {
        const { registry, asRegistrar } = await given(newRegistry)
        await expect(asRegistrar.admitDepartment(uscc, CIVIL_AFFAIRS.did))
          .to.be.revertedWithCustomError(registry, 'InvalidUscc')
          .withArgs(uscc)
      })
    }

    for (const did of ['did:', 'dad:web:mz.example.gov', '', `did:web:${'a'.repeat(249)}`]) {
      it(`refuses the DID "${did.slice(0, 24)}" of ${did.length} characters`, async () => {
        const { registry, asRegistrar } = await given(newRegistry)
        await expect(asRegistrar.admitDepartment(CIVIL_AFFAIRS.uscc, did))
          .to.be.revertedWithCustomError(registry, 'InvalidDid')
          .withArgs(did)
      })
    }

    it('refuses a department that is admitted already', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      await expect(asRegistrar.admitDepartment(CIVIL_AFFAIRS.uscc, 'did:web:other.example'))
        .to.be.revertedWithCustomError(registry, 'DepartmentAlreadyAdmitted')
        .withArgs(department)
    })
  })

  describe('departmentOf', () => {
    it('reverts for a department that was never admitted', async () => {
      const { registry } = await given(newRegistry)
      for (const ask of [registry.departmentOf, registry.suspensionsOf]) {
        await expect(ask(bytes32('nobody')))
          .to.be.revertedWithCustomError(registry, 'UnknownDepartment')
          .withArgs(bytes32('nobody'))
      }
      await expect(registry.isSuspendedAt(bytes32('nobody'), 1))
        .to.be.revertedWithCustomError(registry, 'UnknownDepartment')
        .withArgs(bytes32('nobody'))
    })
  })

  describe('suspendDepartment and resumeDepartment', () => {
    it('keep the history as half-open intervals', async () => {
      const { registry, asGuardian, asRegistrar, department } = await given(withDepartment)
      const start = (await present({ ethers })) + 100
      const at = async (time: number, act: () => Promise<unknown>) => {
        await networkHelpers.time.setNextBlockTimestamp(time)
        await act()
      }
      await at(start, () => asGuardian.suspendDepartment(department))
      await at(start + 10, () => asRegistrar.resumeDepartment(department))
      await at(start + 20, () => asGuardian.suspendDepartment(department))
      await at(start + 30, () => asRegistrar.resumeDepartment(department))
      await at(start + 40, () => asGuardian.suspendDepartment(department))

      const suspensions = [...(await registry.suspensionsOf(department))]
      expect(suspensions.map(s => [Number(s.from), Number(s.until)])).to.deep.equal([
        [start, start + 10],
        [start + 20, start + 30],
        [start + 40, 0],
      ])
      const suspended = [-1, 0, 9, 10, 19, 20, 29, 30, 39, 40, 10_000]
      const answers = await Promise.all(suspended.map(t => registry.isSuspendedAt(department, start + t)))
      expect(answers.map(Boolean)).to.deep.equal([
        false,
        true,
        true,
        false,
        false,
        true,
        true,
        false,
        false,
        true,
        true,
      ])
    })

    it('emit what happened', async () => {
      const { registry, asGuardian, asRegistrar, department } = await given(withDepartment)
      await expect(asGuardian.suspendDepartment(department))
        .to.emit(registry, 'DepartmentSuspended')
        .withArgs(department)
      await expect(asRegistrar.resumeDepartment(department))
        .to.emit(registry, 'DepartmentResumed')
        .withArgs(department)
    })

    it('refuse to suspend twice', async () => {
      const { registry, asGuardian, department } = await given(withDepartment)
      await asGuardian.suspendDepartment(department)
      await expect(asGuardian.suspendDepartment(department))
        .to.be.revertedWithCustomError(registry, 'AlreadySuspended')
        .withArgs(department)
    })

    it('refuse to resume what is not suspended, at first or any more', async () => {
      const { registry, asGuardian, asRegistrar, department } = await given(withDepartment)
      const expectRefusal = () =>
        expect(asRegistrar.resumeDepartment(department))
          .to.be.revertedWithCustomError(registry, 'NotSuspended')
          .withArgs(department)
      await expectRefusal()
      await asGuardian.suspendDepartment(department)
      await asRegistrar.resumeDepartment(department)
      await expectRefusal()
    })
  })

  describe('addKey', () => {
    it('names a P-256 key by the thumbprint of RFC 7638 and keeps it in full', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const { publicKey, point } = newP256Key()
      const keyId = await thumbprint(publicKey.export({ format: 'jwk' }))
      const end = (await present({ ethers })) + 1000
      await expect(asRegistrar.addKey(department, ISSUING, ES256, point, end, end + 1))
        .to.emit(registry, 'KeyAdded')
        .withArgs(keyId, department, ISSUING, ES256, end, end + 1, point)
      const addedAt = await present({ ethers })
      expect([...(await registry.keyOf(keyId))]).to.deep.equal([
        department,
        BigInt(ISSUING),
        BigInt(ES256),
        BigInt(addedAt),
        BigInt(end),
        BigInt(end + 1),
        0n,
        `0x${point.toString('hex')}`,
      ])
      expect(await registry.keyCount()).to.equal(1)
      expect(await registry.keyIdAt(0)).to.equal(keyId)
    })

    it('names an Ed25519 key by the thumbprint of RFC 7638', async () => {
      const { asRegistrar, department } = await given(withDepartment)
      const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
      const key = Buffer.from(jwk.x!, 'base64url')
      expect(await asRegistrar.addKey.staticCall(department, ISSUING, EDDSA, key, 0, 0)).to.equal(
        await thumbprint(jwk),
      )
    })

    it('names the key of RFC 8037 appendix A.3 as the RFC does', async () => {
      const { asRegistrar, department } = await given(withDepartment)
      const key = Buffer.from('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'base64url')
      const named = Buffer.from('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', 'base64url')
      expect(await asRegistrar.addKey.staticCall(department, ISSUING, EDDSA, key, 0, 0)).to.equal(
        `0x${named.toString('hex')}`,
      )
    })

    it('names an authority by the hash of its signer, which may be longer than an address', async () => {
      const { asRegistrar, department } = await given(withDepartment)
      for (const signer of [`0x${'11'.repeat(20)}`, `0x${'11'.repeat(84)}`]) {
        expect(await asRegistrar.addKey.staticCall(department, AUTHORITY, SIGNER, signer, 0, 0)).to.equal(
          keccak256(signer),
        )
      }
    })

    it('refuses an unknown department', async () => {
      const { registry, asRegistrar } = await given(newRegistry)
      const { signer } = accountSigner('a')
      await expect(asRegistrar.addKey(bytes32('nobody'), AUTHORITY, SIGNER, signer, 0, 0))
        .to.be.revertedWithCustomError(registry, 'UnknownDepartment')
        .withArgs(bytes32('nobody'))
    })

    it('refuses a purpose that there is not', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const { signer } = accountSigner('a')
      for (const purpose of [0, 3]) {
        await expect(asRegistrar.addKey(department, purpose, SIGNER, signer, 0, 0))
          .to.be.revertedWithCustomError(registry, 'InvalidPurpose')
          .withArgs(purpose)
      }
    })

    it('refuses an algorithm that is not one of the purpose', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const { signer } = accountSigner('a')
      const pairs = [
        [ISSUING, 0],
        [ISSUING, SIGNER],
        [AUTHORITY, ES256],
        [AUTHORITY, EDDSA],
      ]
      for (const [purpose, algorithm] of pairs) {
        await expect(asRegistrar.addKey(department, purpose, algorithm, signer, 0, 0))
          .to.be.revertedWithCustomError(registry, 'InvalidAlgorithm')
          .withArgs(purpose, algorithm)
      }
    })

    it('refuses a key of the wrong length, off its curve, or of nobody', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const { point } = newP256Key()
      const offCurve = Buffer.from(point)
      offCurve[63]! ^= 1
      const keys = [
        [ISSUING, ES256, point.subarray(0, 63)],
        [ISSUING, ES256, Buffer.concat([point, Buffer.alloc(1)])],
        [ISSUING, ES256, offCurve],
        [ISSUING, EDDSA, Buffer.alloc(31)],
        [ISSUING, EDDSA, Buffer.alloc(33)],
        [AUTHORITY, SIGNER, Buffer.alloc(19, 1)],
        [AUTHORITY, SIGNER, Buffer.alloc(20)],
        [AUTHORITY, SIGNER, Buffer.concat([Buffer.alloc(20), point])],
      ] as const
      for (const [purpose, algorithm, key] of keys) {
        await expect(asRegistrar.addKey(department, purpose, algorithm, key, 0, 0))
          .to.be.revertedWithCustomError(registry, 'InvalidPublicKey')
          .withArgs(algorithm, key)
      }
    })

    it('refuses a key that is registered, also for another department', async () => {
      const deployment = await given(withAuthority)
      const { registry, asRegistrar, department, authority, keyId } = deployment
      const other = await admit(deployment, MARKET_REGULATION)
      for (const holder of [department, other]) {
        await expect(asRegistrar.addKey(holder, AUTHORITY, SIGNER, authority.signer, 0, 0))
          .to.be.revertedWithCustomError(registry, 'KeyAlreadyRegistered')
          .withArgs(keyId)
      }
    })

    it('refuses a signing end in the past, and takes one at this very block', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const { signer } = accountSigner('a')
      const time = (await present({ ethers })) + 10
      await networkHelpers.time.setNextBlockTimestamp(time)
      await expect(asRegistrar.addKey(department, AUTHORITY, SIGNER, signer, time - 1, 0))
        .to.be.revertedWithCustomError(registry, 'TimeInPast')
        .withArgs(time - 1, time)
      await networkHelpers.time.setNextBlockTimestamp(time + 1)
      await asRegistrar.addKey(department, AUTHORITY, SIGNER, signer, time + 1, 0)
      expect(await registry.isAuthorityAt(department, signer, time + 1)).to.equal(false)
    })

    it('refuses anchoring that ends before signing does', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const { signer } = accountSigner('a')
      const end = (await present({ ethers })) + 1000
      for (const [signUntil, anchorUntil] of [
        [0, end],
        [end, end - 1],
      ]) {
        await expect(asRegistrar.addKey(department, AUTHORITY, SIGNER, signer, signUntil, anchorUntil))
          .to.be.revertedWithCustomError(registry, 'AnchorBeforeSign')
          .withArgs(signUntil, anchorUntil)
      }
    })
  })

  describe('keyOf', () => {
    it('answers an unknown key with zeros and does not revert', async () => {
      const { registry } = await given(newRegistry)
      const key = await registry.keyOf(bytes32('unknown'))
      expect(key.addedAt).to.equal(0)
      expect(key.publicKey).to.equal('0x')
    })
  })

  describe('retireKey', () => {
    it('sets ends that were open, then brings them forward', async () => {
      const { registry, asGuardian, keyId } = await given(withAuthority)
      const end = (await present({ ethers })) + 1000
      await expect(asGuardian.retireKey(keyId, end, end + 500))
        .to.emit(registry, 'KeyRetired')
        .withArgs(keyId, end, end + 500)
      await asGuardian.retireKey(keyId, end - 100, end - 100)
      const key = await registry.keyOf(keyId)
      expect([key.signUntil, key.anchorUntil].map(Number)).to.deep.equal([end - 100, end - 100])
    })

    it('works at this very block, and the key is no authority from then on', async () => {
      const { registry, asGuardian, department, authority, keyId } = await given(withAuthority)
      const time = (await present({ ethers })) + 10
      await networkHelpers.time.setNextBlockTimestamp(time)
      await asGuardian.retireKey(keyId, time, 0)
      expect(await registry.isAuthorityAt(department, authority.signer, time - 1)).to.equal(true)
      expect(await registry.isAuthorityAt(department, authority.signer, time)).to.equal(false)
    })

    it('leaves an end that is over as it is, while the other is brought forward', async () => {
      const { registry, asGuardian, keyId } = await given(withAuthority)
      const end = (await present({ ethers })) + 10
      await asGuardian.retireKey(keyId, end, end + 1000)
      await networkHelpers.time.increaseTo(end + 100)
      await asGuardian.retireKey(keyId, end, end + 500)
      expect((await registry.keyOf(keyId)).anchorUntil).to.equal(end + 500)
    })

    it('refuses an end in the past, also an end taken back to open', async () => {
      const { registry, asGuardian, keyId } = await given(withAuthority)
      const time = (await present({ ethers })) + 10
      const end = time + 1000
      await asGuardian.retireKey(keyId, end, end)
      for (const [signUntil, anchorUntil, refused] of [
        [time - 1, end, time - 1],
        [end, time - 1, time - 1],
        [0, end, 0],
      ] as const) {
        await networkHelpers.time.setNextBlockTimestamp(time + 1)
        await expect(asGuardian.retireKey.staticCall(keyId, signUntil, anchorUntil, { blockTag: 'pending' }))
          .to.be.revertedWithCustomError(registry, 'TimeInPast')
          .withArgs(refused, time + 1)
      }
    })

    it('refuses an end later than the one set', async () => {
      const { registry, asGuardian, keyId } = await given(withAuthority)
      const end = (await present({ ethers })) + 1000
      await asGuardian.retireKey(keyId, end, end + 1)
      await expect(asGuardian.retireKey(keyId, end + 1, end + 1))
        .to.be.revertedWithCustomError(registry, 'TimeExtended')
        .withArgs(end, end + 1)
      await expect(asGuardian.retireKey(keyId, end, end + 2))
        .to.be.revertedWithCustomError(registry, 'TimeExtended')
        .withArgs(end + 1, end + 2)
    })

    it('refuses to reopen a window that is over', async () => {
      const { registry, asGuardian, keyId } = await given(withAuthority)
      const end = (await present({ ethers })) + 10
      await asGuardian.retireKey(keyId, end, end)
      await networkHelpers.time.increaseTo(end + 100)
      await expect(asGuardian.retireKey(keyId, end + 500, end + 500))
        .to.be.revertedWithCustomError(registry, 'TimeExtended')
        .withArgs(end, end + 500)
    })

    it('refuses anchoring that ends before signing does', async () => {
      const { registry, asGuardian, keyId } = await given(withAuthority)
      const end = (await present({ ethers })) + 1000
      await expect(asGuardian.retireKey(keyId, end, end - 1))
        .to.be.revertedWithCustomError(registry, 'AnchorBeforeSign')
        .withArgs(end, end - 1)
    })

    it('refuses an unknown key', async () => {
      const { registry, asGuardian } = await given(newRegistry)
      await expect(asGuardian.retireKey(bytes32('unknown'), 0, 0))
        .to.be.revertedWithCustomError(registry, 'UnknownKey')
        .withArgs(bytes32('unknown'))
    })
  })

  describe('declareCompromised', () => {
    it('reaches back, even before the key was added, and only ever moves earlier', async () => {
      const { registry, asGuardian, department, authority, keyId } = await given(withAuthority)
      const now = await present({ ethers })
      await expect(asGuardian.declareCompromised(keyId, now))
        .to.emit(registry, 'KeyCompromised')
        .withArgs(keyId, now)
      await asGuardian.declareCompromised(keyId, 1)
      expect((await registry.keyOf(keyId)).compromisedSince).to.equal(1)
      expect(await registry.isAuthorityAt(department, authority.signer, now)).to.equal(false)
    })

    it('refuses never, the future, and a time that is not earlier', async () => {
      const { registry, asGuardian, keyId } = await given(withAuthority)
      const time = (await present({ ethers })) + 10
      const expectRefusal = async (since: number, current: number, present: number) => {
        await networkHelpers.time.setNextBlockTimestamp(present)
        await expect(asGuardian.declareCompromised(keyId, since))
          .to.be.revertedWithCustomError(registry, 'InvalidCompromiseTime')
          .withArgs(since, current, present)
      }
      await expectRefusal(0, 0, time)
      await expectRefusal(time + 2, 0, time + 1)
      await asGuardian.declareCompromised(keyId, time)
      await expectRefusal(time, time, time + 10)
      await expectRefusal(time + 1, time, time + 11)
    })

    it('refuses an unknown key', async () => {
      const { registry, asGuardian } = await given(newRegistry)
      await expect(asGuardian.declareCompromised(bytes32('unknown'), 1))
        .to.be.revertedWithCustomError(registry, 'UnknownKey')
        .withArgs(bytes32('unknown'))
    })
  })

  describe('commitNextKey and activateNextKey', () => {
    it('let anybody register the committed key, once, with open ends', async () => {
      const { registry, asRegistrar, asStranger, department } = await given(withDepartment)
      const next = accountSigner('next')
      const keyId = keccak256(next.signer)
      await expect(asRegistrar.commitNextKey(department, AUTHORITY, keyId))
        .to.emit(registry, 'NextKeyCommitted')
        .withArgs(department, AUTHORITY, keyId)
      expect(await registry.nextKeyOf(department, AUTHORITY)).to.equal(keyId)

      await expect(asStranger.activateNextKey(department, AUTHORITY, SIGNER, next.signer))
        .to.emit(registry, 'KeyAdded')
        .withArgs(keyId, department, AUTHORITY, SIGNER, 0, 0, next.signer)
      expect(await registry.nextKeyOf(department, AUTHORITY)).to.equal(ZERO)
      expect(await registry.isAuthorityAt(department, next.signer, await present({ ethers }))).to.equal(true)
      await expect(asStranger.activateNextKey(department, AUTHORITY, SIGNER, next.signer))
        .to.be.revertedWithCustomError(registry, 'KeyAlreadyRegistered')
        .withArgs(keyId)
    })

    it('refuse a key that was not committed, or whose commitment was taken back', async () => {
      const { registry, asRegistrar, asStranger, department } = await given(withDepartment)
      const next = accountSigner('next')
      const other = accountSigner('other')
      await asRegistrar.commitNextKey(department, AUTHORITY, keccak256(next.signer))
      await expect(asStranger.activateNextKey(department, AUTHORITY, SIGNER, other.signer))
        .to.be.revertedWithCustomError(registry, 'NotTheCommittedKey')
        .withArgs(keccak256(next.signer), keccak256(other.signer))
      await asRegistrar.commitNextKey(department, AUTHORITY, ZERO)
      await expect(asStranger.activateNextKey(department, AUTHORITY, SIGNER, next.signer))
        .to.be.revertedWithCustomError(registry, 'NotTheCommittedKey')
        .withArgs(ZERO, keccak256(next.signer))
    })

    it('keep the purposes apart', async () => {
      const { registry, asRegistrar, asStranger, department } = await given(withDepartment)
      const { point, publicKey } = newP256Key()
      const keyId = await thumbprint(publicKey.export({ format: 'jwk' }))
      await asRegistrar.commitNextKey(department, AUTHORITY, keyId)
      await expect(asStranger.activateNextKey(department, ISSUING, ES256, point))
        .to.be.revertedWithCustomError(registry, 'NotTheCommittedKey')
        .withArgs(ZERO, keyId)
    })

    it('refuse an unknown purpose, an unknown department and a key that is registered', async () => {
      const { registry, asRegistrar, asStranger, department, keyId } = await given(withAuthority)
      for (const purpose of [0, 3]) {
        await expect(asRegistrar.commitNextKey(department, purpose, bytes32('next')))
          .to.be.revertedWithCustomError(registry, 'InvalidPurpose')
          .withArgs(purpose)
      }
      await expect(asRegistrar.commitNextKey(bytes32('nobody'), AUTHORITY, bytes32('next')))
        .to.be.revertedWithCustomError(registry, 'UnknownDepartment')
        .withArgs(bytes32('nobody'))
      await expect(
        asStranger.activateNextKey(bytes32('nobody'), AUTHORITY, SIGNER, accountSigner('a').signer),
      )
        .to.be.revertedWithCustomError(registry, 'UnknownDepartment')
        .withArgs(bytes32('nobody'))
      await expect(asRegistrar.commitNextKey(department, AUTHORITY, keyId))
        .to.be.revertedWithCustomError(registry, 'KeyAlreadyRegistered')
        .withArgs(keyId)
    })
  })

  describe('grantPermit and endPermit', () => {
    it('keep who held a permit and when, as half-open intervals', async () => {
      const deployment = await given(withPermit)
      const { registry, asRegistrar, department, from } = deployment
      const other = await admit(deployment, MARKET_REGULATION)
      await expect(asRegistrar.endPermit(TYPE, REGION, from + 100))
        .to.emit(registry, 'PermitEnded')
        .withArgs(department, TYPE, REGION, from + 100)
      await networkHelpers.time.setNextBlockTimestamp(from + 200)
      await expect(asRegistrar.grantPermit(other, TYPE, REGION))
        .to.emit(registry, 'PermitGranted')
        .withArgs(other, TYPE, REGION)
      await asRegistrar.endPermit(TYPE, REGION, from + 300)
      await networkHelpers.time.setNextBlockTimestamp(from + 300)
      await asRegistrar.grantPermit(department, TYPE, REGION)

      expect([...(await registry.permitsOf(TYPE, REGION))].map(p => [...p])).to.deep.equal([
        [department, BigInt(from), BigInt(from + 100)],
        [other, BigInt(from + 200), BigInt(from + 300)],
        [department, BigInt(from + 300), 0n],
      ])
      const times = [-1, 0, 99, 100, 199, 200, 299, 300, 100_000]
      const holders = await Promise.all(times.map(t => registry.permitHolderAt(TYPE, REGION, from + t)))
      expect(holders.map(String)).to.deep.equal([
        ZERO,
        department,
        department,
        ZERO,
        ZERO,
        other,
        other,
        department,
        department,
      ])
      expect(await registry.permitKeyCount()).to.equal(1)
      expect([...(await registry.permitKeyAt(0))]).to.deep.equal([TYPE, REGION])
    })

    it('keep types and regions apart, however they are cut', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      await asRegistrar.grantPermit(department, 'ab', 'c')
      expect([...(await registry.permitsOf('a', 'bc'))]).to.deep.equal([])
      expect(await registry.permitHolderAt('a', 'bc', (await present({ ethers })) + 1)).to.equal(ZERO)
    })

    it('refuse a permit that is held, whether its end is open or to come, also to its holder', async () => {
      const deployment = await given(withPermit)
      const { registry, asRegistrar, department, from } = deployment
      const other = await admit(deployment, MARKET_REGULATION)
      for (const until of [0, from + 100]) {
        if (until !== 0) await asRegistrar.endPermit(TYPE, REGION, until)
        for (const holder of [other, department]) {
          await expect(asRegistrar.grantPermit(holder, TYPE, REGION))
            .to.be.revertedWithCustomError(registry, 'PermitHeld')
            .withArgs(department, until)
        }
      }
    })

    it('refuse an end in the past, an end that is taken back, and one later than was set', async () => {
      const { registry, asRegistrar, from } = await given(withPermit)
      for (const until of [0, from + 9]) {
        await networkHelpers.time.setNextBlockTimestamp(from + 10 + (until % 2))
        await expect(asRegistrar.endPermit(TYPE, REGION, until))
          .to.be.revertedWithCustomError(registry, 'TimeInPast')
          .withArgs(until, from + 10 + (until % 2))
      }
      await asRegistrar.endPermit(TYPE, REGION, from + 100)
      await expect(asRegistrar.endPermit(TYPE, REGION, from + 101))
        .to.be.revertedWithCustomError(registry, 'TimeExtended')
        .withArgs(from + 100, from + 101)
    })

    it('refuse names of no or too much length, unknown departments and unknown permits', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const long = 'x'.repeat(65)
      for (const [type, region] of [
        ['', REGION],
        [TYPE, ''],
        [long, REGION],
        [TYPE, long],
      ]) {
        await expect(asRegistrar.grantPermit(department, type, region))
          .to.be.revertedWithCustomError(registry, 'InvalidPermit')
          .withArgs(type, region)
      }
      await expect(asRegistrar.grantPermit(bytes32('nobody'), TYPE, REGION))
        .to.be.revertedWithCustomError(registry, 'UnknownDepartment')
        .withArgs(bytes32('nobody'))
      await expect(asRegistrar.endPermit(TYPE, REGION, 0))
        .to.be.revertedWithCustomError(registry, 'UnknownPermit')
        .withArgs(TYPE, REGION)
    })
  })

  describe('isAuthorityAt', () => {
    it('is true from registration on', async () => {
      const { registry, department, authority, keyId } = await given(withAuthority)
      const addedAt = Number((await registry.keyOf(keyId)).addedAt)
      expect(await registry.isAuthorityAt(department, authority.signer, addedAt - 1)).to.equal(false)
      expect(await registry.isAuthorityAt(department, authority.signer, addedAt)).to.equal(true)
    })

    it('is false for a stranger, for another department, and for no department', async () => {
      const deployment = await given(withAuthority)
      const { registry, department, authority } = deployment
      const other = await admit(deployment, MARKET_REGULATION)
      const now = await present({ ethers })
      expect(await registry.isAuthorityAt(department, accountSigner('stranger').signer, now)).to.equal(false)
      expect(await registry.isAuthorityAt(other, authority.signer, now)).to.equal(false)
      expect(await registry.isAuthorityAt(ZERO, accountSigner('stranger').signer, now)).to.equal(false)
    })

    it('is false for an issuing key, whatever is given as its signer', async () => {
      const { registry, asRegistrar, department } = await given(withDepartment)
      const { point, publicKey } = newP256Key()
      await asRegistrar.addKey(department, ISSUING, ES256, point, 0, 0)
      const jwk = publicKey.export({ format: 'jwk' })
      const preimage = Buffer.from(`{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`)
      const now = await present({ ethers })
      expect(await registry.isAuthorityAt(department, point, now)).to.equal(false)
      expect(await registry.isAuthorityAt(department, preimage, now)).to.equal(false)
    })

    it('is false while the department is suspended, and true of the time before', async () => {
      const { registry, asGuardian, asRegistrar, department, authority } = await given(withAuthority)
      const time = (await present({ ethers })) + 10
      await networkHelpers.time.setNextBlockTimestamp(time)
      await asGuardian.suspendDepartment(department)
      await networkHelpers.time.setNextBlockTimestamp(time + 10)
      await asRegistrar.resumeDepartment(department)
      const ask = (t: number) => registry.isAuthorityAt(department, authority.signer, t)
      expect(await ask(time - 1)).to.equal(true)
      expect(await ask(time)).to.equal(false)
      expect(await ask(time + 9)).to.equal(false)
      expect(await ask(time + 10)).to.equal(true)
    })

    it('is false from the time of a compromise on, and true of the time before', async () => {
      const { registry, asGuardian, department, authority, keyId } = await given(withAuthority)
      const since = (await present({ ethers })) + 10
      await networkHelpers.time.increaseTo(since + 10)
      await asGuardian.declareCompromised(keyId, since)
      expect(await registry.isAuthorityAt(department, authority.signer, since - 1)).to.equal(true)
      expect(await registry.isAuthorityAt(department, authority.signer, since)).to.equal(false)
    })
  })

  describe('roles', () => {
    it('let nobody else admit, add, permit, suspend, retire or declare', async () => {
      const deployment = await given(withAuthority)
      const { registry, accounts, department, keyId } = deployment
      const { signer } = accountSigner('a')
      const registrarOnly: [string, unknown[]][] = [
        ['admitDepartment', [MARKET_REGULATION.uscc, MARKET_REGULATION.did]],
        ['resumeDepartment', [department]],
        ['addKey', [department, AUTHORITY, SIGNER, signer, 0, 0]],
        ['commitNextKey', [department, AUTHORITY, bytes32('next')]],
        ['grantPermit', [department, TYPE, REGION]],
        ['endPermit', [TYPE, REGION, 0]],
      ]
      const guardianOnly: [string, unknown[]][] = [
        ['suspendDepartment', [department]],
        ['retireKey', [keyId, 0, 0]],
        ['declareCompromised', [keyId, 1]],
      ]
      const { admin, registrar, guardian, relayer, deployer } = accounts
      for (const [name, calls, others] of [
        ['REGISTRAR_ROLE', registrarOnly, [admin, guardian, relayer, deployer]],
        ['GUARDIAN_ROLE', guardianOnly, [admin, registrar, relayer, deployer]],
      ] as const) {
        for (const [method, args] of calls) {
          for (const account of others) {
            await expect(by(account, registry).getFunction(method)(...args))
              .to.be.revertedWithCustomError(registry, 'AccessControlUnauthorizedAccount')
              .withArgs(account.address, role(name))
          }
        }
      }
    })

    it('refuse a deployment without an admin', async () => {
      const factory = await ethers.getContractFactory('DepartmentRegistry')
      const nobody = `0x${'00'.repeat(20)}`
      await expect(factory.deploy(ADMIN_DELAY, nobody))
        .to.be.revertedWithCustomError(factory, 'AccessControlInvalidDefaultAdmin')
        .withArgs(nobody)
    })
  })
})

/** A second opinion on thumbprints: jose's, from the JWK. */
async function thumbprint(jwk: webcrypto.JsonWebKey): Promise<string> {
  const named = await calculateJwkThumbprint(jwk)
  const bytes = Buffer.from(named, 'base64url')

  return `0x${bytes.toString('hex')}`
}
