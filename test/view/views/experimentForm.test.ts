/** What leads a newcomer through the form: steps, search, presets, the gallery of attacks, undo, errors. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useDraftStore } from '@renderer/stores/draft'
import { tableOf } from '@renderer/views/new/usePresetGroups'
import { searchPlaces } from '@renderer/views/new/useParameterSearch'
import { currentOf } from '@renderer/views/new/useScrollSpy'
import { integer } from '@shared/schema'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
  vi.unstubAllGlobals()
})
const open = async (options: FakeEngineOptions = {}): Promise<void> => {
  page = await mountWorkbench(options, '/new')
  await settle(450)
}
const field = (path: string): HTMLInputElement => page.find<HTMLInputElement>(`[data-path="${path}"] input`)
const press = (target: HTMLElement, key: string, more: KeyboardEventInit = {}): void =>
  void target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
const steps = (): string[] =>
  [...document.querySelectorAll('nav.steps button')].map((step) => step.textContent?.replace(/\s+/g, ' ').trim() ?? '')

/** Everything that is observed is in sight, or out of it. */
class Sight {
  static all: Sight[] = []
  readonly targets = new Set<Element>()
  constructor(readonly told: (entries: { target: Element; isIntersecting: boolean }[]) => void) {
    Sight.all.push(this)
  }
  observe(target: Element): void {
    this.targets.add(target)
  }
  disconnect(): void {
    this.targets.clear()
  }
  static tell(isIntersecting: boolean): void {
    for (const one of Sight.all) one.told([...one.targets].map((target) => ({ target, isIntersecting })))
  }
}

describe('the steps', () => {
  it('say what each section stands at and what is wrong in it; the first is the current one', async () => {
    await open()
    expect(steps()[0]).toBe('1Data Signs')
    expect(steps()).toContain('3Poisoning 10 % → stop')
    expect(page.find('nav.steps [aria-current=step]').textContent).toContain('Data')
    type(field('poisoning.ratio'), '7')
    await settle(400)
    expect(steps().find((step) => step.includes('Poisoning'))).toMatch(/1 error$/)
  })
  it('follow the scroll', () => {
    const tops = [-300, 20, 900].map((top, index) => ({ id: 'abc'.charAt(index), top }))
    expect(currentOf(tops, { line: 24, atEnd: false })).toBe('b')
    expect(currentOf(tops, { line: 10, atEnd: false })).toBe('a')
    expect(currentOf(tops, { line: 24, atEnd: true })).toBe('c')
    expect(currentOf([{ id: 'a', top: 500 }], { line: 24, atEnd: false })).toBe('a')
  })
  it('scroll to a section and stay at it', async () => {
    await open()
    const scrolled = vi.spyOn(page.find('#section-recording'), 'scrollIntoView').mockImplementation(() => undefined)
    ;[...document.querySelectorAll<HTMLButtonElement>('nav.steps button')][6]!.click()
    await settle()
    expect(scrolled).toHaveBeenCalled()
    expect(page.find('nav.steps [aria-current=step]').textContent).toContain('Recording')
  })
})

describe('the search over all parameters', () => {
  const box = (): HTMLInputElement => page.find<HTMLInputElement>('.search input')
  const options = (): string[] =>
    [...document.querySelectorAll('.search [role=option]')].map(
      (option) => option.querySelector('b')?.textContent ?? '',
    )

  it('counts them, finds by label, help and path, and walks by keyboard to a field that it unfolds', async () => {
    await open()
    expect(box().placeholder).toMatch(/^Search \d\d+ parameters$/)
    type(box(), 'hold-out')
    await settle()
    expect(options()).toEqual(['Hold-out', 'Train on the hold-out too'])
    expect(document.querySelector('[data-path="poisoning.trainOnHoldout"]')).toBeNull()
    press(box(), 'ArrowDown')
    await settle()
    expect(page.find('.search [aria-selected=true]').textContent).toContain('Train on the hold-out too')
    press(box(), 'Enter')
    await settle()
    const found = page.find('[data-path="poisoning.trainOnHoldout"]')
    expect(found.classList.contains('sought')).toBe(true)
    expect(found.contains(document.activeElement)).toBe(true)
    type(box(), 'poisoning.target')
    await settle()
    expect(options()[0]).toBe('Target class')
    type(box(), 'no such thing')
    await settle()
    expect(page.find('.search').textContent).toContain('No parameter is called so.')
    press(box(), 'Escape')
    await settle()
    expect(box().getAttribute('aria-expanded')).toBe('false')
  })
  it('puts symbols and beginnings of labels first', () => {
    const place = (label: string, symbol?: string) => ({
      path: `x.${label}`,
      section: null,
      owner: 'x',
      value: 1,
      hiddenBy: null,
      field: integer({ label, default: 1, min: 0, max: 9, help: 'with a t.', ...(symbol ? { symbol } : {}) }),
    })
    const places = [place('Batch size'), place('Total'), place('Heat', 'T')]
    expect(searchPlaces(places, 't').map(({ field: { label } }) => label)).toEqual(['Heat', 'Total', 'Batch size'])
  })
})

