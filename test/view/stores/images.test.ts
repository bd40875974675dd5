import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { useImagesStore } from '@renderer/stores/images'
import { createBench, startSmallRun, stepsBeforeStudent, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())
const asked = (): number => bench.engine.calls.filter((name) => name === 'runs.images').length
async function liveStudent() {
  bench = createBench()
  const images = bench.use(useImagesStore)
  const runId = await startSmallRun(bench.engine)
  bench.engine.advance(stepsBeforeStudent + 4)
  const stage = { runId, stageId: 'student-1' }
  const entry = images.open(stage)
  await flushPromises()
  return { images, stage, entry }
}

describe('useImagesStore', () => {
  it('knows the kept steps, and those that are kept from then on', async () => {
    const { entry } = await liveStudent()
    expect(entry.steps.value).toEqual([1, 2, 4])
    bench.engine.advance(2)
    expect(entry.steps.value).toEqual([1, 2, 4, 6])
  })

  it('asks for the images of a step once; those of live steps come along', async () => {
    const { images, stage } = await liveStudent()
    const first = await images.fetch(stage, 2)
    expect(await images.fetch(stage, 2)).toBe(first)
    expect(asked()).toBe(1)
    bench.engine.advance(2)
    expect((await images.fetch(stage, 6)).step).toBe(6)
    expect(asked()).toBe(1)
  })

  it('keeps so many steps in memory, and those that were looked at last', async () => {
    const { images, stage, entry } = await liveStudent()
    const first = await images.fetch(stage, 2)
    const add = (step: number): void => bench.engine.emit('run.images', { ...stage, step, images: { ...first, step } })
    for (let step = 101; step < 300; step++) add(step)
    expect(entry.inMemory.size).toBe(200)
    await images.fetch(stage, 2)
    add(300)
    expect(entry.inMemory.size).toBe(200)
    expect(entry.inMemory.has(2)).toBe(true)
    expect(entry.inMemory.has(101)).toBe(false)
  })

  it('reads the list again now and then, since the engine thins it', async () => {
    const { stage, entry } = await liveStudent()
    for (let step = 10; step < 57; step++) bench.engine.emit('run.images', { ...stage, step, images: null })
    expect(entry.steps.value).toHaveLength(50)
    await flushPromises()
    expect(entry.steps.value).toEqual([1, 2, 4])
  })

  it('forgets the images of a stage that went back to a checkpoint', async () => {
    const { images, stage, entry } = await liveStudent()
    await images.fetch(stage, 4)
    await bench.engine.call('runs.pause', { runId: stage.runId })
    expect(entry.inMemory.size).toBe(0)
    await flushPromises()
    expect(entry.steps.value).toEqual([1, 2, 4])
  })

  it('holds no more than so many bytes of all stages together', async () => {
    const { images, stage, entry } = await liveStudent()
    const first = await images.fetch(stage, 2)
    const pixels = new Uint8Array(30 * 1024 * 1024)
    const add = (step: number, stageId = stage.stageId): void =>
      bench.engine.emit('run.images', { ...stage, stageId, step, images: { ...first, pixels, step } })
    const other = images.open({ ...stage, stageId: 'student-2' })
    await flushPromises()
    add(301)
    add(302, 'student-2')
    expect(entry.inMemory.has(2)).toBe(true)
    add(303, 'student-2')
    expect([...entry.inMemory.keys()]).toEqual([])
    expect([...other.inMemory.keys()]).toEqual([302, 303])
  })
})
