/** A connection to a fake engine, and stores or composables on it without any view. */
import { createPinia } from 'pinia'
import { createApp, shallowRef } from 'vue'
import type { HostApi } from '@shared/contract'
import { connectionKey, type Connection, type ConnectionState } from '@renderer/api/connection'
import { createWorkbenchRouter } from '@renderer/router'
import { createFakeEngine, type FakeEngineOptions } from '../fakes/engine'

export interface SavedFile {
  name: string
  text: string
}

export function fakeConnection(options: FakeEngineOptions = {}) {
  const engine = createFakeEngine(options)
  const state = shallowRef<ConnectionState>({ kind: 'open' })
  const reopened = new Set<() => void>()
  const saved: SavedFile[] = []
  const copied: string[] = []
  const host: HostApi = {
    kind: 'browser',
    choosePath: () => Promise.resolve(null),
    openExternal: () => Promise.resolve(),
    revealPath: () => Promise.resolve(),
    saveFile: ({ name, data }) => {
      saved.push({ name, text: typeof data === 'string' ? data : '' })
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
  return { connection, engine, state, saved, copied, reopen: () => reopened.forEach((listener) => listener()) }
}

/** Stores and composables run in `mount`, as in the setup of a component; several share their stores. */
export function createBench(options: FakeEngineOptions = {}) {
  const fake = fakeConnection(options)
  const pinia = createPinia()
  const router = createWorkbenchRouter()
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
