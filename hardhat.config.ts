import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'
import hardhatEthers from '@nomicfoundation/hardhat-ethers'
import hardhatMocha from '@nomicfoundation/hardhat-mocha'
import hardhatChaiMatchers from '@nomicfoundation/hardhat-ethers-chai-matchers'
import hardhatNetworkHelpers from '@nomicfoundation/hardhat-network-helpers'

// The compiler is the npm package `solc` (wasm); Hardhat downloads nothing when `path` is set in every profile.
const path = createRequire(import.meta.url).resolve('solc/soljson.js')
const solc = {
  version: '0.8.37',
  path,
  settings: { optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun', viaIR: false },
}

const isLong = process.env['ONCEPROOF_TEST_DEEP'] === '1'

export default defineConfig({
  plugins: [hardhatEthers, hardhatMocha, hardhatChaiMatchers, hardhatNetworkHelpers],
  solidity: { profiles: { default: solc, production: solc } },
  paths: { sources: './contracts', tests: './test/contracts' },
  test: {
    mocha: { timeout: 120_000 },
    solidity: isLong
      ? { fuzz: { runs: 20_000, seed: '0x1234' }, invariant: { runs: 1_000, depth: 100 } }
      : { fuzz: { runs: 400, seed: '0x1234' }, invariant: { runs: 40, depth: 50 } },
  },
})
