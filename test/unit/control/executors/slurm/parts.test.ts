/** The parts of the Slurm executor that are pure: environment, script, arrays, what Slurm's programs print. */
import { describe, expect, it } from 'vitest'
import { planArrays, shareOut } from '../../../../../src/main/engine/control/executors/slurm/arrays'
import { createSlurmCommands } from '../../../../../src/main/engine/control/executors/slurm/commands'
import { submissionEnvironment } from '../../../../../src/main/engine/control/executors/slurm/environment'
import { parseMinutes, parsePartition } from '../../../../../src/main/engine/control/executors/slurm/facts'
import { parseQueue, phaseOf } from '../../../../../src/main/engine/control/executors/slurm/queue'
import { batchScript, type ScriptPlan } from '../../../../../src/main/engine/control/executors/slurm/script'
import {
  defaultSlurmSettings,
  slurmSettingsSchema,
} from '../../../../../src/main/engine/control/executors/slurm/settings'
import { checkParameters } from '../../../../../src/shared/schema'

const plan: ScriptPlan = {
  title: 'Student: ZSKT + SV, "seed 1"',
  folder: '/shared/lab’s 5%/slurm/m1-ab',
  count: 6,
  limit: 2,
  needs: { threads: 0, device: 'auto' },
  after: ['17_0', '17_4'],
  comment: 'abd:m1-ab',
}
const places = { node: '/opt/node/bin/node', trainer: "/opt/abd's/trainer.js" }
const optionsOf = (script: string): string[] =>
  script.split('\n').flatMap((line) => (line.startsWith('#SBATCH ') ? [line.slice('#SBATCH '.length)] : []))

describe('the environment of a submission', () => {
  it('has nothing of a surrounding job but which cluster is asked', () => {
    expect(
      submissionEnvironment({
        PATH: '/usr/bin',
        HOME: '/home/a',
        ABD_RUNTIME: '/cache/runtime.json',
        SLURM_CONF: '/etc/slurm.conf',
        SLURM_JOB_ID: '7',
        SLURM_MEM_PER_CPU: '100',
        SBATCH_PARTITION: 'debug',
        SQUEUE_FORMAT: '%i',
        SLURMD_NODENAME: 'n1',
        CUDA_VISIBLE_DEVICES: '3',
        ELECTRON_RUN_AS_NODE: '1',
      }),
    ).toEqual({ PATH: '/usr/bin', HOME: '/home/a', ABD_RUNTIME: '/cache/runtime.json', SLURM_CONF: '/etc/slurm.conf' })
  })
})

describe('the batch script', () => {
  it('is this one', () => {
    const settings = {
      ...defaultSlurmSettings,
      partition: 'gpu',
      account: 'lab',
      gpu: 'whole' as const,
      gpuType: 'a100',
      options: '--exclude=n7\r\n\n--constraint="ib&fast"',
      prelude: 'module purge\r\nmodule load nodejs/20',
    }
    expect(batchScript(settings, plan, places)).toMatchInlineSnapshot(`
      "#!/bin/bash -l
      #SBATCH --exclude=n7
      #SBATCH --constraint="ib&fast"
      #SBATCH --job-name=Student-ZSKT-+-SV,-seed-1
      #SBATCH --array=0-5%2
      #SBATCH --dependency=afterok:17_0:17_4
      #SBATCH --kill-on-invalid-dep=yes
      #SBATCH --partition=gpu
      #SBATCH --account=lab
      #SBATCH --gres=gpu:a100:1
      #SBATCH --nodes=1
      #SBATCH --ntasks=1
      #SBATCH --cpus-per-task=4
      #SBATCH --mem=8000M
      #SBATCH --time=240
      #SBATCH --signal=B:USR2@180
      #SBATCH --requeue
      #SBATCH --open-mode=append
      #SBATCH --output="/shared/lab’s 5%%/slurm/m1-ab/output-%a.log"
      #SBATCH --comment=abd:m1-ab

      # From the settings: lines before the task
      module purge
      module load nodejs/20

      folder=$(sed -n "$((\${SLURM_ARRAY_TASK_ID:-0} + 1))p" '/shared/lab’s 5%/slurm/m1-ab/tasks.txt')
      # TensorFlow counts the CPUs of the node where the cluster does not bind a job to its own.
      export TF_NUM_INTRAOP_THREADS="\${SLURM_CPUS_PER_TASK:-1}" OMP_NUM_THREADS="\${SLURM_CPUS_PER_TASK:-1}"
      # Memory of tensors is kept and in huge pages, as where the engine starts a trainer itself.
      export GLIBC_TUNABLES="\${GLIBC_TUNABLES:-glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=100000000000:glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1}"
      # exec: the signal before the time limit reaches the task itself.
      exec '/opt/node/bin/node' '/opt/abd'\\''s/trainer.js' --task "$folder" 2>>"$folder/output.log"
      "
    `)
  })

  it('asks for no GPU where the run wants the CPU, and for as many CPUs as it names threads', () => {
    const settings = { ...defaultSlurmSettings, gpu: 'whole' as const, cpus: 4 }
    const onCpu = optionsOf(batchScript(settings, { ...plan, needs: { threads: 2, device: 'cpu' } }, places))
    expect(onCpu.filter((option) => option.startsWith('--gres'))).toEqual([])
    expect(onCpu).toContain('--cpus-per-task=2')
  })

  it.each([
    [{ gpu: 'none' as const }, []],
    [{ gpu: 'whole' as const }, ['--gres=gpu:1']],
    [{ gpu: 'share' as const, shards: 2 }, ['--gres=shard:2']],
    [{ gpu: 'gres' as const, gres: 'mps:25' }, ['--gres=mps:25']],
  ])('asks for %j by %j', (change, wanted) => {
    const options = optionsOf(batchScript({ ...defaultSlurmSettings, ...change }, plan, places))
    expect(options.filter((option) => option.startsWith('--gres'))).toEqual(wanted)
  })
})

