/** The real trainer on the cluster: the same bytes as on this machine, and what the check says of a node. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createLocalExecutor } from '../../src/main/engine/control/executors/local'
import { checkCluster } from '../../src/main/engine/control/executors/slurm/check'
import { createSlurmCommands } from '../../src/main/engine/control/executors/slurm/commands'
import { taskFiles, type StageJob, type TaskFile } from '../../src/main/engine/protocol/taskFolder'
import { runtimeFilePath } from '../../src/main/engine/runtime/runtimeFile'
import type { DeviceReport, ExecutorFinding } from '../../src/shared/domain'
import { defaultSlurmSettings, type SlurmSettings } from '../../src/main/engine/control/executors/slurm/settings'
import { tinyMethod } from '../contract/cases'
import { tinyExperiment } from '../contract/support'
import { bundle } from '../fixtures/bundle'
import { createLab, type FollowedTask, type Lab } from './support/lab'
import { describeOnCluster } from './support/onCluster'
import { startCluster } from './support/cluster.mjs'

const config = () =>
  tinyExperiment({
    execution: { device: 'cpu', threads: 1 },
    distillation: {
      architecture: { id: 'wrn', params: { depth: 10, width: 1 } },
      method: { id: 'zskt', params: tinyMethod },
    },
  })
const hashOf = (folder: string): string =>
  createHash('sha256')
    .update(readFileSync(join(folder, 'weights.safetensors')))
    .digest('hex')

describeOnCluster('the trainer on a cluster', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>
  let trainer = ''
  let lab: Lab
  const cache = mkdtempSync(join(tmpdir(), 'abd-cache-'))
  beforeAll(async () => {
    trainer = await bundle('src/main/engine/entries/trainer.ts')
    cluster = await startCluster({ folder: mkdtempSync(join(tmpdir(), 'abd-cluster-')) })
    vi.stubEnv('SLURM_CONF', cluster.configuration)
    lab = createLab({ trainer, config, cache })
  })
  afterAll(async () => {
    await cluster.stop()
    for (const folder of [lab.workspace, cluster.folder, cache]) rmSync(folder, { recursive: true, force: true })
  })

  /** The same task in a folder beside it, on this machine. */
  async function trainHere({ folder }: FollowedTask, name: string): Promise<string> {
    const here = join(dirname(folder), name)
    mkdirSync(here)
    const { job } = JSON.parse(readFileSync(join(folder, taskFiles.task), 'utf8')) as TaskFile
    const own = { ...job, folders: { stage: here, cache } } as StageJob
    writeFileSync(join(here, taskFiles.task), JSON.stringify({ format: 1, job: own }))
    const end = await new Promise<unknown>((resolve) =>
      createLocalExecutor({ script: trainer }).start(
        { place: `stages/${name}`, folder: here, title: name, needs: { threads: 1, device: 'cpu' }, after: [] },
        { onReport: () => undefined, onWhere: () => undefined, onSilent: () => undefined, onEnd: resolve },
      ),
    )
    expect(end).toMatchObject({ killedBy: null, exitCode: 0 })
    return hashOf(here)
  }

  it('gives a teacher and a student whose weights are those of this machine, byte for byte', async () => {
    const teacher = lab.teacher('stages/t')
    const student = lab.student('stages/s', { after: ['stages/t'] })
    expect(await teacher.ended).toMatchObject({ exitCode: 0, killedBy: null })
    expect(await student.ended).toMatchObject({ exitCode: 0, killedBy: null })
    expect(hashOf(teacher.folder)).toBe(await trainHere(teacher, 't-here'))
    expect(hashOf(student.folder)).toBe(await trainHere(student, 's-here'))
  })

  async function check(change: Partial<SlurmSettings> = {}, paths: string[] = []) {
    const findings: ExecutorFinding[] = []
    const devices: DeviceReport[] = []
    await checkCluster(
      {
        workspace: lab.workspace,
        cacheFolder: dirname(runtimeFilePath()),
        settings: { ...defaultSlurmSettings, cpus: 1, memory: 400, timeLimit: 10, ...change },
        commands: createSlurmCommands(),
        places: { node: process.execPath, trainer },
      },
      { probe: true, seconds: 60, paths },
      { find: (finding) => findings.push(finding), device: (device) => devices.push(device) },
    )
    return { states: Object.fromEntries(findings.map(({ title, state }) => [title, state])), findings, devices }
  }

  it('is checked down to what a node computes on', async () => {
    const { states, devices, findings } = await check()
    expect(states, JSON.stringify(findings)).toEqual({
      Slurm: 'ok',
      Partition: 'ok',
      'Folders here': 'ok',
      'Batch script': 'ok',
      'Time limit': 'ok',
      Node: 'ok',
      'Folders on the node': 'ok',
      'TensorFlow on the node': 'ok',
      'Precisions on the node': 'ok',
    })
    expect(devices[0]).toMatchObject({ kind: 'cpu' })
  })

  it('is told what would fail before anything is sent', async () => {
    const wrongPartition = await check({ partition: 'nowhere' })
    expect(wrongPartition.states).toMatchObject({ Partition: 'failed', Node: 'skipped' })
    const tooLong = await check({ timeLimit: 100 })
    expect(tooLong.findings).toContainEqual(
      expect.objectContaining({
        title: 'Time limit',
        state: 'failed',
        message: '100 minutes are set; main allows 60.',
      }),
    )
    const noNode = await check({ node: '/nowhere/node' })
    expect(noNode.findings.at(-1)).toMatchObject({
      title: 'Node',
      state: 'failed',
      message: expect.stringContaining('/nowhere/node'),
    })
    const noData = await check({}, ['/nowhere/data'])
    expect(noData.states['Folders on the node']).toBe('failed')
  })
})
