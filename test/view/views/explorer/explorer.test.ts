import { unzipSync } from 'fflate'
import { afterEach, describe, expect, it, vi } from 'vitest'
// Both load lazily; loaded once here, a test never waits for a compiler.
import '@renderer/views/explorer/ExplorerView.vue'
import '@renderer/views/explorer/savedImages'
import type { FakeEngineOptions } from '../../../fakes/engine'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const teacherSteps = 6 // one step for the data, then an epoch of five
/** Two students, the second with a defense, that keep eight images every fifth of twenty pseudo batches. */
async function openExplorer(
  students: readonly string[],
  options: FakeEngineOptions = {},
  { method = 'zskt', steps = teacherSteps + 60 } = {},
) {
  page = await mountWorkbench(options)
  await page.engine.call('runs.start', {
    config: {
      name: 'Seen',
      teacher: { training: { epochs: 1 } },
      students: [{ defenses: [] }, { defenses: [{ id: 'sv', params: {} }] }],
      distillation: { method: { id: method, params: { pseudoBatches: 20 } } },
      recording: { imagesEvery: 5, imagesPerStep: 8, evaluateEvery: 100 },
    },
  })
  page.engine.advance(steps)
  await page.go(`/explorer?students=${students.map((id) => `fake-1/${id}`).join(',')}`)
}
const heading = (): string => page.find('.explorer header').textContent ?? ''
const option = (): HTMLElement => page.find('.explorer [role=option]')
const press = async (target: Element, key: string, more: KeyboardEventInit = {}): Promise<void> => {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
  await settle()
}
const title = (): string => page.find('.p-dialog-title').textContent ?? ''
const flush = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))
/** What no test draws on. */
class BlankCanvas {
  getContext = (): null => null
  convertToBlob = (): Promise<Blob> => Promise.resolve(new Blob(['picture']))
}
const heads = (): string[] => [...document.querySelectorAll('.lane-heads li')].map((head) => head.textContent ?? '')

