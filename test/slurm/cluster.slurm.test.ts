/** The cluster that the other tests stand on: it starts, runs a job, loses a node and is gone afterwards. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { describeOnCluster } from './support/onCluster'
import { startCluster } from './support/cluster.mjs'

const daemonsIn = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${folder}/slurm.conf`)
      } catch {
        return false
      }
    })

describeOnCluster('the cluster of the tests', () => {
  it('starts two nodes, runs a job on each, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'abd-cluster-'))
    const cluster = await startCluster({ folder })
    try {
      expect(cluster.run('sinfo', '--noheader', '--format=%D %t').trim()).toBe('2 idle')
      for (const node of ['n1', 'n2'])
        cluster.run('sbatch', `--nodelist=${node}`, `--output=${folder}/${node}.txt`, '--wrap=printenv SLURMD_NODENAME')
      await vi.waitFor(
        () => {
          for (const node of ['n1', 'n2']) expect(readFileSync(join(folder, `${node}.txt`), 'utf8').trim()).toBe(node)
        },
        { timeout: 20_000, interval: 100 },
      )
    } finally {
      await cluster.stop()
    }
    expect(daemonsIn(folder)).toEqual([])
    rmSync(folder, { recursive: true, force: true })
  })
})
