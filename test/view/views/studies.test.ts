import { afterEach, describe, expect, it } from 'vitest'
import { UserError } from '@shared/errors'
import { fakeStudyPresets } from '../../fakes/studies'
import { deferred } from '../fakeConnection'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
const { definition } = fakeStudyPresets[0]!
const begin = async (options: Parameters<typeof mountWorkbench>[0] = {}, path = '/studies'): Promise<void> => {
  page = await mountWorkbench({ finishedRuns: 1, ...options }, path)
  await settle(60)
}
const start = () => page.engine.call('studies.start', { definition })
/** The events of a study come at most four times a second. */
const events = (): Promise<void> => settle(320)
const places = (): HTMLButtonElement[] => [...document.querySelectorAll<HTMLButtonElement>('.place')]

describe('the list of studies', () => {
  it('says what a study is, and how to begin one', async () => {
    await begin()
    expect(page.text()).toContain('A study fills a table')
    page.button('From a file').click()
    await settle()
    expect(location.hash).toBe('#/studies/new?from=file')
    expect(document.activeElement?.id).toBe('study-file')
  })

  it('tells while it reads, and why it could not', async () => {
    const gate = deferred<void>()
    await begin({ held: { 'studies.list': gate.promise } })
    expect(page.text()).toContain('Reading the studies')
    gate.resolve()
    await settle()
    expect(page.text()).toContain('A study fills a table')
    page.unmount()
    await begin({ failures: { 'studies.list': new UserError('The store is damaged.') } })
    expect(page.text()).toContain('The studies could not be read.')
    expect(page.text()).toContain('The store is damaged.')
  })

  it('shows progress as the engine tells it, finds by words, and offers what the state allows', async () => {
    await begin()
    await start()
    await events()
    expect(page.text()).toContain('2 × attack')
    page.engine.advance(100_000)
    await events()
    expect(page.text()).toMatch(/[1-9]\d* of 12 done/)
    type(page.find<HTMLInputElement>('input[aria-label="Filter studies"]'), 'nothing like it')
    await settle()
    expect(page.text()).toContain('No study matches')
    type(page.find<HTMLInputElement>('input[aria-label="Filter studies"]'), 'triggers')
    await settle()
    page.button('Pause Two triggers').click()
    await events()
    expect(page.text()).toContain('Paused')
    page.button('Resume Two triggers').click()
    await events()
    expect(page.find('td .state-badge').textContent).toContain('Running')
  })
})

