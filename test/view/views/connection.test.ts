import { afterEach, expect, it } from 'vitest'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => page.unmount())

it('says that the connection is lost, and fetches again when it is back', async () => {
  page = await mountWorkbench({ finishedRuns: 1 })
  page.state.value = { kind: 'lost', reason: 'the socket closed' }
  await settle()
  expect(page.find('.banner').textContent).toContain('Connection to the engine lost')
  const before = page.engine.calls.filter((name) => name === 'engine.info').length
  page.state.value = { kind: 'open' }
  page.reopen()
  await settle()
  expect(document.querySelector('.banner')).toBeNull()
  expect(page.engine.calls.filter((name) => name === 'engine.info').length).toBe(before + 1)
})

it('loads by itself once a slow first connection stands', async () => {
  const failures: FakeEngineOptions['failures'] = {
    'engine.info': new Error('No answer in time.'),
    'table.rows': new Error('No answer in time.'),
  }
  page = await mountWorkbench({ finishedRuns: 1, failures })
  page.state.value = { kind: 'connecting' }
  await settle()
  expect(page.text()).toContain('No answer in time.')
  delete failures['engine.info']
  delete failures['table.rows']
  page.state.value = { kind: 'open' }
  await settle()
  expect(page.find('[role=grid]').textContent).toContain('Example 1')
})

it('opens the palette, finds a run and goes there by keyboard alone', async () => {
  page = await mountWorkbench({ finishedRuns: 3 })
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true }))
  await settle(100)
  const input = page.find<HTMLInputElement>('input[aria-label="Find a run or a command"]')
  input.value = 'example 2'
  input.dispatchEvent(new Event('input', { bubbles: true }))
  await settle(250)
  input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await settle(100)
  expect(location.hash).toBe('#/runs/fake-2')
})

it('goes to a page by a two-key sequence, but never while typing', async () => {
  page = await mountWorkbench({ finishedRuns: 1 })
  const press = (key: string, target: EventTarget = document.body): boolean =>
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  const filter = page.find<HTMLInputElement>('input[aria-label="Find runs"]')
  press('g', filter)
  press('c', filter)
  await settle(80)
  expect(location.hash).toBe('#/')
  press('g')
  press('c')
  await settle(80)
  expect(location.hash).toBe('#/compare')
})
