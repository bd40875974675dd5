import { afterEach, describe, expect, it, vi } from 'vitest'
// It loads lazily; loaded once here, a test never waits for a compiler.
import '@renderer/views/timeMachine/TimeMachineView.vue'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../../mountWorkbench'
import type { SvgPicture } from '@renderer/format/svg'

/** Frames that were drawn, and what happens in the page while the first one is. */
const drawing: { frames: SvgPicture[]; meanwhile: () => Promise<void> } = {
  frames: [],
  meanwhile: () => Promise.resolve(),
}
// There is no canvas here.
vi.mock('@renderer/format/picture', async (original) => ({
  ...(await original<object>()),
  canvasOf: async (picture: SvgPicture) => {
    if (drawing.frames.push(picture) === 1) await drawing.meanwhile()
    return document.createElement('canvas')
  },
  pngFrom: () => Promise.resolve(new Uint8Array(4)),
}))

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
  await page.go(`/time?students=${students.map((id) => (id.includes('/') ? id : `fake-1/${id}`)).join(',')}`)
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
  it('reads images again that may have been made again', async () => {
    await open(['student-1'])
    const asked = (): number => page.engine.calls.filter((name) => name === 'runs.images').length
    const before = asked()
    const [run] = await page.engine.call('runs.list', {})
    if (!run) throw new Error('The run is not there.')
    const stages = run.stages.map((stage) =>
      stage.id === 'student-1' ? { ...stage, state: 'interrupted' as const } : stage,
    )
    page.engine.emit('run.changed', { run: { ...run, stages } })
    await settle(300)
    expect(asked()).toBeGreaterThan(before)
  })

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

  it('shows what it can read beside a student that is gone, and says what it cannot', async () => {
    await open(['student-1', 'gone/student-1'])
    expect(matrices()).toHaveLength(1)
    expect(page.text()).toContain('its matrix could not be read.')
    expect(kept()).toMatch(/pseudo batch 20.*cannot be read/)
  })

  it('draws an animation of what was shown when it began, whatever is left out meanwhile', async () => {
    await open(['student-1', 'student-2'])
    drawing.meanwhile = async () => {
      page.find<HTMLButtonElement>('.time tbody button').click()
      await settle()
    }
    page.button('Export').click()
    await settle()
    const items = [...document.querySelectorAll<HTMLElement>('[role="menuitem"] *')]
    items.find(({ textContent }) => textContent.startsWith('A picture for each step'))?.click()
    await vi.waitFor(() => expect(page.saved.map(({ name }) => name)).toEqual(['time-machine.zip']))
    expect(rows()).toHaveLength(1)
    expect(drawing.frames).toHaveLength(4)
    expect(new Set(drawing.frames.map(({ height }) => height)).size).toBe(1)
    // A line above each student.
    for (const { svg } of drawing.frames) expect(svg.match(/<line x1="18"/g)).toHaveLength(2)
  })
})