describe('a study', () => {
  const open = async (): Promise<string> => {
    await begin()
    const { id } = await start()
    await page.go(`/studies/${id}`)
    return id
  }

  it('fills its matrix live: means over seeds with n, which says when it is small', async () => {
    await open()
    expect(places()).toHaveLength(4)
    expect(page.text()).toContain('BadNets, grid')
    expect(page.text()).toContain('Shuffling Vaccine')
    for (let run = 0; run < 5; run++) page.engine.advance(100_000)
    await events()
    expect(places()[0]!.textContent).toMatch(/\d+\.\d.*\/.*n [12] of 3/)
    expect(places()[0]!.querySelector('.few')).not.toBeNull()
    for (let run = 0; run < 12; run++) page.engine.advance(100_000)
    await events()
    expect(places()[0]!.textContent).toMatch(/\d+\.\d±\d+\.\d.*n 3$/)
    expect(page.find('.study-header').textContent).toContain('12 of 12')
  })

  it('draws how the student of a running cell does, from what was and what comes', async () => {
    await open()
    const trend = () => document.querySelector('.place .trend path:not(.asr)')?.getAttribute('d') ?? ''
    // 21 steps of data and teacher, then an evaluation of the student every ten.
    page.engine.advance(45)
    await events()
    const before = trend()
    expect(before).toMatch(/^M1\.0 .*L/)
    page.engine.advance(10)
    await events()
    expect(trend().split('L').length).toBeGreaterThan(before.split('L').length)
  })

  it('opens the runs of a place, and cancels and retries them alone', async () => {
    const id = await open()
    places()[3]!.click()
    await settle()
    const panel = (): HTMLElement => page.find('section[aria-label="Runs of this place"]')
    expect([...panel().querySelectorAll('li a')].map((link) => link.textContent)).toEqual([
      'Seed 0',
      'Seed 1',
      'Seed 2',
    ])
    page.button('Cancel 3').click()
    await events()
    expect(places()[3]!.textContent).toContain('3 cancelled')
    page.button('Retry 3').click()
    await events()
    expect(places()[3]!.textContent).toContain('waiting')
    expect((await page.engine.call('studies.get', { studyId: id })).cells.cancelled).toBe(0)
  })

  it('says before it cancels what that means', async () => {
    await open()
    page.button('Cancel').click()
    await settle()
    expect(page.text()).toContain('12 cells that are not done will not be trained')
    page.button('Cancel 12 cells').click()
    await events()
    expect(page.find('.study-header .state-badge').textContent).toContain('Cancelled')
  })

  it('is extended by a seed', async () => {
    await open()
    page.button('Extend').click()
    await settle()
    const seeds = page.find<HTMLInputElement>('#axis-seed')
    expect(seeds.value).toBe('3')
    page.button('Add 1 value').click()
    await events()
    expect(page.find('.study-header').textContent).toContain('of 16')
    expect(places()[0]!.getAttribute('aria-label')).toContain('1 running, 3 waiting')
  })

  it('lists what comes next, and puts a cell in front', async () => {
    const id = await open()
    await page.go(`/studies/${id}/queue`)
    const next = (): string[] => [...document.querySelectorAll('.next .name')].map((entry) => entry.textContent ?? '')
    expect(page.text()).toContain('1 cell on local')
    expect(next().slice(0, 4)).toEqual([
      'BadNets, grid · Shuffling Vaccine · seed 0',
      'Blend · No defense · seed 0',
      'Blend · Shuffling Vaccine · seed 0',
      'BadNets, grid · No defense · seed 1',
    ])
    page.button('Blend · Shuffling Vaccine · seed 0: to the front').click()
    await events()
    expect(next().slice(0, 2)).toEqual([
      'Blend · Shuffling Vaccine · seed 0',
      'BadNets, grid · Shuffling Vaccine · seed 0',
    ])
    page.engine.advance(100_000)
    await events()
    expect(page.find('.running a').textContent).toBe('Blend · Shuffling Vaccine · seed 0')
  })

  it('has a table that is exported as LaTeX, with names in place of ids', async () => {
    const id = await open()
    for (let run = 0; run < 14; run++) page.engine.advance(100_000)
    await page.go(`/studies/${id}/table`)
    await settle(1100)
    expect(page.text()).toContain('Accuracy, %')
    page.button('Export').click()
    await settle()
    document.querySelectorAll<HTMLButtonElement>('.pivot-export button')[1]!.click()
    await settle()
    const latex = [...document.querySelectorAll<HTMLElement>('.p-menu-item-content')].find((item) =>
      item.textContent?.startsWith('LaTeX'),
    )!
    latex.click()
    await settle()
    const { name, text } = page.saved.at(-1)!
    expect(name).toBe('two-triggers.tex')
    expect(text).toContain('\\toprule')
    expect(text).toContain('Shuffling Vaccine')
  })

  it('compares with the defense that is chosen, and says by how much the others differ', async () => {
    const id = await open()
    for (let run = 0; run < 14; run++) page.engine.advance(100_000)
    await page.go(`/studies/${id}/table`)
    await settle(1100)
    expect(page.text()).toContain('p: paired t test against the undefended model')
    const choice = page.find<HTMLElement>('[aria-label="What the others are compared with"]')
    expect(choice.textContent).toBe('no defense')
    choice.click()
    await settle()
    const options = [...document.querySelectorAll<HTMLElement>('.p-select-option')]
    expect(options.map(({ textContent }) => textContent)).toEqual(['no defense', 'Shuffling Vaccine'])
    options[1]!.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))
    await settle(300)
    page.find<HTMLInputElement>('#pivot-differences').click()
    await settle()
    expect(page.text()).toContain('Before p: mean difference in points')
    expect(page.text()).toContain('paired t test against "Shuffling Vaccine"')
    expect(page.find('.place .tiny').textContent).toMatch(/^[+−]?\d+\.\d \[.*\]; p/)
  })

  it('shows its file', async () => {
    const id = await open()
    await page.go(`/studies/${id}/definition`)
    await settle(100)
    expect(page.find('pre').textContent).toContain('name: Two triggers')
    page.button('Copy').click()
    await settle()
    expect(page.copied[0]).toContain('axes:')
  })

  it('says when there is no such study', async () => {
    await begin({}, '/studies/gone')
    expect(page.text()).toContain('This study cannot be shown.')
    expect(page.text()).toContain('There is no study "gone".')
  })
})