describe('the settings', () => {
  it.each([
    ['partition', 'gpu\n#SBATCH --uid=0'],
    ['gres', 'gpu:1 --uid=0'],
    ['options', 'rm -rf x'],
    ['timeLimit', 0],
  ])('refuse %s = %j', (name, value) => {
    expect(checkParameters(slurmSettingsSchema, { [name]: value }).refusals.map((refusal) => refusal.name)).toEqual([
      name,
    ])
  })

  it('take what clusters have', () => {
    const given = { partition: 'gpu-a100,gpu_v100', options: '--constraint=a100\n-x n1,n2\n', gpu: 'share', shards: 3 }
    expect(checkParameters(slurmSettingsSchema, given).refusals).toEqual([])
  })
})

describe('arrays', () => {
  const needs = { threads: 0, device: 'auto' } as const
  it('hold tasks of the same needs and dependencies, whatever the order of those', () => {
    const tasks = [
      { id: 1, needs, after: ['1_0', '1_1'] },
      { id: 2, needs, after: [] },
      { id: 3, needs, after: ['1_1', '1_0'] },
      { id: 4, needs: { ...needs, device: 'cpu' as const }, after: [] },
    ]
    const { arrays, left } = planArrays(tasks, { arraySize: Infinity, room: Infinity })
    expect(arrays.map((array) => array.map(({ id }) => id))).toEqual([[1, 3], [2], [4]])
    expect(left).toEqual([])
  })

  it('are split, and what finds no room stays', () => {
    const tasks = Array.from({ length: 10 }, () => ({ needs, after: [] }))
    const { arrays, left } = planArrays(tasks, { arraySize: 3, room: 7 })
    expect(arrays.map((array) => array.length)).toEqual([3, 3, 1])
    expect(left).toHaveLength(3)
  })

  it.each([
    [8, [30], [8]],
    [8, [2, 30], [2, 6]],
    [7, [30, 30], [3, 4]],
    [2, [5, 5, 5], [1, 1, 1]],
    [10, [1, 1], [1, 1]],
  ])('share a limit of %i over arrays of %j tasks as %j', (limit, sizes, wanted) => {
    const arrays = sizes.map((tasks, index) => ({ id: String(index), tasks }))
    expect([...shareOut(limit, arrays).values()]).toEqual(wanted)
  })
})

describe('what Slurm prints', () => {
  it('is read line by line, with what it writes for nothing', () => {
    const text = '17_3|PENDING||Priority|abd:m1-ab\n17_4|RUNNING|n[1-2]|None|(null)\nslurm_load_jobs: a warning\n'
    expect(parseQueue(text)).toEqual([
      { job: '17_3', state: 'PENDING', node: '', reason: 'Priority', comment: 'abd:m1-ab' },
      { job: '17_4', state: 'RUNNING', node: 'n[1-2]', reason: '', comment: '' },
    ])
  })

  it.each([
    ['PENDING', 'waiting'],
    ['CONFIGURING', 'waiting'],
    ['REQUEUE_HOLD', 'waiting'],
    ['COMPLETING', 'running'],
    ['OUT_OF_MEMORY', 'ended'],
    ['A_STATE_TO_COME', 'waiting'],
  ])('has phases: %s is %s', (state, phase) => {
    expect(phaseOf({ state, job: '1', node: '', reason: '', comment: '' })).toBe(phase)
  })

  it.each([
    ['30', 30],
    ['90:30', 90.5],
    ['01:00:00', 60],
    ['2-12', 3600],
    ['1-00:30:00', 1470],
    ['UNLIMITED', null],
  ])('has times: %s', (text, minutes) => expect(parseMinutes(text)).toBe(minutes))

  it('has partitions: the one that is named, or the default', () => {
    const text = `PartitionName=cpu Default=NO MaxTime=UNLIMITED Nodes=c[1-9] State=UP
PartitionName=gpu Default=YES MaxTime=1-00:00:00 Nodes=g1 State=DOWN
`
    expect(parsePartition(text, '')).toEqual({ name: 'gpu', state: 'DOWN', maxMinutes: 1440, nodes: 'g1' })
    expect(parsePartition(text, 'cpu,gpu')?.maxMinutes).toBeNull()
    expect(parsePartition(text, 'nope')).toBeNull()
  })

  it('has the job’s number, with the cluster’s name behind it where there are several', async () => {
    const commands = createSlurmCommands(() => Promise.resolve({ code: 0, stdout: '4711;hpc\n', stderr: '' }))
    expect(await commands.submit('job.sh')).toBe('4711')
  })
})
