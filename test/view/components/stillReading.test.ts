import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import StillReading from '@renderer/components/StillReading.vue'

describe('an index that is still being made', () => {
  it('says how many runs are to come, and how far it is', async () => {
    const note = mount(StillReading, { props: { unread: 6658 } })
    expect(note.text()).toMatch(/^Reading 6\s658 more runs…$/)
    await note.setProps({ unread: 3329 })
    expect(note.get('[role=progressbar]').attributes('aria-valuenow')).toBe('50')
    await note.setProps({ unread: undefined })
    expect(note.text()).toBe('')
  })

  it('is silent about a handful that has just changed', () => {
    expect(mount(StillReading, { props: { unread: 3 } }).text()).toBe('')
  })
})
