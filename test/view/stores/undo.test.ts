import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { useNoticesStore } from '@renderer/stores/notices'
import { useUndoStore } from '@renderer/stores/undo'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())
function withUndo() {
  bench = createBench()
  const told: string[] = []
  const say = (text: string) => () => Promise.resolve(told.push(text))
  return { undo: bench.use(useUndoStore), notices: bench.use(useNoticesStore), told, say }
}

describe('useUndoStore', () => {
  it('takes back the newest first, and does it again', async () => {
    const { undo, told, say } = withUndo()
    undo.remember({ title: 'archive a run', undo: say('unarchive'), redo: say('archive') })
    undo.remember({ title: 'delete 3 runs', undo: say('restore'), redo: say('delete') })
    expect(undo.next).toBe('delete 3 runs')
    await undo.undo()
    expect(undo.next).toBe('archive a run')
    expect(undo.nextAgain).toBe('delete 3 runs')
    await undo.redo()
    await undo.undo()
    await undo.undo()
    await undo.undo()
    expect(told).toEqual(['restore', 'delete', 'restore', 'unarchive'])
    expect(undo.next).toBeNull()
  })
  it('offers the way back in a notice, once', async () => {
    const { undo, notices, told, say } = withUndo()
    undo.remember({ title: 'delete a run', undo: say('restore') }, 'A run was deleted.')
    const action = notices.notices[0]?.action
    action?.run()
    await flushPromises()
    action?.run()
    await flushPromises()
    expect(told).toEqual(['restore'])
    expect(undo.nextAgain).toBeNull()
  })
  it('keeps what could not be taken back, and says why', async () => {
    const { undo, notices } = withUndo()
    undo.remember({ title: 'delete a run', undo: () => Promise.reject(new Error('The bin is empty.')) })
    await undo.undo()
    expect(notices.notices[0]).toMatchObject({ title: '“delete a run” could not be taken back.' })
    expect(undo.next).toBe('delete a run')
  })
})
