import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EngineEvents } from '../../../src/shared/contract'
import { startEngineServer } from '../../../src/main/server/httpServer'
import { readLock, takeLock } from '../../../src/main/transports/lockFile'
import { bundle } from '../../fixtures/bundle'
import { createFakeWorkspace, untilRun, untilState, type FakeWorkspace } from '../../fixtures/processes'

let workspace: FakeWorkspace
beforeEach(async () => {
  workspace = await createFakeWorkspace()
})
afterEach(() => workspace.clean())

/** Process 0 is the whole group of these tests: without a lock nothing is killed. */
function killEngine(): void {
  const lock = readLock(workspace.folder)
  if (!lock) throw new Error('There is no engine to kill: the workspace has no lock.')
  process.kill(lock.pid, 'SIGKILL')
}

/** What somebody else could read, write or enter. */
const openToOthers = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => (statSync(join(folder, name)).mode & 0o077) !== 0,
  )

const small = {
  name: 'small',
  teacher: { training: { epochs: 2 } },
  distillation: { method: { id: 'zskt', params: { pseudoBatches: 30 } } },
  recording: { imagesEvery: 10, evaluateEvery: 10, imagesPerStep: 16 },
}

describe('a run over process borders', () => {
  it('goes through its stages and leaves metrics, images and weights', async () => {
    const { client } = await workspace.start()
    const metrics: EngineEvents['run.metrics'][] = []
    const images: EngineEvents['run.images'][] = []
    client.subscribe('run.metrics', {}, (event) => metrics.push(event))
    client.subscribe('run.images', {}, (event) => images.push(event))
    const started = await client.call('runs.start', { config: small })
    const run = await untilState(client, started.id, 'done')
    expect(run.stages.map((stage) => [stage.id, stage.state])).toEqual([
      ['data', 'done'],
      ['teacher', 'done'],
      ['student-1', 'done'],
      ['student-2', 'done'],
    ])
    const [, teacher, plain, defended] = run.stages
    expect(plain?.evaluation?.asr).toBeGreaterThan(0.4)
    expect(defended?.evaluation?.asr).toBeLessThan(0.2)
    expect(existsSync(teacher?.weights ?? '')).toBe(true)
    const { series } = await client.call('runs.metrics', { runId: run.id, stageId: 'student-2' })
    expect(series.studentLoss?.steps).toEqual(Float64Array.from({ length: 30 }, (_, index) => index + 1))
    const live = metrics
      .filter((event) => event.stageId === 'student-2')
      .flatMap((event) => [...(event.series.studentLoss?.steps ?? [])])
    expect(live).toEqual([...(series.studentLoss?.steps ?? [])])
    expect((await client.call('runs.imageSteps', { runId: run.id, stageId: 'student-1' })).steps).toEqual([10, 20, 30])
    const kept = await client.call('runs.images', { runId: run.id, stageId: 'student-1', step: 20 })
    expect(kept).toEqual(images.find((event) => event.stageId === 'student-1' && event.step === 20)?.images)
    // Measured after the end is told.
    expect((await untilRun(client, run.id, (now) => now.bytesOnDisk > 0)).bytesOnDisk).toBeGreaterThan(0)
    expect(run.device?.title).toContain('Fake')
    expect(openToOthers(workspace.folder)).toEqual([])
  }, 60_000)

  it('stops with a checkpoint and resumes to the same end', async () => {
    const { client } = await workspace.start({}, { ABD_FAKE_HOLD_STEP: '13' })
    const { id } = await client.call('runs.start', { config: small })
    await untilRun(client, id, (run) => run.stages[2]?.state === 'running' && run.stages[2].step > 12)
    await client.call('runs.pause', { runId: id })
    const paused = await untilState(client, id, 'paused')
    const at = paused.stages[2]?.step ?? 0
    expect(paused.stages[2]?.state).toBe('paused')
    await client.call('runs.resume', { runId: id })
    await untilState(client, id, 'done')
    const { series } = await client.call('runs.metrics', { runId: id, stageId: 'student-1' })
    expect(at).toBeGreaterThan(12)
    expect(series.studentLoss?.steps).toEqual(Float64Array.from({ length: 30 }, (_, index) => index + 1))
  }, 60_000)

  it('that loses its trainer is interrupted, and resumes from the checkpoint without double points', async () => {
    const { client } = await workspace.start({}, { ABD_FAKE_CRASH_STEP: '25' })
    const notices: string[] = []
    client.subscribe('engine.notice', {}, (event) => notices.push(event.title))
    const { id } = await client.call('runs.start', { config: { ...small, students: [{ defenses: [] }] } })
    const crashed = await untilState(client, id, 'interrupted')
    expect(crashed.error?.[0]).toMatchObject({ forUser: true, got: 'ended by SIGSEGV' })
    expect(notices).toContain('small: interrupted')
    await client.call('runs.resume', { runId: id })
    await untilState(client, id, 'done')
    const { series } = await client.call('runs.metrics', { runId: id, stageId: 'student-1' })
    expect(series.studentLoss?.steps).toEqual(Float64Array.from({ length: 30 }, (_, index) => index + 1))
    expect((await client.call('runs.get', { runId: id })).error).toBeNull()
  }, 60_000)

  it('that fails keeps the sentence of its failure', async () => {
    const { client } = await workspace.start({}, { ABD_FAKE_FAIL: 'The student is lazy.' })
    const { id } = await client.call('runs.start', { config: small })
    const run = await untilState(client, id, 'failed')
    expect(run.error?.[0]).toMatchObject({ message: 'The student is lazy.', forUser: true })
    expect(run.stages.map((stage) => stage.state)).toEqual(['done', 'done', 'failed', 'waiting'])
  }, 60_000)

  it('imports a teacher: the run keeps a copy and its weights, evaluates it and distils from it', async () => {
    const { client } = await workspace.start()
    const file = join(workspace.folder, 'teacher.pt')
    writeFileSync(file, 'weights')
    const { id } = await client.call('runs.start', { config: { ...small, teacher: { source: 'file', file } } })
    const run = await untilState(client, id, 'done')
    expect(run.stages[1]).toMatchObject({
      state: 'done',
      evaluation: { accuracy: 0.9, asr: 0.8 },
      weights: join(workspace.folder, run.stages[1]?.place ?? '', 'weights.safetensors'),
    })
    expect(readFileSync(join(workspace.folder, run.stages[1]?.place ?? '', 'imported.pt'), 'utf8')).toBe('weights')
    expect(existsSync(run.stages[1]?.weights ?? '')).toBe(true)
    const missing = await client.call('runs.start', {
      config: { ...small, teacher: { source: 'file', file: '/nowhere.pt' } },
    })
    expect((await untilState(client, missing.id, 'failed')).error?.[0]).toMatchObject({
      message: 'The teacher file cannot be read.',
      where: '/nowhere.pt',
    })
  }, 60_000)

  it('waits while another one trains, and starts after it', async () => {
    const { client } = await workspace.start({}, { ABD_FAKE_HOLD_STEP: '13' })
    const first = await client.call('runs.start', { config: small })
    const second = await client.call('runs.start', { config: { ...small, seed: 2 } })
    const third = await client.call('runs.start', { config: { ...small, seed: 3 } })
    expect((await client.call('runs.get', { runId: second.id })).state).toBe('queued')
    expect((await client.call('runs.stop', { runId: third.id })).state).toBe('stopped')
    await untilRun(client, first.id, (run) => run.stages[2]?.step === 13)
    expect((await client.call('runs.get', { runId: second.id })).state).toBe('queued')
    await client.call('runs.pause', { runId: first.id })
    await untilState(client, second.id, 'done')
    expect((await client.call('runs.get', { runId: third.id })).state).toBe('stopped')
  }, 60_000)
})

