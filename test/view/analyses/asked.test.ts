import { afterEach, describe, expect, it } from 'vitest'
import { columnsOf, numbersCsv, orderedRows } from '@renderer/analyses/imageNumbers'
import { answersAt, likeliest, mixedImage } from '@renderer/analyses/sweep'
import type { ImageNumbersArtifact } from '@shared/domain'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const config = {
  teacher: { training: { epochs: 2 } },
  students: [{ defenses: [] }],
  distillation: { method: { id: 'zskt', params: { pseudoBatches: 20 } } },
}
async function open(steps = 1000, options = {}, students: readonly object[] = config.students): Promise<void> {
  page = await mountWorkbench(options)
  await page.engine.call('runs.start', { config: { ...config, students: [...students] } as never })
  page.engine.advance(steps)
  await page.go('/runs/fake-1/analyses')
}
const results = (): number => document.querySelectorAll('[aria-label="Results"] li').length
const panel = (): string => page.find('[role=tabpanel]').textContent ?? ''
async function press(label: string, among = 'button'): Promise<void> {
  const button = [...document.querySelectorAll<HTMLElement>(among)].find(
    (one) => one.textContent?.trim() === label || one.getAttribute('aria-label') === label,
  )
  button?.click()
  await settle()
}

describe('the tab of analyses', () => {
  it('says what it is for while nothing was asked, and why nothing can be', async () => {
    await open(2)
    expect(panel()).toContain('Nothing measured yet')
    expect(panel()).toContain('It can be measured once the teacher is done.')
    expect(page.find<HTMLButtonElement>('form button[type=submit]').disabled).toBe(true)
  })

  it('measures what the form asks for, shows it, and deletes it', async () => {
    await open()
    page.find<HTMLFormElement>('form').dispatchEvent(new Event('submit'))
    await settle()
    await settle()
    expect(panel()).toContain('3 of 128 kept images')
    expect(results()).toBe(1)
    await press('Again')
    expect(results()).toBe(2)
    await press('Delete this result')
    await press('Delete this result')
    expect(panel()).toContain('Nothing measured yet')
  })

  it('takes the analysis, the models and the parameters of a chosen result into the form', async () => {
    await open(1000, {}, [{ defenses: [] }, { defenses: [{ id: 'sv' }] }])
    const runId = 'fake-1'
    const asked = { analysis: 'form-imageNumbers', params: { imageLimit: 77 }, stageIds: ['student-2'] }
    await page.engine.call('analyses.start', { runId, ...asked })
    await page.engine.call('analyses.start', { runId, analysis: 'form-panels', stageIds: ['teacher'] })
    await settle()
    await press('Several panels', 'nav button b')
    const form = (): string => page.find('form').textContent ?? ''
    expect(form()).toContain('Several panels')
    expect(form()).toContain('Teacher')
    await press('Numbers per image', 'nav button b')
    expect(form()).toContain('Student: Shuffling Vaccine')
    page.find<HTMLFormElement>('form').dispatchEvent(new Event('submit'))
    await settle()
    const [newest] = (await page.engine.call('analyses.list', { runId })).asked
    expect(newest).toMatchObject(asked)
  })

  it('shows panels: curves with their control, and a table', async () => {
    await open()
    await page.engine.call('analyses.start', { runId: 'fake-1', analysis: 'form-panels', stageIds: ['teacher'] })
    await settle()
    await settle()
    expect(page.find('figure.chart [role=img]').getAttribute('aria-label')).toContain('Accuracy, random order')
    expect(panel()).toContain('Pruning')
    const cells = [...document.querySelectorAll('[role=tabpanel] td')].map((cell) => cell.textContent?.trim())
    expect(cells).toEqual(['Teacher', '25.0 %'])
  })

  it('turns a slider through a sweep: the answers follow, also between the measured points', async () => {
    await open()
    await page.engine.call('analyses.start', { runId: 'fake-1', analysis: 'form-panels', stageIds: ['teacher'] })
    await settle()
    await settle()
    const answers = (): string[] =>
      [...document.querySelectorAll('[aria-label=Answers] .classes li')].map((one) => one.textContent?.trim() ?? '')
    expect(answers()).toEqual(['yield100.0 %', 'stop0.0 %'])
    const slider = page.find<HTMLInputElement>('.sweep input[type=range]')
    slider.value = '25'
    slider.dispatchEvent(new Event('input', { bubbles: true }))
    await settle()
    expect(answers()).toEqual(['stop70.0 %', 'yield30.0 %'])
    expect(page.find('.sweep canvas').getAttribute('aria-label')).toBe('The image at 25')
  })

  it('asks of a student as it was at a checkpoint', async () => {
    await open()
    page.find<HTMLElement>('[aria-labelledby=ask-step]').click()
    await settle()
    const steps = [...document.querySelectorAll<HTMLElement>('[role=option]')]
    expect(steps.map((one) => one.textContent?.trim())).toEqual(['As it is now', 'Step 20', 'Step 10'])
    steps[2]?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))
    await settle()
    page.find<HTMLFormElement>('form').dispatchEvent(new Event('submit'))
    await settle()
    await settle()
    expect((await page.engine.call('analyses.list', { runId: 'fake-1' })).asked[0]?.step).toBe(10)
    expect(panel()).toContain('step 10')
  })

  it('offers the checkpoints that a student has kept since the form was opened', async () => {
    // The teacher is done, the student has taken two of its twenty steps.
    await open(13)
    const choices = async (): Promise<string[]> => {
      page.find<HTMLElement>('[aria-labelledby=ask-step]').click()
      await settle()
      const shown = [...document.querySelectorAll('[role=option]')].map((one) => one.textContent?.trim() ?? '')
      page.find<HTMLElement>('[aria-labelledby=ask-step]').click()
      await settle()
      return shown
    }
    expect(await choices()).not.toContain('Step 20')
    page.engine.advance(1000)
    await settle(500)
    expect(await choices()).toEqual(['As it is now', 'Step 20', 'Step 10'])
  })

  it('names several students as the run’s page does', async () => {
    await open(1000, {}, [{ defenses: [] }, { defenses: [{ id: 'sv' }] }])
    const stageIds = ['student-2', 'student-1']
    await page.engine.call('analyses.start', { runId: 'fake-1', analysis: 'form-imageNumbers', stageIds })
    await settle()
    await settle()
    expect(page.find('[role=tabpanel] tbody td').textContent?.trim()).toBe('Student: Shuffling Vaccine')
  })

  it('shows how far one is that runs, and cancels it', async () => {
    await open()
    await page.engine.call('analyses.start', { runId: 'fake-1', analysis: 'form-imageNumbers', params: { hold: true } })
    await settle()
    expect(panel()).toContain('Asking the networks, 40 %')
    expect(panel()).toContain('12 s left')
    await press('Cancel Numbers per image')
    expect(panel()).toContain('It was cancelled; nothing was kept.')
  })

  it('says so where the workspace can only be read', async () => {
    const cause = { name: 'UserError', message: 'Elsewhere.', forUser: true }
    await open(1000, { readOnlyReason: { kind: 'owned', cause } })
    expect(panel()).toContain('open read-only; nothing can be measured now')
  })
})

