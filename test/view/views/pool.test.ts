import { afterEach, describe, expect, it } from 'vitest'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const teacherSteps = 6 // one step for the data, then an epoch of five
async function openImages(
  method: { id: string; params: Record<string, unknown> },
  steps: number,
  options: FakeEngineOptions = {},
  recording: Record<string, unknown> = {},
): Promise<void> {
  page = await mountWorkbench(options)
  await page.engine.call('runs.start', {
    config: {
      name: 'Live',
      teacher: { training: { epochs: 1 } },
      students: [{ defenses: [] }],
      distillation: { method },
      recording: { imagesEvery: 5, imagesPerStep: 8, evaluateEvery: 100, ...recording },
    },
  })
  page.engine.advance(teacherSteps + steps)
  await page.go('/runs/fake-1/images')
}
const openPool = async (...args: Parameters<typeof openImages>): Promise<void> => {
  await openImages(...args)
  page.button('Pool').click()
  await settle()
}
const cmi = { id: 'cmi', params: { pseudoBatches: 20, poolCapacity: 200 } }
const line = (): string => page.find('.call-line').textContent ?? ''
const tiles = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.viewer [role=option]')]
const slide = async (key: string): Promise<void> => {
  page.find('input[aria-label="Call"]').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  await settle()
}

describe('Pool of a student', () => {
  it('says of each call which step was kept, its loss, and how many of its images are in the pool still', async () => {
    await openPool(cmi, 4)
    expect(line()).toMatch(/Call 4.*kept step 177 of 200.*loss 1\.970.*80 of 80 in the pool/)
    expect(page.find('.viewer').textContent).toContain('The pool holds 200 images')
    expect(page.find('.viewer').textContent).toMatch(/Images on disk: 960 kB of 256 MB/)
    await slide('ArrowLeft')
    await slide('ArrowLeft')
    expect(line()).toMatch(/Call 2.*40 of 80 in the pool, 40 displaced/)
    await slide('Home')
    expect(line()).toMatch(/Call 1.*0 of 80 in the pool, 80 displaced/)
  })

  it('shows a call page by page and marks what newer calls have displaced', async () => {
    await openPool(cmi, 4)
    await slide('ArrowLeft')
    await slide('ArrowLeft')
    expect(tiles()).toHaveLength(64)
    expect(
      tiles()
        .map((tile) => tile.classList.contains('displaced'))
        .lastIndexOf(true),
    ).toBe(39)
    expect(tiles()[39]?.getAttribute('aria-label')).toBe('Image 40, displaced')
    page.button('Later images').click()
    await settle()
    expect(tiles()).toHaveLength(16)
    expect(document.querySelector('.viewer .displaced')).toBeNull()
    expect(page.find('.inspect').textContent).toContain('Image 65 of 80')
    expect(page.button('Later images').disabled).toBe(true)
  })

  it('follows the newest call, and stays at a chosen one', async () => {
    await openPool(cmi, 4)
    page.engine.advance(2)
    await settle()
    expect(line()).toContain('Call 6')
    await slide('Home')
    page.engine.advance(2)
    await settle()
    expect(line()).toContain('Call 1')
    await slide('End')
    expect(line()).toContain('Call 8')
  })

  it('says that an image grid gave way to the budget', async () => {
    await openPool(cmi, 4, {}, { poolMegabytes: 0 })
    expect(page.find('.viewer').textContent).toContain(
      'gave way to the budget of the pool on disk; its images are in the pool all the same',
    )
    await slide('Home')
    expect(tiles()).toHaveLength(64)
  })

  it('is offered only where there is one', async () => {
    await openImages({ id: 'zskt', params: { pseudoBatches: 20 } }, 10)
    expect(document.querySelector('[aria-label="What is shown"]')).toBeNull()
  })

  it('says what could not be read, and reads it on Retry', async () => {
    const failures: FakeEngineOptions['failures'] = { 'runs.poolImages': new Error('The image grid is damaged.') }
    await openPool(cmi, 4, { failures })
    expect(page.text()).toContain('The image grid is damaged.')
    expect(line()).toContain('Call 4')
    delete failures['runs.poolImages']
    page.button('Retry').click()
    await settle()
    expect(tiles()).toHaveLength(64)
  })
})

describe('Images of a student that sees real ones', () => {
  it('are called what they are', async () => {
    await openImages({ id: 'kd', params: { pseudoBatches: 20 } }, 10)
    expect(page.find('.viewer h2').textContent).toBe('Real training images')
    expect(page.find('.step-line').textContent).toContain('Batch 10')
    expect(page.find('.step-line').textContent).not.toContain('Pseudo')
  })
})
