import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { allShortcuts, handleShortcut, useShortcuts } from '@renderer/composables/useShortcuts'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
const done: string[] = []
const shortcut = (keys: string) => ({ keys, label: keys, group: 'Test', run: () => done.push(keys) })
let unmount: () => void
beforeEach(() => {
  vi.useFakeTimers()
  done.length = 0
  bench = createBench()
  ;({ unmount } = bench.mount(() => useShortcuts(['?', 'n', 'Ctrl+K', 'g r', 'r'].map(shortcut))))
  window.addEventListener('keydown', handleShortcut)
})
afterEach(() => {
  window.removeEventListener('keydown', handleShortcut)
  bench.dispose()
  document.body.innerHTML = ''
  vi.advanceTimersByTime(5000)
  vi.useRealTimers()
})
function press(key: string, options: KeyboardEventInit = {}, target: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options })
  target.dispatchEvent(event)
  return event
}
function within(html: string): Element {
  document.body.innerHTML = html
  return document.querySelector('[data-here]')!
}

describe('useShortcuts', () => {
  it('knows single keys and combinations, of either case, and takes the event', () => {
    expect(press('n').defaultPrevented).toBe(true)
    press('N')
    press('k', { ctrlKey: true })
    press('K', { metaKey: true })
    expect(press('x').defaultPrevented).toBe(false)
    expect(done).toEqual(['n', 'n', 'Ctrl+K', 'Ctrl+K'])
  })

  it('knows sequences, and forgets their first key after a while', () => {
    press('g')
    press('r')
    press('g')
    vi.advanceTimersByTime(1300)
    press('r')
    expect(done).toEqual(['g r', 'r'])
  })

  it.each([
    '<input data-here>',
    '<textarea data-here></textarea>',
    '<select data-here></select>',
    '<div role="dialog"><b data-here></b></div>',
    '<ul role="listbox"><li data-here></li></ul>',
  ])('leaves letters typed in %s alone, not combinations', (html) => {
    const target = within(html)
    expect(press('n', {}, target).defaultPrevented).toBe(false)
    press('k', { ctrlKey: true }, target)
    expect(done).toEqual(['Ctrl+K'])
  })

  it('leaves Alt combinations and what others have taken', () => {
    press('n', { altKey: true })
    const taken = new KeyboardEvent('keydown', { key: 'n', cancelable: true })
    taken.preventDefault()
    handleShortcut(taken)
    expect(done).toEqual([])
  })

  it('offers shortcuts while their component lives', () => {
    expect(allShortcuts().map(({ keys }) => keys)).toEqual(['?', 'n', 'Ctrl+K', 'g r', 'r'])
    unmount()
    expect(allShortcuts()).toEqual([])
    press('n')
    expect(done).toEqual([])
  })
})
