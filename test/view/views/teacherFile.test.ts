import { afterEach, describe, expect, it } from 'vitest'
import { useDraftStore } from '@renderer/stores/draft'
import { RefusedInputError } from '@shared/errors'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
/** The form with a teacher from this file. */
async function open(file: string, options: FakeEngineOptions = {}): Promise<void> {
  page = await mountWorkbench(options, '/new')
  await settle(300)
  const draft = useDraftStore()
  draft.set('teacher.source', 'file')
  draft.set('teacher.file', file)
  await settle(900)
}
const report = (): string => page.find('.file-report').textContent?.replace(/\s+/g, ' ') ?? ''
const start = (): HTMLButtonElement => page.button('Start experiment')
const shown = (selector: string): boolean => document.querySelector(selector) !== null

describe('a teacher from a file', () => {
  it('shows what the file holds, and asks only for what is used', async () => {
    await open('/models/teacher.pt')
    expect(report()).toContain('WRN-10-2 Depth 10, Width 2, classes 10')
    expect(report()).toMatch(/Tensors40 safetensorsSHA-2560{16}…/)
    expect(page.find('.file-report li').textContent).toContain('All tensors are finite.')
    expect(start().getAttribute('aria-disabled') === 'true').toBe(false)
    for (const path of ['poisoning.ratio', 'poisoning.holdout', 'teacher.training.epochs', 'teacher.acknowledged'])
      expect(shown(`[data-path="${path}"]`), path).toBe(false)
    expect(shown('[data-path="poisoning.target"]')).toBe(true)
    expect(shown('#member-teacher-architecture')).toBe(false)
    page.button('Copy the SHA-256').click()
    await settle()
    expect(page.copied).toEqual(['0'.repeat(64)])
  })

  it('wants the warnings read before it starts, for this file alone', async () => {
    await open('/models/warned.pt')
    expect(page.find('.file-report [aria-label=Warning]').parentElement?.textContent).toContain(
      'NaN or infinite values',
    )
    expect(page.find('ul[aria-label=Findings]').textContent).toContain(
      'Warnings of the file wanted a tick that the warning of the teacher file was read',
    )
    expect(start().getAttribute('aria-disabled') === 'true').toBe(true)
    page.find<HTMLInputElement>('[data-path="teacher.acknowledged"] input').click()
    await settle(500)
    expect(useDraftStore().config?.teacher.acknowledged).toBe('ab12ab12ab12ab12')
    expect(start().getAttribute('aria-disabled') === 'true').toBe(false)
    useDraftStore().set('teacher.acknowledged', '0000000000000000')
    await settle(500)
    expect(start().getAttribute('aria-disabled') === 'true').toBe(true)
  })

  it('finds out the pixel values, and takes one of them', async () => {
    await open('/models/teacher.pt')
    page.button('Find out the pixel values').click()
    await settle(300)
    const table = page.find('table[aria-label="Accuracy by pixel values"]')
    expect([...table.querySelectorAll('tbody tr')].map((row) => row.querySelector('td')?.textContent)).toEqual([
      'Normalised as ImageNet is',
      'Normalised as this data set is',
    ])
    expect(table.textContent).toContain('chosen')
    page.button('Use Normalised as ImageNet is').click()
    await settle(300)
    expect(useDraftStore().config?.teacher.normalization).toBe('imagenet')
  })

  it('takes pixel values of one’s own, and says what they look like', async () => {
    await open('/models/teacher.pt')
    useDraftStore().set('teacher.normalization', 'own')
    await settle(500)
    expect(shown('[data-path="teacher.normalizationValues"]')).toBe(true)
    expect(page.find('ul[aria-label=Findings]').textContent).toContain('wanted mean / deviation of each channel')
    useDraftStore().set('teacher.normalizationValues', '0.5 / 0.25')
    await settle(500)
    expect(shown('ul[aria-label=Findings]')).toBe(false)
  })

  it('says why a file is refused, and does not start with it', async () => {
    await open('/models/program.exe')
    expect(report()).toContain('Refused. This is no weights file.')
    expect(start().getAttribute('aria-disabled') === 'true').toBe(true)
    useDraftStore().set('teacher.file', '')
    await settle(700)
    expect(report()).toContain('Name a file to see what it holds')
  })

  it('asks which of several networks in the file is meant', async () => {
    await open('/models/several.pt')
    expect(page.find('[data-path="teacher.weights"]').textContent).toMatch(
      /several networks.*netC.*WRN-10-2.*40 tensors.*ema/,
    )
    expect(start().getAttribute('aria-disabled') === 'true').toBe(true)
    page.find<HTMLInputElement>('[data-path="teacher.weights"] label:nth-of-type(2) input').click()
    await settle(900)
    expect(useDraftStore().config?.teacher.weights).toBe('ema')
    expect(report()).toContain('WRN-10-2')
    expect(start().getAttribute('aria-disabled') === 'true').toBe(false)
    useDraftStore().set('teacher.file', '/models/teacher.pt')
    await settle(900)
    expect(page.find('[data-path="teacher.weights"]').textContent).toMatch(/ema.*as chosen for another file/)
    page.find<HTMLInputElement>('[data-path="teacher.weights"] label:nth-of-type(2) input').click()
    await settle(900)
    expect(useDraftStore().config?.teacher.weights).toBe('')
    expect(shown('[data-path="teacher.weights"]')).toBe(false)
  })

  it('asks for the network where the file does not tell it', async () => {
    await open('/models/unknown.pt')
    expect(report()).toContain('not recognised')
    expect(shown('#member-teacher-architecture')).toBe(true)
    // The fake engine refuses such a file where no network comes along.
    page.button('Evaluate on this data set').click()
    await settle()
    expect(report()).toMatch(/Accuracy \d+\.\d % \[[\d., ]+\]ASR/)
  })

  it('says what kept the file from being looked at', async () => {
    await open('/models/teacher.pt', {
      failures: { 'model.inspect': new RefusedInputError('The inspector did not start.') },
    })
    expect(report()).toContain('The inspector did not start.')
    expect(page.button('Try again')).toBeTruthy()
  })

  it('evaluates the file on request, and forgets the result when something else is asked', async () => {
    await open('/models/teacher.pt')
    expect(page.engine.calls).not.toContain('model.evaluate')
    page.button('Evaluate on this data set').click()
    await settle()
    expect(report()).toMatch(/Accuracy \d+\.\d % \[[\d., ]+\]ASR \d+\.\d %.*images of Signs, Blend → class 0/)
    useDraftStore().set('poisoning.target', 3)
    await settle(500)
    expect(report()).not.toContain('images of Signs')
  })

  it('says why an evaluation failed', async () => {
    await open('/models/teacher.pt', {
      failures: { 'model.evaluate': new RefusedInputError('The model has other classes.') },
    })
    page.button('Evaluate on this data set').click()
    await settle()
    expect(report()).toContain('The file could not be evaluated.')
    expect(report()).toContain('The model has other classes.')
  })
})
