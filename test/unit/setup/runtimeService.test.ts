import { beforeEach, describe, expect, it, vi } from 'vitest'
import { InstallationError, type InstallationWork } from '../../../src/main/setup/installation'
import { createRuntimeService, type RuntimeService } from '../../../src/main/setup/runtimeService'
import type { RuntimeOverview, RuntimeState } from '../../../src/shared/domain'

const overview: RuntimeOverview = {
  folder: '/cache',
  freeBytes: 1e10,
  packaged: true,
  variants: [],
  suggested: 'cpu',
  origin: { indexes: ['https://index/simple'], findLinks: [], proxy: null, setIn: [] },
}

/** A task that a test moves on: what it was given, and how it ends. */
interface Held {
  work: InstallationWork
  finish(): void
  fail(error: Error): void
}

let told: RuntimeState[]
let held: Held | null
let time: number
let ready: boolean
let service: RuntimeService
const asked = vi.fn(() => overview)
const hold = (_of: string, work: InstallationWork): Promise<void> =>
  new Promise((resolve, reject) => {
    held = { work, finish: resolve, fail: reject }
    work.signal?.addEventListener('abort', () => reject(work.signal?.reason as Error))
  })
beforeEach(() => {
  told = []
  held = null
  time = 0
  ready = false
  asked.mockClear()
  service = createRuntimeService({
    root: '/app',
    cache: '/cache',
    work: { install: hold, unpack: hold, overview: asked },
    isReady: () => ready,
    onFault: () => undefined,
    now: () => time,
  })
  service.onChange((state) => told.push(state))
})
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('the runtime service', () => {
  it('answers at once, tells progress with its speed a few times a second, and in the end that runs can start', async () => {
    expect(service.install('cpu').task).toMatchObject({ kind: 'install', variant: 'cpu', progress: null })
    for (; time <= 2000; time += 10) {
      held!.work.report.progress({ phase: 'fetching', item: 'tensorflow-cpu', done: time * 1000, total: 4e6 })
    }
    expect(told.length).toBeGreaterThan(6)
    expect(told.length).toBeLessThan(10)
    expect(told.at(-1)?.task?.progress).toMatchObject({ phase: 'fetching', bytesPerSecond: 1e6, secondsLeft: 2 })
    ready = true
    held!.finish()
    await settled()
    expect(told.at(-1)).toMatchObject({ ready: true, task: null, paused: false, failure: null })
    // What is there was looked up at the beginning and after the end, not with every progress.
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('pauses and goes on', async () => {
    service.install('gpu')
    expect(await service.pause()).toMatchObject({ task: null, paused: true, failure: null })
    expect(service.install('gpu')).toMatchObject({ paused: false, task: { variant: 'gpu' } })
  })

  it('keeps why it failed, by kind and in sentences, until it is tried again', async () => {
    service.install('cpu')
    held!.fail(new InstallationError('pypi could not be reached: connect to the network.', 'offline', null))
    await settled()
    expect(service.state().failure).toMatchObject({ kind: 'offline', causes: [{ forUser: true }] })
    expect(service.unpack('/usb/runtime.tar.gz')).toMatchObject({
      failure: null,
      task: { file: '/usb/runtime.tar.gz' },
    })
  })

  it('does one thing at a time', () => {
    service.install('cpu')
    expect(() => service.install('gpu')).toThrow(/on its way already/)
  })

  it('shows what is waited for', () => {
    service.install('cpu')
    held!.work.report.say('Another set-up (process 7) is running; waiting for it …')
    expect(told.at(-1)?.task?.message).toContain('process 7')
  })
})