describe('Image explorer', () => {
  it('asks for students where none is named', async () => {
    page = await mountWorkbench()
    await page.go('/explorer')
    expect(page.text()).toContain('No student chosen')
  })

  it('shows one step of two students side by side, each with the newest kept at it or before', async () => {
    await openExplorer(['student-1', 'student-2'])
    expect(heading()).toMatch(/16 of 80 images/)
    expect(heads()).toHaveLength(2)
    expect(heads()[0]).toMatch(/pseudo batch 20 · 8/)
    const field = page.find<HTMLInputElement>('input[aria-label="Pseudo batch, exactly"]')
    type(field, '12')
    await press(field, 'Enter')
    expect(field.value).toBe('10')
    expect(heads()[1]).toMatch(/pseudo batch 10 · 8/)
  })

  it('leads with one slider through the steps of all', async () => {
    await openExplorer(['student-1', 'student-2'])
    const slider = page.find('input[aria-label="Kept step"]')
    await press(slider, 'Home')
    expect(slider.getAttribute('aria-valuetext')).toBe('pseudo batch 1')
    await press(slider, 'ArrowRight')
    expect(heads().every((head) => head.includes('pseudo batch 5 · 8'))).toBe(true)
  })

  it('goes through the images by keyboard, tells what each is, and selects', async () => {
    await openExplorer(['student-1', 'student-2'])
    expect(option().getAttribute('aria-label')).toMatch(/pseudo batch 20, image 1, Teacher’s class/)
    option().focus()
    await press(option(), 'ArrowRight')
    expect(document.activeElement).toBe(option())
    expect(option().getAttribute('aria-label')).toMatch(/image 2/)
    await press(option(), ' ')
    expect(option().getAttribute('aria-selected')).toBe('true')
    await press(option(), 'ArrowRight', { ctrlKey: true })
    expect(option().getAttribute('aria-label')).toMatch(/image 2, .*Suspected by the defense/)
    expect(option().getAttribute('aria-selected')).toBe('false')
  })

  it('enlarges an image, goes on to the next, and shows its spectrum', async () => {
    await openExplorer(['student-1'])
    option().focus()
    await press(option(), 'Enter')
    expect(title()).toMatch(/pseudo batch 20, image 1$/)
    page.button('Image after').click()
    await settle()
    expect(title()).toMatch(/image 2$/)
    page.button('Spectrum').click()
    await settle()
    expect(page.find('.look').textContent).toContain('Fourier transform')
    expect(page.find('.look canvas').getAttribute('aria-label')).toMatch(/image 2$/)
  })

  it('compares selected images, in turn and against the first', async () => {
    await openExplorer(['student-1', 'student-2'])
    option().focus()
    await press(option(), ' ')
    await press(option(), 'ArrowRight', { ctrlKey: true })
    await press(option(), ' ')
    expect(page.find('.bar').textContent).toMatch(/2 selected/)
    await press(option(), 'Enter')
    expect(title()).toBe('2 images')
    const canvases = (): number => document.querySelectorAll('.look canvas').length
    expect(canvases()).toBe(2)
    page.button('Difference ×8').click()
    await settle()
    expect(canvases()).toBe(1)
    expect(page.find('.look').textContent).toContain('− first')
    page.button('Blink').click()
    await flush()
    page.button('Stop blinking').click()
    await settle()
    expect(canvases()).toBe(1)
  })

  it('saves selected images with their numbers in one archive', async () => {
    vi.stubGlobal('OffscreenCanvas', BlankCanvas)
    await openExplorer(['student-1', 'student-2'])
    page.button('Select all shown').click()
    await settle()
    expect(page.find('.bar').textContent).toMatch(/16 selected/)
    page.button('Save PNG and CSV').click()
    await settle()
    await vi.waitFor(() => expect(page.saved[0]?.name).toBe('images.zip'), { timeout: 10_000 })
    const [file] = page.saved
    const files = unzipSync(file?.data as Uint8Array)
    expect(Object.keys(files)).toHaveLength(17)
    const lines = new TextDecoder().decode(files['images.csv']).trim().split('\r\n')
    expect(lines[0]).toMatch(/^file,run,run name,student,pseudo batch,image,Teacher’s class/)
    expect(lines).toHaveLength(17)
    expect(Object.keys(files)).toContain(lines[1]?.split(',')[0])
    vi.unstubAllGlobals()
  })

  it('asks again for pixels when a run may have gone back, and not when it only goes on', async () => {
    // The second student is at its sixth pseudo batch.
    await openExplorer(['student-2'], {}, { steps: teacherSteps + 26 })
    const call = vi.spyOn(page.engine, 'call')
    const asked = (): number => call.mock.calls.filter(([name]) => name === 'runs.keptPixels').length
    page.engine.advance(1)
    await settle()
    expect(asked()).toBe(0)
    await page.engine.call('runs.pause', { runId: 'fake-1' })
    await settle()
    await settle()
    expect(asked()).toBe(1)
  })

  it('measures what is not measured, and then filters and orders by it', async () => {
    await openExplorer(['student-1'])
    expect(page.find('.measured').textContent).toMatch(/are not measured of/)
    expect(document.querySelector('[aria-label="Suspected"]')).toBeNull()
    page.button('Measure').click()
    await settle()
    expect(document.querySelector('.measured')).toBeNull()
    expect(document.querySelector('[aria-label="Suspected"]')).not.toBeNull()
    type(page.find<HTMLInputElement>('input[aria-label="Pseudo batch, exactly"]'), '5')
    await press(page.find('input[aria-label="Pseudo batch, exactly"]'), 'Enter')
    await press(option(), 'Home')
    await press(option(), 'ArrowRight')
    expect(option().getAttribute('aria-label')).toMatch(/Trigger correlation 0\.8/)
  })

  it('places measured images in a plane, and shows those alone that are chosen in it', async () => {
    await openExplorer(['student-1'])
    page.button('Embedding').click()
    await settle()
    expect(page.find('.side').textContent).toContain('Measuring places the kept images in a plane')
    page.button('Measure').click()
    await settle()
    const plane = page.find('.side [role=application]')
    expect(plane.getAttribute('aria-label')).toBe(
      'Plane of 3 images, of which 3 pass the filters, coloured by Teacher’s class',
    )
    await press(plane, 'ArrowRight')
    expect(page.find('.embedding [role=status]').textContent).toBe('3 images in the circle')
    const larger = new KeyboardEvent('keydown', { key: '+', ctrlKey: true, bubbles: true, cancelable: true })
    plane.dispatchEvent(larger)
    expect(larger.defaultPrevented).toBe(false)
    await press(plane, ' ')
    expect(heading()).toMatch(/3 of 40 images/)
    expect(page.find('.bar').textContent).toMatch(/3 selected/)
    page.button('Pool').click()
    await settle()
    expect(page.text()).not.toContain('chosen in the embedding')
    page.button('Kept steps').click()
    await settle()
    expect(heading()).toMatch(/8 of 40 images/)
    await press(page.find('.side [role=application]'), 'ArrowRight')
    await press(page.find('.side [role=application]'), ' ')
    expect(heading()).toMatch(/3 of 40 images/)
    page.button('One step').click()
    await settle()
    expect(heading()).toMatch(/8 of 40 images/)
    await press(page.find('.side [role=application]'), 'Escape')
    expect(page.find('.embedding [role=status]').textContent).toBe('')
  })

  it('has an image looked at by an analysis of single images, and goes where its result is', async () => {
    await openExplorer(['student-2'])
    option().focus()
    await press(option(), 'ArrowRight')
    page.button('Several panels').click()
    await settle()
    await settle()
    const [asked] = (await page.engine.call('analyses.list', { runId: 'fake-1' })).asked
    expect(asked).toMatchObject({ stageIds: ['student-2'], params: { atStep: 20, atPlace: 1 } })
    expect(page.find('[role=tabpanel]').textContent).toContain('As it is added')
  })

  it('filters by ranges, says where nothing matches, and searches all steps', async () => {
    await openExplorer(['student-1'])
    page.button('Ranges').click()
    await settle()
    const from = page.find<HTMLInputElement>('input[aria-label="Teacher’s confidence, from"]')
    from.value = '101'
    from.dispatchEvent(new Event('change', { bubbles: true }))
    await settle()
    expect(page.text()).toContain('No image matches')
    page.button('Clear the filters').click()
    await settle()
    expect(heading()).toMatch(/8 of 40 images/)
    page.button('All steps').click()
    await settle()
    expect(heading()).toMatch(/^Image explorer\s*40 images/)
  })

  it('shows the calls of a pool, of which no model has said anything', async () => {
    await openExplorer(['student-1'], {}, { method: 'cmi' })
    page.button('Pool').click()
    await settle()
    expect(heads()[0]).toMatch(/call \d+ · 80/)
    expect(document.querySelector('[aria-label="Teacher’s class"]')).toBeNull()
  })

  it('says that a student without a pool has none', async () => {
    await openExplorer(['student-1'])
    page.button('Pool').click()
    await settle()
    expect(page.text()).toContain('No images kept')
  })

  it('says of a run that is gone that its images cannot be read, and leaves it out', async () => {
    await openExplorer(['student-1'])
    await page.go('/explorer?students=fake-1/student-1,fake-9/student-1')
    expect(page.find('.error-panel').textContent).toMatch(/could not be read/)
    page.button('Leave it out').click()
    await settle()
    expect(document.querySelector('.error-panel')).toBeNull()
    expect(heads()).toHaveLength(1)
  })
})
