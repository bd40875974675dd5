import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { analysisViews } from '@renderer/analyses'
import type { ClassesArtifact } from '@renderer/analyses/confusions'
import type { SuspectTest } from '@renderer/analyses/suspectTest'
import type * as classes from '../../../src/main/engine/families/analyses/classes'
import { analyses } from '../../../src/main/engine/families/analyses'
import type { SuspectsArtifact } from '../../../src/main/engine/families/analyses/suspects'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const config = {
  name: 'With analyses',
  teacher: { training: { epochs: 2 } },
  students: [{ defenses: [] }],
  distillation: { method: { id: 'zskt', params: { pseudoBatches: 20 } } },
  recording: { evaluateEvery: 10 },
}
async function open(tab: string, steps = 1000): Promise<void> {
  page = await mountWorkbench()
  await page.engine.call('runs.start', { config })
  page.engine.advance(steps)
  await page.go(`/runs/fake-1/${tab}`)
}
const tabs = (): (string | null)[] => [...document.querySelectorAll('[role=tab]')].map((tab) => tab.textContent)

describe('an analysis', () => {
  it('has a tab once it is measured, and before where it says what is missing', async () => {
    await open('classes', 3)
    expect(tabs()).toEqual(['Overview', 'Charts', 'Images', 'Classes', 'Analyses', 'Log', 'Configuration'])
    expect(page.find('[role=tabpanel] .panel').textContent).toContain('It appears with the first evaluation.')
    page.engine.advance(5)
    await settle()
    expect(tabs()).toEqual([
      'Overview',
      'Charts',
      'Images',
      'Classes',
      'The form histogram',
      'The form table',
      'The form images',
      'Analyses',
      'Log',
      'Configuration',
    ])
    expect(page.find('section[aria-labelledby=per-class-title]')).toBeTruthy()
  })

  it('shows a histogram', async () => {
    await open('form-histogram')
    expect(page.find('figure.chart [role=img]').getAttribute('aria-label')).toBe(
      'The form histogram: clean, 8 images, mean of entropy 0.5; triggered, 4 images, mean of entropy –; one nat 1',
    )
  })

  it('shows a table, shares in per cent, what is missing as a dash', async () => {
    await open('form-table')
    const cells = (selector: string): (string | undefined)[] =>
      [...page.find('[role=tabpanel] section').querySelectorAll(selector)].map((cell) => cell.textContent?.trim())
    expect(cells('thead th')).toEqual(['Class', 'Share', 'Images'])
    expect(cells('tbody td')).toEqual(['stop', '25.0 %', '1\u202f000', 'yield', '–', '3'])
  })

  it('shows images with their captions', async () => {
    await open('form-images')
    const section = page.find('[role=tabpanel] section')
    expect([...section.querySelectorAll('canvas')].map((canvas) => canvas.getAttribute('aria-label'))).toEqual([
      'first',
      ...[2, 3, 4, 5, 6].map((index) => `Image ${index}`),
    ])
  })

  it('says what cannot be read, and asks again when told to', async () => {
    const failures = { 'runs.artifacts': new Error('The record is torn.') }
    page = await mountWorkbench({ finishedRuns: 1, failures }, '/runs/fake-1/classes')
    expect(page.text()).toContain('The record is torn.')
    delete (failures as Partial<typeof failures>)['runs.artifacts']
    page.button('Retry').click()
    await settle()
    expect(page.find('section[aria-labelledby=per-class-title]')).toBeTruthy()
  })

  it('has a component wherever it names one, for artifacts of the form that it measures', () => {
    const otherTabs = ['overview', 'charts', 'images', 'log', 'configuration']
    for (const { id } of analyses.members) expect(otherTabs).not.toContain(id)
    for (const { view } of analyses.members)
      if (view.kind === 'component') expect(Object.keys(analysisViews)).toContain(view.component)
    expectTypeOf<ClassesArtifact>().toEqualTypeOf<classes.ClassesArtifact>()
    expectTypeOf<SuspectTest>().toEqualTypeOf<SuspectsArtifact>()
  })
})