describe('the engine’s process', () => {
  it('answers every call within 100 ms while a trainer burns a core', async () => {
    const { client } = await workspace.start({}, { ABD_FAKE_BURN: '1', ABD_FAKE_STEP_MS: '3' })
    const { id } = await client.call('runs.start', {
      config: { ...small, distillation: { method: { id: 'zskt', params: { pseudoBatches: 2000 } } } },
    })
    await untilRun(client, id, (run) => run.stages[2]?.state === 'running')
    const times: number[] = []
    for (let round = 0; round < 15; round++) {
      for (const work of [
        () => client.call('runs.list', {}),
        () => client.call('runs.get', { runId: id }),
        () => client.call('engine.catalogue', {}),
        () => client.call('runs.metrics', { runId: id, stageId: 'student-1', maximumPoints: 500 }),
        () => client.call('experiment.validate', { config: small }),
        () => client.call('experiment.estimate', { config: small }),
        () => client.call('experiment.triggerPreview', { config: small }),
      ]) {
        const started = performance.now()
        await work()
        times.push(performance.now() - started)
      }
    }
    times.sort((left, right) => left - right)
    // The machine that runs the tests may be busy itself: the median must be far below, nearly all must hold.
    expect(times[Math.floor(times.length * 0.5)]).toBeLessThan(50)
    expect(times[Math.floor(times.length * 0.95)]).toBeLessThan(100)
    await client.call('runs.stop', { runId: id })
  }, 60_000)

  it('is shared: a second starter attaches to the first one’s engine', async () => {
    const first = await workspace.start()
    const second = await workspace.start()
    expect([first.owned, second.owned]).toEqual([true, false])
    await first.client.call('runs.start', { config: small })
    expect(await second.client.call('runs.list', {})).toHaveLength(1)
    await second.dispose('shutdown')
    expect(await first.client.call('runs.list', {})).toHaveLength(1)
  }, 60_000)

  it('started twice at the same moment is one engine', async () => {
    const engines = await Promise.all([workspace.start(), workspace.start(), workspace.start()])
    expect(engines.filter((engine) => engine.owned)).toHaveLength(1)
    expect(new Set(engines.map((engine) => engine.url())).size).toBe(1)
  }, 60_000)

  it('killed in the middle of a run is started again, the training goes on meanwhile, the windows reconnect', async () => {
    const engine = await workspace.start({}, { ABD_FAKE_STEP_MS: '60' })
    const { client } = engine
    const exits: string[] = []
    engine.onExit((kind) => exits.push(kind))
    const { id } = await client.call('runs.start', { config: small })
    const before = await untilRun(client, id, (run) => (run.stages[2]?.step ?? 0) > 3)
    const url = engine.url()
    killEngine()
    const run = await untilState(client, id, 'done').catch(() => untilState(client, id, 'done'))
    expect(exits).toEqual(['crashed'])
    expect(engine.url()).toBe(url)
    expect(run.stages[1]?.evaluation).toEqual(before.stages[1]?.evaluation)
    expect(run.stages.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
    // Nothing is missing and nothing is there twice, before, while and after nobody listened.
    const { series } = await client.call('runs.metrics', { runId: id, stageId: 'student-1' })
    const steps = series.studentLoss?.steps ?? []
    expect([...steps]).toEqual(Array.from({ length: run.stages[2]?.step ?? 0 }, (_, index) => index + 1))
    const log = await client.call('runs.log', { runId: id })
    expect(log.filter(({ message }) => message.includes('process')).length).toBe(4)
  }, 60_000)

  it('killed together with its trainer leaves a run that is interrupted, and goes on when it is resumed', async () => {
    const engine = await workspace.start({}, { ABD_FAKE_HOLD_STEP: '13' })
    const { client } = engine
    const { id } = await client.call('runs.start', { config: small })
    const { id: behind } = await client.call('runs.start', { config: { ...small, seed: 2 } })
    await untilRun(client, id, (run) => (run.stages[2]?.step ?? 0) > 12)
    const { stages } = await client.call('runs.get', { runId: id })
    const { pid } = JSON.parse(
      readFileSync(join(workspace.folder, stages[2]?.place ?? '', 'attempt.json'), 'utf8'),
    ) as { pid: number }
    killEngine()
    process.kill(pid, 'SIGKILL')
    await untilState(client, id, 'interrupted').catch(() => untilState(client, id, 'interrupted'))
    // What waited behind it goes on by itself: the engine was back at once.
    await untilState(client, behind, 'done')
    await client.call('runs.resume', { runId: id })
    await untilState(client, id, 'done')
  }, 60_000)

  it('asked to stop pauses the run with a checkpoint, and leaves no lock', async () => {
    const engine = await workspace.start({}, { ABD_FAKE_HOLD_STEP: '13' })
    const { id } = await engine.client.call('runs.start', { config: small })
    await untilRun(engine.client, id, (run) => (run.stages[2]?.step ?? 0) > 5)
    const exits: string[] = []
    engine.onExit((kind) => exits.push(kind))
    await engine.dispose('shutdown')
    expect(exits).toEqual(['asked'])
    expect(readLock(workspace.folder)).toBeNull()
    const again = await workspace.start()
    expect((await again.client.call('runs.get', { runId: id })).state).toBe('paused')
  }, 60_000)

  it('released goes on with its run, and ends by itself afterwards', async () => {
    const engine = await workspace.start({}, { ABD_FAKE_HOLD_STEP: '13' })
    const { id } = await engine.client.call('runs.start', { config: small })
    await engine.dispose('release')
    const again = await workspace.start()
    expect(again.owned).toBe(false)
    await untilRun(again.client, id, (run) => run.stages[2]?.step === 13)
    await again.client.call('runs.pause', { runId: id })
    await untilState(again.client, id, 'paused')
    await again.client.call('runs.resume', { runId: id })
    await untilState(again.client, id, 'done')
    await again.dispose('release')
    const end = Date.now() + 10_000
    while (readLock(workspace.folder) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(readLock(workspace.folder)).toBeNull()
  }, 60_000)

  it('that ends as it is found is not where served mode sends a browser', async () => {
    const token = 'a'.repeat(64)
    const leaving = await startEngineServer({
      token,
      onChannel: (channel) =>
        channel.onClose(() => {
          held?.release()
          void leaving.close()
        }),
    })
    const { host, port } = leaving
    const own = { host, port, token, startedAt: Date.now(), version: '0.1.0' }
    const held = takeLock(workspace.folder, own, { stale: null })
    const script = await bundle('src/main/server/index.ts')
    const served = spawn(process.execPath, [script, '--workspace', workspace.folder], { env: workspace.env })
    const address = await new Promise<string>((resolve) => {
      let text = ''
      served.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const [found] = /http:\/\/[^\s#]+/.exec(text) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    expect(Number(new URL(address).port)).not.toBe(port)
    expect((await fetch(address)).status).toBeGreaterThan(0)
    served.kill('SIGINT')
    await once(served, 'exit')
  }, 20_000)

  it('opens a workspace read-only whose owner cannot be reached, and leaves its lock alone', async () => {
    const first = await workspace.start()
    const { id } = await first.client.call('runs.start', { config: small })
    await untilState(first.client, id, 'done')
    await first.dispose('shutdown')
    const lock = {
      product: 'ABD Workbench',
      pid: 1,
      machine: 'another-machine',
      host: '127.0.0.1',
      port: 9,
      token: 'e'.repeat(64),
      startedAt: 1,
      version: '1',
    }
    writeFileSync(join(workspace.folder, 'engine.lock'), JSON.stringify(lock))
    const reader = await workspace.start()
    expect(reader.readOnly).toBe(true)
    expect((await reader.client.call('engine.info', {})).readOnly).toBe(true)
    expect((await reader.client.call('runs.get', { runId: id })).state).toBe('done')
    await expect(reader.client.call('runs.start', { config: small })).rejects.toThrow('read-only')
    await expect(reader.client.call('runs.stop', { runId: id })).rejects.toMatchObject({
      got: expect.stringMatching(/another-machine, process 1, since 1970-01-01/) as string,
      where: join(workspace.folder, 'engine.lock'),
      action: expect.stringContaining('take the workspace over') as string,
    })
    await expect(reader.client.call('runs.rename', { runId: id, name: 'x' })).rejects.toThrow('read-only')
    await reader.dispose('shutdown')
    expect(readLock(workspace.folder)?.machine).toBe('another-machine')
  }, 60_000)

  it('that cannot start says why', async () => {
    writeFileSync(join(workspace.folder, 'file'), '')
    await expect(workspace.start({ workspace: join(workspace.folder, 'file', 'below') })).rejects.toThrow(
      'The workspace folder cannot be made.',
    )
  }, 60_000)

  it('gives up after too many crashes', async () => {
    const engine = await workspace.start()
    const exits: string[] = []
    engine.onExit((kind) => exits.push(kind))
    for (let crash = 0; crash < 4; crash++) {
      await engine.client.call('runs.list', {}).catch(() => engine.client.call('runs.list', {}))
      killEngine()
      const seen = exits.length
      while (exits.length === seen) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(exits).toEqual(['crashed', 'crashed', 'crashed', 'gaveUp'])
  }, 60_000)
})
