import { expect } from 'chai'
import { backupUnderLoad } from '../../scripts/drills/backup.ts'
import { oldBackup } from '../../scripts/drills/old-backup.ts'
import { rebuildFromMirror } from '../../scripts/drills/rebuild.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('drills of backup, restore and rebuild', function () {
  this.timeout(300_000)

  it('backup: holds what was acknowledged before it, and a gateway restored from it proves it', async () => {
    const { result } = await runDrill(backupUnderLoad, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    const { backups, acknowledgedBefore, lost } = result!.figures
    expect(backups).to.equal(1)
    expect(acknowledgedBefore).to.be.greaterThan(40)
    expect(lost).to.equal(0)
  })

  it('old-backup: against a newer chain it writes nothing, and with the mirror it catches up', async () => {
    const { result } = await runDrill(oldBackup, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result!.figures['acknowledged']).to.be.greaterThan(40)
    expect(result!.figures['acknowledgedAfter']).to.be.greaterThan(19)
  })

  it('rebuild: chain and mirror are enough to prove everything again, and to go on', async () => {
    const { result } = await runDrill(rebuildFromMirror, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result!.figures['acknowledged']).to.be.greaterThan(19)
    expect(result!.figures['statements']).to.be.at.least(result!.figures['acknowledged'] as number)
  })
})