describe('a sweep', () => {
  it('lies on straight lines between what was measured, and mixes its two images', () => {
    const rows = [
      [1, 0],
      [0.5, 0.5],
    ]
    expect(answersAt([0, 20], rows, -5)).toEqual([1, 0])
    expect(answersAt([0, 20], rows, 5)).toEqual([0.875, 0.125])
    expect(answersAt([0, 20], rows, 20)).toEqual([0.5, 0.5])
    expect(answersAt([0, 20], rows, 99)).toEqual([0.5, 0.5])
    expect(likeliest([0.1, 0.4, 0.3, 0.2], 0)).toEqual([1, 2, 0])
    expect(likeliest([0.1, 0.4, 0.3, 0.2], 2)).toEqual([1, 2, 3])
    const ends = { count: 2 as const, height: 1, width: 1, channels: 1 as const, pixels: '' }
    expect([...mixedImage(ends, Uint8Array.of(10, 20), 0.25).pixels]).toEqual([13])
  })
})

describe('numbers per image', () => {
  const artifact: ImageNumbersArtifact = {
    stages: ['student-1'],
    trigger: null,
    shuffled: null,
    keptImages: 3,
    columns: {
      stage: [0, 0, 0],
      step: [1, 1, 2],
      index: [0, 1, 0],
      teacherClass: [2, -1, 0],
      teacherConfidence: [0.5, null, 0.75],
      studentClass: null,
      studentConfidence: null,
      studentKl: null,
      shuffledKl: null,
      suspected: null,
      penalty: null,
      correlation: null,
      embeddingX: null,
      embeddingY: null,
    },
  }
  it('are sorted by any column, what has no value last', async () => {
    await open(2)
    expect(orderedRows(artifact, { name: 'teacherConfidence', descending: true })).toEqual([2, 0, 1])
    expect(orderedRows(artifact, { name: 'teacherConfidence', descending: false })).toEqual([0, 2, 1])
  })
  it('leave out what was not measured, in the table and in the file', async () => {
    await open(2)
    expect(columnsOf(artifact).map(({ name }) => name)).toEqual(['step', 'index', 'teacherClass', 'teacherConfidence'])
    expect(numbersCsv(artifact).split('\r\n')[2]).toBe('student-1,1,1,-1,')
  })
})
