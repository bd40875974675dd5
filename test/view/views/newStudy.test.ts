import { afterEach, describe, expect, it } from 'vitest'
import { UserError } from '@shared/errors'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
/** The plan follows changes after a moment. */
const planned = (): Promise<void> => settle(450)
const begin = async (options: Parameters<typeof mountWorkbench>[0] = {}): Promise<void> => {
  page = await mountWorkbench({ finishedRuns: 1, ...options }, '/studies/new')
  await settle(60)
}
const readyMade = async (): Promise<void> => {
  page.find('.ready').click()
  await planned()
}
const check = async (axis: string, label: string): Promise<void> => {
  const row = [...page.find(`[data-axis="${axis}"]`).querySelectorAll('label')].find(
    ({ textContent }) => textContent?.trim() === label,
  )
  row!.querySelector('input')!.click()
  await planned()
}
const pick = async (list: string, entry: string): Promise<void> => {
  page.find(`[aria-label="${list}"]`).click()
  await settle(60)
  const option = [...document.querySelectorAll<HTMLElement>('[role=option]')].find(
    ({ textContent }) => textContent?.trim() === entry,
  )
  option!.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))
  await planned()
}
const open = async (name: string, text: string): Promise<void> => {
  const picker = page.find<HTMLInputElement>('input[type=file]')
  Object.defineProperty(picker, 'files', { value: [new File([text], name)], configurable: true })
  picker.dispatchEvent(new Event('change'))
  await planned()
}

describe('a new study', () => {
  it('begins ready-made, tells what starting it means, and starts', async () => {
    await begin()
    expect(page.text()).toContain('2 × 2 × 3 = 12 cells')
    await readyMade()
    expect(page.text()).toContain('Start 12 cells')
    expect(page.find('section[aria-labelledby=plan-title]').textContent).toMatch(/to train\d+ stages/)
    page.button('Start 12 cells').click()
    await settle(100)
    expect(location.hash).toMatch(/^#\/studies\/study-\d+$/)
    await page.go('/studies/new')
    expect(page.text()).toContain('Choose where it begins')
  })

  it('asks analyses of its cells, whose answers stand on the study’s page', async () => {
    await begin()
    await readyMade()
    type(page.find<HTMLInputElement>('#axis-seed'), '0')
    await planned()
    expect(page.find('#analyses').textContent).toContain('Nothing is measured beside accuracy and ASR')
    await pick('Add an analysis', 'Numbers per image')
    type(page.find<HTMLInputElement>('#analyses input'), '77')
    await planned()
    await pick('Add an analysis', 'Several panels')
    expect(page.find('#analyses [aria-label="Model of analysis 2"]').textContent).toContain('Teacher')
    page.find('[aria-label="Remove analysis 2"]').click()
    await planned()
    page.button('Start 4 cells').click()
    await settle(100)
    for (let cell = 0; cell < 4; cell++) {
      page.engine.advance(10_000_000)
      await settle(20)
    }
    await settle(400)
    await page.go(`${location.hash.slice(1)}/analyses`)
    await settle(900)
    const table = page.find('section[aria-labelledby=analyses-title]')
    expect(table.textContent).toContain('4 of 4 ended')
    expect(table.querySelectorAll('tbody tr')).toHaveLength(4)
    const link = table.querySelector('tbody a')
    expect(link?.textContent).toContain('3 of 128 images')
    expect(link?.getAttribute('href')).toMatch(/#\/runs\/.+\/analyses$/)
    await page.go(location.hash.slice(1).replace('/analyses', '/definition'))
    await settle(60)
    expect(page.text()).toContain('imageLimit: 77')
  })

  it('counts the cells again with every value, and says what is no seed', async () => {
    await begin()
    await readyMade()
    await check('attack', 'Blend')
    expect(page.text()).toContain('Start 6 cells')
    type(page.find<HTMLInputElement>('#axis-seed'), '0-4')
    await planned()
    expect(page.text()).toContain('Start 10 cells')
    type(page.find<HTMLInputElement>('#axis-seed'), '0-x')
    await settle()
    expect(page.find('[data-axis=seed] [role=alert]').textContent).toContain('no list of seeds')
    page.button('Self-Retrospection').click()
    await planned()
    expect(page.text()).toContain('Start 15 cells')
  })

  it('pairs axes, leaves cells out by rules, and forgets rules about what is gone', async () => {
    await begin()
    await open(
      'study.yaml',
      [
        'name: Ruled',
        'preset: quick',
        'axes:',
        '  attack: [badnet_grid, blend]',
        '  defenses: [none, sv]',
        '  seed: 0..1',
        'exclude:',
        '  - { attack: blend, defenses: sv }',
      ].join('\n'),
    )
    expect(page.text()).toContain('Start 6 cells')
    page.button('Remove rule 1').click()
    await planned()
    expect(page.text()).toContain('Start 8 cells')
    page.button('Remove the axis Defenses').click()
    await planned()
    expect(page.text()).toContain('Start 4 cells')
  })

  it('says of a file that is none what was wanted, and keeps asking', async () => {
    await begin()
    await open('study.yaml', 'axes: [')
    expect(page.text()).toContain('This file could not be read.')
    expect(page.text()).toContain('Choose where it begins')
  })

  it('names cells that cannot be, and does not start', async () => {
    await begin()
    await readyMade()
    type(page.find<HTMLInputElement>('#axis-seed'), '')
    await planned()
    expect(page.text()).toContain('Without a value the study has no cells.')
    expect(page.button('Start').disabled).toBe(true)
  })

  it('shows why it cannot be planned, and asks again', async () => {
    await begin({ failures: { 'studies.plan': new UserError('The book of stages is closed.') } })
    await readyMade()
    expect(page.text()).toContain('This cannot be planned.')
    expect(page.text()).toContain('The book of stages is closed.')
  })

  it('begins with a run’s configuration', async () => {
    await begin()
    await page.go('/')
    await page.settle(150)
    page.button('Actions for Example 1').click()
    await page.settle()
    const entry = [...document.querySelectorAll<HTMLElement>('[role=menuitem] a')].find(
      ({ textContent }) => textContent?.trim() === 'Study from this run',
    )
    entry!.click()
    await planned()
    expect(page.find<HTMLInputElement>('#study-name').value).toBe('Example 1')
    expect(page.text()).toContain('A configuration of its own')
    // Its students are cells of their own.
    expect(page.text()).toContain('Start 6 cells')
    expect(page.find('#base').textContent).toContain('StudentsNo defense, Shuffling Vaccine')
  })

  it('is kept when the page closes, and saved as a file', async () => {
    await begin()
    await readyMade()
    type(page.find<HTMLInputElement>('#study-name'), 'Kept')
    await settle()
    page.unmount()
    page = await mountWorkbench({ finishedRuns: 1 }, '/studies/new')
    await planned()
    expect(page.find<HTMLInputElement>('#study-name').value).toBe('Kept')
    page.button('Save as file').click()
    await settle(100)
    expect(page.saved[0]).toMatchObject({ name: 'kept.yaml' })
    expect(page.saved[0]!.text).toContain('name: Kept')
  })
})
