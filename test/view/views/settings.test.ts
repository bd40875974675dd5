import { afterEach, expect, it } from 'vitest'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

it('saves a number only when it is one in range', async () => {
  page = await mountWorkbench({}, '/settings')
  await settle(100)
  const input = page.find<HTMLInputElement>('#setting-keptSteps')
  type(input, '0')
  await settle()
  expect((await page.engine.call('engine.settings', {})).keptSteps).toBe(200)
  type(input, '50')
  await settle()
  expect((await page.engine.call('engine.settings', {})).keptSteps).toBe(50)
})

it('switches to dark', async () => {
  page = await mountWorkbench({}, '/settings')
  await settle(100)
  page.button('Dark').click()
  await settle()
  expect(document.documentElement.classList.contains('dark')).toBe(true)
  page.button('Light').click()
  await settle()
  expect(document.documentElement.classList.contains('dark')).toBe(false)
})

it('copies diagnostics', async () => {
  page = await mountWorkbench({}, '/settings/about')
  await settle(100)
  page.button('Copy diagnostics').click()
  await settle()
  expect(page.copied[0]).toContain('ABD Workbench')
})
