import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunStore } from '../../../src/main/engine/control/store'
import { crc32c } from '../../../src/main/engine/families/runExporters/tensorboard/crc32c'
import { readEventFile, type ReadEvent } from '../../../src/main/engine/families/runExporters/tensorboard/read'
import { beganAt, finishedRun } from '../../fixtures/finishedRun'
import { temporaryFolder } from '../importers/craft/files'
import { exported } from './support'

const base = temporaryFolder()
let store: RunStore
beforeAll(async () => {
  store = await finishedRun(join(base, 'workspace'))
})

const eventsOf = async (folder: string): Promise<ReadEvent[]> => {
  const events: ReadEvent[] = []
  for (const name of readdirSync(folder).sort())
    await readEventFile(join(folder, name), (event) => void events.push(event))
  return events
}
const values = (events: readonly ReadEvent[], tag: string): [number, number | undefined][] =>
  events.flatMap(({ step, values: some }) =>
    some.flatMap((value): [number, number | undefined][] => (value.tag === tag ? [[step, value.number]] : [])),
  )

describe('CRC-32C', () => {
  it('is the known answer', () => {
    expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283')
  })
})

describe('export to TensorBoard', () => {
  it('writes a folder for each model with its curves at their steps and real times', async () => {
    const target = join(base, 'logs')
    const { result, told } = await exported(store, { format: 'tensorboard', target })
    expect(result).toEqual({ target, where: target, remarks: [] })
    expect(readdirSync(target).sort()).toEqual(['student-1-no-defense', 'student-2-shuffling-vaccine', 'teacher'])
    expect(told.at(-1)?.fraction).toBeGreaterThan(0.9)
    const events = await eventsOf(join(target, 'student-1-no-defense'))
    expect(events[0]?.version).toBe('brain.Event:2')
    const wanted = await store.metrics.read('runs/r/student-1')
    const accuracy = wanted.accuracy
    expect(values(events, 'accuracy')).toEqual(
      [...(accuracy?.steps ?? [])].map((step, index) => [step, Math.fround(accuracy?.values[index] ?? NaN)]),
    )
    expect(values(events, 'loss/studentLoss')).toHaveLength(wanted.studentLoss?.steps.length ?? -1)
    // Of the first student: the teacher's 40 steps of a second came before.
    const tenth = events.find(({ step, values: some }) => step === 10 && some.length > 0 && !some[0]?.plugin)
    expect(tenth?.time).toBeCloseTo(beganAt / 1000 + 40 + 10, 3)
  })

  it('holds kept images, figures and settings', async () => {
    const target = join(base, 'whole')
    await exported(store, { format: 'tensorboard', target })
    const events = await eventsOf(join(target, 'student-2-shuffling-vaccine'))
    const pictures = events.flatMap(({ step, values: some }) =>
      some.filter(({ image }) => image).map((one) => ({ step, ...one })),
    )
    expect(pictures.map(({ step, tag }) => `${tag} ${step}`)).toEqual([
      'images/synthetic 20',
      'images/synthetic 40',
      'figures/classes/confusion 40',
      'figures/classes/triggered 40',
      'figures/suspects/precision-recall 40',
    ])
    const [grid] = pictures
    const { file } = store.images.gridOf('runs/r/student-2', 20)
    expect(grid?.image?.png).toEqual(new Uint8Array(readFileSync(file)))
    expect([grid?.image?.width, grid?.image?.height]).toEqual([256, 64])
    const plugins = events.flatMap(({ values: some }) =>
      some.flatMap(({ tag, plugin }) => (plugin ? [[tag, plugin.name]] : [])),
    )
    expect(plugins).toEqual([
      ['_hparams_/session_start_info', 'hparams'],
      ['_hparams_/session_end_info', 'hparams'],
    ])
  })

  it('leaves out what is not asked for, and says what could not be read', async () => {
    const other = await finishedRun(join(base, 'damaged'))
    rmSync(other.images.gridOf('runs/r/student-1', 20).file)
    const whole = await exported(other, { format: 'tensorboard', target: join(base, 'some') })
    expect(whole.result.remarks).toEqual(['1 steps of images could not be read and are left out.'])
    const without = { images: false, figures: false }
    await exported(other, { format: 'tensorboard', target: join(base, 'numbers'), params: without })
    const events = await eventsOf(join(base, 'numbers', 'student-1-no-defense'))
    expect(events.some(({ values: some }) => some.some(({ image }) => image))).toBe(false)
  })

  it('writes into nothing that holds something, and leaves nothing of a cancelled one', async () => {
    const full = mkdtempSync(join(base, 'full-'))
    writeFileSync(join(full, 'mine'), '')
    await expect(exported(store, { format: 'tensorboard', target: full })).rejects.toMatchObject({
      name: 'RefusedInputError',
      wanted: 'a new or empty folder',
    })
    const empty = join(base, 'empty')
    mkdirSync(empty)
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    for (const target of [empty, join(base, 'none')])
      await expect(exported(store, { format: 'tensorboard', target }, controller.signal)).rejects.toThrow('enough')
    expect(readdirSync(empty)).toEqual([])
    expect(readdirSync(base)).not.toContain('none')
  })
})

describe('an event file that was cut off', () => {
  it('is read up to its last whole event', async () => {
    const target = join(base, 'cut')
    await exported(store, { format: 'tensorboard', target })
    const folder = join(target, 'teacher')
    const [name = ''] = readdirSync(folder)
    const file = join(folder, name)
    const before = (await eventsOf(folder)).length
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length - 3))
    const after: ReadEvent[] = []
    const end = await readEventFile(file, (event) => void after.push(event))
    expect(after).toHaveLength(before - 1)
    expect(end).toBeLessThan(bytes.length - 3)
  })
})
