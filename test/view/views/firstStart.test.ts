import { afterEach, expect, it } from 'vitest'
import { UserError } from '@shared/errors'
import { mountWorkbench, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

it('offers the demonstration with its time, starts it and shows the run', async () => {
  page = await mountWorkbench()
  await page.settle(300)
  expect(page.text()).toContain('never saw a training image')
  expect(page.button('Run the demonstration').textContent).toContain('about 4 min')
  page.button('Run the demonstration').click()
  await page.settle(200)
  expect(location.hash).toBe('#/runs/fake-1')
  expect(page.find('h1').textContent).toContain('Quick look')
})

it('says what went wrong when the demonstration cannot start, and stays', async () => {
  page = await mountWorkbench({
    failures: { 'runs.start': new UserError('The disk is full.', { action: 'Empty the bin.' }) },
  })
  page.button('Run the demonstration').click()
  await page.settle()
  expect(page.find('[role=alert]').textContent).toContain('The disk is full. Empty the bin.')
  expect(location.hash).toBe('#/')
})

it('starts nothing in a workspace that can only be read', async () => {
  const cause = { name: 'UserError', message: 'This workspace can only be read.', forUser: true }
  page = await mountWorkbench({ readOnlyReason: { kind: 'media', cause } })
  expect(page.button('Run the demonstration').hasAttribute('disabled')).toBe(true)
})

it('shows why nothing can be shown when the engine fails to describe itself', async () => {
  page = await mountWorkbench({
    failures: { 'engine.catalogue': new UserError('The engine is of another version.', { wanted: '0.1', got: '0.2' }) },
  })
  expect(page.find('.error-panel').textContent).toContain('The engine is of another version.')
  expect(page.find('.error-panel').textContent).toContain('0.2')
})
