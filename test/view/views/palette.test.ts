import { afterEach, describe, expect, it } from 'vitest'
import { allActions, runAction } from '@renderer/composables/useActions'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

async function openPalette(query: string): Promise<string[]> {
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }))
  await settle(200)
  type(page.find<HTMLInputElement>('input[aria-label="Find a run or a command"]'), query)
  await settle(300)
  return [...document.querySelectorAll('#palette-list [role=option]')].map((entry) => entry.textContent ?? '')
}
const enter = async (): Promise<void> => {
  page
    .find('input[aria-label="Find a run or a command"]')
    .dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await settle(200)
}

describe('The palette', () => {
  it('finds a run by its name and opens it', async () => {
    page = await mountWorkbench({ finishedRuns: 3 })
    const entries = await openPalette('Example 2')
    expect(entries[0]).toContain('Example 2')
    await enter()
    expect(location.hash).toBe('#/runs/fake-2')
  })

  it('does things: what the open run can, and what every page can', async () => {
    page = await mountWorkbench()
    await page.engine.call('runs.start', { config: { name: 'Live', students: [{ defenses: [] }] } })
    page.engine.advance(3)
    await page.go('/runs/fake-1')
    expect((await openPalette('pause the run'))[0]).toContain('Pause the run')
    await enter()
    expect((await page.engine.call('runs.get', { runId: 'fake-1' })).state).toBe('paused')
    await openPalette('dark')
    await enter()
    expect((await page.engine.call('engine.settings', {})).theme).toBe('dark')
    await page.engine.call('engine.setSettings', { theme: 'system' })
  })

  it('offers an experiment from each preset', async () => {
    page = await mountWorkbench()
    const { presets } = await page.engine.call('engine.catalogue', {})
    expect((await openPalette(presets[0]!.title)).join()).toContain(`New experiment: ${presets[0]!.title}`)
    await enter()
    expect(location.hash).toBe('#/new')
  })

  it('says so when nothing is called that', async () => {
    page = await mountWorkbench()
    expect(await openPalette('zzzz')).toEqual([])
    expect(page.find('#palette-list').textContent).toContain('Nothing is called that.')
  })

  it('has one entry for each id, and does nothing that cannot be done now', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1')
    const ids = allActions().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(runAction('run.stop')).toBe(false)
    expect(runAction('run.nothing')).toBe(false)
    expect(runAction('openSettings')).toBe(true)
    await settle()
    expect(location.hash).toBe('#/settings')
  })
})
