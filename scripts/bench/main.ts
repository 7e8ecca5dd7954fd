/**
 * `npm run bench -- [--json FILE] [--quick]`: measures this gateway against its peers, in one run of some minutes, prints the table
 * and writes the same as JSON. Exit code 0 whether goals are met or not.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FULL, QUICK, runBench } from './bench.ts'
import { openAttestation } from './peers.ts'
import { formatTable } from './rows.ts'

const { values } = parseArgs({
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const began = performance.now()
const say = (text: string) => {
  const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4)
  process.stderr.write(`${seconds} s  ${text}\n`)
}

const peer = await openAttestation(join(import.meta.dirname, '../../.bench'), say)
const report = await runBench({ extent: values.quick ? QUICK : FULL, openAttestation: peer, say })
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)

const { cpu, cores, memoryGiB, node, openssl, load } = report.machine
const goals = report.rows.filter(row => row.met !== null)
process.stdout.write(
  `\n${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, OpenSSL ${openssl}, load ${load}\n\n` +
    `${formatTable(report.rows)}\n\n` +
    `${goals.filter(row => row.met).length} of ${goals.length} goals met\n`,
)
process.exit(0)
