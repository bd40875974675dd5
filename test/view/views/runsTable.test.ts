import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
const open = async (options: FakeEngineOptions = {}, path = '/'): Promise<void> => {
  page = await mountWorkbench({ finishedRuns: 12, ...options }, path)
  await page.settle(150)
}
const lines = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-line]')]
/** The table is renewed at a calm rate, slower on a busy machine. */
const untilLines = (count: number): Promise<void> =>
  vi.waitFor(() => expect(lines()).toHaveLength(count), { timeout: 15_000, interval: 50 })
const line = (index: number): HTMLElement => page.find(`[data-line="${index}"]`)
const tick = (index: number): void => line(index).querySelector<HTMLElement>('.tick')!.click()
const press = (key: string, more: KeyboardEventInit = {}): boolean =>
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
const field = (): HTMLInputElement => page.find<HTMLInputElement>('input[aria-label="Find runs"]')

describe('the list of runs', () => {
  it('shows name, results of each student by its name, data, attack and method', async () => {
    await open()
    expect(page.find('header [role=status]').textContent).toBe('12 runs')
    expect(line(0).textContent).toContain('Example 12')
    const results = line(0).querySelector('.students')!
    expect(results.textContent).toMatch(/No defense.*\d+\.\d \/ \d+\.\d/)
    expect(results.textContent).not.toMatch(/\bnone\b/)
  })
  it('finds by a query, says how many of all, and offers a way back where nothing matches', async () => {
    await open()
    type(field(), 'seed:1')
    await page.settle(250)
    expect(lines()).toHaveLength(4)
    expect(page.find('header [role=status]').textContent).toBe('4 of 12 runs')
    expect(location.hash).toBe('#/?q=seed:1')
    type(field(), 'nowhere')
    await page.settle(250)
    expect(page.text()).toContain('No run matches')
    page.button('Clear the query').click()
    await page.settle(200)
    expect(lines()).toHaveLength(12)
  })
  it('keeps query and selection while somebody looks elsewhere, and begins as its address says', async () => {
    await open({}, '/runs?q=seed:0&sort=name')
    expect(field().value).toBe('seed:0')
    expect(line(0).textContent).toContain('Example 1')
    tick(0)
    await page.go('/settings')
    await page.go('/')
    await page.settle(150)
    expect(field().value).toBe('seed:0')
    expect(page.text()).toContain('1 run selected')
  })
  it('says so where all runs are archived, and shows them; that is no empty workspace', async () => {
    await open({ finishedRuns: 2 })
    await page.engine.call('runs.edit', { runIds: ['fake-1', 'fake-2'], archived: true })
    await page.settle(1300)
    expect(page.text()).toContain('All runs are archived')
    page.button('Show the archive').click()
    await page.settle(250)
    expect(lines()).toHaveLength(2)
  })
  it('says why runs cannot be read, and tries again', async () => {
    const failures: FakeEngineOptions['failures'] = { 'table.columns': new Error('The index is being made.') }
    await open({ failures })
    expect(page.find('.error-panel').textContent).toContain('The index is being made.')
    delete failures['table.columns']
    page.button('Try again').click()
    await page.settle(200)
    expect(lines()).toHaveLength(12)
  })
})

describe('what is done with several runs', () => {
  it('says how many are selected; Ctrl+Z brings deleted ones back', async () => {
    await open()
    tick(0)
    tick(3)
    await page.settle()
    expect(page.text()).toContain('2 runs selected')
    page.button('Delete').click()
    await untilLines(10)
    expect(page.text()).toContain('2 runs were deleted.')
    press('z', { ctrlKey: true })
    await untilLines(12)
    press('z', { ctrlKey: true, shiftKey: true })
    await untilLines(10)
  })
  it('leaves Ctrl+Z to a field that somebody types in', async () => {
    await open()
    tick(0)
    await page.settle()
    page.button('Delete').click()
    await untilLines(11)
    field().dispatchEvent(new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true, cancelable: true }))
    await page.settle(300)
    expect(lines()).toHaveLength(11)
  })
  it('shows the settings in which runs differ, and copies them', async () => {
    await open()
    tick(0)
    tick(11)
    await page.settle()
    page.button('Differences').click()
    await page.settle(300)
    const dialog = page.find('[role=dialog]')
    expect(dialog.textContent).toContain('Differences between 2 runs')
    expect(dialog.textContent).toContain('Seed')
    page.button('Copy as Markdown').click()
    await page.settle()
    expect(page.copied[0]).toContain('| Setting | Example 12 | Example 1 |')
    expect(page.copied[0]).toContain('| Experiment: Seed | 2 | 0 |')
  })
  it('takes the models of the selected runs along to Compare', async () => {
    await open()
    tick(0)
    await page.settle()
    page.button('Open in Compare').click()
    await page.settle(300)
    expect(location.hash).toContain('#/compare')
  })
})

describe('saved views', () => {
  it('keep a query under a name, come back, and survive being removed by mistake', async () => {
    await open()
    type(field(), 'seed:2')
    await page.settle(250)
    page.button('Views').click()
    await page.settle()
    type(page.find<HTMLInputElement>('input[aria-label="Name of the view"]'), 'Third seed')
    await page.settle()
    page.button('Save').click()
    await page.settle(200)
    expect(page.button('Third seed')).toBeDefined()
    type(field(), '')
    await page.settle(250)
    page.button('Views').click()
    await page.settle()
    document.querySelector<HTMLElement>('.views .view')!.click()
    await page.settle(250)
    expect(field().value).toBe('seed:2')
    page.button('Third seed').click()
    await page.settle()
    page.button('Remove the view Third seed').click()
    await page.settle(200)
    expect(await page.engine.call('views.list', {})).toEqual([])
    press('z', { ctrlKey: true })
    await page.settle(200)
    expect((await page.engine.call('views.list', {})).map(({ name }) => name)).toEqual(['Third seed'])
  })
})
