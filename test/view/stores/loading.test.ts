import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createLoading } from '@renderer/stores/loading'
import { deferred } from '../fakeConnection'

function questions() {
  const asked: ReturnType<typeof deferred<undefined>>[] = []
  const loading = createLoading(() => {
    asked.push(deferred<undefined>())
    return asked.at(-1)!.promise
  })
  return { asked, loading }
}

describe('createLoading', () => {
  it('asks once for all that want it at one time, and again when it has failed', async () => {
    const { asked, loading } = questions()
    void loading.load()
    void loading.load()
    expect(asked).toHaveLength(1)
    asked[0]!.reject(new Error('no disk'))
    await flushPromises()
    expect(loading.loadError.value).toEqual(new Error('no disk'))
    expect(loading.loaded.value).toBe(false)
    void loading.load()
    asked[1]!.resolve(undefined)
    await flushPromises()
    expect(loading.loadError.value).toBeNull()
    expect(loading.loaded.value).toBe(true)
  })
  it('asks anew after a break, and does not take the failure of the older question for the newer one’s', async () => {
    const { asked, loading } = questions()
    void loading.load()
    void loading.reload()
    expect(asked).toHaveLength(2)
    asked[1]!.resolve(undefined)
    await flushPromises()
    asked[0]!.reject(new Error('the connection broke'))
    await flushPromises()
    expect(loading.loadError.value).toBeNull()
    expect(loading.loaded.value).toBe(true)
  })
})
