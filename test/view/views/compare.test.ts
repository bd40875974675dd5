import { afterEach, describe, expect, it } from 'vitest'
import { useCompareStore } from '@renderer/stores/compare'
import { UserError } from '@shared/errors'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role=row][data-line]')]
const textOf = (element: Element): string => element.textContent ?? ''
const select = async (...lines: number[]): Promise<void> => {
  for (const line of lines) {
    rows()[line]!.querySelector<HTMLElement>('.tick')!.click()
    await settle()
  }
}
const legend = (): HTMLButtonElement[] => [
  ...document.querySelectorAll<HTMLButtonElement>('[aria-label="Kinds of models"] button'),
]

describe('Compare', () => {
  it('lists every teacher and student, filters by a query, and exports what matches as CSV', async () => {
    page = await mountWorkbench({ finishedRuns: 4 }, '/compare')
    await settle(150)
    expect(rows()).toHaveLength(12)
    expect(page.text()).toContain('12 models')
    type(page.find<HTMLInputElement>('input[aria-label="Filter models"]'), 'blend sv')
    await settle(200)
    expect(rows()).toHaveLength(2)
    expect(page.text()).toContain('2 of 12 models')
    page.button('CSV').click()
    await settle()
    const [head = '', ...lines] = page.saved[0]!.text.trim().split('\r\n')
    expect(lines).toHaveLength(2)
    const at = (name: string): number => head.split(',').indexOf(name)
    expect(lines[0]!.split(',')[at('defenses')]).toBe('sv')
    const [low, rate, high] = ['asr low', 'asr', 'asr high'].map((name) => Number(lines[0]!.split(',')[at(name)]))
    expect(low).toBeLessThan(rate!)
    expect(high).toBeGreaterThan(rate!)
  })

  it('calls models by their kind, each with the mark of the plane’s legend', async () => {
    page = await mountWorkbench({ finishedRuns: 2 }, '/compare')
    await settle(150)
    expect(legend().map(textOf)).toEqual(['Teacher', 'No defense', 'Shuffling Vaccine'])
    const paths = (element: Element): string | undefined => element.querySelector('path')?.outerHTML
    for (const row of rows()) {
      const entry = legend().find((candidate) => textOf(row).includes(textOf(candidate)))
      expect(paths(row.querySelector('.model')!)).toBe(paths(entry!))
    }
  })

  it('hides a condition in the plane by its legend, and shows it again', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/compare')
    await settle(150)
    legend()[1]!.click()
    await settle()
    expect(legend().map((entry) => entry.getAttribute('aria-pressed'))).toEqual(['true', 'false', 'true'])
    legend()[1]!.click()
    await settle()
    expect(legend()[1]!.getAttribute('aria-pressed')).toBe('true')
  })

  it('lays the curves of selected models over each other, under names that say what differs', async () => {
    page = await mountWorkbench({ finishedRuns: 2 }, '/compare')
    await settle(150)
    expect(page.text()).toContain('Nothing selected')
    await select(1, 2)
    const curves = textOf(page.find('[aria-label="Latest values: Accuracy"]'))
    expect(curves).toContain('No defense')
    expect(curves).toContain('Shuffling Vaccine')
    expect(page.text()).toContain('2 selected')
  })

  it('tells means of groups of all that match, in the table and in the plane', async () => {
    page = await mountWorkbench({ finishedRuns: 4 }, '/compare')
    useCompareStore().groupBy = ['defenses']
    await settle(300)
    const text = rows().map(textOf).join(' ')
    expect(text).toMatch(/Shuffling Vaccine ?\d rows.* ± .*n \d/)
    expect(text).toMatch(/Teacher ?\d rows/)
    expect(text).not.toContain('none')
    expect(page.find('.plot [role=img]').getAttribute('aria-label')).toMatch(/^\d groups in the plane/)
  })

  it('tells mean and deviation of models whose runs differ in the seed alone', async () => {
    page = await mountWorkbench({}, '/')
    const config = {
      teacher: { training: { epochs: 1 } },
      students: [{ defenses: [] }],
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 4 } } },
    }
    for (const seed of [3, 1, 1, 2])
      await page.engine.call('runs.start', { config: { ...config, name: `Spread, seed ${seed}`, seed } })
    await page.engine.call('runs.start', { config: { ...config, name: 'Another', attack: { id: 'blend' } } })
    for (let run = 0; run < 5; run++) page.engine.advance(1000)
    await page.go('/compare')
    page.button('Over seeds').click()
    await settle(200)
    const spread = (): string[] =>
      [...document.querySelectorAll('section[aria-labelledby=seeds-title] tbody tr')].map(textOf)
    expect(spread()).toHaveLength(2)
    expect(spread()[1]).toMatch(/^No defense *Spread *1, 2, 3 *\d+\.\d % *± \d+\.\d *\[[\d., ]+\] *n 3/)
    page.button('Save the table over seeds as CSV').click()
    await settle()
    expect(page.saved[0]!.text.split('\r\n')[0]).toContain(
      'accuracy mean,accuracy deviation,accuracy n,accuracy low,accuracy high,asr mean',
    )
    type(page.find<HTMLInputElement>('input[aria-label="Filter models"]'), 'seed:3')
    await settle(250)
    expect(spread()).toEqual([])
    expect(page.text()).toContain('No experiment with several seeds')
  })

  it('calls members and options by their titles in every column', async () => {
    page = await mountWorkbench({ finishedRuns: 2 }, '/compare')
    useCompareStore().columns = ['teacher.architecture.id']
    await settle(250)
    expect(rows().length).toBeGreaterThan(0)
    for (const row of rows()) expect(textOf(row)).toContain('Wide ResNet')
  })

  it('tells which settings go with the results, and draws them on parallel axes', async () => {
    page = await mountWorkbench({ finishedRuns: 12 }, '/compare')
    page.button('Parameters').click()
    await settle(400)
    const settings = [...document.querySelectorAll('section[aria-labelledby=importance-title] tbody tr')].map(textOf)
    expect(settings.find((text) => text.startsWith('Attack'))).toMatch(/^Attack *0\.\d\d *[01]\.\d\d *24/)
    expect(page.find('.parallel [role=img]').getAttribute('aria-label')).toContain('Accuracy, ASR')
    expect(page.text()).toContain('It says nothing of causes')
  })

  it('has the engine make a pivot of what matches, or of what is selected, and asks for no list of runs', async () => {
    page = await mountWorkbench({ finishedRuns: 4 }, '/compare')
    await settle(150)
    const store = useCompareStore()
    store.view = 'table'
    await settle(200)
    expect(page.find('.panel footer').textContent).toContain('4 runs')
    expect(page.text()).toContain('Accuracy, %')
    store.selected = new Set(['fake-1/student-1', 'fake-1/student-2'])
    await settle(200)
    expect(page.find('.panel footer').textContent).toContain('1 run')
    expect(page.engine.calls).toContain('table.pivot')
    expect(page.engine.calls).not.toContain('runs.list')
  })

  it('says why a pivot cannot be made', async () => {
    const failure = new UserError('This pivot would have 4,000 rows.')
    page = await mountWorkbench({ finishedRuns: 1, failures: { 'table.pivot': failure } }, '/compare')
    await settle(150)
    useCompareStore().view = 'table'
    await settle(200)
    expect(page.text()).toContain('The table cannot be made.')
    expect(page.text()).toContain('This pivot would have 4,000 rows.')
    expect(page.button('Export').disabled).toBe(true)
  })

  it('invites to a first experiment when there is no model', async () => {
    page = await mountWorkbench({}, '/compare')
    await settle(100)
    expect(page.text()).toContain('No models yet')
  })
})
