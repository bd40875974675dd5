/** The precision of a result from the form to the tables. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useDraftStore } from '@renderer/stores/draft'
import type { Precision } from '@shared/domain'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const quick = { teacher: { training: { epochs: 1 } }, distillation: { method: { id: 'zskt', params: {} } } }
async function finished(precision: Precision): Promise<string> {
  const config = { ...quick, name: `In ${precision}`, execution: { precision } }
  const { id } = await page.engine.call('runs.start', { config })
  page.engine.advance(1000)
  await page.settle()
  return id
}

describe('in the form', () => {
  const row = (): string => page.find('[data-path="execution.precision"]').textContent ?? ''

  it('says what each value means, and what it brings here once it is chosen', async () => {
    page = await mountWorkbench({}, '/new')
    await settle(450)
    expect(row()).toContain('float32: Everything in float32')
    useDraftStore().set('execution.precision', 'mixed')
    await settle(450)
    expect(row()).toContain('mixed: Convolutions, matrix products')
    expect(row()).toContain(
      'On this machine a 3×3 convolution, forward and backward: mixed (bfloat16) takes 0.6 of the time of float32 (5.2 ms, 8.7 ms), avx512_bf16.',
    )
    expect(page.find('nav.steps').textContent).toContain('Automatic, mixed (bfloat16)')
  })
})

describe('a run that was not computed in float32', () => {
  it('is marked in the list and on its page; one in float32 is not', async () => {
    page = await mountWorkbench({}, '/')
    const id = await finished('mixed')
    await finished('float32')
    await page.go('/')
    // The table is renewed at a calm rate, slower on a busy machine.
    await vi.waitFor(() => expect(document.querySelectorAll('[data-line]')).toHaveLength(2), { timeout: 15_000 })
    const marks = [...document.querySelectorAll<HTMLElement>('[data-line] .precision')]
    expect(marks.map(({ textContent }) => textContent)).toEqual(['Computed in mixed (bfloat16), not in float32mixed'])
    await page.go(`/runs/${id}`)
    await page.settle(200)
    expect(page.find('.run-header .precision').textContent).toContain('mixed')
  })
})
