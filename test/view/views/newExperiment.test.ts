import { afterEach, describe, expect, it } from 'vitest'
import { useDraftStore } from '@renderer/stores/draft'
import { defaultsOf } from '@shared/schema'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
const open = async (): Promise<void> => {
  page = await mountWorkbench({}, '/new')
  await settle(500)
}
const field = (path: string): HTMLInputElement => page.find<HTMLInputElement>(`[data-path="${path}"] input`)
const startButton = (): HTMLButtonElement => page.button('Start experiment')
const isHeld = (): boolean => startButton().getAttribute('aria-disabled') === 'true'

describe('New experiment', () => {
  it('draws a field for every visible parameter of the declarations, advanced ones folded', async () => {
    await open()
    for (const path of [
      'data.params.seed',
      'attack.params.strength',
      'poisoning.ratio',
      'teacher.training.epochs',
      'distillation.method.params.pseudoBatches',
      'recording.imagesEvery',
    ]) {
      expect(field(path), path).toBeTruthy()
    }
    expect(document.querySelector('[data-path="poisoning.trainOnHoldout"]')).toBeNull()
    expect(document.querySelector('[data-path="teacher.file"]')).toBeNull()
  })

  it('starts from the first preset, which ends within minutes', async () => {
    await open()
    expect(page.find('.top .preset').textContent).toContain('Quick look')
    expect(field('teacher.training.epochs').value).toBe('4')
  })

  it('shows the time before starting, by stage', async () => {
    await open()
    expect(page.find('section[aria-labelledby=start-title]').textContent).toContain('about 3 min')
    expect(page.find('section[aria-labelledby=start-title]').textContent).toContain('Shuffling Vaccine')
  })

  it('puts an issue at its field, in the summary and before Start; correcting it clears all three', async () => {
    await open()
    type(field('teacher.training.epochs'), '0')
    await settle(400)
    expect(page.find('[data-path="teacher.training.epochs"] [role=alert]').textContent).toContain(
      'Wanted a whole number from 1 to 1000',
    )
    expect(page.find('ul[aria-label=Findings]').textContent).toContain('Epochs')
    expect(isHeld()).toBe(true)
    type(field('teacher.training.epochs'), '5')
    await settle(400)
    expect(document.querySelector('[data-path="teacher.training.epochs"] [role=alert]')).toBeNull()
    expect(isHeld()).toBe(false)
  })

  it('keeps what was typed even where it is no number', async () => {
    await open()
    type(field('poisoning.ratio'), 'a tenth')
    await settle(400)
    expect(field('poisoning.ratio').value).toBe('a tenth')
    expect(page.find('[data-path="poisoning.ratio"] [role=alert]').textContent).toContain('"a tenth"')
  })

  it('marks a changed value and takes it back to the default', async () => {
    await open()
    type(field('poisoning.ratio'), '0.3')
    await settle()
    const row = page.find('[data-path="poisoning.ratio"]')
    expect(row.classList.contains('changed')).toBe(true)
    page.button('Poison ratio: back to the default, 0.1 of the training set').click()
    await settle()
    expect(field('poisoning.ratio').value).toBe('0.1')
    expect(row.classList.contains('changed')).toBe(false)
  })

  it('adds and removes students and defenses', async () => {
    await open()
    const students = (): number => document.querySelectorAll('.student').length
    expect(students()).toBe(2)
    page.find('[aria-label^="Student 1"] .head').querySelectorAll('button')[1]!.click()
    await settle()
    expect(page.find('[aria-label^="Student 1"]').getAttribute('aria-label')).toBe('Student 1: Self-Retrospection')
    page.button('Remove student 2').click()
    await settle()
    expect(students()).toBe(1)
    expect(page.button('Remove student 1').disabled).toBe(true)
  })

  it('starts what the form says', async () => {
    await open()
    type(page.find<HTMLInputElement>('#experiment-name'), 'Mine')
    type(field('poisoning.ratio'), '0.25')
    await settle(400)
    startButton().click()
    await settle(100)
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    expect(run.config).toMatchObject({ name: 'Mine', poisoning: { ratio: 0.25 } })
    expect(location.hash).toBe('#/runs/fake-1')
  })

  it('starts a run for each of several seeds, and refuses what is no number of them', async () => {
    await open()
    type(page.find<HTMLInputElement>('#experiment-name'), 'Mine')
    type(page.find<HTMLInputElement>('#experiment-seed'), '5')
    type(page.find<HTMLInputElement>('#experiment-seeds'), 'many')
    await settle(400)
    expect([isHeld(), page.find('section[aria-labelledby=start-title]').textContent]).toEqual([
      true,
      expect.stringContaining('Runs'),
    ])
    type(page.find<HTMLInputElement>('#experiment-seeds'), '3')
    await settle(600)
    page.button('Start 3 runs').click()
    await settle(100)
    const runs = await page.engine.call('runs.list', {})
    expect(runs.map(({ name, seed }) => [name, seed]).reverse()).toEqual([
      ['Mine, seed 5', 5],
      ['Mine, seed 6', 6],
      ['Mine, seed 7', 7],
    ])
    expect(location.hash).toBe('#/')
  })

  it('keeps the draft over closing and opening', async () => {
    await open()
    type(field('poisoning.ratio'), '0.42')
    await settle()
    page.unmount()
    await open()
    expect(field('poisoning.ratio').value).toBe('0.42')
  })

  it('shows what the trigger lint found, an error as an error', async () => {
    await open()
    await settle(400)
    const findings = [...document.querySelectorAll('.findings li')].map(
      (entry) =>
        `${entry.querySelector('[role=img]')?.getAttribute('aria-label') ?? ''}: ${entry.textContent?.trim() ?? ''}`,
    )
    expect(findings).toEqual([
      'To know: 9 of 1,024 pixels change (0.9 %).',
      'Fine: Training and test images carry the same trigger.',
      'Error: the run would stop here: All test images belong to the target class: no attack success rate can be measured.',
    ])
  })

  it('asks for the trigger preview again only when something changes that the trigger depends on', async () => {
    await open()
    const asked = (): number => page.engine.calls.filter((name) => name === 'experiment.triggerPreview').length
    const before = asked()
    type(field('teacher.training.epochs'), '3')
    await settle(400)
    expect(asked()).toBe(before)
    type(field('attack.params.strength'), '0.4')
    await settle(400)
    expect(asked()).toBe(before + 1)
    // With a teacher from a file nothing is poisoned: the findings are others.
    useDraftStore().set('teacher.source', 'file')
    await settle(400)
    expect(asked()).toBe(before + 2)
  })

  it('puts the whole set of parameters into the draft when another member is chosen: a student gets a student’s network', async () => {
    await open()
    const draft = useDraftStore()
    const catalogue = await page.engine.call('engine.catalogue', {})
    const declared = catalogue.families.find((family) => family.id === 'architecture')?.members[0]
    const [name] = Object.keys(declared?.params ?? {})
    if (!declared || !name) throw new Error('The fake knows no network with parameters.')
    const member = { ...declared, presets: { student: { title: 'Student', params: { [name]: 1 } } } }
    draft.chooseMember('distillation.architecture', { id: 'another', params: {} }, member, 'student')
    expect(draft.config?.distillation.architecture).toEqual({
      id: member.id,
      params: { ...defaultsOf(member.params), [name]: 1 },
    })
    draft.chooseMember('teacher.architecture', { id: 'another', params: {} }, member)
    expect(draft.config?.teacher.architecture.params).toEqual(defaultsOf(member.params))
  })

  it('gives a defense that is added what it defaults to with the chosen method, and follows when another method is chosen', async () => {
    await open()
    const draft = useDraftStore()
    const { families } = await page.engine.call('engine.catalogue', {})
    const methods = families.find((family) => family.id === 'distillation')?.members ?? []
    const memberOf = (id: string) =>
      methods.find((member) => member.id === id) ?? expect.fail(`The fake knows no ${id}.`)
    const choose = (id: string): void =>
      draft.chooseMember(
        'distillation.method',
        draft.config?.distillation.method ?? expect.fail('There is no draft.'),
        memberOf(id),
      )
    choose('cmi')
    page.button('Self-Retrospection').click()
    await settle()
    const place = (draft.config?.students ?? []).findIndex(({ defenses }) => defenses.some(({ id }) => id === 'sr'))
    const sr = () => draft.config?.students[place]?.defenses.find(({ id }) => id === 'sr')?.params
    expect(sr()).toEqual({ rounds: 9, portion: 0.1 })
    const settings = () =>
      [
        ...page.find(`[aria-label^="Student ${place + 1}:"]`).querySelectorAll<HTMLButtonElement>('.presets button'),
      ].map((button) => `${button.textContent?.trim() ?? ''} ${button.getAttribute('aria-pressed') ?? ''}`)
    expect(settings()).toEqual(['Reference, ZSKT false', 'Reference, CMI true'])
    draft.set(
      `students.${place}.defenses.${draft.config?.students[place]?.defenses.findIndex(({ id }) => id === 'sr') ?? 0}.params.portion`,
      0.5,
    )
    choose('zskt')
    expect(sr()).toEqual({ rounds: 5, portion: 0.5 })
    await settle()
    expect(settings()).toEqual(['Reference, ZSKT false', 'Reference, CMI false'])
    ;[...page.find(`[aria-label^="Student ${place + 1}:"]`).querySelectorAll<HTMLButtonElement>('.presets button')]
      .at(-1)
      ?.click()
    await settle()
    expect(sr()).toEqual({ rounds: 9, portion: 0.1 })
  })

  it('takes the picture away while data or attack are not valid, and says no time for them', async () => {
    await open()
    expect(document.querySelector('.preview .frame')).not.toBeNull()
    type(field('attack.params.strength'), '9')
    await settle(700)
    expect(document.querySelector('.preview .frame')).toBeNull()
    expect(page.find('.preview').textContent).toContain('once the settings of data')
    expect(page.find('section[aria-labelledby=start-title] .number').textContent).toBe('–')
  })

  it('asks how long each distillation method would take', async () => {
    await open()
    await settle(1200)
    const methods =
      (await page.engine.call('engine.catalogue', {})).families.find((family) => family.id === 'distillation')?.members
        .length ?? 0
    expect(page.engine.calls.filter((name) => name === 'experiment.estimate').length).toBeGreaterThanOrEqual(
      methods + 1,
    )
  })
})
