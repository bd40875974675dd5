import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EngineEvents, ReadOnlyReason } from '../../../src/shared/contract'
import type { StartedEngine } from '../../../src/main/host'
import { lockPath, readLock } from '../../../src/main/transports/lockFile'
import { faultEnvironment } from '../../faults/environment'
import { cannotMount, mountSmallDisk, type SmallDisk } from '../../fixtures/mounts'
import { createFakeWorkspace, untilRun, untilState, type FakeWorkspace } from '../../fixtures/processes'

let workspace: FakeWorkspace
beforeEach(async () => {
  workspace = await createFakeWorkspace()
})
afterEach(() => workspace.clean())

const small = {
  name: 'small',
  teacher: { training: { epochs: 2 } },
  distillation: { method: { id: 'zskt', params: { pseudoBatches: 30 } } },
  recording: { imagesEvery: 10, evaluateEvery: 10, imagesPerStep: 16 },
}
const long = { ...small, distillation: { method: { id: 'zskt', params: { pseudoBatches: 100_000 } } } }

/** As its owner: what may be written to is told by a call that changes something. */
const reasonOf = async ({ client }: StartedEngine): Promise<ReadOnlyReason | null> =>
  (await client.call('engine.info', {})).readOnlyReason
/** Calls fail while connections are made anew. */
async function until<Result>(look: () => Promise<Result>, wanted: (result: Result) => boolean): Promise<Result> {
  const end = performance.now() + 20_000
  for (;;) {
    const result = await look().catch(() => null)
    if (result !== null && wanted(result)) return result
    if (performance.now() > end) throw new Error(`It never came to that: ${JSON.stringify(result)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const untilWritable = ({ client }: StartedEngine) =>
  until(
    () => client.call('engine.info', {}),
    ({ readOnly }) => !readOnly,
  )

const lockOfOther = {
  product: 'ABD Workbench',
  pid: 4711,
  machine: 'another-machine',
  host: '127.0.0.1',
  port: 9,
  token: 'e'.repeat(64),
  startedAt: Date.UTC(2026, 0, 2, 3, 4),
  version: '1',
}
const writeLock = (change: object = {}): void =>
  writeFileSync(lockPath(workspace.folder), JSON.stringify({ ...lockOfOther, ...change }))

describe('a workspace that another engine has, which does not answer', () => {
  const finished = async (): Promise<string> => {
    const engine = await workspace.start()
    const { id } = await engine.client.call('runs.start', { config: small })
    await untilState(engine.client, id, 'done')
    await engine.dispose('shutdown')
    return id
  }

  it('says which file, by whom and since when, and is taken over on request alone', async () => {
    const id = await finished()
    writeLock()
    const engine = await workspace.start()
    expect(engine.readOnly).toBe(true)
    const reason = await reasonOf(engine)
    expect(reason).toMatchObject({ kind: 'owned', cause: { where: lockPath(workspace.folder) } })
    expect(reason?.cause.got).toBe('the engine on another-machine, process 4711, since 2026-01-02 03:04 UTC')
    await expect(engine.client.call('engine.openForWriting', { takeOver: false })).rejects.toThrow('Another engine')
    await engine.client.call('engine.openForWriting', { takeOver: true })
    await untilWritable(engine)
    expect(readLock(workspace.folder)?.machine).not.toBe('another-machine')
    await engine.client.call('runs.rename', { runId: id, name: 'mine now' })
    expect((await engine.client.call('runs.get', { runId: id })).name).toBe('mine now')
  }, 60_000)

  it('is taken over once where two ask for it at once', async () => {
    const id = await finished()
    writeLock()
    const engine = await workspace.start()
    const ask = (): Promise<unknown> => engine.client.call('engine.openForWriting', { takeOver: true })
    await Promise.all([ask(), ask()])
    await untilWritable(engine)
    await engine.client.call('runs.rename', { runId: id, name: 'mine now' })
  }, 60_000)

  it('is taken over at the start where that was asked for', async () => {
    await finished()
    writeLock()
    const engine = await workspace.start({ takeOver: true })
    expect(engine.readOnly).toBe(false)
    expect(await reasonOf(engine)).toBeNull()
  }, 60_000)

  it('is not taken from an engine that has come meanwhile', async () => {
    await finished()
    writeLock()
    const engine = await workspace.start()
    writeLock({ token: 'f'.repeat(64), machine: 'a-third' })
    await expect(engine.client.call('engine.openForWriting', { takeOver: true })).rejects.toMatchObject({
      got: expect.stringContaining('a-third') as string,
    })
    expect(readLock(workspace.folder)?.machine).toBe('a-third')
  }, 60_000)

  it('is taken over by itself once that has been silent for long, and stays so while somebody looks', async () => {
    await finished()
    writeLock({ beats: true })
    writeFileSync(`${lockPath(workspace.folder)}.beat`, '1')
    const times = { look: 100, silentAfter: 0, confirm: 300 }
    const engine = await workspace.start({}, { ABD_FAKE_HOLD: JSON.stringify(times) })
    expect(engine.readOnly).toBe(true)
    await untilWritable(engine)
  }, 60_000)
})

describe('a workspace whose folder goes away while a run trains', () => {
  const times = { ABD_FAKE_HOLD: JSON.stringify({ look: 100, silentAfter: 1e9, confirm: 1e9 }) }

  it('says so, refuses what would be lost, and goes on when it is back', async () => {
    const engine = await workspace.start({}, times)
    const { client } = engine
    const { id } = await client.call('runs.start', { config: long })
    await untilRun(client, id, ({ stages }) => stages.some(({ kind, step }) => kind === 'student' && step > 20))
    const away = `${workspace.folder}-away`
    renameSync(workspace.folder, away)
    try {
      const { readOnlyReason } = await until(
        () => client.call('engine.info', {}),
        ({ readOnly }) => readOnly,
      )
      expect(readOnlyReason).toMatchObject({
        kind: 'gone',
        cause: { message: 'The folder of this workspace is gone.', where: workspace.folder },
      })
      await expect(client.call('runs.start', { config: small })).rejects.toMatchObject({
        got: expect.stringContaining('gone') as string,
        action: expect.stringContaining('Put it back') as string,
      })
      await expect(client.call('engine.openForWriting', { takeOver: true })).rejects.toThrow('gone')
      expect(existsSync(workspace.folder)).toBe(false)
    } finally {
      renameSync(away, workspace.folder)
    }
    await untilWritable(engine)
    const run = await until(
      () => client.call('runs.get', { runId: id }),
      ({ state }) => state !== 'running' && state !== 'queued',
    )
    expect(run.stages.find(({ kind }) => kind === 'teacher')?.state).toBe('done')
    expect(['interrupted', 'paused', 'failed']).toContain(run.state)
  }, 90_000)

  it('writes nothing into another folder of its name', async () => {
    const engine = await workspace.start({}, times)
    const away = `${workspace.folder}-away`
    renameSync(workspace.folder, away)
    mkdirSync(workspace.folder)
    try {
      const info = await until(
        () => engine.client.call('engine.info', {}),
        ({ readOnly }) => readOnly,
      )
      expect(info.readOnlyReason?.cause.got).toBe('another folder')
      await expect(engine.client.call('engine.setSettings', { slots: 2 })).rejects.toThrow('read-only')
      expect(existsSync(join(workspace.folder, 'runs'))).toBe(false)
    } finally {
      rmSync(workspace.folder, { recursive: true })
      renameSync(away, workspace.folder)
    }
    await untilWritable(engine)
  }, 60_000)

  it('puts back a lock that somebody has deleted', async () => {
    const engine = await workspace.start({}, times)
    const before = readLock(workspace.folder)
    rmSync(lockPath(workspace.folder))
    await until(() => Promise.resolve(existsSync(lockPath(workspace.folder))), Boolean)
    expect(readLock(workspace.folder)?.token).toBe(before?.token)
    expect(await reasonOf(engine)).toBeNull()
  }, 60_000)
})

describe('a disk on which every write fails', () => {
  it('opens the workspace to be read', async () => {
    const first = await workspace.start()
    const { id } = await first.client.call('runs.start', { config: small })
    await untilState(first.client, id, 'done')
    await first.dispose('shutdown')
    const report = join(workspace.folder, 'faults')
    rmSync(join(workspace.folder, 'engine.reserve'), { force: true })
    const env = await faultEnvironment({
      below: [workspace.folder],
      process: 'control',
      fault: 'ENOSPC',
      at: 1,
      lasting: true,
      report,
    })
    const engine = await workspace.start({}, env)
    expect(await reasonOf(engine)).toMatchObject({ kind: 'full', cause: { forUser: true, where: workspace.folder } })
    expect((await engine.client.call('runs.get', { runId: id })).state).toBe('done')
    await expect(engine.client.call('runs.delete', { runIds: [id] })).rejects.toThrow('read-only')
    await expect(engine.client.call('engine.openForWriting', { takeOver: false })).rejects.toThrow(/full|only be read/)
  }, 60_000)
})

describe.skipIf(cannotMount)(`a small disk ${cannotMount ?? ''}`, () => {
  let disk: SmallDisk
  beforeEach(() => {
    disk = mountSmallDisk(40)
  })
  afterEach(() => disk.remove())

  const start = (folder = disk.folder): Promise<StartedEngine> => workspace.start({ workspace: folder })
  const finished = async (): Promise<string> => {
    const engine = await start()
    const { id } = await engine.client.call('runs.start', { config: small })
    await untilState(engine.client, id, 'done')
    await engine.dispose('shutdown')
    return id
  }
  const fill = (): string => {
    const file = join(disk.folder, 'film.mp4')
    writeFileSync(file, '')
    for (let size = 1 << 20; size >= 1; size >>= 1)
      try {
        for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
      } catch {
        continue
      }
    return file
  }

  it('that is full opens by the room that was held back: the bin can be emptied, and it is said', async () => {
    const id = await finished()
    expect(statSync(join(disk.folder, 'engine.reserve')).size).toBe(1 << 20)
    fill()
    const engine = await start()
    const notices: EngineEvents['engine.notice'][] = []
    engine.client.subscribe('engine.notice', {}, (notice) => notices.push(notice))
    expect(engine.readOnly).toBe(false)
    await engine.client.call('runs.delete', { runIds: [id] })
    expect((await engine.client.call('runs.emptyBin', {})).freedBytes).toBeGreaterThan(0)
    expect(notices.flatMap(({ causes }) => causes.map(({ message }) => message))).toContain(
      'The disk of this workspace is full.',
    )
  }, 60_000)

  it('that is full and has no such room opens to be read, and is written to once there is space', async () => {
    const id = await finished()
    rmSync(join(disk.folder, 'engine.reserve'))
    const film = fill()
    const engine = await start()
    expect(await reasonOf(engine)).toMatchObject({
      kind: 'full',
      cause: { message: 'The disk of this workspace is full.' },
    })
    expect((await engine.client.call('runs.get', { runId: id })).state).toBe('done')
    await expect(engine.client.call('engine.openForWriting', { takeOver: false })).rejects.toThrow('full')
    rmSync(film)
    await engine.client.call('engine.openForWriting', { takeOver: false })
    await untilWritable(engine)
    await engine.client.call('runs.rename', { runId: id, name: 'kept' })
  }, 60_000)

  it('that can only be read is read, its pictures too', async () => {
    const id = await finished()
    const view = disk.readOnlyView()
    const engine = await start(view)
    expect(await reasonOf(engine)).toMatchObject({
      kind: 'media',
      cause: {
        message: 'This workspace can only be read.',
        got: expect.not.stringMatching(/\.$/) as string,
        where: view,
      },
    })
    expect((await engine.client.call('runs.list', {})).map((run) => run.id)).toEqual([id])
    const images = await engine.client.call('runs.images', { runId: id, stageId: 'student-1', step: 20 })
    expect(images.count).toBe(16)
    await expect(engine.client.call('runs.delete', { runIds: [id] })).rejects.toThrow('read-only')
    expect(existsSync(lockPath(view))).toBe(false)
  }, 60_000)

  it('that can only be read and holds no workspace says so', async () => {
    await expect(start(disk.readOnlyView())).rejects.toThrow(/only be read/)
  }, 60_000)

  it('the log of an engine that was killed is read there too', async () => {
    const engine = await start()
    const { id } = await engine.client.call('runs.start', { config: small })
    await untilState(engine.client, id, 'done')
    const lock = readLock(disk.folder)
    process.kill(lock?.pid ?? 0, 'SIGSTOP')
    const view = disk.readOnlyView()
    process.kill(lock?.pid ?? 0, 'SIGKILL')
    expect(readFileSync(join(view, 'workspace.sqlite-wal')).length).toBeGreaterThan(0)
    const reader = await start(view)
    expect((await reader.client.call('runs.get', { runId: id })).state).toBe('done')
  }, 60_000)
})
