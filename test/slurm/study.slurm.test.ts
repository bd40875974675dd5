/** A study on the cluster, through the engine's own process: started, cancelled in part, its engine killed, finished. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { readLock } from '../../src/main/transports/lockFile'
import type { EngineApi } from '../../src/shared/contract'
import type { StudyCell, StudyDefinition, StudyDetail } from '../../src/shared/domain'
import { bundle } from '../fixtures/bundle'
import { createFakeWorkspace, type FakeWorkspace } from '../fixtures/processes'
import { describeOnCluster } from './support/onCluster'
import { startCluster } from './support/cluster.mjs'

/** One teacher, three students that differ in their length. */
const definition: StudyDefinition = {
  format: 1,
  name: 'On the cluster',
  note: '',
  base: { preset: 'quick', config: { teacher: { training: { epochs: 4 } } } },
  axes: [
    {
      path: 'distillation.method.params.pseudoBatches',
      values: [150, 151, 152].map((value) => ({ label: String(value), value })),
    },
  ],
  exclude: [],
  conditions: [],
  strategy: { id: 'grid', params: {} },
  order: 'asListed',
  executor: 'slurm',
  priority: 0,
}

describeOnCluster('a study on the cluster', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>
  let workspace: FakeWorkspace
  beforeAll(async () => {
    cluster = await startCluster({ folder: mkdtempSync(join(tmpdir(), 'abd-cluster-')) })
    workspace = await createFakeWorkspace({ SLURM_CONF: cluster.configuration, ABD_FAKE_STEP_MS: '30' })
  })
  afterAll(async () => {
    await workspace.clean()
    await cluster.stop()
    rmSync(cluster.folder, { recursive: true, force: true })
  })

  const study = (engine: EngineApi, studyId: string): Promise<StudyDetail> => engine.call('studies.get', { studyId })
  const untilCells = (engine: EngineApi, studyId: string, test: (cells: readonly StudyCell[]) => void): Promise<void> =>
    vi.waitFor(async () => test((await study(engine, studyId)).list), { timeout: 60_000, interval: 100 })

  it('is finished by the cluster, whatever becomes of the engine', async () => {
    const { client } = await workspace.start()
    const change = { cpus: 1, memory: 400, timeLimit: 5, signalLead: 30, concurrency: 2, pollSeconds: 1 }
    await client.call('executors.setSettings', { executor: 'slurm', change })
    const { id } = await client.call('studies.start', { definition })
    // The teacher, and three students that wait for it: in one array, or in more where the machine is slow.
    const scripts = (): string[] =>
      readdirSync(join(workspace.folder, 'slurm'))
        .sort()
        .map((name) => readFileSync(join(workspace.folder, 'slurm', name, 'job.sh'), 'utf8'))
    const sizes = (): number[] => scripts().map((script) => Number(/--array=0-(\d+)/.exec(script)?.[1]) + 1)
    await vi.waitFor(() => expect(sizes().reduce((sum, size) => sum + size)).toBe(4), {
      timeout: 30_000,
      interval: 100,
    })
    expect(sizes()[0]).toBe(1)
    for (const script of scripts().slice(1)) expect(script).toContain('--dependency=afterok:1_0')
    await untilCells(client, id, (cells) =>
      expect(cells.some(({ where }) => /job \d+_\d/.test(where ?? ''))).toBe(true),
    )

    await client.call('studies.cancel', { studyId: id, cells: [2] })
    process.kill(readLock(workspace.folder)?.pid ?? 0, 'SIGKILL')
    // It is started again, and its clients connect again.
    await untilCells(client, id, (cells) =>
      expect(cells.map(({ state }) => state)).toEqual(['done', 'done', 'cancelled']),
    )
    await client.call('studies.retry', { studyId: id })
    await vi.waitFor(async () => expect((await study(client, id)).state).toBe('done'), 60_000)
    const done = await study(client, id)
    expect(done.cells.done).toBe(3)
    expect(done.stages).toMatchObject({ trained: 4 })
    // Nothing was trained twice and no curve has a hole.
    for (const { runId } of done.list) {
      const { series } = await client.call('runs.metrics', { runId: runId ?? '', stageId: 'student-1' })
      const { steps = new Float64Array() } = Object.values(series)[0] ?? {}
      expect([...steps]).toEqual(Array.from(steps, (_, index) => index + 1))
      expect(steps.length).toBeGreaterThanOrEqual(150)
    }
  })

  it('is checked by abd doctor, which shows what would be sent', async () => {
    const { client } = await workspace.start()
    mkdirSync(join(workspace.folder, '.cache', 'abd-workbench'), { recursive: true })
    const script = await bundle('src/main/cli/index.ts')
    const { stdout } = spawnSync(process.execPath, [script, 'doctor', '--executor', 'slurm', '--no-probe'], {
      env: { ...workspace.env, ABD_WORKSPACE: workspace.folder },
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/^Slurm +slurm-wlm .*arrays of up to 1001 tasks/m)
    expect(stdout).toMatch(/^Partition +main: UP, nodes n\[1-2\]$/m)
    expect(stdout).toMatch(/^Node +skipped: /m)
    expect(stdout).not.toContain('failed:')
    const sent = await client.call('executors.script', { executor: 'slurm', change: { partition: 'urgent' } })
    expect(sent.script).toContain('#SBATCH --partition=urgent')
    await expect(
      client.call('executors.setSettings', { executor: 'slurm', change: { partitoin: 'x' } }),
    ).rejects.toMatchObject({ where: 'slurm.partitoin' })
  })
})
