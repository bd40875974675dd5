import { afterEach, describe, expect, it } from 'vitest'
import { inQueueOrder, waitWords } from '@renderer/views/queue/useRunQueue'
import type { RunSummary } from '@shared/domain'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const section = (id: string): string => page.find(`section[aria-labelledby=${id}]`).textContent ?? ''
async function startThree(): Promise<string[]> {
  page = await mountWorkbench()
  const ids: string[] = []
  for (const name of ['First', 'Second', 'Third'])
    ids.push((await page.engine.call('runs.start', { config: { name, students: [{ defenses: [] }] } })).id)
  page.engine.advance(3)
  await page.go('/queue')
  return ids
}

describe('The queue', () => {
  it('shows what trains and what waits, and counts both beside its place', async () => {
    await startThree()
    expect(section('queue-running')).toContain('First')
    expect(section('queue-waiting')).toContain('2 runs')
    // What is at work is counted at most once a second.
    await settle(1200)
    expect(page.find('.places a[href="#/queue"]').textContent).toContain('3')
    expect(document.title).toMatch(/^\d+ % · First · ABD Workbench$/)
  })

  it('skips a run that waits: it is paused, and can be resumed with all others', async () => {
    const [, second] = await startThree()
    page.button('Skip Second').click()
    await settle(400)
    expect((await page.engine.call('runs.get', { runId: second! })).state).toBe('paused')
    expect(section('queue-waiting')).not.toContain('Second')
    page.button('Pause all').click()
    await settle(400)
    expect((await page.engine.call('runs.list', {})).map(({ state }) => state)).toEqual(['paused', 'paused', 'paused'])
    expect(section('queue-running')).toContain('Nothing runs')
  })

  const next = (): string[] => [...document.querySelectorAll('.next .name')].map((entry) => entry.textContent ?? '')
  const entry = (name: string): HTMLElement =>
    [...document.querySelectorAll<HTMLElement>('.next')].find((row) => row.textContent?.includes(name))!

  it('is moved by Alt and an arrow key, which keeps the focus, and by dragging', async () => {
    const [, second, third] = await startThree()
    const link = entry('Third').querySelector('a')!
    link.focus()
    link.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', altKey: true, bubbles: true, cancelable: true }))
    await settle(400)
    expect(next()).toEqual(['Third', 'Second'])
    expect(document.activeElement?.textContent).toBe('Third')
    const { rows } = await page.engine.call('table.rows', {
      ...{ of: 'runs', query: 'state:queued', columns: [], offset: 0, limit: 9 },
      order: [{ column: 'priority', descending: true }, { column: 'position' }, { column: 'created' }],
    })
    expect(rows.map(({ runId }) => runId)).toEqual([third, second])

    entry('Second').dispatchEvent(new Event('dragstart', { bubbles: true }))
    await settle(0)
    entry('Third').dispatchEvent(new Event('dragover', { bubbles: true, cancelable: true }))
    entry('Third').dispatchEvent(new Event('drop', { bubbles: true, cancelable: true }))
    await settle(400)
    expect(next()).toEqual(['Second', 'Third'])
  })

  it('leaves a file that is dropped on it to the window, also after a drag that was given up', async () => {
    await startThree()
    entry('Third').dispatchEvent(new Event('dragstart', { bubbles: true }))
    entry('Third').dispatchEvent(new Event('dragend', { bubbles: true }))
    await settle(0)
    const drop = new Event('drop', { bubbles: true, cancelable: true })
    entry('Second').dispatchEvent(drop)
    await settle(400)
    expect(drop.defaultPrevented).toBe(false)
    expect(next()).toEqual(['Second', 'Third'])
  })

  it('says that nothing runs where nothing does', async () => {
    page = await mountWorkbench({}, '/queue')
    expect(section('queue-running')).toContain('Start an experiment')
    expect(section('queue-waiting')).toContain('Nothing waits')
    expect(page.button('Pause all').disabled).toBe(true)
  })

  it('stands in the order of the engine: priority, place, age', async () => {
    page = await mountWorkbench({ finishedRuns: 1 })
    const [run] = await page.engine.call('runs.list', {})
    const make = (id: string, change: Partial<RunSummary>): RunSummary => ({ ...run!, id, ...change })
    const runs = [
      make('late', { createdAt: 5 }),
      make('early', { createdAt: 1 }),
      make('front', { createdAt: 9, position: -1 }),
      make('important', { createdAt: 9, priority: 1 }),
    ]
    expect(inQueueOrder(runs).map(({ id }) => id)).toEqual(['important', 'front', 'early', 'late'])
    const [data, ...others] = run!.stages
    const shared = { ...data!, title: 'Teacher', state: 'running' as const, origin: { runId: 'x', runName: 'Other' } }
    expect(waitWords({ ...run!, stages: [shared, ...others] }, 0)).toBe('its teacher is being trained in “Other”')
    expect(waitWords({ ...run!, stages: [] }, 3)).toBeNull()
  })
})
