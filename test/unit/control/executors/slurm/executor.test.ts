/** The executor on a Slurm that a test plays: what is sent, what is heard, what survives a restart. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { attempt, createBench, finished, type Bench } from './support'

let bench: Bench
beforeEach(() => {
  bench = createBench()
})
afterEach(() => rmSync(bench.workspace, { recursive: true, force: true }))

const until = (test: () => void): Promise<void> => vi.waitFor(test, { timeout: 5000, interval: 5 })
const sent = (count: number): Promise<void> => until(() => expect(bench.slurm.scripts).toHaveLength(count))
const state = (name: string): string | undefined => bench.slurm.jobs.get(name)?.state
const calls = (program: string): string[] => bench.slurm.calls.filter((call) => call.startsWith(program))

describe('what is sent', () => {
  it('makes one array of tasks that wait for nothing, and one per set of dependencies', async () => {
    for (const name of ['t1', 't2']) bench.start(name)
    for (const name of ['a', 'b', 'c']) bench.start(name, { after: ['stages/t1'] })
    bench.start('d', { after: ['stages/t2', 'stages/t1'] })
    await sent(3)
    expect([0, 1, 2].map((script) => bench.slurm.option(script, 'array'))).toEqual(['0-1', '0-2', '0-0'])
    expect([0, 1, 2].map((script) => bench.slurm.option(script, 'dependency'))).toEqual([
      undefined,
      'afterok:1_0',
      'afterok:1_1:1_0',
    ])
    expect(bench.slurm.scripts[1]).toContain('--kill-on-invalid-dep=yes')
  })

  it('splits by the cluster’s array size and by the limit of the queue', async () => {
    bench.slurm.maxArraySize = 2
    bench.settings.submitLimit = 5
    const tasks = Array.from({ length: 7 }, (_, index) => bench.start(`s${index}`))
    await sent(3)
    expect([0, 1, 2].map((script) => bench.slurm.option(script, 'array'))).toEqual(['0-1', '0-1', '0-0'])
    await until(() => expect(tasks[6]?.heard.wheres.at(-1)?.reason).toBe('limit of 5 tasks in the queue'))
    bench.write('s0', attempt('1-a'), finished('done'))
    await sent(4)
    await until(() => expect(tasks[5]?.heard.wheres.at(-1)).toMatchObject({ job: '4_0' }))
  })

  it('halves what the queue refuses as too much, and sends the rest as it empties', async () => {
    bench.slurm.queueSize = 3
    bench.start('s0')
    await sent(1)
    const tasks = ['s1', 's2', 's3', 's4'].map((name) => bench.start(name))
    await sent(2)
    expect(bench.slurm.option(1, 'array')).toBe('0-1')
    expect(tasks[3]?.heard.wheres.at(-1)?.reason).toBe('the queue is full')
    for (const name of ['s0', 's1', 's2']) bench.write(name, attempt('1-a'), finished('done'))
    for (const job of ['1_0', '2_0', '2_1']) bench.slurm.set(job, { state: 'COMPLETED' })
    await sent(3)
    expect(bench.slurm.option(2, 'array')).toBe('0-1')
    expect(bench.notices).toEqual(['The cluster’s queue takes no more jobs of this account now.'])
  })

  it('shares the limit of tasks at once out over the arrays that may run', async () => {
    bench.settings.concurrency = 4
    for (const name of ['t1', 't2', 't3']) bench.start(name)
    for (const name of ['a', 'b', 'c', 'd', 'e']) bench.start(name, { after: ['stages/t1'] })
    await sent(2)
    expect(bench.slurm.option(0, 'array')).toBe('0-2')
    expect(bench.slurm.option(1, 'array')).toBe('0-4%4')
    for (let index = 0; index < 5; index++) bench.slurm.set(`2_${index}`, { reason: 'JobArrayTaskLimit' })
    await until(() => expect(calls('scontrol update')).toContain('scontrol update jobid=2 arraytaskthrottle=2'))
    expect(calls('scontrol update')).toContain('scontrol update jobid=1 arraytaskthrottle=2')
  })

  it('drops a dependency that is fulfilled: Slurm may have forgotten that job', async () => {
    const teacher = bench.start('t1')
    await sent(1)
    bench.write('t1', attempt('1-a'), finished('done'))
    await until(() => expect(teacher.heard.end?.exitCode).toBe(0))
    const student = bench.start('a', { after: ['stages/t1'] })
    await sent(2)
    expect(bench.slurm.option(1, 'dependency')).toBeUndefined()
    expect(student.heard.end).toBeNull()
  })

  it('ends with sbatch’s own words where that refuses', async () => {
    bench.slurm.instead.set('sbatch', {
      code: 1,
      stdout: '',
      stderr: 'sbatch: error: invalid partition specified: nope',
    })
    const task = bench.start('s0')
    await until(() => expect(task.heard.end).not.toBeNull())
    expect(task.heard.end).toMatchObject({ killedBy: 'sbatch', exitCode: null })
    expect(task.heard.end?.causes?.[0]).toMatchObject({
      message: 'sbatch refused.',
      got: 'sbatch: error: invalid partition specified: nope',
    })
  })

  it('says where Slurm is missing', async () => {
    bench.slurm.instead.set('sbatch', Object.assign(new Error('spawn sbatch ENOENT'), { code: 'ENOENT' }))
    const task = bench.start('s0')
    await until(() => expect(task.heard.end?.causes?.[0]?.message).toBe('Slurm’s programs are not on this machine.'))
  })
})

describe('what is heard', () => {
  it('is Slurm’s reason while it waits, the node and the GPU while it runs, and the end of the journal', async () => {
    const task = bench.start('s0')
    await sent(1)
    bench.slurm.set('1_0', { reason: 'QOSMaxCpuPerUserLimit' })
    await until(() =>
      expect(task.heard.wheres.at(-1)).toEqual({ state: 'waiting', job: '1_0', reason: 'QOSMaxCpuPerUserLimit' }),
    )
    bench.slurm.set('1_0', { state: 'RUNNING', reason: '', node: 'gpu07' })
    bench.write('s0', attempt('1-a'), {
      type: 'ready',
      device: { kind: 'gpu', title: 'NVIDIA H100' } as never,
    })
    await until(() =>
      expect(task.heard.wheres.at(-1)).toEqual({ state: 'running', job: '1_0', node: 'gpu07', gpu: 'NVIDIA H100' }),
    )
    bench.write('s0', finished('done'))
    await until(() => expect(task.heard.end).toEqual({ killedBy: null, exitCode: 0, lastWords: '' }))
  })

  it('goes on after a pause for the time limit, and lets the requeued job begin at once', async () => {
    const task = bench.start('s0')
    await sent(1)
    bench.slurm.set('1_0', { state: 'RUNNING', reason: '' })
    bench.write('s0', attempt('1-a'), finished('paused'))
    bench.slurm.set('1_0', { state: 'PENDING', reason: 'BeginTime' })
    await until(() => expect(calls('scontrol update')).toContain('scontrol update jobid=1_0 starttime=now'))
    expect(task.heard.end).toBeNull()
    // A pause that the next attempt takes back is none.
    expect(task.heard.reports).toEqual(['attempt'])
    bench.slurm.set('1_0', { state: 'RUNNING', reason: '' })
    bench.write('s0', attempt('2-a'), finished('done'))
    await until(() => expect(task.heard.end?.exitCode).toBe(0))
  })

  it.each([
    ['could not requeue itself', 'NonZeroExitCode'],
    ['was refused by its node when it began again', 'JobLaunchFailure'],
  ])('sends a task again that wanted to go on and %s', async (_what, reason) => {
    const task = bench.start('s0')
    await sent(1)
    bench.slurm.set('1_0', { state: 'RUNNING', reason: '' })
    bench.write('s0', attempt('1-a'), finished('paused'))
    writeFileSync(join(task.folder, 'again.json'), JSON.stringify({ attempt: '1-a' }))
    bench.slurm.set('1_0', { state: 'FAILED', reason })
    await sent(2)
    bench.write('s0', attempt('2-a', '2_0'), finished('done'))
    await until(() => expect(task.heard.end?.exitCode).toBe(0))
  })

  it('is a pause where a task paused by itself, as a rung of a search does', async () => {
    const task = bench.start('s0')
    await sent(1)
    bench.write('s0', attempt('1-a'), finished('paused'))
    bench.slurm.set('1_0', { state: 'FAILED', reason: 'NonZeroExitCode' })
    await until(() => expect(task.heard.end).toEqual({ killedBy: null, exitCode: 75, lastWords: '' }))
    expect(task.heard.reports).toEqual(['attempt', 'finished'])
  })

  it.each([
    ['OUT_OF_MEMORY', 'OutOfMemory', 'OUT_OF_MEMORY (OutOfMemory, signal 9)'],
    ['TIMEOUT', 'TimeLimit', 'TIMEOUT (TimeLimit, signal 9)'],
    ['FAILED', 'JobLaunchFailure', 'FAILED (JobLaunchFailure, signal 9)'],
  ])('is Slurm’s word where a task could not say its last: %s', async (word, reason, killedBy) => {
    const task = bench.start('s0')
    await sent(1)
    bench.write('s0', attempt('1-a'))
    writeFileSync(join(task.folder, 'output.log'), 'last words\n')
    bench.slurm.set('1_0', { state: word, reason })
    await until(() => expect(task.heard.end).toEqual({ killedBy, exitCode: null, lastWords: 'last words' }))
  })

  it('is a loss where Slurm knows no such job and the journal has no end', async () => {
    const task = bench.start('s0')
    await sent(1)
    bench.write('s0', attempt('1-a'))
    bench.slurm.forget('1_0')
    await until(() => expect(task.heard.end).toMatchObject({ killedBy: 'lost', exitCode: null }))
  })

  it('names the teacher where students wait in vain', async () => {
    bench.start('t1', { title: 'Teacher of BadNets' })
    const student = bench.start('a', { after: ['stages/t1'] })
    await sent(2)
    bench.write('t1', attempt('1-a'), { type: 'failed', causes: [] })
    bench.slurm.set('2_0', { state: 'CANCELLED', reason: 'DependencyNeverSatisfied' })
    await until(() => expect(student.heard.end?.killedBy).toBe('DependencyNeverSatisfied'))
    expect(student.heard.end?.lastWords).toContain('Teacher of BadNets (stages/t1) did not get done')
  })

  it('waits for a teacher that is handed over again after it failed', async () => {
    const first = bench.start('t1')
    await sent(1)
    bench.write('t1', attempt('1-a'), { type: 'failed', causes: [] })
    await until(() => expect(first.heard.end?.exitCode).toBe(1))
    const student = bench.start('a', { after: ['stages/t1'] })
    await until(() => expect(student.heard.wheres.at(-1)?.reason).toBe('waits for stages/t1'))
    bench.start('t1')
    await sent(3)
    expect(bench.slurm.option(2, 'dependency')).toBe('afterok:2_0')
    expect(student.heard.end).toBeNull()
  })

  it('concludes nothing while squeue does not answer, and tells it once', async () => {
    const task = bench.start('s0')
    await sent(1)
    bench.slurm.instead.set('squeue', {
      code: 1,
      stdout: '',
      stderr: 'slurm_load_jobs error: Socket timed out on send/recv operation',
    })
    bench.slurm.forget('1_0')
    await until(() => expect(calls('squeue').length).toBeGreaterThan(5))
    expect(bench.notices).toEqual(['Slurm does not answer.'])
    expect(task.heard.end).toBeNull()
  })
})

describe('what is asked', () => {
  it('pauses a running task by a file and never by a signal', async () => {
    const task = bench.start('s0')
    await sent(1)
    bench.slurm.set('1_0', { state: 'RUNNING', reason: '' })
    bench.write('s0', attempt('1-a'))
    await until(() => expect(task.heard.wheres.at(-1)?.state).toBe('running'))
    task.request('pause')
    expect(JSON.parse(readFileSync(join(task.folder, 'request.json'), 'utf8'))).toMatchObject({ kind: 'pause' })
    const asked = bench.slurm.calls.length
    await until(() => expect(bench.slurm.calls.length).toBeGreaterThan(asked + 2))
    expect(calls('scancel')).toEqual([])
    bench.write('s0', finished('paused'))
    await until(() => expect(task.heard.end).toEqual({ killedBy: null, exitCode: 75, lastWords: '' }))
  })

  it('hears that its whole array was cancelled before any of it began', async () => {
    const tasks = ['s0', 's1'].map((name) => bench.start(name))
    await sent(1)
    bench.slurm.forget('1_0')
    bench.slurm.forget('1_1')
    bench.slurm.jobs.set('1', { state: 'CANCELLED', reason: '', node: '', comment: '', dependency: '' })
    for (const task of tasks) await until(() => expect(task.heard.end?.killedBy).toMatch(/^CANCELLED/))
  })

  it.each([
    ['pause', 75],
    ['stop', 130],
  ] as const)('takes a waiting task out of the queue: %s', async (kind, exitCode) => {
    const task = bench.start('s0')
    await sent(1)
    task.request(kind)
    await until(() => expect(task.heard.end).toEqual({ killedBy: null, exitCode, lastWords: '' }))
    expect(state('1_0')).toBe('CANCELLED')
    // Taken back before the next start, which would heed it.
    bench.start('s0')
    expect(existsSync(join(task.folder, 'request.json'))).toBe(false)
  })

  it('kills by scancel', async () => {
    const task = bench.start('s0')
    await sent(1)
    bench.slurm.set('1_0', { state: 'RUNNING', reason: '' })
    bench.write('s0', attempt('1-a'))
    task.kill()
    await until(() => expect(task.heard.end).toMatchObject({ killedBy: expect.stringContaining('CANCELLED') }))
  })
})

describe('after a restart', () => {
  it('finds jobs by their number, hears the rest of the journal and the end', async () => {
    const before = bench.start('s0')
    await sent(1)
    bench.write('s0', attempt('1-a'), finished('done'))
    before.leave()
    const after = bench.attach(bench.restart(), 's0')
    await until(() => expect(after.heard.end?.exitCode).toBe(0))
    expect(after.heard.reports).toEqual(['attempt', 'finished'])
    expect(before.heard.end).toBeNull()
    expect(bench.slurm.scripts).toHaveLength(1)
  })

  it('finds a job whose number was never noted by its comment', async () => {
    const before = bench.start('s0')
    await sent(1)
    before.leave()
    const file = join(before.folder, 'slurm.json')
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { sent: object }
    writeFileSync(file, JSON.stringify({ ...kept, sent: { ...kept.sent, job: null } }))
    const after = bench.attach(bench.restart(), 's0')
    await until(() => expect(after.heard.wheres.at(-1)).toMatchObject({ job: '1_0' }))
    expect(bench.slurm.scripts).toHaveLength(1)
  })

  it('sends what was never sent, and knows the jobs of what it waits for', async () => {
    bench.settings.submitLimit = 1
    const teacher = bench.start('t1')
    const student = bench.start('a', { after: ['stages/t1'] })
    await until(() => expect(student.heard.wheres).not.toHaveLength(0))
    teacher.leave()
    student.leave()
    bench.settings.submitLimit = 0
    const executor = bench.restart()
    bench.attach(executor, 't1')
    // What it waits for was noted when it was handed over.
    bench.attach(executor, 'a')
    await sent(2)
    expect(bench.slurm.option(1, 'dependency')).toBe('afterok:1_0')
  })

  it('knows journals of an earlier life from those of this one', async () => {
    const before = bench.start('s0')
    await sent(1)
    bench.write('s0', attempt('1-a'), { type: 'failed', causes: [] })
    await until(() => expect(before.heard.end?.exitCode).toBe(1))
    const again = bench.start('s0')
    await sent(2)
    again.leave()
    const after = bench.attach(bench.restart(), 's0')
    await until(() => expect(after.heard.wheres.at(-1)).toMatchObject({ job: '2_0', reason: 'Priority' }))
    expect(after.heard.end).toBeNull()
    expect(after.heard.reports).toEqual([])
  })
})
