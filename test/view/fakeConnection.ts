/** A connection to a fake engine, and stores or composables on it without any view. */
import { createPinia } from 'pinia'
import { createApp, shallowRef } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { HostApi } from '@shared/contract'
import { connectionKey, type Connection, type ConnectionState } from '@renderer/api/connection'
import type { PartialExperimentConfig } from '@shared/domain'
import { createFakeEngine, type FakeEngine, type FakeEngineOptions } from '../fakes/engine'

export interface SavedFile {
  name: string
  /** Empty of other data. */
  text: string
  data: Uint8Array | string
}

export function fakeConnection(options: FakeEngineOptions = {}) {
  const engine = createFakeEngine(options)
  const state = shallowRef<ConnectionState>({ kind: 'open' })
  const reopened = new Set<() => void>()
  const saved: SavedFile[] = []
  const copied: string[] = []
  const notified: Parameters<HostApi['notify']>[0][] = []
  const host: HostApi = {
    kind: 'browser',
    choosePath: () => Promise.resolve(null),
    pathOf: (file) => options.paths?.get((file as File).name) ?? null,
    openExternal: () => Promise.resolve(),
    notificationState: () => 'granted',
    askForNotifications: () => Promise.resolve(true),
    notify: (message) => {
      notified.push(message)
      return Promise.resolve()
    },
    setProgress: () => Promise.resolve(),
    recentWorkspaces: () => Promise.resolve([]),
    openWorkspace: () => Promise.resolve(),
    revealPath: () => Promise.resolve(),
    saveFile: ({ name, data }) => {
      saved.push({ name, text: typeof data === 'string' ? data : '', data })
      return Promise.resolve(true)
    },
    copyText: (text) => {
      copied.push(text)
      return Promise.resolve()
    },
  }
  const connection: Connection = {
    engine,
    host,
    state,
    onReopen: (listener) => {
      reopened.add(listener)
      return () => reopened.delete(listener)
    },
  }
  return {
    connection,
    engine,
    state,
    saved,
    copied,
    notified,
    reopen: () => reopened.forEach((listener) => listener()),
  }
}

const nothing = { render: () => null }
const addresses = ['/runs/:runId/:tab?', '/:rest(.*)*'].map((path) => ({ path, component: nothing }))

/** Stores and composables run in `mount`, as in the setup of a component; several share their stores. */
export function createBench(options: FakeEngineOptions = {}) {
  const fake = fakeConnection(options)
  const pinia = createPinia()
  const router = createRouter({ history: createMemoryHistory(), routes: addresses })
  const mounted = new Set<() => void>()
  function mount<T>(setup: () => T): { result: T; unmount: () => void } {
    const results: T[] = []
    const app = createApp({
      setup() {
        results.push(setup())
        return () => null
      },
    })
    app.provide(connectionKey, fake.connection).use(pinia).use(router)
    app.mount(document.createElement('div'))
    const unmount = (): void => {
      if (mounted.delete(unmount)) app.unmount()
    }
    mounted.add(unmount)
    return { result: results[0] as T, unmount }
  }
  return {
    ...fake,
    router,
    mount,
    use: <T>(setup: () => T): T => mount(setup).result,
    dispose: () => mounted.forEach((unmount) => unmount()),
  }
}
export type Bench = ReturnType<typeof createBench>

/** An answer that a test gives when it wants to. */
export function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** A running experiment of one student: 1 step of data, 5 of the teacher, then the student's. */
export async function startSmallRun(engine: FakeEngine, more: PartialExperimentConfig = {}): Promise<string> {
  const { id } = await engine.call('runs.start', {
    config: {
      name: 'Small',
      teacher: { training: { epochs: 1 } },
      students: [{ defenses: [] }],
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 20 } } },
      recording: { imagesEvery: 2, imagesPerStep: 4, evaluateEvery: 5 },
      ...more,
    },
  })
  return id
}
export const stepsBeforeStudent = 6
