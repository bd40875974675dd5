import { afterEach, expect, it } from 'vitest'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => page.unmount())

it('offers to start a run again where nothing is there to go on from, and to resume it where something is', async () => {
  page = await mountWorkbench()
  const { id } = await page.engine.call('runs.start', { config: { name: 'Early' } })
  await page.engine.call('runs.stop', { runId: id })
  await page.go(`/runs/${id}`)
  await settle(100)
  expect(page.button('Start again').disabled).toBe(false)
  await page.engine.call('runs.resume', { runId: id })
  page.engine.advance(4)
  await page.engine.call('runs.stop', { runId: id })
  await settle(400)
  expect(page.text()).not.toContain('Start again')
  expect(page.button('Resume from the last checkpoint').disabled).toBe(false)
})
