/** The demonstration from the start page's promise to the picture that shows it. */
import { afterEach, expect, it } from 'vitest'
import { UserError } from '@shared/errors'
import { mountWorkbench, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

it('says before the start what was measured of it, over how many seeds and in what time', async () => {
  page = await mountWorkbench()
  await page.settle(300)
  const measured = page.find('.measured').textContent ?? ''
  expect(measured).toContain('Measured over 2 seeds on two CPU cores, at most 4 minutes each')
  expect(measured).toMatch(/Teacher\s*99 %\s*98–100 %\s*No defense\s*85–90 %\s*81–95 %/)
  expect(measured).toContain('More threads are another draw.')
})

it('explains on the page of its run what one sees, and shows one image through every finished model', async () => {
  page = await mountWorkbench()
  await page.settle(300)
  page.button('Run the demonstration').click()
  await page.settle(200)
  const panel = (): string => page.find('.demonstration').textContent ?? ''
  expect(panel()).toContain('The teacher obeys the trigger.')
  expect(panel()).toContain('appears here as the first model is finished')
  page.engine.advance(1000)
  await page.settle(300)
  const rows = [...document.querySelectorAll('.demonstration .answers tbody tr')].map((row) => row.textContent ?? '')
  expect(rows).toHaveLength(3)
  expect(rows[0]).toMatch(/Teacher *yield.*stop.*\d+ of 100/)
  expect(document.querySelectorAll('.demonstration canvas[role=img]')).toHaveLength(2)
})

it('says why what the models answer cannot be shown', async () => {
  page = await mountWorkbench({ failures: { 'runs.artifacts': new UserError('The database is locked.') } })
  await page.settle(300)
  page.button('Run the demonstration').click()
  await page.settle(600)
  expect(page.find('.demonstration .error-panel').textContent).toContain('The database is locked.')
})

it('promises nothing of a run whose preset was changed', async () => {
  page = await mountWorkbench()
  const quick = (await page.engine.call('engine.catalogue', {})).presets.find(({ id }) => id === 'quick')
  const config = { ...quick?.config, teacher: { training: { epochs: 1 } } }
  const { id } = await page.engine.call('runs.start', { config, preset: 'quick' })
  await page.go(`/runs/${id}`)
  await page.settle(200)
  expect(document.querySelector('.demonstration')).toBeNull()
  page.engine.advance(1000)
  await page.settle(300)
  const panel = page.find('.demonstration').textContent ?? ''
  expect(panel).toContain('set up otherwise than the demonstration that was measured')
  expect(panel).not.toContain('The teacher obeys the trigger.')
  expect(panel).not.toContain('Measured over')
  expect(document.querySelectorAll('.demonstration .answers tbody tr').length).toBeGreaterThan(1)
})

it('stays away from runs of other experiments', async () => {
  page = await mountWorkbench()
  const { id } = await page.engine.call('runs.start', { config: { name: 'Own' } })
  page.engine.advance(1000)
  await page.go(`/runs/${id}`)
  await page.settle(200)
  expect(document.querySelector('.demonstration')).toBeNull()
})
