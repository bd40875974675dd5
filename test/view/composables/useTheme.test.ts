import { nextTick } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import { followTheme, useTheme } from '@renderer/composables/useTheme'
import { useEngineStore } from '@renderer/stores/engine'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => {
  bench.dispose()
  document.documentElement.classList.remove('dark')
})

describe('useTheme', () => {
  it('follows the setting, on the page and in the charts’ colours', async () => {
    bench = createBench()
    bench.use(followTheme)
    const { isDark, colors } = bench.use(useTheme)
    const engine = bench.use(useEngineStore)
    await engine.change({ theme: 'light' })
    await nextTick()
    const light = colors.value
    expect([isDark.value, document.documentElement.classList.contains('dark')]).toEqual([false, false])
    await engine.change({ theme: 'dark' })
    await nextTick()
    expect([isDark.value, document.documentElement.classList.contains('dark')]).toEqual([true, true])
    expect(colors.value.text).not.toBe(light.text)
  })
})
