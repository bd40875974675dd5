import { afterEach, describe, expect, it } from 'vitest'
import { useDraftStore } from '@renderer/stores/draft'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
const open = async (options: FakeEngineOptions = {}): Promise<void> => {
  page = await mountWorkbench(options, '/new')
  await settle(300)
  useDraftStore().set('distillation.method', { id: 'ood', params: { picture: '', pseudoBatches: 60, rotation: 35 } })
  await settle(600)
}
const field = (name: string): HTMLInputElement =>
  page.find<HTMLInputElement>(`[data-path="distillation.method.params.${name}"] input`)
const asked = (): number => page.engine.calls.filter((name) => name === 'experiment.patchPreview').length

describe('Preview of the patches', () => {
  it('shows picture and patches beside the method’s fields, and enlarges the chosen one', async () => {
    await open()
    const section = page.find('#section-distillation .patches')
    expect(section.querySelectorAll('.thumb')).toHaveLength(32)
    expect(section.textContent).toMatch(/32 of 50.000 patches/)
    page.button('Patch 7').click()
    await settle()
    expect(section.querySelector('[aria-label="Patch 7, enlarged"]')).not.toBeNull()
  })

  it('asks again only when something changes that the patches depend on', async () => {
    await open()
    const before = asked()
    type(field('pseudoBatches'), '70')
    await settle(600)
    expect(asked()).toBe(before)
    type(field('rotation'), '10')
    await settle(600)
    expect(asked()).toBe(before + 1)
  })

  it('takes the patches away while their settings are not valid', async () => {
    await open()
    type(field('rotation'), '999')
    await settle(700)
    expect(page.find('.patches').textContent).toContain('once the settings of data')
    expect(document.querySelector('.patches .thumb')).toBeNull()
  })

  it('says why there are none, and asks again on Retry', async () => {
    const failures: FakeEngineOptions['failures'] = {
      'experiment.patchPreview': new Error('“notes.png” is no picture.'),
    }
    await open({ failures })
    expect(page.find('.patches').textContent).toContain('“notes.png” is no picture.')
    delete failures['experiment.patchPreview']
    page.button('Retry').click()
    await settle(100)
    expect(document.querySelectorAll('.patches .thumb')).toHaveLength(32)
  })

  it('is there only for a method that is made from a picture', async () => {
    page = await mountWorkbench({}, '/new')
    await settle(500)
    expect(document.querySelector('.patches')).toBeNull()
    expect(asked()).toBe(0)
  })
})
