import { shallowRef } from 'vue'
import { describe, expect, it } from 'vitest'
import { useHidden } from '@renderer/composables/useHidden'

describe('useHidden', () => {
  it('keeps what was hidden while other entries are listed in its place', () => {
    const keys = shallowRef<readonly string[]>(['seed 0', 'seed 1', 'teacher'])
    const { hidden, toggle } = useHidden(() => keys.value)
    toggle('seed 1')
    keys.value = ['mean', 'teacher']
    toggle('teacher')
    expect([...hidden.value]).toEqual(['teacher'])
    keys.value = ['seed 0', 'seed 1', 'teacher']
    expect([...hidden.value]).toEqual(['seed 1', 'teacher'])
  })
})
