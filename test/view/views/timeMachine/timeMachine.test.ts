import { afterEach, describe, expect, it, vi } from 'vitest'
// It loads lazily; loaded once here, a test never waits for a compiler.
import '@renderer/views/timeMachine/TimeMachineView.vue'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  vi.useRealTimers()
  localStorage.clear()
})

const teacherSteps = 6 // one step for the data, then an epoch of five
/** Two students, the second with a defense, evaluated every fifth of twenty pseudo batches. */
async function open(students: readonly string[], steps = teacherSteps + 60): Promise<void> {
  page = await mountWorkbench()
  await page.engine.call('runs.start', {
    config: {
      name: 'Seen',
      teacher: { training: { epochs: 1 } },
      students: [{ defenses: [] }, { defenses: [{ id: 'sv', params: {} }] }],
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 20 } } },
      recording: { imagesEvery: 5, imagesPerStep: 8, evaluateEvery: 5 },
    },
  })
  page.engine.advance(steps)
  await page.go(`/time?students=${students.map((id) => `fake-1/${id}`).join(',')}`)
  await settle()
}
const rows = (): string[] => [...document.querySelectorAll('.time tbody tr')].map((row) => row.textContent ?? '')
const field = (): HTMLInputElement => page.find('input[aria-label="Pseudo batch, exactly"]')
const slider = (): HTMLInputElement => page.find('input[aria-label="Evaluated step"]')
async function key(name: string): Promise<void> {
  slider().dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }))
  await settle()
}
const kept = (): string => page.find('.rows').textContent ?? ''
const matrices = (): string[] =>
  [...document.querySelectorAll('.matrices figcaption')].map((one) => one.textContent ?? '')

describe('The time machine', () => {
  it('asks for students where none is named', async () => {
    page = await mountWorkbench()
    await page.go('/time')
    expect(page.text()).toContain('No student chosen')
  })

  it('leads results, images and confusion matrices of all students with one slider', async () => {
    await open(['student-1', 'student-2'])
    expect(field().value).toBe('20')
    expect(rows()).toHaveLength(2)
    const last = rows()[0]
    await key('Home')
    await settle()
    expect(field().value).toBe('5')
    expect(rows()[0]).not.toBe(last)
    expect(kept()).toMatch(/pseudo batch 5/)
    expect(matrices()).toHaveLength(2)
    expect(matrices()[0]).toMatch(/pseudo batch 5/)
    type(field(), '14')
    field().dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    await settle()
    await settle()
    expect(slider().getAttribute('aria-valuetext')).toBe('pseudo batch 10')
    expect(matrices()[1]).toMatch(/pseudo batch 10/)
  })

  it('plays from the first step to the last, and stops there', async () => {
    await open(['student-1'])
    vi.useFakeTimers()
    page.button('Play').click()
    await vi.advanceTimersByTimeAsync(10)
    expect(field().value).toBe('5')
    await vi.advanceTimersByTimeAsync(950)
    expect(field().value).toBe('10')
    await vi.advanceTimersByTimeAsync(5000)
    expect(field().value).toBe('20')
    expect(page.button('Play')).toBeTruthy()
  })

  it('says of a student that is not evaluated yet that it waits, and shows its first evaluation when it comes', async () => {
    await open(['student-1'], teacherSteps + 2)
    expect(page.text()).toContain('Not evaluated yet')
    page.engine.advance(4)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await settle()
    expect(rows()).toHaveLength(1)
    expect(page.button('Play').disabled).toBe(true)
    expect(page.button('Export').disabled).toBe(true)
  })

  it('leaves a student out', async () => {
    await open(['student-1', 'student-2'])
    page.find<HTMLButtonElement>('.time tbody button').click()
    await settle()
    expect(rows()).toHaveLength(1)
  })
})