describe('presets', () => {
  it('stand in groups with what they show and how long they take; one click begins anew, Undo takes it back', async () => {
    await open()
    type(field('poisoning.ratio'), '0.3')
    await settle()
    page.find('.preset').click()
    await settle(100)
    const dialog = (): HTMLElement => page.find('[role=dialog]')
    expect([...dialog().querySelectorAll('h3')].map((title) => title.textContent)).toEqual([
      'Quick looks',
      'The paper’s table: trigger by defense',
      'Other settings',
    ])
    expect(dialog().querySelector('.card')?.textContent).toMatch(/Quick look.*about.*A backdoor crosses/)
    type(page.find<HTMLInputElement>('[aria-label="Search presets"]'), 'blend clean-data')
    await settle()
    expect([...dialog().querySelectorAll('.cell')].map((cell) => cell.getAttribute('aria-label'))).toEqual([
      'Published: blend, Clean-data KD',
    ])
    page.button('Published: blend, Clean-data KD').click()
    await settle(100)
    expect(useDraftStore().config?.name).toBe('Published blend')
    page.button('Undo').click()
    await settle()
    expect([useDraftStore().config?.name, field('poisoning.ratio').value]).toEqual(['Quick look', '0.3'])
  })
  it('leave a cell of the table empty that nobody has', () => {
    const preset = (id: string, row: string, column: string) => ({
      id,
      title: id,
      description: '',
      config: {},
      cell: { row, column },
    })
    const { columns, rows } = tableOf([preset('a', 'one', 'x'), preset('b', 'two', 'y')])
    expect([columns, rows.map(({ cells }) => cells.map((cell) => cell?.id ?? null))]).toEqual([
      ['x', 'y'],
      [
        ['a', null],
        [null, 'b'],
      ],
    ])
  })
})

describe('undo', () => {
  it('takes back the reset of a field, of a section and of all, by its notice and by Ctrl+Z', async () => {
    await open()
    type(field('poisoning.ratio'), '0.3')
    await settle()
    page.button('Poison ratio: back to the default, 0.1 of the training set').click()
    await settle()
    expect(page.text()).toContain('Poison ratio reset.')
    press(document.body, 'z', { ctrlKey: true })
    await settle()
    expect(field('poisoning.ratio').value).toBe('0.3')
    page.button('Reset Poisoning').click()
    await settle()
    expect(field('poisoning.ratio').value).toBe('0.1')
    expect(document.querySelector('[aria-label="Reset Poisoning"]')).toBeNull()
    press(document.body, 'z', { ctrlKey: true })
    await settle()
    page.button('Reset').click()
    await settle(100)
    expect(field('poisoning.ratio').value).toBe('0.1')
    press(document.body, 'z', { ctrlKey: true })
    await settle()
    expect(field('poisoning.ratio').value).toBe('0.3')
    // In a text field it is the field's own.
    press(field('poisoning.ratio'), 'z', { ctrlKey: true })
    expect(field('poisoning.ratio').value).toBe('0.3')
  })
  it('goes back to what the preset says first, then to the default', async () => {
    await open()
    type(field('teacher.training.epochs'), '7')
    await settle()
    page.button('Epochs: back to the preset’s value, 4').click()
    await settle()
    expect(field('teacher.training.epochs').value).toBe('4')
    expect(page.find('[data-path="teacher.training.epochs"]').textContent).toContain('Default: 8')
  })
})

describe('errors', () => {
  it('starting with some leads to the first, and each stands once as a sentence under its field', async () => {
    await open()
    type(field('teacher.training.epochs'), '0')
    type(field('poisoning.ratio'), '7')
    await settle(400)
    const start = page.button('Start experiment')
    expect(start.getAttribute('aria-disabled')).toBe('true')
    start.click()
    await settle()
    expect(page.find('[data-path="poisoning.ratio"]').contains(document.activeElement)).toBe(true)
    expect(document.querySelectorAll('[data-path="poisoning.ratio"] [role=alert]')).toHaveLength(1)
    expect(page.find('ul[aria-label=Findings]').textContent).not.toContain('poisoning.ratio')
    expect(page.engine.calls).not.toContain('runs.start')
  })
})

describe('the gallery of attacks', () => {
  const asked = (): number => page.engine.calls.filter((name) => name === 'experiment.triggerPreview').length
  const tiles = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.gallery .tile')]

  it('draws what comes into sight, on an image that is poisoned, with the target by its name', async () => {
    Sight.all = []
    vi.stubGlobal('IntersectionObserver', Sight)
    await open()
    const before = asked()
    expect(tiles().every((tile) => tile.querySelector('canvas') === null)).toBe(true)
    Sight.tell(true)
    await settle(100)
    expect(asked() - before).toBe(tiles().length)
    expect(tiles()[0]?.querySelectorAll('canvas')).toHaveLength(3)
    expect(tiles()[0]?.textContent).toContain('yield → stop')
    Sight.tell(false)
    Sight.tell(true)
    await settle(100)
    expect(asked() - before).toBe(tiles().length)
  })
  it('is a radio group: choosing one makes it the experiment’s attack', async () => {
    await open()
    expect(page.find('.gallery [role=radiogroup]').getAttribute('aria-label')).toBe('Attack')
    const other = page.find<HTMLInputElement>('.gallery input[value=badnet_grid]')
    other.checked = true
    other.dispatchEvent(new Event('change', { bubbles: true }))
    await settle()
    expect(useDraftStore().config?.attack.id).toBe('badnet_grid')
    expect(tiles().filter((tile) => tile.classList.contains('checked'))).toHaveLength(1)
  })
  it('says where there is no picture, and tries again', async () => {
    Sight.all = []
    vi.stubGlobal('IntersectionObserver', Sight)
    await open({ failures: { 'experiment.triggerPreview': new Error('no') } })
    useDraftStore().set('data.params.seed', 77)
    Sight.tell(true)
    await settle(400)
    const before = asked()
    expect(tiles()[0]?.textContent).toContain('No picture with these settings.')
    tiles()[0]?.querySelector('button')?.click()
    await settle(50)
    expect(asked()).toBe(before + 1)
  })
})
