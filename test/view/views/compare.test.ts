import { afterEach, describe, expect, it } from 'vitest'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
const rows = (): string[] => [...document.querySelectorAll('.p-datatable-tbody tr')].map((row) => row.textContent ?? '')

describe('Compare', () => {
  it('lists every teacher and student, filters by words, and exports what is shown as CSV', async () => {
    page = await mountWorkbench({ finishedRuns: 4 }, '/compare')
    await settle(150)
    expect(rows()).toHaveLength(12)
    type(page.find<HTMLInputElement>('input[aria-label="Filter models"]'), 'blend sv')
    await settle()
    expect(rows()).toHaveLength(2)
    page.button('CSV').click()
    await settle()
    const lines = page.saved[0]!.text.trim().split('\r\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain('accuracy,asr')
    expect(lines[1]!.split(',')[7]).toBe('sv')
    expect(Number(lines[1]!.split(',')[11])).toBeLessThan(1)
  })

  it('lays the curves of selected models over each other', async () => {
    page = await mountWorkbench({ finishedRuns: 2 }, '/compare')
    await settle(150)
    expect(page.text()).toContain('Nothing selected')
    for (const row of [1, 2]) {
      document.querySelectorAll<HTMLInputElement>('.p-datatable-tbody tr input')[row]!.click()
      await settle()
    }
    const legend = page.find('[aria-label="Latest values: Accuracy"]').textContent ?? ''
    expect(legend).toContain('No defense')
    expect(legend).toContain('Shuffling Vaccine')
  })

  it('tells mean and deviation of models whose runs differ in the seed alone', async () => {
    page = await mountWorkbench({}, '/compare')
    const config = {
      teacher: { training: { epochs: 1 } },
      students: [{ defenses: [] }],
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 4 } } },
    }
    for (const seed of [3, 1, 1, 2])
      await page.engine.call('runs.start', { config: { ...config, name: `Spread, seed ${seed}`, seed } })
    await page.engine.call('runs.start', { config: { ...config, name: 'Another', attack: { id: 'blend' } } })
    for (let run = 0; run < 5; run++) page.engine.advance(1000)
    await settle(150)
    const spread = (): string[] =>
      [...document.querySelectorAll('section[aria-labelledby=seeds-title] tbody tr')].map(
        (row) => row.textContent ?? '',
      )
    expect(spread()).toHaveLength(2)
    expect(spread()[1]).toMatch(/^SpreadNo defense.*1, 2, 3 *\d+\.\d % *± \d+\.\d *\[[\d., ]+\] *n 3/)
    page.button('Save the table over seeds as CSV').click()
    await settle()
    expect(page.saved[0]!.text.split('\r\n')[0]).toContain(
      'accuracy mean,accuracy deviation,accuracy n,accuracy low,accuracy high,asr mean',
    )
    type(page.find<HTMLInputElement>('input[aria-label="Filter models"]'), 'seed 3')
    await settle()
    expect(spread()).toEqual([])
  })

  it('invites to a first experiment when there is no model', async () => {
    page = await mountWorkbench({}, '/compare')
    await settle(100)
    expect(page.text()).toContain('No models yet')
  })
})
