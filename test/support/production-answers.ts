/** A folder as whoever installs onceproof prepares it: answers, region, matters, secrets. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answers } from '../../scripts/init/answers.ts'
import { demoMatters } from '../../server/matters/demo.ts'
import { temporaryFolder } from './opened-gateway.ts'
import { productionRegion } from './production-region.ts'

const DEPARTMENTS = ['ZSJ', 'GAJ', 'SCJ', 'ZRJ', 'ZJJ', 'FY']
const TYPES = ['RIC', 'BIZ', 'REA', 'LEA']
/** The matter that needs these and no others. */
const MATTER = 'M12'

export interface Prepared {
  folder: string
  answersFile: string
  answers: Answers
}

export function prepareAnswers(chainRpcUrl: string, change: Partial<Answers> = {}): Prepared {
  const folder = temporaryFolder()
  const region = productionRegion()
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content)
  write(
    'region.json',
    JSON.stringify({
      ...region,
      departments: region.departments.filter(({ code }) => DEPARTMENTS.includes(code)),
      certificateTypes: region.certificateTypes.filter(({ code }) => TYPES.includes(code) && code !== 'LEA'),
    }),
  )
  write('lea.json', JSON.stringify(region.certificateTypes.find(({ code }) => code === 'LEA')))
  const matters = demoMatters().matters as { code: string }[]
  write('matters.json', JSON.stringify({ matters: matters.filter(({ code }) => code === MATTER) }))
  write('openid.secret', 'the secret of a client\n')
  const answers: Answers = {
    format: 'onceproof-init/1',
    dataDir: 'data',
    environmentFile: 'etc/onceproof.env',
    region: 'region.json',
    publicUrl: 'https://zz.example',
    chainRpcUrl,
    openid: { issuer: 'https://id.example', clientId: 'onceproof', clientSecretFile: 'openid.secret' },
    passphraseFile: 'etc/passphrase',
    generatePassphrase: true,
    administrators: ['zhang', 'li'],
    types: ['lea.json'],
    matters: ['matters.json'],
    environment: { ONCEPROOF_TRUSTED_PROXIES: '127.0.0.1' },
    ...change,
  }
  const answersFile = join(folder, 'answers.json')
  writeFileSync(answersFile, JSON.stringify(answers))
  return { folder, answersFile, answers }
}
